"""Cards: the public half of a node, on one sheet that is exchanged by mail or on paper. No Django.

A card is a signed note. Its text names the organisation, the node's party, its address, the keys that sign the journals
of the party and of those it hosts, the key of its cosignatures and the one to which a bundle for it is sealed; where
the pack asks for a second signature, also the keys of that, of ML-DSA-44. The fingerprint is what two officers read to
each other: it covers every key, and not the address, which may change.
"""

import base64
import re
from collections.abc import Mapping
from hashlib import sha256

from msgspec import Struct

from commonwatch.errors import Broken, Refusal, _
from commonwatch.journal import note, seal

HEADER = "commonwatch-card/v1"
MOST = 256 * 1024
DIGITS = 40
GROUP = 5

_LINE = re.compile(r"(organisation|party|address|witness|sealed) (\S{1,500})", re.ASCII)
_KEY = re.compile(r"key (\S{1,40}) ([A-Za-z0-9+/]{43}=)", re.ASCII)
_SECOND = re.compile(r"second (\S{1,40}) ([A-Za-z0-9+/]{1750}==)", re.ASCII)
_ORDER = ("organisation", "party", "address", "witness", "sealed")


class CardRefused(Refusal):
    """What was given is no card, or nobody signed it."""

    code, status = "federation.card-refused", 422
    says = _("This is not the card of a node: {reason}")
    hint = _("Ask for it again: commonwatch peer card prints it.")


class Card(Struct, frozen=True):
    """A node as it describes itself. `keys` are the public keys (base64 of 32 bytes) by party, its own among them.

    `address` is "-" for a node to which no line leads; `witness` is a verifier key, `sealed` an age recipient.
    `seconds` are the public keys (base64 of 1,312 bytes) of second signatures, of the same parties or of none.
    """

    organisation: str
    party: str
    address: str
    keys: Mapping[str, str]
    witness: str
    sealed: str
    seconds: Mapping[str, str] = {}

    def text(self) -> str:
        """Return the text that is signed."""
        said = [f"{name} {getattr(self, name)}" for name in _ORDER]
        keys = [f"key {party} {key}" for party, key in sorted(self.keys.items())]
        seconds = [f"second {party} {key}" for party, key in sorted(self.seconds.items())]
        return "".join(f"{line}\n" for line in (HEADER, *said, *keys, *seconds))

    @property
    def name(self) -> str:
        """The name under which a node signs what is not a journal."""
        return name_of(self.organisation, self.party)

    @property
    def fingerprint(self) -> str:
        """Forty digits over all that must not be exchanged for something else; compared by voice."""
        covered = [line for line in self.text().splitlines() if not line.startswith("address ")]
        number = int.from_bytes(sha256("\n".join(covered).encode()).digest(), "big") % 10**DIGITS
        return f"{number:0{DIGITS}d}"

    def verifier(self) -> note.Verifier:
        """Return the key with which the node signs its card, its bundles and its tokens."""
        return verifier(self.name, self.keys[self.party])


def name_of(organisation: str, party: str) -> str:
    """Name the key of a node."""
    return f"{organisation}/{party}"


def verifier(name: str, key: str) -> note.Verifier:
    """Return a public key (base64) as the verifier of a name."""
    return note.Verifier(name=name, algorithm=note.ED25519, key=base64.b64decode(key))


def second_verifier(name: str, key: str) -> note.Verifier:
    """Return the public key (base64) of a second signature as the verifier of a name."""
    return note.Verifier(name=name, algorithm=note.ML_DSA_44, key=base64.b64decode(key))


def public(signer: note.Signer) -> str:
    """Return the public key of a signer in the form in which a card has it."""
    return base64.b64encode(signer.verifier.key).decode()


def spoken(digits: str) -> str:
    """Write a fingerprint in groups, as it is read aloud."""
    return " ".join(digits[at : at + GROUP] for at in range(0, len(digits), GROUP))


def heard(text: str) -> str:
    """Take a fingerprint as somebody typed it: with spaces, dashes or line ends between the digits."""
    return re.sub(r"[\s.–—-]", "", text)


def read(signed: str) -> Card:
    """Read a card and hold its signature to the key that it names itself: who it is, only the fingerprint tells.

    :raises CardRefused: naming what does not hold.
    """
    if len(signed) > MOST:
        raise CardRefused(reason=_("it is too long."))
    try:
        card = _parse(note.note_text(signed))
        opened = note.open_note(signed, [card.verifier()]).text
        witness = note.Verifier.parse(card.witness)
    except note.NoteRefused as wrong:
        raise CardRefused(reason=str(wrong)) from wrong
    if opened != card.text():
        raise CardRefused(reason=_("it is not in its one canonical form."))
    try:
        seal.check_recipient(card.sealed)
    except Broken as wrong:
        raise CardRefused(reason=str(wrong)) from wrong
    if witness.algorithm != note.COSIGNATURE:
        raise CardRefused(reason=_("the key of its cosignatures is of another kind."))
    return card


def _parse(text: str) -> Card:
    lines = text.splitlines()
    if not lines or lines[0] != HEADER:
        raise CardRefused(reason=_("it does not begin as one."))
    head = [_LINE.fullmatch(line) for line in lines[1 : 1 + len(_ORDER)]]
    found = {each[1]: each[2] for each in head if each}
    rest = lines[1 + len(_ORDER) :]
    keys = [_KEY.fullmatch(line) for line in rest if not line.startswith("second ")]
    twice = [_SECOND.fullmatch(line) for line in rest if line.startswith("second ")]
    if tuple(found) != _ORDER or not all((*keys, *twice)):
        raise CardRefused(reason=_("a line of it is not what it must be."))
    named = {each[1]: each[2] for each in keys if each}
    seconds = {each[1]: each[2] for each in twice if each}
    if seconds and seconds.keys() != named.keys():
        raise CardRefused(reason=_("its second keys are not of the parties for which it writes."))
    if found["party"] not in named:
        raise CardRefused(reason=_("it does not name the key of its own party."))
    return Card(keys=named, seconds=seconds, **found)

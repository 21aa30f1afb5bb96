"""The keys that count: those of the cards, those to which they lead, and up to which size of a journal each does.

A card names one key of a party. Journals name the key that comes after it, each for itself; what one journal says of a
party's keys holds for its other journals, too. Forwards a statement is believed for the signature of the old key,
backwards only where the journal itself was taken in, since then the new key has signed all of it.
"""

import base64
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from commonwatch.federation import card, peers
from commonwatch.federation.models import Revoked
from commonwatch.federation.peers import KeyLost, NoKey
from commonwatch.journal import checkpoint, keychange, note
from commonwatch.register import keys, node

MOST_LEARNED = 2_000
"""How many changes of keys are believed of one round or bundle: every party of a large organisation, each year's."""


class Trust(NamedTuple):
    """By which key a checkpoint was signed, and up to which size that key counts; None: without end."""

    verifier: note.Verifier
    until: int | None = None


class Link(NamedTuple):
    """One key (base64) of a party names another from entry `size` of a journal on; `held` when it was taken in."""

    party: str
    origin: str
    old: str
    new: str
    size: int
    held: bool


class Keyring:
    """The keys of all parties as this node knows them."""

    def __init__(self, cards: dict[str, str], links: Iterable[Link], lost: list[Revoked]) -> None:
        self._cards, self._lost, self._learned = cards, lost, 0
        self._vouched: dict[str, str] = {}
        self._after: dict[tuple[str, str], list[Link]] = defaultdict(list)
        self._before: dict[tuple[str, str], list[Link]] = defaultdict(list)
        for each in links:
            self._add(each)

    def _add(self, link: Link) -> None:
        self._after[link.party, link.old].append(link)
        if link.held:
            self._before[link.party, link.new].append(link)

    def learn(self, changes: str) -> None:
        """Take in the statements that come with a journal; each is held to the key from which it takes.

        :raises KeyChangeRefused: when one does not hold, or there are more than anybody makes.
        """
        for statement in keychange.split(changes):
            self._learned += 1
            if self._learned > MOST_LEARNED:
                raise keychange.KeyChangeRefused(
                    f"more than {MOST_LEARNED} changes of keys are shown at once"
                )
            change = keychange.open_change(statement, keychange.read(statement).old)
            self._add(_link(change, held=False))

    def vouch(self, given: card.Card) -> None:
        """Believe, beside all other keys, those of a card that was compared by voice."""
        self._vouched.update(given.keys)

    def vouches(self, key: str) -> bool:
        """Say whether a verifier key counts for such a card alone."""
        return plain(key) in self._vouched.values()

    def current(self, party: str) -> str | None:
        """Return the key with which a party signs today, as far as is known; None where none is."""
        key, seen = self._cards.get(party), set()
        while key and key not in seen:
            seen.add(key)
            key = next((each.new for each in self._forward(party, key)), key)
        return key

    def known(self, party: str) -> set[str]:
        """Return the keys with which a party has signed or signs."""
        found: set[str] = set()
        beside = {each[party] for each in (self._cards, self._vouched) if party in each}
        while beside:
            found |= beside
            beside = {more for key in beside for more in self._beside(party, key)} - found
        return found

    def trust(self, signed: str, origin: str) -> Trust:
        """Return by which key of its party the checkpoint of a journal was signed.

        :raises NoKey: when nobody vouched for a key of its party.
        :raises NoteRefused: when no key of it has signed.
        """
        parts = origin.split("/")
        known = sorted(self.known(parts[1])) if len(parts) == 5 else []
        if not known:
            raise NoKey(origin=origin[:300])
        verifiers = {each.key_id: each for each in (card.verifier(origin, key) for key in known)}
        found = verifiers[note.open_note(signed, list(verifiers.values())).verified[0].key_id]
        return Trust(found, self.until(origin, plain(found.vkey)))

    def open(self, signed: str, origin: str) -> tuple[checkpoint.Checkpoint, Trust]:
        """Open a checkpoint by the key that signed it, up to the size to which that key counts.

        :raises NoKey, KeyLost: when it has none, or counts no more.
        :raises Broken: when no key of its party has signed it.
        """
        trust = self.trust(signed, origin)
        head = checkpoint.open_checkpoint(signed, trust.verifier)
        if trust.until is not None and head.size > trust.until:
            raise KeyLost(origin=head.origin, size=head.size, until=trust.until)
        return head, trust

    def until(self, origin: str, key: str) -> int | None:
        """Return up to which size of a journal a key counts: until it was revoked, or named another."""
        ends = [each.sizes.get(origin, 0) for each in self._lost if each.key_text == key]
        party = origin.split("/")[1] if "/" in origin else ""
        ends += [each.size + 1 for each in self._after.get((party, key), ()) if each.origin == origin]
        return min(ends, default=None)

    def _forward(self, party: str, key: str) -> Iterator[Link]:
        """Walk the statements by which a key names another, as far as it counted when it did."""
        lost = [each for each in self._lost if each.key_text == key]
        for each in self._after.get((party, key), ()):
            if all(each.size < revoked.sizes.get(each.origin, 0) for revoked in lost):
                yield each

    def _beside(self, party: str, key: str) -> Iterator[str]:
        yield from (each.new for each in self._forward(party, key))
        yield from (each.old for each in self._before.get((party, key), ()))


def plain(key: str) -> str:
    """Return a verifier key as a card has it: base64 of its 32 bytes."""
    return base64.b64encode(note.Verifier.parse(key).key).decode()


def ring() -> Keyring:
    """Read the keys of all parties: of the cards, of this node's own, and those to which journals lead."""
    return Keyring(_cards(), _held(), list(Revoked.objects.visible_to(peers.own())))


def _cards() -> dict[str, str]:
    """Return the key of each party; that of its own node's card before that of one that says it hosts it."""
    at = node.current()
    name = card.name_of(at.pack.organisation, at.party)
    found: dict[str, str] = {}
    standing = peers.standing()
    for each in standing:
        found |= each.keys
    found |= {each.party: each.keys[each.party] for each in standing}
    ours = {each: plain(at.verifier(party=each, origin=name).vkey) for each in {at.party, *at.hosted}}
    return found | ours


def _held() -> Iterator[Link]:
    for row in keys.changed():
        yield from (_link(keychange.read(each), held=True) for each in keychange.split(row.changes))


def _link(change: keychange.KeyChange, *, held: bool) -> Link:
    parts = change.origin.split("/")
    party = parts[1] if len(parts) == 5 else ""
    return Link(party, change.origin, plain(change.old), plain(change.new), change.size, held)

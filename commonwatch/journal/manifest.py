"""The manifest of a bundle: who sends what to whom, signed; and how it stands to what the other side holds.

docs/formats/bundle.md states every byte.
"""

import base64
import re
from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

from msgspec import Struct

from commonwatch.errors import Broken, Refusal, _
from commonwatch.journal import entry as envelope
from commonwatch.journal import note as notes
from commonwatch.journal import tiles, tree

HEADER = "commonwatch-bundle/v1"
MAX_JOURNALS = 10_000
MAX_HELD = 10_000
MAX_FORKS = 1_000
MAX_SERIAL = 2**63 - 1
NO_DIGEST = bytes(32)

_HEADERS = re.compile(r"commonwatch-bundle/v[1-9][0-9]{0,5}", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_CODE = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]{1,300}")
_FIELDS = ("organisation", "from", "to", "serial", "before", "made", "journals")


KeyOf = Callable[[str], notes.Verifier]
"""`key_of(party)` gives the key by which this node knows the bundles of that party, or refuses."""


class BundleRefused(Broken):
    """A bundle does not hold; `place` is the file in it that is at fault, and the message begins with it."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.place = place


class LaterFormat(Refusal):
    """A bundle, signed by its sender, is in a format that is not known here."""

    code: ClassVar[str] = "journal.later-format"
    status: ClassVar[int] = 422
    says: ClassVar[str] = _("This bundle is in the format {found}; this node reads {known}.")
    hint: ClassVar[str] = _("Bring this node up to date, or ask the sender for the older format.")


class Line(Struct, frozen=True):
    """What a bundle has of one journal: the entries `[start, size)`, the receiver being known to hold those before.

    `digest` is the SHA-256 of all that the archive has of it; `write` fills it in.
    """

    origin: str
    start: int
    size: int
    digest: bytes = NO_DIGEST

    @property
    def bundles(self) -> range:
        """The numbers of the entry bundles that cover `[start, size)`; none where nothing is new."""
        end = -(-self.size // tiles.TILE_WIDTH)
        return range(self.start // tiles.TILE_WIDTH if self.start < self.size else end, end)

    @property
    def first(self) -> int:
        """The first entry that is there: `start`, or one before it in the same entry bundle; `size` when none is."""
        return min(self.bundles.start * tiles.TILE_WIDTH, self.size)


class Held(Struct, frozen=True):
    """What the sender holds of a journal of the receiver's: so much of it arrived."""

    origin: str
    size: int
    root: bytes


class Manifest(Struct, frozen=True):
    """What a bundle says of itself. Journals and what is held are in the order of their origins.

    `serial` counts the bundles of this sender to this receiver from 1; `before` is the serial of the one before,
    0 for the first. `made_at` is an instant as entries have it, by the sender's clock. `forks` are the SHA-256 of the
    files of evidence that come with it, in order.
    """

    organisation: str
    sender: str
    recipient: str
    serial: int
    before: int
    made_at: str
    journals: tuple[Line, ...] = ()
    held: tuple[Held, ...] = ()
    forks: tuple[bytes, ...] = ()

    def text(self) -> str:
        """Return the text that is signed."""
        values = (
            self.organisation, self.sender, self.recipient, self.serial, self.before, self.made_at, len(self.journals),
        )  # fmt: skip
        lines = [HEADER, *(f"{name} {value}" for name, value in zip(_FIELDS, values, strict=True))]
        lines += [
            f"{at:04d} {each.origin} {each.start} {each.size} {_base64(each.digest)}"
            for at, each in enumerate(self.journals)
        ]
        lines.append(f"held {len(self.held)}")
        lines += [f"{each.origin} {each.size} {_base64(each.root)}" for each in self.held]
        if self.forks:
            lines.append(f"forks {len(self.forks)}")
            lines += [f"{at:04d} {_base64(each)}" for at, each in enumerate(self.forks)]
        return "".join([line + "\n" for line in lines])

    @classmethod
    def parse(cls, text: str) -> "Manifest":
        """Read the text of a manifest, in its one canonical form.

        :raises BundleRefused: when it is anything else.
        """
        reader = _Lines(text)
        organisation, sender, recipient = (reader.code(name) for name in _FIELDS[:3])
        serial, before = (reader.number(name) for name in _FIELDS[3:5])
        made_at = reader.value("made")
        journals = [reader.line(at) for at in range(reader.number("journals", most=MAX_JOURNALS))]
        held = [reader.held() for _turn in range(reader.number("held", most=MAX_HELD))]
        forks = [reader.fork(at) for at in range(reader.forks())]
        read = cls(
            organisation=organisation, sender=sender, recipient=recipient, serial=serial, before=before,
            made_at=made_at, journals=tuple(journals), held=tuple(held), forks=tuple(forks),
        )  # fmt: skip
        check(read)
        if read.text() != text:
            raise BundleRefused("manifest", "it is not in its one form")
        return read

    def sign(self, signer: notes.Signer) -> str:
        """Return the manifest as a note signed by the sender's key.

        :raises BundleRefused: when it would not read back.
        :raises NoteRefused: when it is longer than a note may be.
        """
        text = self.text()
        if Manifest.parse(text) != self:
            raise BundleRefused("manifest", "it cannot be written as text")
        return notes.sign(text, [signer])


def check(manifest: Manifest) -> None:
    """Hold the values of a manifest to one another.

    :raises BundleRefused: naming what does not fit.
    """
    if not 0 <= manifest.before < manifest.serial <= MAX_SERIAL:
        raise BundleRefused("manifest", f"number {manifest.serial} cannot follow number {manifest.before}")
    if manifest.sender == manifest.recipient:
        raise BundleRefused("manifest", "it is from and to the same party")
    try:
        envelope.instant_micros(manifest.made_at)
    except envelope.EntryRefused as wrong:
        raise BundleRefused("manifest", str(wrong)) from wrong
    for what in (manifest.journals, manifest.held):
        origins = [each.origin for each in what]
        if sorted(set(origins)) != origins:
            raise BundleRefused(
                "manifest", "journals are not in order of their origins, or one is there twice"
            )
    if sorted(set(manifest.forks)) != list(manifest.forks):
        raise BundleRefused("manifest", "forks are not in order of their digests, or one is there twice")
    for line in manifest.journals:
        if not 0 <= line.start <= line.size <= tree.MAX_SIZE:
            raise BundleRefused("manifest", f"{line.origin} cannot go from {line.start} to {line.size}")


def open_manifest(note: str, *, organisation: str, recipient: str, verifier: KeyOf) -> Manifest:
    """Open a signed manifest that is for `recipient`; `verifier` gives the key of the party that it says it is from.

    :raises BundleRefused: when it is malformed, for somebody else, or has other signatures than that one.
    :raises NoteRefused: when that party's key has not signed it.
    :raises LaterFormat: when that party has signed it in a format that is not known here.
    """
    text = notes.note_text(note)
    header, *rest = text.split("\n", 3)
    if not _HEADERS.fullmatch(header) or len(rest) < 3:
        raise BundleRefused("manifest", f"it begins with {header[:40]!r} and is none")
    manifest = Manifest.parse(text) if header == HEADER else None
    sender = _value(rest[1], "from") if manifest is None else manifest.sender
    notes.open_note(note, [verifier(sender)])
    if manifest is None:
        raise LaterFormat(found=header, known=HEADER)
    if note.count("\n", len(text) + 1) != 1:
        raise BundleRefused("manifest", "it has other signatures than its sender's")
    if (manifest.organisation, manifest.recipient) != (organisation, recipient):
        raise BundleRefused(
            "manifest", f"it is for {manifest.recipient} of {manifest.organisation}, not for {recipient}"
        )
    return manifest


class Verdict(Struct, frozen=True):
    """How what a bundle has of a journal stands to the `held` entries of it that are here.

    "new": it goes on where they end, or before. "known": it has nothing beyond them. "gap": entries from `held` to
    `start` are missing. Only the tree says whether "new" and "known" agree with what is held.
    """

    origin: str
    what: Literal["new", "known", "gap"]
    held: int
    start: int
    size: int


def compare(manifest: Manifest, held: Mapping[str, int]) -> list[Verdict]:
    """Say of each journal of a bundle how it stands to the number of entries held, 0 where none is named."""
    found = []
    for line in manifest.journals:
        here = held.get(line.origin, 0)
        what: Literal["new", "known", "gap"] = (
            "known" if line.size <= here else "new" if line.start <= here else "gap"
        )
        found.append(Verdict(origin=line.origin, what=what, held=here, start=line.start, size=line.size))
    return found


def order(manifest: Manifest, last: int) -> Literal["next", "known", "gap", "crossed"]:
    """Say how a bundle's number stands to that of the last one taken in from its sender, 0 when there was none.

    "next": nothing is between them. "known": this number, or a later one, was taken in. "gap": one between them did
    not arrive. "crossed": the sender does not count one that was taken in, as after it went back to an older copy.
    """
    if manifest.serial <= last:
        return "known"
    if manifest.before == last:
        return "next"
    return "gap" if manifest.before > last else "crossed"


class _Lines:
    """The lines of a manifest, read from the top."""

    def __init__(self, text: str) -> None:
        self._lines = iter(text.split("\n"))
        if next(self._lines) != HEADER:
            raise BundleRefused("manifest", f"it does not begin with {HEADER}")

    def value(self, name: str) -> str:
        """Read the value of the named line."""
        return _value(next(self._lines, ""), name)

    def code(self, name: str) -> str:
        """Read a code."""
        return _code(self.value(name))

    def number(self, name: str, *, most: int = tree.MAX_SIZE) -> int:
        """Read a number from 0 to `most`."""
        return _number(self.value(name), most=most)

    def line(self, at: int) -> Line:
        """Read the line of a journal."""
        number, origin, start, size, digest = self._parts(5)
        if number != f"{at:04d}":
            raise BundleRefused("manifest", f"journal {at} has the number {number[:40]!r}")
        return Line(
            origin=_code(origin), start=_number(start), size=_number(size), digest=_hash(digest, origin)
        )

    def held(self) -> Held:
        """Read the line of a journal that is held."""
        origin, size, root = self._parts(3)
        return Held(origin=_code(origin), size=_number(size), root=_hash(root, origin))

    def forks(self) -> int:
        """Read how many forks there are; where there is none, nothing is said of them."""
        line = next(self._lines, "")
        return _number(_value(line, "forks"), most=MAX_FORKS) if line.startswith("forks ") else 0

    def fork(self, at: int) -> bytes:
        """Read the line of a fork."""
        number, digest = self._parts(2)
        if number != f"{at:04d}":
            raise BundleRefused("manifest", f"fork {at} has the number {number[:40]!r}")
        return _hash(digest, f"fork {at}")

    def _parts(self, count: int) -> list[str]:
        line = next(self._lines, "")
        parts = line.split(" ", count)
        if len(parts) != count:
            raise BundleRefused("manifest", f"{line[:100]!r} has not {count} parts")
        return parts


def _value(line: str, name: str) -> str:
    found, _space, value = line.partition(" ")
    if found != name:
        raise BundleRefused("manifest", f"{line[:100]!r} stands where the line {name!r} is to be")
    return value


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise BundleRefused("manifest", f"{text[:100]!r} is no name")
    return text


def _number(text: str, *, most: int = tree.MAX_SIZE) -> int:
    if not _NUMBER.fullmatch(text) or int(text) > most:
        raise BundleRefused("manifest", f"{text[:40]!r} is no number up to {most}")
    return int(text)


def _hash(text: str, origin: str) -> bytes:
    try:
        data = notes.decode_base64(text, what="the hash")
    except notes.NoteRefused as wrong:
        raise BundleRefused("manifest", f"{origin}: {wrong}") from wrong
    if len(data) != tree.HASH_BYTES:
        raise BundleRefused("manifest", f"{origin}: the hash has {len(data)} bytes, not 32")
    return data


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()

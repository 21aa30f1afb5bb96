"""A bundle: what one node sends another in one file, checkpoints and entry bundles under a signed manifest.

The file is an archive that `tar` lists (POSIX ustar), in one form: the manifest decides which files are in it, in
which order and under which names, so nothing is taken from the archive but bytes, and each of its headers must be
the one that would be written here. docs/formats/bundle.md states every byte. Sealing it is `seal`'s part.

What is checked is what the sender signed, and that all of it is there. Whether the entries lead to the checkpoints,
and whose keys those are signed with, is for whoever takes them in.
"""

import os
import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import chain, islice
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from commonwatch.journal import checkpoint as checkpoints
from commonwatch.journal import note as notes
from commonwatch.journal import tiles, tree
from commonwatch.journal.export import Erased
from commonwatch.journal.fork import MAX_FORK_BYTES
from commonwatch.journal.manifest import BundleRefused, KeyOf, Line, Manifest, open_manifest
from commonwatch.journal.tiles import TILE_WIDTH, TilePath

BLOCK = 512
MAX_BYTES = 64 * 2**30
MAX_FILES = 4_000_000
MANIFEST = "manifest"
CHECKPOINT = "checkpoint"
FORKS = "forks"

_END = bytes(2 * BLOCK)
_SIZE_AT = slice(124, 136)
_OCTAL = re.compile(rb"[0-7]{11}\x00")


class Part(Struct, frozen=True):
    """What goes into a bundle of one journal: its checkpoint, and its entries in order from `Line.first` on."""

    checkpoint: str
    entries: Iterable[bytes | Erased]


def write(
    target: BinaryIO,
    manifest: Manifest,
    parts: Iterable[Part],
    *,
    signer: notes.Signer,
    forks: Iterable[bytes] = (),
) -> Manifest:
    """Write a bundle to a file that can be wound back; return the manifest with its digests, as it was signed.

    `parts` are those of `manifest.journals` and `forks` the files of evidence that it names, in their order; they may
    be made as they are asked for. The manifest is written last: a file cut short never looks whole.

    :raises BundleRefused: when the parts are not those of the manifest.
    """
    start = target.tell()
    room = len(manifest.sign(signer).encode())  # a digest and a signature always have the same length
    target.write(_header(MANIFEST, room) + bytes(room + -room % BLOCK))
    digests, rest = [], iter(parts)
    for at, line in enumerate(manifest.journals):
        part = next(rest, None)
        if part is None:
            raise BundleRefused(f"{at:04d}", "it was not given")
        digests.append(_Writer(target, at).fill(line, part))
    if next(rest, None) is not None:
        raise BundleRefused(MANIFEST, "more journals were given than it names")
    _write_forks(target, manifest.forks, forks)
    target.write(_END)
    lines = [replace(line, digest=digest) for line, digest in zip(manifest.journals, digests, strict=True)]
    signed = replace(manifest, journals=tuple(lines))
    end = target.tell()
    target.seek(start + BLOCK)
    target.write(signed.sign(signer).encode())
    target.seek(end)
    return signed


def _write_forks(target: BinaryIO, digests: tuple[bytes, ...], forks: Iterable[bytes]) -> None:
    given = list(forks)
    if tuple(sha256(data).digest() for data in given) != digests:
        raise BundleRefused(MANIFEST, "other evidence of forks was given than it names")
    target.writelines(
        _header(_fork_name(at), len(data)) + data + bytes(-len(data) % BLOCK) for at, data in enumerate(given)
    )


def open_bundle(
    source: BinaryIO, *, organisation: str, recipient: str, verifier: KeyOf, limit: int = MAX_BYTES
) -> "Opened":
    """Open a bundle for `recipient`, read all of it once and hold it to the manifest that its sender signed.

    `source` can be wound back, is read from its beginning and stays open as long as what is returned is used.
    `verifier` gives the key of the party that the manifest says it is from. `limit`: the most bytes it may have.

    :raises BundleRefused: naming the file in it that does not hold.
    :raises NoteRefused: when the sender's key has not signed the manifest.
    :raises LaterFormat: when the sender has signed it in a format that is not known here.
    """
    reader = _Reader(source, limit)
    manifest = _manifest(reader, organisation=organisation, recipient=recipient, verifier=verifier)
    files = sum(1 + len(line.bundles) for line in manifest.journals) + len(manifest.forks)
    if files > MAX_FILES or files * 2 * BLOCK > reader.size:
        raise BundleRefused(MANIFEST, f"it names {files} files or more, and the archive cannot have them")
    parts = tuple(
        OpenedPart(reader, at, line, _check_part(reader, at, line))
        for at, line in enumerate(manifest.journals)
    )
    forks = array("Q", [_check_fork(reader, at, digest) for at, digest in enumerate(manifest.forks)])
    if reader.size - reader.at != len(_END) or reader.take(len(_END)) != _END:
        raise BundleRefused("the archive", "it does not end after the files that its manifest names")
    return Opened(manifest=manifest, parts=parts, evidence=OpenedForks(reader, manifest.forks, forks))


def read_manifest(source: BinaryIO, *, organisation: str, recipient: str, verifier: KeyOf) -> Manifest:
    """Read the signed manifest alone, to see whether the rest is worth reading; raises as `open_bundle` does."""
    reader = _Reader(source, MAX_BYTES)
    return _manifest(reader, organisation=organisation, recipient=recipient, verifier=verifier)


class OpenedPart:
    """What an opened bundle has of one journal. Read as often as it is asked, one entry bundle at a time."""

    def __init__(self, reader: "_Reader", number: int, line: Line, places: "array[int]") -> None:
        self.line = line
        self._reader = reader
        self._number = number
        self._places = places

    def checkpoint(self) -> str:
        """Return the signed checkpoint; whose signature it bears is not yet known."""
        self._reader.at = self._places[0]
        return _checkpoint(self._reader, self._number, self.line)

    def entries(self, start: int | None = None) -> Iterator[bytes | Erased]:
        """Give the entries from number `start` on, `line.start` when it is not said; at the earliest `line.first`.

        :raises BundleRefused: when the bundle does not have that entry, or the file was changed since it was opened.
        """
        line = self.line
        begin = line.start if start is None else start
        if not line.first <= begin <= line.size:
            raise BundleRefused(
                f"{self._number:04d}", f"it has entries {line.first} to {line.size}, not {begin}"
            )
        if begin == line.size:
            return iter(())
        first = begin // TILE_WIDTH
        some = (self.bundle(index) for index in range(first, line.bundles.stop))
        return islice(chain.from_iterable(some), begin - first * TILE_WIDTH, None)

    def bundle(self, index: int) -> list[bytes | Erased]:
        """Return the entries of the entry bundle `index`."""
        reader, line = self._reader, self.line
        if index not in line.bundles:
            raise BundleRefused(f"{self._number:04d}", f"it has no entry bundle {index}")
        reader.at = self._places[1 + index - line.bundles.start]
        return _entries(reader, self._number, tiles.tile_path(None, index, size=line.size))


class OpenedForks:
    """The files of evidence in an opened bundle; whether they prove anything is not yet known."""

    def __init__(self, reader: "_Reader", digests: tuple[bytes, ...], places: "array[int]") -> None:
        self._reader = reader
        self._digests = digests
        self._places = places

    def __iter__(self) -> Iterator[bytes]:
        """Give them in the manifest's order.

        :raises BundleRefused: when the file was changed since it was opened.
        """
        for at, (digest, place) in enumerate(zip(self._digests, self._places, strict=True)):
            self._reader.at = place
            yield _fork(self._reader, at, digest)


class Opened(Struct, frozen=True):
    """An opened bundle: the signed manifest, what it has of each journal, in the manifest's order, and evidence."""

    manifest: Manifest
    parts: tuple[OpenedPart, ...]
    evidence: OpenedForks


class _Writer:
    """Writes the files of one journal and digests every byte of them."""

    def __init__(self, target: BinaryIO, number: int) -> None:
        self._target = target
        self._number = number
        self._digest = sha256()

    def fill(self, line: Line, part: Part) -> bytes:
        """Write the checkpoint and the entries; return the digest."""
        _check_checkpoint(part.checkpoint, self._number, line)
        self._file(CHECKPOINT, part.checkpoint.encode())
        rest = iter(part.entries)
        for index in line.bundles:
            path = tiles.tile_path(None, index, size=line.size)
            self._bundle(path, list(islice(rest, path.width)))
        if next(rest, None) is not None:
            raise BundleRefused(f"{self._number:04d}", f"more entries were given than up to {line.size}")
        return self._digest.digest()

    def _bundle(self, path: TilePath, entries: list[bytes | Erased]) -> None:
        if len(entries) != path.width:
            raise BundleRefused(_name(self._number, path), f"{len(entries)} entries were given")
        if b"" in entries:
            raise BundleRefused(_name(self._number, path), "an entry is empty and not said to be erased")
        erased = any(isinstance(each, Erased) for each in entries)
        self._file(path, tiles.bundle_encode([b"" if isinstance(each, Erased) else each for each in entries]))
        if erased:
            leaves = [each.leaf if isinstance(each, Erased) else tree.leaf_hash(each) for each in entries]
            self._file(replace(path, level=0), b"".join(leaves))

    def _file(self, path: TilePath | str, data: bytes) -> None:
        for piece in (_header(_name(self._number, path), len(data)), data, bytes(-len(data) % BLOCK)):
            self._digest.update(piece)
            self._target.write(piece)


class _Reader:
    """Reads files of an archive whose name and greatest size are known beforehand."""

    def __init__(self, source: BinaryIO, limit: int) -> None:
        self._source = source
        self.size = source.seek(0, os.SEEK_END)
        self.at = 0
        self.seen: Callable[[bytes], None] | None = None
        if self.size > limit:
            raise BundleRefused("the archive", f"it has {self.size} bytes, above {limit}")

    def file(self, name: str, *, least: int, most: int) -> bytes:
        """Read the file that must come next; its header must be the one that is written here.

        :raises BundleRefused: when it is another, or is not there whole.
        """
        header = self.take(BLOCK)
        octal = header[_SIZE_AT]
        size = int(octal[:-1], 8) if _OCTAL.fullmatch(octal) else -1
        if size < 0 or header != _header(name, size):
            raise BundleRefused(name, f"another file, or an odd header, stands in its place: {header[:60]!r}")
        if not least <= size <= most:
            raise BundleRefused(name, f"it has {size} bytes, and may have {least} to {most}")
        data = self.take(size + -size % BLOCK)
        if len(data) != size + -size % BLOCK or any(data[size:]):
            raise BundleRefused(name, "it is cut short, or filled up with other bytes than zero")
        if self.seen is not None:
            self.seen(header)
            self.seen(data)
        return data[:size]

    def take(self, count: int) -> bytes:
        """Read so many bytes, fewer at the end of the file."""
        self._source.seek(self.at)
        data = self._source.read(min(count, max(self.size - self.at, 0)))
        self.at += len(data)
        return data


def _manifest(reader: _Reader, *, organisation: str, recipient: str, verifier: KeyOf) -> Manifest:
    note = _text(reader.file(MANIFEST, least=1, most=notes.MAX_NOTE_BYTES), MANIFEST)
    return open_manifest(note, organisation=organisation, recipient=recipient, verifier=verifier)


def _check_part(reader: _Reader, number: int, line: Line) -> "array[int]":
    """Read all that the archive has of a journal; return where its checkpoint and each of its entry bundles begin."""
    digest = sha256()
    reader.seen = digest.update
    places = array("Q", [reader.at])
    _checkpoint(reader, number, line)
    for index in line.bundles:
        places.append(reader.at)
        _entries(reader, number, tiles.tile_path(None, index, size=line.size))
    reader.seen = None
    if digest.digest() != line.digest:
        raise BundleRefused(f"{number:04d}", f"what there is of {line.origin} is not what the manifest signs")
    return places


def _checkpoint(reader: _Reader, number: int, line: Line) -> str:
    name = _name(number, CHECKPOINT)
    note = _text(reader.file(name, least=1, most=notes.MAX_NOTE_BYTES), name)
    _check_checkpoint(note, number, line)
    return note


def _check_checkpoint(note: str, number: int, line: Line) -> None:
    try:
        head = checkpoints.Checkpoint.parse(notes.note_text(note))
    except (notes.NoteRefused, checkpoints.CheckpointRefused) as wrong:
        raise BundleRefused(_name(number, CHECKPOINT), str(wrong)) from wrong
    if (head.origin, head.size) != (line.origin, line.size):
        raise BundleRefused(
            _name(number, CHECKPOINT),
            f"it is of {head.origin} with {head.size} entries, not of {line.origin} with {line.size}",
        )


def _entries(reader: _Reader, number: int, path: TilePath) -> list[bytes | Erased]:
    """Read an entry bundle and, where an entry in it was erased, the tile of leaf hashes that follows it."""
    width, name = path.width, _name(number, path)
    data = reader.file(name, least=2 * width, most=width * (2 + tiles.MAX_ENTRY_BYTES))
    try:
        found = tiles.bundle_parse(data)
    except tiles.TileRefused as wrong:
        raise BundleRefused(name, str(wrong)) from wrong
    if len(found) != width:
        raise BundleRefused(name, f"it has {len(found)} entries, not {width}")
    if b"" not in found:
        return list(found)
    name = _name(number, replace(path, level=0))
    leaves = tiles.split_hashes(reader.file(name, least=32 * width, most=32 * width))
    if any(each and tree.leaf_hash(each) != leaf for each, leaf in zip(found, leaves, strict=True)):
        raise BundleRefused(name, "a hash in it is not that of its entry")
    return [each or Erased(leaf=leaf) for each, leaf in zip(found, leaves, strict=True)]


def _check_fork(reader: _Reader, at: int, digest: bytes) -> int:
    """Read a file of evidence; return where it begins."""
    place = reader.at
    _fork(reader, at, digest)
    return place


def _fork(reader: _Reader, at: int, digest: bytes) -> bytes:
    data = reader.file(_fork_name(at), least=1, most=MAX_FORK_BYTES)
    if sha256(data).digest() != digest:
        raise BundleRefused(_fork_name(at), "it is not the evidence that the manifest signs")
    return data


def _fork_name(at: int) -> str:
    return f"{FORKS}/{at:04d}"


def _name(number: int, path: TilePath | str) -> str:
    return f"{number:04d}/{path}"


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as wrong:
        raise BundleRefused(name, "it is not UTF-8 text") from wrong


def _header(name: str, size: int) -> bytes:
    """Return the only header that a file of this name and size may have: plain, of nobody, of 1970."""
    number = b"0000000\0"
    before = name.encode().ljust(100, b"\0") + b"0000644\0" + number + number + b"%011o\0%011o\0" % (size, 0)
    after = b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + number + number + bytes(167)
    total = sum(before) + sum(after) + 8 * ord(" ")
    return before + b"%06o\0 " % total + after

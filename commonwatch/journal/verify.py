"""Verifying a whole journal offline: every byte of every file against the signed checkpoint.

The entries are hashed in order; each tile of hashes is rebuilt from the level below it and compared with the
file; the root so found must be the signed one. Memory stays small however long the journal is. When one file
is damaged the error names it, because the files above and below it still agree.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Literal, NoReturn, Protocol

import msgspec
from msgspec import Struct

from commonwatch.errors import Broken
from commonwatch.journal import checkpoint as checkpoints
from commonwatch.journal import entry as envelope
from commonwatch.journal import keychange, note, tiles, tree
from commonwatch.journal.tiles import RootStream, TilePath

__all__ = [
    "FolderSource",
    "JournalRefused",
    "NotItsHash",
    "RootStream",
    "Source",
    "Verified",
    "hold_bundle",
    "verify_journal",
]

Progress = Callable[[int, int], None]
"""Told now and then how many entries of how many were verified."""

CHECKPOINT = "checkpoint"
_ERASED_MARK = f'{envelope.ERASED_KIND}"'.encode()
_CLOSED_MARK = f'{envelope.CLOSED_KIND}"'.encode()
_CHANGED_MARK = f'{envelope.CHANGED_KIND}"'.encode()
_AFTER_THE_END = (_ERASED_MARK, _CHANGED_MARK)


class JournalRefused(Broken):
    """A journal does not hold; `place` is the file at fault and the message begins with it."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.place = place


class NotItsHash(JournalRefused):
    """An entry does not give the hash that its tile has for it; `index` is its number in the journal."""

    def __init__(self, path: TilePath, index: int) -> None:
        super().__init__(str(path), f"entry {index} is not the one that was signed")
        self.index = index


class Source(Protocol):
    """Where the files of a journal are read; an absent one raises FileNotFoundError."""

    def checkpoint(self) -> str:
        """Return the signed checkpoint."""

    def tile(self, path: TilePath) -> bytes:
        """Return the bytes of a tile or an entry bundle."""


class FolderSource:
    """A journal as a folder of files, in the layout in which it is served."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)

    def checkpoint(self) -> str:
        """Return the signed checkpoint.

        :raises JournalRefused: when the file is not UTF-8.
        """
        try:
            return (self._path / CHECKPOINT).read_bytes().decode()
        except UnicodeDecodeError as wrong:
            raise JournalRefused(CHECKPOINT, "it is not UTF-8 text") from wrong

    def changes(self) -> str:
        """Return the statements by which the journal's key changed; empty where it never did.

        :raises JournalRefused: when the file is not UTF-8.
        """
        try:
            return (self._path / keychange.NAME).read_bytes().decode()
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError as wrong:
            raise JournalRefused(keychange.NAME, "it is not UTF-8 text") from wrong

    def tile(self, path: TilePath) -> bytes:
        """Return the bytes of a tile or an entry bundle."""
        return (self._path / str(path)).read_bytes()


class Verified(Struct, frozen=True):
    """What was proved: the checkpoint, and the indexes of entries that were erased as the journal says."""

    checkpoint: checkpoints.Checkpoint
    erased: tuple[int, ...] = ()


class _ErasedBody(Struct, frozen=True):
    """The body of an erasure entry: which entry lost its bytes, and its leaf hash in hex."""

    index: int
    hash: str


def verify_journal(  # noqa: PLR0913 - a journal, and by what it is verified
    source: Source,
    *,
    vkey: str,
    second: str = "",
    changes: str = "",
    progress: Progress | None = None,
    entries: Literal["bytes", "strict"] = "bytes",
) -> Verified:
    """Verify a journal whole, against a key that its readers know: its first, its last, or one between them.

    `second` is the key of its second signature, if there has to be one.
    `changes` holds the statements by which its key changed; they are held to its entries. `entries` "strict" also reads
    every entry as `entry.parse` does and holds their times to their order.

    :raises JournalRefused: naming the file that does not hold or is missing.
    :raises NoteRefused: when `vkey` or `second` is no verifier key.
    """
    note.Verifier.parse(vkey)
    twice = note.Verifier.parse(second) if second else None
    try:
        head, key = _open_head(source.checkpoint(), vkey, twice, changes)
    except FileNotFoundError as wrong:
        raise JournalRefused(CHECKPOINT, "the file is missing") from wrong
    except (note.NoteRefused, checkpoints.CheckpointRefused) as wrong:
        raise JournalRefused(CHECKPOINT, str(wrong)) from wrong
    except keychange.KeyChangeRefused as wrong:
        raise JournalRefused(keychange.NAME, str(wrong)) from wrong
    return _Verification(source, head, keychange.Chain(vkey), key, strict=entries == "strict").run(progress)


def _open_head(
    signed: str, vkey: str, second: note.Verifier | None, changes: str
) -> tuple[checkpoints.Checkpoint, str]:
    """Open the checkpoint by the key that is known, or by one to which the statements lead; return which it was."""
    keys = [vkey]
    for statement in keychange.split(changes):
        if keychange.read(statement).old == keys[-1]:
            keys.append(keychange.open_change(statement, keys[-1]).new)
    verifiers = [note.Verifier.parse(each) for each in keys]
    found = note.open_note(signed, verifiers).verified[0]
    verifier = next(each for each in verifiers if each.key_id == found.key_id)
    return checkpoints.open_checkpoint(signed, verifier, second=second), verifier.vkey


def hold_bundle(path: TilePath, data: bytes, hashes: bytes) -> tuple[list[bytes], list[bytes]]:
    """Hold an entry bundle to the bytes of the hash tile below which it stands; return its entries and their hashes.

    An erased entry (`b""`) has the hash that the tile gives: the levels above the tile vouch for that.

    :raises NotItsHash: when an entry is another than the tile says.
    :raises JournalRefused: when the bundle cannot be read, or holds more or fewer entries than its path says.
    """
    try:
        found = tiles.bundle_parse(data)
    except tiles.TileRefused as wrong:
        raise JournalRefused(str(path), str(wrong)) from wrong
    if len(found) != path.width:
        raise JournalRefused(str(path), f"it has {len(found)} entries, not {path.width}")
    hashed = sha256
    leaves = [hashed(b"\x00" + each).digest() for each in found]
    if b"" in found:
        leaves = [
            leaf if each else hashes[32 * at : 32 * at + 32]
            for at, (each, leaf) in enumerate(zip(found, leaves, strict=True))
        ]
    if b"".join(leaves) != hashes:
        at = next(
            (at for at, leaf in enumerate(leaves) if leaf != hashes[32 * at : 32 * at + 32]), len(leaves)
        )
        raise NotItsHash(path, path.index * tiles.TILE_WIDTH + at)
    return found, leaves


class _Verification:
    """One run over one journal."""

    def __init__(
        self,
        source: Source,
        head: checkpoints.Checkpoint,
        chain: keychange.Chain,
        key: str,
        *,
        strict: bool,
    ) -> None:
        self.source, self.chain, self.key = source, chain, key
        self.closed: int | None = None
        self.head = head
        self.strict = strict
        self.last_at = ""
        self.stream = RootStream(complete=self._check_full)
        self.erased: dict[int, bytes] = {}
        self.named: set[tuple[int, str]] = set()

    def run(self, progress: Progress | None) -> Verified:
        """Verify bundle by bundle, then the right edge and the root."""
        size = self.head.size
        for index in range(-(-size // tiles.TILE_WIDTH)):
            self._check_bundle(index)
            if progress is not None:
                progress(self.stream.size, size)
        for (level, index), data in self.stream.partials().items():
            if level:
                self._compare(level, index, data)
        if self.stream.root() != self.head.root:
            self._blame_erased(size // tiles.TILE_WIDTH)
            raise JournalRefused(CHECKPOINT, "its root is not that of the entries and tiles, which agree")
        self._check_erased()
        if self.chain.at(size) != self.key:
            raise JournalRefused(
                CHECKPOINT, "it was not signed by the key that its entries name for this size"
            )
        return Verified(checkpoint=self.head, erased=tuple(sorted(self.erased)))

    def _check_bundle(self, index: int) -> None:
        path = tiles.tile_path(None, index, size=self.head.size)
        tile_path = tiles.tile_path(0, index, size=self.head.size)
        data, stored = self._read(path), self._read(tile_path)
        if len(stored) != 32 * path.width:
            raise JournalRefused(str(tile_path), f"it has {len(stored)} bytes, not {32 * path.width}")
        try:
            found, leaves = hold_bundle(path, data, stored)
        except NotItsHash as wrong:
            self._blame(tile_path, wrong, stored)
        first = index * tiles.TILE_WIDTH
        if b"" in found:
            self._keep_erased(first, found, leaves)
        done = 0
        for at, each in enumerate(found):
            if each.startswith(_CHANGED_MARK, envelope.KIND_OFFSET):
                self.stream.extend(leaves[done:at])
                done = at
                self._follow(path, each)
        self.stream.extend(leaves[done:])
        self._look_into(path, first, found)

    def _follow(self, path: TilePath, entry: bytes) -> None:
        """Go on to the key that an entry names; what lies before the key that is known is vouched for by that one."""
        number = self.stream.size
        try:
            signed = keychange.statement_of(entry)
            change = keychange.read(signed)
            change.check_place(self.head.origin, number, self.stream.root())
            if change.old == self.chain.last:
                self.chain.follow(signed)
        except keychange.KeyChangeRefused as wrong:
            raise JournalRefused(
                str(path), f"entry {number} changes the key and does not hold: {wrong}"
            ) from wrong

    def _keep_erased(self, first: int, found: list[bytes], leaves: list[bytes]) -> None:
        """Keep the leaf hashes of erased entries, to be held to the entries that erase them."""
        self.erased.update((first + at, leaves[at]) for at, each in enumerate(found) if not each)

    def _look_into(self, path: TilePath, first: int, found: list[bytes]) -> None:
        """Note which entries were erased, and see that nothing is added after a last one; parse strictly if asked."""
        offset = envelope.KIND_OFFSET
        for at, each in enumerate(found):
            if self.closed is not None and not each.startswith(_AFTER_THE_END, offset):
                says = f"entry {self.closed} closes the journal, and entry {first + at} adds to it"
                raise JournalRefused(str(path), says)
            if each.startswith(_CLOSED_MARK, offset):
                self.closed = first + at
        for each in [each for each in found if each.startswith(_ERASED_MARK, offset)]:
            try:
                body = msgspec.json.decode(envelope.parse(each).body, type=_ErasedBody)
                self.named.add((body.index, body.hash))
            except (envelope.EntryRefused, msgspec.DecodeError) as wrong:
                raise JournalRefused(
                    str(path), f"an entry that erases another is malformed: {wrong}"
                ) from wrong
        if self.strict:
            for at, each in enumerate(found):
                if each:
                    self._parse(path, first + at, each)

    def _parse(self, path: TilePath, index: int, data: bytes) -> None:
        try:
            at = envelope.parse(data).at
        except envelope.EntryRefused as wrong:
            raise JournalRefused(str(path), f"entry {index}: {wrong}") from wrong
        if at < self.last_at:
            raise JournalRefused(str(path), f"entry {index}: its time goes back, from {self.last_at} to {at}")
        self.last_at = at

    def _check_full(self, level: int, index: int, data: bytes) -> None:
        if level:
            self._compare(level, index, data)

    def _compare(self, level: int, index: int, data: bytes) -> None:
        """Hold a tile above level 0 to what the level below it gives."""
        path = tiles.tile_path(level, index, size=self.head.size)
        stored = self._read(path)
        if stored == data:
            return
        if level == 1 and len(stored) == len(data) and self._is_vouched(path, stored):
            # Only the hash of an erased entry can be wrong at level 0 and not disagree with its bundle.
            pairs = zip(tiles.split_hashes(stored), tiles.split_hashes(data), strict=True)
            wrong = index * tiles.TILE_WIDTH + next(at for at, (old, new) in enumerate(pairs) if old != new)
            self._blame_erased(wrong)
        raise JournalRefused(str(path), "its hashes are not those of the tiles below it")

    def _check_erased(self) -> None:
        for index, leaf in sorted(self.erased.items()):
            if (index, leaf.hex()) not in self.named:
                path = tiles.tile_path(None, index // tiles.TILE_WIDTH, size=self.head.size)
                raise JournalRefused(
                    str(path), f"entry {index} is empty and no entry says that it was erased"
                )

    def _blame(self, tile_path: TilePath, wrong: "NotItsHash", stored: bytes) -> NoReturn:
        """Say which of a bundle and its hash tile is at fault: the one the levels above do not vouch for."""
        if self._is_vouched(tile_path, stored):
            raise wrong
        raise JournalRefused(
            str(tile_path), f"the hash of entry {wrong.index} is not that of its bytes"
        ) from wrong

    def _blame_erased(self, tile: int) -> None:
        """Refuse a tile of level 0 for the hash of an erased entry, if it has one."""
        index = next((index for index in self.erased if index // tiles.TILE_WIDTH == tile), None)
        if index is not None:
            path = tiles.tile_path(0, tile, size=self.head.size)
            raise JournalRefused(
                str(path), f"it does not lead to the signed root, entry {index} being erased"
            )

    def _is_vouched(self, path: TilePath, stored: bytes) -> bool:
        """Say whether the files above a hash tile lead from it to the signed root."""
        size = self.head.size
        if path.width == tiles.TILE_WIDTH and path.level is not None:
            above = tiles.tile_path(path.level + 1, path.index // tiles.TILE_WIDTH, size=size)
            data, at = self._read(above), 32 * (path.index % tiles.TILE_WIDTH)
            return data[at : at + 32] == tiles.tile_root(stored) and self._is_vouched(above, data)
        try:
            edge = RootStream.resume(
                size=size, read=lambda level, index: self._read(tiles.tile_path(level, index, size=size))
            )
        except tiles.TileRefused:
            return False
        return edge.root() == self.head.root

    def _read(self, path: TilePath) -> bytes:
        """Read a file; where a partial tile is gone, the full one that has taken its place will do."""
        try:
            return self.source.tile(path)
        except FileNotFoundError as absent:
            missing = JournalRefused(str(path), "the file is missing")
            if path.width == tiles.TILE_WIDTH:
                raise missing from absent
        full = TilePath(level=path.level, index=path.index)
        try:
            data = self.source.tile(full)
            if path.level is not None:
                return data[: 32 * path.width]
            return tiles.bundle_encode(tiles.bundle_parse(data)[: path.width])
        except FileNotFoundError as absent:
            raise missing from absent
        except tiles.TileRefused as wrong:
            raise JournalRefused(str(full), str(wrong)) from wrong


def root_of(entries: Iterable[bytes]) -> bytes:
    """Return the root over entries that come in order, in memory that does not grow with their number."""
    stream = RootStream()
    stream.extend(map(tree.leaf_hash, entries))
    return stream.root()

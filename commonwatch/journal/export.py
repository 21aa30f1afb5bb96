"""Writing a journal out as a folder of files: the layout in which it is served, carried and verified."""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from msgspec import Struct

from commonwatch.journal import checkpoint as checkpoints
from commonwatch.journal import note, tiles, tree
from commonwatch.journal.verify import CHECKPOINT, JournalRefused

DRAFT = ".new"


class Erased(Struct, frozen=True):
    """Stands for an entry whose bytes were erased: its leaf hash."""

    leaf: bytes


def write_folder(path: Path | str, *, checkpoint: str, entries: Iterable[bytes | Erased]) -> None:
    """Write the journal that `checkpoint` signs into a folder; entries come in order, all of them.

    Files of an earlier, smaller checkpoint in the same folder may stay. The checkpoint is written last: a
    folder cut short never looks whole.

    :raises JournalRefused: when the entries are not those that the checkpoint signs.
    """
    head = checkpoints.Checkpoint.parse(note.note_text(checkpoint))
    write_tiles(path, head=head, entries=entries)
    put(Path(path) / CHECKPOINT, checkpoint.encode())


def write_tiles(
    path: Path | str,
    *,
    head: checkpoints.Checkpoint,
    entries: Iterable[bytes | Erased],
    start: int = 0,
    read: tiles.ReadTile | None = None,
) -> int:
    """Write the files of the journal that `head` describes, all but its checkpoint; return how many had changed.

    Entries come in order from `start` on, which is the first of a bundle: what stands before it is in the folder
    already. `read` gives the stored hash tiles, as wide as they are or wider; it is asked when `start` is not 0.

    :raises JournalRefused: when the entries are not those of `head`.
    """
    folder, changed = Path(path), []

    def keep(level: int, index: int, data: bytes) -> None:
        width = len(data) // tree.HASH_BYTES
        changed.append(put(folder / str(tiles.TilePath(level=level, index=index, width=width)), data))

    stream = tiles.RootStream(complete=keep)
    if start and read is not None:
        stream = tiles.RootStream.resume(size=start, read=_narrowed(read, start), complete=keep)
    for index, some in enumerate(_bundles(entries), start // tiles.TILE_WIDTH):
        data = tiles.bundle_encode([b"" if isinstance(each, Erased) else each for each in some])
        changed.append(put(folder / str(tiles.TilePath(level=None, index=index, width=len(some))), data))
        stream.extend([each.leaf if isinstance(each, Erased) else tree.leaf_hash(each) for each in some])
    for (level, index), data in stream.partials().items():
        keep(level, index, data)
    if (stream.size, stream.root()) != (head.size, head.root):
        raise JournalRefused(
            CHECKPOINT, f"it signs {head.size} entries, not the {stream.size} that were given"
        )
    return sum(changed)


def write_erased(path: Path | str, *, size: int, index: int, entries: Iterable[bytes]) -> int:
    """Write a bundle anew after an entry in it was erased, in a journal of `size`; return how many files had changed.

    Earlier, narrower forms of the bundle still have the bytes: they are taken away.
    """
    wanted = Path(path) / str(tiles.tile_path(None, index, size=size))
    changed = int(put(wanted, tiles.bundle_encode(entries)))
    full = Path(path) / str(tiles.TilePath(level=None, index=index))
    for old in full.with_name(full.name + ".p").glob("*"):
        if old != wanted:
            old.unlink()
            changed += 1
    return changed


def prune(path: Path | str) -> int:
    """Take away partial tiles whose full tile is there, and what a writer that was cut short left; return how many.

    Below `path` there may be one journal, or several.
    """
    folder, gone = Path(path), 0
    for partial in sorted(folder.rglob("*.p")):
        if partial.with_suffix("").is_file():
            for old in partial.iterdir():
                old.unlink()
                gone += 1
            partial.rmdir()
    for draft in sorted(folder.rglob(f"*{DRAFT}")):
        draft.unlink()
        gone += 1
    return gone


def put(path: Path, data: bytes) -> bool:
    """Write a file so that it is there whole or not at all; say whether it changed.

    A file that takes another's place is younger by a second at least: web servers tell the two apart by that.
    """
    before = path.stat() if path.exists() else None
    if before is not None and before.st_size == len(data) and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + DRAFT)
    draft.write_bytes(data)
    if before is not None and int(draft.stat().st_mtime) <= int(before.st_mtime):
        os.utime(draft, (int(before.st_mtime) + 1,) * 2)
    draft.replace(path)
    return True


def _bundles(entries: Iterable[bytes | Erased]) -> Iterator[list[bytes | Erased]]:
    rest = iter(entries)
    while some := list(islice(rest, tiles.TILE_WIDTH)):
        yield some


def _narrowed(read: tiles.ReadTile, size: int) -> tiles.ReadTile:
    """Read tiles as they were when the journal had `size` entries."""

    def narrow(level: int, index: int) -> bytes:
        return read(level, index)[: tiles.tile_path(level, index, size=size).width * tree.HASH_BYTES]

    return narrow

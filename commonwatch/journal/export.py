"""Writing a journal out as a folder of files: the layout in which it is served, carried and verified."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from msgspec import Struct

from commonwatch.journal import checkpoint as checkpoints
from commonwatch.journal import note, tiles, tree
from commonwatch.journal.verify import CHECKPOINT, JournalRefused


class Erased(Struct, frozen=True):
    """Stands for an entry whose bytes were erased: its leaf hash."""

    leaf: bytes


def write_folder(path: Path | str, *, checkpoint: str, entries: Iterable[bytes | Erased]) -> None:
    """Write the journal that `checkpoint` signs into a folder; entries come in order, all of them.

    Files of an earlier, smaller checkpoint in the same folder may stay. The checkpoint is written last: a
    folder cut short never looks whole.

    :raises JournalRefused: when the entries are not those that the checkpoint signs.
    """
    folder = Path(path)
    head = checkpoints.Checkpoint.parse(note.note_text(checkpoint))

    def keep(level: int, index: int, data: bytes) -> None:
        _write(folder / str(tiles.TilePath(level=level, index=index)), data)

    stream = tiles.RootStream(complete=keep)
    for index, some in enumerate(_bundles(entries)):
        data = tiles.bundle_encode([b"" if isinstance(each, Erased) else each for each in some])
        _write(folder / str(tiles.TilePath(level=None, index=index, width=len(some))), data)
        stream.extend([each.leaf if isinstance(each, Erased) else tree.leaf_hash(each) for each in some])
    for (level, index), data in stream.partials().items():
        _write(folder / str(tiles.TilePath(level=level, index=index, width=len(data) // 32)), data)
    if (stream.size, stream.root()) != (head.size, head.root):
        raise JournalRefused(
            CHECKPOINT, f"it signs {head.size} entries, not the {stream.size} that were given"
        )
    _write(folder / CHECKPOINT, checkpoint.encode())


def _bundles(entries: Iterable[bytes | Erased]) -> Iterator[list[bytes | Erased]]:
    rest = iter(entries)
    while some := list(islice(rest, tiles.TILE_WIDTH)):
        yield some


def _write(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_bytes(data)
    draft.replace(path)

"""A past of a journal that is followed no more: kept as a folder of tiles in the home, and taken out of the record.

What takes its place was verified whole before. The folder is written before anything is taken out, and is never taken
away by this program; an entry that is erased by law is erased there, too.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from django.db import connections

from commonwatch.errors import Broken
from commonwatch.journal import checkpoint, export, note, tiles
from commonwatch.journal.tree import HASH_BYTES
from commonwatch.journal.verify import CHECKPOINT
from commonwatch.register import fold, node, standing, wall
from commonwatch.register.models import Journal

FOLDER = "abandoned"
_LIKE = ("level", "categories", "parties", "audience", "slug", "epoch", "key")


def folder_of(row: Journal) -> Path:
    """Return the folder in which a journal's present past is kept once it is followed no more."""
    return _place(row.origin) / f"{row.size}-{row.root[:16]}"


def _place(origin: str) -> Path:
    """Return the folder of an origin, which another node has named: no part of it leads anywhere else."""
    parts = [part if part.strip(".") else f"%{part}" for part in origin.split("/")]
    return (node.current().home / FOLDER).joinpath(*parts)


@wall.open()
def set_aside(row: Journal) -> Path:
    """Write the present past of a journal out, its checkpoint last, and return the folder; nothing else is changed.

    :raises Broken: when what is stored is not what was signed.
    """
    folder = folder_of(row)
    standing.write_out(row, folder)
    export.put(folder / CHECKPOINT, row.checkpoint.encode())
    (node.current().home / FOLDER).chmod(0o700)
    return folder


def clear(row: Journal, fresh: Journal) -> None:
    """Take a journal of another node out of the record, inside a turn, to be filled anew; its row stays.

    `fresh` says who reads the past that comes.

    :raises Broken: when it is our own, or its past was not set aside.
    """
    if row.ours or not (folder_of(row) / CHECKPOINT).is_file():
        raise Broken(f"{row.origin}: its past was not set aside, and stays")
    tables = [model._meta.db_table for model in fold.tables()]
    with connections[node.current().database].cursor() as cursor:
        for table in (*tables, "register_tile", "register_entry"):
            cursor.execute(f'DELETE FROM "{table}" WHERE "journal_id" = %s', (row.pk,))  # noqa: S608 - names of ours
    for name in _LIKE:
        setattr(row, name, getattr(fresh, name))
    row.size, row.root, row.checkpoint, row.second, row.last_at = 0, "", "", "", 0
    row.closed, row.continued = False, ""
    row.save()


def erase(origin: str, leaves: Mapping[int, bytes]) -> None:
    """Take the bytes of erased entries (leaf hashes by number) out of every past that was set aside."""
    for folder in _kept(origin):
        head = checkpoint.Checkpoint.parse(note.note_text((folder / CHECKPOINT).read_text()))
        for number, leaf in leaves.items():
            if number < head.size:
                _erase(folder, head.size, number, leaf)


def _kept(origin: str) -> Iterator[Path]:
    for path in _place(origin).glob(f"*/{CHECKPOINT}"):
        yield path.parent


def _erase(folder: Path, size: int, number: int, leaf: bytes) -> None:
    index, place = divmod(number, tiles.TILE_WIDTH)
    stored = (folder / str(tiles.tile_path(0, index, size=size))).read_bytes()
    if stored[place * HASH_BYTES : (place + 1) * HASH_BYTES] != leaf:
        return
    found = tiles.bundle_parse((folder / str(tiles.tile_path(None, index, size=size))).read_bytes())
    kept = [b"" if at == place else each for at, each in enumerate(found)]
    export.write_erased(folder, size=size, index=index, entries=kept)

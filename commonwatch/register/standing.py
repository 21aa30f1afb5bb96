"""A stored journal as a folder of files: what it lacks is read from the database, held to the root and written."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.db import connections

from commonwatch.errors import Refusal, _
from commonwatch.journal import checkpoint, export, keychange, note
from commonwatch.journal import entry as envelope
from commonwatch.journal.tiles import TILE_WIDTH
from commonwatch.journal.tree import HASH_BYTES
from commonwatch.journal.verify import CHECKPOINT
from commonwatch.register import fold, node, seal, wall
from commonwatch.register.fact import EntryErased
from commonwatch.register.models import Journal

CHUNK = 8 * TILE_WIDTH
KEY = "key"
SECOND = "second-key"


class OtherPast(Refusal):
    """A folder holds entries of a journal that its node does not hold."""

    code, status = "register.other-past", 409
    says = _(
        "{folder} holds {held} entries of {origin}, and they are not the first of the {size} that are here."
    )
    hint = _("Keep that folder: it shows a past of this journal that the node does not know. Verify both.")


class Written(NamedTuple):
    """What came of writing a journal out: how many entries the folder held, holds now, and how many files changed."""

    origin: str
    before: int
    size: int
    files: int


@wall.open()
def write_out(row: Journal, folder: Path) -> Written:
    """Write the files of a journal that its folder lacks, all but the checkpoint, which says that they are there.

    What is written is held to the signed root. Call it while the database shows one moment; memory does not grow with
    the journal.

    :raises OtherPast: when the folder has another past, or a longer one.
    :raises JournalRefused: when what is stored is not what was signed.
    """
    head = checkpoint.Checkpoint.parse(note.note_text(row.checkpoint))
    held = _held(row, folder)
    if held == row.size:
        return Written(row.origin, held, row.size, _keys(row, folder))
    start = held // TILE_WIDTH * TILE_WIDTH
    read = seal.tile_reader(node.current(), row.pk)
    entries = _entries(row, start, row.size)
    files = export.write_tiles(folder, head=head, entries=entries, start=start, read=read)
    for index in sorted({number // TILE_WIDTH for number in _erased_since(row, held)}):
        first = index * TILE_WIDTH
        some = [data for _number, data in _rows(row, first, min(first + TILE_WIDTH, row.size))]
        files += export.write_erased(folder, size=row.size, index=index, entries=some)
    return Written(row.origin, held, row.size, files + _keys(row, folder))


def _keys(row: Journal, folder: Path) -> int:
    """Write the keys by which a journal is verified, each in a file; return how many files had changed."""
    found = {KEY: f"{row.signed_by}\n", SECOND: f"{row.second}\n", keychange.NAME: row.changes}
    return sum(export.put(folder / name, said.encode()) for name, said in found.items() if said.strip())


def _held(row: Journal, folder: Path) -> int:
    """Return how many entries a folder holds whole; see that they are those that the journal begins with."""
    path = folder / CHECKPOINT
    if not path.is_file():
        return 0
    head = checkpoint.Checkpoint.parse(note.note_text(path.read_text()))
    known = head.origin == row.origin and head.size <= row.size
    if not known or seal.root_at(node.current(), row.pk, size=head.size) != head.root:
        raise OtherPast(folder=folder, held=head.size, origin=row.origin, size=row.size)
    return head.size


def _entries(row: Journal, start: int, end: int) -> Iterator[bytes | export.Erased]:
    read = seal.tile_reader(node.current(), row.pk)
    for number, data in _rows(row, start, end):
        if data:
            yield data
        else:
            tile, place = divmod(number, TILE_WIDTH)
            yield export.Erased(leaf=read(0, tile)[place * HASH_BYTES : (place + 1) * HASH_BYTES])


def _rows(row: Journal, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Read entries from `start` to before `end`, some thousand at a time."""
    for first in range(start, end, CHUNK):
        with connections[node.current().database].cursor() as cursor:
            cursor.execute(
                'SELECT "number", "data" FROM "register_entry"'
                ' WHERE "journal_id" = %s AND "number" >= %s AND "number" < %s ORDER BY "number"',
                (row.pk, first, min(first + CHUNK, end)),
            )
            found = cursor.fetchall()
        yield from ((number, bytes(data)) for number, data in found)


def _erased_since(row: Journal, start: int) -> list[int]:
    """List the entries that were erased by entries from `start` on."""
    with connections[node.current().database].cursor() as cursor:
        cursor.execute(
            'SELECT "data" FROM "register_entry"'
            ' WHERE "journal_id" = %s AND "number" >= %s AND "number" < %s AND "kind" = %s',
            (row.pk, start, row.size, envelope.ERASED_KIND),
        )
        bodies = [bytes(envelope.read(bytes(data)).body) for (data,) in cursor.fetchall()]
    facts = [fold.read_fact(envelope.ERASED_KIND, body) for body in bodies]
    return [fact.index for fact in facts if isinstance(fact, EntryErased)]

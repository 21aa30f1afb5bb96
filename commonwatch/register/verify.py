"""Proving what is stored: every byte of every entry against its tiles, the tiles against the signed checkpoint."""

from collections.abc import Callable, Iterator

from django.db import connections

from commonwatch.errors import Broken
from commonwatch.journal import checkpoint, note, tree
from commonwatch.journal import entry as envelope
from commonwatch.journal.tree import HASH_BYTES
from commonwatch.register import node, seal, wall
from commonwatch.register.models import Journal, Tile

Progress = Callable[[int], None]

CHUNK = 2560
WIDTH = 256


@wall.open()
def verify_stored(row: Journal, *, progress: Progress | None = None) -> int:
    """Verify one journal as it lies in the database; return how many entries were verified.

    Checks the order and bytes of every entry, the columns by which it is found, every tile at every level, the
    root and the signature.

    :raises Broken: naming the entry or tile that does not hold.
    """
    head = checkpoint.open_checkpoint(row.checkpoint, note.Verifier.parse(row.key))
    if (head.origin, head.size, head.root.hex()) != (row.origin, row.size, row.root):
        raise Broken(f"{row.origin}: the stored size or root is not that of its checkpoint")
    stored = {(t.level, t.number): bytes(t.data) for t in Tile.objects.filter(journal=row, level__gt=0)}
    read = seal.tile_reader(node.current(), row.pk)
    level: list[bytes] = []
    for index, stored_rows in enumerate(_by_tile(row)):
        leaves = _check_tile(row, index, stored_rows, read(0, index))
        level.append(leaves)
        if progress:
            progress(index * WIDTH + len(stored_rows))
    _check_upper(row, level, stored)
    return head.size


Stored = tuple[int, str, str, str, int, bytes]


def _by_tile(row: Journal) -> Iterator[list[Stored]]:
    """Yield the entries as stored, 256 at a time, and see that none is left out."""
    held: list[Stored] = []
    expected = 0
    for each in _entries(row):
        if each[0] != expected:
            raise Broken(f"{row.origin}: entry {expected} is not there")
        expected += 1
        held.append(each)
        if len(held) == WIDTH:
            yield held
            held = []
    if held:
        yield held
    if expected != row.size:
        raise Broken(f"{row.origin}: {expected} entries are stored and {row.size} were signed")


def _entries(row: Journal) -> Iterator[Stored]:
    connection = connections[node.current().database]
    start = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                'SELECT "number", "entry_id", "kind", "subject", "at", "data" FROM "register_entry"'
                ' WHERE "journal_id" = %s AND "number" >= %s ORDER BY "number" LIMIT %s',
                (row.pk, start, CHUNK),
            )
            rows = cursor.fetchall()
        yield from rows
        if len(rows) < CHUNK:
            return
        start = rows[-1][0] + 1


def _check_tile(row: Journal, index: int, rows: list[Stored], tile: bytes) -> bytes:
    """Hold the bytes of up to 256 entries against their hash tile, then their columns against their bytes.

    Returns the root over a full tile, nothing for a partial one.
    """
    leaf_hash, begins = tree.leaf_hash, envelope.begins
    leaves = [leaf_hash(bytes(each[5])) for each in rows]
    if b"".join(leaves) != tile:
        raise Broken(f"{row.origin}: {_first_wrong(leaves, tile)} in tile 0/{index}")
    for number, entry_id, kind, subject, at, data in rows:
        if not begins(bytes(data), id=str(entry_id), kind=kind, subject=subject, at=at):
            raise Broken(f"{row.origin}: the columns of entry {number} do not agree with its bytes")
        if (kind == envelope.CLOSED_KIND) is not (row.closed and number == row.size - 1):
            raise Broken(f"{row.origin}: entry {number} {_misplaced(row)}")
    return tree.root(leaves) if len(leaves) == WIDTH else b""


def _misplaced(row: Journal) -> str:
    """Say what is wrong about the end of a journal: one that is closed has its closing entry last, and only there."""
    return (
        "is not the one that closes it" if row.closed else "closes it, and it goes on or is held to be open"
    )


def _first_wrong(leaves: list[bytes], tile: bytes) -> str:
    """Say which entry of a tile does not give its hash."""
    for place, leaf in enumerate(leaves):
        if tile[place * HASH_BYTES : (place + 1) * HASH_BYTES] != leaf:
            return f"entry {place} of 256 does not give its hash"
    return f"{len(leaves)} entries stand against {len(tile) // HASH_BYTES} hashes"


def _check_upper(row: Journal, level: list[bytes], stored: dict[tuple[int, int], bytes]) -> None:
    """Recompute every tile above the leaves, and the root from the tiles."""
    height, expected = 1, {}
    hashes = [each for each in level if each]
    while hashes:
        parts = [hashes[start : start + WIDTH] for start in range(0, len(hashes), WIDTH)]
        expected.update({(height, place): b"".join(part) for place, part in enumerate(parts)})
        hashes = [tree.root(part) for part in parts if len(part) == WIDTH]
        height += 1
    for place in expected.keys() | stored.keys():
        if expected.get(place) != stored.get(place):
            raise Broken(f"{row.origin}: hash tile {place[0]}/{place[1]} does not hold")
    if seal.root_at(node.current(), row.pk, size=row.size).hex() != row.root:
        raise Broken(f"{row.origin}: the tiles do not give the signed root")

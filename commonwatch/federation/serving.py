"""A journal as the C2SP tlog-tiles layout, read from the database: checkpoint, key, hash tiles, entry bundles."""

from collections.abc import Iterator, Sequence

from django.db import connections
from django.http import Http404

from commonwatch.access.actor import Actor
from commonwatch.journal import tiles
from commonwatch.journal.export import Erased
from commonwatch.journal.tree import HASH_BYTES
from commonwatch.register import node, seal, wall
from commonwatch.register.models import Journal


def journal_for(origin: str, *, readers: Sequence[Actor]) -> tuple[Journal, Actor]:
    """Return a journal within reach of one of these readers, and that reader.

    :raises Http404: when there is none, or none for these readers.
    """
    for reader in readers:
        for shelf in reader.shelves:
            if shelf.origin == origin:
                wall.reach(reader.reach)
                return Journal.objects.get(pk=shelf.id), reader
    raise Http404


def tile(row: Journal, path: str) -> bytes:
    """Return the bytes of a tile or an entry bundle at a path such as `tile/0/000.p/17`.

    Only what the present size has is given: a full tile where there is one, a partial one up to its width.

    :raises Http404: for any other path.
    """
    try:
        wanted = tiles.TilePath.parse(path)
    except tiles.TileRefused as error:
        raise Http404 from error
    level = 0 if wanted.level is None else wanted.level
    count = row.size >> (tiles.TILE_HEIGHT * level)
    start = wanted.index * tiles.TILE_WIDTH
    if start + wanted.width > count:
        raise Http404
    if wanted.level is None:
        return _bundle(row, start=start, width=wanted.width)
    return seal.tile_reader(node.current(), row.pk)(level, wanted.index)[: wanted.width * HASH_BYTES]


def span(path: str) -> str:
    """Return which entries stand in the bundle at a path, as `first-last`."""
    wanted = tiles.TilePath.parse(path)
    start = wanted.index * tiles.TILE_WIDTH
    return f"{start}-{start + wanted.width - 1}"


def entries(row: Journal, *, start: int) -> Iterator[bytes | Erased]:
    """Yield the entries of a journal from a number on, up to its present size; an erased one as its leaf hash."""
    read = seal.tile_reader(node.current(), row.pk)
    for index in range(start // tiles.TILE_WIDTH, -(-row.size // tiles.TILE_WIDTH)):
        first = index * tiles.TILE_WIDTH
        found = _stored(row, start=first, width=min(row.size - first, tiles.TILE_WIDTH))
        leaves = tiles.split_hashes(read(0, index)) if b"" in found else []
        skip = max(start - first, 0)
        for number, each in enumerate(found[skip:], skip):
            yield each or Erased(leaves[number])


def _bundle(row: Journal, *, start: int, width: int) -> bytes:
    return tiles.bundle_encode(_stored(row, start=start, width=width))


def _stored(row: Journal, *, start: int, width: int) -> list[bytes]:
    with connections[node.current().database].cursor() as cursor:
        cursor.execute(
            'SELECT "data" FROM "register_entry" WHERE "journal_id" = %s AND "number" >= %s AND "number" < %s'
            ' ORDER BY "number"',
            (row.pk, start, start + width),
        )
        return [bytes(data) for (data,) in cursor.fetchall()]

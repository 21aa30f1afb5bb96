"""Proving what is stored: every byte of every entry against its tiles, the tiles against the signed checkpoint."""

from collections.abc import Callable, Iterator
from uuid import UUID

from django.db import connections

from commonwatch.errors import Broken
from commonwatch.journal import checkpoint, keychange, tree
from commonwatch.journal import entry as envelope
from commonwatch.journal.tree import HASH_BYTES
from commonwatch.register import fold, node, seal, wall
from commonwatch.register.erase import erased_id
from commonwatch.register.fact import EntryErased, Fact, JournalClosed, JournalOpened, KeyChanged, TailLost
from commonwatch.register.models import Entry, Journal, Tile

Progress = Callable[[int], None]

CHUNK = 2560
WIDTH = 256


@wall.open()
def verify_stored(row: Journal, *, progress: Progress | None = None) -> int:
    """Verify one journal as it lies in the database; return how many entries were verified.

    Checks the order and bytes of every entry, the columns by which it is found, what was erased against the entries
    that erased it, every tile at every level, the root, the signature, and the journal's own row.

    :raises Broken: naming the entry or tile that does not hold.
    """
    if row.lost and not row.size:
        check_lost(row)
        return 0
    head = open_head(row)
    stored = {(t.level, t.number): bytes(t.data) for t in Tile.objects.filter(journal=row, level__gt=0)}
    read = seal.tile_reader(node.current(), row.pk)
    level: list[bytes] = []
    erasures = Erasures()
    for index, stored_rows in enumerate(_by_tile(row)):
        leaves = _check_tile(row, index, stored_rows, read(0, index), erasures)
        level.append(leaves)
        if progress:
            progress(index * WIDTH + len(stored_rows))
    erasures.check(row.origin)
    if erasures.ended is not (row.closed and not row.lost):
        raise Broken(f"{row.origin}: {_misplaced(row)}")
    _check_upper(row, level, stored)
    check_row(row)
    return head.size


def open_head(row: Journal) -> checkpoint.Checkpoint:
    """Open the stored checkpoint of a journal, of which its row has size and root.

    :raises Broken: when it is not signed, or says something else.
    """
    head = seal.open_stored(row, row.checkpoint)
    if (head.origin, head.size, head.root.hex()) != (row.origin, row.size, row.root):
        raise Broken(f"{row.origin}: the stored size or root is not that of its checkpoint")
    return head


def check_row(row: Journal) -> None:
    """Hold what the row of a journal says against its first entry and its last.

    :raises Broken: naming what is otherwise.
    """
    ends = Entry.objects.filter(journal=row, number__in=(0, row.size - 1)).order_by("number")
    read = [bytes(each.data) for each in ends]
    _check_changes(row)
    for name, value in columns_of(row, read[0], read[-1]).items():
        if getattr(row, name) != value:
            raise Broken(f"{row.origin}: its row does not say what its entries say ({name})")


def columns_of(row: Journal, first: bytes, last: bytes) -> dict[str, object]:
    """Return what the row of a journal must say by its first entry and its last.

    :raises Broken: when its first entry opens no journal, or its end is said to be lost and nothing bears it out.
    """
    entries = envelope.read(first), envelope.read(last)
    opened, ended = (fold.read_fact(each.kind, bytes(each.body)) for each in entries)
    if not isinstance(opened, JournalOpened):
        raise Broken(f"{row.origin}: its first entry does not open it")
    _organisation, party, mode, slug, epoch = opened.origin.split("/")
    label = entries[0].label
    changes = changes_of(row)
    said: dict[str, object] = {
        "origin": opened.origin, "key": keychange.Chain(opened.key, changes).last, "changes": "".join(changes),
        "party": party, "mode": mode, "slug": slug,
        "epoch": int(epoch), "level": label.level, "categories": ",".join(label.categories),
        "parties": ",".join(label.parties), "audience": ",".join(opened.audience),
        "last_at": envelope.instant_micros(entries[1].at), **_end(row, _closing(row, ended)),
    }  # fmt: skip
    return said if said["closed"] else said | {"ours": node.current().holds(party)}


def changes_of(row: Journal) -> list[str]:
    """List the statements by which the entries of a journal change its key."""
    rows = Entry.objects.filter(journal=row, kind=envelope.CHANGED_KIND).order_by("number")
    facts = [fold.read_fact(each.kind, bytes(envelope.read(bytes(each.data)).body)) for each in rows]
    return [each.statement for each in facts if isinstance(each, KeyChanged)]


def _check_changes(row: Journal) -> None:
    """Hold each statement to the entries before it."""
    at = node.current()
    for signed in changes_of(row):
        change = keychange.read(signed)
        change.check_place(row.origin, change.size, seal.root_at(at, row.pk, size=change.size))


def _closing(row: Journal, last: Fact) -> Fact:
    """Return the entry that closes a journal where one does, else its last one."""
    if last.kind in envelope.AFTER_THE_END:
        found = Entry.objects.filter(journal=row, kind=envelope.CLOSED_KIND).order_by("number").first()
        return fold.read_fact(found.kind, bytes(envelope.read(bytes(found.data)).body)) if found else last
    return last


def _end(row: Journal, ended: Fact) -> dict[str, object]:
    """Say how the end of a journal must stand in its row."""
    if row.lost:
        check_lost(row)
        return {"closed": True}
    closed = isinstance(ended, JournalClosed)
    return {"closed": closed, "continued": ended.next if isinstance(ended, JournalClosed) else ""}


def check_lost(row: Journal) -> None:
    """See that an entry of the same party says of a journal that its end is lost, and from where to where.

    :raises Broken: when none does.
    """
    if not row.closed or not row.ours or row.size >= row.lost:
        raise Broken(f"{row.origin}: its end is said to be lost, and it does not stand so")
    rows = Entry.objects.filter(kind=TailLost.kind, journal__party=row.party, journal__ours=True)
    for each in rows.select_related("journal"):
        fact = fold.read_fact(each.kind, bytes(envelope.read(bytes(each.data)).body))
        if isinstance(fact, TailLost) and (fact.origin, fact.held, fact.signed) == (
            row.origin,
            row.size,
            row.lost,
        ):
            if row.continued not in ("", each.journal.origin):
                raise Broken(f"{row.origin}: it does not go on where its row says")
            return
    raise Broken(f"{row.origin}: no entry says that its end is lost")


def is_known(entry_id: str, admitted_at: int) -> bool:
    """Say whether an entry of our own was admitted in the millisecond in which its id was made: when it was written."""
    return int(entry_id.replace("-", "")[:12], 16) == admitted_at // 1000


class Erasures:
    """Which entries of a journal have no bytes, and which its entries say were erased: the same, or it is broken.

    `ended` says that the entry which closes the journal has been seen.
    """

    def __init__(self) -> None:
        self.ended = False
        self.empty: dict[int, bytes] = {}
        self.named: dict[int, str] = {}

    def name(self, number: int, data: bytes) -> None:
        """Note what the entry `number` erases.

        :raises Broken: when it names nothing that stands before it.
        """
        fact = fold.read_fact(envelope.ERASED_KIND, bytes(envelope.read(data).body))
        if not isinstance(fact, EntryErased) or not 0 < fact.index < number:
            raise Broken(f"entry {number} erases what does not stand before it")
        self.named[fact.index] = fact.hash

    def check(self, origin: str) -> None:
        """Hold the two against each other.

        :raises Broken: naming the first entry that is empty and not named, or named and not empty.
        """
        for number in sorted(self.empty.keys() | self.named.keys()):
            if number not in self.named:
                raise Broken(f"{origin}: entry {number} is empty and no entry says that it was erased")
            if number not in self.empty:
                raise Broken(f"{origin}: entry {number} was erased and its bytes are still there")
            if self.empty[number].hex() != self.named[number]:
                raise Broken(f"{origin}: entry {number} is not the one that was erased")


Stored = tuple[int, str, str, str, int, int, bytes]
"""An entry as stored: number, id, kind, subject, at, admitted_at, data."""


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
    start = 0
    while True:
        rows = entries_between(row, start, None)
        yield from rows
        if len(rows) < CHUNK:
            return
        start = rows[-1][0] + 1


def entries_between(row: Journal, start: int, end: int | None) -> list[Stored]:
    """Return the entries of a journal as stored, numbered from `start` to below `end`, at most 2,560 of them."""
    below = 2**63 - 1 if end is None else end
    with connections[node.current().database].cursor() as cursor:
        cursor.execute(
            'SELECT "number", "entry_id", "kind", "subject", "at", "admitted_at", "data" FROM "register_entry"'
            ' WHERE "journal_id" = %s AND "number" >= %s AND "number" < %s ORDER BY "number" LIMIT %s',
            (row.pk, start, below, CHUNK),
        )
        return [(*columns, bytes(data)) for *columns, data in cursor.fetchall()]


def _check_tile(row: Journal, index: int, rows: list[Stored], tile: bytes, erasures: Erasures) -> bytes:
    """Hold the bytes of up to 256 entries against their hash tile, then their columns against their bytes.

    The hash of an erased entry is taken from the tile, which the tiles above it vouch for. Returns the root over a
    full tile, nothing for a partial one.
    """
    leaf_hash, mark = tree.leaf_hash, envelope.ERASED_KIND
    leaves = [leaf_hash(each[6]) for each in rows]
    for place, each in enumerate(rows):
        if not each[6]:
            leaves[place] = erasures.empty[each[0]] = tile[place * HASH_BYTES : (place + 1) * HASH_BYTES]
    if b"".join(leaves) != tile:
        raise Broken(f"{row.origin}: {_first_wrong(leaves, tile)} in tile 0/{index}")
    for (number, entry_id, kind, subject, at, admitted, data), leaf in zip(rows, leaves, strict=True):
        known = not row.ours or not data or is_known(str(entry_id), admitted)
        if not known or not stands(
            leaf, entry_id=str(entry_id), kind=kind, subject=subject, at=at, data=data
        ):
            raise Broken(f"{row.origin}: the columns of entry {number} do not agree with its bytes")
        if kind == mark:
            erasures.name(number, data)
        if erasures.ended and kind not in envelope.AFTER_THE_END:
            raise Broken(f"{row.origin}: entry {number} adds to a journal that is closed")
        if kind == envelope.CLOSED_KIND:
            erasures.ended = True
    return tree.root(leaves) if len(leaves) == WIDTH else b""


def stands(leaf: bytes, *, entry_id: str, kind: str, subject: str, at: int, data: bytes) -> bool:  # noqa: PLR0913 - the columns of an entry
    """Say whether the columns of an entry are what its bytes say; of an erased one they say nothing."""
    if data:
        return envelope.begins(data, id=entry_id, kind=kind, subject=subject, at=at)
    return (UUID(entry_id), kind, subject, at) == (erased_id(leaf), "", "", 0)


def _misplaced(row: Journal) -> str:
    """Say what is wrong about the end of a journal: one that is closed has an entry that says so, no other has."""
    return (
        "no entry closes it"
        if row.closed and not row.lost
        else "an entry closes it, and it is held to be open"
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

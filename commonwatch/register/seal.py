"""What happens to a journal at the edges of a transaction: opened, grown, signed, guarded; and the waking check."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from django.db import connections
from django.db.models import Q

from commonwatch.charter.label import Label, flows
from commonwatch.errors import Broken
from commonwatch.journal import checkpoint, tiles, tree
from commonwatch.journal import note as notes
from commonwatch.register import audience, wall
from commonwatch.register.fact import JournalOpened
from commonwatch.register.guard import BehindGuard, Guard, compare, signed
from commonwatch.register.models import Journal
from commonwatch.register.node import Node, next_seed, today
from commonwatch.register.pen import Stopped

logger = logging.getLogger("commonwatch.register")

UPSERT = (
    'INSERT INTO "register_tile" ("journal_id", "level", "number", "data") VALUES (%s, %s, %s, %s)'
    ' ON CONFLICT ("journal_id", "level", "number") DO UPDATE SET "data" = excluded."data"'
)

MOVE_AT = 64 * 1024 * 1024

Read = Callable[[int, int], bytes]


def slug_of(node: Node, *, party: str, label: Label) -> str:
    """Name an audience for people: its level, its categories, and the pack's name for its readers or a short hash."""
    named = node.pack.named(label.parties, writer=party, on=today(node))
    own = [name for name in named if ":" not in name]
    readers = own[0] if own else sha256(",".join(label.parties).encode()).hexdigest()[:12]
    return "-".join([label.level.lower(), *label.categories, readers])


def new_journal(node: Node, *, party: str, mode: str, label: Label) -> tuple[Journal, JournalOpened]:
    """Make the row of a new journal and the fact that will be its entry 0.

    When the audience had a journal before, this is its next epoch and says what it continues. How long that was, and
    its root, is said only where nobody reads this one who could not read that one: its size counts what it holds.
    """
    slug = slug_of(node, party=party, label=label)
    family = f"{node.pack.organisation}/{party}/{mode}/{slug}"
    epoch = max(_epochs(node, family), default=0) + 1
    before = next(reversed(audience.family(node, party=party, mode=mode, label=label)), None)
    same = before and flows(audience.label_of_journal(before), label, scheme=node.pack.labels)
    called = audience.names(node, party=party, readers=label.parties)
    origin = f"{family}/{epoch}"
    row = Journal.objects.create(
        origin=origin,
        party=party,
        mode=mode,
        level=label.level,
        categories=",".join(label.categories),
        parties=",".join(label.parties),
        slug=slug,
        epoch=epoch,
        key=node.signer(party=party, origin=origin).vkey,
        audience=",".join(called),
    )
    opened = JournalOpened(
        origin=origin,
        epoch=epoch,
        key=row.key,
        pack=node.pack.digest,
        hosted_by="" if party == node.party else node.party,
        previous=before.origin if before else "",
        previous_size=before.size if before and same else 0,
        previous_root=before.root if before and same else "",
        audience=called,
    )
    return row, opened


def _epochs(node: Node, family: str) -> list[int]:
    """List the epochs that a journal has had, also those of which only the guard knows: none is opened twice."""
    _organisation, party, mode, slug = family.split("/")
    stored = Journal.objects.filter(party=party, mode=mode, slug=slug).values_list("epoch", flat=True)
    signed_for = [origin.rpartition("/") for origin in guard_of(node).read()]
    return [*stored, *(int(epoch) for before, _, epoch in signed_for if before == family)]


def tile_reader(node: Node, journal: int) -> Read:
    """Return a reader of a journal's hash tiles as stored; an absent tile is empty."""

    def read(level: int, number: int) -> bytes:
        with connections[node.database].cursor() as cursor:
            cursor.execute(
                'SELECT "data" FROM "register_tile" WHERE "journal_id" = %s AND "level" = %s AND "number" = %s',
                (journal, level, number),
            )
            row = cursor.fetchone()
        return bytes(row[0]) if row else b""

    return read


def seal(node: Node, row: Journal, leaves: Sequence[bytes], *, last_at: int) -> str:
    """Grow the tiles of a journal by these leaf hashes, sign its new checkpoint, store both; return the note.

    :raises Broken: when the tiles do not give the root that was signed last: nothing is signed that contradicts it.
    """
    read = tile_reader(node, row.pk)
    if row.size and tiles.RootStream.resume(size=row.size, read=read).root().hex() != row.root:
        raise Broken(f"{row.origin}: the tiles do not give the signed root")
    if row.lost:
        raise Broken(f"{row.origin}: its end was declared lost, and it is signed no more")
    grown = tiles.grow(size=row.size, read=read, leaf_hashes=leaves)
    put_tiles(node, row.pk, grown.tiles)
    key = row.chain.at(grown.size) if row.changes else row.key
    signer = node.signer(party=row.party, origin=row.origin, key=key)
    second = node.second_signer(party=row.party, origin=row.origin)
    head = checkpoint.Checkpoint(origin=row.origin, size=grown.size, root=grown.root)
    note = checkpoint.sign_checkpoint(head, signer, second=second)
    row.size, row.root, row.checkpoint, row.last_at = grown.size, grown.root.hex(), note, last_at
    row.second = second.vkey if second else ""
    row.save(update_fields=["size", "root", "checkpoint", "last_at", "second"])
    return note


def put_tiles(node: Node, journal: int, changed_tiles: Mapping[tuple[int, int], bytes]) -> None:
    """Write the hash tiles that have changed, by level and number."""
    changed = [(journal, level, number, data) for (level, number), data in sorted(changed_tiles.items())]
    with connections[node.database].cursor() as cursor:
        cursor.executemany(UPSERT, changed)


def root_at(node: Node, journal: int, *, size: int) -> bytes:
    """Compute from the stored tiles the root that a journal had at `size` entries."""
    if size == 0:
        return tree.EMPTY_ROOT
    return tree.range_hash(0, size, tiles.TileHashes(tile_reader(node, journal)))


def guard_of(node: Node) -> Guard:
    """Return the guard of a node."""
    return Guard(node.home / "guard")


def restored(node: Node) -> Path:
    """Return the file that says that a backup was put back and no peer was asked yet: until then nothing is written.

    A guard that was lost with the disk cannot tell what this node had signed; its peers can.
    """
    return node.home / "restored"


def wake(node: Node) -> None:
    """Once a process: hold the database against the guard before the first turn.

    What the guard has not seen yet it is told with the first entry that is written: looking alone changes nothing.

    :raises Stopped: when the database is older than what was signed, or was restored; why is said on the log alone.
    :raises Broken: when it contradicts what was signed.
    """
    if node.awake:
        return
    if restored(node).exists():
        logger.critical("Nothing is written on this node: it was restored, and has not asked its peers yet")
        raise Stopped
    guard = guard_of(node)
    guard.mend()
    if node.pack.signs_twice:
        sign_again(node)
    try:
        node.ahead = check_guard(node)
    except BehindGuard as behind:
        logger.critical("Nothing is written on this node: %s", behind)
        raise Stopped from behind
    guard.compact()
    settle(node)
    node.awake = True


def sign_again(node: Node) -> None:
    """Add the second signature to the checkpoints that were signed before the pack asked for one.

    Nothing new is said by it: the text is what the first key has signed, and stays. What the first key has not signed
    is left as it is, for whoever verifies and repairs.
    """
    for row in Journal.objects.filter(ours=True, size__gt=0, second=""):
        second = node.second_signer(party=row.party, origin=row.origin) if node.holds(row.party) else None
        if second is None:
            continue
        try:
            row.checkpoint = checkpoint.with_second(
                row.checkpoint, notes.Verifier.parse(row.signed_by), second
            )
        except Broken:
            logger.exception("%s is not signed a second time", row.origin)
            continue
        row.second = second.vkey
        row.save(update_fields=["checkpoint", "second"])


def open_stored(row: Journal, note: str) -> checkpoint.Checkpoint:
    """Open a note of a stored journal by its key, and by its second key where it has one.

    :raises Broken: when a signature does not hold, or the stored checkpoint lacks the second one.
    """
    second = notes.Verifier.parse(row.second) if row.second else None
    both = note == row.checkpoint
    return row.chain.open(note, second=second, both=both)


@wall.open()
def settle(node: Node) -> None:
    """Let the next seed of a party take its place where its journals are signed with it already.

    Its journals change their key in one transaction and the file afterwards: a machine may stop between the two.
    """
    for party in sorted({node.party, *node.hosted}):
        if not node.has_secret(next_seed(party)):
            continue
        rows = Journal.objects.filter(party=party, ours=True, closed=False).exclude(changes="")
        if any(node.next_signer(party=party, origin=row.origin).vkey == row.key for row in rows):
            node.settle_next(party)


def signed_here(known: Iterable[str]) -> list[Journal]:
    """List the journals that this node signs, and those in `known` (origins) that it has signed and handed over."""
    return list(Journal.objects.filter(Q(ours=True) | Q(origin__in=list(known)) & ~Q(changes="")))


@wall.open()
def check_guard(node: Node, *, known: Mapping[str, str] | None = None) -> list[str]:
    """Hold every journal of this node against the guard; return the notes by which the database is ahead.

    It is ahead when the machine stopped between a commit and the guard: nobody was answered, and nothing is wrong.
    `known` is what the guard said before the database was looked at, when that shows an earlier moment than now.

    :raises BehindGuard, Broken: as `wake` does.
    """
    known = guard_of(node).read() if known is None else known
    rows = {row.origin: row for row in signed_here(known)}
    for origin, note in known.items():
        guarded, row = signed(note), rows.get(origin)
        if row is None:
            raise BehindGuard(origin=origin, size=0, signed=guarded.size)
        if row.closed and row.size < row.lost == guarded.size:
            continue
        if row.second:
            open_stored(row, note)
        root = root_at(node, row.pk, size=guarded.size) if row.size >= guarded.size else None
        compare(stored=signed(row.checkpoint), guarded=guarded, root_at_guard=root)
    return [
        row.checkpoint
        for row in rows.values()
        if row.ours and row.size and not row.lost and known.get(row.origin) != row.checkpoint
    ]


@wall.open()
def check_level(node: Node, row: Journal) -> None:
    """See that a journal, as it stood before this transaction, is not behind what this node has signed for it.

    :raises Broken: when it is, or contradicts it.
    """
    note = guard_of(node).read().get(row.origin)
    if note is None:
        return
    guarded = signed(note)
    if row.size < guarded.size or root_at(node, row.pk, size=guarded.size) != guarded.root:
        raise Broken(f"{row.origin} is behind its guard: nothing is signed for it")


def checkpoint_database(node: Node, *, written: int, wholly: bool = False) -> None:
    """Let the pen's own connection, and no other, move SQLite's write-ahead log into the database file.

    Before version 3.51.3 two connections that did this at once could corrupt the file; so automatic checkpoints are
    off everywhere, and this runs only while the pen is held, once some megabytes (`written`, bytes) have gathered.
    `wholly` moves it at once and empties the log, unless somebody is reading from it at this moment.
    """
    connection = connections[node.database]
    node.unmoved += written
    if connection.vendor != "sqlite" or (node.unmoved < MOVE_AT and not wholly):
        return
    node.unmoved = 0
    with connection.cursor() as cursor:
        if wholly:
            cursor.execute("PRAGMA busy_timeout=250")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute("PRAGMA busy_timeout=30000")
        else:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")

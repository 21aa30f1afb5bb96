"""Repair: finding everything in a stored journal that does not hold, and mending it from what a peer holds.

The signed root is the measure. A survey goes from it downwards: the hash tiles at the right edge must give the root,
each full tile the hash above it, each entry its hash. Where something does not, it is made anew from what lies below,
or else fetched; nothing is believed before it gives the hash that is known already.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import product
from typing import Any, NamedTuple

from django.db import DatabaseError, connections

from commonwatch.errors import Broken, Refusal, _
from commonwatch.journal import checkpoint, note, tiles, tree
from commonwatch.journal import entry as envelope
from commonwatch.journal.tiles import TILE_HEIGHT, TILE_WIDTH
from commonwatch.journal.tree import HASH_BYTES
from commonwatch.register import erase, log, node, seal, taking, verify, wall
from commonwatch.register.checking import read_entry
from commonwatch.register.models import Entry, Journal, Tile

Fetch = Callable[[str], bytes]
"""Gives the bytes of a tile, a bundle or the checkpoint by its path, as a peer serves it."""

CHECKPOINT = "checkpoint"


class Damage(NamedTuple):
    """Something that does not hold: its place in the layout in which a journal is served, and what is wrong there."""

    place: str
    why: str


class NotMended(Refusal):
    """A place could not be mended; nothing was changed."""

    code, status = "register.not-mended", 409
    says = _("{origin}: {place} cannot be mended: {reason}")
    hint = _("Nothing was changed. Ask another member that may read this journal.")


@wall.open()
def damaged(row: Journal) -> list[Damage]:
    """Find every place of a stored journal that does not hold, in order: checkpoint, tiles, bundles, its row.

    A bundle is named for its entries and for the columns by which they are found. Below a tile that is damaged and
    cannot be made anew, what agrees with itself is taken to be good.
    """
    return _Survey(row, None).run().found


def mend(row: Journal, fetch: Fetch) -> list[Damage]:
    """Mend every place of a stored journal that does not hold; return what was mended.

    What can be made from the rest of the journal is; `fetch` is asked for the other places only, without the pen. All
    or nothing; the tables that screens read are not touched (see `rebuild.differing`).

    :raises NotMended: when a place can be had nowhere, or what was fetched does not give the known hash.
    :raises Overtaken: when the journal has grown meanwhile.
    :raises Broken: when it does not hold even so.
    """
    with wall.open():
        survey = _Survey(row, fetch).run()
    if survey.found:
        _write(survey)
        verify.verify_stored(Journal.objects.get(pk=row.pk))
    return survey.found


class _Fix(NamedTuple):
    """An entry as it must stand; without bytes when it was erased."""

    number: int
    data: bytes
    leaf: bytes


class _Survey:
    """One way down from the signed root through a journal."""

    def __init__(self, row: Journal, fetch: Fetch | None) -> None:
        self.row, self.fetch = row, fetch
        self.found: list[Damage] = []
        self.read = seal.tile_reader(node.current(), row.pk)
        self.good: dict[tuple[int, int], bytes | None] = {}
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.fixes: list[_Fix] = []
        self.columns: dict[str, Any] = {}
        self.erasures = verify.Erasures()
        self.beyond: list[int] = []
        self.loose: list[int] = []
        self.fetched: set[int] = set()
        self.untold: set[int] = set()
        self.back: list[int] = []
        self.ends: dict[int, bytes] = {}

    def run(self) -> "_Survey":
        """Look at everything; what was found, and how it would be mended, is in the attributes."""
        if not self._open():
            return self
        self._edge()
        top = tiles.levels_of(self.size) - 1
        for level in range(top, 0, -1):
            for index in range((self.size >> TILE_HEIGHT * level) // TILE_WIDTH):
                self._full(level, index)
        for index in range(-(-self.size // TILE_WIDTH)):
            self._bundle(index)
        self._look_beyond()
        self._hold_erased()
        self._hold_row()
        return self

    def _note(self, place: object, why: str) -> None:
        self.found.append(Damage(str(place), why))

    def _path(self, level: int | None, index: int) -> tiles.TilePath:
        return tiles.tile_path(level, index, size=self.size)

    def _open(self) -> bool:
        """Find the checkpoint: the stored one, else that of the guard or of the peer, for what the row says."""
        row = self.row
        head = _opens(row.checkpoint, row)
        if head is None:
            self._note(CHECKPOINT, "its journal's key has not signed it")
            for other in self._other_notes():
                found = _opens(other, row)
                if found and (found.size, found.root.hex()) == (row.size, row.root):
                    head = found
                    self.columns["checkpoint"] = other
        if head is None:
            if self.fetch:
                self._cannot(CHECKPOINT, _("no checkpoint of this size is to be had"))
            return False
        self.head, self.size = head, head.size
        if (row.size, row.root) != (head.size, head.root.hex()):
            self._note(CHECKPOINT, "the row of the journal has another size or root")
            self.columns |= {"size": head.size, "root": head.root.hex()}
        return True

    def _other_notes(self) -> Iterable[str]:
        kept = seal.guard_of(node.current()).read().get(self.row.origin) if self.row.ours else None
        if kept:
            yield kept
        if self.fetch:
            yield self._fetched(CHECKPOINT).decode(errors="replace")

    def _edge(self) -> None:
        """Settle the partial tiles at the right edge, which together give the root."""
        places = [
            (level, self.size >> TILE_HEIGHT * (level + 1))
            for level in range(tiles.levels_of(self.size))
            if (self.size >> TILE_HEIGHT * level) % TILE_WIDTH
        ]
        stored = {place: self.read(*place) for place in places}
        below = {place: self._from_below(*place) for place in places}
        if self._gives_root(stored):
            self.good.update(stored)
            return
        mixed = [
            dict(zip(places, each, strict=True))
            for each in product(*zip(stored.values(), below.values(), strict=True))
        ]
        right = next(filter(self._gives_root, mixed), None)
        if right is None and self.fetch:
            right = {place: self._fetched(str(self._path(*place))) for place in places}
            if not self._gives_root(right):
                self._cannot(str(self._path(*places[0])), _("what was fetched is not what was signed"))
        for place in places:
            expected = (right or below)[place]
            if stored[place] != expected:
                self._settle(place, expected if right else None, "it does not lead to the signed root")
            else:
                self.good[place] = stored[place] if right else None

    def _gives_root(self, edge: dict[tuple[int, int], bytes]) -> bool:
        try:
            stream = tiles.RootStream.resume(size=self.size, read=lambda level, index: edge[level, index])
        except tiles.TileRefused:
            return False
        return stream.root() == self.head.root

    def _settle(self, place: tuple[int, int], right: bytes | None, why: str) -> None:
        self._note(self._path(*place), why)
        self.good[place] = right
        if right is not None:
            self.tiles[place] = right

    def _full(self, level: int, index: int) -> bytes | None:
        """Settle a full tile by the hash above it; return it as it must be, None when that cannot be told."""
        place, stored = (level, index), self.read(level, index)
        above = self.good.get((level + 1, index // TILE_WIDTH))
        start = index % TILE_WIDTH * HASH_BYTES
        slot = above[start : start + HASH_BYTES] if above else None
        self.good[place] = stored
        if len(stored) == TILE_WIDTH * HASH_BYTES and slot in (None, tiles.tile_root(stored)):
            if slot is None and self._from_below(level, index) != stored:
                self._settle(place, None, "it does not agree with what lies below it")
            return self.good[place]
        right = self._from_below(level, index)
        if slot is None or len(right) != TILE_WIDTH * HASH_BYTES or tiles.tile_root(right) != slot:
            right = self._fetched_tile(place, slot)
        self._settle(place, right or None, "it does not give the hash above it")
        return self.good[place]

    def _fetched_tile(self, place: tuple[int, int], slot: bytes | None) -> bytes:
        if self.fetch is None or slot is None:
            return b""
        path = str(self._path(*place))
        data = self._fetched(path)
        if len(data) != TILE_WIDTH * HASH_BYTES or tiles.tile_root(data) != slot:
            self._cannot(path, _("what was fetched is not what was signed"))
        return data

    def _from_below(self, level: int, index: int) -> bytes:
        """Make a tile anew from what is stored below it; shorter than it must be when something is not there."""
        width = min((self.size >> TILE_HEIGHT * level) - index * TILE_WIDTH, TILE_WIDTH)
        if level == 0:
            stored = self.read(0, index)
            rows = {number: data for number, *_columns, data in self._rows(index)}
            return b"".join(
                tree.leaf_hash(rows[number])
                if rows[number]
                else stored[at * HASH_BYTES : (at + 1) * HASH_BYTES]
                for at, number in enumerate(range(index * TILE_WIDTH, index * TILE_WIDTH + width))
                if number in rows
            )
        under = (self.read(level - 1, index * TILE_WIDTH + at) for at in range(width))
        return b"".join(tiles.tile_root(each) for each in under if len(each) == TILE_WIDTH * HASH_BYTES)

    def _rows(self, index: int) -> list[verify.Stored]:
        return list(verify.entries_between(self.row, index * TILE_WIDTH, (index + 1) * TILE_WIDTH))

    def _bundle(self, index: int) -> None:
        """Hold the entries of a bundle to their hashes, and their columns to their bytes."""
        width = self._path(None, index).width
        tile = self._full(0, index) if width == TILE_WIDTH else self.good.get((0, index))
        rows = {each[0]: each for each in self._rows(index) if each[0] < self.size}
        wrong, loose = [], 0
        for at in range(width):
            number = index * TILE_WIDTH + at
            leaf = tile[at * HASH_BYTES : (at + 1) * HASH_BYTES] if tile else b""
            each = rows.get(number)
            data = each[-1] if each else b""
            leaf = leaf or (tree.leaf_hash(data) if data else b"")
            if each is None or (data and tree.leaf_hash(data) != leaf):
                wrong.append((number, leaf))
                continue
            if not leaf:
                self.untold.add(number)  # erased, and its tile is not to be had
                continue
            self._see(number, data, leaf)
            if not self._columns_hold(each, leaf):
                loose += 1
                self.fixes.append(_Fix(number, data, leaf))
        self.good.pop((0, index), None)
        if wrong:
            self._note(self._path(None, index), f"{len(wrong)} entries are not those that were signed")
            self._take_from_peer(index, wrong)
        if loose:
            self._note(
                self._path(None, index), f"the columns of {loose} entries do not agree with their bytes"
            )

    def _columns_hold(self, each: verify.Stored, leaf: bytes) -> bool:
        _number, entry_id, kind, subject, at, admitted, data = each
        try:
            holds = verify.stands(leaf, entry_id=str(entry_id), kind=kind, subject=subject, at=at, data=data)
        except (ValueError, OverflowError):
            return False
        return holds and (not (self.row.ours and data) or verify.is_known(str(entry_id), admitted))

    def _see(self, number: int, data: bytes, leaf: bytes) -> None:
        """Take note of an entry that holds: whether it is erased, and whether it erases."""
        if not data:
            self.erasures.empty[number] = leaf
        elif data.startswith(_ERASES, envelope.KIND_OFFSET):
            with suppress(Broken):  # below a tile that cannot be trusted, an entry may hold anything
                self.erasures.name(number, data)
        if number in (0, self.size - 1):
            self.ends[number] = data

    def _take_from_peer(self, index: int, wrong: list[tuple[int, bytes]]) -> None:
        if self.fetch is None:
            return
        path = str(self._path(None, index))
        try:
            bundle = tiles.bundle_parse(self._fetched(path))
        except tiles.TileRefused as error:
            self._cannot(path, str(error))
        for number, leaf in wrong:
            data = bundle[number % TILE_WIDTH] if number % TILE_WIDTH < len(bundle) else b""
            if data and tree.leaf_hash(data) != leaf:
                self._cannot(path, _("what was fetched is not what was signed"))
            self._see(number, data, leaf)
            self.fetched.add(number)
            self.fixes = [each for each in self.fixes if each.number != number]
            self.fixes.append(_Fix(number, data, leaf))

    def _look_beyond(self) -> None:
        """Find entries and tiles that stand where the journal has none."""
        stored = Entry.objects.filter(journal=self.row)
        self.beyond = list(stored.exclude(number__range=(0, self.size - 1)).values_list("pk", flat=True))
        if self.beyond:
            self._note("tile/entries", f"{len(self.beyond)} entries stand beyond its end")
        known = {(path.level, path.index) for path in tiles.tiles_for(self.size) if path.level is not None}
        kept = Tile.objects.filter(journal=self.row).values_list("pk", "level", "number")
        self.loose = [pk for pk, level, index in kept if (level, index) not in known]
        if self.loose:
            self._note("tile", f"{len(self.loose)} tiles stand beyond its end")

    def _hold_erased(self) -> None:
        """Hold what is empty and what is named against each other, and fetch what is empty without a word."""
        empty, named = self.erasures.empty, self.erasures.named
        lost = sorted(number for number, leaf in empty.items() if named.get(number) != leaf.hex())
        for index in sorted({number // TILE_WIDTH for number in lost}):
            some = [each for each in lost if each // TILE_WIDTH == index and each not in self.fetched]
            if some:
                self._note(self._path(None, index), f"{len(some)} entries are empty and no entry erased them")
                self._take_from_peer(index, [(number, empty[number]) for number in some])
        gone = [each.number for each in self.fixes if not each.data and each.number in lost]
        if self.fetch and gone:
            path = str(self._path(None, gone[0] // TILE_WIDTH))
            self._cannot(path, _("it was erased there, and nothing here says so"))
        self.back = sorted(set(named) - set(empty) - self.untold)
        for index in sorted({number // TILE_WIDTH for number in self.back}):
            self._note(self._path(None, index), "it holds bytes that were erased")

    def _hold_row(self) -> None:
        """Hold the row of the journal to its first entry and its last."""
        first, last = self.ends.get(0), self.ends.get(self.size - 1)
        if not first or not last:
            return
        try:
            expected = verify.columns_of(self.row, first, last)
        except Broken as error:
            self._note("row", str(error))
            return
        otherwise = {name: value for name, value in expected.items() if getattr(self.row, name) != value}
        if otherwise:
            self._note("row", f"it says something else than the entries: {', '.join(sorted(otherwise))}")
            self.columns |= otherwise

    def _fetched(self, path: str) -> bytes:
        if self.fetch is None:
            return b""
        try:
            return self.fetch(path)
        except (OSError, Broken) as error:
            raise NotMended(origin=self.row.origin, place=path, reason=str(error)) from error

    def _cannot(self, place: str, reason: str) -> None:
        raise NotMended(origin=self.row.origin, place=place, reason=reason)


_ERASES = f'{envelope.ERASED_KIND}"'.encode()


def _opens(text: str, row: Journal) -> checkpoint.Checkpoint | None:
    try:
        return row.chain.open(text, second=note.Verifier.parse(row.second) if row.second else None)
    except Broken:
        return None


@log.mending
def _write(survey: _Survey) -> None:
    """Write what a survey found out, if the journal still stands as it did."""
    row = survey.row
    now = Journal.objects.get(pk=row.pk)
    if (now.size, now.root, now.checkpoint) != (row.size, row.root, row.checkpoint) or not log.let_go(row.pk):
        raise taking.Overtaken(origin=row.origin, began=row.size, now=now.size)
    with connections[node.current().database].cursor() as cursor:
        for table, numbers in (("register_entry", survey.beyond), ("register_tile", survey.loose)):
            for number in numbers:
                cursor.execute(f'DELETE FROM "{table}" WHERE "id" = %s', (number,))  # noqa: S608
    seal.put_tiles(node.current(), row.pk, survey.tiles)
    for fix in survey.fixes:
        _put(row, fix)
    if survey.back:
        erase.drop(row.pk, survey.back)
    if survey.columns:
        Journal.objects.filter(pk=row.pk).update(**survey.columns)


def _put(row: Journal, fix: _Fix) -> None:
    """Write an entry as it must stand; the same entry at a wrong place is taken away."""
    at = node.current()
    entry_id, kind, subject, when, known = erase.erased_id(fix.leaf).hex, "", "", 0, at.clock()
    if fix.data:
        opened = read_entry(row.origin, fix.number, fix.data)
        entry_id, kind, subject = opened.entry.id.replace("-", ""), opened.entry.kind, opened.entry.subject
        when, known = opened.at, taking.written_at(opened) if row.ours else known
    place = (row.pk, fix.number)
    with connections[at.database].cursor() as cursor:
        cursor.execute(
            'DELETE FROM "register_entry" WHERE "entry_id" = %s AND NOT ("journal_id" = %s AND "number" = %s)',
            (entry_id, *place),
        )
        cursor.execute(
            'SELECT "admitted_at" FROM "register_entry" WHERE "journal_id" = %s AND "number" = %s', place
        )
        held = cursor.fetchone()
        if held is None:
            cursor.execute(log.INSERT, (*place, entry_id, kind, subject, when, known, fix.data))
            return
        cursor.execute(
            'UPDATE "register_entry" SET "entry_id" = %s, "kind" = %s, "subject" = %s, "at" = %s, "admitted_at" = %s,'
            ' "data" = %s WHERE "journal_id" = %s AND "number" = %s',
            (entry_id, kind, subject, when, known if row.ours and fix.data else held[0], fix.data, *place),
        )


def faults_of_file() -> list[str]:
    """Let SQLite look through its whole file; return what it finds. On PostgreSQL nothing is asked.

    It finds pages that cannot be read, and indexes that do not agree with their tables, by which an entry would not be
    found that is there.
    """
    connection = connections[node.current().database]
    if connection.vendor != "sqlite":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            said = [line for row in cursor.fetchall() for line in str(row[0]).splitlines()]
    except DatabaseError as error:
        return [str(error)]
    return [] if said == ["ok"] else said


def index_anew() -> list[str]:
    """Make every index of SQLite's file anew from its table; return the faults of the file that are left.

    What is left stands in a table itself, and can only come from a backup and the peers.
    """
    with suppress(DatabaseError):
        _index_anew()
    return faults_of_file()


@log.mending
def _index_anew() -> None:
    with connections[node.current().database].cursor() as cursor:
        cursor.execute("REINDEX")

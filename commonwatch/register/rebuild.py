"""Dropping every projection and folding it anew from the entries: recovery is the normal path."""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice

from django.db import connections, transaction

from commonwatch.journal import entry as envelope
from commonwatch.journal import tree
from commonwatch.register import fold, node, wall
from commonwatch.register.fact import Fact

Progress = Callable[[int], None]

CHUNK = 5000


def rebuild(*, progress: Progress | None = None) -> int:
    """Empty every projection and fold all entries into it again, in one transaction; return how many.

    Entries are taken journal by journal, not in order of arrival: the tables must not depend on it.
    """
    at = node.current()
    with transaction.atomic(using=at.database), wall.open():
        _empty()
        count = 0
        lines = _lines()
        while part := list(islice(lines, CHUNK)):
            fold.apply(part)
            count += len(part)
            if progress:
                progress(count)
    return count


def refold(journal: int, places: Collection[fold.Place]) -> None:
    """Fold these rows anew from the entries of their journal: a row is never folded from two journals.

    What comes of it is what `rebuild` would give.
    """
    if not places:
        return
    tables = {table for table, _key in places}
    with connections[node.current().database].cursor() as cursor:
        for table, key in places:
            cursor.execute(f'DELETE FROM "{table._meta.db_table}" WHERE "key" = %s', (key,))  # noqa: S608
    lines = _lines_of(journal, fold.kinds_into(tables))
    while part := list(islice(lines, CHUNK)):
        fold.apply(part, only=places)


def differing(*, progress: Progress | None = None) -> list[str]:
    """Name the projections that a rebuild would change; nothing is changed."""
    alias = node.current().database
    before = fold.snapshot()
    with transaction.atomic(using=alias):
        rebuild(progress=progress)
        after = fold.snapshot()
        transaction.set_rollback(True, using=alias)
    return sorted(name for name in before if before[name] != after[name])


def _empty() -> None:
    with connections[node.current().database].cursor() as cursor:
        for model in fold.tables():
            cursor.execute(f'DELETE FROM "{model._meta.db_table}"')  # noqa: S608 - a name of ours


def _lines() -> Iterator[tuple[Fact, fold.Line]]:
    """Yield every entry's fact and line, journal by journal; erased entries have none."""
    connection = connections[node.current().database]
    last = (-1, -1)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                'SELECT "journal_id", "number", "at", "data" FROM "register_entry"'
                ' WHERE ("journal_id", "number") > (%s, %s) ORDER BY "journal_id", "number" LIMIT %s',
                (*last, CHUNK),
            )
            rows = cursor.fetchall()
        for journal, number, at, data in rows:
            if data:
                yield _read(journal, number, at, bytes(data))
        if len(rows) < CHUNK:
            return
        last = (rows[-1][0], rows[-1][1])


def _lines_of(journal: int, kinds: Sequence[str]) -> Iterator[tuple[Fact, fold.Line]]:
    """Yield the facts and lines of one journal that are of these kinds."""
    start, listed = 0, ", ".join(["%s"] * len(kinds))
    while True:
        with connections[node.current().database].cursor() as cursor:
            cursor.execute(
                'SELECT "number", "at", "data" FROM "register_entry"'  # noqa: S608 - only places for values
                f' WHERE "journal_id" = %s AND "number" >= %s AND "kind" IN ({listed}) ORDER BY "number" LIMIT %s',
                (journal, start, *kinds, CHUNK),
            )
            rows = cursor.fetchall()
        yield from (_read(journal, number, at, bytes(data)) for number, at, data in rows)
        if len(rows) < CHUNK:
            return
        start = rows[-1][0] + 1


def _read(journal: int, number: int, at: int, data: bytes) -> tuple[Fact, fold.Line]:
    opened = envelope.read(data)
    line = fold.line_of(opened, journal=journal, number=number, at=at, leaf=tree.leaf_hash(data))
    return fold.read_fact(opened.kind, bytes(opened.body)), line

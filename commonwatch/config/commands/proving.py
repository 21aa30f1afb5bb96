"""Proving the whole node: each journal as stored, the guard, and the tables that screens read."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import connections

from commonwatch.access import digests
from commonwatch.config.commands import say, tending
from commonwatch.errors import Broken
from commonwatch.register import log, node, rebuild, repair, seal
from commonwatch.register.guard import BehindGuard
from commonwatch.register.models import Entry, Journal
from commonwatch.register.verify import verify_stored


def node_holds(*, tables: bool) -> dict[str, Any]:
    """Verify every journal of the node at hand, its file and its guard, and its tables when asked.

    Journals are read in one snapshot, so the node may go on working meanwhile.

    :raises Broken: naming what does not hold.
    """
    guard = seal.guard_of(
        node.current()
    ).read()  # before the snapshot: what is written meanwhile is in neither
    with snapshot():
        _hold_file()
        rows = list(Journal.objects.order_by("origin"))
        with say.progress("Verifying", total=sum(row.size for row in rows)) as step:
            journals = _each(rows, step)
        _hold_to_guard(guard)
    also = ["The guard agrees with what is stored."]
    also.append(f"The logs agree with {say.count(digests.check_all(kept=tending.kept()), 'digest')}.")
    if tables:
        _compare_tables()
        also.append("Every table is what its entries say.")
    return {"journals": journals, "also": also}


def _hold_file() -> None:
    faults = repair.faults_of_file()
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise Broken(f"the database file is damaged: {faults[0]}{more}; to mend it run: commonwatch repair")


def _each(rows: list[Journal], step: Callable[[int], None]) -> list[dict[str, Any]]:
    journals = []
    before = 0
    for row in rows:
        size = verify_stored(row, progress=partial(_add, step, before))
        before += size
        journals.append({"origin": row.origin, "entries": size, "root": row.root, "key": row.key})
    return journals


def _add(step: Callable[[int], None], before: int, count: int) -> None:
    step(before + count)


@contextmanager
def snapshot() -> Iterator[None]:
    """Read as the database stood at one moment, without holding up anybody who writes."""
    connection = connections[node.current().database]
    begin = (
        "BEGIN DEFERRED"
        if connection.vendor == "sqlite"
        else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    )
    with connection.cursor() as cursor:
        cursor.execute(begin)
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _hold_to_guard(known: Mapping[str, str]) -> None:
    try:
        seal.check_guard(node.current(), known=known)
    except BehindGuard as behind:
        raise Broken(str(behind)) from behind


@log.turn
def _compare_tables() -> None:
    """Fold every table anew inside a turn, so that nobody writes meanwhile, and put back what was there."""
    with say.progress("Folding", total=Entry.objects.count()) as step:
        differing = rebuild.differing(progress=step)
    if differing:
        raise Broken(f"these tables are not what their entries say: {', '.join(differing)}")


@log.turn
def fold_anew() -> int:
    """Fold every table anew inside a turn; return how many entries there were."""
    with say.progress("Folding", total=Entry.objects.count()) as step:
        return rebuild.rebuild(progress=step)

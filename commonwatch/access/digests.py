"""The daily digests of both logs: written into each party's own journal by the calendar, and held against the lines.

A digest is the Merkle root (RFC 6962) over a finished day's lines. It is written for every day from the first line of a
party on, also for days without any: so the digests tell nothing but how many lines there were, to those who may read
the lines, and a day that is missing shows.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from django.db.models import Min, Q, QuerySet

from commonwatch.access import logs
from commonwatch.access.facts import DayDigested
from commonwatch.access.models import Digest, Event, Opened
from commonwatch.access.seats import porter
from commonwatch.charter.label import Label
from commonwatch.errors import Broken
from commonwatch.journal import tree
from commonwatch.register import log, node

LOGS: Final = ("reads", "events")
GRACE: Final = timedelta(minutes=5)
_ENCODE = msgspec.json.Encoder(order="deterministic").encode


class _Register(NamedTuple):
    """The register itself, writing into a party's journal."""

    party: str
    office: str = "register"
    account: str = "register"
    mode: str = "real"


def finished() -> date:
    """Return the last day (UTC) that is over for good: lines of its last moments have come too."""
    now = datetime.fromtimestamp(node.current().clock() / 1_000_000, tz=UTC)
    return (now - GRACE).date() - timedelta(days=1)


def parties() -> tuple[str, ...]:
    """List the parties whose journals are kept here."""
    at = node.current()
    return tuple(each.code for each in at.pack.parties if at.holds(each.code))


@log.turn
def write_digests(*, until: date | None = None) -> int:
    """Write the digest of every finished day that has none, for every party kept here; return how many.

    The same day is never digested twice, however often this is called.
    """
    last = min(until, finished()) if until else finished()
    return sum(_of_party(party, last) for party in parties())


def _of_party(party: str, last: date) -> int:
    since = _next(party)
    count = 0
    while since is not None and since <= last:
        for name in LOGS:
            leaves = _leaves(party, since, name)
            fact = DayDigested(
                day=since.isoformat(), log=name, count=len(leaves), root=tree.root(leaves).hex()
            )
            subject = f"digest/{party}/{since.isoformat()}.{name}"
            log.append(fact, by=_Register(party), subject=subject, label=_label(party), settled=True)
            count += 1
        since += timedelta(days=1)
    return count


def _label(party: str) -> Label:
    """Return the label of a digest: it counts lines on things of every level and category, so it is above them all."""
    scheme = node.current().pack.labels
    level = max(scheme.levels, key=lambda each: each.rank).code
    return Label(level=level, categories=tuple(each.code for each in scheme.categories), parties=(party,))


def _next(party: str) -> date | None:
    """Return the first day without a digest; None while the party has no line."""
    written = Digest.objects.visible_to(porter(party)).filter(party=party).order_by("-day").first()
    if written is not None:
        return date.fromisoformat(written.day) + timedelta(days=1)
    first = [_lines(party, name).aggregate(at=Min("at"))["at"] for name in LOGS]
    known = [each for each in first if each is not None]
    return datetime.fromtimestamp(min(known) / 1_000_000, tz=UTC).date() if known else None


def lacking(party: str) -> date | None:
    """Return the first finished day of a party whose digest is missing; None when all are there."""
    since = _next(party)
    return since if since is not None and since <= finished() else None


def check(party: str, day: date, *, kept: date | None = None) -> None:
    """Hold a day's lines against its digests. Of a day before `kept` the lines may have been let go, all or none.

    :raises Broken: when a line was altered, added or dropped, or there is no digest of that day.
    """
    rows = Digest.objects.visible_to(porter(party)).filter(party=party, day=day.isoformat())
    found = {row.log: row for row in rows}
    for name in LOGS:
        if name not in found:
            raise Broken(f"there is no digest of the {name} of {party} on {day}")
        _hold(found[name], _leaves(party, day, name), gone=kept is not None and day < kept)


def check_all(*, kept: date | None = None) -> int:
    """Hold every digested day of every party kept here against its digests; return how many.

    :raises Broken: naming the first day that does not hold, or that is missing between two others.
    """
    count = 0
    for party in parties():
        rows = Digest.objects.visible_to(porter(party)).filter(party=party)
        days = sorted({date.fromisoformat(day) for day in rows.values_list("day", flat=True)})
        for day in days:
            if day != days[0] and day - timedelta(days=1) not in days:
                raise Broken(f"there is no digest of {party} for the day before {day}")
            check(party, day, kept=kept)
            count += len(LOGS)
    return count


def _hold(row: Digest, leaves: list[bytes], *, gone: bool) -> None:
    if gone and not leaves:
        return
    if len(leaves) != row.count:
        raise Broken(
            f"the {row.log} of {row.party} on {row.day} are {len(leaves)}, and {row.count} were digested"
        )
    if tree.root(leaves).hex() != row.root:
        raise Broken(f"the {row.log} of {row.party} on {row.day} are not those that were digested")


def _lines(party: str, name: str) -> "QuerySet[Opened] | QuerySet[Event]":
    """Return the lines that stand for a party: what was opened of its entries, and what concerns its ways in."""
    if name == "reads":
        return Opened.objects.using(logs.shelf()).filter(owner=party)
    mine = Q(party=party) | Q(party="") if party == node.current().party else Q(party=party)
    return Event.objects.using(logs.shelf()).filter(mine)


_OF = {"reads": Opened, "events": Event}


def _leaves(party: str, day: date, name: str) -> list[bytes]:
    """Hash a day's lines in the order in which they were written: each as canonical JSON with its salt."""
    start, end = logs.bounds(day)
    columns = [each.name for each in _OF[name]._meta.concrete_fields if each.name != "id"]
    rows: Any = _lines(party, name).filter(at__gte=start, at__lt=end).order_by("id").values(*columns)
    return [tree.leaf_hash(_ENCODE(row)) for row in rows.iterator(chunk_size=2000)]

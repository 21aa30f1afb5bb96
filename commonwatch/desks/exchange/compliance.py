"""How duties were met over a time, by party and type: counts and no score; only what the viewer may know."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from commonwatch.charter.model import InformationType, Party
from commonwatch.desks.exchange import board, rules
from commonwatch.desks.exchange.intake import activations, now
from commonwatch.desks.exchange.series import midnight
from commonwatch.errors import Refusal, _
from commonwatch.register import node
from commonwatch.register.gate import Reader

MOST_DAYS = 400
USUAL_DAYS = 30


class TooLong(Refusal):
    """A time longer than can be counted at once."""

    code, status = "exchange.too-long", 422
    says = _("From {since} to {until} is more than {most} days.")
    hint = _("Choose a shorter time.")


class Row(NamedTuple):
    """How one party met its duties under one type; `hidden` counts nothing: the viewer may not know."""

    party: Party
    type: InformationType
    tally: rules.Tally
    hidden: bool = False


class Group(NamedTuple):
    """The rows of one party and their sum; None when the viewer may know none of them."""

    party: Party
    rows: tuple[Row, ...]
    total: rules.Tally | None


class Span(NamedTuple):
    """The days counted: half-open."""

    since: date
    until: date


def span(since: date | None, until: date | None) -> Span:
    """Return the days to count; the last thirty, today included, when nothing is said.

    :raises PeriodBackwards: when it ends before it begins.
    :raises TooLong: above 400 days.
    """
    until = until or (now().date() + timedelta(days=1) if since is None else None)
    if until is None and since is not None:
        until = min(since + timedelta(days=USUAL_DAYS), date.max)
    assert until is not None  # noqa: S101 - one of the two lines above set it
    since = since or until - timedelta(days=USUAL_DAYS)
    if until <= since:
        raise rules.PeriodBackwards
    if (until - since).days > MOST_DAYS:
        raise TooLong(since=since, until=until, most=MOST_DAYS)
    return Span(since, until)


def rows(reader: Reader, counted: Span) -> list[Row]:
    """Count the duties that fell due in a time: one row for each party that owes a type; two queries and a few."""
    pack, active = node.current().pack, activations(reader)
    since, until = midnight(counted.since), midnight(counted.until)
    slots: dict[tuple[str, str], list[rules.Slot]] = {}
    for type_ in board.scheduled():
        for party in pack.parties:
            if party.code in _owing(type_, counted):
                found = rules.slots(type_, party, since=since, until=until, active=active)
                slots[party.code, type_.code] = found
    every = [slot for found in slots.values() for slot in found]
    stands = board.stand(reader, every, now=now())
    answer = []
    for (party_code, type_code), found in slots.items():
        known = [status for slot in found if (status := stands[slot]) is not None]
        if found:
            row = Row(pack.party(party_code), pack.type(type_code), rules.tally(known), hidden=not known)
            answer.append(row)
    order = {each.code: place for place, each in enumerate(pack.parties)}
    return sorted(answer, key=lambda each: (order[each.party.code], each.type.code))


def by_party(counted: Sequence[Row]) -> list[Group]:
    """Put the rows of each party together, with their sum; a row that the viewer may not know is in no sum."""
    found: dict[str, list[Row]] = {}
    for row in counted:
        found.setdefault(row.party.code, []).append(row)
    return [Group(each[0].party, tuple(each), _sum(each)) for each in found.values()]


def _sum(counted: Sequence[Row]) -> rules.Tally | None:
    """Add up what is known; None when nothing is."""
    known = [row.tally for row in counted if not row.hidden]
    return rules.Tally(*map(sum, zip(*known, strict=True))) if known else None


def _owing(type_: InformationType, counted: Span) -> set[str]:
    """Return who is asked on the first or the last day of a time."""
    pack = node.current().pack
    last = counted.until - timedelta(days=1)
    return {*pack.select(type_.owed_by, on=counted.since), *pack.select(type_.owed_by, on=last)}


def months(count: int = 12) -> list[tuple[str, Span]]:
    """Return the last months, the present one first, as choices of a time."""
    found = []
    first = now().date().replace(day=1)
    for _month in range(count):
        following = (first + timedelta(days=32)).replace(day=1)
        found.append((f"{first:%Y-%m}", Span(first, following)))
        first = (first - timedelta(days=1)).replace(day=1)
    return found

"""How duties were met over a time, by party, type and month: counts and no score; only what the viewer may know."""

from collections import Counter as Tallied
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from commonwatch.charter.model import InformationType, Party
from commonwatch.desks.exchange import board, rules, tallying
from commonwatch.desks.exchange.intake import LOOK_UP, activations, micros, moment, now
from commonwatch.desks.exchange.models import Asked, Reply
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
    """How one party met its duties under one type; `hidden` counts nothing: the viewer may not know.

    `unanswered` are the questions about such reports that it left open; it counts those that the viewer may read.
    """

    party: Party
    type: InformationType
    tally: rules.Tally
    hidden: bool = False
    unanswered: int = 0


class Group(NamedTuple):
    """The rows of one party and their sum; None when the viewer may know none of them."""

    party: Party
    rows: tuple[Row, ...]
    total: rules.Tally | None
    unanswered: int = 0


class Month(NamedTuple):
    """How one party, or all parties under one type, met the duties that fell due in one month ("2026-09")."""

    month: str
    tally: rules.Tally
    hidden: bool = False
    unanswered: int = 0


class Months(NamedTuple):
    """The months of one party or of one type, and their sum; None when the viewer may know none of them."""

    code: str
    rows: tuple[Month, ...]
    total: rules.Tally | None
    unanswered: int = 0


class Stand(NamedTuple):
    """One duty that fell due in the time, and how it stands; None where the viewer may not know."""

    slot: rules.Slot
    status: rules.Status | None


class Open(NamedTuple):
    """A question about a report of a type that its party left without an answer when it was due."""

    party: str
    type: str
    due_at: datetime


class Counted(NamedTuple):
    """What is counted: the duties that fell due in a time and how they stand, and the questions left unanswered."""

    counts: tuple[tallying.Count, ...]
    open: tuple[Open, ...]


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


def counted(reader: Reader, over: Span) -> Counted:
    """Find what is counted over a time; the number of queries does not grow with it."""
    since, until = midnight(over.since), midnight(over.until)
    counts = tallying.counts(reader, _asked(over), since=since, until=until)
    return Counted(tuple(counts), tuple(unanswered(reader, since=since, until=until)))


def stands(reader: Reader, over: Span) -> list[Stand]:
    """List the duties that fell due in a time, each with how it stands; what `counted` counts, one by one."""
    active = activations(reader)
    since, until = midnight(over.since), midnight(over.until)
    slots = [
        slot
        for type_, party in _asked(over)
        for slot in rules.slots(type_, party, since=since, until=until, active=active)
    ]
    found = board.stand(reader, slots, now=now())
    return [Stand(slot, found[slot]) for slot in slots]


def _asked(over: Span) -> list[tuple[InformationType, Party]]:
    """Return which parties are asked for which types on the first or the last day of a time."""
    pack, last = node.current().pack, over.until - timedelta(days=1)
    found = []
    for type_ in board.scheduled():
        asked = {*pack.select(type_.owed_by, on=over.since), *pack.select(type_.owed_by, on=last)}
        found += [(type_, party) for party in pack.parties if party.code in asked]
    return found


def unanswered(reader: Reader, *, since: datetime, until: datetime) -> list[Open]:
    """List the questions due in [since, until) and before now that were neither answered, refused nor withdrawn."""
    pack = node.current().pack
    rows = Asked.objects.visible_to(reader).filter(due__gte=micros(since), due__lt=micros(min(until, now())))
    asked = list(rows.exclude(closed="withdrawn").values_list("key", "to", "type", "due"))
    replies = Reply.objects.visible_to(reader)
    replied = {
        found
        for start in range(0, len(asked), LOOK_UP)
        for found in replies.filter(
            subject__in=[each[0] for each in asked[start : start + LOOK_UP]]
        ).values_list("subject", "party")
    }
    return [
        Open(to, type_, moment(due))
        for key, to, type_, due in asked
        if (key, to) not in replied and pack.has_type(type_) and pack.has_party(to)
    ]


def rows(found: Counted) -> list[Row]:
    """Count by party and type, in the order of the pack; a type without duties stands there for its questions."""
    pack = node.current().pack
    counts = _together((each.party, each.type, each) for each in found.counts)
    left = Tallied((each.party, each.type) for each in found.open)
    answer = []
    for party, type_ in {**counts, **left}:
        tally, hidden = _tally(counts.get((party, type_), ()))
        answer.append(Row(pack.party(party), pack.type(type_), tally, hidden, left[party, type_]))
    order = {each.code: place for place, each in enumerate(pack.parties)}
    return sorted(answer, key=lambda each: (order[each.party.code], each.type.code))


def _together(
    counts: Iterable[tuple[str, str, tallying.Count]],
) -> dict[tuple[str, str], list[tallying.Count]]:
    """Put the counts of one line together, by the two things that name it."""
    found: dict[tuple[str, str], list[tallying.Count]] = {}
    for first, second, count in counts:
        found.setdefault((first, second), []).append(count)
    return found


def _tally(counts: Sequence[tallying.Count]) -> tuple[rules.Tally, bool]:
    """Add up what is known, and say whether there is something of which nothing is."""
    tally = _added(tuple(each.tally for each in counts))
    return tally, any(each.unknown for each in counts) and not tally.owed and not tally.exempt


@lru_cache(maxsize=4096)
def _added(tallies: tuple[rules.Tally, ...]) -> rules.Tally:
    """Add counts up; hundreds of parties and types stand alike."""
    if len(tallies) == 1:
        return tallies[0]
    return rules.Tally(*map(sum, zip(*tallies, strict=True)))


def by_party(counted: Sequence[Row]) -> list[Group]:
    """Put the rows of each party together, with their sum; a row that the viewer may not know is in no sum."""
    found: dict[str, list[Row]] = {}
    for row in counted:
        found.setdefault(row.party.code, []).append(row)
    return [Group(each[0].party, tuple(each), _sum(each), _open(each)) for each in found.values()]


def by_month(found: Counted, *, of: Literal["party", "type"]) -> list[Months]:
    """Count by month, for each party over all types or for each type over all parties, in the order of the pack."""
    pack = node.current().pack
    counts = _together((getattr(each, of), each.month, each) for each in found.counts)
    left = Tallied(
        (each.party if of == "party" else each.type, f"{each.due_at:%Y-%m}") for each in found.open
    )
    months: dict[str, list[Month]] = {}
    for code, month in sorted({**counts, **left}):
        tally, hidden = _tally(counts.get((code, month), ()))
        months.setdefault(code, []).append(Month(month, tally, hidden, left[code, month]))
    order = [each.code for each in (pack.parties if of == "party" else pack.types) if each.code in months]
    return [Months(code, tuple(months[code]), _sum(months[code]), _open(months[code])) for code in order]


def _sum(counted: Sequence[Row | Month]) -> rules.Tally | None:
    """Add up what is known; None when nothing is."""
    known = tuple(row.tally for row in counted if not row.hidden)
    return _added(known) if known else None


def _open(counted: Sequence[Row | Month]) -> int:
    return sum(row.unanswered for row in counted)


def months(count: int = 12) -> list[tuple[str, Span]]:
    """Return the last months, the present one first, as choices of a time."""
    found = []
    first = now().date().replace(day=1)
    for _month in range(count):
        following = (first + timedelta(days=32)).replace(day=1)
        found.append((f"{first:%Y-%m}", Span(first, following)))
        first = (first - timedelta(days=1)).replace(day=1)
    return found

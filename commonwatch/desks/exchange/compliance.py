"""How duties were met over a time, by party, type and month: counts and no score; only what the viewer may know."""

from collections import Counter as Tallied
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from commonwatch.charter.model import InformationType, Party
from commonwatch.desks.exchange import board, rules
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

    stands: tuple[Stand, ...]
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
    pack, active = node.current().pack, activations(reader)
    since, until = midnight(over.since), midnight(over.until)
    slots = [
        slot
        for type_ in board.scheduled()
        for party in pack.parties
        if party.code in _owing(type_, over)
        for slot in rules.slots(type_, party, since=since, until=until, active=active)
    ]
    stands = board.stand(reader, slots, now=now())
    return Counted(
        tuple(Stand(slot, stands[slot]) for slot in slots),
        tuple(unanswered(reader, since=since, until=until)),
    )


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
    stands: dict[tuple[str, str], list[rules.Status | None]] = {}
    for slot, status in found.stands:
        stands.setdefault((slot.party, slot.type), []).append(status)
    left = Tallied((each.party, each.type) for each in found.open)
    answer = []
    for party, type_ in {**stands, **left}:
        tally, hidden = _tally(stands.get((party, type_), []))
        answer.append(Row(pack.party(party), pack.type(type_), tally, hidden, left[party, type_]))
    order = {each.code: place for place, each in enumerate(pack.parties)}
    return sorted(answer, key=lambda each: (order[each.party.code], each.type.code))


def _tally(stands: Sequence[rules.Status | None]) -> tuple[rules.Tally, bool]:
    """Count what is known, and say whether there is something of which nothing is."""
    known = [status for status in stands if status is not None]
    return rules.tally(known), bool(stands) and not known


def by_party(counted: Sequence[Row]) -> list[Group]:
    """Put the rows of each party together, with their sum; a row that the viewer may not know is in no sum."""
    found: dict[str, list[Row]] = {}
    for row in counted:
        found.setdefault(row.party.code, []).append(row)
    return [Group(each[0].party, tuple(each), _sum(each), _open(each)) for each in found.values()]


def by_month(found: Counted, *, of: Literal["party", "type"]) -> list[Months]:
    """Count by month, for each party over all types or for each type over all parties, in the order of the pack."""
    pack = node.current().pack
    stands: dict[tuple[str, str], list[rules.Status | None]] = {}
    for slot, status in found.stands:
        code = slot.party if of == "party" else slot.type
        stands.setdefault((code, f"{slot.due_at:%Y-%m}"), []).append(status)
    left = Tallied(
        (each.party if of == "party" else each.type, f"{each.due_at:%Y-%m}") for each in found.open
    )
    months: dict[str, list[Month]] = {}
    for code, month in sorted({**stands, **left}):
        tally, hidden = _tally(stands.get((code, month), []))
        months.setdefault(code, []).append(Month(month, tally, hidden, left[code, month]))
    order = [each.code for each in (pack.parties if of == "party" else pack.types) if each.code in months]
    return [Months(code, tuple(months[code]), _sum(months[code]), _open(months[code])) for code in order]


def _sum(counted: Sequence[Row | Month]) -> rules.Tally | None:
    """Add up what is known; None when nothing is."""
    known = [row.tally for row in counted if not row.hidden]
    return rules.Tally(*map(sum, zip(*known, strict=True))) if known else None


def _open(counted: Sequence[Row | Month]) -> int:
    return sum(row.unanswered for row in counted)


def _owing(type_: InformationType, over: Span) -> set[str]:
    """Return who is asked on the first or the last day of a time."""
    pack = node.current().pack
    last = over.until - timedelta(days=1)
    return {*pack.select(type_.owed_by, on=over.since), *pack.select(type_.owed_by, on=last)}


def months(count: int = 12) -> list[tuple[str, Span]]:
    """Return the last months, the present one first, as choices of a time."""
    found = []
    first = now().date().replace(day=1)
    for _month in range(count):
        following = (first + timedelta(days=32)).replace(day=1)
        found.append((f"{first:%Y-%m}", Span(first, following)))
        first = (first - timedelta(days=1)).replace(day=1)
    return found

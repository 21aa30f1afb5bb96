"""Nil returns that follow one another too long: each run once, as far as its reader may know how duties were met."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from django.db.models import Count, Q

from commonwatch.charter.model import InformationType, Party
from commonwatch.desks.exchange import board, rules
from commonwatch.desks.exchange.intake import activations, micros, now
from commonwatch.desks.exchange.models import Asked, Slip
from commonwatch.register import node
from commonwatch.register.gate import Reader

LENGTH = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=31),
    "quarter": timedelta(days=92),
}
FARTHEST = timedelta(days=400)


class Run(NamedTuple):
    """Nil returns of one party under one type with no report of content between them.

    `first` and `last` are the slots of the first and the last; `reached_at` is when the one came that made the run
    too long. `further` says that it began before what was looked at.
    """

    party: Party
    type: InformationType
    length: int
    first: rules.Slot
    last: rules.Slot
    reached_at: datetime
    further: bool = False

    @property
    def key(self) -> str:
        """Name the run: the same for as long as it lasts."""
        return f"nil-run/{self.type.code}/{self.party.code}/{'' if self.further else self.first.period}"


def running(reader: Reader, *, types: Sequence[InformationType] = (), party: str = "") -> list[Run]:
    """List the runs that last and are too long by the pack, in the order of the pack.

    `types` and `party` ask for some alone. What is looked at reaches back by periods first; only where a run is found
    is its beginning looked for, at most 400 days back. A few queries, however many types and parties there are.
    """
    most, at = node.current().pack.duty.timers.nil_run, now()
    asked = [each for each in types or board.scheduled() if each.nil and each.schedule]
    pairs = _likely(reader, asked, party, at=at, most=most)
    if not pairs:
        return []
    near = _slots(reader, pairs, lambda each: at - (2 * most + 3) * _length(each), until=at)
    found = {pair: run for pair, run in _found(reader, near, at).items() if run.length >= most}
    if not found:
        return []
    far = _slots(reader, found, lambda each: at - max(FARTHEST, (2 * most + 3) * _length(each)), until=at)
    whole = _found(reader, far, at)
    return [run for run in whole.values() if run.length >= most]


def unasked(reader: Reader, runs: Sequence[Run]) -> list[Run]:
    """Leave out the runs about which the party was asked since they became too long."""
    if not runs:
        return []
    rows = Asked.objects.visible_to(reader).filter(type__in={each.type.code for each in runs})
    asked = list(rows.values_list("to", "type", "asked_at"))
    return [
        each
        for each in runs
        if not any(
            (to, of) == (each.party.code, each.type.code) and at >= micros(each.reached_at)
            for to, of, at in asked
        )
    ]


def longest(
    stands: Iterable[tuple[rules.Slot, rules.Status | None]],
) -> list[tuple[rules.Slot, rules.Status]]:
    """Return the longest run of nil returns among duties in order of their due time; the latest of several."""
    best: list[tuple[rules.Slot, rules.Status]] = []
    run: list[tuple[rules.Slot, rules.Status]] = []
    for slot, status in sorted(stands, key=lambda each: each[0].due_at):
        if status is None or not status.received:
            continue
        run = [*run, (slot, status)] if status.content == "nil" else []
        best = run if len(run) >= len(best) else best
    return best


def _length(type_: InformationType) -> timedelta:
    return LENGTH[type_.schedule.period] if type_.schedule else timedelta()


Pair = tuple[str, str]
Since = Callable[[InformationType], datetime]


def _likely(
    reader: Reader, types: Sequence[InformationType], party: str, *, at: datetime, most: int
) -> list[Pair]:
    """Return the parties and types with so many nil returns lately that a run may be too long; one query.

    What is nil is asked of the slips of the last periods, so that the page of the watch does not work out every duty.
    """
    pack, active, periods = node.current().pack, activations(reader), set()
    for type_ in {(*board.same_duties(each), each.owed_by): each for each in types}.values():
        since, until = at - (2 * most + 3) * _length(type_), at + _length(type_)
        owing = (pack.party(code) for code in pack.select(type_.owed_by, on=at.date()))
        every = (rules.slots(type_, each, since=since, until=until, active=active) for each in owing)
        periods |= {slot.period for slot in next(filter(None, every), [])}  # the periods of one that owes it
    rows = Slip.objects.visible_to(reader).filter(
        Q(said="nil") | Q(reports_json__contains='"nil"'),
        said__in=("nil", ""),  # of most the index knows that they are not
        period__in=periods,
        type__in={each.code for each in types},
    )
    counted = rows.values("owes", "type").annotate(count=Count("key")).values_list("owes", "type", "count")
    order = {each.code: place for place, each in enumerate(pack.parties)}
    return sorted(
        (
            (owes, type_)
            for owes, type_, count in counted
            if count >= most and party in {"", owes} and owes in order
        ),
        key=lambda pair: (pair[1], order[pair[0]]),
    )


def _slots(
    reader: Reader, pairs: Iterable[Pair], since: Since, *, until: datetime
) -> dict[Pair, list[rules.Slot]]:
    """Return the duties of some parties and types that fell due lately, or whose period has begun."""
    pack, active = node.current().pack, activations(reader)
    found: dict[Pair, list[rules.Slot]] = {}
    for party, code in pairs:
        type_ = pack.type(code)
        if party not in pack.select(type_.owed_by, on=until.date()):
            continue
        ahead = until + _length(type_)
        slots = rules.slots(type_, pack.party(party), since=since(type_), until=ahead, active=active)
        found[party, code] = [slot for slot in slots if slot.starts <= until]
    return found


def _found(reader: Reader, slots: Mapping[Pair, Sequence[rules.Slot]], at: datetime) -> dict[Pair, Run]:
    """Find the run of nil returns that lasts for each party and type, where there is one."""
    pack = node.current().pack
    stands = board.stand(reader, [slot for each in slots.values() for slot in each], now=at)
    runs = {}
    for (party, type_), each in slots.items():
        received = [
            (slot, status)
            for slot in sorted(each, key=lambda one: one.due_at)
            if (status := stands[slot]) is not None and status.received
        ]
        run = list(takewhile(lambda one: one[1].content == "nil", reversed(received)))[::-1]
        if run:
            reached = run[min(len(run), pack.duty.timers.nil_run) - 1][1].received_at or at
            further = len(run) == len(received) and run[0][0].due_at < at - FARTHEST + _length(
                pack.type(type_)
            )
            last = run[-1][0]
            runs[party, type_] = Run(
                pack.party(party), pack.type(type_), len(run), run[0][0], last, reached, further
            )
    return runs

"""Counting how duties were met, without a look at each: what was filed is read from an index, a few columns a slip.

A slip that notes one report says by itself how its duty was met. What is less plain (several slips or reports, one that
was withdrawn, a waiver) is worked out in full, as on the board; the two ways must never differ.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from commonwatch.charter.model import InformationType, Party
from commonwatch.desks.exchange import board, rules
from commonwatch.desks.exchange.intake import activations, micros, now, waivers
from commonwatch.desks.exchange.models import Slip
from commonwatch.register.gate import Reader

Pair = tuple[InformationType, Party]
Noted = int
"""When the one report of a slip came, and lowest the place in `SAYS` of what it says; 0 where things are not plain.

A number and no pair: tens of thousands of pairs at once set the collector of garbage to work.
"""

SAYS: tuple[rules.Content, ...] = (None, "value", "nil", "corrected")
ON_TIME: tuple[rules.Kind, ...] = tuple(("on_time", says) for says in SAYS)
LATE: tuple[rules.Kind, ...] = tuple(("late", says) for says in SAYS)
NOTHING: Mapping[str, Noted] = {}


class Count(NamedTuple):
    """The duties of one party and type that fell due in a month ("2026-09"); `unknown` more the reader may not know."""

    party: str
    type: str
    month: str
    tally: rules.Tally
    unknown: int


class _Due(NamedTuple):
    """A duty of types alike: the slot of one of them, when it is due (microseconds UTC), how it stands unfilled."""

    slot: rules.Slot
    period: str
    due_at: int
    unfilled: rules.Kind


class _Month(NamedTuple):
    """The duties that fell due in one month: those that the reader may know of, and how many others there are."""

    month: str
    known: tuple[_Due, ...]
    unknown: int


def counts(reader: Reader, asked: Sequence[Pair], *, since: datetime, until: datetime) -> list[Count]:
    """Count the duties of these types and parties that fell due in [since, until); a fixed number of queries."""
    at = now()
    plan = _planned(reader, asked, since=since, until=until, at=at)
    noted = _noted(reader, plan)
    waived = {(each.type, each.party) for each in waivers(reader)}
    found: dict[tuple[str, str, str], list[rules.Kind]] = {}
    closer: list[rules.Slot] = []
    for (type_, party), months in plan.items():
        held = noted.get((type_, party), NOTHING)
        for month in months:
            plain, rest = _kinds(month.known, held, waived=(type_, party) in waived)
            found[type_, party, month.month] = plain
            closer += [each._replace(type=type_) for each in rest]
    for slot, status in board.stand(reader, closer, now=at).items():
        if status is not None:
            found[slot.type, slot.party, _month(slot)].append(rules.kind(status))
    return [
        Count(party, type_, month.month, _tally(tuple(found[type_, party, month.month])), month.unknown)
        for (type_, party), months in plan.items()
        for month in months
    ]


@lru_cache(maxsize=4096)
def _tally(kinds: tuple[rules.Kind, ...]) -> rules.Tally:
    """Count duties; hundreds of parties and types stand alike."""
    return rules.tally_of(Counter(kinds))


def _kinds(
    known: Iterable[_Due], held: Mapping[str, Noted], *, waived: bool
) -> tuple[list[rules.Kind], list[rules.Slot]]:
    """Say how duties stand, and of which it takes a closer look; `waived` says that a waiver may cover some."""
    plain: list[rules.Kind] = []
    closer: list[rules.Slot] = []
    for each in known:
        noted = held.get(each.period)
        if noted:
            first_at, place = divmod(noted, len(SAYS))
            plain.append((LATE if first_at > each.due_at else ON_TIME)[place])
        elif noted is None and not waived:
            plain.append(each.unfilled)
        else:
            closer.append(each.slot)
    return plain, closer


def _noted(
    reader: Reader, plan: Mapping[tuple[str, str], Sequence[_Month]]
) -> dict[tuple[str, str], dict[str, Noted]]:
    """Read what was noted for the duties that are counted, by type and party, then by period; one query."""
    periods = {due.period for months in plan.values() for month in months for due in month.known}
    rows = Slip.objects.visible_to(reader).filter(
        period__in=periods, type__in={type_ for type_, _party in plan}
    )
    found: dict[tuple[str, str], dict[str, Noted]] = defaultdict(dict)
    place: dict[str | None, int] = {says: number for number, says in enumerate(SAYS)}
    columns = rows.values_list("type", "owes", "period", "said", "first_at")
    for type_, owes, period, said, first_at in columns.iterator(chunk_size=5000):
        held = found[type_, owes]
        held[period] = first_at * len(SAYS) + place[said] if said and period not in held else 0
    return found


def _planned(
    reader: Reader, asked: Sequence[Pair], *, since: datetime, until: datetime, at: datetime
) -> dict[tuple[str, str], tuple[_Month, ...]]:
    """Find the duties of each type and party; once for all types that one party owes alike."""
    active, knows = activations(reader), board.Knows(reader)
    alike: dict[tuple[object, ...], tuple[_Month, ...]] = {}
    found = {}
    for type_, party in asked:
        own = type_.code if type_.schedule and type_.schedule.while_active else ""
        key = (type_.schedule, type_.line, type_.status, party.code, own)
        if key not in alike:
            slots = rules.slots(type_, party, since=since, until=until, active=active)
            alike[key] = tuple(_by_month(slots, knows, at))
        found[type_.code, party.code] = alike[key]
    return found


def _by_month(slots: Iterable[rules.Slot], knows: board.Knows, at: datetime) -> Iterator[_Month]:
    months: dict[str, list[rules.Slot]] = {}
    for slot in slots:
        months.setdefault(_month(slot), []).append(slot)
    for month, each in months.items():
        known = tuple(
            _Due(slot, slot.period, micros(slot.due_at), rules.kind(rules.status(slot, (), now=at)))
            for slot in each
            if knows(slot)
        )
        yield _Month(month, known, len(each) - len(known))


def _month(slot: rules.Slot) -> str:
    return f"{slot.due_at.year}-{slot.due_at.month:02d}"

"""Duties: computed from recurrence, time zone, participation and activation; never stored.

Periods are half-open and begin and end at midnight UTC. Their keys: day "2026-09-14", ISO week "2026-W38", month
"2026-09", quarter "2026-Q3".
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from commonwatch.charter import recurrence
from commonwatch.charter.model import InformationType, Pack, Party, Schedule
from commonwatch.errors import Refusal, _

FORMS = {
    "day": re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII),
    "week": re.compile(r"(\d{4})-W(\d{2})", re.ASCII),
    "month": re.compile(r"(\d{4})-(\d{2})", re.ASCII),
    "quarter": re.compile(r"(\d{4})-Q([1-4])", re.ASCII),
}
MOST_YEARS = 100
BOARD_AHEAD = {"week": timedelta(days=3), "month": timedelta(days=7), "quarter": timedelta(days=7)}
BOARD_BACK = {"day": timedelta(days=3)}
LOOK_BACK = timedelta(days=200)


class NotOwed(Refusal):
    """The party does not owe reports of that type for that time."""

    code, status = "exchange.not-owed", 422
    says = _("{party} does not owe {type} for {period}.")
    hint = _("{because}")


class PeriodUnknown(Refusal):
    """A period that the type does not have."""

    code, status = "exchange.period-unknown", 422
    says = _("“{period}” is not a period of {type}.")
    hint = _("Its periods are written like {example}.")


class PeriodAhead(Refusal):
    """The period has not begun."""

    code, status = "exchange.period-ahead", 422
    says = _("The period {period} begins at {starts}; it cannot be reported on yet.")
    hint = _("Check the period.")


class Slot(NamedTuple):
    """One duty: a party's report of a type for a period. All moments are aware, UTC."""

    type: str
    party: str
    period: str
    starts: datetime
    ends: datetime
    due_at: datetime
    missing_at: datetime


class Activation(Struct, frozen=True):
    """A stretch of time in which a type owed "while active" was on; `parties` empty for all."""

    type: str
    since: datetime
    until: datetime | None = None
    parties: tuple[str, ...] = ()

    def covers(self, slot: Slot) -> bool:
        """Say whether the duty fell due while this was on, for that party."""
        return (
            self.type == slot.type
            and (not self.parties or slot.party in self.parties)
            and self.since <= slot.due_at
            and (self.until is None or slot.due_at < self.until)
        )


def is_period(key: str) -> bool:
    """Say whether a text is the key of some period."""
    try:
        period_bounds(key)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=8192)
def period_bounds(key: str) -> tuple[datetime, datetime]:
    """Return the first moment of a period and the first after it.

    :raises ValueError: when the key is that of no period.
    """
    for unit, form in FORMS.items():
        found = form.fullmatch(key)
        if found:
            first = _first_day(unit, [int(part) for part in found.groups()])
            try:
                return _midnight(first), _midnight(_next(unit, first))
            except OverflowError as error:
                raise ValueError(key) from error
    raise ValueError(key)


def _first_day(unit: str, parts: Sequence[int]) -> date:
    if unit == "day":
        return date(parts[0], parts[1], parts[2])
    if unit == "week":
        return date.fromisocalendar(parts[0], parts[1], 1)
    return date(parts[0], parts[1] if unit == "month" else 3 * parts[1] - 2, 1)


def _next(unit: str, first: date) -> date:
    if unit in {"day", "week"}:
        return first + timedelta(days=1 if unit == "day" else 7)
    months = first.month - 1 + (1 if unit == "month" else 3)
    return date(first.year + months // 12, months % 12 + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def key_of(unit: str, day: date) -> str:
    """Name the period of a kind that holds a day."""
    if unit == "day":
        return day.isoformat()
    if unit == "week":
        year, week, _weekday = day.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{day.year}-{day.month:02d}" if unit == "month" else f"{day.year}-Q{(day.month + 2) // 3}"


class _Due(NamedTuple):
    period: str
    due_at: datetime
    starts: datetime
    ends: datetime
    missing_at: datetime


class _Year(NamedTuple):
    """The duties of one year in order, their due moments (to search in), and the same by period."""

    dues: tuple[_Due, ...]
    moments: tuple[datetime, ...]
    by_period: dict[str, _Due]


@lru_cache(maxsize=1024)
def _days(rule: str, since: date, first: date, last: date) -> tuple[date, ...]:
    """Return the days of a rule from `first` to `last`; found once for all zones and times of day."""
    found = recurrence.parse(rule, start=since)
    return tuple(found.days(start=since, first=first, last=last))


@lru_cache(maxsize=4096)
def _year(schedule: Schedule, zone: str, year: int) -> _Year:
    """Return the duties whose due day falls into a period of one year; the same for every party of a time zone.

    A period is owed once: of several due days in it, the first counts. No schedule is followed for more than
    a hundred years, so that no period that anybody may name costs more than a glance.
    """
    if not schedule.since.year - 1 <= year <= min(schedule.since.year + MOST_YEARS, date.max.year - 1):
        return _Year((), (), {})
    by_period: dict[str, _Due] = {}
    for day in _days(schedule.rule, schedule.since, *_edges(schedule.period, year)):
        if schedule.until is not None and day >= schedule.until:
            break
        starts, ends = period_bounds(key_of(schedule.period, day))
        if schedule.covers == "previous":
            starts, ends = period_bounds(key_of(schedule.period, (starts - timedelta(days=1)).date()))
        key = key_of(schedule.period, starts.date())
        if key not in by_period:
            due_at = _moment(day, schedule.time, zone)
            by_period[key] = _Due(key, due_at, starts, ends, due_at + timedelta(minutes=schedule.grace))
    dues = tuple(by_period.values())
    return _Year(dues, tuple(due.due_at for due in dues), by_period)


def _edges(unit: str, year: int) -> tuple[date, date]:
    """Return the first and the last day of a year's periods; weeks belong to the year of ISO 8601."""
    if unit == "week":
        return date.fromisocalendar(year, 1, 1), date.fromisocalendar(year + 1, 1, 1) - timedelta(days=1)
    return date(year, 1, 1), date(year, 12, 31)


def _moment(day: date, clock: str, zone: str) -> datetime:
    """Return a wall-clock time as a moment; one skipped in spring is the first after the gap, one twice the first."""
    hour, minute = clock.split(":")
    local = datetime.combine(day, time(int(hour), int(minute)), tzinfo=ZoneInfo(zone))
    moment = local.astimezone(UTC)
    if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    before, after = local.replace(fold=0).utcoffset(), local.replace(fold=1).utcoffset()
    gap = abs((before or timedelta()) - (after or timedelta()))
    late = moment.astimezone(ZoneInfo(zone))
    return _gap_end(late, gap)


def _gap_end(late: datetime, gap: timedelta) -> datetime:
    """Find the first moment after a gap of the clock, from a moment at most a gap's length behind it."""
    zone, offset = late.tzinfo, late.utcoffset()
    moment = late.astimezone(UTC).replace(second=0)
    for _minute in range(int(gap.total_seconds() // 60) + 1):
        earlier = moment - timedelta(minutes=1)
        if earlier.astimezone(zone).utcoffset() != offset:
            return moment
        moment = earlier
    return moment


def _zone(schedule: Schedule, party: Party) -> str:
    return party.zone if schedule.zone == "party" else schedule.zone


def _slot(type_: InformationType, party: Party, due: _Due) -> Slot:
    return Slot(type_.code, party.code, due.period, due.starts, due.ends, due.due_at, due.missing_at)


def _owed(type_: InformationType, party: Party, slot: Slot, active: Sequence[Activation]) -> bool:
    """Say whether a party owes a duty: it takes part on the period's last day, and the type was on."""
    last_day = (slot.ends - timedelta(seconds=1)).date()
    if not party.takes_part(type_.line, last_day):
        return False
    schedule = type_.schedule
    return schedule is not None and (not schedule.while_active or any(each.covers(slot) for each in active))


def slots(
    type_: InformationType,
    party: Party,
    *,
    since: datetime,
    until: datetime,
    active: Sequence[Activation] = (),
) -> list[Slot]:
    """List the duties that fall due in [since, until), in order."""
    schedule = type_.schedule
    if schedule is None:
        return []
    found = []
    for due in _dues(schedule, _zone(schedule, party), since, until):
        slot = _slot(type_, party, due)
        if _owed(type_, party, slot, active):
            found.append(slot)
    return found


def _dues(schedule: Schedule, zone: str, since: datetime, until: datetime) -> Iterator[_Due]:
    """Yield what falls due in [since, until), in order, whoever owes it."""
    first, last = schedule.since.year - 1, schedule.since.year + MOST_YEARS
    for number in range(max(first, since.year - 1), min(last, until.year + 1) + 1):
        year = _year(schedule, zone, number)
        yield from year.dues[bisect_left(year.moments, since) : bisect_left(year.moments, until)]


def _last_due(schedule: Schedule, zone: str, until: datetime) -> _Due | None:
    """Return the last that falls due before a moment, whoever owes it."""
    for number in (until.year + 1, until.year, until.year - 1):
        year = _year(schedule, zone, number)
        place = bisect_left(year.moments, until)
        if place:
            return year.dues[place - 1]
    return None


def slot_of(
    type_: InformationType, party: Party, period: str, *, active: Sequence[Activation] = ()
) -> Slot | None:
    """Return the duty of a party for a period, or None when nothing is owed."""
    schedule = type_.schedule
    if schedule is None or not is_period(period):
        return None
    starts, ends = period_bounds(period)
    home = ends if schedule.covers == "previous" else starts
    number = home.isocalendar().year if schedule.period == "week" else home.year
    due = _year(schedule, _zone(schedule, party), number).by_period.get(period)
    slot = _slot(type_, party, due) if due else None
    return slot if slot and _owed(type_, party, slot, active) else None


def duty(type_: InformationType, party: Party, period: str, *, active: Sequence[Activation] = ()) -> Slot:
    """Return the duty that a report would fill.

    :raises PeriodUnknown: when the type has no such period.
    :raises NotOwed: when the party owes nothing for it, saying why.
    """
    schedule = type_.schedule
    if schedule is None or not FORMS[schedule.period].fullmatch(period) or not is_period(period):
        examples = {"day": "2026-09-14", "week": "2026-W38", "month": "2026-09", "quarter": "2026-Q3"}
        example = examples[schedule.period] if schedule else _("nothing: it is reported when it happens")
        raise PeriodUnknown(type=type_.code, period=period, example=example)
    found = slot_of(type_, party, period, active=active)
    if found is None:
        because = _("It does not take part in this line of work then, or the type was not active.")
        raise NotOwed(party=party.code, type=type_.code, period=period, because=because)
    return found


def check_not_ahead(slot: Slot, *, now: datetime) -> None:
    """Refuse a report on a period that has not begun.

    :raises PeriodAhead: naming when it begins.
    """
    if slot.starts > now + timedelta(hours=14):
        raise PeriodAhead(period=slot.period, starts=f"{slot.starts:%Y-%m-%d %H:%M} UTC")


def check_owes(type_: InformationType, party: str, *, pack: Pack, day: date, period: str) -> None:
    """Refuse a report by a party that the type does not ask.

    For a report on a period the duty itself is asked (`duty`), as it was then.

    :raises NotOwed: naming who is asked.
    """
    if period:
        starts, _ends = period_bounds(period) if is_period(period) else (None, None)
        day = starts.date() if starts else day
    asked = pack.select(type_.owed_by, on=day)
    if party not in asked:
        because = _("This type is reported by: {parties}.").format(parties=", ".join(asked))
        raise NotOwed(party=party, type=type_.code, period=period or _("an event"), because=because)


def board_slot(
    type_: InformationType, party: Party, *, now: datetime, active: Sequence[Activation] = ()
) -> Slot | None:
    """Return the duty that a watch looks at now, or None when the party owes nothing then.

    That is the next to fall due, if it does so today (UTC), within three days for a week's report, or within seven
    for longer periods; else the last. So a weekly report that is late or missing stays in sight for four days.
    """
    schedule = type_.schedule
    if schedule is None:
        return None
    ahead = BOARD_AHEAD.get(schedule.period)
    horizon = now + ahead if ahead else _midnight(now.date() + timedelta(days=1))
    due = _last_due(schedule, _zone(schedule, party), horizon)
    if due is None or due.due_at < now - BOARD_BACK.get(schedule.period, LOOK_BACK):
        return None
    slot = _slot(type_, party, due)
    return slot if _owed(type_, party, slot, active) else None


def recent_slots(
    type_: InformationType, party: Party, *, now: datetime, active: Sequence[Activation] = (), count: int
) -> list[Slot]:
    """List the last duties whose period has begun, newest first."""
    if type_.schedule is None:
        return []
    back = timedelta(
        days={"day": 1, "week": 7, "month": 31, "quarter": 92}[type_.schedule.period] * (count + 2)
    )
    ahead = timedelta(days={"day": 2, "week": 9, "month": 40, "quarter": 100}[type_.schedule.period])
    found = slots(type_, party, since=now - back, until=now + ahead, active=active)
    return [slot for slot in reversed(found) if slot.starts <= now][:count]

"""Which duties fall due in a stretch of time, for counting them; types that are owed only while active are left out."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from commonwatch.charter import recurrence
from commonwatch.charter.model import InformationType, Party, Schedule


class Due(NamedTuple):
    """One duty that falls due: moments are aware, UTC; `last_day` is the last day of its period."""

    type: str
    party: str
    period: str
    due_at: datetime
    missing_at: datetime


def due_in(type_: InformationType, party: Party, *, since: datetime, until: datetime) -> list[Due]:
    """List the duties of a party that fall due in [since, until), as far as they are owed by the calendar alone.

    A period is owed once: of several due days in it, the first counts.
    """
    schedule = type_.schedule
    if schedule is None or schedule.while_active:
        return []
    zone = party.zone if schedule.zone == "party" else schedule.zone
    found = []
    for period, last_day, due_at in _dues(schedule, zone, since, until):
        if party.takes_part(type_.line, last_day):
            missing = due_at + timedelta(minutes=schedule.grace)
            found.append(Due(type_.code, party.code, period, due_at, missing))
    return found


def last_due(type_: InformationType, party: Party, *, now: datetime, ahead: timedelta) -> Due | None:
    """Return the latest duty that has fallen due, or will within `ahead`, of the last three days."""
    found = due_in(type_, party, since=now - timedelta(days=3), until=now + ahead)
    return found[-1] if found else None


def _dues(
    schedule: Schedule, zone: str, since: datetime, until: datetime
) -> Iterator[tuple[str, date, datetime]]:
    """Yield period, its last day and the due moment of what falls due in [since, until)."""
    first, last = (since - timedelta(days=2)).date(), (until + timedelta(days=2)).date()
    start, _end = bounds(schedule.period, first)
    seen = set()
    for day in _days(schedule.rule, schedule.since, min(start, first), last):
        if schedule.until is not None and day >= schedule.until:
            return
        begins, ends = bounds(schedule.period, day)
        if schedule.covers == "previous":
            begins, ends = bounds(schedule.period, begins - timedelta(days=1))
        if begins in seen:
            continue
        seen.add(begins)
        hour, minute = schedule.time.split(":")
        local = datetime.combine(day, time(int(hour), int(minute)), tzinfo=ZoneInfo(zone))
        due_at = local.astimezone(UTC)
        if since <= due_at < until:
            yield key(schedule.period, begins), ends - timedelta(days=1), due_at


@lru_cache(maxsize=512)
def _days(rule: str, since: date, first: date, last: date) -> tuple[date, ...]:
    """Return the days of a rule from `first` to `last`."""
    return tuple(recurrence.parse(rule, start=since).days(start=since, first=first, last=last))


def bounds(unit: str, day: date) -> tuple[date, date]:
    """Return the first day of the period of a kind that holds a day, and the first after it."""
    if unit == "day":
        return day, day + timedelta(days=1)
    if unit == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    months = 1 if unit == "month" else 3
    number = day.year * 12 + (day.month - 1) // months * months
    (year, month), (next_year, next_month) = divmod(number, 12), divmod(number + months, 12)
    return date(year, month + 1, 1), date(next_year, next_month + 1, 1)


def key(unit: str, day: date) -> str:
    """Name the period of a kind that holds a day: "2026-09-14", "2026-W38", "2026-09", "2026-Q3"."""
    if unit == "day":
        return day.isoformat()
    if unit == "week":
        year, week, _weekday = day.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{day.year}-{day.month:02d}" if unit == "month" else f"{day.year}-Q{(day.month + 2) // 3}"

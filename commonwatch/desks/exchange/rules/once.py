"""Write once: what a party said in one return for an overlapping time is not asked of it anew in another."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from commonwatch.charter.model import Field, InformationType
from commonwatch.desks.exchange.rules.duties import is_period, key_of, period_bounds
from commonwatch.desks.exchange.rules.fault import ValueFault
from commonwatch.desks.exchange.rules.sending import EventTimeMissing, instant
from commonwatch.errors import _

UNITS = ("day", "week", "month", "quarter")


class Before(NamedTuple):
    """One standing report of a party: of which type, for when, what it says, and its latest entry."""

    key: str
    type: str
    period: str
    event_at: str
    values: Mapping[str, Any]
    last_at: int
    entry: str


class Source(NamedTuple):
    """A value that another report of the party gives for an overlapping time."""

    value: Any
    of: Before
    field: str


def stretch(period: str, event_at: str) -> tuple[datetime, datetime] | None:
    """Return the time on which a report speaks, half-open; of an event its moment. None when it says neither."""
    if period:
        return period_bounds(period) if is_period(period) else None
    try:
        at = instant(event_at)
    except EventTimeMissing:
        return None
    return at, at + timedelta(microseconds=1)


def overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    """Say whether two half-open stretches of time share a moment."""
    return one[0] < other[1] and other[0] < one[1]


def periods_within(starts: datetime, ends: datetime) -> set[str]:
    """Return the keys of every day, week, month and quarter that shares a moment with a stretch of time."""
    first, last = starts.astimezone(UTC).date(), (ends - timedelta(microseconds=1)).astimezone(UTC).date()
    days: Iterable[date] = (first + timedelta(days=each) for each in range((last - first).days + 1))
    return {key_of(unit, day) for day in days for unit in UNITS}


def sources(
    type_: InformationType, reports: Iterable[Before], *, period: str, event_at: str
) -> dict[str, Source]:
    """Find for each field that is asked elsewhere too what the party said there for an overlapping time.

    Of several reports the one for the latest time counts, of those for the same the one written last.
    """
    within = stretch(period, event_at)
    if within is None:
        return {}
    found: dict[str, Source] = {}
    for each in sorted(reports, key=lambda one: (stretch(one.period, one.event_at) or within, one.last_at)):
        spoken = stretch(each.period, each.event_at)
        if spoken is None or not overlap(within, spoken):
            continue
        for field in type_.fields:
            code = next((code for of, code in field.sources if of == each.type), "")
            if code and code in each.values:
                found[field.code] = Source(each.values[code], each, code)
    return found


class Wanted(NamedTuple):
    """From which type a value is to be taken; `entry` names the entry that was shown, where one was."""

    type: str
    entry: str = ""


def wanted_from(value: Any) -> Wanted | None:
    """Read a value that is given as {"from": TYPE}, with "entry" where it was shown; None for any other."""
    if not isinstance(value, Mapping) or "from" not in value or not set(value) <= {"from", "entry"}:
        return None
    of, entry = value["from"], value.get("entry", "")
    return Wanted(of, entry) if isinstance(of, str) and isinstance(entry, str) else None


def gives(source: Source | None, wanted: Wanted) -> bool:
    """Say whether a source is the one that is wanted, and says what was shown."""
    if source is None or source.of.type != wanted.type:
        return False
    return wanted.entry in {"", source.of.entry}


def nothing_there(field: Field, type_: str) -> ValueFault:
    """Refuse to take a value from a report that does not give it for that time, or not to these readers."""
    says = _("What was to be taken from {type} is not there for that time and these readers, or has changed.")
    return ValueFault(field.code, "nothing-there", says, {"type": type_})


def differing(
    type_: InformationType, values: Mapping[str, Any], found: Mapping[str, Source]
) -> list[ValueFault]:
    """Point out each value that differs from what the party said elsewhere for an overlapping time, with both."""
    faults = []
    for each in type_.fields:
        source, value = found.get(each.code), values.get(each.code)
        if source is None or value is None or _alike(value, source.value):
            continue
        says = _("{value} here; {other} in your {type} of {period}. Confirm it if both are right.")
        fields = {
            "value": value,
            "other": source.value,
            "type": source.of.type,
            "period": source.of.period or source.of.event_at,
            "named": each,
        }
        keep = {"value": _plain(value), "other": _plain(source.value)}
        keep |= {"type": source.of.type, "period": fields["period"]}
        faults.append(ValueFault(each.code, "differs", says, fields, tuple(keep.items())))
    return faults


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return set(one) == set(other)
    return bool(one == other)


def _plain(value: Any) -> str:
    """Write a value without blanks, as it is kept: codes by commas; a text is not kept a second time."""
    if isinstance(value, list | tuple):
        return ",".join(str(each) for each in value)
    text = str(value)
    return text if " " not in text and len(text) <= 40 else "…"

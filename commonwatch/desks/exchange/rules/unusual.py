"""Unusual values by a robust method: the median and the median absolute deviation of what the party reported before."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, localcontext
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from commonwatch.charter.model import Check, Field, InformationType, Last
from commonwatch.desks.exchange.rules.content import DECIMAL
from commonwatch.desks.exchange.rules.duties import is_period, period_bounds
from commonwatch.desks.exchange.rules.fault import ValueFault
from commonwatch.errors import _

LEAST = 8
LEAST_WEEKDAY = 4
WIDTH = Decimal(4)
SCALE = Decimal("1.4826")
FLOOR = Decimal(3)
WEEKDAYS = (
    _("on Mondays"),
    _("on Tuesdays"),
    _("on Wednesdays"),
    _("on Thursdays"),
    _("on Fridays"),
    _("on Saturdays"),
    _("on Sundays"),
)
DIGITS = 60  # a decimal may have 31 digits before the point and twelve behind it

Figure = int | Decimal
Past = tuple[str, Mapping[str, Any], datetime]


class Unusual(NamedTuple):
    """A value outside `low` to `high`; `basis` says of what they are usual: "weekday" or "all".

    `of` is the number of earlier reports on which the range rests.
    """

    value: Figure
    low: Figure
    high: Figure
    basis: str
    of: int


def unusual(history: Sequence[Figure], value: Figure, *, weekday: Sequence[Figure] = ()) -> Unusual | None:
    """Compare a value with those before it, and with those of the same weekday when there are at least four.

    The usual range is the median ± 4 robust standard deviations (1.4826 × MAD), at least ± a quarter of the median
    and, for counts, ± 3, so that small counts do not alarm. A decimal may be a share: ± 3 holds for it only where
    everything before it was nought. Under eight values nothing is unusual yet.
    """
    if len(history) < LEAST:
        return None
    same = len(weekday) >= LEAST_WEEKDAY
    rests_on = weekday if same else history
    with localcontext(prec=DIGITS):
        low, high = _usual([Decimal(each) for each in rests_on], type(value) is int)
    if min(history) >= 0:
        low = max(low, type(low)(0))
    if low <= value <= high:
        return None
    return Unusual(value, low, high, "weekday" if same else "all", len(rests_on))


def _usual(known: Sequence[Decimal], counts: bool) -> tuple[Figure, Figure]:  # noqa: FBT001 - read beside the call
    """Return the usual range: of counts in whole numbers, else with the decimal places of the figures known."""
    middle = median(known)
    spread = SCALE * median([abs(each - middle) for each in known])
    reach = max(WIDTH * spread, abs(middle) / 4)
    if counts:
        reach = max(reach, FLOOR)
        return round(middle - reach), round(middle + reach)
    reach = reach or FLOOR
    places = max(-int(each.as_tuple().exponent) for each in known)
    return round(middle - reach, max(places, 1)), round(middle + reach, max(places, 1))


def unusual_values(
    type_: InformationType, *, history: Sequence[Past], period: str, values: Mapping[str, Any]
) -> list[ValueFault]:
    """Look at each figure to be watched: a cumulative one that falls, and a figure (or daily rise) out of its range.

    `history` holds (period, values, time) of earlier reports, oldest first.
    """
    found = []
    for each in type_.fields:
        value = _figure(each, values.get(each.code)) if each.watch else None
        if value is None:
            continue
        before = ((key, _figure(each, known.get(each.code))) for key, known, _at in history)
        past = [(key, figure) for key, figure in before if figure is not None]
        fault = _falls(each, past, value) if each.cumulative and not _held_by(type_.checks, each) else None
        fault = fault or _out_of_range(each, past, period, value)
        if fault:
            found.append(fault)
    return found


def _held_by(checks: Sequence[Check], each: Field) -> bool:
    """Say whether a rule of the pack holds a total to the last one already, so that it is not told twice."""
    return any(check.summed == (each.code,) and check.right == Last(each.code) for check in checks)


def _figure(each: Field, value: Any) -> Figure | None:
    """Read a figure as it is kept; None for what is not given or is none."""
    if each.kind == "integer":
        return value if type(value) is int else None
    if type(value) is int or (type(value) is str and DECIMAL.fullmatch(value)):
        return Decimal(value)
    return None


def _falls(each: Field, past: Sequence[tuple[str, Figure]], value: Figure) -> ValueFault | None:
    if not past or value >= past[-1][1]:
        return None
    says = _("This total falls from {was} to {now}. If earlier figures were corrected, confirm it.")
    told = {"was": past[-1][1], "now": value}
    return ValueFault(each.code, "falls", says, told, tuple(told.items()))


def _out_of_range(
    each: Field, past: Sequence[tuple[str, Figure]], period: str, value: Figure
) -> ValueFault | None:
    figures = [figure for _key, figure in past]
    keys = [key for key, _figure in past]
    if each.cumulative:
        if not figures:
            return None
        value, figures, keys = (
            value - figures[-1],
            [b - a for a, b in pairwise(figures)],
            keys[1:],
        )
    day = _weekday(period)
    same = [
        figure for key, figure in zip(keys, figures, strict=True) if day is not None and _weekday(key) == day
    ]
    found = unusual(figures, value, weekday=same)
    if found is None:
        return None
    return _told(each, found, day)


def _told(each: Field, found: Unusual, day: int | None) -> ValueFault:
    """Say why a value is unusual: the range, of which days it is, and on how many reports it rests."""
    fields: dict[str, Any] = {"value": found.value, "low": found.low, "high": found.high, "of": found.of}
    keep: dict[str, Any] = dict(fields)
    if each.cumulative:
        keep["rise"] = 1
        says = _("This total rises by {value}; usual is {low} to {high} ({of} earlier reports).")
    elif found.basis == "weekday":
        says = _("{value} is unusual: usual is {low} to {high} {days} ({of} earlier reports).")
    else:
        says = _("{value} is unusual: usual is {low} to {high} ({of} earlier reports).")
    if found.basis == "weekday" and day is not None:
        keep["day"] = day
        fields["days"] = WEEKDAYS[day]
        if each.cumulative:
            says = _("This total rises by {value}; usual is {low} to {high} {days} ({of} earlier reports).")
    return ValueFault(each.code, "unusual", says, fields, tuple(keep.items()))


def _weekday(period: str) -> int | None:
    """Return the weekday of a day's period; longer periods have none."""
    if not is_period(period):
        return None
    starts, ends = period_bounds(period)
    return starts.weekday() if (ends - starts).days == 1 else None

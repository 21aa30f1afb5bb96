"""Unusual values by a robust method: the median and the median absolute deviation of what the party reported before."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from commonwatch.charter.model import Field, InformationType
from commonwatch.desks.exchange.rules.content import ValueFault
from commonwatch.desks.exchange.rules.duties import is_period, period_bounds
from commonwatch.errors import _

LEAST = 8
LEAST_WEEKDAY = 4
WIDTH = 4.0
SCALE = 1.4826
FLOOR = 3.0

Past = tuple[str, Mapping[str, Any], datetime]


class Unusual(NamedTuple):
    """A value outside `low` to `high`; `basis` says of what they are usual: "weekday" or "all"."""

    value: int
    low: int
    high: int
    basis: str


def unusual(history: Sequence[int], value: int, *, weekday: Sequence[int] = ()) -> Unusual | None:
    """Compare a value with those before it, and with those of the same weekday when there are at least four.

    The usual range is the median ± 4 robust standard deviations (1.4826 × MAD), at least ± 3 and ± a quarter of the
    median, so that small counts do not alarm. Under eight values nothing is unusual yet.
    """
    if len(history) < LEAST:
        return None
    same = len(weekday) >= LEAST_WEEKDAY
    known = weekday if same else history
    middle = median(known)
    spread = SCALE * median([abs(each - middle) for each in known])
    reach = max(WIDTH * spread, FLOOR, abs(middle) / 4)
    low, high = round(middle - reach), round(middle + reach)
    if min(history) >= 0:
        low = max(low, 0)
    return None if low <= value <= high else Unusual(value, low, high, "weekday" if same else "all")


def unusual_values(
    type_: InformationType, *, history: Sequence[Past], period: str, values: Mapping[str, Any]
) -> list[ValueFault]:
    """Look at each figure to be watched: a cumulative one that falls, and a figure (or daily rise) out of its range.

    `history` holds (period, values, time) of earlier reports, oldest first.
    """
    found = []
    for each in type_.fields:
        value = values.get(each.code)
        if not each.watch or type(value) is not int:
            continue
        past = [(key, known[each.code]) for key, known, _at in history if type(known.get(each.code)) is int]
        fault = _falls(each, past, value) if each.cumulative else None
        fault = fault or _out_of_range(each, past, period, value)
        if fault:
            found.append(fault)
    return found


def _falls(each: Field, past: Sequence[tuple[str, int]], value: int) -> ValueFault | None:
    if not past or value >= past[-1][1]:
        return None
    says = _("This total falls from {was} to {now}. If earlier figures were corrected, confirm it.")
    return ValueFault(each.code, "falls", says, {"was": past[-1][1], "now": value})


def _out_of_range(each: Field, past: Sequence[tuple[str, int]], period: str, value: int) -> ValueFault | None:
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
    if each.cumulative:
        says = _("This total rises by {value}; usual is {low} to {high}. Confirm it if it is right.")
    elif found.basis == "weekday":
        says = _(
            "{value} is unusual: on this weekday it is usually {low} to {high}. Confirm it if it is right."
        )
    else:
        says = _("{value} is unusual: it is usually {low} to {high}. Confirm it if it is right.")
    return ValueFault(
        each.code, "unusual", says, {"value": found.value, "low": found.low, "high": found.high}
    )


def _weekday(period: str) -> int | None:
    """Return the weekday of a day's period; longer periods have none."""
    if not is_period(period):
        return None
    starts, ends = period_bounds(period)
    return starts.weekday() if (ends - starts).days == 1 else None

"""Rules across the fields of a report, as the pack has them: comparisons, sums, the last report, what is needed."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from operator import eq, ge, gt, le, lt, ne
from typing import Any, NamedTuple

from commonwatch.charter.model import Check, InformationType, Last, When
from commonwatch.desks.exchange.rules.fault import ValueFault

HOLDS = {"<=": le, "<": lt, ">=": ge, ">": gt, "==": eq, "!=": ne}
DIGITS = 60  # a decimal may have 31 digits before the point and twelve behind it
Figure = int | Decimal


class Said(NamedTuple):
    """What the party said in its last report of the type, for an earlier period."""

    period: str
    values: Mapping[str, Any]


NOTHING_SAID = Said("", {})


class Compared(NamedTuple):
    """Both sides of a comparison that does not hold: the fields and what they make.

    `names` on the right is empty beside a number; `period` is that of the last report where the right comes from it.
    """

    left_names: tuple[str, ...]
    left: Figure
    op: str
    names: tuple[str, ...]
    right: Figure
    period: str = ""


def asks_last(checks: Sequence[Check]) -> bool:
    """Say whether any rule looks at the party's last report."""
    return any(isinstance(each.right, Last) for each in checks)


def across(
    type_: InformationType, given: Mapping[str, Any], *, last: Said
) -> Iterator[tuple[Check, ValueFault]]:
    """Yield each rule that does not hold, with its fault; a comparison with a field left empty holds."""
    for each in type_.checks:
        if each.when is not None and not _is_so(each.when, given):
            continue
        fault = _needed(each, given) if each.needs else _compared(each, given, last)
        if fault is not None:
            asked = {field.code: field.name for field in type_.fields}
            yield each, fault._replace(fields={**fault.fields, "asked": asked})


def _is_so(when: When, given: Mapping[str, Any]) -> bool:
    """Say whether another field has the value on which a rule hangs."""
    value = given.get(when.field)
    if value is None or when.value == "":
        return value is not None
    wanted = when.value if isinstance(when.value, tuple) else (when.value,)
    held = value if isinstance(value, list | tuple) else (value,)
    return any(type(one) is type(other) and one == other for one in held for other in wanted)


def _needed(check: Check, given: Mapping[str, Any]) -> ValueFault | None:
    if given.get(check.needs) is not None:
        return None
    fields = {"says": check.says.get("en", check.code), "texts": check.says}
    return ValueFault(check.needs, check.code, "{says}", fields)


def _compared(check: Check, given: Mapping[str, Any], last: Said) -> ValueFault | None:
    held = last.values if isinstance(check.right, Last) else given
    left = _sum(check.summed, given)
    right = check.right if isinstance(check.right, int) else _sum(check.against, held)
    if left is None or right is None or HOLDS[check.op](left, right):
        return None
    period = last.period if isinstance(check.right, Last) else ""
    said = Compared(check.summed, left, check.op, check.against, right, period)
    fields = {"says": check.says.get("en", check.code), "texts": check.says, "compared": said}
    return ValueFault(check.summed[0], check.code, "{says}", fields, keeps(said))


def keeps(said: Compared) -> tuple[tuple[str, Any], ...]:
    """List what is kept of a comparison, so that it can be told as it was."""
    found = {
        "of": "+".join(said.left_names),
        "left": said.left,
        "op": said.op,
        "to": "+".join(said.names),
        "right": said.right,
        "period": said.period,
    }
    return tuple((name, value) for name, value in found.items() if value != "")


def compared_again(reason: Mapping[str, str]) -> Compared | None:
    """Read a comparison that was kept; None when it was kept as a code alone."""
    try:
        left, right = (Decimal(reason[side]) for side in ("left", "right"))
    except (KeyError, ArithmeticError):
        return None
    names = tuple(reason["to"].split("+")) if "to" in reason else ()
    of = tuple(reason.get("of", "").split("+"))
    return Compared(of, left, reason.get("op", ""), names, right, reason.get("period", ""))


def _sum(codes: Sequence[str], values: Mapping[str, Any]) -> Figure | None:
    """Add figures up; None when one of them is not given, or was no figure in an earlier report."""
    figures = [_figure(values.get(code)) for code in codes]
    known = [each for each in figures if each is not None]
    if len(known) != len(codes):
        return None
    if all(type(each) is int for each in known):
        return sum(known)
    with localcontext(prec=DIGITS):
        return sum((Decimal(each) for each in known), Decimal(0))


def _figure(value: Any) -> Figure | None:
    if type(value) is int:
        return value
    if type(value) is not str:
        return None
    try:
        return Decimal(value)
    except ArithmeticError:
        return None

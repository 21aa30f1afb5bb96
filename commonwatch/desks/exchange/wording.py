"""How the exchange words values, faults and confirmed warnings: whole sentences in the active language."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import get_language, gettext, gettext_noop

from commonwatch.charter.model import Field, InformationType, Texts
from commonwatch.desks.exchange import rules
from commonwatch.register import node
from commonwatch.ui.refusals import told_as
from commonwatch.ui.templatetags.cw import clock, figure, type_name, words

LONG = 80
RIGHT = {
    "<=": gettext_noop("at most {figure}"),
    "<": gettext_noop("less than {figure}"),
    ">=": gettext_noop("at least {figure}"),
    ">": gettext_noop("more than {figure}"),
    "==": gettext_noop("exactly {figure}"),
    "!=": gettext_noop("anything but {figure}"),
}


def utc(at: int | datetime) -> str:
    """Write a moment and say that it is UTC."""
    return gettext("{moment} UTC").format(moment=clock(at))


def value_text(each: Field, value: Any) -> str:
    """Write a value as a person reads it: codes by their names, moments in UTC."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if each.codelist:
        names = {item.code: words(item.name) for item in node.current().pack.codelist(each.codelist).items}
        given = value if isinstance(value, list | tuple) else str(value).split(", ")
        return ", ".join(names.get(str(one), str(one)) for one in given)
    if each.kind == "instant":
        return utc(rules.instant(str(value)))
    if each.kind == "decimal":
        return number(value)
    return str(figure(value))


def number(value: Any) -> str:
    """Write a figure; a decimal with the sign of the active language."""
    if isinstance(value, int):
        return str(figure(value))
    text = str(value)
    return text.replace(".", ",") if (get_language() or "").startswith("ru") else text


def fault_text(fault: rules.ValueFault) -> str:
    """Say a fault in the active language; a check of the pack has its own text, with both sides beside it."""
    texts = fault.fields.get("texts")
    if texts:
        compared = fault.fields.get("compared")
        both = compared_text(compared, fault.fields["asked"]) if compared else ""
        return f"{words(texts)} {both}".strip()
    if fault.code == "differs":
        return _differs(fault.fields)
    fields = {name: number(value) if name in FIGURES else value for name, value in fault.fields.items()}
    return told_as(fault.says, fields)


FIGURES = frozenset({"value", "low", "high", "was", "now"})


def _differs(fields: Mapping[str, Any]) -> str:
    says = gettext("{value} here; {other} in your {type} of {period}. Confirm it if both are right.")
    value, other = (_shortened(value_text(fields["named"], fields[each])) for each in ("value", "other"))
    return says.format(value=value, other=other, type=type_name(fields["type"]), period=fields["period"])


def _shortened(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def compared_text(said: rules.Compared, names: Mapping[str, Texts]) -> str:
    """Say both sides of a comparison that does not hold, and what would be right."""
    fields = {
        "left": _summed(said.left_names, names),
        "value": number(said.left),
        "right": _summed(said.names, names),
        "other": number(said.right),
        "period": said.period,
        "what": gettext(RIGHT.get(said.op, "{figure}")).format(figure=number(said.right)),
    }
    if said.period:
        says = gettext("{left}: {value}; {right} in the report for {period}: {other}. Right would be {what}.")
    elif said.names:
        says = gettext("{left}: {value}; {right}: {other}. Right would be {what}.")
    else:
        says = gettext("{left}: {value}. Right would be {what}.")
    return says.format(**fields)


def _summed(codes: tuple[str, ...], names: Mapping[str, Texts]) -> str:
    return " + ".join(words(names.get(code)) or code for code in codes)


def offer_text(each: Field, source: rules.Source, *, own: bool) -> str:
    """Say what a party said in another return, and in which."""
    says = (
        gettext("{value}, from your {type} of {period}")
        if own
        else gettext("{value}, from {type} of {period}")
    )
    value = " ".join((_shortened(value_text(each, source.value)), words(each.unit))).strip()
    when = source.of.period or source.of.event_at
    return says.format(value=value, type=type_name(source.of.type), period=when)


def drawn_text(drawn: tuple[str, str, str]) -> str:
    """Say from which return a value was taken: the type and field, the period or moment, and the entry's hash."""
    type_ = drawn[0].rpartition(".")[0]
    return gettext("from {type} of {period}").format(type=type_name(type_), period=drawn[1])


def kept_text(type_: InformationType | None, kept: str) -> str:
    """Say a warning that was confirmed, with its reason where it was kept."""
    said = rules.read_kept(kept)
    asked = {each.code: each for each in type_.fields} if type_ else {}
    names = {code: each.name for code, each in asked.items()}
    check = next((each for each in type_.checks if each.code == said.code), None) if type_ else None
    compared = rules.compared_again(said.reason)
    if check is not None or compared is not None:
        text = words(check.says) if check is not None else said.code
        return f"{text} {compared_text(compared, names) if compared else ''}".strip()
    name = words(names.get(said.field)) or said.field
    reason = {key: number(value) if key in FIGURES else value for key, value in said.reason.items()}
    return _kept(said, name, reason, asked)


def _kept(said: rules.Kept, name: str, reason: Mapping[str, str], asked: Mapping[str, Field]) -> str:
    """Say a warning of this house: what was unusual, what fell, what differed."""
    try:
        if said.code == "unusual" and "rise" in reason:
            return _rise(name, reason)
        if said.code == "unusual" and "day" in reason:
            says = gettext("{name}: {value}, usual {low} to {high} {days}; earlier reports compared: {of}.")
            return says.format(name=name, days=gettext(rules.WEEKDAYS[int(reason["day"])]), **reason)
        if said.code == "unusual":
            says = gettext("{name}: {value}, usual {low} to {high}; earlier reports compared: {of}.")
            return says.format(name=name, **reason)
        if said.code == "falls":
            return gettext("{name}: falls from {was} to {now}.").format(name=name, **reason)
        if said.code == "differs":
            says = gettext("{name}: {value}; {other} in {type} of {period}.")
            both = {each: _plain(asked.get(said.field), said.reason[each]) for each in ("value", "other")}
            return says.format(name=name, type=type_name(reason["type"]), period=reason["period"], **both)
    except (KeyError, ValueError, IndexError):
        pass  # kept by an import, or before reasons were kept: its code alone
    return gettext(BARE.get(said.code, said.code))


def _rise(name: str, reason: Mapping[str, str]) -> str:
    """Say by how much a running total rose: its value is the rise, and so is what is usual."""
    if "day" in reason:
        says = gettext(
            "{name}: rose by {value}, usual {low} to {high} {days}; earlier reports compared: {of}."
        )
        return says.format(name=name, days=gettext(rules.WEEKDAYS[int(reason["day"])]), **reason)
    says = gettext("{name}: rose by {value}, usual {low} to {high}; earlier reports compared: {of}.")
    return says.format(name=name, **reason)


BARE = {
    "unusual": gettext_noop("A value was unusual."),
    "falls": gettext_noop("A total fell."),
    "differs": gettext_noop("A value differed from another return."),
}


def _plain(each: Field | None, value: str) -> str:
    """Write a value as it was kept, by the names of its codes."""
    return value_text(each, value.split(",") if each.kind == "codes" else value) if each else value

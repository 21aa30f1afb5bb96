"""How the pages of the exchange word what they show: values, moments, periods, and who wrote."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext, gettext_noop

from commonwatch.charter.label import EVERYBODY
from commonwatch.charter.model import InformationType, Party
from commonwatch.desks.exchange import rules
from commonwatch.desks.exchange.wording import drawn_text, value_text
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import party_name, words

CHANNELS = {
    "form": gettext_noop("by form"),
    "sheet": gettext_noop("by sheet"),
    "api": gettext_noop("from a program"),
    "telephone": gettext_noop("by telephone, through the Center"),
    "import": gettext_noop("from an imported series"),
}
STATES = {
    "value": ("ok", "✓", gettext_noop("stands")),
    "nil": ("nil", "✓", gettext_noop("nothing to report")),
    "withdrawn": ("late", "↺", gettext_noop("withdrawn")),
}
UNREADABLE = gettext_noop("written by a newer version of the system; it is kept and not shown")


class Choice(NamedTuple):
    """One thing that can be chosen in a form."""

    code: str
    name: str
    chosen: bool = False


class Shown(NamedTuple):
    """One value of a report as a person reads it; `drawn` says from which return it was taken."""

    name: str
    value: str
    unit: str
    drawn: str = ""


def period_text(period: str) -> str:
    """Name a period: a day as it is written, a week, a month or a quarter in words."""
    if not rules.is_period(period):
        return period
    year, rest = period[:4], period[5:]
    if rest.startswith("W"):
        return gettext("week {week} of {year}").format(week=int(rest[1:]), year=year)
    if rest.startswith("Q"):
        return gettext("quarter {quarter} of {year}").format(quarter=rest[1:], year=year)
    return period


def kind_of(code: str) -> InformationType | None:
    """Return an information type, or None when the pack no longer has it."""
    pack = node.current().pack
    return pack.type(code) if pack.has_type(code) else None


def codes(parties: Sequence[str]) -> str:
    """Write the readers short, as banners have them."""
    return gettext("EVERYBODY") if tuple(parties) == EVERYBODY else " ".join(parties)


def values(
    code: str, values: Mapping[str, Any], *, drawn: Mapping[str, tuple[str, str, str]] | None = None
) -> list[Shown]:
    """List values in the order of the type's form; fields that the type no longer has come last, as they were.

    `drawn` says of those that were taken from another return from which.
    """
    taken = {each: drawn_text(where) for each, where in (drawn or {}).items()}
    type_ = kind_of(code)
    fields = {each.code: each for each in type_.fields} if type_ else {}
    known = [
        Shown(words(each.name), value_text(each, values[code]), words(each.unit), taken.get(code, ""))
        for code, each in fields.items()
        if code in values
    ]
    return known + [Shown(code, str(value), "") for code, value in values.items() if code not in fields]


def writer(party: str, office: str) -> str:
    """Name who wrote: the party and the office."""
    return f"{party_name(party)}, {office_name(office)}"


def office_name(code: str) -> str:
    """Name an office; by its code when the pack has it no more."""
    offices = {each.code: words(each.name) for each in node.current().pack.offices}
    return offices.get(code, code)


def posts(party: Party) -> list[dict[str, Any]]:
    """List the posts of a party that can be called."""
    return [
        {"name": words(each.name), "telephone": each.telephone, "sample": each.sample} for each in party.posts
    ]

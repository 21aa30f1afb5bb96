"""What the pages of the exchange show: plain values and whole sentences, read through the gate.

Everything here is for one viewer: what the viewer may not read does not appear, and is in no count.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from django.utils.translation import gettext, gettext_noop, ngettext

from commonwatch.access.actor import Actor
from commonwatch.charter.label import EVERYBODY, Label
from commonwatch.charter.model import Field, InformationType, Party, Schedule
from commonwatch.desks.exchange import board, forms, rules
from commonwatch.desks.exchange.facts import ReportCorrected, ReportSubmitted, ReportWithdrawn
from commonwatch.desks.exchange.intake import content_label, moment, now
from commonwatch.desks.exchange.models import Activation, Report, Seen, Waiver
from commonwatch.register import history, node
from commonwatch.register.gate import label_of
from commonwatch.register.models import Entry
from commonwatch.ui.templatetags.cw import clock, figure, party_name, type_name, words

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
    """One value of a report as a person reads it."""

    name: str
    value: str
    unit: str


class Changed(NamedTuple):
    """One value that differs between two versions; empty where it was not given."""

    name: str
    was: str
    now: str


class Version(NamedTuple):
    """One version of a report: what it changed, by whom, when and why."""

    number: int
    at: int
    known_at: int | None
    who: str
    what: str
    how: str
    why: str
    changes: tuple[Changed, ...]
    entry: str
    origin: str
    place: int


def value_text(each: Field, value: Any) -> str:
    """Write a value as a person reads it: codes by their names, moments in UTC."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if each.codelist and node.current().pack:
        names = {item.code: words(item.name) for item in node.current().pack.codelist(each.codelist).items}
        given = value if isinstance(value, list | tuple) else [value]
        return ", ".join(names.get(str(one), str(one)) for one in given)
    if each.kind == "instant":
        return utc(rules.instant(str(value)))
    return str(figure(value))


def utc(at: int | datetime) -> str:
    """Write a moment and say that it is UTC."""
    return gettext("{moment} UTC").format(moment=clock(at))


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


def reader_names(parties: Sequence[str]) -> str:
    """Say in words who reads."""
    if tuple(parties) == EVERYBODY:
        return gettext("everybody, the public included")
    return ", ".join(party_name(code) for code in parties)


def kind_of(code: str) -> InformationType | None:
    """Return an information type, or None when the pack no longer has it."""
    pack = node.current().pack
    return pack.type(code) if pack.has_type(code) else None


# The form


def form(by: Actor, form: forms.Form, corrects: Report | None = None) -> dict[str, Any]:
    """Show a form: what is asked, for which period, at which label, and who will read it."""
    type_ = form.type
    return {
        "form": form,
        "type": type_,
        "fields": [{"asked": each, "choices": _choices(each), "described": _described(each)} for each in form.fields],
        "periods": [_period_choice(key, due, form.period) for key, due in form.periods],
        "on_event": type_.schedule is None or type_.urgent,
        "levels": _levels(type_, form.level),
        "audiences": _audiences(by, form),
        "readers": reader_names(_readers(by, form, form.audience)) if corrects is None else "",
        "on_behalf": form.owes != by.party,
        "corrects": corrects,
        "may_nil": type_.nil,
        "saved_at": form.saved_at,
        "faults": [Choice(code, says) for code, says in form.faults],
        "warnings": [Choice(code, says) for code, says in form.warnings],
    }


def _choices(each: forms.Asked) -> list[Choice]:
    if each.kind == "yes_no":
        return [
            Choice("yes", gettext("yes"), each.value == "yes"),
            Choice("no", gettext("no"), each.value == "no"),
        ]
    return [Choice(code, words(name), code in each.chosen) for code, name in each.choices]


def _described(each: forms.Asked) -> str:
    """Name the texts that belong to a field, for those who hear the page."""
    parts = {"help": each.help, "last": each.last_value, "fault": each.fault, "warning": each.warning}
    return " ".join(f"{part}-{each.code}" for part, there in parts.items() if there)


def _period_choice(key: str, due: str, chosen: str) -> Choice:
    name = period_text(key)
    if due:
        name = gettext("{period}, due {due}").format(period=name, due=utc(datetime.fromisoformat(due)))
    return Choice(key, name, key == chosen)


def _levels(type_: InformationType, chosen: str) -> list[Choice]:
    pack = node.current().pack
    codes = dict.fromkeys((type_.level, *type_.levels))
    return [Choice(code, f"{code} {words(pack.level(code).name)}", code == chosen) for code in codes]


def _audiences(by: Actor, form: forms.Form) -> list[dict[str, Any]]:
    """List the audiences that a type allows, each with the parties in it."""
    pack = node.current().pack
    codes = dict.fromkeys((form.type.audience, *form.type.audiences))
    return [
        {
            "code": code,
            "name": words(pack.audience(code).name),
            "chosen": code == form.audience,
            "readers": reader_names(_readers(by, form, code)),
        }
        for code in codes
    ]


def _readers(by: Actor, form: forms.Form, audience: str) -> tuple[str, ...]:
    """Return who will read; what the type does not allow is refused on sending, not while typing."""
    try:
        label = content_label(form.type, owes=form.owes, by=by.party, level="", audience=audience)
    except rules.LabelNotAllowed:
        label = content_label(form.type, owes=form.owes, by=by.party, level="", audience="")
    return label.parties

"""The form of a report, as a page shows it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from commonwatch.access.actor import Actor
from commonwatch.charter.model import InformationType
from commonwatch.desks.exchange import forms, labels, rules
from commonwatch.desks.exchange.models import Report
from commonwatch.desks.exchange.shown.wording import Choice, period_text
from commonwatch.desks.exchange.wording import utc, value_text
from commonwatch.ui.templatetags.cw import words


def form(by: Actor, form: forms.Form, corrects: Report | None = None) -> dict[str, Any]:
    """Show a form: what is asked, for which period, at which label, and who will read it."""
    type_ = form.type
    return {
        "form": form,
        "type": type_,
        "fields": [
            {
                "asked": each,
                "choices": _choices(each),
                "described": _described(each),
                "last": value_text(field, each.last_value),
            }
            for each, field in zip(form.fields, type_.fields, strict=True)
        ],
        "periods": [_period_choice(key, due, form.period) for key, due in form.periods],
        "more_given": any(_given(each) for each in form.fields if not each.required),
        "place": _place(by, form),
        "account": by.account,
        "on_event": type_.schedule is None or type_.urgent,
        **(labels.chooser(by, form) if corrects is None else labels.kept(corrects)),
        "on_behalf": form.owes != by.party,
        "corrects": corrects,
        "may_nil": type_.nil,
        "saved_at": form.saved_at,
        "faults": _named(type_, form.faults),
        "warnings": _named(type_, form.warnings),
    }


def _given(each: forms.Asked) -> bool:
    """Say whether a field must be in view: something stands in it, or is wrong with it."""
    return bool(each.value or each.chosen or each.fault or each.warning)


def _place(by: Actor, form: forms.Form) -> dict[str, Any]:
    """Show the time of an event as the clocks of the reader's capital have it; nothing where there is no capital."""
    party = by.charter_party
    try:
        at = rules.instant(form.event_at)
    except rules.EventTimeMissing:
        return {}
    local = at.astimezone(ZoneInfo(party.zone))
    ahead = local.utcoffset()
    return {
        "name": words(party.capital) or party.zone,
        "offset": int(ahead.total_seconds() // 60) if ahead else 0,
        "shown": f"{local:%Y-%m-%d %H:%M}",
        "utc": f"{at:%Y-%m-%dT%H:%M}",
    }


def _named(type_: InformationType, found: Sequence[tuple[str, str]]) -> list[Choice]:
    """Put the field's name before each sentence, in the order of the form; what concerns no field comes first."""
    names = {each.code: words(each.name) for each in type_.fields}
    order = {code: place for place, code in enumerate(names)}
    found = sorted(found, key=lambda each: order.get(each[0], -1))
    return [
        Choice(
            code if code in names else "",
            f"{names[code]}: {says}" if code in names else says,
        )
        for code, says in found
    ]


def _choices(each: forms.Asked) -> list[Choice]:
    if each.kind == "yes_no":
        return [
            Choice("yes", gettext("yes"), each.value == "yes"),
            Choice("no", gettext("no"), each.value == "no"),
        ]
    return [Choice(code, words(name), code in each.chosen) for code, name in each.choices]


def _described(each: forms.Asked) -> str:
    """Name the texts that belong to a field, for those who hear the page."""
    parts = {
        "help": each.help,
        "last": each.last_value,
        "offer": each.offer,
        "fault": each.fault,
        "warning": each.warning,
    }
    return " ".join(f"{part}-{each.code}" for part, there in parts.items() if there)


def _period_choice(key: str, due: str, chosen: str) -> Choice:
    name = period_text(key)
    if due:
        name = gettext("{period}, due {due}").format(period=name, due=utc(datetime.fromisoformat(due)))
    return Choice(key, name, key == chosen)

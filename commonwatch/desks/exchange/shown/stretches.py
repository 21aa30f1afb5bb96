"""Waivers, and what is owed while active: matters with a beginning and an end."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.utils.translation import gettext

from commonwatch.access.actor import Actor
from commonwatch.desks.exchange import labels
from commonwatch.desks.exchange.intake import moment, now
from commonwatch.desks.exchange.models import Activation, Waiver
from commonwatch.desks.exchange.shown.regulation import schedule_text
from commonwatch.desks.exchange.shown.wording import Choice
from commonwatch.register import node
from commonwatch.register.audience import following
from commonwatch.ui.templatetags.cw import party_name, words

R = TypeVar("R", Waiver, Activation)


def _as_they_go_on(rows: Iterable[R]) -> list[R]:
    """Leave out what was carried into a later epoch that stands in the list too."""
    found = list(rows)
    keys = {each.key for each in found}
    return [each for each in found if not (each.carried and following(each.key) in keys)]


def waivers(by: Actor, rows: Iterable[Waiver]) -> dict[str, Any]:
    """Show the waivers, with the form to grant one for those who may."""
    pack, at = node.current().pack, now()
    return {
        "rows": [{"row": each, **_stretch(each.since, each.until, at)} for each in _as_they_go_on(rows)],
        "types": [
            Choice(each.code, f"{each.code} {words(each.name)}")
            for each in pack.types
            if each.schedule is not None
        ],
        "parties": [Choice(each.code, words(each.short)) for each in pack.parties],
        "may_grant": by.may("exchange.grant-waiver"),
        "may_end": by.may("exchange.end-waiver"),
        "party": by.party,
    }


def active(by: Actor, rows: Iterable[Activation]) -> dict[str, Any]:
    """Show the types owed while active, and when they were on."""
    pack, at = node.current().pack, now()
    found = _as_they_go_on(rows)
    on = {each.type for each in found if each.until is None}
    switched = [each for each in pack.types if each.schedule is not None and each.schedule.while_active]
    return {
        "types": [
            {
                "type": each,
                "on": each.code in on,
                "when": schedule_text(each),
                "sign": labels.of_status(by, each.code, by.party),
            }
            for each in switched
        ],
        "rows": [
            {"row": each, "who": _for_whom(each.parties), **_stretch(each.since, each.until, at)}
            for each in found
        ],
        "may_switch_on": by.may("exchange.activate-type"),
        "may_switch_off": by.may("exchange.deactivate-type"),
    }


def _for_whom(parties: str) -> str:
    if not parties:
        return gettext("all who take part")
    return ", ".join(party_name(code) for code in parties.split(","))


def _stretch(since: int, until: int | None, at: datetime) -> dict[str, Any]:
    """Say whether a stretch of time is under way: half-open."""
    starts, ends = moment(since), None if until is None else moment(until)
    begun, over = starts <= at, ends is not None and ends <= at
    if over:
        state = ("nil", "–", gettext("over"))
    elif begun:
        state = ("ok", "●", gettext("under way"))
    else:
        state = ("due", "○", gettext("not begun"))
    return {"state": state, "over": over}

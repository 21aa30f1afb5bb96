"""What the regulation asks: every information type, and when it falls due."""

from typing import Any

from django.utils.translation import gettext, gettext_noop

from commonwatch.access.actor import Actor
from commonwatch.charter import recurrence
from commonwatch.charter.model import Field, InformationType, Schedule
from commonwatch.desks.exchange import board, nils
from commonwatch.desks.exchange.intake import now
from commonwatch.desks.exchange.shown.wording import period_text, posts
from commonwatch.desks.exchange.watching import run_text, span
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import figure, party_name, words

DAYS = (
    gettext_noop("on Mondays"),
    gettext_noop("on Tuesdays"),
    gettext_noop("on Wednesdays"),
    gettext_noop("on Thursdays"),
    gettext_noop("on Fridays"),
    gettext_noop("on Saturdays"),
    gettext_noop("on Sundays"),
)
COVERS = {
    ("day", "current"): gettext_noop("It covers that day."),
    ("day", "previous"): gettext_noop("It covers the day before."),
    ("week", "current"): gettext_noop("It covers that week."),
    ("week", "previous"): gettext_noop("It covers the week before."),
    ("month", "current"): gettext_noop("It covers that month."),
    ("month", "previous"): gettext_noop("It covers the month before."),
    ("quarter", "current"): gettext_noop("It covers that quarter."),
    ("quarter", "previous"): gettext_noop("It covers the quarter before."),
}


def schedule_text(type_: InformationType) -> str:
    """Say in whole sentences when a report falls due."""
    schedule = type_.schedule
    if schedule is None:
        if type_.within is None:
            return gettext("When there is something to report.")
        return gettext("Within {span} of first knowledge.").format(span=span(type_.within))
    said = [_due(schedule), gettext(COVERS[schedule.period, schedule.covers])]
    if schedule.grace:
        said.append(gettext("{span} of grace.").format(span=span(schedule.grace)))
    if schedule.while_active:
        said.append(gettext("Owed only while it is switched on."))
    return " ".join(said)


def _due(schedule: Schedule) -> str:
    zone = gettext("by the time of the capital") if schedule.zone == "party" else schedule.zone
    rule = recurrence.parse(schedule.rule, start=schedule.since)
    if rule.interval == 1 and rule.frequency == "DAILY" and not rule.by_day:
        return gettext("Every day at {time} {zone}.").format(time=schedule.time, zone=zone)
    if rule.interval == 1 and rule.frequency == "WEEKLY" and rule.by_day:
        days = ", ".join(gettext(DAYS[day]) for _nth, day in rule.by_day)
        return gettext("Every week {days} at {time} {zone}.").format(days=days, time=schedule.time, zone=zone)
    days = ", ".join(str(day) for day in rule.by_month_day)
    if rule.interval == 1 and rule.frequency == "MONTHLY" and days:
        says = gettext("Every month on day {days} at {time} {zone}.")
        return says.format(days=days, time=schedule.time, zone=zone)
    if rule.interval == 1 and rule.frequency == "YEARLY" and days and rule.by_month:
        months = ", ".join(str(month) for month in rule.by_month)
        says = gettext("In the months {months} on day {days} at {time} {zone}.")
        return says.format(months=months, days=days, time=schedule.time, zone=zone)
    says = gettext("By the rule {rule} at {time} {zone}.")
    return says.format(rule=schedule.rule, time=schedule.time, zone=zone)


def types(by: Actor) -> dict[str, Any]:
    """Show the regulation: every information type by its line of work."""
    pack = node.current().pack
    lines: dict[str, list[dict[str, Any]]] = {}
    for each in pack.types:
        lines.setdefault(each.line, []).append(
            {"type": each, "owes": owes_text(each), "when": schedule_text(each), "mine": _mine(each, by)}
        )
    named = [{"name": words(pack.lines.get(line, {})) or line, "types": each} for line, each in lines.items()]
    return {"regulation": pack.regulation, "lines": named, "pack_version": pack.version}


def _mine(type_: InformationType, by: Actor) -> bool:
    on = now().date()
    return by.may("exchange.submit-report") and by.party in node.current().pack.select(type_.owed_by, on=on)


def owes_text(type_: InformationType) -> str:
    """Name who owes a type today; a party that does not take part in its line of work owes nothing."""
    pack, on = node.current().pack, now().date()
    asked = [
        code for code in pack.select(type_.owed_by, on=on) if pack.party(code).takes_part(type_.line, on)
    ]
    return ", ".join(party_name(code) for code in asked) or gettext("nobody")


def type_page(by: Actor, type_: InformationType) -> dict[str, Any]:
    """Show one information type: who owes it, when, what is asked, what is checked, who reads."""
    pack = node.current().pack
    channels = {each.code: words(each.name) for each in pack.channels}
    lists = dict.fromkeys(each.codelist for each in type_.fields if each.codelist)
    return {
        "type": type_,
        "owes": owes_text(type_),
        "to": ", ".join(_receivers(type_)),
        "when": schedule_text(type_),
        "asked": [_asked(each) for each in type_.fields],
        "checks": [{"says": words(each.says), "refuses": each.breaks == "refuse"} for each in type_.checks],
        "codelists": [pack.codelist(code) for code in lists],
        "channels": ", ".join(channels.get(code, code) for code in type_.channels),
        "audience": words(pack.audience(type_.audience).name),
        "audiences": [words(pack.audience(code).name) for code in type_.audiences],
        "status_audience": words(pack.audience(type_.status).name) if type_.status else "",
        "line": words(pack.lines.get(type_.line, {})) or type_.line,
        "mine": _mine(type_, by),
        "missing": _missing(by, type_),
        "nils": [{"says": run_text(run), "slot": run.last} for run in nils.running(by, types=[type_])],
        "is_series": any(each.kind in {"integer", "decimal"} for each in type_.fields),
    }


def _missing(by: Actor, type_: InformationType) -> list[dict[str, Any]]:
    """List the parties from which a type is missing now, each with the posts to call; as far as the viewer may know."""
    if type_.schedule is None:
        return []
    drawn = board.board(by)
    drawn.types = (type_,)
    cells = [drawn.cell(type_, party) for party in drawn.parties]
    duties = [(cell.party, cell.duty) for cell in cells if cell.duty]
    return [
        {
            "party": words(party.short),
            "slot": slot,
            "period": period_text(slot.period),
            "posts": posts(party),
        }
        for party, (slot, status) in duties
        if status is not None and status.timeliness == "missing"
    ]


def _receivers(type_: InformationType) -> list[str]:
    """Name the parties and the bodies to which a type is sent today."""
    pack, on = node.current().pack, now().date()
    bodies = {each.code: words(each.name) for each in pack.bodies}
    parties = [party_name(code) for code in pack.select(type_.to, on=on)]
    return parties + [bodies[code] for code in type_.to if code in bodies and not pack.has_party(code)]


KINDS = {
    "integer": gettext_noop("whole number"),
    "decimal": gettext_noop("number"),
    "text": gettext_noop("text"),
    "code": gettext_noop("one of a list"),
    "codes": gettext_noop("several of a list"),
    "yes_no": gettext_noop("yes or no"),
    "date": gettext_noop("day"),
    "instant": gettext_noop("time in UTC"),
}


def _asked(each: Field) -> dict[str, Any]:
    limits = []
    if each.minimum is not None:
        limits.append(gettext("at least {figure}").format(figure=figure(each.minimum)))
    if each.maximum is not None:
        limits.append(gettext("at most {figure}").format(figure=figure(each.maximum)))
    if each.kind == "text":
        limits.append(gettext("at most {figure} characters").format(figure=figure(each.max_length)))
    if each.cumulative:
        limits.append(gettext("a running total"))
    return {
        "field": each,
        "kind": gettext(KINDS[each.kind]),
        "limits": ", ".join(limits),
        "list": words(node.current().pack.codelist(each.codelist).name) if each.codelist else "",
    }

"""What the pages of the exchange show: plain values and whole sentences, read through the gate.

Everything here is for one viewer: what the viewer may not read does not appear, and is in no count.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_noop

from commonwatch.access.actor import Actor
from commonwatch.charter import recurrence
from commonwatch.charter.label import EVERYBODY
from commonwatch.charter.model import Field, InformationType, Party, Schedule
from commonwatch.desks.exchange import board, forms, labels, rules
from commonwatch.desks.exchange.facts import (
    ReportCarried,
    ReportCorrected,
    ReportSubmitted,
    ReportWithdrawn,
)
from commonwatch.desks.exchange.intake import moment, now
from commonwatch.desks.exchange.models import Activation, Report, Seen, Waiver
from commonwatch.desks.exchange.watching import span
from commonwatch.register import history, node
from commonwatch.register.audience import first_of, following, preceding
from commonwatch.register.gate import label_of
from commonwatch.register.models import Entry
from commonwatch.ui.templatetags.cw import clock, figure, party_name, words

R = TypeVar("R", Waiver, Activation)

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
    if each.codelist:
        names = {item.code: words(item.name) for item in node.current().pack.codelist(each.codelist).items}
        given = value if isinstance(value, list | tuple) else str(value).split(", ")
        return ", ".join(names.get(str(one), str(one)) for one in given)
    if each.kind == "instant":
        return utc(rules.instant(str(value)))
    if each.kind == "decimal" and (get_language() or "").startswith("ru"):
        return str(value).replace(".", ",")
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
        "on_event": type_.schedule is None or type_.urgent,
        **(labels.chooser(by, form) if corrects is None else labels.kept(corrects)),
        "on_behalf": form.owes != by.party,
        "corrects": corrects,
        "may_nil": type_.nil,
        "saved_at": form.saved_at,
        "faults": _named(type_, form.faults),
        "warnings": _named(type_, form.warnings),
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
    parts = {"help": each.help, "last": each.last_value, "fault": each.fault, "warning": each.warning}
    return " ".join(f"{part}-{each.code}" for part, there in parts.items() if there)


def _period_choice(key: str, due: str, chosen: str) -> Choice:
    name = period_text(key)
    if due:
        name = gettext("{period}, due {due}").format(period=name, due=utc(datetime.fromisoformat(due)))
    return Choice(key, name, key == chosen)


# A report


def report(by: Actor, row: Report) -> dict[str, Any]:
    """Show a report: its values, its versions side by side, who may read it, who has seen it, what may be done."""
    type_ = kind_of(row.type)
    journal = row.journal
    label = label_of(level=journal.level, categories=journal.categories, parties=journal.parties)
    level = node.current().pack.level(label.level)
    tone, sign, state = STATES.get(row.state, STATES["value"])
    seen = list(Seen.objects.visible_to(by).filter(subject=row.key).order_by("at", "key"))
    return {
        "row": row,
        "type": type_,
        "period_text": period_text(row.period),
        "event_text": utc(rules.instant(row.event_at)) if row.event_at else "",
        "tone": tone,
        "sign": sign,
        "state": gettext(state),
        "channel": gettext(CHANNELS.get(row.channel, row.channel)),
        "values": _values(type_, row.values),
        "versions": versions(row, type_, reader=by),
        "label": label,
        "banner": {"text": f"{words(level.banner)} · {codes(label.parties)}", "tone": level.tone},
        "categories": ", ".join(label.categories),
        "read_by": labels.sign(label, writer=row.party, sent=True),
        "imported": _imported(row),
        "on_behalf": row.owes != row.party,
        "confirmed": Report.objects.visible_to(by).filter(confirms=row.key).first(),
        "doubles": _doubles(by, row),
        "seen": seen,
        "exercise": journal.mode == "exercise",
        **(epochs := _epochs(by, row)),
        **_may(by, row, seen=seen, continued=bool(epochs["continued"])),
    }


def codes(parties: Sequence[str]) -> str:
    """Write the readers short, as banners have them."""
    return gettext("EVERYBODY") if tuple(parties) == EVERYBODY else " ".join(parties)


def _epochs(by: Actor, row: Report) -> dict[str, Any]:
    """Say whether the report's journal is closed, and which reports continue it or are continued, within reach."""
    before, after = preceding(row.key), following(row.key) if row.journal.closed else ""
    named = [key for key in (before, after) if key]
    there = Report.objects.visible_to(by).filter(key__in=named) if named else ()
    found = {each.key for each in there}
    return {
        "closed": row.journal.closed,
        "continues": before if before in found else "",
        "continued": after if after in found else "",
    }


def _may(by: Actor, row: Report, *, seen: Sequence[Seen], continued: bool) -> dict[str, bool]:
    """Say which buttons stand on a report's page; the acts judge for themselves."""
    mine, stands = row.party == by.party, row.state != "withdrawn" and not continued
    looked = any(each.party == by.party and each.version == row.versions for each in seen)
    return {
        "may_correct": mine and stands and by.may("exchange.correct-report"),
        "may_withdraw": mine and stands and by.may("exchange.withdraw-report"),
        "may_confirm": stands
        and row.owes == by.party
        and row.party != by.party
        and by.may("exchange.confirm-report"),
        "may_see": not mine and not looked and not row.journal.closed and by.may("exchange.mark-seen"),
    }


def values(code: str, values: Mapping[str, Any]) -> list[Shown]:
    """List values of an information type as a person reads them."""
    return _values(kind_of(code), values)


def _values(type_: InformationType | None, values: Mapping[str, Any]) -> list[Shown]:
    """List the values in the order of the form; fields that the type no longer has come last, as they were."""
    fields = {each.code: each for each in type_.fields} if type_ else {}
    known = [
        Shown(words(each.name), value_text(each, values[code]), words(each.unit))
        for code, each in fields.items()
        if code in values
    ]
    return known + [Shown(code, str(value), "") for code, value in values.items() if code not in fields]


def _imported(row: Report) -> str:
    if not row.imported:
        return ""
    says = gettext("Imported: known on {known}, entered on {entered}.")
    return says.format(known=utc(row.first_at), entered=utc(row.written_at))


def _doubles(by: Actor, row: Report) -> list[Report]:
    """Find the other standing reports of the same writer for the same duty, as far as the viewer may see them."""
    if not row.period:
        return []
    same = Report.objects.visible_to(by).filter(
        type=row.type, owes=row.owes, period=row.period, party=row.party
    )
    others = same.latest_to(by).exclude(key=row.key).exclude(state="withdrawn").order_by("written_at", "key")
    return [each for each in others[:20] if first_of(each.key) != first_of(row.key)]


def versions(row: Report, type_: InformationType | None, *, reader: Actor) -> list[Version]:
    """List the versions of a report, newest first, each with what it changed."""
    past = [each for each in history.of_subject(row.key, reader=reader) if each.line.party == row.party]
    found: list[Version] = []
    values: Mapping[str, Any] = {}
    for number, each in enumerate(past, 1):
        said = each.fact.values if isinstance(each.fact, ReportSubmitted | ReportCorrected) else values
        changes = _changes(type_, values, said) if isinstance(each.fact, ReportCorrected) else ()
        found.append(_version(number, each, changes))
        values = said
    return found[::-1]


def _version(number: int, each: history.Past, changes: tuple[Changed, ...]) -> Version:
    fact = each.fact
    what = {
        ReportSubmitted: gettext("filed"),
        ReportCorrected: gettext("corrected"),
        ReportWithdrawn: gettext("withdrawn"),
        ReportCarried: gettext("continued from an earlier epoch"),
    }.get(type(fact), gettext(UNREADABLE))
    if isinstance(fact, ReportSubmitted | ReportCorrected) and fact.nil:
        what = gettext("{what}: nothing to report").format(what=what)
    channel = getattr(fact, "channel", "")
    return Version(
        number=number,
        at=each.line.at,
        known_at=each.line.known_at,
        who=writer(each.line.party, each.line.office),
        what=what,
        how=gettext(CHANNELS[channel]) if channel in CHANNELS else channel,
        why=getattr(fact, "reason", "") or getattr(fact, "note", ""),
        changes=changes,
        entry=each.line.id,
        origin=each.origin,
        place=each.line.number,
    )


def _changes(
    type_: InformationType | None, was: Mapping[str, Any], said: Mapping[str, Any]
) -> tuple[Changed, ...]:
    if type_ is None:
        return ()
    return tuple(
        Changed(words(each.field.name), value_text(each.field, each.was), value_text(each.field, each.now))
        for each in rules.difference(type_, was, said)
    )


def writer(party: str, office: str) -> str:
    """Name who wrote: the party and the office."""
    return f"{party_name(party)}, {office_name(office)}"


def office_name(code: str) -> str:
    """Name an office; by its code when the pack has it no more."""
    offices = {each.code: words(each.name) for each in node.current().pack.offices}
    return offices.get(code, code)


def receipt(past: history.Past, row: Entry) -> dict[str, Any]:
    """Show the receipt of an entry: what it proves, and the file that is verified offline."""
    return {
        "past": past,
        "who": writer(past.line.party, past.line.office),
        "download": reverse("exchange:receipt", args=[past.line.id]),
        "command": f"commonwatch verify {receipt_name(row)}",
    }


def receipt_name(row: Entry) -> str:
    """Name the file of a receipt: its journal's party and the entry's number."""
    return f"receipt-{row.journal.party}-{row.number}.txt"


# A duty


def duty(by: Actor, type_: InformationType, party: Party, slot: rules.Slot) -> dict[str, Any]:
    """Show one cell of the board: how the duty stands and why, its reports, and whom to call."""
    status = board.stand(by, [slot], now=now())[slot]
    open_ = status is not None and status.timeliness in {"in_grace", "missing"}
    return {
        "type": type_,
        "owes": party.code,
        "slot": slot,
        "period_text": period_text(slot.period),
        "status": status,
        "cell": cell(status),
        "reasons": reasons(slot, status),
        "reports": [
            {
                "row": each,
                "cell": STATES.get(each.state, STATES["value"]),
                "state": gettext(STATES[each.state][2]),
            }
            for each in board.reports_for(by, [slot]).get((slot.type, slot.party, slot.period), [])
        ],
        "posts": _posts(party) if open_ else [],
        "may_report": by.party == party.code and by.may("exchange.submit-report"),
        "may_telephone": by.party != party.code and by.may("exchange.submit-on-behalf"),
    }


def cell(status: rules.Status | None) -> tuple[str, str, str]:
    """Return tone, sign and words of how a duty stands."""
    if status is None:
        return ("nil", "·", gettext("not shown to you"))
    return {
        "on_time": ("ok", "✓", gettext("received on time")),
        "late": ("late", "◔", gettext("received late")),
        "in_grace": ("late", "◔", gettext("past due, in grace")),
        "missing": ("miss", "✕", gettext("missing")),
        "due": ("due", "○", gettext("due")),
        "exempt": ("nil", "–", gettext("exempt")),
    }[status.timeliness]


CONTENTS = {
    "withdrawn": gettext_noop("An earlier report was withdrawn."),
    "corrected": gettext_noop("It was corrected after it came."),
    "nil": gettext_noop("The party said that there is nothing to report."),
}


def reasons(slot: rules.Slot, status: rules.Status | None) -> list[str]:
    """Say in whole sentences why a duty stands as it does."""
    said = [
        gettext("Due at {due}.").format(due=utc(slot.due_at)),
        gettext("Missing after {moment}.").format(moment=utc(slot.missing_at)),
    ]
    if status is None:
        return [*said, gettext("Whether it was met is for other readers to know.")]
    if status.received_at is not None:
        said.append(gettext("Received at {moment}.").format(moment=utc(status.received_at)))
    if status.timeliness == "late":
        said.append(gettext("It came {span} late.").format(span=span(status.minutes)))
    if status.timeliness in {"in_grace", "missing"}:
        said.append(gettext("{span} past due.").format(span=span(status.minutes)))
    if status.by_telephone:
        said.append(gettext("Written down by telephone; the party has not confirmed it yet."))
    if status.double:
        said.append(gettext("The party filed more than one report for this period."))
    if status.content in CONTENTS:
        said.append(gettext(CONTENTS[status.content]))
    if status.ground:
        said.append(gettext("Exempt by a waiver. Ground: {ground}").format(ground=status.ground))
    return said


# The regulation

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
            "posts": _posts(party),
        }
        for party, (slot, status) in duties
        if status is not None and status.timeliness == "missing"
    ]


def _posts(party: Party) -> list[dict[str, Any]]:
    return [
        {"name": words(each.name), "telephone": each.telephone, "sample": each.sample} for each in party.posts
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


# Waivers, and what is owed while active


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

"""Tables of a summary: how duties, questions and relays stand, as far as all its readers may know."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from commonwatch.access.actor import Actor
from commonwatch.charter.label import EVERYBODY, Label, flows
from commonwatch.desks.summaries import rules
from commonwatch.desks.summaries.intake.found import label_of, micros, moment, now
from commonwatch.desks.summaries.models import Freed, Matter, Met, Rejoinder
from commonwatch.register import node
from commonwatch.register.audience import first_of, turn_of

Row = tuple[str, ...]
HOUR = 3_600_000_000
MOST = 200


def rows_of(code: str, since: int, until: int, label: Label, *, by: Actor) -> tuple[Row, ...]:
    """Count the rows of a table for the readers of a label, at this moment."""
    tables: Mapping[str, Callable[[int, int, Label, Actor], list[Row]]] = {
        "duties": _duties,
        "questions": _questions,
        "relays": _relays,
    }
    return tuple(tables[code](since, until, label, by)) if code in tables else ()


def _duties(since: int, until: int, label: Label, by: Actor) -> list[Row]:
    """Count of each party: duties that fell due, met, late, missing, corrected; types owed while active left out."""
    dues = [each for each in _dues(since, until) if _may_know(each, label)]
    slips = _slips(dues, label, by)
    freed = [
        (row.type, row.party, row.since, row.until)
        for row in Freed.objects.visible_to(by)
        if flows(label_of(row, by=by), label, scheme=node.current().pack.labels)
    ]
    counts: dict[str, list[int]] = {}
    for due in dues:
        at = micros(due.due_at)
        first, corrected = slips.get((due.type, due.party, due.period), (None, False))
        free = any(
            (type_, party) == (due.type, due.party) and begins <= at and (ends is None or at < ends)
            for type_, party, begins, ends in freed
        )
        if first is None and free:
            continue
        late = first is not None and first > at
        gone = first is None and micros(due.missing_at) <= now()
        row = counts.setdefault(due.party, [0, 0, 0, 0, 0])
        for place, counted in enumerate((True, first is not None, late, gone, corrected)):
            row[place] += counted
    return [(party, *(str(each) for each in row)) for party, row in counts.items()]


def _dues(since: int, until: int) -> list[rules.Due]:
    """List the duties by the calendar that fall due in a stretch, by party and type in the pack's order."""
    pack = node.current().pack
    begins, ends = moment(since), moment(until)
    asked = {
        each.code: set(pack.select(each.owed_by, on=begins.date())) for each in pack.types if each.schedule
    }
    return [
        due
        for party in pack.parties
        for type_ in pack.types
        if party.code in asked.get(type_.code, ())
        for due in rules.due_in(type_, party, since=begins, until=ends)
    ]


def _may_know(due: rules.Due, label: Label) -> bool:
    """Say whether all readers of a label are among those who learn how the party stands with the duty."""
    pack = node.current().pack
    type_ = pack.type(due.type)
    if not pack.has_audience(type_.status):
        return False
    parties = pack.readers(type_.status, originator=due.party, on=due.due_at.date())
    return flows(Label(level=pack.labels.internal, parties=parties), label, scheme=pack.labels)


def _slips(
    dues: Iterable[rules.Due], label: Label, by: Actor
) -> dict[tuple[str, str, str], tuple[int, bool]]:
    """Say of each duty that was met since when, and whether it was corrected; the latest word on each report stands."""
    scheme = node.current().pack.labels
    wanted = {(each.type, each.party, each.period) for each in dues}
    rows = Met.objects.visible_to(by).filter(period__in={period for _type, _party, period in wanted})
    reports: dict[tuple[str, str, str], dict[Any, Any]] = {}
    corrected: set[tuple[str, str, str]] = set()
    for row in sorted(rows, key=lambda each: turn_of(each.key)):
        duty = (row.type, row.owes, row.period)
        if duty not in wanted or not flows(label_of(row, by=by), label, scheme=scheme):
            continue
        for number, (state, since) in msgspec.json.decode(row.reports_json).items():
            reports.setdefault(duty, {})[first_of(row.key), number] = (state, since)
        corrected |= {duty} if row.corrected else set()
    standing = {
        duty: [since for state, since in each.values() if state != "withdrawn"]
        for duty, each in reports.items()
    }
    return {duty: (min(each), duty in corrected) for duty, each in standing.items() if each}


def _known(rows: Iterable[Matter], label: Label, by: Actor) -> list[Matter]:
    scheme = node.current().pack.labels
    return [row for row in rows if flows(label_of(row, by=by), label, scheme=scheme)]


def _replied(rows: Iterable[Matter], by: Actor) -> dict[str, list[Rejoinder]]:
    found: dict[str, list[Rejoinder]] = {}
    keys = [row.key for row in rows]
    for each in Rejoinder.objects.visible_to(by).filter(subject__in=keys).order_by("at", "key"):
        found.setdefault(each.subject, []).append(each)
    return found


def _questions(_since: int, _until: int, label: Label, by: Actor) -> list[Row]:
    """List open questions: who asked, who is asked, hours since, "answered", "late" or "open"."""
    rows = Matter.objects.visible_to(by).filter(what="question", state="open").order_by("due", "key")[:MOST]
    known = _known(rows, label, by)
    replies = _replied(known, by)
    found: list[Row] = []
    for row in known:
        answered = any(each.how in {"answered", "refused"} for each in replies.get(row.key, ()))
        stands = "answered" if answered else "late" if row.due <= now() else "open"
        found.append((row.party, row.to, str((now() - row.first_at) // HOUR), stands))
    return found


def _relays(since: int, _until: int, label: Label, by: Actor) -> list[Row]:
    """List relays that some recipient has not acknowledged: type, of whom, when, whom it waits for."""
    rows = (
        Matter.objects.visible_to(by)
        .filter(what="relay", last_at__gte=since)
        .order_by("last_at", "key")[:MOST]
    )
    known = _known(rows, label, by)
    replies = _replied(known, by)
    found: list[Row] = []
    for row in known:
        done = {each.party for each in replies.get(row.key, ()) if "acknowledged" in (each.how, each.outcome)}
        waits = [each for each in row.to.split(",") if each and each not in done]
        if waits and label.parties != EVERYBODY:
            found.append((row.type, row.owes, f"{moment(row.last_at):%H:%M}", " ".join(waits)))
    return found

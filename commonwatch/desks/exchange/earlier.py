"""What a party reported before: its last report of a type, and what it said elsewhere for an overlapping time."""

from datetime import timedelta

import msgspec
from django.db.models import Q

from commonwatch.access.actor import Actor
from commonwatch.charter.label import Label, flows, spelled_out
from commonwatch.charter.model import InformationType
from commonwatch.desks.exchange import rules
from commonwatch.desks.exchange.models import Report
from commonwatch.register import node

MOST_FOUND = 400
DAY = timedelta(days=1)


def last_said(by: Actor, type_: InformationType, *, owes: str, period: str, besides: str = "") -> rules.Said:
    """Return what a party said in its last standing report of a type before a period; of an event, before now.

    `besides` is a report that does not count: the one that is corrected. One query.
    """
    rows = Report.objects.visible_to(by).filter(type=type_.code, owes=owes, state="value").latest_to(by)
    if besides:
        rows = rows.exclude(key=besides)
    if period:
        rows = rows.filter(period__gt="", period__lt=period).order_by("-period", "-last_at")
    else:
        rows = rows.filter(period="").order_by("-first_at", "-last_at")
    found = rows.values_list("period", "event_at", "values_json").first()
    if found is None:
        return rules.NOTHING_SAID
    return rules.Said(found[0] or found[1], msgspec.json.decode(found[2]))


def said_elsewhere(  # noqa: PLR0913 - the report that is written, by its parts
    by: Actor, type_: InformationType, *, owes: str, period: str, event_at: str, label: Label
) -> dict[str, rules.Source]:
    """Find what a party said in other returns for an overlapping time, by the fields that ask for the same.

    What was written for fewer readers than `label` has, or above its level, is not found: it would be released in
    passing. One query; none for a type whose fields are asked nowhere else.
    """
    asked = {of for each in type_.fields for of, _field in each.sources}
    within = rules.stretch(period, event_at) if asked else None
    if within is None:
        return {}
    near = (within[0] - DAY).date().isoformat(), (within[1] + 2 * DAY).date().isoformat()
    on_event = Q(period="", event_at__gte=near[0], event_at__lt=near[1])
    rows = (
        Report.objects.visible_to(by)
        .filter(type__in=asked, owes=owes, state="value")
        .filter(Q(period__in=rules.periods_within(*within)) | on_event)
        .latest_to(by)
        .order_by("-last_at", "key")
    )
    columns = ("key", "type", "period", "event_at", "values_json", "last_at", "last_entry", "journal_id")
    open_to = _open_to(by, label)
    found = [
        rules.Before(key, of, at, event, msgspec.json.decode(values), last_at, entry)
        for key, of, at, event, values, last_at, entry, journal in rows.values_list(*columns)[:MOST_FOUND]
        if journal in open_to
    ]
    return rules.sources(type_, found, period=period, event_at=event_at)


def _open_to(by: Actor, label: Label) -> set[int]:
    """Return the journals within reach whose matter every reader of a label may read."""
    scheme = node.current().pack.labels
    wide = spelled_out(label, originator=by.party)
    return {
        shelf.id
        for shelf in by.shelves
        if flows(spelled_out(shelf.label, originator=shelf.party), wide, scheme=scheme)
    }

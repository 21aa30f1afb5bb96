"""What the pages on releases show: the choice and what it comes to, the release, and what was released of a report."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from commonwatch.access import pairs
from commonwatch.access.actor import Actor
from commonwatch.charter.label import Label
from commonwatch.desks.exchange import acts, labels, shown
from commonwatch.desks.exchange.facts import ReportCorrected, ReportSubmitted
from commonwatch.desks.exchange.models import Report
from commonwatch.register import history
from commonwatch.register.gate import label_of
from commonwatch.ui.templatetags.cw import party_name, type_name


def proposed(by: Actor, body: pairs.Body) -> pairs.Shown:
    """Put a proposed release in words for the second person: what would be read, by whom, on what ground."""
    row = Report.objects.visible_to(by).select_related("journal").filter(key=body["report"]).first()
    if row is None:
        return pairs.Shown(gettext("Release of a report that is not within reach"), ())
    source = source_of(row)
    target = Label(level=body["level"], categories=tuple(body["categories"]), parties=tuple(body["parties"]))
    values = _released_values(row, body["of"], body["fields"], by=by)
    terms = [
        (gettext("Report"), what(row)),
        (gettext("Read until now"), labels.may_read(source.parties, writer=row.party)),
        (gettext("After the release"), labels.will_read(target.parties, writer=row.party)),
        (gettext("New readers"), newcomers_text(source, target)),
        (gettext("Level"), level_text(source, target)),
        *((each.name, f"{each.value} {each.unit}".strip()) for each in shown.values(row.type, values)),
        (gettext("Ground"), body["ground"]),
    ]
    if acts.hash_of(row, by=by) != body["of"]:
        says = gettext("The report was changed after this was proposed; it cannot be released as proposed.")
        terms.insert(0, (gettext("Changed"), says))
    return pairs.Shown(gettext("Release of: {what}").format(what=what(row)), tuple(terms))


def what(row: Any) -> str:
    """Name a report or a release in one line: its type, whose it is, its period."""
    parts = (
        type_name(row.type),
        party_name(row.owes),
        shown.period_text(row.period) if row.period else row.event_at,
    )
    return ", ".join(part for part in parts if part)


def source_of(row: Report) -> Label:
    """Return the label of a report that was read with its journal."""
    journal = row.journal
    return label_of(level=journal.level, categories=journal.categories, parties=journal.parties)


def newcomers_text(source: Label, target: Label) -> str:
    """Name who would read and may not read the report."""
    new = acts.newcomers(source, target)
    if new == ("*",):
        return gettext("everybody, the public included")
    return labels.names(new) or gettext("no other party")


def level_text(source: Label, target: Label) -> str:
    """Say from which level to which."""
    if source.level == target.level and source.categories == target.categories:
        return gettext("{level}, unchanged").format(level=_marks(source))
    return gettext("from {before} to {after}").format(before=_marks(source), after=_marks(target))


def _marks(label: Label) -> str:
    return " ".join((label.level, *label.categories))


def _released_values(row: Report, of: str, fields: Sequence[str], *, by: Actor) -> Mapping[str, Any]:
    """Return the values of the version that is named by its hash, cut down to the fields named."""
    for past in history.of_subject(row.key, reader=by):
        if past.place.hash == of and isinstance(past.fact, ReportSubmitted | ReportCorrected):
            return {code: past.fact.values[code] for code in fields if code in past.fact.values}
    return {}

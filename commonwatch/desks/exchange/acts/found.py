"""What several acts look for: a report within reach, its first entry, the label of a row, the name of a new subject."""

from typing import Any

from commonwatch.access.actor import Actor
from commonwatch.charter.label import Label
from commonwatch.desks.exchange.carrying import newest
from commonwatch.desks.exchange.models import Report
from commonwatch.errors import Refusal, _
from commonwatch.journal.entry import new_id
from commonwatch.register import history, node


class NoSuchReport(Refusal):
    """Absent and forbidden look alike."""

    code, status = "exchange.no-such-report", 404
    says = _("There is no such report.")
    hint = _("It may have been written for other readers.")


class NotYours(Refusal):
    """Only the writer moves a report."""

    code, status = "exchange.not-yours", 403
    says = _("This report was written by {party}; only {party} may change it.")
    hint = _("Ask {party} to correct it.")


def new_subject(kind: str, party: str) -> str:
    """Mint the name of a subject that `party` will own."""
    at = node.current()
    return f"{kind}/{party}/{new_id(millis=at.clock() // 1000, random=at.random(10))}"


def report_of(subject: str, *, by: Actor) -> Report:
    """Return a report within reach.

    :raises NoSuchReport: absent and forbidden alike.
    """
    if "\0" in subject:  # PostgreSQL does not take it into a query
        raise NoSuchReport
    row = Report.objects.visible_to(by).select_related("journal").filter(key=subject).first()
    if row is None:
        raise NoSuchReport
    return row


def own_report(subject: str, *, by: Actor) -> Report:
    """Return a report that one's own party wrote, as it goes on in the latest epoch.

    :raises NoSuchReport, NotYours: naming whose it is.
    """
    row = report_of(subject, by=by)
    if row.party != by.party:
        raise NotYours(party=row.party)
    return newest(row, reader=by)


def first_entry(row: Report, *, by: Actor) -> history.Past:
    """Return the entry that opened a report."""
    found = history.entry(row.entry, reader=by)
    if found is None:
        raise NoSuchReport
    return history.past(found)


def label_of(row: Any, *, by: Actor) -> Label:
    """Return the label of a projection's row: that of its journal."""
    return next(shelf.label for shelf in by.shelves if shelf.id == row.journal_id)

"""What several parts of the desk look for: moments, labels of rows, summaries and what may stand in them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from commonwatch.charter.label import EVERYBODY, Label, spelled_out
from commonwatch.desks.summaries.models import Matter, Summary, SummaryReceipt
from commonwatch.errors import Refusal, _
from commonwatch.register import node
from commonwatch.register.audience import following
from commonwatch.register.gate import Reader

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FORMS = ("day", "sitrep")
CODES = {"day": "D2", "sitrep": "U4"}
"""The information types of the regulation to which the forms belong; a pack may have neither."""
SHORT = {"day": "D2", "sitrep": "SITREP"}


class NoSuchSummary(Refusal):
    """Absent and forbidden look alike."""

    code, status = "summaries.no-such-summary", 404
    says = _("There is no such summary.")
    hint = _("It may have been written for other readers.")


class NoSuchMatter(Refusal):
    """Something to be put into a summary that is not within reach."""

    code, status = "summaries.no-such-matter", 404
    says = _("What was to be put into the summary is not within reach.")
    hint = _("It may have been written for other readers; take it out of the draft.")


class NoSuchForm(Refusal):
    """A form of summary that there is not."""

    code, status = "summaries.no-such-form", 422
    says = _("There is no summary of the form “{form}”.")
    hint = _("Choose the day's summary or a situation report.")


def micros(at: datetime) -> int:
    """Write a moment as microseconds UTC."""
    return (at - EPOCH) // timedelta(microseconds=1)


def moment(at: int) -> datetime:
    """Read microseconds UTC as an aware moment."""
    return EPOCH + timedelta(microseconds=at)


def now() -> int:
    """Return the node's present moment in microseconds UTC."""
    return node.current().clock()


def end_of(until: int) -> str:
    """Name the day (ISO, UTC) in which a stretch ends; midnight belongs to the day before."""
    return moment(until - 1).date().isoformat()


def code_of(form: str) -> str:
    """Return the short name that a form has in numbers."""
    return SHORT.get(form, form)


def label_of(row: Any, *, by: Reader) -> Label:
    """Return the label of a row: that of its journal, written out with its originator."""
    shelf = next(each for each in by.shelves if each.id == row.journal_id)
    return spelled_out(shelf.label, originator=shelf.party)


def matters(subjects: Iterable[str], *, by: Reader) -> dict[str, Matter]:
    """Read what may stand in a summary by subject, each as it goes on in the latest epoch within reach."""
    wanted = {each for each in subjects if each and "\0" not in each}
    found: dict[str, Matter] = {}
    names = {subject: subject for subject in wanted}
    while names:
        rows = {row.key: row for row in Matter.objects.visible_to(by).filter(key__in=list(names))}
        found |= {names[key]: row for key, row in rows.items()}
        names = {following(key): names[key] for key in rows}
    return found


def summary_of(subject: str, *, by: Reader) -> Summary:
    """Return a summary within reach.

    :raises NoSuchSummary: absent and forbidden alike.
    """
    if "\0" in subject:
        raise NoSuchSummary
    row = Summary.objects.visible_to(by).select_related("journal").filter(key=subject).first()
    if row is None:
        raise NoSuchSummary
    return row


def recipients(label: Label, *, writer: str) -> tuple[str, ...]:
    """List who is to acknowledge: all readers but the writer, in the pack's order; of what is public, nobody."""
    if label.parties == EVERYBODY:
        return ()
    return tuple(
        each.code
        for each in node.current().pack.parties
        if each.code in label.parties and each.code != writer
    )


def outstanding(row: Summary, receipts: Iterable[SummaryReceipt], *, by: Reader) -> tuple[str, ...]:
    """List the recipients of the present version that have not acknowledged it, nor said so by telephone."""
    done = {
        each.party
        for each in receipts
        if each.version == row.version and "acknowledged" in (each.how, each.outcome)
    }
    return tuple(each for each in recipients(label_of(row, by=by), writer=row.party) if each not in done)

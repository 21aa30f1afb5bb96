"""What pages read: what came since the last summary, the summaries, who has acknowledged; read through the gate."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import QuerySet

from commonwatch.access import logs
from commonwatch.access.actor import Actor
from commonwatch.charter.label import EVERYBODY
from commonwatch.charter.model import InformationType
from commonwatch.desks.summaries.intake import label_of, matters, now, outstanding, recipients
from commonwatch.desks.summaries.models import Matter, Summary, SummaryReceipt
from commonwatch.register import node
from commonwatch.register.audience import preceding

CAME = 200
LISTED = 30
DAY = 86_400_000_000
LONG = 7 * DAY


class Wanted(NamedTuple):
    """Which of what came is asked for: a party, a type, a kind of thing; empty for all."""

    party: str = ""
    type: str = ""
    what: str = ""


def came(by: Actor, *, since: int, wanted: Wanted | None = None) -> list[Matter]:
    """List what came or changed since a moment: urgent first, then the newest; of two epochs the later word."""
    wanted = wanted or Wanted()
    rows = Matter.objects.visible_to(by).filter(last_at__gte=since).exclude(owes=by.party)
    if wanted.party:
        rows = rows.filter(owes=wanted.party) | rows.filter(owes="", party=wanted.party)
    if wanted.type:
        rows = rows.filter(type=wanted.type)
    if wanted.what:
        rows = rows.filter(what=wanted.what)
    found = list(rows.select_related("journal").order_by("-last_at", "key")[:CAME])
    earlier = {preceding(each.key) for each in found}
    standing = [each for each in found if each.key not in earlier]
    return sorted(standing, key=lambda each: (not is_urgent(each), -each.last_at, each.key))


def is_urgent(row: Matter) -> bool:
    """Say whether something is urgent: by its type, or as a question that was asked so."""
    type_ = type_of(row.type)
    if row.what == "question":
        return row.values.get("urgency") == "urgent"
    return row.what == "relay" or (type_ is not None and type_.urgent)


def type_of(code: str) -> InformationType | None:
    """Return an information type, or None when the pack has it no more."""
    pack = node.current().pack
    return pack.type(code) if pack.has_type(code) else None


def look(by: Actor, rows: Iterable[Matter | Summary], *, how: str = "page") -> None:
    """Write into the log of reading that `by` is about to be given what these say."""
    logs.opened(
        by=by,
        things=[
            logs.thing(
                row,
                version=row.version,
                detail=f"{row.form} {row.day}" if isinstance(row, Summary) else f"{row.type} {row.period}",
            )
            for row in rows
        ],
        how=how,
    )


def look_at(by: Actor, subjects: Iterable[str]) -> None:
    """Write into the log of reading that a draft gives `by` what was chosen into it."""
    look(by, matters(subjects, by=by).values())


def summaries(by: Actor, *, day: str = "", before: int = 0) -> QuerySet[Summary]:
    """Return the summaries within reach, newest first: those of a day, and those released before a moment."""
    rows = Summary.objects.visible_to(by).select_related("journal")
    if day:
        rows = rows.filter(day=day)
    if before:
        rows = rows.filter(released_at__lt=before)
    return rows.order_by("-released_at", "key")


def receipts(by: Actor, subjects: Iterable[str]) -> dict[str, list[SummaryReceipt]]:
    """Read who acknowledged which of these summaries, and the calls about them, in one query."""
    found: dict[str, list[SummaryReceipt]] = {}
    rows = SummaryReceipt.objects.visible_to(by).filter(subject__in=list(subjects))
    for each in rows.order_by("at", "key"):
        found.setdefault(each.subject, []).append(each)
    return found


def read_version(known: Iterable[SummaryReceipt], *, party: str) -> int:
    """Return the last version that a party acknowledged itself; 0 for none."""
    own = [each.version for each in known if each.party == party and each.how == "acknowledged"]
    return max(own, default=0)


def unacknowledged(by: Actor) -> list[tuple[Summary, tuple[str, ...]]]:
    """List the summaries of the last week that somebody is still to acknowledge, with those who are."""
    since = now() - LONG
    rows = list(summaries(by).filter(version_at__gte=since, state="stands", journal__closed=False)[:50])
    known = receipts(by, [row.key for row in rows])
    found = ((row, outstanding(row, known.get(row.key, ()), by=by)) for row in rows)
    return [(row, parties) for row, parties in found if parties]


def is_recipient(row: Summary, by: Actor) -> bool:
    """Say whether one's own party is to acknowledge a summary."""
    label = label_of(row, by=by)
    return label.parties != EVERYBODY and by.party in recipients(label, writer=row.party)

"""What waits of this desk: the day's summary for the Center, acknowledgements for recipients."""

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext

from commonwatch.access.actor import Actor
from commonwatch.access.waiting import Waiting
from commonwatch.desks.summaries import board, rules
from commonwatch.desks.summaries.intake import CODES, code_of, micros, moment, now
from commonwatch.desks.summaries.models import Summary
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import clock, party_name

AHEAD = timedelta(minutes=60)


def find(by: Actor) -> Iterator[Waiting]:
    """Yield what waits for an actor: the summary that is due, and the summaries that are not acknowledged."""
    if by.may("summaries.compose-summary"):
        yield from _due(by)
    if by.may("summaries.acknowledge-summary") or by.may("summaries.compose-summary"):
        yield from _acknowledgements(by)


def _due(by: Actor) -> Iterator[Waiting]:
    """Yield the day's summary when it is due by the regulation and none was released for the day."""
    at = node.current()
    type_ = board.type_of(CODES["day"])
    if type_ is None or not at.pack.has_party(by.party):
        return
    due = rules.last_due(type_, at.pack.party(by.party), now=moment(now()), ahead=AHEAD)
    if due is None or due.due_at < moment(now()) - timedelta(days=1):
        return
    mine = Summary.objects.visible_to(by).filter(form="day", party=by.party, day=due.period, state="stands")
    if mine.exists():
        return
    yield Waiting(
        key=f"summary/day/{due.period}",
        kind="duty",
        title=gettext("The day's summary for {day} is not released").format(day=due.period),
        text=gettext("Due at {due}.").format(due=clock(due.due_at)),
        url=reverse("summaries:new"),
        action=gettext("Compose"),
        due_at=micros(due.due_at),
        since=micros(due.due_at - AHEAD),
        order=1,
        also=reverse("exchange:duty", args=[due.type, due.party, due.period]),
    )


def _acknowledgements(by: Actor) -> Iterator[Waiting]:
    """Yield what one's party is to acknowledge; for the writer, what others have not by the time they should have."""
    for row, parties in board.unacknowledged(by):
        mine, theirs = by.party in parties, row.party == by.party and row.due <= now()
        if not (mine and by.may("summaries.acknowledge-summary")) and not theirs:
            continue
        name = rules.number_of(code_of(row.form), row.day, row.count, row.version)
        if mine:
            text = gettext("Acknowledge it by {due}.").format(due=clock(row.due))
        else:
            waits = ", ".join(party_name(each) for each in parties)
            text = gettext("Not acknowledged by: {parties}.").format(parties=waits)
        yield Waiting(
            key=f"{row.key}/{row.version}/acknowledged",
            kind="duty",
            title=gettext("Summary {number}").format(number=name),
            text=text,
            url=reverse("summaries:summary", args=[row.key]),
            action=gettext("Open"),
            due_at=row.due,
            since=row.version_at,
            order=2,
        )

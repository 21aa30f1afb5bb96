"""What of this desk waits for somebody: on the Watch page and for the ladder. It says what, never a text."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext

from commonwatch.access.actor import Actor
from commonwatch.access.waiting import Waiting
from commonwatch.desks.traffic import board, rules
from commonwatch.desks.traffic.board import Pending, Thread
from commonwatch.desks.traffic.intake import now
from commonwatch.desks.traffic.labels import about, names
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import clock, party_name

MOST = 60


def find(by: Actor) -> Iterator[Waiting]:
    """Yield what waits for an actor: questions to answer or to close, relays to acknowledge, notices to relay."""
    if by.may("traffic.answer-question"):
        yield from _to_answer(by)
    if by.may("traffic.close-question"):
        yield from _to_close(by)
    if by.may("traffic.acknowledge-relay"):
        yield from _to_acknowledge(by)
    if by.may("traffic.relay-notice"):
        yield from (_to_relay(each) for each in board.pending(by))
    if by.may("traffic.log-call"):
        yield from _to_call(by)


def _to_answer(by: Actor) -> Iterator[Waiting]:
    for each in board.threads(board.open_for(by)[:MOST], by=by):
        row = each.row
        if each.answered or row.journal.closed:
            continue
        confirms, late = row.wants == "confirmation", row.due < now()
        says = (
            gettext("{party} asks for confirmation: {what}") if confirms else gettext("{party} asks: {what}")
        )
        yield Waiting(
            key=f"{row.key}:answer",
            kind="confirmation" if confirms else "question",
            title=says.format(party=party_name(row.party), what=about(row)),
            text=gettext("The answer is due at {due}.").format(due=clock(row.due)),
            url=reverse("traffic:question", args=[row.key]),
            action=gettext("Give the answer"),
            due_at=row.due,
            since=row.asked_at,
            order=0 if confirms else 1 if late or row.urgency == "urgent" else 3,
        )


def _to_close(by: Actor) -> Iterator[Waiting]:
    for each in board.threads(board.open_of(by)[:MOST], by=by):
        if each.answered:
            yield _answered(each)
        elif each.row.due < now():
            yield _overdue(each)


def _answered(each: Thread) -> Waiting:
    row, last = each.row, each.answers[-1]
    says = (
        gettext("{party} does not answer: {what}")
        if last.refused
        else gettext("{party} has answered: {what}")
    )
    return Waiting(
        key=f"{row.key}:close",
        kind="question",
        title=says.format(party=party_name(row.to), what=about(row)),
        text=gettext("Read it, and close the question or ask further."),
        url=reverse("traffic:question", args=[row.key]),
        action=gettext("Read"),
        due_at=last.at + node.current().pack.duty.timers.question_routine * rules.MINUTE,
        since=last.at,
        order=1 if row.wants == "confirmation" else 2,
    )


def _overdue(each: Thread) -> Waiting:
    row = each.row
    return Waiting(
        key=f"{row.key}:overdue",
        kind="confirmation" if row.wants == "confirmation" else "question",
        title=gettext("{party} has not answered: {what}").format(party=party_name(row.to), what=about(row)),
        text=gettext("The answer was due at {due}.").format(due=clock(row.due)),
        url=reverse("traffic:question", args=[row.key]),
        action=gettext("Open"),
        due_at=row.due,
        since=row.due,
        order=0 if row.wants == "confirmation" else 1,
    )


def _to_acknowledge(by: Actor) -> Iterator[Waiting]:
    since = now() - board.LATELY
    rows = board.relays(by).filter(relayed_at__gte=since).exclude(party=by.party)[:MOST]
    for each in board.passed((row for row in rows if by.party in row.parties), by=by):
        row = each.row
        if by.party not in each.lacking or row.journal.closed:
            continue
        yield Waiting(
            key=f"{row.key}:acknowledge",
            kind="relay",
            title=gettext("Urgent notice relayed: {what}").format(what=about(row)),
            text=gettext("Acknowledge it by {due}.").format(due=clock(row.due)),
            url=reverse("traffic:relay", args=[row.key]),
            action=gettext("Read and acknowledge"),
            due_at=row.due,
            since=row.relayed_at,
            order=0,
        )


def _to_call(by: Actor) -> Iterator[Waiting]:
    rows = board.relays(by).filter(party=by.party, due__lt=now(), relayed_at__gte=now() - board.LATELY)
    for each in board.passed(rows[:MOST], by=by):
        row = each.row
        if not each.lacking or row.journal.closed:
            continue
        yield Waiting(
            key=f"{row.key}:call",
            kind="relay",
            title=gettext("Not acknowledged: {what}").format(what=about(row)),
            text=gettext("Telephone and log: {parties}.").format(parties=names(each.lacking)),
            url=reverse("traffic:relay", args=[row.key]),
            action=gettext("Call"),
            due_at=row.due,
            since=row.due,
            order=0,
        )


def _to_relay(each: Pending) -> Waiting:
    if each.anew:
        says = gettext("A relayed notice was corrected; relay it anew: {what}")
    else:
        says = gettext("Urgent notice to be relayed: {what}")
    if each.possible:
        text = gettext("Relay it by {due}.").format(due=clock(each.due))
    elif each.asked:
        text = gettext("Its release was asked for; it can be relayed once it is released.")
    else:
        text = gettext("Nobody else may read it: ask for its release.")
    return Waiting(
        key=f"{each.notice.key}:relay:{each.target.versions}",
        kind="relay",
        title=says.format(what=about(each.notice)),
        text=text,
        url=reverse("traffic:relay-new", args=[each.target.key]),
        action=gettext("Relay") if each.possible else gettext("Open"),
        due_at=each.due,
        since=each.target.last_at,
        order=3 if each.asked and not each.possible else 0,
    )

"""What of this desk waits for somebody: on the Watch page and for the ladder. It says what, never a text."""

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext

from commonwatch.access.actor import Actor
from commonwatch.access.waiting import Waiting
from commonwatch.desks.traffic import board, rules
from commonwatch.desks.traffic.board import Passed, Pending, Thread
from commonwatch.desks.traffic.intake import now
from commonwatch.desks.traffic.labels import about, names
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import clock, party_name

MOST = 120
RELAYING = ("traffic.acknowledge-relay", "traffic.relay-notice", "traffic.log-call")


def find(by: Actor) -> Iterator[Waiting]:
    """Yield what waits for an actor: questions to answer or to close, relays to acknowledge, notices to relay."""
    asked: set[str] = set()
    if by.may("traffic.answer-question") or by.may("traffic.close-question"):
        threads = board.threads(board.open_between(by)[:MOST], by=by)
        ours = [each for each in threads if each.row.party == by.party]
        asked = {each.row.report for each in ours if each.row.wants == "release"}
        if by.may("traffic.answer-question"):
            yield from _to_answer([each for each in threads if each.row.to == by.party])
        if by.may("traffic.close-question"):
            yield from _to_close(ours)
    if any(by.may(each) for each in RELAYING):
        yield from _of_relays(by, asked)


def _of_relays(by: Actor, asked: set[str]) -> Iterator[Waiting]:
    relayed = board.latest_relays(by)
    since = now() - board.LATELY
    lately = [each for each in relayed if each.relayed_at >= since and not each.journal.closed]
    if by.may("traffic.acknowledge-relay"):
        rows = [each for each in lately if by.party in each.parties]
        yield from _to_acknowledge(by, board.passed(rows, by=by))
    if by.may("traffic.relay-notice"):
        yield from (_to_relay(each) for each in board.pending(by, relayed=relayed, asked=asked))
    if by.may("traffic.log-call"):
        rows = [each for each in lately if each.party == by.party and each.due < now()]
        yield from _to_call(board.passed(rows, by=by))


def _to_answer(threads: Sequence[Thread]) -> Iterator[Waiting]:
    for each in threads:
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


def _to_close(threads: Sequence[Thread]) -> Iterator[Waiting]:
    for each in threads:
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


def _to_acknowledge(by: Actor, relays: Sequence[Passed]) -> Iterator[Waiting]:
    for each in relays:
        row = each.row
        if by.party not in each.lacking:
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


def _to_call(relays: Sequence[Passed]) -> Iterator[Waiting]:
    for each in relays:
        row = each.row
        if not each.lacking:
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

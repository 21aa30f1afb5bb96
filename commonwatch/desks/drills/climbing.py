"""What of the drills waits for somebody: the call for its posts, the start of a planned drill for who leads it."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext

from commonwatch.access.actor import Actor
from commonwatch.access.waiting import Waiting
from commonwatch.desks.drills import intake, rules
from commonwatch.desks.drills.models import Call, Plan
from commonwatch.desks.drills.shown import drill_name
from commonwatch.ui.templatetags.cw import clock, type_name

OPEN = frozenset({"waiting", "overdue"})


def find(by: Actor) -> Iterator[Waiting]:
    """Yield what waits for an actor of the exercise; in the real mode nothing is asked and nothing waits."""
    if by.mode == "real":
        return
    at = intake.now()
    if by.may("drills.run-drill"):
        yield from _starts(by, at)
    if by.may("drills.answer-drill"):
        calls = [call for call in intake.running(by, at=at) if by.party in call.codes]
        found = intake.scores(by, calls, at=at)
        for call in calls:
            yield from _of_call(by, call, found[call.key])


def _starts(by: Actor, at: int) -> Iterator[Waiting]:
    """Yield the planned drills whose moment has come."""
    for row in Plan.objects.visible_to(by).filter(state="planned", starts__lte=at).order_by("starts", "key"):
        yield Waiting(
            key=f"drill/{row.key}",
            kind="drill",
            title=gettext("Drill: {drill} is to start").format(drill=drill_name(row.drill)),
            text=gettext("It was planned for {at} UTC.").format(at=clock(row.starts)),
            url=reverse("drills:plan", args=[row.key]),
            action=gettext("Open"),
            due_at=row.starts,
            since=row.starts,
            order=1,
        )


def _of_call(by: Actor, call: Call, score: rules.Score) -> Iterator[Waiting]:
    """Yield what a post still owes to a call; one that plays silence is told that it is called, and what it plays."""
    own = next(each for each in score.posts if each.post == by.party)
    names = {"drill": drill_name(call.drill)}
    if any(each.fault == rules.SILENT for each in own.faults):
        title = gettext("Drill: {drill}: your post plays that it does not answer").format(**names)
        yield _waiting(call, rules.ACKNOWLEDGE, call.acknowledge, title, by.party)
        return
    for each in own.timed:
        if each.standing in OPEN:
            said = (
                gettext("Drill: {drill}: acknowledge the call")
                if each.what == rules.ACKNOWLEDGE
                else gettext("Drill: {drill}: send the test message {type}")
            )
            yield _waiting(
                call, each.what, each.limit, said.format(**names, type=type_name(each.what)), by.party
            )


def _waiting(call: Call, what: str, minutes: int, title: str, party: str) -> Waiting:
    due = call.started_at + minutes * rules.MINUTE
    return Waiting(
        key=f"drill/{call.key}/{party}/{what}",
        kind="drill",
        title=title,
        text=gettext("EXERCISE. Until {due} UTC.").format(due=clock(due)),
        url=reverse("drills:call", args=[call.key]),
        action=gettext("Open"),
        due_at=due,
        since=call.started_at,
        order=0 if what == rules.ACKNOWLEDGE else 1,
    )

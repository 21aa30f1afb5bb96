"""The acts of the drills: planning, starting, answering, finding faults, ending, keeping the score."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext

from commonwatch.access import waiting
from commonwatch.access.actor import Actor, require
from commonwatch.charter.label import Label
from commonwatch.desks.drills import intake, rules
from commonwatch.desks.drills.facts import (
    CallAcknowledged,
    CallEnded,
    CallMade,
    DrillCancelled,
    DrillPlanned,
    DrillStarted,
    FaultFound,
    PartGiven,
    ResultDrawn,
    Scored,
    ScoreKept,
)
from commonwatch.desks.drills.intake import call_of, new_subject, now, plan_behind, plan_of
from commonwatch.desks.drills.models import Answer, Call, Found, Plan
from commonwatch.desks.drills.projection import answer_key, find_key
from commonwatch.errors import Refusal, _
from commonwatch.register import log, node
from commonwatch.register.draft import Draft
from commonwatch.register.gate import label_of
from commonwatch.ui.templatetags.cw import clock, party_name

__all__ = [
    "NotCalled",
    "NotYourDrill",
    "acknowledge",
    "acknowledge_for",
    "cancel_drill",
    "end_drill",
    "keep_score",
    "mark_found",
    "plan_drill",
    "start_drill",
]

MOST_NAMED = 3


class NotYourDrill(Refusal):
    """Who called the posts ends the drill."""

    code, status = "drills.not-your-drill", 403
    says = _("This drill is held by {party}; only {party} may do that.")
    hint = _("Ask {party}.")


class NotCalled(Refusal):
    """Only who is called answers."""

    code, status = "drills.not-called", 422
    says = _("{post} is not called in this drill.")
    hint = _("It calls: {posts}.")


@log.turn
def plan_drill(  # noqa: PLR0913 - what a plan says, by name
    *,
    by: Actor,
    drill: str,
    posts: Sequence[str],
    starts: int | None = None,
    faults: Mapping[str, str] | None = None,
    seed: str = "",
    drawn: bool = False,
    confirmed: bool = False,
) -> Plan:
    """Plan a drill for a moment (microseconds UTC), or start it at once when none is named.

    Faults are given by post, or `drawn` from a seed; an empty one is made and kept.

    :raises NotInExercise, NoSuchDrill, NoPosts, NotAPost, NoSuchFault, StartUnreadable: naming what is wrong.
    :raises PostBusy, RealOpen: as `start_drill` does, when it starts at once.
    """
    require(by, "drills.run-drill")
    rules.check_mode(by.mode)
    kind, chosen = intake.drill_of(drill), tuple(dict.fromkeys(posts))
    rules.check_posts(chosen, known=intake.posts_known())
    at = now()
    if starts is not None and starts < at - rules.MINUTE:
        raise rules.StartUnreadable(text=clock(starts))
    if drawn:
        seed = seed.strip()[:64] or node.current().random(8).hex()
        faults = rules.draw(chosen, drill=kind, seed=seed)
    given = dict(faults or {})
    rules.check_faults(given, drill=kind, posts=chosen)
    subject = new_subject("plan", by.party)
    fact = DrillPlanned(
        drill=drill, posts=chosen, starts=at if starts is None else starts,
        faults=tuple((post, given[post]) for post in chosen if post in given), seed=seed if drawn else "",
    )  # fmt: skip
    log.append(fact, by=by, subject=subject, label=intake.own_label(by.party), settled=True)
    by.again()
    if starts is None:
        start_drill(by=by, plan=subject, confirmed=confirmed)
    return plan_of(subject, by=by)


@log.turn
def start_drill(*, by: Actor, plan: str, confirmed: bool = False) -> Call:
    """Send the call of a planned drill out, and give each post the part that it plays.

    :raises NotInExercise, NoSuchCall, NotYourDrill, StartedAlready: when there is nothing to start.
    :raises PostBusy: naming the posts that are in a drill already.
    :raises RealOpen: naming what is real and waits, unless that was confirmed.
    """
    require(by, "drills.run-drill")
    rules.check_mode(by.mode)
    row = plan_of(plan, by=by)
    _check_own(row, by)
    if row.state != "planned":
        raise rules.StartedAlready
    posts = tuple(row.posts.split(","))
    _check_free(posts, by)
    _check_real(by, confirmed=confirmed)
    kind = intake.drill_of(row.drill)
    call = new_subject("call", by.party)
    made = CallMade(
        drill=row.drill, posts=posts, acknowledge=kind.acknowledge,
        messages=tuple((each.type, each.within) for each in kind.messages),
    )  # fmt: skip
    started = DrillStarted(call=call)
    parts = [
        Draft(
            PartGiven(call=call, post=post, fault=fault),
            new_subject("part", by.party),
            intake.posts_label((post,), by=by.party),
            settled=True,
        )
        for post, fault in row.faults.items()
    ]
    first = [
        Draft(made, call, intake.posts_label(posts, by=by.party), settled=True),
        Draft(started, row.key, intake.own_label(by.party)),
    ]
    log.append_many([*first, *parts], by=by)
    by.again()
    return call_of(call, by=by)


def _check_free(posts: Sequence[str], by: Actor) -> None:
    """Refuse to call a post that is in a drill."""
    busy = {post for call in intake.running(by, at=now()) for post in call.codes if call.party == by.party}
    taken = [post for post in posts if post in busy]
    if taken:
        raise rules.PostBusy(posts=", ".join(party_name(each) for each in taken))


def _check_real(by: Actor, *, confirmed: bool) -> None:
    """Refuse to start unconfirmed while something real waits for who starts."""
    found = [] if confirmed else waiting.alarms(by)
    if found:
        named = "; ".join(each.title for each in found[:MOST_NAMED])
        more = len(found) - MOST_NAMED
        what = gettext("{named}; and {more} more").format(named=named, more=more) if more > 0 else named
        raise rules.RealOpen(count=len(found), what=what)


def _check_own(row: Plan | Call, by: Actor) -> None:
    """Refuse whoever did not plan the drill: another party's is not ended, started or scored."""
    if row.party != by.party:
        raise NotYourDrill(party=party_name(row.party))


@log.turn
def cancel_drill(*, by: Actor, plan: str) -> None:
    """Give up a planned drill.

    :raises NotInExercise, NoSuchCall, NotYourDrill, StartedAlready: when there is nothing to cancel.
    """
    require(by, "drills.run-drill")
    rules.check_mode(by.mode)
    row = plan_of(plan, by=by)
    _check_own(row, by)
    if row.state != "planned":
        raise rules.StartedAlready
    log.append(DrillCancelled(), by=by, subject=row.key, label=intake.own_label(by.party))


@log.turn
def acknowledge(*, by: Actor, call: str) -> Answer:
    """Acknowledge a call for one's own post; who did so before keeps the first time.

    After the end it may still be done, and is shown as come after it.

    :raises NotInExercise, NoSuchCall, NotCalled: when there is nothing to acknowledge.
    """
    require(by, "drills.answer-drill")
    rules.check_mode(by.mode)
    return _acknowledged(by, call_of(call, by=by), by.party, by_telephone=False)


@log.turn
def acknowledge_for(*, by: Actor, call: str, post: str) -> Answer:
    """Write down that a post acknowledged by telephone; the first time stands.

    :raises NotInExercise, NoSuchCall, NotYourDrill, NotCalled: when it cannot be written down.
    """
    require(by, "drills.answer-drill")
    rules.check_mode(by.mode)
    row = call_of(call, by=by)
    _check_own(row, by)
    return _acknowledged(by, row, post, by_telephone=True)


def _acknowledged(by: Actor, row: Call, post: str, *, by_telephone: bool) -> Answer:
    """Write an acknowledgement down once; the second of the same hand changes nothing."""
    if post not in row.codes:
        raise NotCalled(post=party_name(post), posts=", ".join(party_name(each) for each in row.codes))
    key = answer_key(call=row.key, post=post, writer=by.party)
    if not Answer.objects.visible_to(by).filter(key=key).exists():
        fact = CallAcknowledged(post=post, by_telephone=by_telephone)
        log.append(fact, by=by, subject=row.key, label=_label(row))
        by.again()
    return Answer.objects.visible_to(by).get(key=key)


def _label(row: Call) -> Label:
    journal = row.journal
    return label_of(level=journal.level, categories=journal.categories, parties=journal.parties)


@log.turn
def mark_found(*, by: Actor, call: str, post: str, fault: str) -> Found:
    """Note that a fault was found at a post, at this moment; the first find stands.

    :raises NotInExercise, NoSuchCall, NotYourDrill, NotCalled, NoSuchFault: when there is nothing to find there.
    :raises OverAlready: after the end.
    """
    require(by, "drills.answer-drill")
    rules.check_mode(by.mode)
    row = call_of(call, by=by)
    plan = plan_behind(row, by=by)
    if plan is None:
        raise NotYourDrill(party=party_name(row.party))
    if post not in row.codes:
        raise NotCalled(post=party_name(post), posts=", ".join(party_name(each) for each in row.codes))
    rules.check_faults({post: fault}, drill=intake.drill_of(row.drill), posts=row.codes)
    if now() >= intake.called(row).ends_at:
        raise rules.OverAlready
    key = find_key(plan=plan.key, post=post, fault=fault)
    if not Found.objects.visible_to(by).filter(key=key).exists():
        fact = FaultFound(call=row.key, post=post, fault=fault)
        log.append(fact, by=by, subject=plan.key, label=intake.own_label(by.party))
        by.again()
    return Found.objects.visible_to(by).get(key=key)


@log.turn
def end_drill(*, by: Actor, call: str) -> Call:
    """End a drill before all its limits are over; what was not due by then is not judged.

    :raises NotInExercise, NoSuchCall, NotYourDrill: when it is not one's own.
    :raises OverAlready: when it was ended, or is over by itself.
    """
    require(by, "drills.run-drill")
    rules.check_mode(by.mode)
    row = call_of(call, by=by)
    _check_own(row, by)
    if now() >= intake.called(row).ends_at:
        raise rules.OverAlready
    log.append(CallEnded(), by=by, subject=row.key, label=_label(row))
    by.again()
    return call_of(call, by=by)


@log.turn
def keep_score(*, by: Actor, call: str) -> str:
    """Keep the score of a drill that is over in the real record; return the subject there.

    Two entries are written: the result, on the plan in the exercise, and the score, in the real journal that every
    member reads. The score cites the result by its salted hash alone; faults do not cross.

    :raises NotInExercise, NoSuchCall, NotYourDrill: when it is not one's own.
    :raises StillRunning, KeptAlready: when there is nothing to keep yet, or any more.
    """
    require(by, "drills.keep-score")
    rules.check_mode(by.mode)
    row = call_of(call, by=by)
    plan = plan_behind(row, by=by)
    if plan is None or row.party != by.party:
        raise NotYourDrill(party=party_name(row.party))
    if plan.result:
        raise rules.KeptAlready
    found = intake.scores(by, [row], at=now())[row.key]
    rules.check_over(found, until=clock(found.called.ends_at))
    ends_at, early = found.called.ends_at, found.called.early
    drawn = ResultDrawn(
        call=row.key,
        drill=row.drill,
        started_at=row.started_at,
        ended_at=ends_at,
        early=early,
        posts=found.posts,
    )
    result = log.append(drawn, by=by, subject=plan.key, label=intake.own_label(by.party))
    bare = tuple(Scored(post=each.post, timed=each.timed) for each in found.posts)
    kept = ScoreKept(
        of=result.hash, drill=row.drill, started_at=row.started_at, ended_at=ends_at, early=early, posts=bare
    )
    subject = new_subject("score", by.party)
    real = replace(by, mode="real", beside=None)
    log.append(kept, by=real, subject=subject, label=intake.kept_label(by.party), settled=True)
    by.again()
    return subject

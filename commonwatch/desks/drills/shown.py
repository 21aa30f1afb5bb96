"""What the pages of the drills show, as plain values for their templates."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from django.utils.translation import gettext, gettext_lazy

from commonwatch.access import waiting
from commonwatch.access.actor import Actor
from commonwatch.charter.model import Post
from commonwatch.desks.drills import intake, labels, rules, series
from commonwatch.desks.drills.facts import Caught, Scored, Timed
from commonwatch.desks.drills.models import Call, Kept, Plan
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import party_name, type_name, words

MOST = 20
MORE = 200

FAULT_NAMES = {
    rules.SILENT: gettext_lazy("the post does not answer"),
    rules.FORMAT: gettext_lazy("wrong format"),
    rules.LINE: gettext_lazy("line lost, telephone only"),
    rules.HOURS: gettext_lazy("wrong hours on the card"),
}
PARTS = {
    rules.SILENT: gettext_lazy(
        "Do not acknowledge and send nothing. Answer only when the Center reaches you by the reserve way."
    ),
    rules.FORMAT: gettext_lazy(
        "Break the form of your first test message: put the figures into the text, or name a wrong period. "
        "Correct it when the Center asks."
    ),
    rules.LINE: gettext_lazy(
        "Your line is lost. Press nothing: acknowledge and report by telephone, and the Center writes it down."
    ),
    rules.HOURS: gettext_lazy(
        "The hours on your contact card are wrong. When the Center asks, say hours other than the card has."
    ),
}
STANDINGS = {
    "within": ("ok", "✓", gettext_lazy("within the limit")),
    "after": ("late", "◔", gettext_lazy("after the limit")),
    "never": ("miss", "✕", gettext_lazy("never")),
    "waiting": ("due", "○", gettext_lazy("waiting")),
    "overdue": ("late", "◔", gettext_lazy("limit passed")),
    "not_judged": ("nil", "–", gettext_lazy("ended before the limit")),
    "played": ("nil", "–", gettext_lazy("plays silence")),
}


class Cell(NamedTuple):
    """One thing of one post: tone and mark, the words, its time after the call, and remarks."""

    what: str
    tone: str
    mark: str
    says: str
    time: str
    more: str


class Row(NamedTuple):
    """One post: its cells in the order of the limits, the faults that the reader may know, and what can be done."""

    code: str
    name: str
    cells: tuple[Cell, ...]
    faults: tuple[str, ...]
    reserve: bool
    answered: bool
    telephone: str


def drill_name(code: str) -> str:
    """Name a drill in the active language; the code when the pack has it no more."""
    found = next((each for each in node.current().pack.duty.drills if each.code == code), None)
    return words(found.name) if found else code


def what_name(what: str) -> str:
    """Name one thing that a post is to do."""
    return gettext("Acknowledged") if what == rules.ACKNOWLEDGE else type_name(what)


def length(seconds: int | None) -> str:
    """Write a length of time as minutes and seconds, "12:05"."""
    return "" if seconds is None else f"{seconds // 60}:{seconds % 60:02d}"


def tag(by: Actor, *, more: tuple[Any, ...]) -> str:
    """Name the state of what the reader may see at this minute: nothing else can change a page that is polled."""
    state = [(shelf.origin, shelf.size) for shelf in by.shelves]
    minute = intake.now() // rules.MINUTE
    return sha256(repr((state, minute, by.party, by.office, more)).encode()).hexdigest()[:24]


def _cell(each: Timed, *, called: rules.Called, now: int) -> Cell:
    tone, mark, says = STANDINGS[each.standing]
    time = length(each.seconds)
    if each.standing in {"waiting", "overdue"}:
        time = gettext("{passed} of {limit} min").format(
            passed=(now - called.started_at) // rules.MINUTE, limit=each.limit
        )
    more = []
    if each.by_telephone:
        more.append(gettext("by telephone"))
    if each.seconds is not None and called.started_at + each.seconds * rules.SECOND > called.ends_at:
        more.append(gettext("after the end"))
    if each.corrections:
        more.append(gettext("corrected {count}×").format(count=each.corrections))
    return Cell(what_name(each.what), tone, mark, str(says), time, "; ".join(more))


def _rows(by: Actor, posts: Iterable[Scored], called: rules.Called, *, over: bool) -> list[Row]:
    """Show posts; a fault that is to be found is named to who leads the drill, and to all when it is over."""
    now, pack = intake.now(), node.current().pack
    found = []
    for each in posts:
        known = [
            caught
            for caught in each.faults
            if over or by.may("drills.run-drill") or not caught.injected
            or caught.seconds is not None or caught.fault in rules.OPENLY_PLAYED
        ]  # fmt: skip
        injected = {caught.fault for caught in each.faults if caught.injected}
        post = pack.party(each.post).posts[:1] if pack.has_party(each.post) else ()
        found.append(
            Row(
                each.post,
                party_name(each.post),
                tuple(_cell(timed, called=called, now=now) for timed in each.timed),
                tuple(fault_text(caught, over=over) for caught in known),
                rules.SILENT in injected,
                each.timed[0].seconds is not None,
                _telephone(post[0]) if post else "",
            )
        )
    return found


def _telephone(post: Post) -> str:
    """Write a telephone number; an invented one says so."""
    return f"{post.telephone} ({gettext('SAMPLE')})" if post.sample else post.telephone


def fault_text(caught: Caught, *, over: bool) -> str:
    """Say how it stands with a fault."""
    name = FAULT_NAMES[caught.fault]
    if not caught.injected:
        return gettext("{fault}: found after {time}, was not injected").format(
            fault=name, time=length(caught.seconds)
        )
    if caught.seconds is not None:
        return gettext("{fault}: found after {time}").format(fault=name, time=length(caught.seconds))
    return (gettext("{fault}: not found") if over else gettext("{fault}: not yet found")).format(fault=name)


def call(by: Actor, row: Call) -> dict[str, Any]:
    """Show a drill under way, or over: to who holds it all posts, to a post itself."""
    at = intake.now()
    score = intake.scores(by, [row], at=at)[row.key]
    holds = by.party == row.party
    posts = [each for each in score.posts if holds or each.post == by.party]
    own = next((each for each in score.posts if each.post == by.party), None)
    plan = intake.plan_behind(row, by=by) if holds else None
    kind = next((each for each in node.current().pack.duty.drills if each.code == row.drill), None)
    return {
        "call": row,
        "name": drill_name(row.drill),
        "called": score.called,
        "over": score.over,
        "left": max(0, -(-(score.called.ends_at - at) // rules.MINUTE)),
        "holds": holds,
        "heads": [(what_name(what), minutes) for what, minutes in score.called.limits],
        "rows": _rows(by, posts, score.called, over=score.over),
        "share": rules.share_of(posts),
        "parts": [PARTS[each.fault] for each in own.faults if each.injected] if own else [],
        "may_answer": own is not None and by.may("drills.answer-drill"),
        "answered": own is not None and own.timed[0].seconds is not None,
        "quiet": own is not None
        and any(each.fault in rules.OPENLY_PLAYED for each in own.faults if each.injected),
        "messages_due": [
            {"code": what, "name": type_name(what), "minutes": minutes}
            for what, minutes in score.called.limits[1:]
            if own is not None and not score.over
        ],
        "may_write": holds and by.may("drills.answer-drill"),
        "may_end": holds and by.may("drills.run-drill") and not score.over,
        "may_keep": holds
        and by.may("drills.keep-score")
        and score.over
        and plan is not None
        and not plan.result,
        "kept": plan is not None and bool(plan.result),
        "findable": [(each, FAULT_NAMES[each]) for each in rules.playable(kind)] if kind else [],
        "plan": plan,
        "sign": labels.sign(intake.posts_label(row.codes, by=row.party), writer=row.party),
        "sign_own": labels.sign(intake.own_label(by.party), writer=by.party),
        "sign_kept": labels.sign(intake.kept_label(row.party), writer=row.party),
        "timelines": _timelines(posts, score.called, over=score.over),
    }


class Step(NamedTuple):
    """One step on a post's timeline: when (microseconds UTC), and what."""

    at: int
    says: str


def _timelines(posts: Iterable[Scored], called: rules.Called, *, over: bool) -> list[tuple[str, list[Step]]]:
    """Write down what happened with each post, in order."""
    answer = []
    for each in posts:
        steps = [Step(called.started_at, gettext("Called"))]
        for timed in each.timed:
            if timed.seconds is not None:
                cell = _cell(timed, called=called, now=called.started_at)
                says = ", ".join(filter(None, (cell.what, cell.says, cell.time, cell.more)))
                steps.append(Step(called.started_at + timed.seconds * rules.SECOND, says))
        for caught in each.faults:
            if caught.seconds is not None:
                at = called.started_at + caught.seconds * rules.SECOND
                steps.append(Step(at, fault_text(caught, over=True)))
        if over:
            early = gettext("The drill was ended early")
            steps.append(Step(called.ends_at, early if called.early else gettext("The last limit was over")))
        answer.append((party_name(each.post), sorted(steps, key=lambda step: step.at)))
    return answer


def overview(by: Actor, *, every: bool) -> dict[str, Any]:
    """Show the page Drills: in the exercise what is under way, planned and over; for real the kept scores alone."""
    if by.mode == "real":
        return kept(by, every=every)
    at, most = intake.now(), MORE if every else MOST
    rows = list(Call.objects.visible_to(by).order_by("-started_at", "key")[: most + 1])
    found = intake.scores(by, rows[:most], at=at)
    calls = [(row, found[row.key]) for row in rows[:most]]
    plans = Plan.objects.visible_to(by).filter(state="planned").order_by("starts", "key")[:most]
    return {
        "running": [_line(by, row, score) for row, score in calls if not score.over],
        "over": [_line(by, row, score) for row, score in calls if score.over],
        "more": len(rows) > most and not every,
        "planned": [
            {
                "key": row.key,
                "name": drill_name(row.drill),
                "at": row.starts,
                "posts": _named(row.posts.split(",")),
            }
            for row in plans
        ],
        "may_plan": by.may("drills.run-drill") and bool(node.current().pack.duty.drills),
        "drills": bool(node.current().pack.duty.drills),
    }


def _line(by: Actor, row: Call, score: rules.Score) -> dict[str, Any]:
    own = [each for each in score.posts if by.party in (row.party, each.post)]
    return {
        "key": row.key,
        "name": drill_name(row.drill),
        "at": row.started_at,
        "ends_at": score.called.ends_at,
        "early": score.called.early,
        "posts": _named(row.codes),
        "share": rules.share_of(own),
    }


def _named(codes: Iterable[str]) -> str:
    return ", ".join(party_name(each) for each in codes)


def kept(by: Actor, *, every: bool) -> dict[str, Any]:
    """Show the scores that were kept in the real record."""
    most = MORE if every else MOST
    rows = list(Kept.objects.visible_to(by).order_by("-started_at", "key")[: most + 1])
    return {
        "kept": [
            {
                "row": row,
                "name": drill_name(row.drill),
                "posts": _named(each.post for each in row.posts),
                "share": rules.share_of(row.posts),
            }
            for row in rows[:most]
        ],
        "more": len(rows) > most and not every,
        "drills": bool(node.current().pack.duty.drills),
    }


def kept_score(by: Actor, row: Kept) -> dict[str, Any]:
    """Show one kept score."""
    limits = tuple((each.what, each.limit) for each in row.posts[0].timed) if row.posts else ()
    codes = tuple(each.post for each in row.posts)
    called = rules.Called(row.started_at, codes, limits or ((rules.ACKNOWLEDGE, 0),), row.ended_at)
    return {
        "row": row,
        "name": drill_name(row.drill),
        "heads": [(what_name(what), minutes) for what, minutes in limits],
        "rows": _rows(by, row.posts, called, over=True),
        "share": rules.share_of(row.posts),
    }


def form(by: Actor, typed: Mapping[str, Any], *, ticked: Sequence[str] = ()) -> dict[str, Any]:
    """Show the form in which a drill is planned, as it was typed."""
    pack = node.current().pack
    chosen = posts_chosen(typed, ticked)
    return {
        "typed": typed,
        "drills": [
            {
                "code": each.code,
                "name": words(each.name),
                "asks": ", ".join(
                    [
                        gettext("acknowledge within {minutes} min").format(minutes=each.acknowledge),
                        *(
                            gettext("{message} within {minutes} min").format(
                                message=type_name(m.type), minutes=m.within
                            )
                            for m in each.messages
                        ),
                    ]
                ),
            }
            for each in pack.duty.drills
        ],
        "regions": [
            {"code": code, "name": words(pack.audience(code).name), "posts": _named(posts)}
            for code, posts in intake.regions().items()
        ],
        "posts": [
            {
                "code": code,
                "name": party_name(code),
                "ticked": code in ticked,
                "fault": typed.get(f"fault-{code}", ""),
            }
            for code in intake.posts_known()
        ],
        "faults": list(FAULT_NAMES.items()),
        "sign": labels.sign(intake.own_label(by.party), writer=by.party),
        "sign_call": labels.sign(intake.posts_label(chosen, by=by.party), writer=by.party)
        if chosen
        else None,
        "alarms": waiting.alarms(by),
    }


def posts_chosen(typed: Mapping[str, Any], ticked: Sequence[str]) -> tuple[str, ...]:
    """Return the posts that a form names: all, a region, or those ticked."""
    who = typed.get("who", "all")
    if who == "chosen":
        return tuple(ticked)
    return intake.posts_known() if who == "all" else intake.regions().get(who, ())


def plan(by: Actor, row: Plan) -> dict[str, Any]:
    """Show a planned drill to the Center; who does not lead it is not told the faults that are to be found."""
    leads = by.may("drills.run-drill")
    faults = row.faults
    return {
        "plan": row,
        "name": drill_name(row.drill),
        "posts": [
            {"name": party_name(code), "fault": FAULT_NAMES[faults[code]] if code in faults else ""}
            for code in row.posts.split(",")
        ],
        "leads": leads,
        "may_start": leads and row.party == by.party and row.state == "planned",
        "sign": labels.sign(intake.posts_label(row.posts.split(","), by=row.party), writer=row.party),
        "alarms": waiting.alarms(by),
    }


def year(by: Actor) -> dict[str, Any]:
    """Show a year of drills: a line drawn for each kind, the months beside it, and every post."""
    found, cut = series.held(by)
    lines = series.lines(found)
    trends = rules.trends((each.drill, each.posts) for each in found)
    return {
        "drawn": series.draw(lines),
        "lines": [
            {"name": drill_name(each.drill), "colour": each.colour, "months": each.months} for each in lines
        ],
        "trends": [
            {
                "post": party_name(each.post),
                "drill": drill_name(each.drill),
                "times": each.times,
                "median": length(each.median),
                "worst": length(each.worst),
                "share": each.share,
            }
            for each in trends
        ],
        "cut": cut,
        "least": rules.LEAST,
        "real": by.mode == "real",
    }

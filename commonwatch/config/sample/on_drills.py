"""The sample at the drills desk: drills of two months, one with faults, one under way, and scores that were kept."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from commonwatch.access.actor import Actor
from commonwatch.charter.model import Pack
from commonwatch.config.sample.stage import Scene, Stage
from commonwatch.desks.drills import acts
from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.exchange.intake import Sent
from commonwatch.register import node

POSTS = ("AM", "BY", "KG", "KZ", "RU", "TJ")
EAST = ("BY", "RU")
ASIA = ("KG", "KZ", "RU", "TJ")


class Past(NamedTuple):
    """A drill of the past: which, with whom, minutes until each post answered, None for a post that never did."""

    drill: str
    posts: Sequence[str]
    minutes: Mapping[str, int | None]
    kept: bool = True


PAST = {
    57: Past("call", POSTS, {"AM": 9, "BY": 2, "KG": 12, "KZ": 3, "RU": 4, "TJ": None}),
    48: Past("call", POSTS, {"AM": 7, "BY": 3, "KG": 8, "KZ": 2, "RU": 3, "TJ": 11}),
    41: Past("urgent", ASIA, {"KG": 6, "KZ": 2, "RU": 4, "TJ": 8}, kept=False),
    33: Past("call", POSTS, {"AM": None, "BY": 1, "KG": 6, "KZ": 2, "RU": 5, "TJ": 9}),
    19: Past("urgent", EAST, {"BY": 2, "RU": 3}),
    4: Past("call", POSTS, {"AM": 8, "BY": 2, "KG": 5, "KZ": 1, "RU": 2, "TJ": 7}),
}


def _lead(stage: Stage) -> Actor:
    return stage.sit(node.current().pack.center, "shift-lead", mode="exercise")


def _duty(stage: Stage) -> Actor:
    return stage.sit(node.current().pack.center, "duty", mode="exercise")


def _post(stage: Stage, party: str) -> Actor:
    return stage.sit(party, "na-officer", mode="exercise")


def _call(stage: Stage, past: Past, faults: Mapping[str, str] | None = None) -> str:
    made = acts.plan_drill(by=_lead(stage), drill=past.drill, posts=past.posts, faults=faults, confirmed=True)
    return made.call


def _answers(stage: Stage, past: Past, call: str) -> None:
    """Let each post answer after its minutes, in the order of time."""
    for party, minutes in sorted(past.minutes.items(), key=lambda each: each[1] or 0):
        if minutes is not None:
            with stage.later(minutes=minutes):
                acts.acknowledge(by=_post(stage, party), call=call)


def _send(stage: Stage, party: str, type_: str, minutes: int) -> str:
    """Send a test message of a type, as briefly as it allows."""
    pack, period = node.current().pack, f"{stage.at:%Y-%m-%d}"
    scheduled = pack.type(type_).schedule is not None
    sent = Sent(
        type=type_,
        values=_values(pack, type_, period),
        period=period if scheduled else "",
        event_at="" if scheduled else f"{stage.at:%Y-%m-%dT%H:%M:%SZ}",
    )
    with stage.later(minutes=minutes):
        return exchange.submit_report(
            by=_post(stage, party), report=sent, channel="form", confirmed=True
        ).subject


def _values(pack: Pack, type_: str, day: str) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "integer": 1, "decimal": "1", "text": "SAMPLE: EXERCISE, a test message of a drill", "yes_no": False,
        "date": day, "instant": f"{day}T00:00:00Z",
    }  # fmt: skip
    found = {}
    for each in pack.type(type_).fields:
        if each.required and each.codelist:
            first = pack.codelist(each.codelist).items[0].code
            found[each.code] = [first] if each.kind == "codes" else first
        elif each.required:
            found[each.code] = plain[each.kind]
    return found


def _past(days: int) -> tuple[str, timedelta, Callable[[Stage], None]]:
    """Make the scene of one drill of the past."""
    past = PAST[days]

    def play(stage: Stage) -> None:
        call = _call(stage, past)
        _answers(stage, past, call)
        if past.kept:
            with stage.later(minutes=40):
                acts.keep_score(by=_lead(stage), call=call)

    return f"drill-{days}-days-ago", timedelta(days=days, hours=3), play


def _with_faults(stage: Stage) -> None:
    """Hold a drill with faults: one post plays silence, one a lost line, one sends in a wrong form and corrects it."""
    faults = {"TJ": "silent", "KG": "line", "KZ": "format", "AM": "hours"}
    minutes = {"AM": 6, "BY": 2, "KZ": 3, "RU": 4}
    past = Past("exchange", POSTS, minutes)
    call = _call(stage, past, faults)
    _answers(stage, past, call)
    for party, type_, late in (
        ("BY", "U1", 7),
        ("RU", "U1", 12),
        ("AM", "U1", 22),
        ("BY", "D1", 15),
        ("RU", "D1", 27),
    ):
        _send(stage, party, type_, late)
    odd = _send(stage, "KZ", "U1", 9)
    with stage.later(minutes=8):
        acts.acknowledge_for(by=_duty(stage), call=call, post="KG")
    with stage.later(minutes=14):
        acts.mark_found(by=_duty(stage), call=call, post="KZ", fault="format")
        acts.acknowledge_for(by=_duty(stage), call=call, post="TJ")
        acts.mark_found(by=_duty(stage), call=call, post="TJ", fault="silent")
    with stage.later(minutes=17):
        exchange.correct_report(
            by=_post(stage, "KZ"), report=odd, values=_values(node.current().pack, "U1", f"{stage.at:%Y-%m-%d}")
            | {"what": "SAMPLE: EXERCISE, the test message in its right form"},
            nil=False, reason="SAMPLE: EXERCISE, asked by the Center", channel="form", confirmed=True,
        )  # fmt: skip
    with stage.later(minutes=19):
        acts.mark_found(by=_duty(stage), call=call, post="RU", fault="hours")


def _under_way(stage: Stage) -> None:
    """Let a drill be under way as the sample begins, with another planned for the next day."""
    past = Past("exchange", POSTS, {"BY": 1, "KZ": 2, "RU": 3})
    call = _call(stage, past, {"TJ": "silent", "KG": "format"})
    _answers(stage, past, call)
    _send(stage, "BY", "U1", 3)
    at = int(stage.at.timestamp()) * 1_000_000
    acts.plan_drill(
        by=_lead(stage),
        drill="urgent",
        posts=ASIA,
        starts=at + 26 * 3_600_000_000,
        drawn=True,
        seed="SAMPLE 7",
    )


SCENES: tuple[Scene, ...] = (
    *(Scene(*_past(days)) for days in PAST),
    Scene("drill-with-faults", timedelta(days=2, hours=4), _with_faults),
    Scene("drill-under-way", timedelta(minutes=4), _under_way),
)

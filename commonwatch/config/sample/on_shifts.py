"""Scenes at the desk of shifts: a roster, watches handed over, a log with calls, and test calls to the posts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, NamedTuple

from commonwatch.access import waiting
from commonwatch.access.actor import Actor
from commonwatch.config.sample.stage import Scene, Stage
from commonwatch.desks.shifts import acts, rules
from commonwatch.desks.shifts.intake import gather, moment, watch_now
from commonwatch.register import node

CENTER: Final = "CRC"
HOURS: Final = 40
OTHER: Final = {"crc-duty": "shift-lead", "crc-shift-lead": "duty"}


class Said(NamedTuple):
    """A line of the log: how many hours before the start, its kind, its text."""

    hours: int
    sort: str
    text: str


LINES: Final = (
    Said(
        22,
        "note",
        "SAMPLE: Quiet night. The table of communications was checked at the beginning of the shift.",
    ),
    Said(
        9, "alarm", "SAMPLE: The power supply of the protected network switched to reserve for four minutes."
    ),
    Said(
        7,
        "decision",
        "SAMPLE: The shift lead asked for a second look at the border figures before the summary.",
    ),
    Said(4, "test", "SAMPLE: The video room was tested with all posts; sound and picture are good."),
    Said(2, "note", "SAMPLE: The first morning reports are in; nothing unusual in them."),
)


def roster(stage: Stage) -> None:
    """Plan three weeks, swap one shift, take one off."""
    lead = stage.sit(CENTER, "shift-lead")
    first = (stage.at.date() + timedelta(days=1)).isoformat()  # so that it is ahead at any hour
    days = acts.Plan(account="crc-duty", shift="day", date=first, times=24)
    turns = acts.plan_roster(by=lead, plan=days)
    acts.plan_roster(by=lead, plan=days._replace(account="crc-shift-lead", shift="night", times=23))
    acts.swap_turn(
        by=lead, turn=turns[8], account="crc-shift-lead", reason="SAMPLE: A course at the academy."
    )
    acts.cancel_turn(by=lead, turn=turns[11], reason="SAMPLE: On leave; somebody else is still to be found.")


def hour(stage: Stage) -> None:
    """Take the watch when nobody has it; hand it over in the last hour of a shift."""
    held = watch_now(stage.sit(CENTER, "duty"))
    if held is None:
        acts.take_watch(by=stage.sit(CENTER, "duty"), seen="")
        return
    if stage.at + timedelta(hours=1) <= moment(held.until):
        return
    goes = stage.sit(CENTER, held.account.removeprefix("crc-"))
    comes = stage.sit(CENTER, OTHER[held.account])
    with stage.later(minutes=8):
        key = _signed(goes)
    with stage.later(minutes=21):
        row = acts.handover_of(key, by=comes)
        since = acts.came_since(row, by=comes)
        seen = {each.key for each in (*row.body.items, *since)}
        digest = rules.digest_since(row.digest, since)
        acts.accept_handover(by=comes, handover=key, digest=digest, seen=seen)


def _signed(by: Actor) -> str:
    """Sign a hand-over with a remark to the first thing that waits."""
    items, _left = gather(by)
    remarks = {each.key: "SAMPLE: The post was called; the answer is in the log." for each in items[:1]}
    general = "SAMPLE: All lines work. The next test of the video room is at noon."
    return acts.sign_handover(by=by, shown={each.key for each in items}, remarks=remarks, general=general)


def _keeper(stage: Stage) -> Actor:
    """Sit down whoever has the watch; the duty officer while nobody has it."""
    duty = stage.sit(CENTER, "duty")
    held = watch_now(duty)
    return stage.sit(CENTER, held.account.removeprefix("crc-")) if held else duty


def line(said: Said) -> Callable[[Stage], None]:
    """Make the scene in which whoever has the watch writes a line; the alarm is corrected by a second one."""

    def play(stage: Stage) -> None:
        by = _keeper(stage)
        with stage.later(minutes=25):
            key = acts.write_line(by=by, sort=said.sort, said=said.text)
        if said.sort == "alarm":
            text = said.text.replace("four minutes", "six minutes")
            with stage.later(minutes=31):
                acts.write_line(by=by, sort=said.sort, said=text, strikes=key)

    return play


def tests(stage: Stage) -> None:
    """Call the posts to see whether they answer; one does not."""
    by, parties = _keeper(stage), ("AM", "BY", "KG", "KZ", "RU", "TJ")
    for number, party in enumerate(parties):
        with stage.later(minutes=2 * number):
            outcome = "no-answer" if party == "KG" else "reached"
            acts.log_call(by=by, party=party, outcome=outcome, note="SAMPLE: Test call.", test=True)


def calls(stage: Stage) -> None:
    """Call two posts from which something is missing: one promises it, the other does not answer."""
    by = _keeper(stage)
    owed = [each.key for each in waiting.of(by) if each.kind == "duty" and each.needs]
    parties = dict.fromkeys(duty.party for key in owed if (duty := rules.duty_of(key)))
    for number, party in enumerate(list(parties)[:2]):
        about = next(key for key in owed if f"/{party}/" in key)
        hour_said = f"{moment(node.current().clock()) + timedelta(hours=3):%H:%M}"
        with stage.later(minutes=6 * number):
            acts.log_call(
                by=by, party=party, about=about, outcome="no-answer" if number else "promised",
                promised=hour_said, note="SAMPLE: Asked for the missing report.",
            )  # fmt: skip


SCENES: Final = (
    Scene("shifts-roster", timedelta(days=4, hours=20), roster),
    *(Scene(f"shifts-watch-{hours}", timedelta(hours=hours), hour) for hours in range(HOURS, 0, -1)),
    *(Scene(f"shifts-line-{each.hours}", timedelta(hours=each.hours), line(each)) for each in LINES),
    Scene("shifts-tests", timedelta(hours=3, minutes=20), tests),
    Scene("shifts-calls", timedelta(minutes=50), calls),
)

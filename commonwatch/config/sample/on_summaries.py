"""Scenes of the sample at the desk of summaries: yesterday's summary in two versions, a report on a flood, a draft."""

from collections.abc import Iterable
from datetime import timedelta

from msgspec.structs import replace

from commonwatch.access.actor import Actor
from commonwatch.config.sample.deeds import stamp
from commonwatch.config.sample.stage import Scene, Stage
from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.summaries import acts, board, intake, rules
from commonwatch.desks.summaries.models import Draft, Matter, Summary
from commonwatch.register import node

CENTER = "CRC"
MOST = 6
FIRST = (
    "SAMPLE: The night was quiet in most states. {lead} One bridge in the south is closed to heavy vehicles; the "
    "detour takes 40 minutes."
)
SECOND = (
    "SAMPLE: The night was quiet in all states but one. {lead} Two bridges in the south are closed to heavy vehicles; "
    "the detour takes 55 minutes."
)
FLOOD = (
    "SAMPLE: The river stands 40 cm above the mark of last spring and still rises. It is measured every hour."
)

NARROW = "SAMPLE: The herders were led back over the pass; the neighbours agreed on the day."


def _seats(stage: Stage) -> tuple[Actor, Actor]:
    return stage.sit(CENTER, "duty"), stage.sit(CENTER, "shift-lead")


def _came(by: Actor, *, types: Iterable[str], hours: int, whole: bool) -> list[Matter]:
    """Choose of what came: what all may read (`whole`), or what only some may."""
    meant = intake.base_label(intake.default_audience(), by=by)
    wanted = set(types)
    found = []
    for row in board.came(by, since=intake.now() - hours * 3_600_000_000):
        if row.type not in wanted or row.state != "value" or row.what != "report":
            continue
        label = intake.label_of(row, by=by)
        if (
            len(label.parties) > 2
            and (rules.joined(meant, [label], scheme=node.current().pack.labels) == meant) is whole
        ):
            found.append(row)
    return found


def _chosen(content: rules.Content, rows: Iterable[Matter], *, annex: bool = False) -> rules.Content:
    """Put things at the end of what stands under the heading of the situation."""
    for row in rows:
        last, inside = "", False
        for each in content.blocks:
            if each.sort == "heading":
                inside = each.code == "situation"
            last = each.id if inside else last
        content = rules.with_block(content, replace(intake.as_chosen(row), annex=annex), after=last)
    return content


def _lead(content: rules.Content) -> str:
    """Quote a figure of the first thing chosen that has one."""
    for each in content.blocks:
        for code, value in each.values.items():
            if each.sort == "item" and isinstance(value, int) and not isinstance(value, bool):
                return f"{{{each.id}.{code}}} were counted there."
    return ""


def _paragraph(content: rules.Content, text: str, *, after: str) -> rules.Content:
    place = next(each.id for each in content.blocks if each.code == after)
    return rules.with_block(content, rules.Chosen(id="", sort="text", text=text), after=place)


def _begin(form: str, title: str, *, by: Actor) -> tuple[Draft, rules.Content]:
    draft = intake.begin(form, by=by, title=title)
    return draft, intake.content_of(draft)


def neighbours(stage: Stage) -> None:
    """Let a state tell its neighbours something that the other members do not read."""
    values = {"act": "answer", "addressee": "SAMPLE: KZ", "urgency": "routine", "text": NARROW}
    sent = Sent(type="R1-R2", values=values, event_at=stamp(stage.at), audience="central-asia")
    exchange.submit_report(by=stage.sit("KG", "na-officer"), report=sent, channel="form")


def day_before(stage: Stage) -> None:
    """Release the summary of the day before; most take note of it, one is called."""
    duty, lead = _seats(stage)
    draft, content = _begin("day", "SAMPLE: The night in the states", by=duty)
    content = _chosen(content, _came(duty, types=("D1",), hours=24, whole=True)[:MOST])
    content = _paragraph(content, FIRST.format(lead=_lead(content)), after="highlights")
    draft = intake.save(draft, content, by=duty, version=draft.version)
    done = acts.release_summary(by=lead, draft=draft.id, version=draft.version)
    for minutes, party in ((9, "KZ"), (14, "BY"), (31, "RU")):
        with stage.later(minutes=minutes):
            acts.acknowledge_summary(by=stage.sit(party, "na-officer"), summary=done.summary)
    with stage.later(hours=4, minutes=10):
        note = "SAMPLE: The officer on duty has read it."
        acts.note_call(by=duty, summary=done.summary, party="KG", outcome="acknowledged", note=note)


def revised(stage: Stage) -> None:
    """Release its second version, since more is known."""
    duty, lead = _seats(stage)
    mine = (
        Summary.objects.visible_to(duty)
        .filter(form="day", party=CENTER, state="stands")
        .order_by("-released_at")
    )
    row = mine.first()
    if row is None:
        return
    draft = intake.begin_version(row.key, by=duty)
    content = intake.content_of(draft)
    words = SECOND.format(lead=_lead(content))
    items = [each.id for each in content.blocks if each.sort == "item"]
    blocks = tuple(
        replace(each, text=words)
        if each.sort == "text"
        else replace(each, text="SAMPLE: The second bridge was told of by telephone.")
        if each.id in items[:1]
        else each
        for each in content.blocks
        if each.id not in items[4:5]
    )
    draft = intake.save(draft, replace(content, blocks=blocks), by=duty, version=draft.version)
    reason = "SAMPLE: A second bridge was closed after the summary was released."
    acts.revise_summary(by=lead, draft=draft.id, version=draft.version, reason=reason)
    with stage.later(minutes=6):
        acts.acknowledge_summary(by=stage.sit("KZ", "na-officer"), summary=row.key)


def flood(stage: Stage) -> None:
    """Release a situation report with an annex for those who may read more."""
    duty, lead = _seats(stage)
    draft, content = _begin("sitrep", "SAMPLE: Flood in the south", by=duty)
    content = _chosen(content, _came(duty, types=("T8", "T2"), hours=72, whole=True)[:3])
    content = _chosen(content, _came(duty, types=("R1-R2",), hours=24, whole=False)[:1], annex=True)
    for after, text in (
        ("highlights", FLOOD),
        ("response", "SAMPLE: Engineers of two states work on the dam; a third has sent pumps."),
        ("needs", "SAMPLE: Sandbags for four kilometres, two pumps, an interpreter."),
        ("decisions", "SAMPLE: Whether the post on the pass is moved up the slope."),
    ):
        content = _paragraph(content, text, after=after)
    content = replace(content, next_at=intake.now() + 12 * 3_600_000_000)
    draft = intake.save(draft, content, by=duty, version=draft.version)
    acts.release_summary(by=lead, draft=draft.id, version=draft.version)


def begun(stage: Stage) -> None:
    """Leave the draft of the day as the officer has it before them: one thing in it narrows who would read."""
    duty, _releases = _seats(stage)
    draft, content = _begin("day", "SAMPLE: The morning in the states", by=duty)
    content = _chosen(content, _came(duty, types=("D1",), hours=24, whole=True)[:3])
    content = _chosen(content, _came(duty, types=("R1-R2",), hours=24, whole=False)[:1])
    content = _paragraph(content, f"SAMPLE: All posts were heard. {_lead(content)}", after="highlights")
    intake.save(draft, content, by=duty, version=draft.version)


SCENES = (
    Scene("neighbours told", timedelta(hours=6), neighbours),
    Scene("summary of the day before", timedelta(hours=26), day_before),
    Scene("second version of it", timedelta(hours=21), revised),
    Scene("report on the flood", timedelta(hours=5), flood),
    Scene("summary begun", timedelta(minutes=40), begun),
)

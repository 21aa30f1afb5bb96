"""Scenes of the traffic desk: questions that are open, overdue, answered and closed; an urgent notice on its way."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from commonwatch.access.actor import Actor
from commonwatch.config.sample.deeds import stamp
from commonwatch.config.sample.stage import Scene, Stage
from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.exchange.models import Report
from commonwatch.desks.traffic import acts
from commonwatch.desks.traffic.intake import Asked
from commonwatch.desks.traffic.models import Question, Relay

CENTER = "CRC"
SENT = "SAMPLE: Mudflow on the road to the pass"
PENDING = "SAMPLE: Fire at the edge of the range"


def _latest(by: Actor, type_: str, owes: str) -> str:
    """Name the latest report of a party that the Center may read."""
    rows = Report.objects.visible_to(by).filter(type=type_, owes=owes).exclude(state="withdrawn")
    found = rows.order_by("-written_at", "key").first()
    return found.key if found else ""


def _on_daily(stage: Stage, to: str, text: str, **more: Any) -> None:
    """Let the Center ask a party about its latest daily return."""
    by = stage.sit(CENTER, "duty")
    report = _latest(by, "D1", to)
    acts.ask_question(by=by, question=Asked(to=to, text=text, report=report, readers="two", **more))


def asks_belarus(stage: Stage) -> None:
    """Ask Belarus what it counted."""
    _on_daily(stage, "BY", "SAMPLE: Do the events counted include those at the railway?", part="events")


def _asked(by: Actor, text: str) -> str:
    return Question.objects.visible_to(by).get(text=text).key


def belarus_answers(stage: Stage) -> None:
    """Answer the Center."""
    by = stage.sit("BY", "na-officer")
    key = _asked(by, "SAMPLE: Do the events counted include those at the railway?")
    acts.answer_question(by=by, question=key, text="SAMPLE: They do: two of them were at the railway.")


def center_closes(stage: Stage) -> None:
    """Close the question: the answer will do."""
    by = stage.sit(CENTER, "duty")
    key = _asked(by, "SAMPLE: Do the events counted include those at the railway?")
    acts.close_question(by=by, question=key, how="satisfied")


def asks_kyrgyzstan(stage: Stage) -> None:
    """Ask Kyrgyzstan something urgent, which is not answered in time."""
    _on_daily(
        stage, "KG", "SAMPLE: Is the bridge on the road to the valley open to lorries?", urgency="urgent"
    )


def russia_asks(stage: Stage) -> None:
    """Ask the Center and Belarus something, each between the two alone."""
    by = stage.sit("RU", "na-officer")
    for to, text in (
        (CENTER, "SAMPLE: When will the plan of the staff training be sent out?"),
        ("BY", "SAMPLE: Who receives the tables of the quarter at your side?"),
    ):
        acts.ask_question(by=by, question=Asked(to=to, text=text))


def tajikistan_answers(stage: Stage) -> None:
    """Ask Tajikistan, and let it answer: the answer waits for the Center."""
    text = "SAMPLE: Are the figures of the week final?"
    by, tajik = stage.sit(CENTER, "duty"), stage.sit("TJ", "na-officer")
    key = acts.ask_question(by=by, question=Asked(to="TJ", text=text))
    with stage.later(minutes=25):
        acts.refuse_question(
            by=tajik, question=key, reason="SAMPLE: They are checked until tomorrow; ask again then."
        )


def _notice(stage: Stage, party: str, what: str, *, audience: str) -> None:
    """File an urgent notice."""
    values: Mapping[str, Any] = {
        "sign": "emergency",
        "what": what,
        "place": "SAMPLE: the valley",
        "severity": "moderate",
        "reliability": "A",
        "credibility": "2",
        "asks": ["nothing"],
        "happened_at": stamp(stage.at - timedelta(minutes=55)),
    }
    known = stamp(stage.at - timedelta(minutes=20))
    sent = Sent(type="U1", values=values, event_at=known, audience=audience)
    exchange.submit_report(by=stage.sit(party, "na-officer"), report=sent, channel="form")


def kazakhstan_notices(stage: Stage) -> None:
    """File the notice that is relayed."""
    _notice(stage, "KZ", SENT, audience="members")


def center_relays(stage: Stage) -> None:
    """Relay it, and ask the state concerned to confirm it."""
    by = stage.sit(CENTER, "duty")
    notice = _latest(by, "U1", "KZ")
    recipients = ("AM", "BY", "KG", "RU", "TJ", "SEC", "JS")
    acts.relay_notice(
        by=by, notice=notice, recipients=recipients, remark="SAMPLE: The road is closed to convoys."
    )
    text = "SAMPLE: Please confirm, and say whether the road is passable."
    asked = Asked(to="KZ", text=text, report=notice, readers="all", wants="confirmation", urgency="urgent")
    acts.ask_question(by=by, question=asked)


def _relay(by: Actor) -> str:
    row = Relay.objects.visible_to(by).order_by("-relayed_at").first()
    return row.key if row else ""


def most_acknowledge(stage: Stage) -> None:
    """Let four recipients take note within the time."""
    for party, office in (
        ("RU", "na-officer"),
        ("BY", "na-officer"),
        ("SEC", "organ-officer"),
        ("TJ", "na-officer"),
    ):
        by = stage.sit(party, office)
        acts.acknowledge_relay(by=by, relay=_relay(by))


def kyrgyzstan_is_late(stage: Stage) -> None:
    """Let one take note late."""
    by = stage.sit("KG", "na-officer")
    acts.acknowledge_relay(by=by, relay=_relay(by))


def armenia_is_called(stage: Stage) -> None:
    """Call the one that did not."""
    by = stage.sit(CENTER, "duty")
    acts.log_call(
        by=by,
        relay=_relay(by),
        party="AM",
        outcome="no-answer",
        note="SAMPLE: It rang for a minute; try again.",
    )


def kazakhstan_confirms(stage: Stage) -> None:
    """Confirm the notice in part."""
    by = stage.sit("KZ", "na-officer")
    key = _asked(by, "SAMPLE: Please confirm, and say whether the road is passable.")
    text = "SAMPLE: The mudflow is confirmed; one lane is passable since noon."
    acts.answer_question(by=by, question=key, text=text, outcome="partly")


def belarus_notices(stage: Stage) -> None:
    """File a notice that waits to be relayed."""
    _notice(stage, "BY", PENDING, audience="members")


def _before(**delta: float) -> timedelta:
    return timedelta(**delta)


SCENES = (
    Scene("traffic-asks-by", _before(hours=31), asks_belarus),
    Scene("traffic-by-answers", _before(hours=28), belarus_answers),
    Scene("traffic-closed", _before(hours=27.5), center_closes),
    Scene("traffic-asks-kg", _before(hours=5.5), asks_kyrgyzstan),
    Scene("traffic-kz-notices", _before(hours=4), kazakhstan_notices),
    Scene("traffic-relays", _before(hours=3.85), center_relays),
    Scene("traffic-acknowledged", _before(hours=3.7), most_acknowledge),
    Scene("traffic-kg-late", _before(hours=3.2), kyrgyzstan_is_late),
    Scene("traffic-am-called", _before(hours=3.1), armenia_is_called),
    Scene("traffic-ru-asks", _before(hours=3), russia_asks),
    Scene("traffic-kz-confirms", _before(hours=2.5), kazakhstan_confirms),
    Scene("traffic-tj-answers", _before(hours=1.5), tajikistan_answers),
    Scene("traffic-by-notices", _before(minutes=9), belarus_notices),
)

"""What people do at the traffic desk, as things that can be put into a list of deeds."""

from types import SimpleNamespace

from commonwatch.desks.traffic import acts as traffic
from commonwatch.desks.traffic.intake import Asked
from tests.house.worlds.doing import CENTER, seat


def question(party, to, text="how many", *, mode="real", about="", **more):
    """Ask a party something, on what an earlier deed filed or on nothing in particular."""

    def does(world):
        named = more | ({"report": world.made[about].key, "readers": "all"} if about else {})
        asked = Asked(to=to, text=text, **named)
        return SimpleNamespace(key=traffic.ask_question(by=seat(party, mode=mode), question=asked))

    return does


def answer_question(party, deed, text, *, supplement=False):
    """Answer a question."""
    return lambda world: traffic.answer_question(
        by=seat(party), question=world.made[deed].key, text=text, supplement=supplement
    )


def close_question(party, deed, how, ground=""):
    """Close a question."""
    return lambda world: traffic.close_question(
        by=seat(party), question=world.made[deed].key, how=how, ground=ground
    )


def relay(deed, recipients, *, mode="real", remark=""):
    """Let the Center relay an urgent notice."""

    def does(world):
        key = traffic.relay_notice(
            by=seat(CENTER, mode=mode), notice=world.made[deed].key, recipients=recipients, remark=remark
        )
        return SimpleNamespace(key=key)

    return does


def acknowledge(party, deed):
    """Take note of a relay."""
    return lambda world: traffic.acknowledge_relay(by=seat(party), relay=world.made[deed].key)


def call_recipient(deed, party, outcome):
    """Write down a call to a recipient."""
    return lambda world: traffic.log_call(
        by=seat(CENTER), relay=world.made[deed].key, party=party, outcome=outcome, note="rang twice"
    )

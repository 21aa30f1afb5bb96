"""What waits is asked of every desk as the person who is told; the ladder of the exchange holds open duties once."""

from datetime import UTC, datetime

from commonwatch.access import waiting
from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.intake import Sent


def keys(by):
    return {each.key for each in waiting.of(by) if each.kind == "duty"}


def test_the_center_climbs_for_everybody_and_a_party_for_itself(house):
    house.clock.set(datetime(2026, 9, 14, 5, 45, tzinfo=UTC))
    assert "duty/D1/KZ/2026-09-14" in keys(house.duty())
    assert "duty/D1/BY/2026-09-14" in keys(house.duty())
    assert "duty/D1/KZ/2026-09-14" in keys(house.na("KZ"))
    assert not {key for key in keys(house.na("KZ")) if "/KZ/" not in key}


def test_a_duty_waits_no_longer_once_it_was_met(house):
    house.clock.set(datetime(2026, 9, 14, 5, 45, tzinfo=UTC))
    sent = Sent(type="D1", period="2026-09-14", values={"change": "no_change"})
    acts.submit_report(by=house.na("KZ"), report=sent, channel="form")
    assert "duty/D1/KZ/2026-09-14" not in keys(house.duty())


def test_long_before_the_first_step_nothing_waits(house):
    house.clock.set(datetime(2026, 9, 14, 2, 0, tzinfo=UTC))
    assert "duty/D1/KZ/2026-09-14" not in keys(house.duty())


def test_only_what_is_due_already_has_to_be_seen_to_now(house):
    house.clock.set(datetime(2026, 9, 14, 5, 45, tzinfo=UTC))
    before = next(each for each in waiting.of(house.na("KZ")) if each.key == "duty/D1/KZ/2026-09-14")
    house.clock.set(datetime(2026, 9, 14, 6, 1, tzinfo=UTC))
    after = next(each for each in waiting.of(house.na("KZ")) if each.key == "duty/D1/KZ/2026-09-14")
    assert (before.needs, after.needs) == (False, True)
    assert before.key == after.key

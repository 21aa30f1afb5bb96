"""Relays: passed on in one confirm, acknowledged by each recipient, late ones telephoned; corrected and withdrawn."""

import pytest

from commonwatch.access.actor import NotMandated
from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.traffic import acts, board, rules
from commonwatch.desks.traffic.intake import label_of, recipients_of, relay_of, reported
from commonwatch.register import history
from tests.traffic.scenes import MINUTE, NOTICE, ask, notice, relay, report, waits


def of(key, *, by):
    return board.passed([relay_of(key, by=by)], by=by)[0]


def correct(house, key):
    exchange.correct_report(
        by=house.na("BY"), report=key, values=NOTICE | {"what": "Shots on the pass"}, reason="Heard anew",
        channel="form",
    )  # fmt: skip


def test_a_relay_has_the_readers_of_its_notice_and_cites_it(house):
    first = notice(house)
    key = relay(house, first, remark="SAMPLE: Stay on the line", within=20)

    row = relay_of(key, by=house.na("TJ"))
    assert (row.notice, row.version, row.parties, row.remark) == (
        first,
        1,
        ["KZ", "RU"],
        "SAMPLE: Stay on the line",
    )
    assert row.due - row.relayed_at == 20 * MINUTE
    assert label_of(row) == label_of(reported(first, by=house.duty()))
    cited = history.of_subject(key, reader=house.duty())[0].refs
    assert [each.hash for each in cited] == [history.of_subject(first, reader=house.duty())[0].line.hash]


def test_all_who_read_a_notice_can_get_it_but_the_center_and_its_writer(house):
    possible = recipients_of(reported(notice(house), by=house.duty()))
    assert {"KZ", "RU", "SEC", "JS"} <= set(possible)
    assert not {"BY", "CRC"} & set(possible)


def test_only_the_centers_offices_relay(house):
    key = notice(house)
    with pytest.raises(NotMandated):
        acts.relay_notice(by=house.na("BY"), notice=key, recipients=["KZ"])
    assert relay(house, key)


def test_only_what_is_urgent_and_stands_is_relayed(house):
    with pytest.raises(rules.NotUrgent):
        relay(house, report(house))
    key = notice(house)
    exchange.withdraw_report(by=house.na("BY"), report=key, reason="By mistake")
    with pytest.raises(rules.NoticeWithdrawn):
        relay(house, key)


def test_nobody_gets_what_it_may_not_read(house):
    few = notice(house, audience="eastern-europe")
    with pytest.raises(rules.NoRecipient):
        relay(house, few, recipients=["RU", "KZ"])
    with pytest.raises(rules.NoRecipient):
        relay(house, few, recipients=[])
    with pytest.raises(rules.NobodyMayRead, match="Nobody but Belarus"):
        relay(house, notice(house, audience="center"), recipients=["RU"])
    assert relay(house, few, recipients=["RU"])


@pytest.mark.parametrize("within", [0, 1441])
def test_a_relay_is_acknowledged_within_a_time_that_makes_sense(house, within):
    key = notice(house)
    with pytest.raises(rules.WithinOutOfBounds):
        relay(house, key, within=within)
    row = relay_of(relay(house, key), by=house.duty())
    assert row.due - row.relayed_at == 30 * MINUTE


def test_one_version_is_relayed_once_and_a_new_one_anew(house):
    key = notice(house)
    relay(house, key)
    with pytest.raises(rules.RelayedAlready):
        relay(house, key)
    correct(house, key)
    assert relay_of(relay(house, key), by=house.duty()).version == 2


def test_a_recipient_acknowledges_once(house):
    key = relay(house, notice(house))
    house.clock.tick(minutes=6)
    acts.acknowledge_relay(by=house.na("KZ"), relay=key)
    with pytest.raises(rules.AcknowledgedAlready, match="Kazakhstan has acknowledged"):
        acts.acknowledge_relay(by=house.sit("KZ", "na-head"), relay=key)
    with pytest.raises(rules.NotARecipient):
        acts.acknowledge_relay(by=house.na("TJ"), relay=key)

    found = of(key, by=house.duty())
    assert found.lacking == ["RU"]
    assert found.recipients[0].told_at - found.row.relayed_at == 6 * MINUTE


def test_who_does_not_acknowledge_is_telephoned(house):
    key = relay(house, notice(house))
    acts.log_call(by=house.duty(), relay=key, party="RU", outcome="no-answer", note="rang for a minute")
    assert of(key, by=house.duty()).lacking == ["KZ", "RU"]
    with pytest.raises(rules.Unknown):
        acts.log_call(by=house.duty(), relay=key, party="RU", outcome="perhaps")
    with pytest.raises(rules.NotARecipient):
        acts.log_call(by=house.duty(), relay=key, party="TJ", outcome="acknowledged")
    acts.acknowledge_relay(by=house.na("KZ"), relay=key)
    with pytest.raises(rules.AcknowledgedAlready):
        acts.log_call(by=house.duty(), relay=key, party="KZ", outcome="acknowledged")

    acts.log_call(by=house.duty(), relay=key, party="RU", outcome="acknowledged")
    found = of(key, by=house.duty())
    assert found.lacking == []
    assert [each.outcome for each in found.recipients[1].calls] == ["acknowledged", "no-answer"]


def test_who_may_not_read_a_relay_finds_none(house):
    key = relay(house, notice(house, audience="eastern-europe"), recipients=["RU"])
    with pytest.raises(rules.NoSuchRelay):
        acts.acknowledge_relay(by=house.na("KZ"), relay=key)
    acts.acknowledge_relay(by=house.na("RU"), relay=key)


# What waits


def test_an_urgent_notice_waits_to_be_relayed_and_only_for_the_center(house):
    key = notice(house)
    assert waits(house.duty(), "relay") == {f"{key}:relay:1"}
    assert waits(house.na("KZ")) == waits(house.na("BY")) == set()
    relay(house, key)
    assert waits(house.duty(), "relay") == set()


def test_the_limit_of_a_relay_is_counted_from_when_the_notice_was_sent(house):
    notice(house)
    each = board.pending(house.duty())[0]
    assert each.due - each.notice.first_at == 15 * MINUTE


def test_a_corrected_notice_waits_to_be_relayed_anew(house):
    key = notice(house)
    relay(house, key)
    correct(house, key)
    assert waits(house.duty(), "relay") == {f"{key}:relay:2"}
    assert board.pending(house.duty())[0].anew


def test_a_relay_waits_for_each_recipient_until_it_acknowledges(house):
    key = relay(house, notice(house))
    assert waits(house.na("KZ")) == waits(house.na("RU")) == {f"{key}:acknowledge"}
    assert waits(house.na("TJ")) == set()
    acts.acknowledge_relay(by=house.na("KZ"), relay=key)
    assert waits(house.na("KZ")) == set()
    assert waits(house.na("RU")) == {f"{key}:acknowledge"}


def test_a_late_acknowledgement_waits_for_the_center(house):
    key = relay(house, notice(house))
    house.clock.tick(minutes=30)
    assert waits(house.duty()) == set()
    house.clock.tick(minutes=1)
    assert waits(house.duty(), "relay") == {f"{key}:call"}
    for party in ("KZ", "RU"):
        acts.log_call(by=house.duty(), relay=key, party=party, outcome="acknowledged")
    assert waits(house.duty()) == set()


def test_what_nobody_may_read_presses_until_its_release_is_asked_for(house):
    from commonwatch.desks.traffic import climbing

    def order():
        return [each.order for each in climbing.find(house.duty()) if each.kind == "relay"]

    key = notice(house, audience="center")
    assert order() == [0]
    ask(house, report=key, wants="release", readers="all")
    assert order() == [3]


def test_a_release_is_relayed_in_place_of_the_notice_that_few_may_read(house):
    key = notice(house, audience="center")
    by = house.na("BY")
    first = exchange.release_report(
        by=by, choice=exchange.Choice(report=key, audience="members", ground="SAMPLE: The Center asks")
    )
    from commonwatch.access import pairs
    from commonwatch.access.models import Proposal

    row = Proposal.objects.get(key=first.proposal)
    released = pairs.second(by=house.sit("BY", "na-head"), proposal=row.key, digest=row.digest)

    each = board.pending(house.duty())
    assert [(one.notice.key, one.target.key) for one in each] == [(key, released)]
    relay(house, released)
    assert board.pending(house.duty()) == []
    assert [one.row.notice for one in board.relays_of(house.duty(), key)] == [released]


def test_an_exercise_notice_waits_in_the_exercise_alone(house):
    key = notice(house, mode="exercise")
    assert waits(house.duty()) == set()
    assert waits(house.sit("CRC", "duty", mode="exercise")) == {f"{key}:relay:1"}


def test_an_old_notice_waits_no_more(house):
    notice(house)
    house.clock.tick(days=2, minutes=1)
    assert waits(house.duty()) == set()


def test_what_waits_takes_as_many_queries_for_many_as_for_few(house):
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    def queries(by):
        assert by.shelves is not None
        with CaptureQueriesContext(connections["default"]) as found:
            assert waits(by)
        return len(found)

    def some():
        for party in ("BY", "TJ"):
            relay(house, notice(house, party))
            notice(house, party)
            ask(house, party)
        ask(house, "CRC", by=house.na("KZ"))

    some()
    house.clock.tick(minutes=31)
    few = {each: queries(each()) for each in (house.duty, lambda: house.na("KZ"))}
    for _ in range(3):
        some()
    house.clock.tick(minutes=31)
    assert [queries(each()) for each in few] == list(few.values())
    assert max(few.values()) <= 6

"""Contact cards: the newest report of the pack's card type, stale after days, flagged by a call that failed."""

import pytest
from msgspec.structs import replace

from commonwatch.access import waiting
from commonwatch.access.models import Opened
from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.shifts import acts, board, rules
from commonwatch.desks.shifts.intake import cards

KZ = {"party": "KZ", "test": True}


def card(desk, party="KZ", *, by=None):
    return next(each for each in cards(by or desk.first) if each.party.code == party)


def of_kind(by):
    return {each.key for each in waiting.of(by) if each.kind == "card" and each.needs}


def test_a_party_without_a_card_has_none_and_the_newest_stands(desk):
    assert card(desk).state == "absent"
    desk.card(telephone="+000 11 111 1111")
    desk.at(20, 6)
    desk.card(period="2026-08", telephone="+000 22 222 2222")
    (held,) = board.held_cards(desk.first, party="KZ")
    assert (held.card.state, held.values["telephone"]) == ("fresh", "+000 22 222 2222")


def test_a_withdrawn_card_does_not_stand_and_a_corrected_one_says_the_new(desk):
    first = desk.card(telephone="+000 11 111 1111")
    desk.at(14, 8)
    second = desk.card(period="2026-08", telephone="+000 22 222 2222")
    exchange.withdraw_report(by=desk.house.na("KZ"), report=second.subject, reason="by mistake")
    assert card(desk).sent.key == first.subject
    values = dict(board.held_cards(desk.first, party="KZ")[0].values) | {"telephone": "+000 33 333 3333"}
    desk.at(15, 8)
    exchange.correct_report(
        by=desk.house.na("KZ"), report=first.subject, values=values, reason="moved", channel="form"
    )
    (held,) = board.held_cards(desk.first, party="KZ")
    assert (held.values["telephone"], held.card.sent.at) == ("+000 33 333 3333", desk.house.clock())


def test_a_card_grows_stale_and_waits_for_its_party_and_the_center(desk):
    filed = desk.card()
    key = f"card/{filed.subject}"
    assert card(desk).state == "fresh"
    desk.house.clock.tick(days=35, minutes=1)
    assert card(desk).state == "stale"
    assert key in of_kind(desk.first)
    assert key in of_kind(desk.house.na("KZ"))
    assert key not in of_kind(desk.house.na("BY"))
    desk.card(period="2026-10")
    assert key not in of_kind(desk.first) | of_kind(desk.house.na("KZ"))


def test_a_failed_test_call_flags_the_card_until_a_call_is_answered(desk):
    desk.card()
    desk.at(14, 7)
    failed = acts.log_call(by=desk.first, outcome="no-answer", **KZ)
    assert card(desk).state == "flagged"
    assert f"card/{failed}" in of_kind(desk.second)
    assert not of_kind(desk.house.na("KZ"))
    desk.at(14, 7, 20)
    acts.log_call(by=desk.second, outcome="reached", **KZ)
    assert card(desk).state == "fresh"
    assert f"card/{failed}" not in of_kind(desk.second)


def test_a_failed_test_call_flags_the_card_until_a_new_card(desk):
    desk.card()
    desk.at(14, 7)
    acts.log_call(by=desk.first, outcome="wrong-number", **KZ)
    assert card(desk).state == "flagged"
    desk.at(14, 9)
    desk.card(period="2026-08")
    assert card(desk).state == "fresh"


def test_the_owner_of_a_card_learns_nothing_of_the_centers_calls(desk):
    desk.card()
    acts.log_call(by=desk.first, outcome="no-answer", **KZ)
    assert card(desk, by=desk.house.na("KZ")).state == "fresh"
    assert card(desk, by=desk.house.na("BY")).sent is None


def test_reading_a_card_leaves_a_line_in_the_log_of_reading(desk):
    filed = desk.card()
    Opened.objects.all().delete()
    board.held_cards(desk.first)
    assert list(Opened.objects.values_list("subject", "owner")) == [(filed.subject, "KZ")]


def test_where_the_pack_names_no_card_there_is_none(desk):
    desk.card()
    node = desk.house.node
    before = node.pack
    node.pack = replace(before, duty=replace(before.duty, cards=""))
    assert cards(desk.first) == []
    assert not of_kind(desk.first)
    node.pack = before


@pytest.mark.parametrize(
    ("text", "dials"),
    [("+000 00 000 0003", "+000000000003"), ("8 (800) 12-34", "88001234"), ("00-24", ""), ("hot line", "")],
)
def test_a_number_is_told_from_other_texts(text, dials):
    assert rules.telephone(text) == dials


def test_the_number_of_queries_does_not_grow_with_cards_and_calls(desk, django_assert_max_num_queries):
    def asked(most):
        with django_assert_max_num_queries(most) as seen:
            board.held_cards(desk.first)
        return len(seen)

    desk.card()
    one = asked(12)
    for party in ("BY", "KG", "RU", "TJ"):
        desk.card(party)
        acts.log_call(by=desk.first, party=party, outcome="reached", test=True)
    assert asked(12) <= one + 1

"""Nil returns in a row: pointed out from the length that the pack names, once for the run, to whom may know."""

from datetime import UTC, datetime, timedelta

from commonwatch.desks.exchange import acts, board, nils, watching
from commonwatch.desks.exchange.intake import Sent
from tests.exchange.asking import ask

FIRST = datetime(2026, 9, 1, 5, tzinfo=UTC)


def nil_returns(house, party="BY", *, days=7, first=FIRST, type_="D1"):
    for day in range(days):
        house.clock.set(first + timedelta(days=day))
        nil = Sent(type=type_, period=f"{first + timedelta(days=day):%Y-%m-%d}", nil=True)
        acts.submit_report(by=house.na(party), report=nil, channel="form")


def told(house):
    by = house.duty()
    return [each.title for each in watching.needs(by, board.board(by)) if "nil returns" in each.title]


def text(answer):
    return " ".join(answer.content.decode().split())


def test_a_run_is_pointed_out_from_the_length_that_the_pack_names(house):
    nil_returns(house, days=6)
    assert told(house) == []
    nil_returns(house, days=1, first=FIRST + timedelta(days=6))
    assert told(house) == ["Belarus: Daily situation return, nil returns in a row: 7, since 2026-09-01"]
    says = "Belarus: nil returns in a row: 7, since 2026-09-01."
    center = house.client("CRC", "duty")
    assert says in text(center.get("/duties/D1/BY/2026-09-07/"))
    assert says in text(center.get("/types/D1/"))
    assert says not in text(center.get("/types/T3/"))


def test_a_run_is_one_thing_for_as_long_as_it_lasts(house):
    nil_returns(house, days=7)
    (before,) = nils.running(house.duty())
    nil_returns(house, days=3, first=FIRST + timedelta(days=7))
    (after,) = nils.running(house.duty())
    assert (before.key, before.reached_at) == (after.key, after.reached_at)
    assert (before.length, after.length) == (7, 10)


def test_a_report_of_content_ends_the_run_and_a_missing_day_does_not(house):
    nil_returns(house, days=4)
    nil_returns(house, days=4, first=FIRST + timedelta(days=5))
    (run,) = nils.running(house.duty())
    assert (run.length, run.first.period) == (8, "2026-09-01")
    house.clock.set(FIRST + timedelta(days=9))
    said = Sent(type="D1", period="2026-09-10", values={"change": "change", "events": 1})
    acts.submit_report(by=house.na("BY"), report=said, channel="form")
    assert nils.running(house.duty()) == []


def test_who_was_asked_since_needs_nobody_any_more(house):
    nil_returns(house, days=7)
    assert told(house)
    ask(by=house.duty(), name="a", to="BY", due=house.clock() + 10**9)
    assert told(house) == []
    assert nils.running(house.duty())


def test_the_number_of_queries_does_not_grow_with_runs(house, django_assert_max_num_queries):
    for party in ("BY", "KZ", "RU"):
        nil_returns(house, party, days=8)
    reader = house.duty()
    with django_assert_max_num_queries(12):
        assert len(nils.running(reader)) == 3

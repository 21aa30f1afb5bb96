"""Duties: recurrence, time zones, participation, activation; the edges of the calendar."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.charter.model import InformationType, Participation, Party, Period, Schedule
from commonwatch.desks.exchange import rules

WORDS = {"en": "x"}


def party(code="BE", zone="Europe/Brussels", participation=()):
    return Party(
        code=code, kind="state", name=WORDS, short=WORDS, zone=zone,
        membership=(Period(since=date(2000, 1, 1)),), participation=participation,
    )  # fmt: skip


def type_(**schedule):
    defaults = {"rule": "FREQ=DAILY", "time": "06:00", "since": date(2020, 1, 1), "period": "day"}
    return InformationType(
        code="X", name=WORDS, line="daily", owed_by=("@members",), to=(), level="H1", audience="members",
        fields=(), status="members", schedule=Schedule(**(defaults | schedule)),
    )  # fmt: skip


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


def due(kind, *, since, until, who=None, active=()):
    return [
        (s.period, s.due_at)
        for s in rules.slots(kind, who or party(), since=since, until=until, active=active)
    ]


def test_a_capital_s_clock_moves_the_due_moment_in_summer():
    kind = type_(zone="party")
    days = due(kind, since=at(2026, 3, 28), until=at(2026, 3, 30))
    assert days == [("2026-03-28", at(2026, 3, 28, 5)), ("2026-03-29", at(2026, 3, 29, 4))]


def test_an_hour_that_does_not_exist_is_due_when_the_clock_goes_on():
    kind = type_(zone="party", time="02:30")
    assert due(kind, since=at(2026, 3, 29), until=at(2026, 3, 30)) == [("2026-03-29", at(2026, 3, 29, 1))]


def test_an_hour_that_comes_twice_is_due_the_first_time():
    kind = type_(zone="party", time="02:30")
    assert due(kind, since=at(2026, 10, 25), until=at(2026, 10, 26)) == [
        ("2026-10-25", at(2026, 10, 25, 0, 30))
    ]


@pytest.mark.parametrize(
    ("schedule", "period", "starts", "ends"),
    [
        (
            {"rule": "FREQ=WEEKLY;BYDAY=MO", "period": "week", "covers": "previous"},
            "2026-W53", (2026, 12, 28), (2027, 1, 4),
        ),
        (
            {"rule": "FREQ=MONTHLY;BYMONTHDAY=5", "period": "month", "covers": "previous"},
            "2024-02", (2024, 2, 1), (2024, 3, 1),
        ),
        (
            {"rule": "FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=10", "period": "quarter", "covers": "previous"},
            "2025-Q4", (2025, 10, 1), (2026, 1, 1),
        ),
        ({"covers": "previous"}, "2024-02-29", (2024, 2, 29), (2024, 3, 1)),
    ],
)  # fmt: skip
def test_long_periods_and_leap_days(schedule, period, starts, ends):
    slot = rules.slot_of(type_(**schedule), party(), period)
    assert (slot.starts, slot.ends) == (at(*starts), at(*ends))
    assert slot.due_at >= slot.ends


def test_who_stops_taking_part_owes_nothing_from_that_day_on():
    who = party(participation=(Participation(line="*", status="reduced", since=date(2026, 9, 16)),))
    assert [p for p, _ in due(type_(), since=at(2026, 9, 14), until=at(2026, 9, 19), who=who)] == [
        "2026-09-14",
        "2026-09-15",
    ]


def test_a_line_by_name_weighs_more_than_all_lines():
    who = party(
        participation=(
            Participation(line="*", status="reduced", since=date(2020, 1, 1)),
            Participation(line="daily", status="full", since=date(2026, 9, 16)),
        )
    )
    assert [p for p, _ in due(type_(), since=at(2026, 9, 14), until=at(2026, 9, 18), who=who)] == [
        "2026-09-16",
        "2026-09-17",
    ]


def test_a_type_owed_while_active_is_owed_in_its_stretch_and_to_its_parties():
    kind = type_(while_active=True)
    on = rules.Activation(type="X", since=at(2026, 9, 15), until=at(2026, 9, 17))
    window = {"since": at(2026, 9, 14), "until": at(2026, 9, 20)}
    assert due(kind, **window) == []
    assert [p for p, _ in due(kind, active=[on], **window)] == ["2026-09-15", "2026-09-16"]
    others = rules.Activation(type="X", since=at(2026, 9, 15), parties=("FR",))
    assert due(kind, active=[others], **window) == []


@pytest.mark.parametrize(
    "period", ["2026-W38", "2026-09", "2026-13-01", "2026-02-30", "x", "", "2026-W54", "２０２６-09-14"]
)
def test_a_period_of_another_form_is_refused(period):
    with pytest.raises(rules.PeriodUnknown):
        rules.duty(type_(), party(), period)


def test_the_board_looks_at_today_s_duty_and_keeps_the_last_of_a_longer_period():
    daily, weekly = (
        type_(),
        type_(rule="FREQ=WEEKLY;BYDAY=MO", period="week", covers="previous", time="12:00"),
    )
    now = at(2026, 9, 18, 23)
    assert rules.board_slot(daily, party(), now=now).period == "2026-09-18"
    assert rules.board_slot(weekly, party(), now=now).period == "2026-W38"
    assert rules.board_slot(weekly, party(), now=at(2026, 9, 14, 12)).period == "2026-W37"


@given(
    start=st.dates(date(2021, 1, 1), date(2030, 1, 1)),
    cuts=st.lists(st.integers(1, 200), min_size=1, max_size=5),
    schedule=st.sampled_from(
        [
            {},
            {"zone": "party", "time": "02:30"},
            {"rule": "FREQ=WEEKLY;BYDAY=MO,TH", "period": "day"},
            {"rule": "FREQ=MONTHLY;BYMONTHDAY=-1", "period": "month"},
        ]
    ),
)
def test_duties_are_the_same_whatever_window_they_are_asked_through(start, cuts, schedule):
    kind, edges = type_(**schedule), [at(start.year, start.month, start.day)]
    for days in cuts:
        edges.append(edges[-1] + timedelta(days=days, hours=7))
    whole = rules.slots(kind, party(), since=edges[0], until=edges[-1])
    pieces = [s for a, b in pairwise(edges) for s in rules.slots(kind, party(), since=a, until=b)]
    assert pieces == whole
    assert [s.due_at for s in whole] == sorted({s.due_at for s in whole})
    for slot in whole[:20]:
        assert rules.slot_of(kind, party(), slot.period).period == slot.period


@pytest.mark.parametrize("period", ["9999-12-31", "9999-12-30", "9000-01-01", "2200-01-01", "0001-01-01"])
def test_a_period_out_of_this_century_is_answered_at_once(period):
    began = perf_counter()
    assert rules.slot_of(type_(), party(), period) is None
    assert perf_counter() - began < 0.5


@pytest.mark.parametrize("period", ["9999-12-31", "9999-W52", "9999-12", "9999-Q4"])
def test_the_last_period_of_the_calendar_is_none(period):
    assert not rules.is_period(period)


def test_a_weekly_report_that_is_missing_stays_in_sight_until_the_next_is_near():
    weekly = type_(rule="FREQ=WEEKLY;BYDAY=MO", period="week", covers="previous", time="12:00", grace=60)
    shown = [
        rules.board_slot(weekly, party(), now=now).period
        for now in (at(2026, 9, 14, 12, 30), at(2026, 9, 14, 14), at(2026, 9, 18, 11), at(2026, 9, 18, 13))
    ]
    assert shown == ["2026-W37", "2026-W37", "2026-W37", "2026-W38"]


def test_the_board_shows_no_old_duty_of_a_party_that_no_longer_takes_part():
    who = party(participation=(Participation(line="*", status="reduced", since=date(2026, 9, 14)),))
    assert rules.board_slot(type_(), who, now=at(2026, 9, 13, 8)).period == "2026-09-13"
    assert rules.board_slot(type_(), who, now=at(2026, 9, 14, 5)) is None


def test_of_several_due_days_in_a_period_the_first_counts():
    kind = type_(rule="FREQ=DAILY", period="month")
    assert due(kind, since=at(2026, 8, 20), until=at(2026, 10, 2)) == [
        ("2026-09", at(2026, 9, 1, 6)),
        ("2026-10", at(2026, 10, 1, 6)),
    ]


@pytest.mark.parametrize(
    ("zone", "day", "clock", "expected"),
    [
        ("Australia/Lord_Howe", date(2026, 10, 4), "02:15", at(2026, 10, 3, 15, 30)),
        ("Pacific/Apia", date(2011, 12, 30), "06:00", at(2011, 12, 30, 10)),
        ("Africa/Cairo", date(2026, 4, 24), "00:30", at(2026, 4, 23, 22)),
    ],
)
def test_gaps_of_half_an_hour_of_a_day_and_at_midnight_end_at_their_first_moment(zone, day, clock, expected):
    kind = type_(zone=zone, time=clock, since=date(2010, 1, 1))
    assert rules.slot_of(kind, party(), day.isoformat()).due_at == expected


def test_a_board_of_thirty_types_and_thirty_parties_is_drawn_in_a_moment():
    kinds = [type_(time=f"{hour % 24:02d}:00", grace=hour) for hour in range(30)]
    parties = [party(code=f"P{number}") for number in range(30)]

    def seconds():
        began = perf_counter()
        for kind in kinds:
            for who in parties:
                rules.board_slot(kind, who, now=at(2026, 9, 14, 5))
        return perf_counter() - began

    seconds()
    assert min(seconds() for _turn in range(5)) < 0.03

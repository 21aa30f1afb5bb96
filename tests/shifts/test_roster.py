"""The roster: planned, swapped and taken off by entries; gaps, doubles and short rest are pointed out."""

import pytest

from commonwatch.access.actor import NotMandated, operator
from commonwatch.access.acts import open_account
from commonwatch.access.models import Account
from commonwatch.desks.shifts import acts, board, rules
from commonwatch.desks.shifts.intake import now, officers
from commonwatch.desks.shifts.models import Turn


def drawn(desk, **more):
    return board.roster(desk.lead, since=now().date(), **more)


def test_a_turn_stands_on_its_day_and_the_others_are_gaps(desk):
    desk.plan(times=3)
    found = drawn(desk, days=4)
    cells = {(day.day, cell.stretch.shift.code): cell for day, cells in found.days for cell in cells}
    assert [each.account for each in cells[15, "day"].turns] == ["crc-duty"]
    assert [cells[day, "day"].gap for day in (14, 15, 16, 17)] == [True, False, False, False]
    assert cells[15, "night"].gap


def test_only_who_plans_the_roster_may(desk):
    plan = acts.Plan(account="crc-duty", shift="day", date="2026-09-15")
    with pytest.raises(NotMandated):
        acts.plan_roster(by=desk.first, plan=plan)
    assert acts.plan_roster(by=desk.lead, plan=plan)


def test_an_account_of_another_party_or_a_closed_one_is_not_planned_and_both_look_alike(desk):
    open_account(by=operator("KZ"), handle="kz-na-officer", office="na-officer", password=None)
    open_account(by=operator("CRC"), handle="crc-analyst", office="analyst", password=None)
    Account.objects.filter(handle="crc-duty-2").update(is_active=False)
    said = set()
    for account in ("kz-na-officer", "crc-analyst", "crc-duty-2", "nobody"):
        with pytest.raises(acts.NoSuchOfficer) as refused:
            desk.plan(account=account)
        said.add(str(refused.value).replace(account, "X"))
    assert len(said) == 1
    assert officers("CRC") == ("crc-duty", "crc-shift-lead")
    assert desk.plan(account="crc-duty")


def test_several_turns_are_planned_all_or_none(desk):
    desk.plan(date="2026-09-16")
    with pytest.raises(rules.PlannedAlready):
        desk.plan(date="2026-09-15", times=3)
    assert Turn.objects.visible_to(desk.lead).count() == 1


@pytest.mark.parametrize(
    ("plan", "refusal"),
    [
        ({"date": "2026-09-13"}, rules.OverAlready),
        ({"date": "2029-01-01"}, rules.OverAlready),
        ({"date": "soon"}, rules.DayUnclear),
        ({"shift": "noon"}, rules.NoSuchShift),
        ({"times": 0}, rules.TooMany),
        ({"times": 61}, rules.TooMany),
        ({"every": 29}, rules.TooMany),
    ],
)
def test_what_cannot_be_planned_is_refused(desk, plan, refusal):
    with pytest.raises(refusal):
        desk.plan(**plan)
    assert desk.plan()


def test_a_swap_names_both_and_the_reason_and_may_go_both_ways(desk):
    (mine,) = desk.plan(date="2026-09-15")
    (theirs,) = desk.plan(account="crc-duty-2", date="2026-09-17")
    with pytest.raises(rules.ReasonMissing):
        acts.swap_turn(by=desk.lead, turn=mine, account="crc-duty-2", reason=" ", against=theirs)
    acts.swap_turn(by=desk.lead, turn=mine, account="crc-duty-2", reason="a course", against=theirs)
    rows = {row.key: row for row in Turn.objects.visible_to(desk.lead)}
    assert (rows[mine].account, rows[mine].before, rows[mine].reason) == (
        "crc-duty-2",
        "crc-duty",
        "a course",
    )
    assert (rows[theirs].account, rows[theirs].before) == ("crc-duty", "crc-duty-2")


def test_a_swap_with_oneself_or_for_anothers_turn_is_refused(desk):
    (mine,) = desk.plan(date="2026-09-15")
    (other,) = desk.plan(account="crc-shift-lead", date="2026-09-17")
    with pytest.raises(rules.SameOfficer):
        acts.swap_turn(by=desk.lead, turn=mine, account="crc-duty", reason="a course")
    with pytest.raises(rules.OddReturn):
        acts.swap_turn(by=desk.lead, turn=mine, account="crc-duty-2", reason="a course", against=other)


def test_what_is_taken_off_is_a_gap_again_and_is_not_swapped(desk):
    (turn,) = desk.plan()
    acts.cancel_turn(by=desk.lead, turn=turn, reason="the day was moved")
    assert all(cell.gap for _day, cells in drawn(desk, days=2).days[1:] for cell in cells)
    with pytest.raises(acts.NoSuchTurn):
        acts.swap_turn(by=desk.lead, turn=turn, account="crc-duty-2", reason="late")


def test_two_shifts_at_once_and_short_rest_are_pointed_out_and_not_refused(desk):
    desk.plan(date="2026-09-15", shift="day")
    (night,) = desk.plan(date="2026-09-15", shift="night")
    found = drawn(desk)
    assert list(found.odd.rests.items()) == [(night, 0)]
    assert not found.odd.doubles


def test_what_overlaps_is_a_double_and_eleven_hours_are_enough():
    hour = 3_600_000_000
    turns = [
        rules.Booked("a", "x", 0, 8 * hour), rules.Booked("b", "x", 7 * hour, 12 * hour),
        rules.Booked("c", "x", 23 * hour, 30 * hour), rules.Booked("d", "x", 40 * hour, 41 * hour),
        rules.Booked("e", "y", 0, 8 * hour),
    ]  # fmt: skip
    found = rules.odd(turns)
    assert (found.doubles, found.rests) == (frozenset("ab"), {"d": 600})


def test_another_party_sees_nothing_of_the_roster(desk):
    desk.plan()
    assert not Turn.objects.visible_to(desk.house.na("KZ")).exists()
    assert Turn.objects.visible_to(desk.house.sit("CRC", "analyst")).exists()


def test_the_number_of_queries_does_not_grow_with_the_roster(desk, django_assert_num_queries):
    desk.plan()
    with django_assert_num_queries(2):
        drawn(desk)
    desk.plan(account="crc-duty-2", times=10)
    with django_assert_num_queries(2):
        drawn(desk)

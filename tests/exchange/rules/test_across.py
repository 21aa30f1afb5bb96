"""Rules across fields: sums, the last report, a condition, what is then needed; each breach beside what holds."""

import pytest

from commonwatch.charter.model import Check, Field, InformationType, Last, When
from commonwatch.desks.exchange import rules
from commonwatch.desks.exchange.rules.across import across
from commonwatch.desks.exchange.wording import fault_text, kept_text
from tests.small import words

FIELDS = (
    Field(code="killed", kind="integer", name=words("Killed")),
    Field(code="injured", kind="integer", name=words("Injured")),
    Field(code="affected", kind="integer", name=words("Affected")),
    Field(code="share", kind="decimal", name=words("Share")),
    Field(code="total", kind="integer", name=words("Total"), cumulative=True, watch=True),
    Field(code="calm", kind="yes_no", name=words("Calm")),
    Field(code="text", kind="text", name=words("Text")),
    Field(code="topics", kind="codes", name=words("Topics")),
)
SUM = Check(code="sum", left=("killed", "injured"), op="<=", right="affected", says=words("Too many."))
FALLS = Check(
    code="falls-not", left="total", op=">=", right=Last("total"), says=words("It falls."), breaks="warn"
)
CALM = Check(code="calm", left="killed", op="==", right=0, when=When("calm", True), says=words("Not calm."))
NEEDS = Check(code="say", needs="text", when=When("topics", ("fire", "flood")), says=words("Say what."))


def type_of(*checks):
    return InformationType(
        code="X",
        name=words("X"),
        line="l",
        owed_by=(),
        to=(),
        level="H1",
        audience="m",
        fields=FIELDS,
        checks=checks,
    )


def found(check, values, last=rules.NOTHING_SAID):
    said = list(across(type_of(check), values, last=last))
    return [fault for _check, fault in said]


@pytest.mark.parametrize(
    ("check", "holds", "breaks"),
    [
        (SUM, {"killed": 2, "injured": 3, "affected": 5}, {"killed": 2, "injured": 4, "affected": 5}),
        (SUM, {"killed": 9, "affected": 5}, {"killed": 9, "injured": 0, "affected": 5}),
        (CALM, {"calm": False, "killed": 2}, {"calm": True, "killed": 2}),
        (CALM, {"killed": 2}, {"calm": True, "killed": 1}),
        (NEEDS, {"topics": ["crime"]}, {"topics": ["crime", "flood"]}),
        (NEEDS, {"topics": ["fire"], "text": "so"}, {"topics": ["fire"]}),
    ],
)
def test_a_rule_breaks_only_where_it_is_asked_and_everything_is_given(check, holds, breaks):
    assert found(check, holds) == []
    assert [each.code for each in found(check, breaks)] == [check.code]


def test_a_value_is_held_to_the_partys_last_report():
    last = rules.Said("2026-09-13", {"total": 40})
    assert found(FALLS, {"total": 40}, last) == []
    assert found(FALLS, {"total": 39}) == []
    (fault,) = found(FALLS, {"total": 39}, last)
    assert fault_text(fault) == (
        "It falls. Total: 39; Total in the report for 2026-09-13: 40. Right would be at least 40."
    )


def test_a_fault_names_the_fields_both_values_and_what_would_be_right():
    (fault,) = found(SUM, {"killed": 2, "injured": 4, "affected": 5})
    assert fault_text(fault) == "Too many. Killed + Injured: 6; Affected: 5. Right would be at most 5."
    (fault,) = found(CALM, {"calm": True, "killed": 1200})
    assert fault_text(fault) == "Not calm. Killed: 1\u2009200. Right would be exactly 0."


def test_a_total_that_the_pack_holds_to_the_last_one_is_not_told_twice():
    history = [("2026-09-13", {"total": 40}, None)]
    values = {"total": 39}
    without = rules.unusual_values(type_of(), history=history, period="2026-09-14", values=values)
    with_it = rules.unusual_values(type_of(FALLS), history=history, period="2026-09-14", values=values)
    assert [each.code for each in without] == ["falls"]
    assert with_it == []


def test_a_warning_is_kept_with_its_reason_and_told_again():
    (fault,) = found(FALLS, {"total": 39}, rules.Said("2026-09-13", {"total": 40}))
    assert rules.kept(fault) == "falls-not total of=total left=39 op=>= to=total right=40 period=2026-09-13"
    assert kept_text(type_of(FALLS), rules.kept(fault)) == fault_text(fault)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("unusual killed value=41 low=6 high=14 of=9 day=4",
         "Killed: 41, usual 6 to 14 on Fridays; earlier reports compared: 9."),
        ("unusual killed value=41 low=6 high=14 of=12", "Killed: 41, usual 6 to 14; earlier reports compared: 12."),
        ("unusual total value=744 low=90 high=273 of=12 rise=1",
         "Total: rose by 744, usual 90 to 273; earlier reports compared: 12."),
        ("unusual total value=744 low=90 high=273 of=5 rise=1 day=0",
         "Total: rose by 744, usual 90 to 273 on Mondays; earlier reports compared: 5."),
        ("falls total was=9 now=8", "Total: falls from 9 to 8."),
        ("falls", "A total fell."),
        ("unusual", "A value was unusual."),
        ("sum", "Too many."),
        ("gone-from-the-pack", "gone-from-the-pack"),
    ],
)  # fmt: skip
def test_what_was_kept_is_told_in_words_also_where_the_code_alone_was_kept(kept, said):
    assert kept_text(type_of(SUM), kept) == said


def test_an_unusual_value_names_the_weekday_and_on_how_many_reports_that_rests():
    past = [(f"2026-0{8 + n // 28}-{n % 28 + 1:02d}", {"total": 8}, None) for n in range(42)]
    watched = InformationType(
        code="X", name=words("X"), line="l", owed_by=(), to=(), level="H1", audience="m",
        fields=(Field(code="total", kind="integer", name=words("Total"), watch=True),),
    )  # fmt: skip
    (fault,) = rules.unusual_values(watched, history=past, period="2026-09-18", values={"total": 41})
    assert fault_text(fault) == "41 is unusual: usual is 5 to 11 on Fridays (6 earlier reports)."


def test_what_is_said_in_several_returns_is_found_for_an_overlapping_time():
    type_ = InformationType(
        code="X", name=words("X"), line="l", owed_by=(), to=(), level="H1", audience="m",
        fields=(Field(code="total", kind="integer", name=words("Total"), same_as=("D1.events", "W.all")),),
    )  # fmt: skip
    reports = [
        rules.Before("a", "D1", "2026-09-13", "", {"events": 3}, 1, "e1"),
        rules.Before("b", "D1", "2026-09-15", "", {"events": 5}, 2, "e2"),
        rules.Before("c", "D1", "2026-09-21", "", {"events": 9}, 3, "e3"),
        rules.Before("d", "W", "", "2026-09-15T04:00:00Z", {"other": 1}, 4, "e4"),
    ]
    week = rules.sources(type_, reports, period="2026-W38", event_at="")
    assert (week["total"].value, week["total"].of.key) == (5, "b")
    assert rules.sources(type_, reports, period="2026-09-14", event_at="") == {}
    event = rules.sources(type_, reports, period="", event_at="2026-09-13T23:59:59Z")
    assert event["total"].value == 3
    assert rules.sources(type_, reports, period="2026-13-99", event_at="") == {}

"""What is unusual, and what is not yet."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from commonwatch.charter.model import Field, InformationType
from commonwatch.desks.exchange import rules
from tests.small import words

WEEK = (6, 8, 7, 9, 10, 3, 2)


def test_a_figure_far_from_the_others_is_unusual_and_says_why():
    found = rules.unusual([6, 8, 9, 7, 10, 8, 12, 9, 7, 8], 41)
    assert (found.value, found.low, found.high, found.basis) == (41, 2, 14, "all")
    assert rules.unusual([6, 8, 9, 7, 10, 8, 12, 9, 7, 8], 13) is None


def test_few_figures_and_small_counts_do_not_alarm():
    assert rules.unusual([1, 2, 1], 500) is None
    assert rules.unusual([0] * 20, 3) is None
    assert rules.unusual([0] * 20, 4).high == 3


def test_the_same_weekday_is_compared_where_four_are_known():
    history = list(WEEK) * 5
    saturdays = [3] * 5
    assert rules.unusual(history, 10) is None
    assert rules.unusual(history, 10, weekday=saturdays).basis == "weekday"


def past(figures, code="cases"):
    first = date(2026, 8, 3)
    return [
        ((first + timedelta(days=n)).isoformat(), {code: figure}, datetime(2026, 8, 3, tzinfo=UTC))
        for n, figure in enumerate(figures)
    ]


def kind(**changes):
    field = Field(**({"code": "cases", "kind": "integer", "name": words("Cases"), "watch": True} | changes))
    return InformationType(
        code="X", name=words("X"), line="l", owed_by=(), to=(), level="H1", audience="m", fields=(field,)
    )


def test_a_total_that_falls_is_a_warning_and_no_loss():
    found = rules.unusual_values(
        kind(cumulative=True), history=past([10, 20, 30]), period="2026-08-06", values={"cases": 25}
    )
    assert [(f.code, dict(f.fields)) for f in found] == [("falls", {"was": 30, "now": 25})]


def test_of_a_total_the_daily_rise_is_compared():
    totals = [sum(range(n)) // 10 + 10 * n for n in range(12)]
    usual = rules.unusual_values(
        kind(cumulative=True), history=past(totals), period="2026-08-15", values={"cases": totals[-1] + 12}
    )
    jump = rules.unusual_values(
        kind(cumulative=True), history=past(totals), period="2026-08-15", values={"cases": totals[-1] + 900}
    )
    assert usual == []
    assert jump[0].code == "unusual"


def test_a_field_that_nobody_watches_never_warns():
    found = rules.unusual_values(
        kind(watch=False), history=past([1] * 20), period="2026-08-25", values={"cases": 900}
    )
    assert found == []


KILOGRAMS = ["120.5", "98", "143.25", "110", "131.4", "102.6", "125", "117.3"]


def watched(figures, value, **changes):
    return rules.unusual_values(
        kind(kind="decimal", **changes), history=past(figures), period="2026-09-15", values={"cases": value}
    )


def test_a_watched_decimal_is_compared_as_a_figure():
    (found,) = watched(KILOGRAMS, "1200.5")
    assert (found.code, found.fields["value"]) == ("unusual", Decimal("1200.5"))
    assert found.fields["low"] < 98
    assert 143 < found.fields["high"] < 200
    assert "1200.5 is unusual" in found.says.format(**found.fields)
    assert watched(KILOGRAMS, "131") == []


def test_a_share_that_leaps_is_unusual_though_it_is_smaller_than_any_count():
    shares = ["0.03", "0.04", "0.03", "0.05", "0.04", "0.03", "0.04", "0.04"]
    assert [found.code for found in watched(shares, "0.9")] == ["unusual"]
    assert watched(shares, "0.05") == []


def test_after_nothing_but_nought_a_little_is_no_alarm():
    assert watched(["0"] * 10, "2.5") == []
    assert [found.code for found in watched(["0"] * 10, "50")] == ["unusual"]


def test_a_decimal_total_that_falls_is_named():
    (found,) = watched(["1.5", "2.5", "3.5"], "2.25", cumulative=True)
    assert (found.code, found.fields["was"], found.fields["now"]) == (
        "falls",
        Decimal("3.5"),
        Decimal("2.25"),
    )


def test_the_longest_figures_are_compared_without_breaking():
    longest = "9" * 31 + "." + "9" * 12
    assert watched([longest] * 8, longest) == []
    assert watched(["-" + longest, longest] * 8, longest) == []
    assert [found.code for found in watched(["1"] * 8, longest)] == ["unusual"]


@given(
    st.lists(st.integers(-(10**18), 10**18), max_size=20),
    st.integers(-(10**18), 10**18),
    st.booleans(),
)
def test_any_figures_get_an_answer_and_the_range_never_holds_the_value(figures, value, cumulative):
    for found in rules.unusual_values(
        kind(cumulative=cumulative), history=past(figures), period="2026-09-15", values={"cases": value}
    ):
        if found.code == "unusual":
            low, high = found.fields["low"], found.fields["high"]
            assert low <= high
            assert not low <= found.fields["value"] <= high

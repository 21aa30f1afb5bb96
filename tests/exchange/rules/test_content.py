"""Contents: every fault in one pass, from JSON as from a form."""

import timeit
from time import perf_counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.charter.model import Check, Code, Codelist, Field, InformationType
from commonwatch.desks.exchange import rules
from tests.small import PACK, words

FIELDS = (
    Field(code="cases", kind="integer", name=words("Cases"), required=True, minimum=0, watch=True),
    Field(code="deaths", kind="integer", name=words("Deaths"), minimum=0),
    Field(code="share", kind="decimal", name=words("Share"), minimum=0, maximum=100),
    Field(code="text", kind="text", name=words("Text"), max_length=20),
    Field(code="area", kind="code", name=words("Area"), codelist="area"),
    Field(code="topics", kind="codes", name=words("Topics"), codelist="area"),
    Field(code="sure", kind="yes_no", name=words("Sure")),
    Field(code="day", kind="date", name=words("Day")),
    Field(code="when", kind="instant", name=words("When")),
)
CHECKS = (
    Check(
        code="deaths-within-cases",
        left="deaths",
        op="<=",
        right="cases",
        says=words("More deaths than cases."),
    ),
    Check(code="many", left="cases", op="<", right=1000, says=words("That is a lot."), breaks="warn"),
)
LIST = Codelist(
    code="area",
    name=words("Area"),
    items=(Code(code="north", name=words("N")), Code(code="south", name=words("S"))),
)
TYPE = InformationType(
    code="X", name=words("X"), line="l", owed_by=(), to=(), level="H1", audience="members", fields=FIELDS,
    checks=CHECKS, nil=True,
)  # fmt: skip


def pack():
    return msgspec.structs.replace(PACK, codelists=(LIST,))


KEPT = pack()


def check(values, *, nil=False, type_=TYPE):
    return rules.check_report(type_, KEPT, values, nil=nil)


def codes(values, **more):
    return {(fault.field, fault.code) for fault in check(values, **more).faults}


def test_a_full_report_passes_as_it_is():
    values = {
        "cases": 12, "deaths": 3, "share": "12.50", "text": "Two lines\nof text", "area": "north",
        "topics": ["north", "south"], "sure": False, "day": "2026-02-28", "when": "2026-09-14T05:41Z",
    }  # fmt: skip
    assert check(values) == rules.Checked(values, (), ())


def test_every_fault_is_named_in_one_pass():
    values = {
        "cases": 1.5, "deaths": -1, "share": "1,5", "text": "x" * 21, "area": "nort", "topics": "north",
        "sure": 1, "day": "2026-02-30", "when": "yesterday", "caes": 3,
    }  # fmt: skip
    assert codes(values) == {
        ("cases", "not-whole"), ("deaths", "too-small"), ("share", "not-decimal"), ("text", "too-long"),
        ("area", "unknown-code"), ("topics", "not-a-list"), ("sure", "not-yes-no"), ("day", "not-a-day"),
        ("when", "not-an-instant"), ("caes", "unknown-field"),
    }  # fmt: skip
    near = [fault.fields.get("near") for fault in check(values).faults if fault.field in {"area", "caes"}]
    assert near == ["north", "cases"]


@pytest.mark.parametrize("value", [True, 2**63, -(2**63) - 1, 1.0, "12", None, [], float("nan")])
def test_what_is_no_whole_number_is_refused(value):
    assert codes({"cases": value} if value is not None else {}) & {
        ("cases", "not-whole"),
        ("cases", "missing"),
    }


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "half \ud800"])
def test_control_characters_are_refused(text):
    assert codes({"cases": 1, "text": text}) == {("text", "control-character")}


def test_rules_across_fields_refuse_or_warn_and_hold_when_a_side_is_empty():
    assert codes({"cases": 1, "deaths": 2}) == {("deaths", "deaths-within-cases")}
    assert [w.code for w in check({"cases": 1000}).warnings] == ["many"]
    assert check({"cases": 5}).faults == ()


def test_a_nil_return_has_no_values_and_only_where_the_type_allows_it():
    assert check({}, nil=True) == rules.Checked({}, (), ())
    assert codes({"cases": 1}, nil=True) == {("", "nil-with-values")}
    assert codes({}, nil=True, type_=msgspec.structs.replace(TYPE, nil=False)) == {("", "nil-not-allowed")}


def test_a_form_is_read_as_it_is_typed_here():
    typed = {
        "cases": "1\u00a0234", "deaths": " 12 ", "share": "1 234,5", "text": "  a\r\nb ", "area": "north",
        "topics": ["north", ""], "sure": "no", "day": "2026-09-14", "when": "2026-09-14T05:41",
    }  # fmt: skip
    assert rules.from_form(TYPE, typed) == {
        "cases": 1234, "deaths": 12, "share": "1234.5", "text": "a\nb", "area": "north", "topics": ["north"],
        "sure": False, "day": "2026-09-14", "when": "2026-09-14T05:41:00Z",
    }  # fmt: skip


def test_what_cannot_be_read_stays_as_it_was_typed_and_is_named():
    values = rules.from_form(TYPE, {"cases": "a dozen", "day": "14.9."})
    assert values == {"cases": "a dozen", "day": "14.9."}
    assert codes(values) == {("cases", "not-whole"), ("day", "not-a-day")}


@given(
    st.dictionaries(
        st.sampled_from([f.code for f in FIELDS]),
        st.one_of(st.text(max_size=30), st.lists(st.text(max_size=5), max_size=3)),
    )
)
def test_whatever_is_typed_gets_an_answer(typed):
    found = check(rules.from_form(TYPE, typed))
    assert all(fault.says.format(**fault.fields) for fault in found.faults)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.one_of(st.sampled_from([f.code for f in FIELDS]), st.text(max_size=6)), ANY, max_size=6
    )
)
def test_whatever_json_holds_gets_an_answer(values):
    rules.check_report(TYPE, KEPT, values, nil=False)


def test_a_difference_lists_what_changed_in_the_order_of_the_form():
    found = rules.difference(TYPE, {"cases": 1, "text": "a"}, {"cases": 2, "sure": True, "text": "a"})
    assert [(c.field.code, c.was, c.now) for c in found] == [("cases", 1, 2), ("sure", None, True)]


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_leaves_the_calendar_in_utc_is_no_time(text):
    assert codes({"cases": 1, "when": text}) == {("when", "not-an-instant")}
    assert rules.from_form(TYPE, {"when": text}) == {"when": text}
    with pytest.raises(rules.EventTimeMissing):
        rules.instant(text)
    assert rules.event_text(text) == text


@pytest.mark.parametrize("day", ["2026-W38-1", "20260914", "2026-9-14", "２０２６-09-14", 20260914])
def test_a_day_is_written_in_one_way(day):
    assert codes({"cases": 1, "day": day}) == {("day", "not-a-day")}


def test_a_text_of_spaces_counts_as_left_out():
    needed = msgspec.structs.replace(
        TYPE, fields=(msgspec.structs.replace(FIELDS[3], required=True), FIELDS[0])
    )
    assert codes({"cases": 1, "text": " \n "}, type_=needed) == {("text", "missing")}
    assert check({"cases": 1, "text": "   "}).values == {"cases": 1}


def test_a_report_that_says_nothing_is_refused_and_pointed_to_the_nil_return():
    free = msgspec.structs.replace(TYPE, fields=tuple(FIELDS[1:]), checks=())
    (fault,) = check({"deaths": None, "text": ""}, type_=free).faults
    assert (fault.field, fault.code) == ("", "nothing-given")
    assert "nil return" in fault.says
    (fault,) = check({}, type_=msgspec.structs.replace(free, nil=False)).faults
    assert "nil return" not in fault.says


def test_a_text_that_turns_the_direction_of_reading_is_refused():
    assert codes({"cases": 1, "text": "safe\u202egnp.exe"}) == {("text", "control-character")}


def test_thousands_of_unknown_fields_are_answered_at_once_with_the_first_of_them():
    began = perf_counter()
    found = check({"cases": 1, "x" * 60_000: 1} | {f"k{number}": 1 for number in range(50_000)})
    assert perf_counter() - began < 1
    assert len(found.faults) == 20
    assert all(len(fault.fields["code"]) <= 60 for fault in found.faults)


def test_rules_across_fields_compare_decimals_as_figures_and_not_as_texts():
    kind = msgspec.structs.replace(
        TYPE,
        checks=(Check(code="c", left="share", op="<", right="deaths", says=words("Share below deaths.")),),
    )
    assert codes({"cases": 1, "share": "9.5", "deaths": 10}, type_=kind) == set()
    assert codes({"cases": 1, "share": "10.0", "deaths": 10}, type_=kind) == {("share", "c")}


def test_a_good_report_is_checked_in_a_few_microseconds():
    values = {
        "cases": 12, "deaths": 3, "share": "12.50", "text": "Nothing new at the border", "area": "north",
        "topics": ["north", "south"], "sure": False, "day": "2026-02-28", "when": "2026-09-14T05:41Z",
    }  # fmt: skip
    check(values)
    seconds = min(timeit.repeat(lambda: check(values), number=1000, repeat=5))
    assert seconds < 0.02  # a bound for busy machines: five times what a quiet one needs

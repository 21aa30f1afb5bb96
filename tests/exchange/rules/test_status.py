"""Timeliness × content, minute by minute."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from commonwatch.desks.exchange import rules

DUE = datetime(2026, 9, 14, 6, tzinfo=UTC)
SLOT = rules.Slot(
    "D1", "BY", "2026-09-14", DUE.replace(hour=0), DUE + timedelta(hours=18), DUE, DUE + timedelta(hours=1)
)


def minutes(count):
    return DUE + timedelta(minutes=count)


def filed(at, *, state="value", number=1, by="BY", corrected=False, on_behalf=False, last=None):
    return rules.Filing(
        by, number, state, minutes(at), minutes(last if last is not None else at), corrected, on_behalf
    )


def stands(*filings, now=0, waivers=()):
    return rules.status(SLOT, filings, waivers=waivers, now=minutes(now))


def test_nothing_came():
    assert stands(now=-1).timeliness == "due"
    assert stands(now=0).timeliness == "in_grace"
    assert stands(now=59).timeliness == "in_grace"
    assert stands(now=60) == rules.Status("missing", None, None, 60)


def test_received_when_it_is_due_is_on_time_and_a_moment_later_is_late():
    assert stands(filed(0), now=100).timeliness == "on_time"
    late = stands(filed(35), now=100)
    assert (late.timeliness, late.minutes) == ("late", 35)


def test_the_clock_going_back_changes_nothing_that_was_received():
    assert stands(filed(-5), now=-500).timeliness == "on_time"


def test_nil_and_corrected_and_withdrawn():
    assert stands(filed(-5, state="nil")).content == "nil"
    assert stands(filed(-5, corrected=True)).content == "corrected"
    opened = stands(filed(-5, state="withdrawn"), now=90)
    assert (opened.timeliness, opened.content) == ("missing", "withdrawn")


def test_of_a_withdrawn_and_a_new_report_the_new_one_counts():
    status = stands(filed(-5, state="withdrawn"), filed(20, number=2), now=90)
    assert (status.timeliness, status.double) == ("late", False)


def test_what_the_center_wrote_down_fills_the_duty_until_the_party_speaks():
    told = filed(-10, by="CRC", on_behalf=True)
    assert stands(told).by_telephone
    own = stands(told, filed(120, state="nil"))
    assert (own.by_telephone, own.timeliness, own.content, own.double) == (False, "on_time", "nil", False)


def test_two_of_the_party_s_own_are_double():
    assert stands(filed(-9), filed(-8, number=2)).double


def test_a_waiver_covers_the_due_moment_and_counts_only_where_nothing_came():
    def waiver(since, until):
        return rules.Waiver(
            "D1", "BY", minutes(since), None if until is None else minutes(until), "Line down"
        )

    assert stands(now=90, waivers=[waiver(-5, 5)]).timeliness == "exempt"
    assert stands(now=90, waivers=[waiver(0, None)]).timeliness == "exempt"
    assert stands(now=90, waivers=[waiver(-5, 0)]).timeliness == "missing"
    assert stands(filed(-1), now=90, waivers=[waiver(-5, 5)]).timeliness == "on_time"
    other = rules.Waiver("D1", "KZ", minutes(-5), None, "")
    assert stands(now=90, waivers=[other]).timeliness == "missing"


FILINGS = st.lists(
    st.builds(
        filed,
        st.integers(-200, 200),
        state=st.sampled_from(["value", "nil", "withdrawn"]),
        number=st.integers(1, 4),
        on_behalf=st.booleans(),
        corrected=st.booleans(),
    ),
    max_size=4,
)


@given(st.lists(FILINGS, max_size=12), st.integers(-300, 300), st.booleans())
def test_a_tally_adds_up_and_no_rate_passes_one_hundred(many, now, waived):
    waivers = [rules.Waiver("D1", "BY", minutes(-1), minutes(1), "")] if waived else []
    statuses = [stands(*filings, now=now, waivers=waivers) for filings in many]
    found = rules.tally(statuses)
    assert found.owed == found.on_time + found.late + found.missing + found.due
    assert found.received == found.on_time + found.late <= found.owed
    assert found.nil + found.corrected <= len(statuses)
    assert found.owed + found.exempt == len(statuses)


@given(FILINGS, st.permutations(range(4)))
def test_the_order_in_which_filings_are_known_does_not_count(filings, order):
    shuffled = [filings[index] for index in order if index < len(filings)]
    numbered = {(f.by, f.number, f.last_at) for f in filings}
    if len(numbered) == len(filings):
        assert stands(*shuffled) == stands(*filings)


def test_half_a_minute_late_is_never_said_to_be_no_minute_late():
    filing = filed(0)._replace(first_at=DUE + timedelta(seconds=30))
    status = stands(filing, now=10)
    assert (status.timeliness, status.minutes) == ("late", 1)

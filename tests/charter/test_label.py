"""Labels form an order in which nobody comes to read what they could not read before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.charter.label import EVERYBODY, Label, Viewer, flows, join, readable
from commonwatch.charter.model import Category, LabelScheme, Level

PARTIES = ("BY", "KZ", "RU")
MARKS = ("CERT", "MED")


def level(code, rank):
    return Level(code=code, rank=rank, name={"en": code}, banner={"en": code}, tone="open")


SCHEME = LabelScheme(
    levels=(level("low", 0), level("middle", 5), level("high", 9)),
    categories=tuple(Category(code=code, name={"en": code}) for code in MARKS),
)
levels = st.sampled_from(["low", "middle", "high"])
some_parties = st.lists(st.sampled_from(PARTIES), unique=True).map(tuple)
some_marks = st.lists(st.sampled_from(MARKS), unique=True).map(tuple)
labels = st.builds(Label, level=levels, categories=some_marks, parties=some_parties | st.just(EVERYBODY))
viewers = st.builds(
    Viewer, party=st.sampled_from((*PARTIES, "TJ")), clearance=levels, categories=some_marks.map(frozenset)
)


def leads(source, target):
    return flows(source, target, scheme=SCHEME)


@given(labels)
def test_a_label_flows_to_itself(label):
    assert leads(label, label)


@given(labels, labels)
def test_labels_that_flow_both_ways_are_one(first, second):
    assert not (leads(first, second) and leads(second, first)) or first == second


@given(labels, labels, labels)
def test_flow_goes_on(first, second, third):
    assert not (leads(first, second) and leads(second, third)) or leads(first, third)


@given(labels, labels)
def test_both_flow_to_their_join(first, second):
    joined = join(first, second, scheme=SCHEME)
    assert leads(first, joined)
    assert leads(second, joined)


@given(labels, labels, labels)
def test_the_join_is_the_least_such_label(first, second, above):
    if leads(first, above) and leads(second, above):
        assert leads(join(first, second, scheme=SCHEME), above)


@given(labels, labels)
def test_the_join_does_not_ask_who_came_first(first, second):
    assert join(first, second, scheme=SCHEME) == join(second, first, scheme=SCHEME)


@given(labels, labels, viewers, st.sampled_from(PARTIES))
def test_whoever_reads_what_flowed_could_read_its_source(source, target, viewer, originator):
    may = [readable(x, originator=originator, viewer=viewer, scheme=SCHEME) for x in (source, target)]
    assert not leads(source, target) or may[0] or not may[1]


@given(labels, viewers)
def test_an_empty_audience_is_the_originator_alone(label, viewer):
    alone = Label(level=label.level, categories=label.categories)
    assert not readable(alone, originator="AM", viewer=viewer, scheme=SCHEME)


@given(labels, viewers)
def test_two_marks_are_both_needed(label, viewer):
    marked = Label(level=label.level, categories=MARKS, parties=EVERYBODY)
    if readable(marked, originator="BY", viewer=viewer, scheme=SCHEME):
        assert viewer.categories == set(MARKS)


@pytest.mark.parametrize(
    "label",
    [
        Label(level="unknown", parties=EVERYBODY),
        Label(level="low", categories=("UNKNOWN",), parties=EVERYBODY),
    ],
)
def test_what_is_unknown_is_unreadable_even_to_its_originator(label):
    viewer = Viewer(party="BY", clearance="high", categories=frozenset({*MARKS, "UNKNOWN"}))
    assert not readable(label, originator="BY", viewer=viewer, scheme=SCHEME)


def test_an_unknown_clearance_reads_nothing():
    viewer = Viewer(party="BY", clearance="unknown")
    assert not readable(Label(level="low", parties=EVERYBODY), originator="BY", viewer=viewer, scheme=SCHEME)


def test_an_unknown_level_never_flows_nor_joins():
    strange, known = Label(level="unknown"), Label(level="low")
    assert not leads(strange, strange)
    assert not leads(known, strange)
    with pytest.raises(KeyError):
        join(strange, known, scheme=SCHEME)


def test_the_clearance_of_the_originator_still_counts():
    viewer = Viewer(party="BY", clearance="low")
    assert not readable(Label(level="high", parties=("BY",)), originator="BY", viewer=viewer, scheme=SCHEME)


def test_labels_of_one_meaning_are_equal():
    assert Label(level="low", parties=("RU", "BY", "RU")) == Label(level="low", parties=("BY", "RU"))

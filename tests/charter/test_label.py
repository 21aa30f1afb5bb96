"""Labels form an order in which nobody comes to read what they could not read before."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.charter.label import (
    EVERYBODY,
    Label,
    Viewer,
    flows,
    join,
    join_all,
    readable,
    spelled_out,
)
from commonwatch.charter.model import Category, LabelScheme
from tests.charter.lattice import (
    KNOWN,
    LABELS,
    LEVELS,
    MARKS,
    PARTIES,
    SCHEME,
    STRANGE_LEVEL,
    STRANGE_MARK,
    VIEWERS,
    level,
    may_follow,
    may_read,
)


def leads(source, target):
    return flows(source, target, scheme=SCHEME)


@pytest.fixture(scope="module")
def above():
    """Of every known label the labels to which it flows, as a set of bits."""
    return [
        sum(1 << place for place, target in enumerate(KNOWN) if leads(source, target)) for source in KNOWN
    ]


# The small lattice: every case.


def test_every_label_flows_to_itself(above):
    assert all(bits >> place & 1 for place, bits in enumerate(above))


def test_no_two_labels_flow_both_ways(above):
    both = [
        (KNOWN[first], KNOWN[second])
        for first, second in product(range(len(KNOWN)), repeat=2)
        if first != second and above[first] >> second & 1 and above[second] >> first & 1
    ]
    assert not both


def test_whatever_a_label_flows_to_flows_no_further_than_it(above):
    for bits in above:
        for second, higher in enumerate(above):
            assert not bits >> second & 1 or higher & ~bits == 0


def test_flow_is_what_the_design_says():
    assert all(leads(*pair) == may_follow(*pair) for pair in product(KNOWN, repeat=2))


def test_the_join_is_the_least_label_to_which_both_flow(above):
    place = {label: number for number, label in enumerate(KNOWN)}
    for first, second in product(range(len(KNOWN)), repeat=2):
        joined = place[join(KNOWN[first], KNOWN[second], scheme=SCHEME)]
        assert above[joined] == above[first] & above[second]


def test_reading_is_what_the_design_says():
    wrong = [
        (label, originator, viewer)
        for label, originator, viewer in product(LABELS, PARTIES, VIEWERS)
        if readable(label, originator=originator, viewer=viewer, scheme=SCHEME)
        is not may_read(label, originator, viewer)
    ]
    assert not wrong


def test_whoever_reads_what_flowed_could_read_its_source():
    seen = list(product(PARTIES, VIEWERS))
    reads = [
        sum(
            1 << place
            for place, (originator, viewer) in enumerate(seen)
            if readable(label, originator=originator, viewer=viewer, scheme=SCHEME)
        )
        for label in LABELS
    ]
    for (source, may), (target, then) in product(zip(LABELS, reads, strict=True), repeat=2):
        assert not leads(source, target) or then & ~may == 0


def test_across_originators_flow_is_asked_of_audiences_spelled_out():
    pairs = product(product(KNOWN, PARTIES), repeat=2)
    for (source, first), (target, second) in pairs:
        whole = spelled_out(source, originator=first), spelled_out(target, originator=second)
        if source.level != target.level or source.categories != target.categories or not leads(*whole):
            continue
        for party in (*PARTIES, "TJ"):
            viewer = Viewer(party=party, clearance="high", categories=frozenset(MARKS))
            may = [
                readable(label, originator=by, viewer=viewer, scheme=SCHEME)
                for label, by in ((source, first), (target, second))
            ]
            assert may[0] or not may[1]


def test_a_label_alone_of_two_originators_would_mislead():
    own = Label(level="low")
    assert leads(own, own)
    assert not leads(spelled_out(own, originator="BY"), spelled_out(own, originator="KZ"))


def test_spelling_an_audience_out_changes_no_reader():
    for label, originator in product(LABELS, PARTIES):
        whole = spelled_out(label, originator=originator)
        for viewer in VIEWERS:
            both = [readable(x, originator=originator, viewer=viewer, scheme=SCHEME) for x in (label, whole)]
            assert both[0] == both[1]


# Schemes of any size.

CODES = tuple(f"C{number}" for number in range(12))
NAMES = tuple(f"P{number}" for number in range(30))
schemes = st.integers(1, 9).map(
    lambda count: LabelScheme(
        levels=tuple(level(f"L{rank}", 10 * rank) for rank in range(count)),
        categories=tuple(Category(code=code, name={"en": code}) for code in CODES),
    )
)
some_parties = st.lists(st.sampled_from(NAMES), max_size=12).map(tuple)
some_marks = st.lists(st.sampled_from(CODES), max_size=6).map(tuple)


@st.composite
def worlds(draw, *, labels):
    """A scheme, some labels of it, and who looks."""
    scheme = draw(schemes)
    codes = st.sampled_from([each.code for each in scheme.levels])
    made = st.builds(Label, level=codes, categories=some_marks, parties=some_parties | st.just(EVERYBODY))
    looks = st.builds(
        Viewer,
        party=st.sampled_from(NAMES),
        clearance=codes,
        categories=st.frozensets(st.sampled_from(CODES)),
    )
    return scheme, draw(st.lists(made, min_size=labels, max_size=labels)), draw(looks)


@given(worlds(labels=3))
def test_in_any_scheme_flow_is_an_order_with_joins(world):
    scheme, (first, second, third), _viewer = world
    joined = join(first, second, scheme=scheme)
    assert flows(first, first, scheme=scheme)
    assert joined == join(second, first, scheme=scheme)
    assert flows(first, joined, scheme=scheme)
    assert flows(second, joined, scheme=scheme)
    if flows(first, third, scheme=scheme) and flows(second, third, scheme=scheme):
        assert flows(joined, third, scheme=scheme)
    if flows(first, second, scheme=scheme) and flows(second, third, scheme=scheme):
        assert flows(first, third, scheme=scheme)
    if flows(first, second, scheme=scheme) and flows(second, first, scheme=scheme):
        assert first == second


@given(worlds(labels=4), st.sampled_from(NAMES))
def test_in_any_scheme_who_reads_the_join_reads_every_source(world, originator):
    scheme, labels, viewer = world
    joined = join_all(labels, scheme=scheme)
    if readable(joined, originator=originator, viewer=viewer, scheme=scheme):
        assert all(readable(each, originator=originator, viewer=viewer, scheme=scheme) for each in labels)


@given(worlds(labels=4))
def test_joining_many_is_joining_one_after_the_other(world):
    scheme, (first, *rest), _viewer = world
    one_by_one = first
    for each in rest:
        one_by_one = join(one_by_one, each, scheme=scheme)
    assert join_all([first, *rest], scheme=scheme) == one_by_one


# What is unknown.


@pytest.mark.parametrize(
    "label",
    [
        Label(level=STRANGE_LEVEL, parties=EVERYBODY),
        Label(level="low", categories=(STRANGE_MARK,), parties=EVERYBODY),
    ],
)
def test_what_is_unknown_is_unreadable_even_to_its_originator_and_never_flows(label):
    viewer = Viewer(party="BY", clearance="high", categories=frozenset({*MARKS, STRANGE_MARK}))
    assert not readable(label, originator="BY", viewer=viewer, scheme=SCHEME)
    assert not leads(label, label)
    with pytest.raises(KeyError):
        join(label, Label(level="low"), scheme=SCHEME)


def test_of_nothing_there_is_no_join():
    with pytest.raises(ValueError, match="empty"):
        join_all([], scheme=SCHEME)


def test_two_marks_are_both_needed():
    marked = Label(level="low", categories=MARKS, parties=EVERYBODY)
    for held, may in ((frozenset(), False), (frozenset(MARKS[:1]), False), (frozenset(MARKS), True)):
        viewer = Viewer(party="BY", clearance="high", categories=held)
        assert readable(marked, originator="BY", viewer=viewer, scheme=SCHEME) is may


def test_labels_of_one_meaning_are_equal():
    assert Label(level="low", parties=("RU", "BY", "RU")) == Label(level="low", parties=("BY", "RU"))
    assert Label(level="low", parties=("BY", "*")) == Label(level="low", parties=EVERYBODY)


# The scheme itself.


def test_a_scheme_knows_its_lowest_level_and_the_lowest_that_is_not_public():
    assert (SCHEME.lowest, SCHEME.internal) == ("low", "middle")
    turned = LabelScheme(levels=SCHEME.levels[::-1])
    assert (turned.lowest, turned.internal) == ("low", "middle")
    alone = LabelScheme(levels=SCHEME.levels[:1])
    assert (alone.lowest, alone.internal) == ("low", "low")
    assert SCHEME.ranks == dict(zip(LEVELS, (0, 5, 10), strict=True))


def test_both_packs_keep_who_reported_above_the_public_level(packs):
    assert {name: (each.labels.lowest, each.labels.internal) for name, each in packs.items()} == {
        "csto": ("H0", "H1"),
        "ipcr": ("PUBLIC", "LIMITE"),
    }

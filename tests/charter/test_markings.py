"""Labels of the house and markings of others: nothing is taken for wider than it says."""

from datetime import UTC, date, datetime
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.charter import markings
from commonwatch.charter.label import EVERYBODY, Label, Viewer, readable, spelled_out
from commonwatch.charter.markings import (
    NobodyNamed,
    NoLevel,
    NoReaders,
    TooWide,
    inside,
    label_for,
    outside,
    tlp_of,
)
from commonwatch.formats import stanag4774, tlp
from tests.charter.lattice import KNOWN, PARTIES, SCHEME, VIEWERS

DAY = date(2026, 9, 14)
MADE = datetime(2026, 9, 14, 5, 0, tzinfo=UTC)


@pytest.fixture
def csto(packs):
    return packs["csto"]


def kept(marking, pack, *, by="BY", **more):
    return label_for(marking, pack=pack, originator=by, on=DAY, **more)


def marked(label, pack, *, by="BY", **more):
    return tlp_of(label, pack=pack, originator=by, on=DAY, **more)


def members(pack):
    return pack.readers("members", originator="BY", on=DAY)


def test_both_rooms_know_the_same_markings():
    assert markings.RISING == tlp.RISING


def test_a_marking_bounds_the_audience(csto):
    assert kept("CLEAR", csto) == Label(level="H0", parties=EVERYBODY)
    assert kept("GREEN", csto) == Label(level="H1", parties=members(csto))
    assert kept("AMBER", csto, served=("CCC", "CRC")) == Label(level="H2", parties=("BY", "CCC", "CRC"))
    assert kept("AMBER+STRICT", csto) == Label(level="H2", parties=("BY",))
    assert kept("RED", csto, chosen=("CCC",)) == Label(level="H2", parties=("BY", "CCC"))


def test_categories_stay_beside_the_marking(csto):
    assert kept("GREEN", csto, categories=("CERT",)).categories == ("CERT",)


def test_a_narrower_audience_than_the_marking_allows_may_be_chosen(csto):
    assert kept("CLEAR", csto, chosen=("KZ",)).parties == ("BY", "KZ")
    assert kept("GREEN", csto, chosen=("KZ",)).parties == ("BY", "KZ")
    assert kept("GREEN", csto, chosen=()).parties == ("BY",)


@pytest.mark.parametrize(
    ("marking", "chosen"),
    [
        ("GREEN", EVERYBODY),
        ("AMBER", ("KZ",)),
        ("AMBER+STRICT", ("CRC",)),
        ("RED", EVERYBODY),
        ("RED", ("KZ", "*")),
    ],
)
def test_a_wider_one_may_not(csto, marking, chosen):
    with pytest.raises(TooWide, match=r"does not reach"):
        kept(marking, csto, chosen=chosen)


@pytest.mark.parametrize("chosen", [None, ()])
def test_red_wants_its_recipients_named(csto, chosen):
    with pytest.raises(NobodyNamed, match="TLP:RED"):
        kept("RED", csto, chosen=chosen)


def test_a_marking_without_a_level_is_refused(csto):
    bare = msgspec.structs.replace(csto, labels=msgspec.structs.replace(csto.labels, tlp={}))
    with pytest.raises(NoLevel, match="TLP:GREEN"):
        kept("GREEN", bare)


def test_a_label_gets_the_most_restrictive_marking_that_holds(csto):
    served = ("CCC", "CRC")
    assert marked(Label(level="H0", parties=EVERYBODY), csto) == "CLEAR"
    assert marked(Label(level="H1", parties=members(csto)), csto) == "GREEN"
    assert marked(Label(level="H0", parties=members(csto)), csto) == "GREEN"
    assert marked(Label(level="H2", parties=members(csto)), csto) == "AMBER"
    assert marked(Label(level="H1", parties=("BY", *served)), csto, served=served) == "AMBER"
    assert marked(Label(level="H1"), csto) == "AMBER+STRICT"
    assert marked(Label(level="H1", parties=("BY", "KZ")), csto) == "RED"
    assert marked(Label(level="H3", parties=EVERYBODY), csto) == "RED"
    with pytest.raises(KeyError):
        marked(Label(level="COSMIC"), csto)


@pytest.mark.parametrize("name", ["csto", "ipcr"])
def test_a_marking_that_is_given_lets_nobody_have_it_who_could_not_read_it(packs, name):
    pack = packs[name]
    codes = [party.code for party in pack.parties][:6]
    audiences = [
        *(pack.readers(each.code, originator=codes[0], on=DAY) for each in pack.audiences),
        *([one, other] for one, other in product(codes, codes)),
    ]
    for level, parties, served in product(pack.labels.ranks, audiences, ((), codes[:2])):
        label = Label(level=level, parties=tuple(parties))
        given_out = marked(label, pack, by=codes[0], served=served)
        if given_out == "RED":
            continue
        lets = set(kept(given_out, pack, by=codes[0], served=served).parties)
        assert label.parties == EVERYBODY or lets <= {codes[0], *label.parties}


@pytest.mark.parametrize("name", ["csto", "ipcr"])
def test_what_came_under_a_marking_as_wide_as_it_allows_leaves_under_none_that_is_wider(packs, name):
    pack = packs[name]
    for marking in tlp.RISING[:-1]:
        then = marked(kept(marking, pack, by=pack.center), pack, by=pack.center)
        assert tlp.RISING.index(then) >= tlp.RISING.index(marking)


def test_in_the_shipped_pack_a_marking_comes_out_as_it_went_in(csto):
    for marking in tlp.RISING:
        chosen = ("KZ",) if marking == "RED" else None
        label = kept(marking, csto, chosen=chosen, served=("CCC",))
        assert marked(label, csto, served=("CCC",)) == marking


@given(st.sampled_from(KNOWN), st.sampled_from(PARTIES))
def test_a_label_said_outside_comes_back_with_its_audience_in_full(label, originator):
    said = outside(label, originator=originator)
    written = stanag4774.write(
        stanag4774.Confidentiality(
            policy="small",
            classification=said.classification,
            originator=originator,
            created_at=MADE,
            marks=said.marks,
            releasable_to=said.releasable_to,
        )
    )
    known = {"classifications": SCHEME.ranks, "marks": SCHEME.marks, "parties": PARTIES}
    back = stanag4774.read(written, policy="small", **known)
    again = markings.Outside(back.classification, back.marks, back.releasable_to)
    if label.parties == EVERYBODY and label.level != SCHEME.lowest:
        with pytest.raises(NoReaders, match="names nobody"):
            inside(again, scheme=SCHEME)
        return
    came = inside(again, scheme=SCHEME)
    assert came == spelled_out(label, originator=originator)
    for viewer in VIEWERS:
        both = [readable(x, originator=originator, viewer=viewer, scheme=SCHEME) for x in (label, came)]
        assert both[0] == both[1]


def test_the_originator_alone_is_named_outside_and_not_left_out():
    assert outside(Label(level="low"), originator="BY").releasable_to == ("BY",)
    assert outside(Label(level="low", parties=EVERYBODY), originator="BY").releasable_to is None
    assert not readable(
        inside(outside(Label(level="low"), originator="BY"), scheme=SCHEME),
        originator="BY",
        viewer=Viewer(party="KZ", clearance="high"),
        scheme=SCHEME,
    )

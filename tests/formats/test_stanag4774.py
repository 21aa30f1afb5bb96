"""Confidentiality labels of STANAG 4774: exact there and back, and hostile ones refused by their place."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from commonwatch.formats import stanag4774
from commonwatch.formats.stanag4774 import Confidentiality, LabelRefused, read, write

LEVELS, MARKS, PARTIES = ("H0", "H1", "H2"), ("CERT", "MED"), ("AM", "BY", "KZ")
KNOWN = {"policy": "csto", "classifications": LEVELS, "marks": MARKS, "parties": PARTIES}
MADE = datetime(2026, 9, 14, 5, 0, tzinfo=UTC)
LABEL = Confidentiality(
    policy="csto",
    classification="H2",
    originator="BY",
    created_at=MADE,
    marks=("CERT",),
    releasable_to=("BY", "KZ"),
    review_at=MADE + timedelta(days=1826),
)
XML = write(LABEL).decode()

zones = st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1970, 1, 2), datetime(9998, 1, 1), timezones=zones)  # noqa: DTZ001 - they get zones
codes = st.from_regex(r"[!-~]{1,12}( [!-~]{1,12})?", fullmatch=True)


@st.composite
def policies(draw):
    """Some policy's codes, and a label of it."""
    levels, marks = (draw(st.lists(codes, min_size=1, max_size=5, unique=True)) for _time in range(2))
    parties = draw(st.lists(codes, min_size=1, max_size=5, unique=True))
    label = Confidentiality(
        policy=draw(codes),
        classification=draw(st.sampled_from(levels)),
        originator=draw(st.sampled_from(parties)),
        created_at=draw(instants),
        marks=tuple(draw(st.lists(st.sampled_from(marks), unique=True))),
        releasable_to=draw(
            st.none() | st.lists(st.sampled_from(parties), min_size=1, unique=True).map(tuple)
        ),
        review_at=draw(st.none() | instants),
    )
    known = {"policy": label.policy, "classifications": levels, "marks": marks, "parties": parties}
    return label, known


@given(policies())
def test_a_label_comes_back_exactly(made):
    label, known = made
    assert read(write(label), **known) == label


def test_elements_stand_in_the_order_of_the_standard():
    root = etree.fromstring(write(LABEL))
    names = [etree.QName(each).localname for each in root.iter()]
    assert names == [
        "originatorConfidentialityLabel", "ConfidentialityInformation", "PolicyIdentifier", "Classification",
        "Category", "GenericValue", "Category", "GenericValue", "GenericValue", "OriginatorID", "CreationDateTime",
    ]  # fmt: skip
    assert {etree.QName(each).namespace for each in root.iter()} == {stanag4774.NAMESPACE}
    assert dict(root.attrib) == {"ReviewDateTime": "2031-09-14T05:00:00Z"}
    kinds = [(each.get("Type"), each.get("TagName")) for each in root.iter("{*}Category")]
    assert kinds == [stanag4774.MARKS, stanag4774.READERS]


def test_no_limit_and_the_originator_alone_are_told_apart():
    everybody = Confidentiality(policy="csto", classification="H0", originator="BY", created_at=MADE)
    alone = Confidentiality(
        policy="csto", classification="H0", originator="BY", created_at=MADE, releasable_to=("BY",)
    )
    assert read(write(everybody), **KNOWN).releasable_to is None
    assert read(write(alone), **KNOWN).releasable_to == ("BY",)
    assert b"Category" not in write(everybody)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"releasable_to": ()}, "Releasable To"),
        ({"marks": ("CERT", "CERT")}, "Handling"),
        ({"policy": ""}, "PolicyIdentifier"),
        ({"classification": "H2\x00"}, "Classification"),
        ({"classification": " H2"}, "Classification"),
        ({"originator": "Беларусь"}, "OriginatorID"),
        ({"created_at": datetime(2026, 9, 14)}, "CreationDateTime"),  # noqa: DTZ001 - without a zone on purpose
    ],
)
def test_what_cannot_stand_in_a_label_is_not_written(changes, place):
    values = {name: getattr(LABEL, name) for name in LABEL.__struct_fields__} | changes
    with pytest.raises(LabelRefused) as refused:
        write(Confidentiality(**values))
    assert refused.value.fields["place"].partition(" “")[0] == place


ROOT = stanag4774.ROOT
ALONE = XML.partition("?>")[2].strip()
READERS = XML[XML.index('<slab:Category Type="PERM') : XML.index("</slab:ConfidentialityInformation>")]
NAMED = "<slab:GenericValue>BY</slab:GenericValue><slab:GenericValue>KZ</slab:GenericValue>"
ENDS, BEGINS = "</slab:originator", "<slab:OriginatorID"
TYPED = "?><!DOCTYPE x"

# What is changed in the label, the place that must be named, and a word of the reason.
CHANGES = {
    "another policy": (">csto<", ">NATO<", "PolicyIdentifier", "another organisation"),
    "an unknown level": (">H2<", ">COSMIC<", "Classification", "COSMIC"),
    "an unknown category": (">CERT<", ">NOFORN<", "Handling", "NOFORN"),
    "an unknown party": (">KZ<", ">XX<", "Releasable To", "XX"),
    "an unknown tag": ('"Handling"', '"Context"', "Category RESTRICTIVE Context", "not a category"),
    "categories any of which would do": ('"RESTRICTIVE"', '"PERMISSIVE"', "Category PERMISSIVE Handling", ""),
    "an informative category": ('"RESTRICTIVE"', '"INFORMATIVE"', "Category INFORMATIVE Handling", ""),
    "readers in two places": (READERS, READERS + READERS, "Releasable To", "twice"),
    "a reader twice": (">KZ<", ">BY<", "Releasable To", "twice"),
    "nobody named": (NAMED, "", "Releasable To", "nothing"),
    "no level": ("<slab:Classification>H2</slab:Classification>", "", "Classification", "missing"),
    "no policy": ("<slab:PolicyIdentifier>csto</slab:PolicyIdentifier>", "", "PolicyIdentifier", "missing"),
    "another's originator": (":csto:BY<", ":ipcr:BY<", "OriginatorID", "no party"),
    "a strange originator": (":csto:BY<", ":csto:XX<", "OriginatorID", "XX"),
    "an originator by mail": ("uniformResourceIdentifier", "rfc822Name", "OriginatorID", "no party"),
    "a date without a zone": ("T05:00:00Z</", "T05:00:00</", "CreationDateTime", "time zone"),
    "a date that is none": ("2026-09-14T", "2026-13-14T", "CreationDateTime", "no instant"),
    "a review at no instant": ("2031-09-14T05:00:00Z", "soon", "ReviewDateTime", "soon"),
    "a privacy mark": (NAMED, f"{NAMED}<slab:PrivacyMark/>", "GenericValue", "not in its place"),
    "a succession": (ENDS, f"<slab:SuccessionHandling/>{ENDS}", "SuccessionHandling", "passed over"),
    "elements of others": (ENDS, f'<x xmlns="urn:x"/>{ENDS}', "x", "passed over"),
    "things out of order": (BEGINS, f"<slab:CreationDateTime/>{BEGINS}", "OriginatorID", "not in its place"),
    "a policy by number": ("Identifier>c", 'Identifier URI="urn:x">c', "PolicyIdentifier/@URI", ""),
    "a level cut by a comment": (">H2<", ">H<!-- -->2<", "Classification", "more than text"),
    "a comment": (BEGINS, f"<!-- H0 -->{BEGINS}", ROOT, "comment"),
    "an instruction": (BEGINS, f"<?x y?>{BEGINS}", ROOT, "instruction"),
    "text between elements": (BEGINS, f"H0{BEGINS}", ROOT, "text"),
    "another namespace": ("metadatalabel:1:0", "metadatalabel:2:0", ROOT, "not an originator"),
    "an alternative label": (
        "originatorConf",
        "alternativeConf",
        "alternativeConfidentialityLabel",
        "not an",
    ),
    "a label in a label": (ENDS, f"{ALONE}{ENDS}", ROOT, "one label alone"),
    "a document type": ("?>", f"{TYPED}>", "document", "document type"),
    "an entity": ("?>", f'{TYPED} [<!ENTITY h "H2">]>', "document", "document type"),
    "a file as an entity": (
        "?>",
        f'{TYPED} [<!ENTITY h SYSTEM "file:///etc/hostname">]>',
        "document",
        "type",
    ),
    "too much": (">csto<", f">{'c' * 70_000}<", "document", "64 KB"),
}
WHOLE = {
    "two labels": (f"<both>{ALONE}{ALONE}</both>", "both", "one label alone"),
    "a label in a binding": (f"<Binding>{ALONE}</Binding>", "Binding", "one label alone"),
    "no namespace": (ALONE.replace("slab:", "").replace(" xmlns:slab=", " x="), ROOT, "not an originator"),
    "not well-formed": (XML[:-5], "document:2", "well-formed"),
    "nothing": ("", "document:1", "well-formed"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_label_that_is_not_ours_is_refused_by_its_place(what):
    old, new, place, reason = CHANGES[what]
    assert old in XML
    refused_at(XML.replace(old, new).replace(">H2<", ">&h;<" if "ENTITY h" in new else ">H2<"), place, reason)


@pytest.mark.parametrize("what", WHOLE)
def test_what_is_no_single_label_is_refused_by_its_place(what):
    refused_at(*WHOLE[what])


def refused_at(xml, place, reason):
    with pytest.raises(LabelRefused) as refused:
        read(xml.encode(), **KNOWN)
    assert refused.value.fields["place"].partition(" “")[0] == place
    assert reason in str(refused.value)


def test_a_thousand_million_laughs_are_not_laughed():
    entities = '<!ENTITY a0 "H2">' + "".join(
        f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 10)
    )
    bomb = XML.replace("?>", f"?><!DOCTYPE x [{entities}]>").replace(">H2<", ">&a9;<")
    attribute = XML.replace("?>", f"?><!DOCTYPE x [{entities}]>").replace('"Handling"', '"&a9;"')
    for each in (bomb, attribute):
        with pytest.raises(LabelRefused, match=r"document type|well-formed"):
            read(each.encode(), **KNOWN)


def test_white_space_and_prefixes_and_encodings_change_nothing():
    spaced = etree.tostring(etree.fromstring(XML.encode()), pretty_print=True).decode()
    plain = spaced.replace("slab:", "").replace("xmlns:slab", "xmlns")
    padded = plain.replace(">H2<", ">\n  H2 <")
    for each in (spaced, plain, padded):
        assert read(each.encode(), **KNOWN) == LABEL
    assert read(f'<?xml version="1.0" encoding="UTF-16"?>{padded}'.encode("utf-16"), **KNOWN) == LABEL


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(data):
    with contextlib.suppress(LabelRefused):
        read(data, **KNOWN)


@given(st.integers(0, len(XML) - 1), st.text(max_size=3), st.integers(0, 3))
def test_a_label_with_a_slip_of_the_pen_is_never_read_as_one_for_more_readers(place, new, gone):
    changed = (XML[:place] + new + XML[place + gone :]).encode()
    with contextlib.suppress(LabelRefused):
        back = read(changed, **KNOWN)
        assert back.releasable_to is not None
        assert set(back.releasable_to) <= set(PARTIES)

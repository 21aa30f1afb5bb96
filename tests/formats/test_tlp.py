"""TLP 2.0: spellings in, one spelling out, and the marking definitions of STIX."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.formats import tlp

markings = st.sampled_from(tlp.RISING)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("TLP:RED", "RED"),
        ("tlp:amber+strict", "AMBER+STRICT"),
        ("TLP:AMBER+STRICT", "AMBER+STRICT"),
        ("Tlp: Amber + Strict", "AMBER+STRICT"),
        ("TLP:AMBER STRICT", "AMBER+STRICT"),
        ("tlp_amber_strict", "AMBER+STRICT"),
        ("TLP-AMBER-STRICT", "AMBER+STRICT"),
        ("TLP AMBER", "AMBER"),
        ("amber", "AMBER"),
        (" green ", "GREEN"),
        ("clear", "CLEAR"),
        ("TLP:WHITE", "CLEAR"),
        ("white", "CLEAR"),
    ],
)
def test_the_spellings_that_are_met_are_read(text, read):
    assert tlp.parse(text) == read


@pytest.mark.parametrize(
    "text",
    ["", "TLP:", "TLP:BLACK", "RED+STRICT", "TLP:AMBER+", "AMBER+STRICTER", "tlp:ex:chr", "tlp:unclear",
     "TLPRED", "REDACTED", "TLP:RED TLP:GREEN", "АMBER", "ſtrict", "TLP:RED\x00"],
)  # fmt: skip
def test_nothing_else_is_guessed(text):
    with pytest.raises(tlp.UnknownMarking, match="no marking of TLP") as refused:
        tlp.parse(text)
    assert "TLP:AMBER+STRICT" in refused.value.hint.format(**refused.value.fields)


@given(markings, st.booleans())
def test_what_is_written_is_read_back(marking, lower):
    text = tlp.written(marking)
    assert tlp.parse(text.lower() if lower else text) == marking


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(tlp.UnknownMarking):
        assert tlp.parse(text) in tlp.RISING


@given(st.lists(markings))
def test_of_several_the_most_restrictive_holds(several):
    found = tlp.strictest(several)
    assert (found is None) == (not several)
    assert all(tlp.RISING.index(each) <= tlp.RISING.index(found) for each in several)


def test_the_tags_of_misp_are_read_or_refused_by_name(shared):
    taxonomy = json.loads((shared / "02-cti/misp/taxonomies/tlp.json").read_text())
    read, refused = {}, set()
    for each in taxonomy["predicates"]:
        try:
            read[each["value"]] = tlp.parse(f"tlp:{each['value']}")
        except tlp.UnknownMarking:
            refused.add(each["value"])
    assert set(read.values()) == set(tlp.RISING)
    assert read["white"] == "CLEAR"
    assert refused == {"ex:chr", "unclear"}


@pytest.mark.parametrize("name", ["clear", "amber", "amber+strict"])
def test_the_definitions_of_oasis_are_known_by_id_and_by_extension(shared, name):
    [definition] = json.loads((shared / f"02-cti/tlp2/tlp-{name}.json").read_text())["objects"]
    marking = name.upper()
    assert tlp.reference(marking) == definition["id"]
    assert tlp.of_definition(definition) == marking
    assert tlp.of_definition({"id": definition["id"]}) == marking
    assert tlp.of_definition(definition | {"id": "marking-definition--of-somebody-else"}) == marking


def test_a_definition_that_says_two_things_is_refused(shared):
    [amber] = json.loads((shared / "02-cti/tlp2/tlp-amber.json").read_text())["objects"]
    with pytest.raises(tlp.MarkingsDisagree, match="TLP:CLEAR, and says TLP:AMBER"):
        tlp.of_definition(amber | {"id": tlp.reference("CLEAR")})


@pytest.mark.parametrize(
    "changes",
    [
        {"extensions": {tlp.EXTENSION: {"tlp_2_0": "purple"}}},
        {"extensions": {tlp.EXTENSION: {}}},
        {"extensions": {tlp.EXTENSION: "amber"}},
        {"definition_type": "tlp", "definition": {"tlp": 3}},
    ],
)
def test_a_definition_that_claims_to_be_of_tlp_and_names_none_is_refused(changes):
    with pytest.raises(tlp.UnknownMarking):
        tlp.of_definition({"type": "marking-definition", "id": "marking-definition--x"} | changes)


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"type": "indicator", "id": "indicator--x"},
        {"type": "marking-definition", "id": "marking-definition--x", "definition_type": "statement",
         "definition": {"statement": "TLP:RED"}},
        {"type": "marking-definition", "id": "marking-definition--x", "extensions": ["amber"]},
    ],
)  # fmt: skip
def test_another_kind_of_marking_is_none_of_tlp(definition):
    assert tlp.of_definition(definition) is None


def test_an_object_under_two_markings_keeps_to_the_stricter():
    old_amber = {
        "type": "marking-definition",
        "id": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
        "definition_type": "tlp",
        "definition": {"tlp": "amber"},
    }
    own = {"type": "marking-definition", "id": "marking-definition--own",
           "extensions": {tlp.EXTENSION: {"extension_type": "property-extension", "tlp_2_0": "red"}}}  # fmt: skip
    assert tlp.of_references([tlp.reference("GREEN"), old_amber["id"]]) == "AMBER"
    assert tlp.of_references([tlp.reference("GREEN"), own["id"]], definitions=[old_amber, own]) == "RED"
    assert tlp.of_references(["marking-definition--statement"]) is None
    assert tlp.of_references([]) is None


@given(markings)
def test_a_reference_that_is_written_is_recognised(marking):
    assert tlp.of_references([tlp.reference(marking)]) == marking

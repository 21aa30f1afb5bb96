"""Who reads what, in words; and nothing of what is out of reach."""

import re
from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from commonwatch.access.actor import operator
from commonwatch.access.acts import give_office
from commonwatch.charter.model import NamedAudience, Participation, Period
from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.intake import Sent
from commonwatch.register.models import Journal
from commonwatch.ui import audiences
from tests.ui.test_pairs import words

TODAY = date(2026, 9, 14)


def report(house, party, audience="", level="", events=1):
    sent = Sent(
        type="D1",
        period="2026-09-14",
        values={"change": "change", "events": events},
        audience=audience,
        level=level,
    )
    return acts.submit_report(by=house.na(party), report=sent, channel="form")


def card(answer, name):
    """The words of one audience's card."""
    text = words(answer)
    return text[text.index(name) :]


def party(pack, code, **changed):
    """The pack in which a party has other periods."""
    parties = tuple(replace(each, **changed) if each.code == code else each for each in pack.parties)
    return replace(pack, parties=parties)


def test_each_audience_says_who_reads_it_today_and_by_which_rule(house):
    said = words(house.client("BY", "na-officer").get("/audiences/"))
    assert "Caucasus region and Center caucasus Reads it today Armenia, Russia, Center" in said
    assert "Originator only own Reads it today whoever wrote it, and nobody else" in said
    assert "Public public Reads it today everybody, the public included" in said
    assert (
        "every member, as of the day; Center, Secretariat, Joint Staff, Incident centre, and whoever comes"
        in said
    )
    assert "no change is known" in said


def test_a_journal_stands_under_the_audience_by_whose_name_it_was_opened(house):
    report(house, "BY", audience="center")
    report(house, "KZ")
    said = words(house.client("BY", "na-officer").get("/audiences/"))

    center = said[
        said.index("Crisis Response Center center Reads it today") : said.index(
            "Joint Staff and Center staff"
        )
    ]
    assert re.search(
        r"Journals of your party .* csto/BY/real/h1-center/1 .* Belarus H1 1 ✓ takes entries \d", center
    )
    members = said[said.index("All members and organs members Reads") :]
    assert "csto/KZ/real/h1-members/1" in members
    assert "kept for its party" in members


def test_nothing_out_of_reach_shows(house):
    viewer, owner = house.client("KZ", "na-officer"), house.client("BY", "na-officer")
    before = viewer.get("/audiences/").content
    for number in range(1, 4):
        give_office(by=operator("BY"), account=f"by-na-{number}", office="analyst")
    after = viewer.get("/audiences/").content
    token = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"')
    assert token.sub(b"", before) == token.sub(b"", after)
    assert b"csto/BY/real/h1-own/1" not in after
    assert b"csto/BY/real/h1-own/1" in owner.get("/audiences/").content


def test_a_closed_journal_says_where_its_audience_goes_on(house):
    report(house, "BY")
    Journal.objects.filter(party="BY", slug="h1-members").update(
        closed=True, continued="csto/BY/real/h1-members/2"
    )
    said = words(house.client("BY", "na-officer").get("/audiences/"))
    assert "– closed → csto/BY/real/h1-members/2" in said
    Journal.objects.update(closed=False, continued="")


def test_what_is_known_to_change_within_a_year_is_told_by_its_day(packs):
    members = NamedAudience(code="m", name={"en": "M"}, parties=("@members",))
    leaving = party(packs["csto"], "KG", membership=(Period(date(2003, 9, 18), date(2027, 1, 1)),))

    assert list(audiences.changes(members, pack=packs["csto"], today=TODAY)) == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audiences, "party_name", str)
        found = list(audiences.changes(members, pack=leaving, today=TODAY))
        assert found == [{"day": "2027-01-01", "joins": [], "leaves": ["KG"]}]
        assert (
            list(audiences.changes(members, pack=leaving, today=date(2025, 12, 31))) == []
        )  # more than a year ahead
        assert list(audiences.changes(members, pack=leaving, today=date(2027, 1, 1))) == []  # it has happened

        full = Participation("peace", "full", date(2027, 3, 1))
        joining = party(packs["csto"], "AM", participation=(*packs["csto"].party("AM").participation, full))
        line = NamedAudience(code="l", name={"en": "L"}, parties=("@line:peace",))
        assert list(audiences.changes(line, pack=joining, today=TODAY)) == [
            {"day": "2027-03-01", "joins": ["AM"], "leaves": []}
        ]
        assert list(audiences.changes(members, pack=joining, today=TODAY)) == []


def test_a_change_to_come_is_on_the_page(house):
    house.node.pack = party(house.node.pack, "KG", membership=(Period(date(2003, 9, 18), date(2027, 1, 1)),))
    said = words(house.client("BY", "analyst").get("/audiences/"))
    assert "2027-01-01: reads no more of what is written from then on: Kyrgyzstan" in said
    house.clock.set(datetime(2026, 9, 14, 5, tzinfo=UTC))


def test_levels_and_marks_of_tlp_are_explained(house):
    said = words(house.client("BY", "analyst").get("/audiences/"))
    assert "H0 Public CLEAR One person releases it. The public reads it" in said
    assert "H2 Official use AMBER Two persons release it." in said
    assert "H3 Secret RED Only that something exists is kept here, never what it says. CERT" in said
    assert re.search(
        r"TLP:AMBER\+STRICT may be passed on within one's own organisation alone", words_of(said)
    )
    assert "CERT Computer-incident teams: read only by offices that hold this category" in said


def words_of(text):
    return text.replace("&#x27;", "'")


def test_it_is_for_offices(house):
    assert house.client().get("/audiences/").status_code == 302
    assert house.client("BY", "administrator").get("/audiences/").status_code == 200

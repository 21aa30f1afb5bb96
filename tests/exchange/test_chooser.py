"""Before sending it is said in words who will read; what is sent cannot choose more than its type allows."""

import re

import pytest

from commonwatch.access.tokens import new_token
from commonwatch.charter.label import Label
from commonwatch.desks.exchange import acts, labels
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.exchange.models import Report

DAY = "2026-09-14"
VALUES = {"change": "no_change"}


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def typed(**fields):
    return {"_period": DAY, "_owes": "BY", "f-change": "no_change", "act": "send"} | fields


def stated(answer):
    """What stands beside the button that sends."""
    return re.search(r'<(output|p) id="readers".*?</\1>', text(answer)).group(0)


def names(said):
    return re.search(r"(Will|May) be read by: ([^<]*)\.</b>", said).group(2).split(", ")


@pytest.fixture
def at_by(house):
    return house.client("BY", "na-officer")


def test_the_readers_and_the_level_stand_beside_the_button(at_by):
    said = stated(at_by.get("/reports/new/D1/"))

    assert {"Belarus", "Kazakhstan", "Tajikistan"} <= set(names(said))
    assert "H1 INTERNAL TO THE ORGANISATION" in said
    assert 'hx-get="/reports/new/D1/?owes=BY"' in said


def test_every_choice_says_without_script_who_will_read(at_by):
    shown = text(at_by.get("/reports/new/D1/"))
    choices = re.findall(r'name="_audience" value="([^"]+)".*?<span class="help">([^<]*)</span>', shown)

    assert [code for code, _said in choices] == [
        "members", "central-asia", "eastern-europe", "caucasus", "center",
    ]  # fmt: skip
    assert all(said.startswith("Will be read by: ") for _code, said in choices)
    assert "Kazakhstan" not in dict(choices)["eastern-europe"]
    assert "Belarus" in dict(choices)["caucasus"]
    assert re.search(r'type="radio" name="_level" value="H2" > <span class="tag restricted">H2', shown)


def test_the_statement_follows_the_choice_as_a_part_of_the_page(at_by):
    address = "/reports/new/D1/?owes=BY&_level=H2&_audience=center"
    part = at_by.get(address, headers={"HX-Request": "true"})

    assert b"<html" not in part.content
    assert len(names(stated(part))) == 2
    assert "H2 OFFICIAL USE" in stated(part)


def test_what_does_not_go_together_is_said_before_sending(at_by):
    address = "/reports/new/T1/?owes=BY&_level=H1&_audience=public"
    part = at_by.get(address, headers={"HX-Request": "true"})

    assert "T1 may not be sent at H1 public" in text(part)
    fits = at_by.get("/reports/new/T1/?_level=H0&_audience=public", headers={"HX-Request": "true"})
    assert "By everybody: public." in stated(fits)
    assert "H0 PUBLIC" in stated(fits)


def test_what_is_for_oneself_alone_says_so(house):
    for parties in ((), ("BY",)):
        assert labels.sign(Label(level="H1", parties=parties), writer="BY").readers == "Only by Belarus."
    assert labels.sign(Label(level="H0", parties=("*",)), writer="BY").readers == "By everybody: public."
    center = Label(level="H2", categories=("CERT",), parties=("BY", "CRC"))
    assert labels.sign(center, writer="BY", sent=True).readers.startswith("May be read by: ")
    assert labels.sign(center, writer="BY").categories == "CERT Computer-incident teams"


@pytest.mark.parametrize(("level", "audience"), [("H1", "members"), ("H2", "center"), ("H1", "caucasus")])
def test_the_same_readers_stand_on_the_reports_page(at_by, level, audience):
    chosen = typed(_level=level, _audience=audience)
    before = names(stated(at_by.get(f"/reports/new/D1/?_level={level}&_audience={audience}")))
    page = at_by.post("/reports/new/D1/", chosen, follow=True)

    assert names(text(page)) == before
    assert level in text(page)


def test_a_correction_shows_its_label_and_lets_none_be_chosen(house, at_by):
    sent = Sent(type="D1", period=DAY, values=VALUES, level="H2", audience="center")
    done = acts.submit_report(by=house.na("BY"), report=sent, channel="form")
    shown = at_by.get(f"/reports/{done.subject}/correct/")
    forged = typed(_level="H1", _audience="members", _reason="More", **{"f-events": "7"})
    at_by.post(f"/reports/{done.subject}/correct/", forged)

    assert "H2 OFFICIAL USE" in stated(shown)
    assert len(names(stated(shown))) == 2
    assert 'name="_audience"' not in text(shown)
    assert 'name="_level"' not in text(shown)
    row = Report.objects.visible_to(house.duty()).get(key=done.subject)
    assert (row.values["events"], row.versions, row.journal.slug) == (7, 2, "h2-center")
    assert not Report.objects.visible_to(house.na("KZ")).exists()


def test_by_telephone_the_party_that_told_reads_too(house):
    center = house.client("CRC", "duty")
    said = names(stated(center.get("/reports/new/D1/?owes=AM&_audience=central-asia")))

    assert "Armenia" in said
    assert "Belarus" not in said


def test_who_will_read_a_waiver_and_a_switch_is_said(house):
    lead = house.client("CRC", "shift-lead")
    assert "Kazakhstan" in names(stated(lead.get("/waivers/")))
    part = lead.get("/waivers/?type=D1&party=KG", headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert "Kyrgyzstan" in names(stated(part))
    assert stated(lead.get("/waivers/?type=none&party=KG")).endswith("></p>")
    assert "Will be read by: " in text(lead.get("/active/"))


# What is forged


FORGED = [
    {"_level": "H9"},
    {"_audience": "friends"},
    {"_audience": "public"},
    {"_level": "H0"},
    {"_level": "h1"},
]


@pytest.mark.parametrize("fields", FORGED)
def test_a_form_cannot_choose_what_its_type_does_not_allow(house, at_by, fields):
    answer = at_by.post("/reports/new/D1/", typed(**fields))

    assert answer.status_code == 422
    assert "D1 may not be sent at" in text(answer)
    assert not Report.objects.visible_to(house.na("BY")).exists()


@pytest.mark.parametrize(
    "name", ["parties", "label", "categories", "_parties", "_label", "_categories", "nonsense"]
)
def test_a_form_cannot_name_readers_or_marks_of_its_own(house, at_by, name):
    at_by.post("/reports/new/D1/", typed(**{name: "KZ", "_audience": "center"}))

    row = Report.objects.visible_to(house.na("BY")).select_related("journal").get()
    assert (row.journal.parties, row.journal.categories) == ("BY,CRC", "")


@pytest.fixture
def program(house):
    """A program of Belarus, with its key."""
    key = new_token(house.account("BY", "na-officer"), client="feeder")
    client = house.client()

    def ask(way, body=None, **more):
        headers = {"Authorization": f"Bearer {key}"}
        if body is None:
            return client.get(f"/api{way}", headers=headers, **more)
        return client.post(f"/api{way}", body, content_type="application/json", headers=headers)

    return ask


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"level": "H9"}, 422),
        ({"audience": "friends"}, 422),
        ({"audience": "public"}, 422),
        ({"level": 1}, 400),
        ({"audience": ["center"]}, 400),
        ({"parties": ["KZ"]}, 400),
        ({"label": {"level": "H0"}}, 400),
        ({"categories": ["CERT"]}, 400),
        ({"nonsense": 1}, 400),
    ],
)
def test_a_program_cannot_choose_what_its_type_does_not_allow(house, program, fields, status):
    body = {"type": "D1", "period": DAY, "values": VALUES}
    alone = program("/reports", body | fields)
    batch = program("/reports/batch", {"reports": [body | fields]})
    unknown = program("/reports", body | {"nonsense": 1})

    assert alone.status_code == status
    assert batch.status_code == (status if status == 400 else 422)
    assert not Report.objects.visible_to(house.na("BY")).exists()
    if status == 400 and not {"level", "audience"} & set(fields):
        assert alone.json()["code"] == unknown.json()["code"]

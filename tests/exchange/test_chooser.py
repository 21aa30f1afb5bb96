"""Before sending it is said in words who will read; what is sent cannot choose more than its type allows."""

import re

import pytest

from commonwatch.access.tokens import new_token
from commonwatch.charter.label import Label
from commonwatch.desks.exchange import acts, labels, rules
from commonwatch.desks.exchange.intake import Sent, marked_label
from commonwatch.desks.exchange.models import Report
from commonwatch.formats import stanag4774

DAY = "2026-09-14"
VALUES = {"change": "no_change"}


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def typed(**fields):
    return {"_period": DAY, "_owes": "BY", "f-change": "change", "act": "send"} | fields


def stated(answer):
    """What stands beside the button that sends."""
    if b"<html" not in answer.content:
        return text(answer)
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


def test_a_sheet_says_who_will_read_its_rows(house, at_by):
    assert names(stated(at_by.get("/reports/new/D1/sheet/"))) == names(stated(at_by.get("/reports/new/D1/")))
    urgent = stated(at_by.get("/reports/new/U1/sheet/"))
    assert "H2 OFFICIAL USE" in urgent


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
    assert stated(lead.get("/waivers/?type=none&party=KG")).endswith("> </p>")
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


# Labels and markings for programs


def test_a_program_reads_the_label_and_the_marking_of_a_report(house, program):
    sent = Sent(type="D1", period=DAY, values=VALUES, level="H2", audience="center")
    done = acts.submit_report(by=house.na("BY"), report=sent, channel="form")
    one = program(f"/reports/{done.subject}").json()

    assert one["label"] == {
        "level": "H2", "categories": [], "audience": "center", "parties": ["BY", "CRC"],
    }  # fmt: skip
    assert one["tlp"] == "TLP:RED"
    assert program("/reports").json()["reports"] == [one]


@pytest.mark.parametrize(
    ("fields", "slug", "tlp"),
    [
        ({"tlp": "GREEN"}, "h1-members", "TLP:GREEN"),
        ({"tlp": "tlp:green", "audience": "caucasus"}, "h1-caucasus", "TLP:GREEN"),
        ({"tlp": "TLP:AMBER+STRICT"}, "h2-own", "TLP:AMBER+STRICT"),
        ({"tlp": "AMBER"}, "h2-own", "TLP:AMBER"),
        ({"tlp": "RED", "audience": "center"}, "h2-center", "TLP:RED"),
    ],
)
def test_a_marking_is_mapped_by_the_pack_and_goes_out_as_it_came(house, program, fields, slug, tlp):
    body = {"type": "D1", "period": DAY, "values": VALUES} | fields
    done = program("/reports", body)

    assert done.status_code == 201, done.content
    row = Report.objects.visible_to(house.na("BY")).select_related("journal").get()
    readers = house.node.pack.readers
    expected = {
        "h1-members": readers("members", originator="BY", on=house.clock.now.date()),
        "h1-caucasus": readers("caucasus", originator="BY", on=house.clock.now.date()),
        "h2-own": ("BY",),
        "h2-center": ("BY", "CRC"),
    }[slug]
    assert (row.journal.level, tuple(row.journal.parties.split(","))) == (slug[:2].upper(), expected)
    assert program(f"/reports/{row.key}").json()["tlp"] == tlp


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"tlp": "RED"}, "charter.nobody-named", "named recipients only"),
        ({"tlp": "AMBER+STRICT", "audience": "center"}, "charter.too-wide", "does not reach CRC"),
        ({"tlp": "CLEAR"}, "exchange.label-not-allowed", "D1 may not be sent at H0"),
        ({"tlp": "GREEN", "audience": "public"}, "exchange.label-not-allowed", "public"),
        ({"tlp": "GREEN", "level": "H1"}, "exchange.two-markings", "either a level or a TLP"),
        ({"tlp": "BLACK"}, "formats.unknown-marking", "no marking of TLP"),
    ],
)
def test_a_marking_never_reaches_further_than_it_says_or_the_type_allows(house, program, fields, code, says):
    answer = program("/reports", {"type": "D1", "period": DAY, "values": VALUES} | fields)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert says in answer.json()["title"]
    assert not Report.objects.visible_to(house.na("BY")).exists()


def test_a_marking_without_an_audience_is_not_wider_than_the_type(house):
    pack = house.node.pack

    with pytest.raises(rules.LabelNotAllowed, match="D3 may not be sent at TLP:GREEN"):
        marked_label(pack.type("D3"), owes="BY", by="BY", marking="GREEN", audience="")
    for audience in ("", "public"):
        label = marked_label(pack.type("A4"), owes="BY", by="BY", marking="CLEAR", audience=audience)
        assert (label.level, label.parties) == ("H0", ("*",))
    told = marked_label(pack.type("D1"), owes="BY", by="CRC", marking="AMBER+STRICT", audience="")
    assert told.parties == ("BY", "CRC")


def test_the_label_is_given_as_xml(house, program):
    sent = Sent(type="D1", period=DAY, values=VALUES, level="H2", audience="center")
    done = acts.submit_report(by=house.na("BY"), report=sent, channel="form")
    answer = house.client("CRC", "duty").get(f"/reports/{done.subject}/label.xml")
    pack = house.node.pack
    said = stanag4774.read(
        answer.content,
        policy="csto",
        classifications=[each.code for each in pack.labels.levels],
        marks=["CERT"],
        parties=[each.code for each in pack.parties],
    )

    assert answer["Content-Type"] == "application/xml; charset=utf-8"
    assert (said.classification, said.releasable_to, said.originator) == ("H2", ("BY", "CRC"), "BY")
    assert house.client("KZ", "na-officer").get(f"/reports/{done.subject}/label.xml").status_code == 404


def test_releases_are_had_by_programs_and_are_no_reports(house, program):
    sent = Sent(type="D1", period=DAY, values=VALUES | {"events": 3}, audience="center")
    done = acts.submit_report(by=house.na("BY"), report=sent, channel="form")
    choice = acts.Choice(done.subject, "members", fields=("events",), ground="Others ask")
    came = acts.release_report(by=house.na("BY"), choice=choice)
    key = new_token(house.account("KZ", "na-officer"), client="reader")
    ask = lambda way: house.client().get(  # noqa: E731
        f"/api{way}", headers={"Authorization": f"Bearer {key}"}
    )
    one = ask(f"/releases/{came.release}").json()

    assert one["values"] == {"events": 3}
    assert (one["of"], one["part"], one["ground"], one["offices"]) == (
        done.hash, True, "Others ask", ["na-officer"],
    )  # fmt: skip
    assert one["label"]["audience"] == "members"
    assert one["tlp"] == "TLP:GREEN"
    assert ask("/releases").json()["releases"] == [one]
    assert ask("/releases?type=D2").json()["releases"] == []
    assert ask(f"/releases?before={one['page']}&after={one['release']}").json()["releases"] == []
    assert ask("/reports").json()["reports"] == []
    assert ask(f"/reports/{came.release}").status_code == 404
    xml = house.client("KZ", "na-officer").get(f"/releases/{came.release}/label.xml")
    assert b"csto:BY" in xml.content


def test_to_a_program_absent_and_forbidden_are_the_same_bytes(house, program):
    sent = Sent(type="D1", period=DAY, values=VALUES, audience="center")
    done = acts.submit_report(by=house.na("RU"), report=sent, channel="form")
    came = acts.release_report(
        by=house.na("RU"), choice=acts.Choice(done.subject, "central-asia", ground="Others ask")
    )
    none = "release/RU/01996f2e-0000-7000-8000-000000000000"
    there, gone = program(f"/releases/{came.release}"), program(f"/releases/{none}")

    assert (there.status_code, there.content) == (gone.status_code, gone.content)
    assert there.status_code == 404
    assert program("/releases").json() == {"releases": []}
    xml = house.client("BY", "na-officer")
    hidden, absent = (xml.get(f"/releases/{each}/label.xml") for each in (came.release, none))
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content.replace(none.encode(), came.release.encode())

"""What was said in one return is offered in another: confirmed by a tick, kept with the report, and never widened."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from commonwatch.access.tokens import new_token
from commonwatch.desks.exchange import acts, rules
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.exchange.models import Drawn, Report
from commonwatch.register import history

DAY = "2026-09-14"
T8 = {"hazard": "flood", "course": "ongoing", "place": "SAMPLE: a valley"}


@pytest.fixture
def flood(house):
    acts.activate_type(by=house.lead(), type="T8", ground="SAMPLE: flood", since=house.clock() - 10**12)
    return house


def d1(house, party="BY", *, persons=12, **more):
    sent = Sent(type="D1", period=DAY, values={"change": "change", "persons_affected": persons}, **more)
    return acts.submit_report(by=house.na(party), report=sent, channel="form")


def t8(house, value, party="BY", **more):
    sent = Sent(type="T8", period=DAY, values=T8 | {"persons_affected": value}, **more)
    return acts.submit_report(by=house.na(party), report=sent, channel="form")


def test_a_value_is_taken_from_another_return_and_says_so_for_ever(flood):
    first = d1(flood)
    done = t8(flood, {"from": "D1"})

    row = Report.objects.get(key=done.subject)
    assert row.values["persons_affected"] == 12
    where = Drawn.objects.get(key=done.subject).fields["persons_affected"]
    assert where == ("D1.persons_affected", DAY, first.hash)
    kinds = [type(each.fact).__name__ for each in history.of_subject(done.subject, reader=flood.na("KZ"))]
    assert kinds == ["ReportSubmitted", "ValuesDrawn"]
    page = flood.client("BY", "na-officer").get(f"/reports/{done.subject}/").content.decode()
    assert "from Daily situation return of 2026-09-14" in " ".join(page.split())
    assert page.count('class="list versions"') == 1
    assert "written by a newer version" not in page


def test_there_is_nothing_to_take_where_nothing_was_said_for_that_time_or_by_another(flood):
    d1(flood, "KZ")
    with pytest.raises(rules.ContentRefused, match="not there for that time"):
        t8(flood, {"from": "D1"})
    d1(flood)
    with pytest.raises(rules.ContentRefused, match="not there for that time"):
        t8(flood, {"from": "U4"})
    assert t8(flood, {"from": "D1"})
    assert Drawn.objects.count() == 1


def test_what_was_written_for_fewer_readers_is_not_taken_into_a_wider_report(flood):
    d1(flood, audience="center")
    with pytest.raises(rules.ContentRefused, match="not there for that time and these readers"):
        t8(flood, {"from": "D1"})
    done = t8(flood, {"from": "D1"}, audience="center")
    assert Report.objects.get(key=done.subject).values["persons_affected"] == 12


def test_what_was_shown_is_what_is_taken(flood):
    first = d1(flood)
    acts.correct_report(
        by=flood.na("BY"), report=first.subject, values={"change": "change", "persons_affected": 13},
        reason="One more", channel="form",
    )  # fmt: skip
    with pytest.raises(rules.ContentRefused, match="has changed"):
        t8(flood, {"from": "D1", "entry": first.entry})
    assert t8(flood, {"from": "D1"})


def test_values_that_differ_are_pointed_out_with_both(flood):
    d1(flood)
    sent = Sent(type="T8", period=DAY, values=T8 | {"persons_affected": 40})
    with pytest.raises(rules.ConfirmFirst) as asked:
        acts.submit_report(by=flood.na("BY"), report=sent, channel="form", confirmed=False)
    (fault,) = asked.value.fields["warnings"]
    assert (fault.field, fault.code) == ("persons_affected", "differs")
    done = acts.submit_report(by=flood.na("BY"), report=sent, channel="form")
    page = " ".join(
        flood.client("BY", "na-officer").get(f"/reports/{done.subject}/").content.decode().split()
    )
    assert "Persons affected: 40; 12 in Daily situation return of 2026-09-14." in page
    with pytest.raises(rules.ContentRefused):
        t8(flood, {"from": 7})


def test_the_form_offers_the_value_and_takes_it_by_one_tick(flood):
    first = d1(flood)
    at = flood.client("BY", "na-officer")
    page = " ".join(at.get("/reports/new/T8/").content.decode().split())
    assert "12 persons, from your Daily situation return of 2026-09-14" in page
    form = {
        "_period": DAY,
        "_owes": "BY",
        "act": "send",
        **{f"f-{code}": value for code, value in T8.items()},
    }
    tick = {"take-persons_affected": f"D1|{first.entry}"}

    typed = at.post("/reports/new/T8/", form | tick | {"f-persons_affected": "many"})
    assert typed.status_code == 422
    assert f'value="D1|{first.entry}" checked' in " ".join(typed.content.decode().split())

    assert at.post("/reports/new/T8/", form | tick).status_code == 302
    assert Report.objects.get(type="T8").values["persons_affected"] == 12
    assert (
        "take-persons_affected"
        not in flood.client("KZ", "na-officer").get("/reports/new/T8/").content.decode()
    )


def test_a_program_takes_it_by_naming_the_type(flood):
    d1(flood)
    token = flood.account("BY", "na-officer")
    key = new_token(token, client="meter")
    body = {"type": "T8", "period": DAY, "values": T8 | {"persons_affected": {"from": "D1"}}}
    answer = flood.client().post(
        "/api/reports",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 201
    assert Report.objects.get(type="T8").values["persons_affected"] == 12


def test_the_template_of_the_sheet_begins_with_what_was_said(flood):
    d1(flood)
    at = flood.client("BY", "na-officer")
    text = at.get("/reports/new/T8/sheet/template.csv").content.decode("utf-8-sig")
    (row,) = [line for line in text.splitlines() if line.startswith(DAY)]
    assert ";12;" in row
    assert DAY not in at.get("/reports/new/D2/sheet/template.csv").content.decode()


def test_rows_of_the_empty_sheet_to_which_nothing_was_added_are_passed_over_and_named(flood):
    d1(flood)
    at = flood.client("BY", "na-officer")
    text = at.get("/reports/new/T8/sheet/template.csv").content.decode("utf-8-sig")

    def send(data):
        came = SimpleUploadedFile("t8.csv", data.encode("utf-8-sig"))
        answer = at.post("/reports/new/T8/sheet/", {"file": came})
        return answer.status_code, " ".join(answer.content.decode().split())

    status, page = send(text)
    assert status == 422
    assert "holds nothing but what an empty sheet comes with" in page
    assert not Report.objects.filter(type="T8").exists()

    *others, begun = text.splitlines()
    before = begun.replace(DAY, "2026-09-13").replace(";12;", ";11;")
    heads = next(line for line in others if "Persons affected" in line).split(";")
    said = {
        "Period": DAY,
        "Hazard": "flood",
        "State": "ongoing",
        "Where": "SAMPLE: a valley",
        "Persons affected": "12",
    }
    filled = ";".join(
        next((said[name] for name in said if head.strip('"').startswith(name)), "") for head in heads
    )
    status, page = send("\n".join([*others, before, filled]))
    assert status == 200, page
    assert (
        f"Passed over, since nothing is filled in there but what an empty sheet comes with: row {len(others) + 1}."
        in page
    )
    (row,) = Report.objects.filter(type="T8")
    assert (row.period, row.values["persons_affected"]) == (DAY, 12)


@pytest.mark.parametrize("values", [{}, {"text": "  ", "topics": []}, {"change": None, "outlook": ""}])
def test_a_report_of_blanks_is_refused_and_a_nil_return_offered(house, values):
    with pytest.raises(rules.ContentRefused, match="send a nil return"):
        acts.submit_report(
            by=house.na("BY"), report=Sent(type="D1", period=DAY, values=values), channel="api"
        )
    assert acts.submit_report(by=house.na("BY"), report=Sent(type="D1", period=DAY, nil=True), channel="api")


def test_blanks_are_refused_in_a_form_and_in_a_sheet_with_the_nil_return_beside(house):
    at = house.client("BY", "na-officer")
    form = {"_period": DAY, "_owes": "BY", "act": "send", "f-text": "   "}
    page = at.post("/reports/new/D1/", form)
    assert page.status_code == 422
    assert "send a nil return" in page.content.decode()
    assert 'value="nil"' in page.content.decode()

    sheet = SimpleUploadedFile("d1.csv", f"Period;Change;Events recorded\n{DAY};;\n".encode("utf-8-sig"))
    page = at.post("/reports/new/D1/sheet/", {"file": sheet})
    assert page.status_code == 422
    assert "send a nil return" in page.content.decode()
    assert not Report.objects.exists()
    assert at.post("/reports/new/D1/", form | {"act": "nil"}).status_code == 302

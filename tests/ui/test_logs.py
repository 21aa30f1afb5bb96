"""The pages of both logs: a line is read by the party that wrote, the party that read, and who it was."""

import pytest

from commonwatch.access import logs
from commonwatch.access.models import Opened
from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.intake import Sent

PERIOD = "2026-09-14"


@pytest.fixture
def opened(house):
    """Belarus reports; an officer of Armenia and the duty officer of the Center open the report."""
    sent = Sent(type="D1", period=PERIOD, values={"change": "no_change"})
    report = acts.submit_report(by=house.na("BY"), report=sent, channel="form")
    for party, office in (("AM", "na-officer"), ("CRC", "duty")):
        house.client(party, office).get(f"/reports/{report.subject}/")
    return report


def text(house, party, office, path):
    answer = house.client(party, office).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_who_wrote_reads_which_party_and_office_opened_it_and_not_which_account(house, opened):
    said = text(house, "BY", "na-head", "/reads/")
    assert "D1 2026-09-14" in said
    assert "Armenia" in said
    assert "Officer of the national authority" in said
    assert "am-na-officer" not in said
    assert "crc-duty" not in said


def test_a_party_reads_what_its_own_people_opened_with_their_accounts(house, opened):
    said = text(house, "AM", "na-head", "/reads/?side=people")
    assert "am-na-officer" in said
    assert "crc-duty" not in said


def test_the_center_reads_of_the_center_alone(house, opened):
    assert "D1 2026-09-14" not in text(house, "CRC", "head", "/reads/")
    said = text(house, "CRC", "head", "/reads/?side=people")
    assert "crc-duty" in said
    assert "am-na-officer" not in said


def test_who_may_not_read_the_log_is_refused(house, opened):
    for path in ("/reads/", "/events/"):
        assert house.client("BY", "na-officer").get(path).status_code == 403


def test_everybody_reads_what_they_opened_themselves(house, opened):
    assert "D1 2026-09-14" in text(house, "AM", "na-officer", "/account/reads/")
    assert "D1 2026-09-14" not in text(house, "AM", "permrep", "/account/reads/")


def test_an_exercise_does_not_show_real_reading(house, opened):
    client = house.client("BY", "na-head")
    client.post("/mode/", {"mode": "exercise"})
    assert "D1 2026-09-14" not in client.get("/reads/").content.decode()


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("?day=2026-09-14", True),
        ("?day=2026-09-13", False),
        ("?subject=D1", True),
        ("?subject=D9", False),
        ("?party=AM", True),
        ("?party=KZ", False),
    ],
)
def test_lines_are_found_by_day_subject_and_party(house, opened, query, there):
    assert ("D1 2026-09-14" in text(house, "BY", "na-head", f"/reads/{query}")) is there


@pytest.mark.parametrize("path", ["/reads/?day=yesterday", "/events/?day=2026-13-01"])
def test_a_day_that_cannot_be_read_is_refused_on_the_page(house, path):
    answer = house.client("BY", "na-head").get(path)
    assert answer.status_code == 422
    assert "is no day" in answer.content.decode()


def test_a_table_of_the_lines_holds_the_same_and_starts_no_formula(house, opened):
    Opened.objects.filter(party="AM").update(detail="=1+1")
    answer = house.client("BY", "na-head").get("/reads/?as=csv")
    said = answer.content.decode("utf-8-sig")
    assert answer["Content-Type"].startswith("text/csv")
    assert ";Armenia;" in said
    assert "am-na-officer" not in said
    assert ";=1" not in said


def test_long_logs_are_turned_page_by_page_without_loss(house, opened):
    shelf = house.na("AM").shelves
    journal = next(each.id for each in shelf if each.party == "BY")
    many = [logs.Thing(journal, f"report/BY/{number}", detail=f"line-{number:03d}.") for number in range(150)]
    logs.opened(by=house.na("AM"), things=many, how="api")
    client = house.client("BY", "na-head")
    first = client.get("/reads/").content.decode()
    older = first.split('href="?before=')[1].split('"')[0]
    second = client.get(f"/reads/?before={older}").content.decode()
    for number in range(150):
        assert (f"line-{number:03d}." in first) is not (f"line-{number:03d}." in second)


def test_a_line_is_shown_to_those_alone_who_may_read_the_thing(house):
    values = {"section": "KG-TJ", "incident": "none", "incidents": 1}
    sent = Sent(type="T4", period="2026-W36", values=values)
    report = acts.submit_report(by=house.na("KZ"), report=sent, channel="form")
    house.client("CRC", "duty").get(f"/reports/{report.subject}/")

    assert "T4 2026-W36" in text(house, "KZ", "na-head", "/reads/")
    assert "T4 2026-W36" not in text(house, "KZ", "administrator", "/reads/"), "the report is above its level"
    assert "T4 2026-W36" not in text(house, "CRC", "administrator", "/reads/?side=people")


def test_the_mark_of_a_page_does_not_count_the_lines_of_others(house, opened):
    journal = next(each.id for each in house.na("AM").shelves if each.party == "BY")
    many = [logs.Thing(journal, f"report/BY/{number}") for number in range(150)]
    logs.opened(by=house.na("AM"), things=many, how="api")
    before = text(house, "BY", "na-head", "/reads/").split('href="?before=')[1].split('"')[0]
    assert before == f"{house.clock()}-100"


def test_a_party_reads_its_own_security_lines_and_no_others(house):
    logs.note("key-made", party="BY", account="by-na-officer", detail={"client": "sender"})
    logs.note("key-made", party="AM", account="am-na-officer", detail={"client": "other"})
    said = text(house, "BY", "na-head", "/events/")
    assert "made a key for a program" in said
    assert "program: sender" in said
    assert "am-na-officer" not in said
    assert "program: other" not in text(house, "CRC", "head", "/events/")
    assert "by-na-officer" in house.client("BY", "na-head").get("/events/?as=csv").content.decode("utf-8-sig")


def test_security_lines_are_found_by_kind_and_account(house):
    logs.note("key-made", party="BY", account="by-na-officer")
    assert "by-na-officer" not in text(house, "BY", "na-head", "/events/?kind=key-revoked")
    assert "by-na-officer" in text(house, "BY", "na-head", "/events/?kind=key-made&account=officer")

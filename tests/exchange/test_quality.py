"""The quality of reporting: every finding leads to its reports, and what may not be known says so."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from commonwatch.access.models import Opened
from commonwatch.desks.exchange import acts, compliance, quality
from commonwatch.desks.exchange.intake import Sent
from tests.exchange.test_compliance import in_text, in_workbook

DAYS = "?since=2026-09-01&until=2026-09-15"
SPAN = compliance.span(date(2026, 9, 1), date(2026, 9, 15))


def text(answer):
    return " ".join(answer.content.decode().split())


def d1(house, day, party="BY", *, events=5, by=None, channel="form", **more):
    house.clock.set(datetime(2026, 9, day, 5, tzinfo=UTC))
    sent = Sent(type="D1", period=f"2026-09-{day:02d}", values={"change": "change", "events": events}, **more)
    return acts.submit_report(by=by or house.na(party), report=sent, channel=channel)


@pytest.fixture
def lived(house):
    """Eight days of Belarus: the same figure, one correction after two hours, one withdrawal, one by telephone."""
    found = [d1(house, day) for day in range(1, 9)]
    house.clock.set(datetime(2026, 9, 8, 7, tzinfo=UTC))
    acts.correct_report(
        by=house.na("BY"), report=found[-1].subject, values={"change": "change", "events": 6},
        reason="One more", channel="form",
    )  # fmt: skip
    d1(house, 9, events=60)
    gone = d1(house, 10)
    acts.withdraw_report(by=house.na("BY"), report=gone.subject, reason="Wrong day")
    d1(house, 11, by=house.duty(), channel="telephone", owes="BY")
    house.clock.set(datetime(2026, 9, 14, 5, tzinfo=UTC))
    house.found = found
    return house


def of(rows, party="BY", type_="D1"):
    return next(each for each in rows if (each.party.code, each.type.code) == (party, type_))


def test_what_can_be_said_of_a_partys_reports_is_counted(lived):
    row = of(quality.rows(lived.duty(), SPAN))
    assert len(row.reports) == 11
    assert (len(row.corrected), row.after) == (1, 120)
    assert len(row.withdrawn) == len(row.told) == 1
    assert [each.period for each in row.odd] == ["2026-09-09"]
    assert [each.period for each in row.gaps] == ["2026-09-10", "2026-09-12", "2026-09-13"]
    assert {each.code for each in row.never} == {
        "topics", "text", "persons_affected", "area", "help_needed", "confidence", "outlook",
    }  # fmt: skip
    (same,) = row.unchanged
    assert (same.field.code, same.value, len(same.reports)) == ("events", 5, 7)
    assert row.unread == 0


def test_each_line_leads_to_the_reports_behind_it(lived):
    center = lived.client("CRC", "duty")
    overview = text(center.get(f"/quality/{DAYS}"))
    assert f'href="/quality/D1/BY/{DAYS.replace("&", "&amp;")}"' in overview
    page = text(center.get(f"/quality/D1/BY/{DAYS}"))
    assert f"/reports/{lived.found[-1].subject}/" in page
    assert "after 2 h" in page
    assert "Events recorded: the same value, 5, in 7 reports running, 2026-09-01 to 2026-09-07" in page
    assert "Events recorded: 60, usual" in page
    assert "/duties/D1/BY/2026-09-12/" in page
    assert "Help needed" in page


def test_a_run_of_nil_returns_is_found_in_the_past_too(house):
    for day in range(1, 6):
        house.clock.set(datetime(2026, 9, day, 5, tzinfo=UTC))
        nil = Sent(type="D1", period=f"2026-09-{day:02d}", nil=True)
        acts.submit_report(by=house.na("BY"), report=nil, channel="form")
    d1(house, 6)
    house.clock.set(datetime(2026, 9, 14, 5, tzinfo=UTC))
    row = of(quality.rows(house.duty(), SPAN))
    assert [slot.period for slot in row.nil_run] == [f"2026-09-{day:02d}" for day in range(1, 6)]


def test_nothing_is_said_of_reports_that_one_may_not_read_but_that_they_are_there(lived):
    d1(lived, 12, "KZ", audience="center")
    lived.clock.set(datetime(2026, 9, 14, 5, tzinfo=UTC))
    own, neighbour = (
        of(quality.rows(lived.na("KZ"), SPAN), "KZ"),
        of(quality.rows(lived.na("TJ"), SPAN), "KZ"),
    )
    assert (len(own.reports), own.unread) == (1, 0)
    assert (len(neighbour.reports), neighbour.unread, neighbour.hidden) == (0, 1, False)
    page = text(lived.client("TJ", "na-officer").get(f"/quality/D1/KZ/{DAYS}"))
    assert "1 duty was met by a report that you may not read" in page
    hidden = of(quality.rows(lived.na("TJ"), SPAN), "KZ", "T4")
    assert hidden.hidden
    assert "not shown to you" in text(lived.client("TJ", "na-officer").get(f"/quality/{DAYS}"))


def test_the_figures_are_the_same_on_the_page_in_the_workbook_and_in_the_text(lived):
    center = lived.client("CRC", "duty")
    said = in_text(center, f"/quality/table.csv{DAYS}")
    assert said == in_workbook(center, f"/quality/table.xlsx{DAYS}")
    page = center.get(f"/quality/{DAYS}").content.decode()
    rows = [
        re.findall(r'<td class="figure[^"]*">\s*(.*?)\s*</td>', row, re.DOTALL) for row in page.split("<tr>")
    ]
    shown = [row for row in rows if row]
    assert [row[:2] + row[3:] for row in shown] == [row[3:5] + row[6:] for row in said[1:]]
    assert center.get("/quality/table.pdf").status_code == 404


def test_a_time_that_cannot_be_read_is_refused_and_what_was_typed_stays(house):
    answer = house.client("CRC", "duty").get("/quality/?since=odd")
    assert answer.status_code == 422
    assert 'value="odd"' in answer.content.decode()
    assert house.client("CRC", "duty").get("/quality/none/BY/").status_code == 404
    assert house.client("CRC", "duty").get("/quality/D1/XX/").status_code == 404


def test_what_is_read_of_others_reports_is_logged(lived):
    lived.client("KZ", "na-officer").get(f"/quality/{DAYS}")
    lines = Opened.objects.filter(subject="quality/BY", party="KZ")
    assert {line.detail for line in lines} == {"2026-09-01/2026-09-15"}


def test_the_number_of_queries_does_not_grow_with_the_reports(lived, django_assert_max_num_queries):
    reader = lived.duty()
    with django_assert_max_num_queries(20):
        quality.rows(reader, SPAN)
    for day in range(1, 9):
        for party in ("KZ", "RU", "TJ"):
            d1(lived, day, party)
    lived.clock.set(datetime(2026, 9, 14, 5, tzinfo=UTC) + timedelta(minutes=1))
    reader = lived.duty()
    with django_assert_max_num_queries(20):
        assert len(of(quality.rows(reader, SPAN), "KZ").reports) == 8

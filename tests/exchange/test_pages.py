"""The pages of the exchange: full and empty, refused with nothing lost, forbidden as if absent."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.html import escape

from commonwatch.access.actor import act_for
from commonwatch.desks.exchange import acts, compliance, series
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.exchange.models import Activation, Quarantined, Report, Waiver

D1 = {"change": "change", "events": 3}
TODAY = "2026-09-14"


def file_report(by, *, period=TODAY, **extra):
    sent = Sent(type="D1", period=period, values=extra.pop("values", D1), **extra)
    return acts.submit_report(by=by, report=sent, channel="form")


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def at_by(house):
    return house.client("BY", "na-officer")


@pytest.fixture
def at_center(house):
    return house.client("CRC", "shift-lead")


def form(**fields):
    return {"_period": TODAY, "_owes": "BY", "f-change": "change", "f-events": "3", "act": "send"} | fields


# The form


def test_a_form_asks_what_the_type_asks_and_says_who_will_read_it(house, at_by):
    file_report(house.na("BY"), period="2026-09-13", values=D1 | {"events": 12})
    shown = text(at_by.get("/reports/new/D1/"))

    assert "Events recorded" in shown
    assert "last: 12" in shown
    assert 'name="f-change"' in shown
    assert 'value="2026-09-14" selected' in shown
    assert re.search(r"Will be read by: [^.]*Kazakhstan", shown)
    assert 'type="checkbox" name="f-topics"' in shown


def test_a_report_sent_by_form_leads_to_its_page(house, at_by):
    answer = at_by.post("/reports/new/D1/", form(), follow=True)

    assert answer.status_code == 200
    assert "Daily situation return" in text(answer)
    assert Report.objects.visible_to(house.na("BY")).get().values == D1


def test_a_refused_form_keeps_what_was_typed_and_names_the_field(house, at_by):
    typed = form(**{"f-events": "many", "f-text": "A <bridge> is out", "_note": "by phone"})
    answer = at_by.post("/reports/new/D1/", typed)
    shown = text(answer)

    assert answer.status_code == 422
    assert 'value="many"' in shown
    assert escape("A <bridge> is out") in shown
    assert "by phone" in shown
    assert '<a href="#f-events">Events recorded: This must be a whole number' in shown
    assert 'aria-describedby="fault-events"' in shown
    assert not Report.objects.visible_to(house.na("BY")).exists()


def test_a_refusal_answers_the_same_part_to_a_script(at_by):
    answer = at_by.post("/reports/new/D1/", form(**{"f-change": ""}), headers={"HX-Request": "true"})

    assert answer.status_code == 422
    assert answer.content.lstrip().startswith(b'<form id="form"')
    assert b"<html" not in answer.content


def test_unusual_figures_are_asked_about_and_taken_once_confirmed(house, at_by):
    for day in range(1, 11):
        house.clock.set(datetime(2026, 9, day, 5, 0, tzinfo=UTC))
        file_report(house.na("BY"), period=f"2026-09-{day:02d}")
    house.clock.set(datetime(2026, 9, 14, 5, 0, tzinfo=UTC))
    asked = at_by.post("/reports/new/D1/", form(**{"f-events": "400"}))

    assert asked.status_code == 422
    assert 'name="confirmed"' in text(asked)
    assert at_by.post("/reports/new/D1/", form(**{"f-events": "400", "confirmed": "1"})).status_code == 302


def test_a_draft_is_kept_and_comes_back(at_by):
    kept = at_by.post("/reports/new/D1/draft/", form(**{"f-text": "begun"}), headers={"HX-Request": "true"})

    assert "Draft kept at 05:00 UTC." in text(kept)
    assert "begun" in text(at_by.get(f"/reports/new/D1/?period={TODAY}"))


def test_a_draft_kept_without_script_leads_back_to_its_form(at_by):
    kept = at_by.post("/reports/new/D1/draft/", form(**{"f-text": "begun"}))

    assert kept.headers["Location"] == f"/reports/new/D1/?owes=BY&period={TODAY}"
    assert "begun" in text(at_by.get(kept.headers["Location"]))


def test_a_report_on_an_event_asks_when_it_became_known(at_by):
    shown = text(at_by.get("/reports/new/U1/"))

    assert 'name="_event_at"' in shown
    assert 'name="_period"' not in shown


# A report


def test_a_report_shows_its_versions_side_by_side_and_who_has_seen_it(house, at_by, at_center):
    done = file_report(house.na("BY"))
    acts.correct_report(
        by=house.na("BY"), report=done.subject, values=D1 | {"events": 5}, reason="Two more", channel="form"
    )
    acts.mark_seen(by=house.na("KZ"), report=done.subject)
    shown = text(at_by.get(f"/reports/{done.subject}/"))

    assert "<del>3</del>" in shown
    assert "<ins>5</ins>" in shown
    assert "Two more" in shown
    assert ">Change" in shown.replace("> ", ">")
    assert "H1 INTERNAL TO THE ORGANISATION · AM BY" in shown
    assert f"/receipts/{done.entry}/" in shown
    assert "Kazakhstan" in shown
    assert "Withdraw the report" in shown
    assert "Mark as seen" not in shown
    assert "Mark as seen" in text(at_center.get(f"/reports/{done.subject}/"))


def test_a_report_written_down_by_telephone_is_confirmed_by_its_party(house, at_by):
    done = acts.submit_report(
        by=house.duty(), report=Sent(type="D1", period=TODAY, values=D1, owes="BY"), channel="telephone"
    )
    page = f"/reports/{done.subject}/"
    assert "Confirm: this is our report" in text(at_by.get(page))
    at_by.post(f"{page}confirm/")

    assert "has confirmed it" in text(at_by.get(page))
    assert "Confirm: this is our report" not in text(at_by.get(page))


def test_two_reports_of_one_party_for_one_period_name_one_another(house, at_by):
    first, second = file_report(house.na("BY")), file_report(house.na("BY"))

    assert f"/reports/{first.subject}/" in text(at_by.get(f"/reports/{second.subject}/"))


def test_a_forbidden_report_looks_like_an_absent_one(house):
    done = file_report(house.na("BY"), audience="center")
    outsider = house.client("KZ", "na-officer")
    absent = done.subject[:-3] + "000"
    forbidden, nothing = outsider.get(f"/reports/{done.subject}/"), outsider.get(f"/reports/{absent}/")

    assert forbidden.status_code == nothing.status_code == 404
    assert forbidden.content.replace(done.subject.encode(), b"") == nothing.content.replace(
        absent.encode(), b""
    )


# A duty


def test_a_missing_duty_says_why_and_whom_to_call(house, at_center):
    house.clock.set(datetime(2026, 9, 14, 8, 0, tzinfo=UTC))
    shown = text(at_center.get(f"/duties/D1/BY/{TODAY}/"))

    assert "missing" in shown
    assert "2 h past due." in shown
    assert f"/reports/new/D1/?owes=BY&amp;period={TODAY}" in shown
    assert "SAMPLE" in shown


def test_a_met_duty_names_nobody_to_call(house, at_center):
    done = file_report(house.na("BY"))
    shown = text(at_center.get(f"/duties/D1/BY/{TODAY}/"))

    assert "received on time" in shown
    assert f"/reports/{done.subject}/" in shown
    assert "Whom to call" not in shown


def test_a_duty_that_is_not_owed_is_absent(at_center):
    assert at_center.get(f"/duties/D1/AM/{TODAY}/").status_code == 404


# The regulation


def test_the_regulation_says_who_owes_what_and_when(at_by):
    shown = text(at_by.get("/types/"))

    assert "Every day at 06:00 UTC. It covers that day. 60 min of grace." in shown
    assert "our proposal" in shown
    assert '/reports/new/D1/"' in shown


def test_a_type_shows_its_fields_checks_and_lists(at_by):
    shown = text(at_by.get("/types/D2/"))

    assert "More returns were received than were due." in shown
    assert "obligations_met" in shown
    assert "Permanent Council" in shown
    assert at_by.get("/types/none/").status_code == 404


# Waivers, and what is owed while active


def test_a_waiver_is_granted_and_ended(house, at_center):
    assert "There is no waiver." in text(at_center.get("/waivers/"))
    at_center.post("/waivers/", {"type": "D1", "party": "BY", "ground": "Flood at the post"})
    shown = text(at_center.get("/waivers/"))
    row = Waiver.objects.visible_to(house.lead()).get()
    house.clock.tick(hours=1)
    at_center.post(f"/waivers/{row.key}/end/", {"ground": "Works again"})

    assert "Flood at the post" in shown
    assert "under way" in shown
    assert "Works again" in text(at_center.get("/waivers/"))


def test_a_refused_waiver_keeps_what_was_typed(at_center):
    typed = {"type": "D1", "party": "KZ", "ground": "Storm", "since": "2026-09-20", "until": "2026-09-19"}
    answer = at_center.post("/waivers/", typed)
    shown = text(answer)

    assert answer.status_code == 422
    assert "It ends before it begins." in shown
    assert 'value="2026-09-20"' in shown
    assert '<option value="KZ" selected>' in shown
    assert "Storm" in shown


def test_who_may_not_grant_sees_no_form(at_by):
    assert "Grant a waiver" not in text(at_by.get("/waivers/"))


def test_a_type_is_switched_on_and_off(house, at_center):
    code = next(each.code for each in house.node.pack.types if each.schedule and each.schedule.while_active)
    refused = at_center.post("/active/", {"type": code, "act": "on", "ground": ""})
    at_center.post("/active/", {"type": code, "act": "on", "ground": "Dam at risk"})
    shown = text(at_center.get("/active/"))
    house.clock.tick(hours=1)
    at_center.post("/active/", {"type": code, "act": "off", "ground": "Over now"})

    assert refused.status_code == 422
    assert "Dam at risk" in shown
    assert "Switch off" in shown
    assert Activation.objects.visible_to(house.lead()).get().until is not None


# Sheets


def upload(client, content, **extra):
    given = SimpleUploadedFile("september.csv", content.encode(), content_type="text/csv")
    return client.post("/reports/new/D1/sheet/", {"file": given} | extra)


SHEET = "period;change;events\n{}"


def test_an_empty_sheet_is_given_in_the_language_of_the_reader(at_by):
    book = at_by.get("/reports/new/D1/sheet/template.xlsx")
    russian = at_by.get("/reports/new/D1/sheet/template.csv", headers={"Accept-Language": "ru"})

    assert book.content.startswith(b"PK")
    assert "Зафиксировано событий" in russian.content.decode()
    assert at_by.get("/reports/new/D1/sheet/template.pdf").status_code == 404


def test_a_clean_sheet_is_filed_at_once_and_only_once(house, at_by):
    content = SHEET.format("2026-09-13;change;3\n2026-09-14;change;4\n")
    first, second = upload(at_by, content), upload(at_by, content)

    assert "2 reports were taken." in text(first)
    assert "2 of them had been sent before" in text(second)
    assert Report.objects.visible_to(house.na("BY")).count() == 2


def test_a_faulty_sheet_names_every_place_and_is_kept(house, at_by):
    answer = upload(at_by, SHEET.format("2026-09-13;change;many\nyesterday;change;4\n"))
    shown = text(answer)

    assert answer.status_code == 422
    assert "many" in shown
    assert "yesterday" in shown
    assert not Report.objects.visible_to(house.na("BY")).exists()
    kept = Quarantined.objects.get()
    assert f"/quarantine/{kept.pk}/" in shown
    assert "september.csv" in text(at_by.get("/quarantine/"))
    assert at_by.get(f"/quarantine/{kept.pk}/").content.startswith(b"period;change")
    assert len(kept.pk) == 32, "a number would count the files of other accounts"


def test_a_refused_file_is_given_to_the_account_that_sent_it_alone(house, at_by):
    upload(at_by, "nothing of the kind")
    other = house.client("KZ", "na-officer")

    assert other.get(f"/quarantine/{Quarantined.objects.get().pk}/").status_code == 404
    assert "No file was refused." in text(other.get("/quarantine/"))


def test_a_sheet_for_a_period_ahead_names_its_row(at_by):
    shown = text(upload(at_by, SHEET.format("2026-09-14;change;3\n2027-01-01;change;4\n")))

    assert "cannot be reported on yet" in shown
    assert '<td class="figure">3</td>' in shown


def test_unusual_rows_of_a_sheet_are_taken_once_confirmed(house, at_by):
    house.clock.set(datetime(2026, 9, 14, 5, 0, tzinfo=UTC))
    days = "".join(f"2026-09-{day:02d};change;3\n" for day in range(1, 14))
    content = SHEET.format(f"{days}2026-09-14;change;900\n")
    asked = upload(at_by, content)

    assert asked.status_code == 422
    assert "900 is unusual" in text(asked)
    assert not Report.objects.visible_to(house.na("BY")).exists()
    assert "14 reports were taken." in text(upload(at_by, content, confirmed="1"))


def test_no_file_is_refused(at_by):
    answer = at_by.post("/reports/new/D1/sheet/", {})

    assert answer.status_code == 422
    assert "No file was chosen." in text(answer)


# Series


def test_a_series_is_drawn_party_by_party(house, at_center):
    for day in range(10, 14):
        file_report(house.na("BY"), period=f"2026-09-{day}", values=D1 | {"events": day})
        file_report(house.na("KZ"), period=f"2026-09-{day}", values=D1 | {"events": 2 * day})
    shown = text(at_center.get("/series/?type=D1&field=events"))
    rows = at_center.get("/series/?type=D1&field=events&as=csv").content.decode("utf-8-sig").splitlines()

    assert shown.count('<polyline class="line series-1"') == 2
    assert "series-2" in shown
    assert "Kazakhstan" in shown
    assert "BY;2026-09-13;2026-09-13;13" in rows
    assert len(rows) == 9


def test_a_series_holds_only_what_the_reader_may_read(house):
    file_report(house.na("BY"), audience="center", values=D1 | {"events": 777})
    outsider, nobody = house.client("KZ", "na-officer"), house.client("KZ", "permrep")

    assert "777" not in text(outsider.get("/series/?type=D1&field=events"))
    assert "There is no figure that you may read for this time." in text(nobody.get("/series/?type=D1"))


def test_a_day_that_is_none_is_refused_in_place(at_center):
    answer = at_center.get("/series/?type=D1&since=soon")

    assert answer.status_code == 422
    assert "is not a day" in text(answer)
    assert 'value="soon"' in text(answer)


def test_a_running_total_becomes_its_rises():
    day = datetime(2026, 9, 1, tzinfo=UTC).date()
    points = tuple(series.Point(day + timedelta(days=n), "", n * n, "") for n in range(4))
    line = series.rises(series.Line("BY", points))

    assert [each.value for each in line.points] == [1, 3, 5]


@pytest.mark.parametrize(("low", "high"), [(0, 0), (0, 7), (-3, 12), (0, 1_234_567), (0.0, 0.02)])
def test_the_axis_of_a_drawing_holds_every_point(low, high):
    day = datetime(2026, 9, 1, tzinfo=UTC).date()
    points = (series.Point(day, "", low, ""), series.Point(day + timedelta(days=1142), "", high, ""))
    drawn = series.draw([series.Line("BY", points)])

    heights = [float(pair.split(",")[1]) for pair in " ".join(drawn.paths[0].pieces).split()]
    assert all(series.TOP <= each <= series.HEIGHT - series.BOTTOM for each in heights)
    assert 2 <= len(drawn.figures) <= 8


# Compliance


def test_compliance_counts_each_duty_once_with_its_definitions(house, at_center):
    for day in (10, 11):
        house.clock.set(datetime(2026, 9, day, 5, 0, tzinfo=UTC))
        file_report(house.na("BY"), period=f"2026-09-{day}")
    file_report(house.na("BY"), period="2026-09-11")
    house.clock.set(datetime(2026, 9, 14, 12, 0, tzinfo=UTC))
    counted = compliance.span(
        datetime(2026, 9, 10, tzinfo=UTC).date(), datetime(2026, 9, 14, tzinfo=UTC).date()
    )
    row = next(
        each
        for each in compliance.rows(compliance.counted(house.lead(), counted))
        if (each.party.code, each.type.code) == ("BY", "D1")
    )
    shown = text(at_center.get("/compliance/?since=2026-09-10&until=2026-09-14"))

    assert (row.tally.owed, row.tally.on_time, row.tally.missing) == (4, 2, 2)
    assert "No report stands, and the grace is over." in shown
    assert "%" not in re.sub(r"<[^>]*>", "", shown)


def test_a_duty_that_one_may_not_know_is_in_no_figure(house):
    reader = act_for(party="SEC", office="auditor", account="sec-auditor")
    counted = compliance.span(
        datetime(2026, 8, 1, tzinfo=UTC).date(), datetime(2026, 9, 1, tzinfo=UTC).date()
    )
    hidden = [each for each in compliance.rows(compliance.counted(reader, counted)) if each.hidden]

    assert all(each.tally == each.tally.__class__() for each in hidden)
    shown = text(house.client("SEC", "auditor").get("/compliance/?since=2026-08-01&until=2026-09-01"))
    assert shown.count("not shown to you") == len(hidden)


def test_compliance_is_given_as_a_table(at_center):
    book = at_center.get("/compliance/table.xlsx")
    rows = at_center.get("/compliance/table.csv").content.decode("utf-8-sig").splitlines()

    assert book.content.startswith(b"PK")
    assert rows[0].startswith("Party;Information type;")
    assert len(rows) > 10
    assert at_center.get("/compliance/table.pdf").status_code == 404


def test_a_time_too_long_to_count_is_refused(at_center):
    answer = at_center.get("/compliance/?since=2020-01-01&until=2026-01-01")

    assert answer.status_code == 422
    assert "more than 400 days" in text(answer)


# Every page


def test_no_page_has_script_or_style_within(house, at_center):
    done = file_report(house.na("BY"))
    pages = (
        "/reports/new/D1/", f"/reports/{done.subject}/", f"/duties/D1/BY/{TODAY}/", "/types/", "/types/D1/",
        "/waivers/", "/active/", "/series/", "/compliance/", "/quarantine/", "/reports/new/D1/sheet/",
    )  # fmt: skip
    for address in pages:
        shown = at_center.get(address)
        assert shown.status_code == 200, address
        assert not re.search(rb"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", shown.content), address
        assert b"Invalid" not in shown.content


def test_pages_speak_russian(house):
    client = house.client("BY", "na-officer", headers={"Accept-Language": "ru"})

    assert "Ежедневный доклад об обстановке" in text(client.get("/reports/new/D1/"))
    assert "Донесения нет, отсрочка истекла." in text(client.get("/compliance/"))


def test_a_line_breaks_where_a_period_has_no_figure():
    days = (1, 2, 3, 6, 9, 10)
    points = tuple(
        series.Point(datetime(2026, 9, day, tzinfo=UTC).date(), f"2026-09-{day:02d}", day, "") for day in days
    )
    path = series.draw([series.Line("BY", points)]).paths[0]

    assert [len(piece.split()) for piece in path.pieces] == [3, 2]
    assert len(path.dots) == 1


def test_months_of_different_length_are_one_line():
    points = tuple(
        series.Point(datetime(2026, month, 1, tzinfo=UTC).date(), f"2026-{month:02d}", month, "")
        for month in range(1, 9)
    )
    assert len(series.draw([series.Line("BY", points)]).paths[0].pieces) == 1


def test_compliance_adds_up_each_party(house, at_center):
    for day in range(10, 14):
        file_report(house.na("BY"), period=f"2026-09-{day}")
    shown = text(at_center.get("/compliance/?since=2026-09-10&until=2026-09-14"))
    sums = re.search(r'rowgroup">\s*Belarus\s*</th>((?:\s*<td class="figure">\d+</td>)+)', shown)

    rows = re.search(r'rowgroup">\s*Belarus.*?</tbody>', shown, re.DOTALL)[0]
    figures = [int(each) for each in re.findall(r'figure">(\d+)<', rows)]
    assert sums
    assert figures[0] == sum(figures[9::9]) > 0


def test_the_page_of_a_receipt_leads_to_the_file_and_names_the_command(house, at_by):
    done = file_report(house.na("BY"))
    shown = text(at_by.get(f"/receipts/{done.entry}/?page"))

    assert f'href="/receipts/{done.entry}/"' in shown
    assert re.search(r"commonwatch verify receipt-BY-\d+\.txt", shown)
    assert f"/receipts/{done.entry}/?page" in text(at_by.get(f"/reports/{done.subject}/"))


def test_what_everybody_reads_is_offered_at_the_lowest_level_alone(house, at_by):
    shown = text(at_by.get("/reports/new/R1-R2/"))
    choice = re.search(r'value="public".*?</label>', shown, re.DOTALL)

    assert choice
    assert "Only at the level H0" in choice[0]
    assert "By everybody: public." in choice[0]


def test_who_does_not_take_part_is_not_named_as_owing(at_by):
    shown = text(at_by.get("/types/D1/"))
    owed = re.search(r"Owed by</dt>\s*<dd>(.*?)</dd>", shown, re.DOTALL)

    assert owed
    assert "Belarus" in owed[1]
    assert "Armenia" not in owed[1]


def test_a_refusal_on_a_page_speaks_to_people_and_not_to_programs(house, client):
    page = client.post("/reports/new/D1/nil/", {"_period": TODAY})

    assert page.status_code == 401
    assert "Nothing was done. Sign in, and do it again." in text(page)
    assert "Authorization" not in text(page)

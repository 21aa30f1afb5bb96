"""The national officer's journey: a form with a mistake, a nil return, a correction, a sheet."""

import pytest

from tests.journeys.town import until

pytestmark = pytest.mark.browser


def mine(town, party, period):
    rows = town.reports(party, owes=party, type="D1", period=period)
    return [row for row in rows if row["party"] == party and row["state"] != "withdrawn"]


def test_a_mistake_is_named_beside_its_field_and_nothing_typed_is_lost(opened, town):
    period = town.reopen("BY")
    page = opened("by-na-officer", to=f"/reports/new/D1/?period={period}")
    page.locator("input[name='f-change'][value=change]").check()
    page.locator("input[name='f-topics'][value=border]").check()
    page.fill("#f-text", "SAMPLE: A bridge was closed and opened again.")
    page.fill("#f-events", "twelve")

    page.get_by_role("button", name="Send", exact=True).click()

    page.locator("#fault-events").wait_for()
    assert "whole number" in page.locator("#fault-events").inner_text()
    assert page.locator("#f-events").get_attribute("aria-invalid") == "true"
    until(page, "document.activeElement.classList.contains('faults')")
    assert mine(town, "BY", period) == []
    assert page.input_value("#f-text") == "SAMPLE: A bridge was closed and opened again."
    assert page.input_value("#f-events") == "twelve"
    assert page.locator("input[name='f-topics'][value=border]").is_checked()

    page.fill("#f-events", "12")
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**/reports/report/BY/**")
    assert [row["values"]["events"] for row in mine(town, "BY", period)] == [12]
    assert mine(town, "BY", period)[0]["channel"] == "form"


def test_a_draft_outlives_the_page(opened, town):
    page = opened("by-na-officer", to="/reports/new/T7/")
    page.fill("#f-text", "SAMPLE: Begun and not sent.")
    page.get_by_text("Draft kept at").wait_for()

    page.goto(f"{town.url}/mine/")
    page.get_by_role("link", name="Go on").first.click()

    assert page.input_value("#f-text") == "SAMPLE: Begun and not sent."


def test_nothing_to_report_takes_one_key_twice(opened, town):
    period = town.reopen("RU")
    page = opened("ru-na-officer", to="/mine/")
    page.locator(f"#nil-D1-{period}").wait_for()
    first = page.locator("[data-nil]").first.get_attribute("id")

    page.keyboard.press("n")
    until(page, f"document.activeElement.id === '{first}'")
    page.keyboard.press("n")

    until(page, f"document.getElementById('{first}') === null")
    _nil, type_, period = first.split("-", 2)
    states = [row["state"] for row in town.reports("RU", owes="RU", type=type_, period=period)]
    assert "nil" in states


def test_a_correction_asks_why_and_shows_what_differs(opened, town):
    period = town.reopen("KZ")
    body = {"type": "D1", "period": period, "values": {"change": "change", "events": 21}}
    key = town.line("KZ").ask("/api/reports", body)["report"]
    page = opened("kz-na-officer", to=f"/reports/{key}/")

    page.get_by_role("link", name="Correct").click()
    page.fill("#f-events", "20")
    page.get_by_role("button", name="Send the correction").click()
    page.locator(".notice[role=alert], .faults").first.wait_for()
    assert page.input_value("#f-events") == "20"
    page.fill("#reason", "SAMPLE: One event was counted twice.")
    page.get_by_role("button", name="Send the correction").click()
    page.wait_for_url(f"**/reports/{key}/")

    shown = page.locator(".versions")
    assert shown.locator("del").inner_text() == "21"
    assert shown.locator("ins").inner_text() == "20"
    assert "SAMPLE: One event was counted twice." in shown.inner_text()


def test_a_sheet_is_refused_by_row_and_column_and_taken_when_mended(opened, town):
    period = town.reopen("TJ")
    page = opened("tj-na-officer", to="/reports/new/D1/sheet/")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Empty sheet (CSV)").click()
    headings = coming.value.path().read_text(encoding="utf-8-sig").splitlines()[0]
    assert "events" in headings.lower()

    def send(*rows):
        sheet = "period,change,events\n" + "".join(f"{row}\n" for row in rows)
        page.set_input_files(
            "#file", {"name": "sample.csv", "mimeType": "text/csv", "buffer": sheet.encode()}
        )
        page.get_by_role("button", name="Send the sheet").click()

    send(f"{period},perhaps,twelve")
    page.get_by_text("What must be mended").wait_for()
    faults = page.locator("main table").first.inner_text()
    assert "perhaps" in faults
    assert "twelve" in faults
    assert mine(town, "TJ", period) == []

    send(f"{period},change,12")
    page.get_by_text("1 report was taken").wait_for()
    assert [row["values"]["events"] for row in mine(town, "TJ", period)] == [12]
    assert mine(town, "TJ", period)[0]["channel"] == "sheet"

"""The duty officer's journey: the board, what comes meanwhile, a report with its versions, a receipt that holds."""

import pytest

from tests.journeys.town import submit, until

pytestmark = pytest.mark.browser


def test_what_a_program_reports_stands_on_the_board_within_five_seconds_without_reload(opened, town):
    period = town.reopen("KZ")
    page = opened("crc-duty")
    page.evaluate("window.samePage = true")
    cell = f".board a[href='/duties/D1/KZ/{period}/']"
    assert "✓" not in page.locator(cell).inner_text()

    town.line("KZ").ask(
        "/api/reports",
        {
            "type": "D1",
            "period": period,
            "values": {"change": "change", "events": 4},
            "ref": f"j-{period}",
        },
    )

    until(page, f'document.querySelector("{cell}").className.match(/ok|late/) !== null', seconds=5)
    assert page.evaluate("window.samePage") is True


def test_from_a_cell_to_the_report_its_versions_and_a_receipt_that_verifies(opened, town, tmp_path):
    period = town.reopen("RU")
    line = town.line("RU")
    filed = line.ask(
        "/api/reports", {"type": "D1", "period": period, "values": {"change": "change", "events": 7}}
    )
    line.ask(
        f"/api/reports/{filed['report']}/correct",
        {"values": {"change": "change", "events": 6}, "reason": "SAMPLE: One event was counted twice."},
    )
    page = opened("crc-duty")

    page.click(f".board a[href='/duties/D1/RU/{period}/']")
    page.click(f"main a[href='/reports/{filed['report']}/']")

    assert "SAMPLE: One event was counted twice." in page.locator("main").inner_text()
    assert page.locator(".versions > li").count() == 2
    with page.expect_download() as coming:
        page.locator(".versions > li a", has_text="Receipt").first.click()
    receipt = tmp_path / coming.value.suggested_filename
    coming.value.save_as(receipt)
    proved = town.command("verify", receipt)
    assert proved.returncode == 0, proved.stderr
    bent = receipt.read_bytes().replace(b"RU", b"KZ")
    receipt.write_bytes(bent)
    assert town.command("verify", receipt).returncode != 0


def test_what_is_told_by_telephone_is_written_down_and_confirmed_by_its_party(opened, town):
    period = town.reopen("KG")
    page = opened("crc-duty", to=f"/duties/D1/KG/{period}/")

    page.get_by_role("link", name="Enter by telephone").click()
    page.locator("input[name='f-change'][value=change]").check()
    page.fill("#f-events", "5")
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**/reports/report/**")

    theirs = opened("kg-na-officer", to=page.url.removeprefix(town.url))
    submit(theirs.get_by_role("button", name="Confirm"))
    assert any(
        row["party"] == "KG" and row["state"] == "value"
        for row in town.reports("KG", owes="KG", period=period)
    )


def test_marking_an_event_as_seen_takes_it_from_what_needs_somebody(opened, town):
    page = opened("crc-duty")
    address = page.locator("section.beside a[href^='/reports/']").first.get_attribute("href")

    page.click(f"section.beside a[href='{address}']")
    page.get_by_role("button", name="Mark as seen").click()
    page.get_by_text("Center").first.wait_for()
    page.goto(town.url)

    assert page.locator(f"section.beside a[href='{address}']").count() == 0

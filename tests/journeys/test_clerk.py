"""A clerk's morning in a ministry: a spreadsheet full of mistakes, mended by what the pages say, and nothing lost."""

import io

import pytest
from openpyxl import load_workbook

pytestmark = pytest.mark.browser


def workbook(template, rows):
    """Fill the ministry's copy of the empty sheet: columns by the names that stand in its head."""
    book = load_workbook(io.BytesIO(template))
    sheet = book.worksheets[0]
    heads = {}
    for row in sheet.iter_rows(min_row=2, max_row=3):
        for cell in row:
            if isinstance(cell.value, str):
                heads.setdefault(cell.value.split("\n")[0].strip().lower(), cell)
    last = 3  # names, then codes
    sheet.delete_rows(
        last + 1, sheet.max_row
    )  # what other returns offer for these days is not taken over here
    for number, values in enumerate(rows, last + 1):
        for name, value in values.items():
            head = next(cell for text, cell in heads.items() if text.startswith(name))
            sheet.cell(row=number, column=head.column, value=value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_clerks_morning_with_a_spreadsheet_full_of_mistakes(opened, town, steps):
    """A ministry clerk's morning with a spreadsheet full of mistakes"""
    period = town.reopen("KZ")
    page = steps.watch(opened("kz-na-officer"))

    with steps.step("from the first page to the empty sheet of the daily return"):
        page.click("nav a[href='/mine/']")
        page.locator("a[href*='/reports/new/D1/']").first.click()
        page.locator("a[href$='/sheet/']").first.click()
        page.wait_for_url("**/sheet/")
        with page.expect_download() as coming:
            page.get_by_role("link", name="Empty sheet (XLSX)").click()
    template = coming.value.path().read_bytes()

    def send(rows, name):
        data = workbook(template, rows)
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": data})
        page.get_by_role("button", name="Send the sheet").click()

    wrong = [
        {"period": period, "change": "perhaps", "events": "twelve"},
        {"period": "yesterday", "change": "No change", "events": 3},
        {"period": period, "change": "No change", "events": -3},
    ]
    with steps.step("the sheet as the ministry made it: refused whole, each mistake by its cell"):
        send(wrong, "SAMPLE morning.xlsx")
        page.get_by_text("What must be mended").wait_for()
    faults = page.locator("main table").first.inner_text()
    for told in ("perhaps", "twelve", "yesterday", "-3"):
        assert told in faults, faults
    assert not [
        row for row in town.reports("KZ", owes="KZ", type="D1", period=period) if row["state"] == "value"
    ]

    with steps.step("the refused file is found again with its reason"), page.expect_download() as kept:
        page.get_by_role("link", name="The file is kept with the reason").click()
    assert load_workbook(io.BytesIO(kept.value.path().read_bytes())).worksheets[0].max_row >= 6

    with steps.step("mended and sent again"):
        send([{"period": period, "change": "No change", "events": 3}], "SAMPLE mended.xlsx")
        page.get_by_text("1 report was taken").wait_for()
    taken = [
        row for row in town.reports("KZ", owes="KZ", type="D1", period=period) if row["state"] == "value"
    ]
    assert [row["values"]["events"] for row in taken] == [3]

    with steps.step("the receipt for the file of the ministry"):
        page.locator("main .rows a").first.click()
        with page.expect_download() as receipt:
            page.locator(".versions > li a", has_text="Receipt").first.click()
    assert town.command("verify", receipt.value.path()).returncode == 0
    assert steps.clicks <= 12

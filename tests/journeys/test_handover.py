"""The hand-over by keyboard alone and to oneself, and the work of a shift without script."""

import pytest

from tests.journeys.test_night import on_watch, report_shots
from tests.journeys.test_ways import tab_to
from tests.journeys.town import sit, submit

pytestmark = pytest.mark.browser

NOTE = "/shifts/handover/handover/"
MOST = 300  # a note names all that waits, and each item has its field and its way


def other(handle):
    """The other officer of the duty room."""
    return "crc-shift-lead" if handle == "crc-duty" else "crc-duty"


def press(page, selector, key="Enter"):
    """Go to an element by Tab and press a key on it."""
    tab_to(page, selector, most=MOST)
    page.keyboard.press(key)


def seated_by_keyboard(context, town, handle):
    """Take a seat without a mouse."""
    page = context.new_page()
    page.set_default_timeout(8000)
    page.goto(f"{town.url}/sign-in/")
    press(page, f"button[name=handle][value='{handle}']")
    page.wait_for_url(f"{town.url}/")
    return page


def test_a_hand_over_by_keyboard_alone(browser, opened, town):
    goes = on_watch(opened("crc-duty"), town)
    first, second = browser.new_context(), browser.new_context()
    going = seated_by_keyboard(first, town, goes)
    press(going, "main a[href='/shifts/handover/']")
    going.wait_for_url("**/shifts/handover/")
    tab_to(going, "#general", most=MOST)
    going.keyboard.type("SAMPLE: Written without a mouse.")
    press(going, "form.below button[type=submit]")
    going.locator("main", has_text="Signatures").wait_for()

    coming = seated_by_keyboard(second, town, other(goes))
    press(coming, f"main a[href^='{NOTE}']")
    coming.wait_for_url(f"**{NOTE}**")
    assert "SAMPLE: Written without a mouse." in coming.locator("main").inner_text()
    boxes = coming.locator("main input[name=seen]").count()
    for _box in range(boxes):
        press(coming, "main input[name=seen]", "Space")
    assert coming.locator("main input[name=seen]:checked").count() == boxes
    press(coming, "button[name=act][value=accept]")
    coming.get_by_text("You have the watch.").wait_for()
    assert on_watch(coming, town) == other(goes)
    first.close()
    second.close()


def test_a_hand_over_to_oneself_is_refused_and_says_so(opened, town):
    goes = on_watch(opened("crc-duty"), town)
    page = opened(goes, to="/shifts/handover/")
    page.get_by_role("button", name="Sign the hand-over").click()
    page.get_by_role("button", name="Withdraw the hand-over").wait_for()
    assert page.get_by_role("button", name="Sign and take the watch").count() == 0

    page.evaluate(
        "document.querySelector('button[name=act][value=withdrawn]').value = 'accept'"
    )  # who tries it all the same
    page.get_by_role("button", name="Withdraw the hand-over").click()
    page.get_by_text("You signed this hand-over yourself: another officer takes it over.").wait_for()

    page.fill("#reason", "SAMPLE: Nobody came.")
    page.get_by_role("button", name="Withdraw the hand-over").click()
    page.get_by_text("The hand-over has ended; the watch stays where it was.").wait_for()
    assert on_watch(page, town) == goes


def seated_without_script(browser, town, handle):
    """Take a seat in a browser that runs no script."""
    page = browser.new_context(java_script_enabled=False).new_page()
    page.set_default_timeout(8000)
    sit(page, town, handle)
    return page


def test_without_script_a_question_is_asked_and_answered(browser, town):
    duty, post = (seated_without_script(browser, town, handle) for handle in ("crc-duty", "kz-na-officer"))
    assert duty.locator(".board").is_visible()
    report = next(
        row["report"] for row in town.reports("KZ") if row["party"] == "KZ" and row["state"] != "withdrawn"
    )
    duty.goto(f"{town.url}/reports/{report}/")
    duty.get_by_role("link", name="Questions on this report").click()
    duty.get_by_role("link", name="Ask about this").click()
    duty.locator("select[name=to]").select_option("KZ")
    duty.fill("#text", "SAMPLE: Is the figure of yesterday still good?")
    duty.get_by_role("button", name="Send the question").click()
    duty.wait_for_url("**/questions/question/**")

    asked = duty.url.removeprefix(town.url)
    post.goto(f"{town.url}/questions/")
    post.locator(f"main a[href='{asked}']").first.click()
    post.fill("#text", "SAMPLE: It is.")
    post.get_by_role("button", name="Send the answer").click()
    post.get_by_text("SAMPLE: It is.").first.wait_for()
    duty.reload()
    duty.get_by_role("button", name="The answer will do").click()
    duty.locator("h2", has_text="Closed").wait_for()
    assert "SAMPLE: It is." in duty.locator("main").inner_text()
    for page in (duty, post):
        page.context.close()


def test_without_script_a_notice_is_relayed_and_acknowledged_and_a_line_is_logged(browser, town):
    handles = ("crc-duty", "kz-na-officer", "kg-na-officer")
    duty, reads, tells = (seated_without_script(browser, town, handle) for handle in handles)
    key = report_shots(tells, town).removeprefix("/reports/").strip("/")
    duty.goto(f"{town.url}/relays/")
    duty.locator(f"main a[href='/relays/new/{key}/']").first.click()
    duty.get_by_role("button", name="Relay the notice now").click()
    duty.wait_for_url("**/relays/relay/**")
    relay = duty.url.removeprefix(town.url)

    reads.goto(f"{town.url}/relays/")
    reads.locator(f"a[href='{relay}']", has_text="Read and acknowledge").click()
    submit(reads.get_by_role("button", name="We have taken note"))
    assert reads.get_by_role("button", name="We have taken note").count() == 0
    duty.reload()
    assert "acknowledged 1 of" in duty.locator("main").inner_text()

    duty.goto(f"{town.url}/shifts/log/")
    duty.fill("#text", "SAMPLE: The line of the provider is slow.")
    duty.get_by_role("button", name="Write", exact=True).click()
    duty.get_by_text("The line of the provider is slow.").first.wait_for()
    for page in (duty, reads, tells):
        page.context.close()

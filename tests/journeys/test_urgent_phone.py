"""The officer's journey with a phone and a bad line: an urgent notice goes out once, and nothing is lost."""

import pytest

from tests.journeys.town import until

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
COPIES = "Object.keys(sessionStorage).filter((each) => each.startsWith('commonwatch-copy:')).length"


def fill(page, what):
    """Fill in what is required, with a thumb."""
    page.fill("#f-what", what)
    page.fill("#f-place", "SAMPLE: km 14 of the valley road")
    for fieldset in page.locator("#form > .in > fieldset.field").all():
        fieldset.locator("input").first.check()
    for chosen in page.locator("#form > .in > .field > select").all():
        chosen.select_option(index=1)


def sent(town, party, what):
    rows = town.reports(party, owes=party, type="U1")
    return [row for row in rows if row["party"] == party and row["values"].get("what") == what]


def cut(page, *, off=True):
    page.context.set_offline(off)


def test_a_notice_goes_out_from_a_phone(opened, town):
    page = opened("by-na-officer", to="/reports/new/U1/", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for button in page.locator("#form .choice:visible, #form button:visible").all()[:12]:
        assert button.bounding_box()["height"] >= 44
    before = page.locator("[data-local]").inner_text()
    page.fill("#event-at", "2026-01-01T10:00")
    assert page.locator("[data-local]").inner_text() == "2026-01-01 13:00" != before
    page.reload()
    fill(page, "SAMPLE: smoke over the ridge, by phone")
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**/reports/report/BY/**")
    assert len(sent(town, "BY", "SAMPLE: smoke over the ridge, by phone")) == 1


def test_what_is_sent_while_the_line_is_gone_goes_out_once_when_it_is_back(opened, town):
    page = opened("kz-na-officer", to="/reports/new/U1/", cut=True, **PHONE)
    what = "SAMPLE: dam at risk, line gone"
    fill(page, what)
    cut(page)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Not sent: there is no connection.").wait_for()
    until(page, f"{COPIES} === 1")
    page.get_by_role("button", name="Send", exact=True).click()  # pressed again and again, as people do
    page.get_by_role("button", name="Send", exact=True).click()
    assert sent(town, "KZ", what) == []

    cut(page, off=False)
    page.wait_for_url("**/reports/report/KZ/**", timeout=20000)
    assert len(sent(town, "KZ", what)) == 1
    assert page.evaluate(COPIES) == 0


def test_an_answer_that_is_lost_does_not_make_a_second_report(opened, town):
    page = opened("kg-na-officer", to="/reports/new/U1/", cut=True, **PHONE)
    what = "SAMPLE: smoke at the border, answer lost"
    fill(page, what)
    lost = []

    def lose(route):
        if route.request.method == "POST" and not lost and "draft" not in route.request.url:
            lost.append(route.fetch().status)  # it arrives; its answer does not
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/reports/new/U1/**", lose)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Not sent: there is no connection.").wait_for()
    assert lost == [204]
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**/reports/report/KG/**")
    assert len(sent(town, "KG", what)) == 1


def test_what_is_typed_while_the_line_is_gone_is_put_back_for_its_account_alone(opened, town):
    page = opened("tj-na-officer", to="/reports/new/U1/", cut=True, **PHONE)
    cut(page)
    page.fill("#f-what", "SAMPLE: begun without a line")
    page.get_by_text("The line is gone: what you type is kept in this browser").wait_for()
    cut(page, off=False)
    page.evaluate("document.getElementById('saved').remove()")  # the page is left before the draft is kept
    page.reload()
    page.get_by_text("What you typed here while the line was gone").wait_for()
    assert page.input_value("#f-what") == "SAMPLE: begun without a line"

    page.evaluate("sessionStorage.setItem('commonwatch-copy:somebody-else:U1|TJ|', '{}')")
    page.goto(f"{town.url}/reports/new/U1/")
    assert page.evaluate("sessionStorage.getItem('commonwatch-copy:somebody-else:U1|TJ|')") is None
    until(page, f"{COPIES} === 1")
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/**")
    assert page.evaluate(COPIES) == 0


def test_on_a_slow_line_it_says_that_it_is_being_sent(opened, town):
    page = opened("ru-na-officer", to="/reports/new/U1/", **PHONE)
    fill(page, "SAMPLE: a slow line")
    line = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 2000, "downloadThroughput": 6000, "uploadThroughput": 3000}
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", slow)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Sending…").wait_for()
    page.wait_for_url("**/reports/report/RU/**", timeout=30000)
    assert len(sent(town, "RU", "SAMPLE: a slow line")) == 1


def test_without_script_the_draft_button_keeps_it_and_the_form_sends(opened, town):
    page = opened("by-na-officer", to="/reports/new/U1/", java_script_enabled=False, **PHONE)
    page.fill("#f-what", "SAMPLE: without script")
    page.get_by_role("button", name="Keep as a draft").click()
    assert page.input_value("#f-what") == "SAMPLE: without script"
    fill(page, "SAMPLE: without script")
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**/reports/report/BY/**")
    assert len(sent(town, "BY", "SAMPLE: without script")) == 1

"""Other ways through the same pages: by keyboard alone, without script, in Russian."""

import re

import pytest

from tests.journeys.town import sit, submit

pytestmark = pytest.mark.browser

# Latin letters that are no English: codes of states, levels, journals and standards.
CODES = re.compile(
    r"\b(commonwatch|UTC|SAMPLE|CRC|CCC|SEC|JS|ARM|BLR|KGZ|KAZ|RUS|TJK|AM|BY|KG|KZ|RU|TJ|H[0-3]|CERT|TLP|csto|real|W\d\d|"
    r"Q[1-4]|D2|SITREP|v\d+|crc-[\w-]+|h[0-3][\w-]*|English|g|w|m|n|Esc|[0-9a-f]{4}…[0-9a-f]{2})\b"
)


def tab_to(page, selector, *, most=80):
    """Press Tab until an element has the focus, as somebody without a mouse does."""
    for _step in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"Tab does not reach {selector}")


def test_a_day_by_keyboard_alone(browser, town):
    period = town.reopen("BY")
    context = browser.new_context(viewport={"width": 1560, "height": 900})
    page = context.new_page()
    page.goto(f"{town.url}/sign-in/")
    tab_to(page, "button[name=handle][value='by-na-officer']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{town.url}/")

    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/mine/")
    tab_to(page, f"a[href*='/reports/new/D1/'][href*='{period}']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/new/D1/**")
    tab_to(page, "input[name='f-change']")
    page.keyboard.press("Space")
    tab_to(page, "#f-events")
    page.keyboard.type("3")
    tab_to(page, "button[value=send]")
    page.keyboard.press("Enter")

    page.wait_for_url("**/reports/report/BY/**")
    context.close()


def test_the_keys_are_shown_and_closed_again(opened):
    page = opened("crc-duty")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


def test_without_script_one_signs_in_sees_the_board_and_reports(browser, town):
    period = town.reopen("BY")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(8000)
    sit(page, town, "by-na-officer")
    assert page.locator(".board").is_visible()
    page.click("nav a[href='/mine/']")
    page.click(f"a[href*='/reports/new/D1/'][href*='{period}']")
    page.locator("input[name='f-change'][value=change]").check()
    page.fill("#f-events", "many")
    page.click("button[value=send]")
    assert "whole number" in page.locator("#fault-events").inner_text()
    page.fill("#f-events", "2")
    page.click("button[value=send]")
    page.wait_for_url("**/reports/report/BY/**")
    assert "2 events" in page.locator("main").inner_text()
    context.close()


@pytest.mark.parametrize("path", ["/", "/mine/"])
@pytest.mark.parametrize("handle", ["crc-duty", "by-na-officer"])
def test_in_russian_no_english_word_is_left(opened, town, handle, path):
    page = opened(handle)
    choose(page, "ru")
    page.goto(town.url + path)
    assert page.locator("html").get_attribute("lang") == "ru"
    texts = page.evaluate(
        """() => [document.body.innerText, ...[...document.querySelectorAll('[title], [aria-label]')]
           .flatMap((each) => [each.title, each.getAttribute('aria-label') || ''])].join('\\n')"""
    )
    left = [line for line in texts.splitlines() if re.search("[A-Za-z]{2}", CODES.sub("", line))]
    # The ground of a waiver is what somebody wrote; it stays in the language in which it was written.
    assert [line for line in left if "SAMPLE" not in line] == []
    choose(page, "en")  # it stays with the account, and the next journey begins in English


def choose(page, language):
    """Choose a language from the menu."""
    page.locator("#menu summary").click()
    submit(page.locator(f"button[name=language][value={language}]"))


def test_a_language_that_was_chosen_goes_with_the_person_to_another_machine(opened):
    here = opened("kg-analyst")
    choose(here, "ru")
    there = opened("kg-analyst")
    assert there.locator("html").get_attribute("lang") == "ru"
    assert opened("kg-auditor").locator("html").get_attribute("lang") == "en"
    choose(there, "en")

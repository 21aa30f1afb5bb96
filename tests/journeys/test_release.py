"""Releasing in a real browser: by keyboard, with script and without, on a narrow screen, and by two persons."""

import pytest

from tests.journeys.town import until

pytestmark = pytest.mark.browser


def filed(town, party, **changes):
    """File a report of today's duty; return its name."""
    period = town.reopen(party)
    body = {"type": "D1", "period": period, "audience": "center"}
    body["values"] = {"change": "change", "events": 7, "text": "SAMPLE: A bridge was closed."}
    return town.line(party).ask("/api/reports", body | changes)["report"]


def released(town, party):
    return town.line(party).ask("/api/releases?limit=200")["releases"]


def test_the_words_beside_the_button_follow_the_choice(opened, town):
    page = opened("by-na-officer", to="/reports/new/D1/")
    assert "Kazakhstan" in page.locator("#readers").inner_text()

    page.locator("input[name=_audience][value=center]").check()
    until(page, "!document.getElementById('readers').innerText.includes('Kazakhstan')")
    page.locator("input[name=_level][value=H2]").check()
    until(page, "document.getElementById('readers').innerText.includes('H2 OFFICIAL USE')")

    assert "Will be read by: Belarus, Center." in page.locator("#readers").inner_text()
    assert page.locator("input[name=_level][value=H2]").is_checked()


def test_who_will_read_a_waiver_follows_its_type_and_party(opened, town):
    page = opened("crc-shift-lead", to="/waivers/")
    page.fill("#ground", "SAMPLE: Begun.")
    with page.expect_response(lambda answer: "party=KG" in answer.url):
        page.select_option("#party", "KG")

    assert "Kyrgyzstan" in page.locator("#readers").inner_text()
    assert page.input_value("#ground") == "SAMPLE: Begun."


def test_a_report_is_released_by_keyboard_after_it_was_looked_at(opened, town):
    key = filed(town, "BY")
    page = opened("by-na-officer", to=f"/reports/{key}/")
    page.get_by_role("link", name="Release", exact=True).press("Enter")
    page.wait_for_url("**/release/")
    page.locator("input[name=audience]").first.focus()
    for _step in range(20):
        if page.evaluate("document.activeElement.value") == "members":
            break
        page.keyboard.press("ArrowDown")
    page.locator("#preview button[value=release]").wait_for()
    page.locator("input[name=field][value=text]").press("Space")
    until(page, "document.getElementById('preview').innerText.includes('1 field is left out')")
    assert "bridge" not in page.locator("#preview").inner_text()
    assert "Kazakhstan" in page.locator("#preview").inner_text()
    page.fill("#ground", "SAMPLE: The neighbours asked for it.")
    page.locator("#preview button[value=release]").press("Enter")
    page.wait_for_url("**/releases/release/BY/**")

    (row,) = [
        each for each in released(town, "KZ") if each["ground"] == "SAMPLE: The neighbours asked for it."
    ]
    assert (row["values"], row["part"]) == ({"change": "change", "events": 7}, True)
    theirs = opened("kz-na-officer", to=f"/releases/{row['release']}/")
    assert "SAMPLE: The neighbours asked for it." in theirs.locator("main").inner_text()
    theirs.goto(f"{town.url}/reports/{key}/")
    assert "bridge" not in theirs.locator("body").inner_text()


def test_without_script_one_looks_first_and_then_releases(opened, town):
    key = filed(town, "RU")
    page = opened("ru-na-officer", to=f"/reports/{key}/release/", java_script_enabled=False)
    assert page.locator("#preview button[value=release]").count() == 0
    page.locator("input[name=audience][value=central-asia]").check()
    page.fill("#ground", "SAMPLE: For the region.")
    page.get_by_role("button", name="Show what will be released").click()

    assert "Kyrgyzstan" in page.locator("#preview").inner_text()
    assert page.input_value("#ground") == "SAMPLE: For the region."
    page.get_by_role("button", name="Release", exact=True).click()
    page.wait_for_url("**/releases/release/RU/**")
    assert [each for each in released(town, "KG") if each["ground"] == "SAMPLE: For the region."]
    assert not [each for each in released(town, "BY") if each["ground"] == "SAMPLE: For the region."]


def test_two_persons_release_what_is_for_official_use(opened, town):
    key = filed(town, "KZ", level="H2")
    first = opened("kz-na-officer", to=f"/reports/{key}/release/")
    first.locator("input[name=audience][value=members]").check()
    first.get_by_role("button", name="Propose the release").wait_for()
    assert "Head of the national authority" in first.locator("#preview").inner_text()
    first.fill("#ground", "SAMPLE: All should prepare.")
    first.get_by_role("button", name="Propose the release").click()
    first.get_by_text("It waits for a second person.").wait_for()
    assert not [each for each in released(town, "BY") if each["ground"] == "SAMPLE: All should prepare."]

    second = opened("kz-na-head", to=f"/reports/{key}/")
    second.get_by_role("link", name="Read it, and join it or turn it down").click()
    assert "SAMPLE: A bridge was closed." in second.locator("main").inner_text()
    second.locator("button[value=join]").click()
    second.wait_for_timeout(300)
    (row,) = [each for each in released(town, "BY") if each["ground"] == "SAMPLE: All should prepare."]
    assert row["offices"] == ["na-officer", "na-head"]


def test_the_dialogue_fits_a_narrow_screen(opened, town):
    key = filed(town, "TJ")
    page = opened(
        "tj-na-officer", to=f"/reports/{key}/release/?chosen=1&audience=members&level=H1&field=text"
    )
    page.set_viewport_size({"width": 390, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#preview button[value=release]").is_visible()


def test_the_ways_to_a_receipt_stand_under_each_other_on_a_narrow_screen(opened, town):
    page = opened("by-na-officer", to=f"/reports/{filed(town, 'BY')}/")
    page.set_viewport_size({"width": 390, "height": 800})
    links = page.locator(".versions small").first.locator("a").all()

    assert len(links) == 2
    assert len({each.bounding_box()["x"] for each in links}) == 1

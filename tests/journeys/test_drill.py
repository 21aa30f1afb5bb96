"""A drill of two posts beside the real watch: called, answered, ended, and nothing of it in the real mode."""

import pytest

from tests.journeys.town import submit

pytestmark = pytest.mark.browser

NAME = "Call and test messages"
POSTS = ("KZ", "BY")


def change_to(page, mode):
    """Change between the real mode and the exercise, from the menu."""
    page.locator("#menu summary").click()
    submit(page.locator(f"#menu button[name=mode][value={mode}]"))


def real_is_told(page):
    """Say whether the strip over a page of the exercise tells that real things wait."""
    strip = page.locator("#real.waits")
    strip.wait_for()
    return "REAL:" in strip.inner_text()


def end_what_is_under_way(page, town):
    """End the drills that are under way: a post is in one at a time."""
    under_way = "main a[href*='/drills/calls/']:not([href$='/result/'])"
    page.goto(f"{town.url}/drills/")
    while page.locator(under_way).count():
        page.locator(under_way).first.click()
        page.get_by_role("button", name="End it now").click()
        page.wait_for_url("**/result/")
        page.goto(f"{town.url}/drills/")


def start_drill(page, town, who="chosen"):
    """Start a drill at once, confirming what is real and open when the page asks; return its path."""
    page.goto(f"{town.url}/drills/")
    page.get_by_role("link", name="New drill").click()
    page.locator("input[name=drill][value=exchange]").check()
    page.locator(f"input[name=who][value={who}]").check()
    for code in POSTS if who == "chosen" else ():
        page.locator(f"input[name=post][value={code}]").check()
    page.get_by_role("button", name="Plan or start the drill").click()
    asked = page.locator("input[name=confirmed]")
    asked.or_(page.locator("#live")).first.wait_for()
    if asked.count():
        asked.check()
        for code in POSTS if who == "chosen" else ():
            assert page.locator(f"input[name=post][value={code}]").is_checked(), "what was chosen is kept"
        page.get_by_role("button", name="Plan or start the drill").click()
    page.wait_for_url("**/drills/calls/**")
    return page.url.removeprefix(town.url)


def test_a_drill_is_called_answered_and_ended_beside_the_real_watch(opened, town, steps):
    """A drill: the Center calls Kazakhstan and Belarus, and Kazakhstan sends a test message"""
    lead = steps.watch(opened("crc-shift-lead"))
    posts = {code: steps.watch(opened(f"{code.lower()}-na-officer")) for code in POSTS}
    with steps.step("the Center changes to the exercise"):
        change_to(lead, "exercise")
    assert lead.locator(".band").is_visible()
    assert real_is_told(lead)
    end_what_is_under_way(lead, town)
    with steps.step("the Center starts a drill of two posts"):
        call = start_drill(lead, town)
    assert real_is_told(lead)

    for code, post in posts.items():
        with steps.step(f"{code}: changes to the exercise and acknowledges"):
            change_to(post, "exercise")
            post.goto(town.url + call)
            post.get_by_role("button", name="Acknowledge the call").click()
            post.get_by_text("The first acknowledgement stands.").wait_for()

    with steps.step("KZ: sends the test message"):
        posts["KZ"].locator("main a[href*='/reports/new/D1/']").click()
        posts["KZ"].wait_for_url("**/reports/new/D1/**")
        posts["KZ"].locator("input[name='f-change'][value=change]").check()
        posts["KZ"].fill("#f-events", "2")
        posts["KZ"].locator("button[value=send]").click()
        posts["KZ"].wait_for_url("**/reports/report/KZ/**")
    assert posts["KZ"].locator(".band").is_visible()

    with steps.step("the Center ends the drill and sees the result"):
        lead.goto(town.url + call)
        lead.get_by_role("button", name="End it now").click()
        lead.wait_for_url("**/result/")
    assert lead.locator("h1").inner_text() == f"EXERCISE: result of {NAME}"
    assert "EXERCISE" in lead.locator(".band").inner_text()
    assert real_is_told(lead)
    rows = {code: lead.locator("table.drill tbody tr", has_text=name) for code, name in names()}
    assert rows["KZ"].locator(".cell.ok").count() == 2, "the call and the test message"
    assert rows["BY"].locator(".cell.ok").count() == 1, "the call alone"

    start_drill(lead, town, who="all")  # the next journeys find a drill under way, as this one did
    with steps.step("the Center goes back to the real watch"):
        lead.get_by_role("button", name="Back to the real watch").click()
        lead.wait_for_url(f"{town.url}/")
    for page in (lead, *posts.values()):
        nothing_of_it_is_real(page, town, call)


def names():
    """The names of the posts, as the table of a drill has them."""
    return (("KZ", "Kazakhstan"), ("BY", "Belarus"))


def nothing_of_it_is_real(page, town, call):
    """See that the Watch page and the drills of the real mode know nothing of a drill."""
    if page.locator(".band").count():
        change_to(page, "real")
    page.goto(f"{town.url}/")
    assert page.locator(".band").count() == 0
    said = page.locator("body").inner_text()
    assert NAME not in said
    assert "EXERCISE" not in said
    assert page.locator("a[href*='/drills/calls/']").count() == 0
    answer = page.request.get(town.url + call)
    assert answer.status == 404, "the call itself is not within reach of the real mode"

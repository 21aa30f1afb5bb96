"""A night in the duty room, with six parties: every click of the officers is counted, and told at the end."""

import pytest

from tests.journeys.town import submit

pytestmark = pytest.mark.browser

WHAT = "SAMPLE: Shots were heard near the crossing; the road is closed."


def on_watch(page, town):
    """Who has the watch, by the strip on the Watch page."""
    page.goto(f"{town.url}/shifts/handover/")
    return page.locator(".onwatch b").first.inner_text()


def hand_over(steps, town, opened):
    """Let whoever has the watch sign, and the other read every item and take it; return the page of who took it."""
    first = opened("crc-duty")
    goes = on_watch(first, town)
    comes = "crc-shift-lead" if goes == "crc-duty" else "crc-duty"
    going = steps.watch(first if goes == "crc-duty" else opened("crc-shift-lead"))
    coming = steps.watch(opened("crc-shift-lead") if comes == "crc-shift-lead" else first)
    with steps.step(f"hand-over: {goes} signs"):
        going.goto(f"{town.url}/")
        going.get_by_role("link", name="Hand-over").first.click()
        going.fill("#general", "SAMPLE: A quiet evening.")
        submit(going.get_by_role("button", name="Sign the hand-over"))
    with steps.step(f"hand-over: {comes} reads every item and signs"):
        coming.goto(f"{town.url}/")
        coming.get_by_role("link", name="Signed hand-over").click()
        coming.wait_for_url("**/shifts/handover/handover/**")
        for box in coming.locator("main input[type=checkbox]").all():
            box.check()
        submit(coming.get_by_role("button", name="Sign and take the watch"))
    assert on_watch(coming, town) == comes
    return coming


def report_shots(page, town):
    """Send an urgent notice to all members, as the post of Kyrgyzstan does."""
    page.goto(f"{town.url}/reports/new/U1/?_audience=members")
    page.fill("#f-what", WHAT)
    page.fill("#f-place", "SAMPLE: the crossing")
    for name in ("sign", "severity", "reliability", "credibility"):
        field = page.locator(f"[name='f-{name}']").first
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(index=1)
        else:
            field.check()
    page.locator("[name='f-asks']").first.check()
    page.locator("button[value=send]").click()
    page.wait_for_url("**/reports/report/KG/**")
    return page.url.removeprefix(town.url)


def test_a_night_shift_with_six_parties(opened, town, steps):
    """A night shift: the Center with Belarus, Kazakhstan, Kyrgyzstan, Russia, Tajikistan"""
    duty = hand_over(steps, town, opened)
    posts = {
        code: steps.watch(opened(f"{code.lower()}-na-officer")) for code in ("BY", "KZ", "KG", "RU", "TJ")
    }
    notice = relayed(steps, town, duty, posts)
    confirmed(steps, town, duty, posts["KG"], notice)
    told_by_telephone(steps, town, duty, posts["TJ"])
    with steps.step("a line in the log of the shift"):
        duty.goto(f"{town.url}/shifts/log/")
        duty.locator("[name=said], [name=text]").first.fill("SAMPLE: The road was opened again.")
        duty.get_by_role("button", name="Write", exact=True).click()
        duty.get_by_text("The road was opened again.").first.wait_for()
    compose(steps, town, opened)
    hand_over(steps, town, opened)
    assert steps.clicks < 120


def relayed(steps, town, duty, posts):
    """Send an urgent notice, relay it in one confirm, and let three parties acknowledge; return the notice's key."""
    with steps.step("Kyrgyzstan: an urgent notice to all"):
        notice = report_shots(posts["KG"], town).removeprefix("/reports/").strip("/")
    with steps.step("relay it to all in one confirm"):
        duty.goto(f"{town.url}/")
        duty.locator(f"section.beside a[href='/relays/new/{notice}/']").click()
        duty.get_by_text(WHAT).first.wait_for()
        duty.get_by_role("button", name="Relay the notice now").click()
        duty.wait_for_url("**/relays/relay/**")
    relay = duty.url.removeprefix(town.url)
    for code in ("BY", "KZ", "RU"):
        with steps.step(f"{code}: reads and acknowledges"):
            posts[code].goto(f"{town.url}/relays/")
            posts[code].locator(f"a[href='{relay}']", has_text="Read and acknowledge").click()
            submit(posts[code].get_by_role("button", name="We have taken note"))
    duty.goto(town.url + relay)
    assert duty.locator("main .cell.ok").count() >= 3
    return notice


def confirmed(steps, town, duty, kyrgyzstan, notice):
    """Ask the state concerned to confirm its notice, and close the question when it has."""
    with steps.step("ask Kyrgyzstan to confirm"):
        duty.goto(f"{town.url}/questions/new/?report={notice}&wants=confirmation&to=KG")
        duty.locator("textarea[name=text]").fill("SAMPLE: Is it confirmed by your border service?")
        duty.get_by_role("button", name="Send the question").click()
        duty.wait_for_url("**/questions/question/**")
    asked = duty.url.removeprefix(town.url)
    with steps.step("Kyrgyzstan: confirms"):
        kyrgyzstan.goto(town.url + asked)
        kyrgyzstan.locator("input[name=outcome][value=confirmed]").check()
        kyrgyzstan.locator("textarea[name=text]").first.fill("SAMPLE: Confirmed; two posts heard it.")
        submit(kyrgyzstan.get_by_role("button", name="Send the answer"))
    with steps.step("the answer will do"):
        duty.goto(town.url + asked)
        submit(duty.get_by_role("button", name="The answer will do"))
    assert "confirmed" in duty.locator("main").inner_text()


def told_by_telephone(steps, town, duty, tajikistan):
    """Write down what a post that has not reported tells by telephone; it makes it its own."""
    period = town.reopen("TJ")
    with steps.step("Tajikistan has not reported: write down what it tells by telephone"):
        duty.goto(f"{town.url}/duties/D1/TJ/{period}/")
        duty.get_by_role("link", name="Enter by telephone").click()
        duty.locator("input[name='f-change'][value=no_change]").check()
        duty.fill("#f-events", "2")
        duty.locator("button[value=send]").click()
        duty.wait_for_url("**/reports/report/**")
    told = duty.url.removeprefix(town.url)
    with steps.step("Tajikistan: makes it its own"):
        tajikistan.goto(town.url + told)
        submit(tajikistan.get_by_role("button", name="Confirm"))


def compose(steps, town, opened):
    """Release a situation report of the night, and let Belarus acknowledge it."""
    lead = steps.watch(opened("crc-shift-lead"))
    with steps.step("situation report: choose, comment, release"):
        lead.goto(f"{town.url}/summaries/new/")
        lead.locator("button[name=form][value=sitrep]").click()
        lead.wait_for_url("**/summaries/drafts/**")
        lead.fill("#title", "SAMPLE: The night at the crossing")
        texts = lead.locator(".blocks textarea")
        held = texts.count()
        lead.locator("button[value='text:']").click()
        texts.nth(held).fill("SAMPLE: The road was closed for three hours and is open again.")
        lead.locator("button[value=release]").click()
        lead.wait_for_url("**/summaries/summary/**")
    summary = lead.url.removeprefix(town.url).split("?")[0]
    belarus = steps.watch(opened("by-na-officer"))
    with steps.step("BY: acknowledges it"):
        belarus.goto(town.url + summary)
        submit(belarus.get_by_role("button", name="Acknowledge"))
    lead.goto(town.url + summary)
    assert "Belarus" in lead.locator("main").inner_text()

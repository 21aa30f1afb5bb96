"""Draw every page by day and by night, wide and narrow: `python -m tests.journeys.screenshots`."""

import argparse
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urljoin

from tests.journeys.town import ROOT, chromium, served, sit

VIEWS = (
    ("en", 1560, "day"),
    ("en", 1560, "night"),
    ("en", 390, "day"),
    ("en", 390, "night"),
    ("ru", 1560, "day"),
    ("ru", 390, "night"),
)
"""The languages, widths and themes in which every page is drawn."""


def pages(town):
    """Name every page: who looks, where, and what is done there before the picture."""
    report = next(
        row for row in town.reports("KZ", owes="KZ") if row["versions"] > 1 and row["party"] == "KZ"
    )
    owed = [
        row for each in ("TJ", "KG", "KZ", "RU", "BY") for row in town.line(each).ask("/api/due")["due"]
    ]  # fmt: skip
    # In the first hours after midnight (UTC) nothing of the new day is missing yet.
    missing = next((row for row in owed if row["timeliness"] == "missing"), owed[0])
    urgent, standing = _to_release(town, "KG", type="U1"), _to_release(town, "TJ", type="D1")
    release = next(row for row in town.line("BY").ask("/api/releases")["releases"] if row["party"] == "TJ")
    where = f"/duties/{missing['type']}/{missing['party']}/{missing['period']}/"
    center, state, auditor = "crc-duty", "by-na-officer", "crc-auditor"
    return {
        "watch-duty": (center, "/", None),
        "watch-by": (state, "/", None),
        "mine": (state, "/mine/", None),
        "report": (center, f"/reports/{report['report']}/", None),
        "form": (state, "/reports/new/D1/", None),
        "form-faults": (state, "/reports/new/D1/", mistaken),
        "form-event": (state, "/reports/new/U1/", None),
        "correct": ("kz-na-officer", f"/reports/{report['report']}/correct/", None),
        "sheet": (state, "/reports/new/D1/sheet/", None),
        "sheet-faults": (state, "/reports/new/D1/sheet/", bad_sheet),
        "duty-missing": (center, where, None),
        "reports": (center, "/reports/", None),
        "reports-search": (center, "/reports/?q=SAMPLE", None),
        "urgent-form": ("kg-na-officer", "/reports/new/U1/", None),
        "quality": (center, "/quality/", None),
        "roster": ("crc-shift-lead", "/shifts/", None),
        "shift-log": (center, "/shifts/log/", None),
        "handover": (center, "/shifts/handover/", None),
        "handover-note": (center, "/shifts/handover/", first_note),
        "posts": (center, "/posts/", None),
        "summaries": (center, "/summaries/", None),
        "summary": (state, "/summaries/", first_summary),
        "compose": ("crc-shift-lead", "/summaries/new/", begun),
        "types": (center, "/types/", None),
        "type": (center, "/types/T1/", None),
        "series": (center, "/series/", None),
        "series-t1": (center, "/series/?type=T1&field=cases_new&party=KZ", None),
        "compliance": (auditor, "/compliance/", None),
        "waivers": ("crc-shift-lead", "/waivers/", None),
        "active": ("crc-shift-lead", "/active/", None),
        "journals": (auditor, "/journals/", None),
        "nodes": ("crc-head", "/nodes/", None),
        "forks": ("crc-head", "/nodes/forks/", None),
        "erasures": ("kg-na-head", "/erasures/", None),
        "receipt": (center, f"/receipts/{report['entry']}/?page", None),
        "quarantine": (state, "/quarantine/", None),
        "people": ("by-administrator", "/people/", None),
        "person": ("by-administrator", "/people/by-na-officer/", None),
        "chairs": (state, "/people/", None),
        "audiences": (state, "/audiences/", None),
        "release-new": ("kg-na-officer", f"/reports/{urgent['report']}/release/", chosen),
        "release": (state, f"/releases/{release['release']}/", None),
        "released": ("tj-na-officer", f"/reports/{standing['report']}/", None),
        "pairs": ("kg-na-head", "/pairs/", None),
        "pair": ("kg-na-head", "/pairs/", waiting),
        "pairs-empty": ("by-na-head", "/pairs/", None),
        "account": (state, "/account/", None),
        "account-key": (state, "/account/keys/new/", None),
        "account-reads": (state, "/account/reads/", None),
        "factor-app": (state, "/account/factor/", None),
        "reads": ("by-auditor", "/reads/", None),
        "events": ("by-administrator", "/events/", None),
        "notices": (center, "/notices/", None),
        "notices-party": ("crc-shift-lead", "/notices/?whose=party", None),
        "notices-ladder": (state, "/notices/ladder/", None),
        "notices-ways": (state, "/account/notices/", None),
        "notices-webhook": ("by-administrator", "/notices/webhooks/", None),
        "join": ("", "/join/", None),
        "sign-in": ("", "/sign-in/", None),
        "not-found": (center, "/reports/report/KZ/none/", None),
        "keys": (center, "/", keys),
        "drills-kept": ("crc-duty", "/drills/", None),
        "drills": ("crc-head", "/", exercise("/drills/")),
        "drill-new": ("crc-head", "/", exercise("/drills/new/")),
        "drill-call": ("crc-head", "/", exercise("/drills/", "a[href*='/drills/calls/']")),
        "drill-result": ("crc-head", "/", exercise("/drills/", "a[href$='/result/']")),
        "drill-plan": ("crc-head", "/", exercise("/drills/", "a[href*='/drills/plans/']")),
        "drills-year": ("crc-head", "/", exercise("/drills/year/")),
        "drill-post": ("ru-na-officer", "/", exercise("/drills/", "a[href*='/drills/calls/']")),
        "questions": (center, "/questions/", None),
        "question": ("kg-na-officer", "/questions/", first),
        "ask": (center, f"/questions/new/?report={urgent['report']}", None),
        "relays": (center, "/relays/", None),
        "relay": (center, "/relays/", relayed),
        "relay-new": (center, "/relays/", to_relay),
    }


def _to_release(town, party, **wanted):
    """Find a report that its party itself wrote and that stands: the latest of those that the fewest read."""
    found = town.reports(party, owes=party, **wanted)
    own = [row for row in found if row["party"] == party and row["state"] == "value"]
    return min(own, key=lambda row: len(row["label"]["parties"]))


def prepare(browser, town):
    """Release one report of the sample, and propose the release of another: once, before pages are drawn."""
    if town.prepared:
        return
    town.prepared = True
    for party, type_, audience in (("TJ", "D1", "public"), ("KG", "U1", "members")):
        key = _to_release(town, party, type=type_)["report"]
        handle = f"{party.lower()}-na-officer"
        made = context(browser, town, handle, width=1560, theme="day", language="en")
        page = made.new_page()
        page.goto(f"{town.url}/reports/{key}/release/")
        if audience == "public":
            page.locator("input[name=level][value=H0]").check()
        page.locator(f"input[name=audience][value={audience}]").check()
        page.locator("#preview button[value=release]").wait_for()
        page.fill("#ground", "SAMPLE: The public should know of it.")
        page.locator("#preview button[value=release]").click()
        page.wait_for_load_state()
        page.wait_for_timeout(500)
        made.close()


def chosen(page):
    """Choose to whom a report is released, and see what they will read."""
    page.locator("input[name=audience][value=central-asia]").check()
    page.locator("#preview button[value=release]").wait_for()


def waiting(page):
    """Open what waits for a second person."""
    page.locator("main a[href^='/pairs/proposal/']").first.click()
    page.wait_for_load_state()


def first_note(page):
    """Open the latest hand-over note."""
    page.locator("main a[href^='/shifts/handover/handover/']").first.click()
    page.wait_for_load_state()


def first_summary(page):
    """Open the latest summary."""
    page.locator("main a[href^='/summaries/summary/']").first.click()
    page.wait_for_load_state()


def begun(page):
    """Go on with the draft of the day."""
    page.locator("button[name=form][value=day]").click()
    page.wait_for_load_state()


def mistaken(page):
    """Fill a form in with a mistake and send it."""
    page.fill("#f-events", "twelve")
    page.click("button[value=send]")
    page.locator(".faults").wait_for()


def bad_sheet(page):
    """Send a sheet with faults."""
    sheet = "change,events\nperhaps,twelve\n,-3\n"
    page.set_input_files("#file", {"name": "sample.csv", "mimeType": "text/csv", "buffer": sheet.encode()})
    page.click("form[enctype] button.main")
    page.wait_for_timeout(1500)


def exercise(path, link=""):
    """Make what changes into the exercise and opens a page there, or what its first such link leads to."""

    def opens(page):
        page.locator("#menu summary").click()
        page.locator("#menu button[name=mode][value=exercise]").click()
        page.wait_for_load_state()
        page.goto(urljoin(page.url, path))
        if link:
            page.goto(urljoin(page.url, page.locator(f"main {link}").first.get_attribute("href")))

    return opens


def first(page):
    """Open the question that has waited longest."""
    page.locator("#lists li a").first.click()
    page.wait_for_load_state()


def relayed(page):
    """Open the latest relay."""
    page.locator("main a[href^='/relays/relay/']").first.click()
    page.wait_for_load_state()


def to_relay(page):
    """Open the notice that came last and is not relayed."""
    page.locator("main a[href^='/relays/new/']").last.click()
    page.wait_for_load_state()


def keys(page):
    page.keyboard.press("?")


def take(browser, town, folder, *, width, theme, language="en", only=()):
    """Draw the pages at one width and theme."""
    kept = {}
    for name, (handle, path, act) in pages(town).items():
        if only and name not in only:
            continue
        if handle not in kept:
            kept[handle] = context(browser, town, handle, width=width, theme=theme, language=language)
        page = kept[handle].new_page()
        page.goto(town.url + path)
        if act:
            act(page)
        # What stays at the foot of the window belongs at the foot of the picture.
        high = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(high, 900)})
        page.wait_for_timeout(200)
        page.screenshot(path=folder / f"{name}-{width}-{theme}-{language}.png")
        page.close()
    for each in kept.values():
        each.close()


def picture(browser, town, path):
    """Draw the one picture of the README: the Watch page of the duty officer, by day, as a window shows it."""
    made = context(browser, town, "crc-duty", width=1560, theme="day", language="en")
    page = made.new_page()
    page.set_viewport_size({"width": 1560, "height": 1000})
    page.goto(town.url)
    page.wait_for_timeout(200)
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
    made.close()


def context(browser, town, handle, *, width, theme, language):
    made = browser.new_context(viewport={"width": width, "height": 900})
    made.add_cookies([
        {"name": "theme", "value": theme, "url": town.url},
        {"name": "language", "value": language, "url": town.url},
    ])  # fmt: skip
    if handle:
        page = made.new_page()
        sit(page, town, handle)
        page.close()
    return made


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--days", type=int, default=60)
    asked.add_argument("--only", nargs="*", default=())
    asked.add_argument("--home", type=Path, help="serve this sample instead of making one")
    given = asked.parse_args()
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "home"
        if given.home:
            shutil.copytree(given.home, home)
        with served(home, days=given.days) as town, chromium() as browser:
            prepare(browser, town)
            picture(browser, town, ROOT / "docs" / "images" / "watch.png")
            for language, width, theme in VIEWS:
                shape = {"width": width, "theme": theme, "language": language}
                take(browser, town, folder, **shape, only=given.only)
                print(f"{language} {width} {theme}", flush=True)  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()

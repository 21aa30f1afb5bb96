"""The real thing: the demo's node served by its own command on a free loopback port, and a browser before it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from commonwatch.config.sample.posts import KEYS, Line, wait_until_ready

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu"]
TODAY = {"due", "in_grace", "missing", "on_time", "late"}


class Town:
    """A served node: its address, its home, and a line for every post that has a key."""

    def __init__(self, url, home):
        self.url, self.home, self.prepared = url, home, False
        keys = json.loads((home / KEYS).read_bytes())
        self.lines = {handle: Line(url, handle=handle, key=key) for handle, key in keys.items()}

    def line(self, party):
        """The line of a national authority."""
        return self.lines[f"{party.lower()}-na-officer"]

    def duty(self, party, type_="D1"):
        """How the present duty of a party stands, by the interface for programs."""
        rows = self.line(party).ask("/api/due")["due"]
        return next(row for row in rows if row["type"] == type_)

    def reports(self, party, **wanted):
        """The reports that a party can read."""
        query = "&".join(f"{name}={value}" for name, value in {"limit": 200, **wanted}.items())
        return self.line(party).ask(f"/api/reports?{query}")["reports"]

    def reopen(self, party, type_="D1"):
        """See to it that a duty is open, withdrawing what stands; return its period."""
        period = self.duty(party, type_)["period"]
        for row in self.reports(party, type=type_, owes=party, period=period):
            if row["party"] == party and row["state"] != "withdrawn":
                reason = {"reason": "SAMPLE: Sent for the wrong day."}
                self.line(party).ask(f"/api/reports/{row['report']}/withdraw", reason)
        return period

    def command(self, *words):
        """Run a command of the house and return what it did."""
        return subprocess.run(
            [sys.executable, "-m", "commonwatch", *map(str, words)],
            cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip


def environment():
    """The environment without what an operator set for another node."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COMMONWATCH", "DATABASE", "DJANGO"))
    }
    return kept | {"TERM": "dumb"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(home, *, days):
    """Serve the demo from a home until the block ends; its posts stand still."""
    port = free_port()
    words = ["demo", "--data", home, "--port", port, "--days", days, "--still"]
    log = (home.parent / "served.log").open("w+")
    with log, subprocess.Popen(
        [sys.executable, "-m", "commonwatch", *map(str, words)],
        cwd=ROOT, env=environment(), stdout=log, stderr=subprocess.STDOUT,
    ) as running:  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            while not wait_until_ready(url, seconds=1):
                if running.poll() is not None:
                    raise RuntimeError((home.parent / "served.log").read_text())
            yield Town(url, home)
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=30)


@contextmanager
def chromium():
    """Debian's Chromium under Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def sit(page, town, handle, *, to="/"):
    """Sign in by one click, as somebody who looks round does, and open a page."""
    page.goto(f"{town.url}/sign-in/")
    page.locator(f"button[name=handle][value='{handle}']").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)  # an administrator is led on to people and offices
    if to != "/":
        page.goto(town.url + to)


def submit(button):
    """Press what sends a form, and wait for the page that answers it."""
    with button.page.expect_navigation():
        button.click()


def until(page, expression, *, seconds=8):
    """Wait until an expression is true; the content policy lets Playwright wait for none by itself."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if evaluated(page, expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"not within {seconds} s: {expression}")


def evaluated(page, expression):
    """Evaluate an expression; None while the page goes to another."""
    from playwright.sync_api import Error

    try:
        return page.evaluate(expression)
    except Error as error:
        if "navigation" not in str(error):
            raise
        return None

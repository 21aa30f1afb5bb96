"""The town that the journeys lead through: served once for all of them; a browser for each module."""

import os
from contextlib import closing

import pytest

from tests.journeys.counting import Steps, table
from tests.journeys.town import CHROMIUM, chromium, served, sit

COUNTED = "clicks and keys"


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """The demo's node with five days of sample reports, on a free port."""
    with served(tmp_path_factory.mktemp("town") / "home", days=5) as made:
        yield made


@pytest.fixture(scope="module")
def browser(town):
    """Chromium, opened after the town; gone with the module, because its loop would keep Django from the database."""
    if not CHROMIUM.exists():
        message = f"there is no Chromium at {CHROMIUM}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with chromium() as opened:
        yield opened


@pytest.fixture
def opened(browser, town):
    """Open a page as an office, by one click; every page must run without an error or a breach of its policy.

    `cut` says that the line will be cut: then a request may fail, and the console says so.
    """
    faults, contexts = [], []

    def open_as(handle, *, to="/", cut=False, **context):
        made = browser.new_context(**({"viewport": {"width": 1560, "height": 900}} | context))
        contexts.append(made)
        page = made.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: faults.append(f"{page.url}: {said.text}") if wrong(said) and not cut else None,
        )
        page.on(
            "requestfailed",
            lambda asked: faults.append(f"{asked.url}: {asked.failure}") if lost(asked) and not cut else None,
        )
        sit(page, town, handle, to=to)
        return page

    yield open_as
    for made in contexts:
        with closing(made):
            pass
    assert faults == []


def wrong(said):
    """Say whether the console reports more than the status of an answer that the page expects."""
    return said.type in {"error", "warning"} and "Failed to load resource" not in said.text


def lost(asked):
    """Say whether a request failed that was not left behind by going to another page."""
    return "ERR_ABORTED" not in (asked.failure or "")


@pytest.fixture
def steps(request, record_property):
    """Count the clicks and keys of a journey; they are told at the end of the run."""
    told = []
    yield Steps((request.function.__doc__ or request.node.name).split("\n")[0], told)
    record_property(COUNTED, told)


def pytest_terminal_summary(terminalreporter):
    """Tell what each counted journey took, whichever process ran it."""
    rows = [
        row
        for report in terminalreporter.stats.get("", ())  # setting up and taking down, when all went well
        for name, told in getattr(report, "user_properties", ())
        if name == COUNTED and getattr(report, "when", "") == "teardown"
        for row in told
    ]
    if rows:
        terminalreporter.write_sep("=", COUNTED)
        for line in table(rows):
            terminalreporter.write_line(line)

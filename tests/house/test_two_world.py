"""Nothing that is not released to a party shows: two worlds that differ in nothing else give the same bytes.

And the test itself is tested: every address is asked, every mask is needed, every planted leak is found.
"""

import os
import subprocess
import sys
from datetime import date

import pytest

from tests.house.tree import ROOT, list_of
from tests.house.worlds import planting
from tests.house.worlds.catalogue import ARGUMENTS, CATALOGUE
from tests.house.worlds.covered import how_to_enter
from tests.house.worlds.crawl import routes, uncovered
from tests.house.worlds.viewers import PARTY, VIEWERS

DAY = date(2026, 9, 14)
LEAKS = {leak.name: leak for leak in planting.leaks()}


def crawled(*args, empty, home):
    """Run the crawl as an operator would."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("COMMONWATCH_", "DATABASE"))
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.house.worlds", "--empty", str(empty), *args],
        cwd=ROOT,
        env=kept | {"COMMONWATCH_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_every_address_is_asked():
    new = uncovered()
    assert not new, how_to_enter(new)


def test_nothing_is_asked_that_is_gone():
    gone = set(CATALOGUE) - {each.name for each in routes()}
    assert not gone, f"take out of tests/house/worlds/catalogue.py: {', '.join(sorted(gone))}"


def test_every_argument_has_values_to_try():
    lacking = [
        f"{each.name}: {name}"
        for each in routes()
        for name in each.arguments
        if name not in ARGUMENTS and not CATALOGUE[each.name].arguments
    ]
    assert not lacking, "give values in ARGUMENTS of tests/house/worlds/catalogue.py:" + list_of(lacking)


def test_there_is_a_viewer_for_each_clearance(packs):
    """So that a new office with a reach of its own is looked through as well."""
    pack = packs["csto"]
    offices = {each.code: each for each in pack.offices}
    reach = lambda code: (offices[code].clearance, offices[code].categories)  # noqa: E731
    given = {reach(code) for code, each in offices.items() if PARTY in pack.select(each.of, on=DAY)}
    assert given == {reach(each.office) for each in VIEWERS.values() if each.office}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_nothing_shows_of_what_is_not_released(viewer, empty_database, tmp_path):
    done = crawled("--viewers", viewer, empty=empty_database, home=tmp_path)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_found(name, empty_database):
    assert planting.missed(LEAKS[name], empty=empty_database) == ""

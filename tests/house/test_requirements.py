"""What is installed is pinned, with hashes, and the files name no place from which it comes."""

import re

import pytest

from tests.house.tree import ROOT

LOCKS = sorted(path.name for path in ROOT.glob("requirements*.txt"))
ASKED = [name.replace(".txt", ".in") for name in LOCKS]


def pinned(name):
    """Every requirement of a lock as name → (version, number of hashes)."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if line and not line.startswith((" ", "#")):
            hit = re.match(r"([a-z0-9][a-z0-9.-]*)(?:\[[a-z,]+\])?==([^\s;]+)", line)
            assert hit, f"{name}: {line[:80]!r} is not pinned"
            found[hit[1]] = (hit[2], line.count("--hash=sha256:"))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_with_hashes(name):
    bare = [each for each, (_version, hashes) in pinned(name).items() if not hashes]
    assert pinned(name)
    assert not bare, f"{name}: no hashes for {bare}"


@pytest.mark.parametrize("name", [*LOCKS, *ASKED, "Makefile", "pyproject.toml"])
def test_no_address_of_an_index_is_named(name):
    text = (ROOT / name).read_text()
    assert not re.search(
        r"--(extra-)?index-url|--find-links|--trusted-host|://[^\s]*(pypi|simple|wheels)", text
    )


def test_both_locks_agree():
    run, dev = pinned("requirements.txt"), pinned("requirements-dev.txt")
    differing = {name: (version, dev.get(name)) for name, version in run.items() if dev.get(name) != version}
    assert not differing, "run: make lock"


@pytest.mark.parametrize(("name", "lock"), list(zip(ASKED, LOCKS, strict=True)))
def test_what_is_asked_for_is_in_the_lock(name, lock):
    asked = re.findall(r"^([A-Za-z][\w.-]*)", (ROOT / name).read_text(), re.MULTILINE)
    missing = [each for each in asked if re.sub(r"[-_.]+", "-", each).lower() not in pinned(lock)]
    assert not missing, "run: make lock"


def test_what_the_product_runs_on_is_used():
    """A requirement that nothing imports is taken out again; those used by name in the settings count as used."""
    imported = {
        "granian": "granian",
        "django": "django",
        "django-allauth": "allauth",
        "pyyaml": "yaml",
        "pyjwt": "jwt",
        "django-ninja": "ninja",
        "python-dateutil": "dateutil",
    }
    named_otherwise = {
        "django-csp": "csp",
        "django-template-partials": "template_partials",
        "tzdata": "zoneinfo",
    }
    code = "\n".join(path.read_text() for path in (ROOT / "commonwatch").rglob("*.py"))
    asked = re.findall(r"^([A-Za-z][\w-]*)", (ROOT / "requirements.in").read_text(), re.MULTILINE)
    names = imported | named_otherwise
    unused = [
        each
        for each in asked
        if not re.search(rf"\b{names.get(each.lower(), each.lower().replace('-', '_'))}\b", code)
    ]
    assert "psycopg" in asked  # Django loads it for PostgreSQL, so no line of ours names it
    assert set(unused) <= {"psycopg"}, f"asked for, but not used: {unused}"

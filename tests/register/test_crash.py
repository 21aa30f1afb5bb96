"""The server killed at random moments: a run of `python -m tests.crash`, in CI sixty kills for each database."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.postgres import programs

ROOT = Path(__file__).resolve().parents[2]


KILLS = 30 if settings.IN_CI else 3
"""How often each of the two ways is cut on each database."""


def crashed(*words):
    """Run the crash test in a process of its own and return what it said last."""
    return ran("tests.crash", "--kills", str(KILLS), *words)


def ran(*words):
    """Run a module in a process of its own and return what it said last."""
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


def test_nothing_acknowledged_is_lost_when_the_server_is_killed():
    said = crashed()

    assert "lost 0" in said
    good, of = re.search(r"journals consistent (\d+) of (\d+)", said).groups()
    assert good == of != "0"


@pytest.mark.postgresql
def test_nothing_acknowledged_is_lost_on_postgresql_with_two_processes(postgres_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", postgres_url)

    assert "lost 0" in crashed("--database", "postgresql")


def test_nothing_is_held_twice_or_in_part_when_a_node_is_killed_while_it_takes_journals_in():
    assert "lost 0" in crashed("--what", "importing")


@pytest.mark.postgresql
def test_nothing_is_held_twice_or_in_part_on_postgresql_when_a_node_is_killed_so(postgres_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", postgres_url)

    assert "lost 0" in crashed("--what", "importing", "--database", "postgresql")


@pytest.mark.postgresql
def test_nothing_acknowledged_is_lost_when_the_primary_dies_and_its_standby_takes_over():
    programs()

    said = ran("tests.failover")

    before, of = map(int, re.search(r"acknowledged (\d+) before and (\d+) in all", said).groups())
    assert 0 < before < of
    assert "lost 0" in said

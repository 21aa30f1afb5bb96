"""A real process is killed again and again while it sends by a real mail server: never two of one message, none lost.

What may be missing at the server is shown as perhaps sent, and nothing else is.
"""

import os
import random
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from commonwatch.config.commands import reminding
from commonwatch.desks.notices import worker
from commonwatch.desks.notices.models import Told
from commonwatch.register import node
from tests.notices.conftest import tell

DUE = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)
KILLS = 25
SEED = 20260914


@pytest.fixture
def people(house, post):
    """Everybody who is named by a step has given an address; the mail server takes its time."""
    for party in ("BY", "KZ"):
        for office in ("na-officer", "na-head"):
            tell(house, party, office)
    for office in ("duty", "shift-lead", "head"):
        tell(house, "CRC", office)
    post.slow = 0.02
    return house


def started():
    """Start a worker as `commonwatch serve` does, in a process of its own."""
    connections.close_all()
    number = os.fork()
    if number:
        return number
    status = 1
    try:
        node.current().random = os.urandom  # the dice of the house would fall alike in every process
        reminding.work(every=0.05)
        status = 0
    finally:
        os._exit(status)


def test_a_worker_that_is_killed_at_any_moment_sends_nothing_twice_and_loses_nothing(people, post):
    dice = random.Random(SEED)
    for number in range(KILLS):
        people.clock.set(DUE + timedelta(minutes=-31 + 12 * number))
        child = started()
        until = post.steps + dice.randint(0, 12)  # of a few conversations of four steps each
        _until(lambda until=until: post.steps >= until, seconds=2, must=False)
        time.sleep(dice.uniform(0, 0.05))
        os.kill(child, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    post.slow = 0
    people.clock.tick(hours=1, minutes=1)
    worker.climb(worker.begin())
    people.clock.tick(hours=1, minutes=1)
    worker.climb(worker.begin())

    names = post.names()
    rows = list(Told.objects.all())
    carried = {f"<{row.message}@example.org>": row.state for row in rows if row.message}
    twice = [name for name, count in names.items() if count > 1]
    lost = [name for name, state in carried.items() if name not in names and state != "unsure"]
    assert (twice, lost) == ([], [])
    assert set(names) <= set(carried)
    assert {row.state for row in rows} <= {"sent", "unsure", "overtaken", "met"}
    assert len(names) > 10
    assert len({row.run for row in rows}) > 5


def test_only_one_worker_works_at_a_time(people):
    """The second waits; when the first is killed, it takes over."""
    people.clock.set(DUE)
    first = started()
    try:
        _until(lambda: reminding.last(people.node.home))
        looks = iter([True, True, True])
        assert reminding.work(once=True, wanted=lambda: next(looks, False)) is None
    finally:
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
    assert reminding.work(once=True) is not None


def test_a_worker_ends_when_it_is_wanted_no_more(people):
    looks = iter([True, True, True, False])
    started_at = time.monotonic()
    assert reminding.work(every=60, wanted=lambda: next(looks, False)) is not None
    assert time.monotonic() - started_at < 30


def _until(done, *, seconds=20, must=True):
    end = time.monotonic() + seconds
    while not done() and (must or time.monotonic() < end):
        assert time.monotonic() < end
        time.sleep(0.005)

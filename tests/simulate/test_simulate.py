"""Seven nodes through thirty seeds (ten outside CI), and the simulation itself. More: `make simulate SEEDS=1000`."""

import logging
from contextlib import ExitStack

import pytest
from django.conf import settings

from tests.simulate import running

SEEDS = 30 if settings.IN_CI else 10
PART = 2


@pytest.fixture(scope="module")
def begun(tmp_path_factory, empty_database, django_db_blocker):
    """Seven nodes that know one another, made once."""
    with django_db_blocker.unblock():
        return running.start(tmp_path_factory.mktemp("begun"), empty_database)


@pytest.fixture
def quiet():
    """What goes wrong here is meant to: nothing is logged."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def live(begun, quiet, django_db_blocker):
    """What lives through a seed."""
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        yield lambda seed, **given: running.live(seed, begun=begun, **given)


@pytest.mark.parametrize("first", range(1, SEEDS + 1, PART))
def test_seven_nodes_live_through_what_a_seed_throws(live, first):
    lived = [live(seed) for seed in range(first, first + PART)]
    faults = [each.says() for each in lived if each.fault]
    assert not faults, "\n\n".join(faults)


def test_entries_are_erased_and_carried_keys_change_and_journals_go_on_in_next_epochs(live):
    lived = live(2)
    assert not lived.fault
    assert min(lived.erased, lived.turned, lived.brought, lived.changed) > 0, lived.says()


def test_a_seed_gives_the_same_run_again(live):
    once, again = (live(101, steps=40) for _time in range(2))
    assert once.log == again.log
    assert (once.digest, once.fault) == (again.digest, "")

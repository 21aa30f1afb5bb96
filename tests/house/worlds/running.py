"""Both worlds of a viewer, each in a process of its own: what a process remembers is remembered of one world alone.

The world that holds everything tells the other one the names of what was hidden, so that both can be asked for it.
"""

import logging
import os
import pickle
import sys
import tempfile
import traceback
import warnings
from pathlib import Path
from typing import NamedTuple

import django
from django.conf import settings
from django.core import mail


class CrawlFailed(Exception):  # noqa: N818 - it says what is so
    """The worlds could not be compared: something else than a leak is wrong."""


class Run(NamedTuple):
    """What came of one viewer: the answers of both worlds, in order."""

    viewer: str
    whole: list
    plain: list


def prepare():
    """Open the house in this process; nothing is asked of a database before the processes part."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonwatch.config.settings")
    warnings.filterwarnings(
        "ignore", message="No directory at"
    )  # static files are gathered when a node is made
    django.setup()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # time is not compared
    settings.IDLE_SECONDS = 0  # sessions are marked by the clock on the wall, which the worlds do not share
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    logging.disable(logging.CRITICAL)  # a refused method is no news here


def empty_database(path):
    """Make a database with every table and no row, in a process that then ends."""

    def make():
        from django.core.management import call_command
        from django.db import connections

        connections.databases["default"]["NAME"] = str(path)
        call_command("migrate", verbosity=0)
        with connections["default"].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    if _wait(_fork(make)):
        raise CrawlFailed("the empty database could not be made")


def run(viewer, *, empty, wanted=()):
    """Crawl both worlds of a viewer, side by side.

    :raises CrawlFailed: when a world could not be lived through, or an answer was an error of the house.
    """
    with tempfile.TemporaryDirectory(prefix="two-worlds-") as name:
        folder = Path(name)
        hear, tell = os.pipe()
        whole = _fork(lambda: _crawl(viewer, folder / "whole", empty, wanted, tell=tell))
        os.close(tell)
        plain = _fork(lambda: _crawl(viewer, folder / "plain", empty, wanted, hear=hear))
        os.close(hear)
        if any([_wait(whole), _wait(plain)]):
            raise CrawlFailed(f"a world of {viewer.name} could not be crawled: its fault stands above")
        done = Run(viewer.name, _answers(folder / "whole"), _answers(folder / "plain"))
    faults = [f"{each.asked}: {each.fault}" for each in (*done.whole, *done.plain) if each.fault]
    if faults:
        raise CrawlFailed(f"{len(faults)} answers to {viewer.name} are errors\n" + "\n".join(faults[:10]))
    return done


def _crawl(viewer, folder, empty, wanted, *, tell=None, hear=None):
    """Live through one world and crawl it; the names of what is hidden go from one world to the other."""
    from commonwatch.charter.pack import load
    from tests.house.worlds.crawl import Crawl
    from tests.house.worlds.world import World

    world = World(folder=folder, pack=load(settings.PACK), empty=empty)
    crawl = Crawl(world, viewer, whole=tell is not None, wanted=wanted)
    crawl.live()
    if tell is not None:
        with os.fdopen(tell, "wb") as pipe:
            pickle.dump(world.made, pipe)
    else:
        with os.fdopen(hear, "rb") as pipe:
            world.made = pickle.load(pipe)  # noqa: S301 - written by the other process of this run
    crawl.run()
    folder.with_suffix(".answers").write_bytes(pickle.dumps(crawl.records))


def _answers(folder):
    return pickle.loads(folder.with_suffix(".answers").read_bytes())  # noqa: S301 - written by this run


def _fork(work):
    """Do some work in a process of its own, and return its number."""
    sys.stdout.flush()
    sys.stderr.flush()
    number = os.fork()
    if number:
        return number
    status = 1
    try:
        work()
        status = 0
    except BaseException:  # noqa: BLE001 - told by the status; the process ends here, whatever it was
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _wait(number):
    """Wait for a process; 0 when it did its work."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])

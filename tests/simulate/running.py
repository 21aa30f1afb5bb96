"""Running seeds: the world at its start is made once, each seed lives in a copy of it."""

import logging
import os
import shutil
import tempfile
import time
import traceback
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

LAST = 25
STEPS = 80


class Lived(NamedTuple):
    """What came of one seed. `fault` is empty when all held; `seconds` are of the processor.

    Of the entries so many were erased and so many came by stick; of the journals so many go on in another; keys changed
    so often.
    """

    seed: int
    steps: int
    digest: str
    entries: int
    forks: int
    proved: int
    erased: int
    turned: int
    brought: int
    changed: int
    seconds: float
    fault: str
    log: tuple[str, ...]

    def says(self):
        """Say it in a line, and of what failed the last steps."""
        if self.fault:
            last = "\n".join(f"  {line}" for line in self.log[-LAST:])
            return f"seed {self.seed} failed in step {len(self.log)}\n{last}\n{self.fault}"
        return (
            f"seed {self.seed}: {self.steps} steps, {self.entries} entries, {self.erased} erased,"
            f" {self.brought} by stick, {self.turned} next epochs, {self.changed} changes of keys,"
            f" {self.forks} forks, {self.proved} proved,"
            f" {self.seconds:.1f} s, {self.digest}"
        )


def prepare():
    """Open the house in this process."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonwatch.config.settings")
    warnings.filterwarnings("ignore", message="No directory at")
    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    logging.disable(logging.CRITICAL)  # what goes wrong here is meant to, and what must not is found


def empty_database(path):
    """Make an SQLite file with every table and no row."""
    from django.core.management import call_command
    from django.db import connections

    from tests.conftest import database

    with database("default", path):
        call_command("migrate", verbosity=0)
        with connections["default"].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def start(folder, empty):
    """Make seven nodes, each of which has adopted the pack and taken the others in; return the folder of all."""
    from commonwatch.access import adopting
    from commonwatch.access.actor import operator
    from commonwatch.register import node as nodes
    from tests.conftest import lived_in
    from tests.federation.nodes import introduce
    from tests.simulate.pack import PACK, PARTIES

    with ExitStack() as stack:
        houses = {
            party: stack.enter_context(
                lived_in(
                    path=folder / party, pack=PACK, party=party, alias=f"start-{party.lower()}", empty=empty,
                    hosted=(), seed=number,
                )
            )
            for number, party in enumerate(PARTIES, 1)
        }  # fmt: skip
        for house in houses.values():
            house.clock.tick(days=-10)
            with nodes.use(house.node):
                by = operator(house.node.party)
                adopting.adopt(by=by, digest=PACK.digest, version=PACK.version)
        for house in houses.values():
            for other in houses.values():
                if other is not house:
                    introduce(house, other)
    return folder


def live(seed, *, begun, steps=STEPS):
    """Run one seed from the world at its start, and hold the end to the truth."""
    from tests.simulate import ending, world

    began = time.process_time()
    fault, made = "", None
    with tempfile.TemporaryDirectory(prefix="simulate-") as name:
        try:
            with world.opened(seed=seed, folder=Path(name), start=begun) as made:
                made.run(steps)
                ending.end(made)
                digest = made.digest()
        except Exception:  # noqa: BLE001 - whatever it is, it is told with the seed
            fault, digest = traceback.format_exc(), ""
        log = tuple(made.log) if made else ()
    entries, forks = _count(made)
    counts = (made.proved, made.erased, made.turned, made.brought, made.changed) if made else (0,) * 5
    return Lived(seed, steps, digest, entries, forks, *counts, time.process_time() - began, fault, log)


def _count(made):
    """Count the entries that were written, each once, and the journals that have two pasts."""
    if made is None:
        return 0, 0
    leaves = made.truth.leaves
    entries = sum(len(each) for branches in leaves.values() for each in branches.values())
    return entries, sum(made.truth.tainted(origin) for origin in leaves)


def begun(stack):
    """Make the world at its start in a folder that goes with the stack."""
    folder = Path(tempfile.mkdtemp(prefix="simulate-start-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    empty_database(folder / "empty.sqlite3")
    return start(folder / "start", folder / "empty.sqlite3")

"""Kill the server at random moments while it takes reports in, and look for what was lost.

`python -m tests.crash --kills 100 --database sqlite`. Clients post single reports and batches, and send again under the
same reference whatever was not acknowledged, as a program of a national authority does.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from bench import serving
from bench.reports import PARTIES, periods, report
from commonwatch.config.commands import inside
from tests import postgres

CLIENTS = 6
DAYS = 200


class Acknowledged(NamedTuple):
    """What the server told a client: the entry, its hash and its number in its journal."""

    entry: str
    hash: str
    number: int


class Found(NamedTuple):
    """What came of it all."""

    acknowledged: int
    found: int
    journals: int
    consistent: int
    faults: tuple[str, ...]


class Field:
    """What the clients and the one who kills share: the port of the moment, what was acknowledged, what was refused.

    `again` are answers upon which a client sends the same again.
    """

    def __init__(self):
        self.port = 0
        self.over = False
        self.again: frozenset[int] = frozenset()
        self.told: dict[str, Acknowledged] = {}
        self.faults: list[str] = []
        self.resent = 0


class Sender(threading.Thread):
    """One program that posts reports, single or many, until it is over."""

    def __init__(self, field, number, keys, *, pause=0.0):
        super().__init__(daemon=True)
        self.field, self.number, self.pause = field, number, pause
        self.party = PARTIES[number % len(PARTIES)]
        self.key = keys[self.party]
        self.dice = random.Random(number)
        self.days = periods()[-DAYS:]
        self.count = 0

    def run(self):
        while not self.field.over:
            some = [self._next() for _place in range(self.dice.choice((1, 1, 1, 2, 20, 100)))]
            if not self._until_told(some):
                return
            time.sleep(self.pause)

    def _next(self):
        self.count += 1
        period = self.days[self.dice.randrange(len(self.days))]
        return report(self.count, dice=self.dice, period=period, ref=f"crash-{self.number}-{self.count}")

    def _until_told(self, some):
        """Send the same again until it is acknowledged; False when it is over or the server refuses."""
        tries = 0
        while not self.field.over:
            tries += 1
            try:
                status, answer = self._post(some)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            if status in self.field.again:
                time.sleep(0.05)
                continue
            self.field.resent += tries > 1
            if status not in {200, 201}:
                self.field.faults.append(f"the server refused: {status} {answer[:300]!r}")
                return False
            self._keep(some, json.loads(answer))
            return True
        return False

    def _post(self, some):
        client = serving.Client(self.field.port, key=self.key, timeout=20)
        try:
            if len(some) == 1:
                return client.post("/api/reports", serving.encode(some[0]))
            return client.post("/api/reports/batch", serving.encode({"reports": some}))
        finally:
            client.close()

    def _keep(self, some, answer):
        each = answer.get("reports", [answer])
        for sent, told in zip(some, each, strict=True):
            self.field.told[sent["ref"]] = Acknowledged(told["entry"], told["hash"], told["number"])


def crash(*, kills, database="sqlite", seed=None):
    """Kill the server so many times under load, then hold the record to what was acknowledged.

    `database` is "sqlite", or "postgresql" for a server of the wheel or, when it is set, that of $DATABASE_URL.
    """
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="commonwatch-crash-") as name, kept_in(database) as env:
        home = Path(name) / "node"
        keys = serving.make_node(home, PARTIES, env=env)
        os.environ.update(env)
        inside.node(home)
        check = import_module("tests.crash_check")
        field = _killed(home, env, keys, kills=kills, dice=dice, check=check)
        found, journals, consistent, faults = check.hold(list(field.told.values()))
        return Found(len(field.told), found, journals, consistent, (*field.faults, *faults))


@contextmanager
def kept_in(kind):
    """Give the environment that names the database."""
    if kind == "sqlite":
        yield {"DATABASE_URL": ""}
        return
    with contextlib.ExitStack() as stack:
        url = os.environ.get("DATABASE_URL") or stack.enter_context(postgres.running(durable=True))
        yield {"DATABASE_URL": postgres.create(url)}


def _killed(home, env, keys, *, kills, dice, check):
    """Start, load, kill, and again; the last server is stopped in order."""
    field = Field()
    words = ("--workers", "2") if env["DATABASE_URL"] else ()
    server = serving.start(home, env=env, words=words)
    field.port = server.port
    senders = [Sender(field, number, keys) for number in range(CLIENTS)]
    for sender in senders:
        sender.start()
    try:
        for number in range(kills):
            time.sleep(dice.uniform(0.05, 0.9))
            server.kill()
            if number % 2:
                field.faults += check.guard()
            server = serving.start(home, env=env, words=words)
            field.port = server.port
            if field.faults:
                break
            if number % 10 == 9:
                print(f"  {number + 1} kills, {len(field.told):,} reports acknowledged", flush=True)  # noqa: T201 - the words of a command
        time.sleep(0.5)
    finally:
        field.over = True
        for sender in senders:
            sender.join(30)
        server.stop()
    return field


def main():
    """Say what came of it; 1 when anything was lost or does not hold."""
    reader = argparse.ArgumentParser(prog="python -m tests.crash")
    reader.add_argument("--kills", type=int, default=100)
    reader.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    reader.add_argument("--what", choices=("serving", "importing"), default="serving")
    reader.add_argument("--seed", type=int)
    asked = reader.parse_args()
    if asked.what == "importing":
        importing = import_module("tests.importing")
        found = importing.crash(kills=asked.kills, database=asked.database, dice=random.Random(asked.seed))
    else:
        found = crash(kills=asked.kills, database=asked.database, seed=asked.seed)
    lost = found.acknowledged - found.found
    for fault in found.faults[:20]:
        print(f"  {fault}")  # noqa: T201 - the words of a command
    print(  # noqa: T201 - the words of a command
        f"acknowledged {found.acknowledged}, found {found.found}, lost {lost},"
        f" journals consistent {found.consistent} of {found.journals}"
    )
    return int(bool(lost or found.faults or not found.acknowledged or found.consistent != found.journals))


if __name__ == "__main__":
    sys.exit(main())

"""Kill the primary while the node takes reports in, promote its standby, go on there, and look for what was lost.

`python -m tests.failover`. The web processes live on without a database for a moment, as they would; then they are
started again with the address of the other server.
"""

import os
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from bench import serving
from bench.reports import PARTIES
from commonwatch.config.commands import inside
from tests import postgres, standby
from tests.crash import CLIENTS, Field, Sender

ENOUGH = 200
WAIT = 120
TRIES = 5
OUTAGE = 1.0


def fail_over():
    """Return how many reports were acknowledged before and in all, and what the check at the end found."""
    with tempfile.TemporaryDirectory(prefix="commonwatch-failover-") as name, standby.pair() as pair:
        home = Path(name) / "node"
        before = {"DATABASE_URL": postgres.create(pair.primary.url)}
        after = {"DATABASE_URL": elsewhere(before["DATABASE_URL"], pair.standby.port)}
        keys = serving.make_node(home, PARTIES, env=before)
        pair.wait_for_standby()
        field = Field()
        field.again = frozenset({500, 503})
        first = loaded(field, keys, home=home, before=before, after=after, pair=pair)
        os.environ.update(after)
        inside.node(home)
        check = import_module("tests.crash_check")
        found, journals, consistent, faults = check.hold(list(field.told.values()))
        return first, len(field.told), found, journals, consistent, [*field.faults, *faults]


def loaded(field, keys, *, home, before, after, pair):
    """Load the node, take its primary away, go on with the standby; return how much was acknowledged before."""
    server = serving.start(home, env=before, words=("--workers", "2"))
    field.port = server.port
    senders = [Sender(field, number, keys) for number in range(CLIENTS)]
    for sender in senders:
        sender.start()
    try:
        more(field, ENOUGH)
        read_only(home, after)
        pair.primary.kill()
        first = len(field.told)
        time.sleep(OUTAGE)
        pair.promote()
        server.stop()
        server = serving.start(home, env=after, words=("--workers", "2"))
        field.port = server.port
        more(field, ENOUGH)
    finally:
        field.over = True
        for sender in senders:
            sender.join(60)
        server.stop()
    return first


def more(field, count):
    """Wait until so many more reports were acknowledged."""
    wanted, until = len(field.told) + count, time.monotonic() + WAIT
    while len(field.told) < wanted:
        if field.faults or time.monotonic() > until:
            raise RuntimeError(f"too little was acknowledged: {len(field.told)}; {field.faults[:3]}")
        time.sleep(0.05)


def read_only(home, env):
    """Verify the node and write its journals out, from the standby, while the primary takes writes."""
    for words in (["verify", "--json"], ["export", str(home / "out"), "--for", "BY", "--json"]):
        command = [sys.executable, "-m", "commonwatch", *words, "--home", str(home)]
        said = [failed(command, env)]
        while said[-1] and len(said) < TRIES:  # it may be some milliseconds behind the guard
            said.append(failed(command, env))
        if said[-1]:
            raise RuntimeError(f"{words[0]} on the standby: {said}")


def failed(command, env):
    """Run a command; return what it said when it failed, nothing when it did not."""
    done = subprocess.run(
        command, env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=WAIT
    )
    return done.stderr if done.returncode else ""


def elsewhere(url, port):
    """Return the address of the same database on another server."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}"))


def main():
    """Say what came of it; 1 when anything was lost or does not hold."""
    before, acknowledged, found, journals, consistent, faults = fail_over()
    for fault in faults[:20]:
        print(f"  {fault}")  # noqa: T201 - the words of a command
    print(  # noqa: T201 - the words of a command
        f"acknowledged {before} before and {acknowledged} in all, found {found}, lost {acknowledged - found},"
        f" journals consistent {consistent} of {journals}"
    )
    return int(acknowledged != found or bool(faults) or consistent != journals)


if __name__ == "__main__":
    sys.exit(main())

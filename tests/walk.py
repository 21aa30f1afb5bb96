"""Three nodes on this machine, walked through: `python -m tests.walk`.

The Center, Belarus and Kazakhstan each have a node. The Center reaches both; between Belarus and Kazakhstan is an air
gap, crossed by a stick. Every step says what is done and prints the commands and their answers. Everything is SAMPLE.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADS = {"CRC": "CRC/head", "BY": "BY/na-head", "KZ": "KZ/na-head"}
PATIENCE = 60


class Failed(Exception):  # noqa: N818 - it is said to whoever walks, and caught by nobody
    """A step did not come out as it must."""


class Walk:
    """The nodes, and what is said of each step."""

    def __init__(self, place, *, quiet=False):
        self.place, self.quiet = place, quiet
        self.home = {party: place / party.lower() for party in HEADS}
        self.port = {party: free_port() for party in HEADS}
        self.today = f"{datetime.now(UTC):%Y-%m-%d}"

    def say(self, text):
        if not self.quiet:
            print(text, flush=True)  # noqa: T201 - a command's answer

    def step(self, text):
        self.say(f"\n--- {text}")

    def run(self, party, *words, fails=False, typed=""):
        """Run a command on a node, say what it answers, and return that."""
        home = self.home.get(party, self.place / party)
        words = [str(word) for word in words]
        self.say(f"  {party}$ commonwatch {' '.join(words)}")
        done = subprocess.run(
            [sys.executable, "-m", "commonwatch", *words, "--home", str(home)],
            cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=120, check=False, input=typed,
        )  # fmt: skip
        for line in (done.stdout + done.stderr).splitlines():
            self.say(f"      {line}")
        if (done.returncode != 0) is not fails:
            raise Failed(f"{party}: {' '.join(words)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def address(self, party):
        return f"http://127.0.0.1:{self.port[party]}"

    @contextmanager
    def serving(self, party, *, home=None):
        """Serve a node, without rounds of its own: the walk makes them."""
        words = ["serve", "--home", home or self.home[party], "--port", self.port[party], "--without-peers"]
        with (self.place / f"{party}.log").open("a") as log:
            running = subprocess.Popen(
                [sys.executable, "-m", "commonwatch", *map(str, words), "--without-reminders"],
                cwd=ROOT, env=environment(), stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                wait_until_ready(self.address(party), running)
                yield
            finally:
                running.send_signal(signal.SIGTERM)
                running.wait(timeout=30)

    def introduce(self, one, other, *, line=True):
        """Let a node take another in, by the digits that its officer hears."""
        card = self.place / f"{other.lower()}.card"
        words = ["peer", "card", "--address", self.address(other)] if line else ["peer", "card"]
        said = subprocess.run(
            [sys.executable, "-m", "commonwatch", *words, "--home", str(self.home[other])],
            cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        card.write_text(said.stdout)
        heard = re.search(r"Fingerprint: ([\d ]+)", said.stderr)[1]
        self.say(f"  {other} reads to {one}: {heard}")
        self.run(one, "peer", "add", card, "--as", HEADS[one], "--heard", heard)

    def report(self, party, events, *, home=None):
        """File a report of a party to all members."""
        words = ["--as", f"{party}/na-officer", "--type", "D1", "--period", self.today]
        words += ["--value", "change=change", "--value", f"events={events}", "--yes"]
        return self.run(home or party, "submit", *words)


def environment():
    """The environment without what an operator set for another node; loopback needs no TLS here."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COMMONWATCH", "DATABASE", "DJANGO"))}
    return kept | {"COMMONWATCH_PEERS_PLAIN": "127.0.0.1", "TERM": "dumb", "LC_ALL": "C.UTF-8"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(url, running):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"{url}/health", timeout=2).close()  # noqa: S310 - our own address
        except (urllib.error.URLError, OSError):
            if running.poll() is not None:
                raise Failed(f"{url} ended by itself") from None
            time.sleep(0.2)
        else:
            return
    raise Failed(f"{url} does not answer")


def walk(place, *, quiet=False):
    """Walk through everything; return how many steps there were."""
    at = Walk(place, quiet=quiet)
    make(at)
    with at.serving("CRC"), at.serving("KZ"):
        with at.serving("BY"):
            by_wire(at)
            by_stick(at)
        with_two_pasts(at)
        put_back(at)
    at.say("\nEverything held.")


def make(at):
    at.step("Three nodes are made; the officers read each other the fingerprints of their cards.")
    for party in HEADS:
        at.run(party, "init", "--party", party)
    for one, other, line in (
        ("CRC", "BY", True), ("CRC", "KZ", True), ("BY", "CRC", True), ("KZ", "CRC", True),
        ("BY", "KZ", False), ("KZ", "BY", False),
    ):  # fmt: skip
        at.introduce(one, other, line=line)


def by_wire(at):
    at.step("Belarus reports; the Center pulls what it may read, verifies and cosigns it.")
    at.report("BY", 3)
    at.run("CRC", "peer", "pull", "BY")
    at.run("CRC", "peer", "pull", "BY")
    at.run("BY", "peer", "pull", "CRC")
    at.run("CRC", "peer", "list")
    at.run("CRC", "verify")


def by_stick(at):
    at.step("Between Belarus and Kazakhstan is an air gap: a stick crosses it.")
    stick = at.place / "stick.cwb"
    at.run("BY", "bundle", "make", "KZ", stick)
    at.run("KZ", "bundle", "show", stick)
    at.run("KZ", "bundle", "import", stick, "--yes")
    at.run("CRC", "bundle", "import", stick, "--yes", fails=True)


def with_two_pasts(at):
    at.step(
        "Belarus' machine is copied; the copy tells Kazakhstan another past than Belarus tells the Center."
    )
    shutil.copytree(at.home["BY"], at.place / "copy")
    at.run("BY", "backup", at.place / "backup")
    at.report("BY", 4)
    at.report("BY", 40, home="copy")
    with at.serving("BY"):
        at.run("CRC", "peer", "pull", "BY")
    stick = at.place / "forged.cwb"
    at.run("copy", "bundle", "make", "KZ", stick)
    at.run("KZ", "bundle", "import", stick, "--yes")
    at.run("KZ", "peer", "pull", "CRC", fails=True)
    evidence = at.place / "evidence"
    found = json.loads(at.run("KZ", "peer", "evidence", evidence, "--json"))["evidence"]
    at.say(f"  anybody$ python3 tools/check_fork.py {found[0]['file']}")
    said = subprocess.run(
        [sys.executable, ROOT / "tools" / "check_fork.py", found[0]["file"]],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    at.say("      " + said.stdout.strip().replace("\n", "\n      "))
    if said.returncode != 0:
        raise Failed("the evidence proves nothing")


def put_back(at):
    at.step(
        "Belarus puts an old backup back. It opens read-only, asks the Center for its own past, and goes on."
    )
    backup = next((at.place / "backup").iterdir())
    at.run("BY", "restore", backup, "--replace")
    at.run("BY", "doctor", fails=True)
    with at.serving("BY"):
        at.run("BY", "recover")
        at.run("BY", "verify")
        at.report("BY", 5)


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument(
        "--keep", type=Path, help="a folder in which the nodes stay; a temporary one otherwise"
    )
    given = asked.parse_args()
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
        walk(given.keep.resolve())
        return
    with tempfile.TemporaryDirectory() as place:
        walk(Path(place))


if __name__ == "__main__":
    main()

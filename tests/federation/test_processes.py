"""Three node processes on the loopback, clocks days apart, lines that break in the middle: all of it comes level."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, closing, contextmanager

import pytest

from bench import serving
from bench.reports import periods
from tests.federation.proxy import Proxy
from tests.importing import ROOT, begun, empty_for, ended
from tests.walk import environment, wait_until_ready

DAY = 24 * 3600
AHEAD = {"CRC": 0, "BY": -3 * DAY, "KZ": 2 * DAY}
SEATS = {"CRC": "CRC/head", "BY": "BY/na-head", "KZ": "KZ/na-head"}
MINUTE = 60
CLOCK = """
import os, time
ahead, ns = int(os.environ["AHEAD"]), time.time_ns
time.time_ns = lambda: ns() + ahead * 10**9
time.time = lambda: time.time_ns() / 1e9
"""


class Nodes:
    """The homes, ports and proxies of three nodes, each reached by the others through its proxy alone."""

    def __init__(self, place):
        self.place = place
        self.home = {party: place / party.lower() for party in AHEAD}
        self.port = {party: serving.free_port() for party in AHEAD}
        self.proxy = {party: Proxy(port) for party, port in self.port.items()}
        (place / "sitecustomize.py").write_text(CLOCK)

    def env(self, party):
        """The environment of a node: its clock is another than the machine's."""
        paths = f"{self.place}{os.pathsep}{ROOT}"
        return environment() | {"DATABASE_URL": "", "AHEAD": str(AHEAD[party]), "PYTHONPATH": paths}

    def make(self):
        """Make the nodes, let each take in the others, and file reports at Belarus'; return a program's key there."""
        empty_for(self.place, *self.home.values())
        address = {party: f"http://127.0.0.1:{proxy.port}" for party, proxy in self.proxy.items()}
        making = {party: self.begun("make", party, party, address[party]) for party in AHEAD}
        card = {party: json.loads(ended(each)) for party, each in making.items()}
        cards = json.dumps([card["BY"], card["KZ"]])
        own = json.loads(ended(self.begun("meet", "CRC", SEATS["CRC"], cards, address["CRC"])))[0]
        meeting = [
            self.begun("meet", party, SEATS[party], json.dumps([own, card[other]]), address[party])
            for party, other in (("BY", "KZ"), ("KZ", "BY"))
        ]
        for each in meeting:
            ended(each)
        ended(self.begun("fill", "BY", "[]", 400))
        return card["BY"]["key"]

    def begun(self, part, party, *words):
        """Begin a part of `tests.importing` on a node, by its clock."""
        return begun(part, self.home[party], *words, env=self.env(party))

    @contextmanager
    def serving(self):
        """Serve all three, with their rounds, behind their proxies."""
        with ExitStack() as stack:
            for proxy in self.proxy.values():
                stack.enter_context(proxy.running())
            for party in ("BY", "CRC", "KZ"):  # who is asked first answers already
                server = self._served(party)
                stack.callback(server.stop)
                wait_until_ready(f"http://127.0.0.1:{self.port[party]}", server.process)
            yield

    def _served(self, party):
        command = [sys.executable, "-m", "commonwatch", "serve", "--home", str(self.home[party])]
        command += ["--port", str(self.port[party]), "--without-reminders"]
        log = self.place / f"{party}.log"
        return serving.Server(command, port=self.port[party], env=self.env(party), log=log)

    def asked(self, party, statement):
        """Ask the database of a node."""
        path = self.home[party] / "commonwatch.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
            return database.execute(statement).fetchall()

    def missing(self):
        """Name what is not level: the node and the journal that it may read, and how far it is."""
        held = {
            party: dict(self.asked(party, "SELECT origin, size || ' ' || root FROM register_journal"))
            for party in AHEAD
        }
        written = [
            (party, *row)
            for party in AHEAD
            for row in self.asked(party, "SELECT origin, parties FROM register_journal WHERE ours AND size")
        ]
        return [
            f"{reader} holds {held[reader].get(origin)} of {origin}, which stands at {held[party][origin]}"
            for party, origin, readers in written
            for reader in AHEAD
            if (readers == "*" or reader in readers.split(","))
            and held[reader].get(origin) != held[party][origin]
        ]

    def failures(self, of):
        """List what the two others say of their last round with a node."""
        found = []
        for party in AHEAD:
            found += self.asked(party, f"SELECT failure FROM federation_contact WHERE party = '{of}'")  # noqa: S608 - ours
        return [each[0] for each in found if each[0]]


def until(condition, *, within=MINUTE):
    """Wait until something is so; return how many seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within
        time.sleep(0.25)
    return time.monotonic() - began


@pytest.fixture
def nodes(tmp_path):
    return Nodes(tmp_path)


def report(port, key, number):
    """File a report with a node as a program does."""
    client = serving.Client(port, key=key)
    values = {"change": "change", "topics": ["border"], "text": "x", "events": number}
    said = {"type": "D1", "period": periods()[-30], "ref": f"late-{number}", "values": values}
    with closing(client):
        status, answer = client.post("/api/reports", serving.encode(said))
    assert status in {200, 201}, answer


def test_lines_that_are_cut_in_the_middle_delayed_and_closed_come_level_within_a_minute(nodes):
    key = nodes.make()
    nodes.proxy["BY"].cut_after, nodes.proxy["CRC"].closed = 30_000, True
    with nodes.serving():
        until(lambda: len(nodes.failures("BY")) == len(nodes.failures("CRC")) == 2 <= nodes.proxy["BY"].cuts)
        for party in ("CRC", "KZ"):
            halves = nodes.asked(
                party, "SELECT origin FROM register_journal WHERE party = 'BY' AND size > 200"
            )
            assert not halves, "what was cut was not taken in"
        report(nodes.port["BY"], key, 1)
        nodes.proxy["CRC"].heal()
        nodes.proxy["BY"].heal()
        nodes.proxy["BY"].delay = 0.05
        until(lambda: not nodes.missing())
        skews = dict(nodes.asked("CRC", "SELECT party, skew FROM federation_contact"))
        assert {party: round(skew / 1e6 / DAY) for party, skew in skews.items()} == {"BY": -3, "KZ": 2}
    for party in AHEAD:
        command = [
            sys.executable,
            "-m",
            "commonwatch",
            "verify",
            "--tables",
            "--home",
            str(nodes.home[party]),
        ]
        done = subprocess.run(
            command, cwd=ROOT, env=nodes.env(party), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

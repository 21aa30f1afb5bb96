"""How much of one core is used while many boards are open and nothing happens: each asks every four seconds."""

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from bench.idle import processes
from bench.measure import ROOT, Options, below, note, options
from bench.reports import PARTIES
from bench.serving import Server, make_node, serving

EVERY = 4.0
LIMIT = 15.0
BOARDS = 200
PEOPLE = 40
HANDS = 8
"""Threads of the bench that ask; each has its share of the boards."""

_SIGN_IN = """
import json, sys
from pathlib import Path
from commonwatch.config.commands import inside
home, parties, people, boards = Path(sys.argv[1]), sys.argv[2].split(","), int(sys.argv[3]), int(sys.argv[4])
inside.node(home)
from commonwatch.config.opening import open_node
open_node()
from django.test import Client
from commonwatch.access.models import Account
from tests.conftest import prove
accounts = inside.work("accounts")
handles = []
for number in range(people):
    party = "CRC" if number % 4 == 0 else parties[number % len(parties)]
    handle = f"{party.lower()}-board-{number}"
    accounts.add(handle, party=party, office="duty" if party == "CRC" else "na-officer", password=None)
    handles.append(handle)
cookies = []
for number in range(boards):
    client = Client()
    client.force_login(Account.objects.get(handle=handles[number % people]))
    prove(client)
    cookies.append(client.cookies["commonwatch"].value)
print(json.dumps(cookies))
"""


class Counted(NamedTuple):
    """What a run gave: seconds, processor seconds of the server, answers by their status, waits in milliseconds."""

    seconds: float
    used: float
    answers: dict[int, int]
    waits: list[float]


def run(asked: Options) -> bool:
    """Open the boards over real connections, and see what the server uses; one turn of the minute is in it."""
    boards, seconds = (40, 24.0) if asked.quick else (BOARDS, 64.0)
    with tempfile.TemporaryDirectory(prefix="commonwatch-bench-") as name:
        home = Path(name)
        make_node(home, PARTIES)
        cookies = _signed_in(home, boards)
        with serving(home) as server:
            counted = _measured(server, cookies, seconds=seconds)
    share = 100 * counted.used / seconds  # of the time in which all was to be asked, however long it took
    waits = sorted(counted.waits)
    said = ", ".join(f"{count:,} x {status}" for status, count in sorted(counted.answers.items()))
    each = 1000 * counted.used / len(waits)
    note(f"{boards} boards for {seconds:.0f} s: {said}; {each:.1f} ms of the processor for each")
    note(f"waited {waits[len(waits) // 2]:.1f} ms; all was answered after {counted.seconds:.0f} s")
    return below(f"{boards} open boards, nothing happens: share of a core", share, unit="%", limit=LIMIT)


def _signed_in(home: Path, boards: int) -> list[str]:
    """Sign in as many browsers as there are boards, of `PEOPLE` accounts; return their cookies."""
    done = subprocess.run(
        [sys.executable, "-c", _SIGN_IN, str(home), ",".join(PARTIES), str(PEOPLE), str(boards)],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


class _Board:
    """One open board: a connection that is kept, and the mark of what it shows."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port = port
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": f"commonwatch={cookie}", "HX-Request": "true", "Accept-Language": "en"}

    def ask(self) -> int:
        """Ask what is new; return the status of the answer. As a browser does, ask anew where the line was closed."""
        try:
            answer = self._asked()
        except (ConnectionError, http.client.HTTPException):
            self.line.close()
            answer = self._asked()
        if answer.status == 200:
            self.headers["If-None-Match"] = answer.headers["ETag"]
        return answer.status

    def _asked(self) -> http.client.HTTPResponse:
        self.line.request("GET", "/", headers=self.headers)
        answer = self.line.getresponse()
        answer.read()
        return answer


def _measured(server: Server, cookies: list[str], *, seconds: float) -> Counted:
    boards = [_Board(server.port, cookie) for cookie in cookies]
    first = [each.ask() for each in boards]
    if set(first) != {200}:
        raise RuntimeError(f"the boards do not open: {sorted(set(first))}")
    answers: dict[int, int] = {}
    waits: list[float] = []
    begun, before = time.monotonic(), _used(server)
    hands = [
        threading.Thread(target=_hand, args=(boards, number, begun, seconds, answers, waits))
        for number in range(HANDS)
    ]
    for each in hands:
        each.start()
    for each in hands:
        each.join()
    return Counted(time.monotonic() - begun, _used(server) - before, answers, waits)


def _hand(boards: list[_Board], number: int, begun: float, seconds: float, answers: Any, waits: Any) -> None:  # noqa: PLR0913, PLR0917 - a thread takes them by place
    """Ask for a share of the boards, each in its turn of the four seconds."""
    mine = boards[number::HANDS]
    turn = 0
    while True:
        for place, board in enumerate(mine):
            due = begun + EVERY * (turn + place / len(mine))
            if due > begun + seconds:
                return
            time.sleep(max(0.0, due - time.monotonic()))
            started = time.perf_counter()
            status = board.ask()
            waits.append(1000 * (time.perf_counter() - started))
            answers[status] = answers.get(status, 0) + 1
        turn += 1


def _used(server: Server) -> float:
    """Return the processor seconds that the server and all its processes have used."""
    total = 0
    for pid in processes(server.process.pid):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / 100


if __name__ == "__main__":
    sys.exit(not run(options()))

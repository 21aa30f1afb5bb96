"""Single reports from one client and from 32 at once: how many share one wait for the disk."""

import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bench.measure import Options, note, options, tell, timed
from bench.reports import PARTIES, periods, report
from bench.serving import Client, Server, encode, free_port, make_node
from commonwatch.config.commands.serve import MOST_OPEN

CLIENTS = 32
THREADS = 32
DAYS = 60


class Taken(NamedTuple):
    """What one run gave: reports a second, turns, commits, and the server's waits for the disk."""

    rate: float
    turns: int
    commits: int
    syncs: float


def run(asked: Options) -> bool:
    """Measure on SQLite: first untraced, then, where strace is there, once more with the system calls counted."""
    each = 10 if asked.quick else 60
    with tempfile.TemporaryDirectory(prefix="commonwatch-bench-") as name:
        home = Path(name)
        keys = make_node(home, PARTIES)
        alone = _measure(home, keys, clients=1, each=each * 8, name="alone")
        many = _measure(home, keys, clients=CLIENTS, each=each, name="many")
        if shutil.which("strace"):
            traced = _measure(home, keys, clients=CLIENTS, each=max(each // 4, 5), name="traced", trace=True)
            note(
                f"strace counts {traced.syncs:,.0f} waits in {traced.commits} commits of {traced.turns} reports"
            )
    note(f"{many.turns} reports in {many.commits} commits; one client: {alone.turns} in {alone.commits}")
    tell(
        f"single reports, {CLIENTS} clients", many.rate, unit="/s", beside="one client", theirs=alone.rate,
        ratio=many.rate / alone.rate,
    )  # fmt: skip
    shared = many.turns / many.syncs
    return tell(
        "reports for each wait for the disk", shared, unit="reports", beside="promised", theirs=4,
        ratio=shared / 4, least=1,
    )  # fmt: skip


def _measure(  # noqa: PLR0913 - what one run is
    home: Path, keys: Mapping[str, str], *, clients: int, each: int, name: str, trace: bool = False
) -> Taken:
    server = _serve(home)
    try:
        _send(server.port, keys, clients=clients, each=2, name=f"{name}-warm")
        tracer = _trace(server) if trace else None
        before = _counts(server.port)
        with timed() as watch:
            _send(server.port, keys, clients=clients, each=each, name=name)
        after = _counts(server.port)
        waits = _traced(*tracer) if tracer else _waits(before, after)
    finally:
        server.stop()
    turns, commits = after["turns"] - before["turns"], after["commits"] - before["commits"]
    return Taken(clients * each / watch.seconds, turns, commits, waits)


def _serve(home: Path) -> Server:
    """Serve the counted application as `commonwatch serve` does."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "1"]
    command += ["--blocking-threads", str(THREADS), "--backpressure", str(MOST_OPEN), "--log-level", "error"]
    env = {"COMMONWATCH_HOME": str(home), "COMMONWATCH_PACK": "csto"}
    server = Server([*command, "bench.counted:application"], port=port, env=env, log=home / "server.log")
    server.await_answer("/health")
    return server


def _counts(port: int) -> dict[str, int]:
    _status, answer = Client(port).get("/bench/counts")
    return {name: int(value) for name, value in (each.split("=") for each in answer.decode().split())}


def _waits(before: Mapping[str, int], after: Mapping[str, int]) -> float:
    """Count the waits without a tracer: those of Python, and one of SQLite's for each commit (synchronous=FULL)."""
    return sum(after[each] - before[each] for each in ("fdatasync", "fsync", "commits"))


def _trace(server: Server) -> tuple[subprocess.Popen[str], Path]:
    """Let strace count the waits of the worker process and all its threads."""
    summary = server.log.with_name("strace")
    found = subprocess.run(
        ["pgrep", "-P", str(server.process.pid)], check=True, stdout=subprocess.PIPE, text=True
    )
    workers = [part for pid in found.stdout.split() for part in ("-p", pid)]
    command = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", str(summary), *workers]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    if tracer.stderr is not None:
        tracer.stderr.readline()
    return tracer, summary


def _traced(tracer: subprocess.Popen[str], summary: Path) -> float:
    tracer.send_signal(signal.SIGINT)
    tracer.wait(30)
    rows = [line.split() for line in summary.read_text().splitlines()]
    return float(sum(int(row[3]) for row in rows if row and row[-1] in {"fsync", "fdatasync"}))


def _send(port: int, keys: Mapping[str, str], *, clients: int, each: int, name: str) -> None:
    """Let clients, each on a connection of its own, post reports one after the other."""
    faults: list[str] = []
    threads = [
        threading.Thread(target=_client, args=(port, keys, number, each, name, faults))
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise RuntimeError(f"{len(faults)} reports were not taken, first: {faults[0]}")


def _client(  # noqa: PLR0913, PLR0917 - a thread takes them by place
    port: int, keys: Mapping[str, str], number: int, each: int, name: str, faults: list[str]
) -> None:
    party = PARTIES[number % len(PARTIES)]
    client, dice, days = Client(port, key=keys[party]), random.Random(number), periods()[-DAYS:]
    for place in range(each):
        period = days[(number * 71 + place) % len(days)]
        made = report(place, dice=dice, period=period, ref=f"{name}-{number}-{place}")
        status, answer = client.post("/api/reports", encode(made))
        if status != 201:
            faults.append(f"{status} {answer[:300]!r}")


if __name__ == "__main__":
    sys.exit(not run(options()))

"""Catching up 100,000 entries between two real nodes on the loopback, beside intake, rsync and a round without news."""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from bench.intake import SIZE, taken_in
from bench.measure import ROOT, Options, below, note, options, tell, timed
from bench.serving import serving

PLAIN = {"COMMONWATCH_PEERS_PLAIN": "127.0.0.1"}
PEER = "AM"
ROUNDS = 60


class Came(NamedTuple):
    """What the process of the peer measured; seconds, milliseconds, megabytes."""

    entries: int
    requests: int
    seconds: float
    fetching: float
    idle_ms: float
    idle_requests: int
    megabytes: float
    peak: float


def run(asked: Options) -> bool:
    """Fill a node by HTTP, let the node of another party catch up, and say how it went."""
    count = 4 if asked.quick else 50
    with tempfile.TemporaryDirectory(prefix="commonwatch-bench-") as name:
        place = Path(name)
        rates = taken_in(place / "crc", count)
        local = (
            2 * len(rates) / sum(1 / rate for rate in rates)
        )  # a report is two entries: itself and its slip
        _introduce(place)
        with serving(place / "crc", env=PLAIN) as server:
            came = _catch_up(place, server.port)
        beside, copied = _copied(place / "spooled", place / "copy")
    rate = came.entries / came.seconds
    holds = tell(
        f"{came.entries:,} entries caught up, verified, folded", rate, unit="/s",
        beside=f"entries taken in by HTTP, batches of {SIZE:,}", theirs=local, ratio=rate / local, least=1 / 3,
    )  # fmt: skip
    moved = came.megabytes / came.fetching
    tell(
        "of it the transfer, hashed and on the disk", moved, unit="MB/s",
        beside=beside, theirs=came.megabytes / copied, ratio=moved * copied / came.megabytes,
    )  # fmt: skip
    holds &= below("a round without news", came.idle_ms, unit="ms", limit=5.0)
    holds &= below("requests of such a round", came.idle_requests, unit="", limit=2)
    note(
        f"{came.requests:,} requests, {came.megabytes:,.0f} MB of entries, peak {came.peak:,.0f} MB of the peer"
    )
    note("beside it, as published elsewhere: a pull of MISP, about 0.7 events a second")
    return holds


def _commonwatch(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "commonwatch", *map(str, words)],
        cwd=ROOT, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def _introduce(place: Path) -> None:
    """Make the node of the peer, and let each take the other in."""
    _commonwatch("init", "--home", place / "peer", "--party", PEER)
    for home, seat, other in (("crc", "CRC/head", "peer"), ("peer", f"{PEER}/na-head", "crc")):
        said = _commonwatch("peer", "card", "--home", place / other)
        card = place / f"{other}.card"
        card.write_text(said.stdout)
        heard = said.stderr.partition("Fingerprint:")[2]
        _commonwatch("peer", "add", card, "--home", place / home, "--as", seat, "--heard", heard)


def _catch_up(place: Path, port: int) -> Came:
    command = [sys.executable, "-m", "bench.sync", "--part", str(place), str(port)]
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures = [float(each) for each in said.split()[-8:]]
    return Came(int(figures[0]), int(figures[1]), *figures[2:5], int(figures[5]), *figures[6:])


def _part(place: Path, port: int) -> None:
    """Catch up, in a process of its own; print what it measured."""
    from commonwatch.config.commands import inside

    inside.node(place / "peer")
    from commonwatch.federation import peers, pulling
    from commonwatch.federation.line import Wire
    from commonwatch.federation.spool import Spool

    spent = _watched(Spool, "fill", place / "spooled")
    peer = peers.standing()[0]
    line = Wire(party=peer.party, address=f"http://127.0.0.1:{port}", plain=frozenset({"127.0.0.1"}))
    with timed() as watch:
        done = pulling.pull(peer, line)
    if done.faults:
        raise RuntimeError(str(done.faults))
    pulling.pull(peer, line)  # their offices and ours: what the first round made new
    waits = []
    for _turn in range(ROUNDS):
        with timed() as turn:
            idle = pulling.pull(peer, line)
        waits.append(1000 * turn.seconds)
    files = [path for path in (place / "spooled").rglob("*") if path.is_file()]
    peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    size = sum(path.stat().st_size for path in files) / 1e6
    print(
        done.entries,
        done.requests,
        watch.seconds,
        sum(spent),
        statistics.median(waits),
        idle.requests,
        size,
        peak,
    )


def _watched(spool: Any, name: str, kept: Path) -> list[float]:
    """Count the seconds of every fetching, and keep a copy of what was fetched."""
    inner, spent = getattr(spool, name), list[float]()

    def counted(self: Any) -> None:
        began = time.perf_counter()
        inner(self)
        spent.append(time.perf_counter() - began)
        shutil.copytree(self._folder, kept / self._folder.name, dirs_exist_ok=True)

    setattr(spool, name, counted)
    return spent


def _copied(source: Path, target: Path) -> tuple[str, float]:
    """Copy the same files with rsync, or with cp where there is none; return which, and the seconds."""
    rsync = shutil.which("rsync")
    words = [rsync, "-a", f"{source}/", target] if rsync else ["cp", "-r", source, target]
    with timed() as watch:
        subprocess.run([*map(str, words)], check=True)
        subprocess.run(["sync", "-f", str(target)], check=True)
    return (
        "rsync -a of the same files" if rsync else "cp -r of the same files (no rsync here)"
    ), watch.seconds


if __name__ == "__main__":
    if "--part" in sys.argv:
        _part(Path(sys.argv[2]), int(sys.argv[3]))
        sys.exit(0)
    sys.exit(not run(options()))

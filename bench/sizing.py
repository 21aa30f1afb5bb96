"""What a node costs as it grows: the same record of 10^4, 10^5 and 10^6 entries, on a copy of its own, part by part.

`python -m bench.sizing [--quick] [ENTRIES ...]`. It promises nothing: docs/operating/sizing.md says what follows.
"""

import argparse
import os
import platform
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from bench import record
from bench.measure import BUILD, ROOT, note

SIZES = (10_000, 100_000, 1_000_000)
QUICK = (2_000,)
DAYS = 10
TIMES = 15
PARTS = ("size", "verify", "export", "watch", "rebuild", "intake")


def run(sizes: tuple[int, ...]) -> bool:
    """Measure each size, each part in a process of its own, so that its peak of memory is its own."""
    note(machine())
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="commonwatch-bench-", dir=_build()) as name:
            home = Path(name) / "node"
            shutil.copytree(_prepared(size), home)
            for part in PARTS:
                command = [sys.executable, "-m", "bench.sizing", "--part", part, "--home", str(home)]
                done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
                load = os.getloadavg()[0]
                print(f"{size:>10,}  {part:<8}{done.stdout.splitlines()[-1]}; load {load:.1f}", flush=True)
    return True


def machine() -> str:
    """Say on what it is measured, and how busy that is."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}; load before it began {load}"
    )


def _build() -> Path:
    BUILD.mkdir(parents=True, exist_ok=True)
    return BUILD


def _prepared(size: int) -> Path:
    """Return the home of a record, which a process of its own makes when it is not there."""
    look = f"from bench import record; print(record.prepared({size}))"
    done = subprocess.run(
        [sys.executable, "-c", look], check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    return Path(done.stdout.splitlines()[-1])


def _part(name: str, home: Path) -> None:
    record.enter(home)
    at = record.install(home)
    said = {
        "size": _size,
        "verify": _verify,
        "export": _export,
        "watch": _watch,
        "intake": _intake,
        "rebuild": _rebuild,
    }[name](at)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{said}; peak {peak:,.0f} MB")


def _took(call: Callable[[], Any], *, times: int = 1) -> tuple[Any, float, float]:
    """Return what a call gives, and its seconds by the clock and of a core (on a busy machine the two differ)."""
    found, clock, core = None, time.perf_counter(), time.process_time()
    for _turn in range(times):
        found = call()
    return found, (time.perf_counter() - clock) / times, (time.process_time() - core) / times


def _rated(count: int, clock: float, core: float) -> str:
    return f"{clock:,.2f} s, {core:,.2f} s of a core, {count / core:,.0f} entries/s of a core"


def _count() -> int:
    from commonwatch.register.models import Journal

    return sum(row.size for row in Journal.objects.all())


def _size(at: Any) -> str:
    entries, held = _count(), (at.home / "commonwatch.sqlite3").stat().st_size
    return f"{entries:,} entries, {held / 1e6:,.0f} MB, {held / entries:,.0f} B an entry"


def _verify(_at: Any) -> str:
    from commonwatch.register.models import Journal
    from commonwatch.register.verify import verify_stored

    return _rated(*_took(lambda: sum(verify_stored(row) for row in Journal.objects.order_by("origin"))))


def _export(at: Any) -> str:
    from commonwatch.config.commands import exporting

    out = at.home / "out"
    done, clock, core = _took(lambda: exporting.export(out, audiences=["members"]))
    _done, again, _core = _took(lambda: exporting.export(out, audiences=["members"]))
    held = sum(each.stat().st_size for each in out.rglob("*") if each.is_file())
    said = f"{done['files']:,} files, {held / 1e6:,.0f} MB; again {again:,.2f} s"
    return f"{_rated(_count(), clock, core)}, {said}"


def _watch(at: Any) -> str:
    from django.test import Client

    from commonwatch.access.actor import operator
    from commonwatch.access.acts import open_account
    from tests.conftest import prove

    today = datetime.now(tz=UTC).replace(hour=9, minute=30)
    at.clock = lambda: int(today.timestamp() * 1_000_000)
    center = at.pack.center
    account = open_account(by=operator(center), handle="bench-size", office="duty", password=None)
    client = Client()
    client.force_login(account)
    prove(client)
    if client.get("/").status_code != 200:
        raise RuntimeError("the Watch page is not given")
    live: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}
    client.get("/")
    _page, whole, core = _took(lambda: client.get("/"), times=TIMES)
    _page, part, of_core = _took(lambda: client.get("/", **live), times=TIMES)
    return (
        f"whole page {1000 * whole:,.0f} ms, {1000 * core:,.0f} ms of a core;"
        f" live part {1000 * part:,.0f} ms, {1000 * of_core:,.0f} ms of a core"
    )


def _intake(at: Any) -> str:
    """File ten more days, each day's reports and slips of thirty parties in one turn."""
    from commonwatch.register import log

    dice, last = Random(3), datetime.now(tz=UTC).date()
    states = [each.code for each in at.pack.parties if each.code.startswith("P")]
    labels = {party: record._labels(at, party, last, 1) for party in states}  # noqa: SLF001

    @log.turn
    def write(day: Any) -> int:
        return sum(record._write_day(at, each, day, dice, labels[each], record._few) for each in states)  # noqa: SLF001

    count, clock, core = _took(lambda: sum(write(last + timedelta(days=each)) for each in range(1, DAYS + 1)))
    return f"{_rated(count, clock, core)}, in turns of {count // DAYS:,}"


def _rebuild(_at: Any) -> str:
    from commonwatch.register import rebuild

    return _rated(*_took(rebuild.rebuild))


def main() -> int:
    """Run as a bench, or one part of it."""
    reader = argparse.ArgumentParser(prog="python -m bench.sizing")
    reader.add_argument("sizes", nargs="*", type=int, metavar="ENTRIES")
    reader.add_argument("--quick", action="store_true")
    reader.add_argument("--profile", action="store_true")
    reader.add_argument("--part", choices=PARTS)
    reader.add_argument("--home", type=Path)
    asked = reader.parse_args()
    if asked.part:
        _part(asked.part, asked.home)
        return 0
    return int(not run(tuple(asked.sizes) or (QUICK if asked.quick else SIZES)))


if __name__ == "__main__":
    sys.exit(main())

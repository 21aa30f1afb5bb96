"""What it costs that everybody sees something else: many audiences beside one, and the check of a label.

Two records hold the same reports of the same parties: in one each party writes to all members, in the other each
spreads its reports over many audiences. The duty officer of the Center may read all of both.
"""

import subprocess
import sys
import timeit
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from bench import record
from bench.measure import ROOT, Options, below, median, note, options

AUDIENCES = 20
MOST = 1.15
MOST_US = 2.0
ASKED = {"Watch": "/", "reports by API": "/api/reports?limit=200"}


class Record(NamedTuple):
    """One of the two records: its folder, and the session of the duty officer in it."""

    home: Path
    client: Any


def run(asked: Options) -> bool:
    """Measure pages and lists of both records in turn, then the check of a label."""
    entries = 20_000 if asked.quick else 400_000
    homes = [_made(entries, audiences) for audiences in (1, AUDIENCES)]
    record.enter(homes[0])
    records = [_entered(home) for home in homes]
    holds = True
    for what, address in ASKED.items():
        one, many = _measured(records, address, rounds=3 if asked.quick else 9)
        note(f"{what}: {1000 * one:.1f} ms under one label a party, {1000 * many:.1f} ms under {AUDIENCES}")
        holds &= below(f"{what}: many audiences beside one", many / one, unit="x", limit=MOST)
    return below("the check of one label", _check(), unit="us", limit=MOST_US) and holds


def _made(entries: int, audiences: int) -> Path:
    """Make a record in a process of its own, since a process is entered with one home; return its folder."""
    call = f"from bench import record; print(record.prepared({entries}, audiences={audiences}))"
    said = subprocess.run(
        [sys.executable, "-c", call], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return Path(said.stdout.splitlines()[-1])


def _entered(home: Path) -> Record:
    """Sign the duty officer in."""
    from django.test import Client

    from commonwatch.access.actor import operator
    from commonwatch.access.acts import open_account
    from commonwatch.access.models import Account
    from commonwatch.register.models import Journal
    from tests.conftest import prove

    with _at(home) as at:
        handle = "bench-duty"
        account = Account.objects.filter(handle=handle).first() or open_account(
            by=operator(at.pack.center), handle=handle, office="duty", password=None
        )
        client = Client()
        client.force_login(account)
        prove(client)
        note(f"{Journal.objects.count()} journals in {home.name}")
    return Record(home, client)


def _at(home: Path) -> Any:
    """Work on the record of a home."""
    from contextlib import contextmanager

    from tests.conftest import database

    @contextmanager
    def standing() -> Any:
        with database("default", home / "commonwatch.sqlite3"):
            yield record.install(home)

    return standing()


def _measured(records: list[Record], address: str, *, rounds: int) -> tuple[float, float]:
    """Ask both records in turn; return the median of each, in seconds."""
    found: list[list[float]] = [[], []]
    for _round in range(rounds):
        for times, each in zip(found, records, strict=True):
            with _at(each.home):
                answer = each.client.get(address)
                if answer.status_code != 200:
                    raise RuntimeError(f"{address} answers {answer.status_code}: {answer.content[:500]!r}")
                times.append(median(partial(each.client.get, address), times=7))
    one, many = (sorted(times)[len(times) // 2] for times in found)
    return one, many


def _check() -> float:
    """Return the time of one check of a label, in microseconds."""
    from commonwatch.charter import pack as charter
    from commonwatch.charter.label import Label, Viewer, readable

    scheme = charter.load(ROOT / "organisations" / "csto").labels
    label = Label(level="H2", categories=("CERT",), parties=("AM", "BY", "CRC", "KG", "KZ", "RU", "TJ"))
    viewer = Viewer(party="TJ", clearance="H2", categories=frozenset({"CERT"}))
    call = partial(readable, label, originator="BY", viewer=viewer, scheme=scheme)
    times = timeit.repeat(call, number=100_000, repeat=7)
    return 10 * sorted(times)[len(times) // 2]


if __name__ == "__main__":
    sys.exit(not run(options()))

"""How many reports a second the real server takes in by HTTP in batches of 1,000, beside a peer and two limits."""

import json
import sqlite3
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

from bench import peer, postgresql, stopwatch
from bench.measure import Options, note, options, tell, timed
from bench.reports import PARTIES, batches
from bench.serving import Client, encode, make_node, serving

SIZE = 1000
WARM = 2
FIRST = 20
LAST = 10
TABLES = ("register_entry", "exchange_report", "exchange_slip", "exchange_reference")

Rows = dict[str, list[tuple[Any, ...]]]


def run(asked: Options) -> bool:
    """Measure on SQLite, and on PostgreSQL when a server can be had."""
    if asked.profile:
        stopwatch.intake(batches=5 if asked.quick else 20, size=SIZE)
        return True
    count = 12 if asked.quick else 100
    with tempfile.TemporaryDirectory(prefix="commonwatch-bench-") as name:
        holds = _on_sqlite(Path(name), count)
    with tempfile.TemporaryDirectory(prefix="commonwatch-bench-") as name:
        return _on_postgresql(Path(name), min(count, 20)) and holds


def _on_sqlite(folder: Path, count: int) -> bool:
    rates = taken_in(folder / "node", count)
    ours, full = _overall(rates), _overall(rates[-LAST:])
    size = len(encode(batches(1, size=100)[0][1])) / 100
    what = f"reports of {size:,.0f} B by HTTP, batches of {SIZE:,}"
    holds = _beside_peer(folder, what, rates)
    rows = _rows(folder / "node" / "commonwatch.sqlite3")
    for indexed, least in ((True, 0.1), (False, None)):
        limit = _raw_sqlite(folder, rows, indexed=indexed)
        kind = "same indexes" if indexed else "no index"
        holds &= tell(
            what, ours, unit="/s", beside=f"same rows, durable SQLite, {kind}", theirs=limit,
            ratio=ours / limit, least=least,
        )  # fmt: skip
    tell("the last of them", full, unit="/s", beside="ours over all", theirs=ours, ratio=full / ours)
    return holds


def _beside_peer(folder: Path, what: str, rates: Sequence[float]) -> bool:
    """Post as many objects to the peer: to an empty collection, and to one that holds as much as ours at the end."""
    first, held = rates[:FIRST], (len(rates) - LAST) * SIZE
    holds = True
    try:
        empty = peer_rates(folder, len(first), held=0)
        full = peer_rates(folder, LAST, held=held)
    except peer.NotInstalled as error:
        note(f"medallion cannot be installed here: {error}")
        return True
    for beside, mine, theirs in (
        (f"medallion, from 0 to {len(first) * SIZE:,} held", first, empty),
        (f"medallion, from {held:,} held", rates[-LAST:], full),
    ):
        rate, other = _overall(mine), _overall(theirs)
        holds &= tell(what, rate, unit="/s", beside=beside, theirs=other, ratio=rate / other, least=10)
    return holds


def _overall(rates: Sequence[float]) -> float:
    """Return the rate over all batches from the rate of each."""
    return len(rates) / sum(1 / rate for rate in rates)


def taken_in(home: Path, count: int, *, env: Mapping[str, str] | None = None) -> list[float]:
    """Serve a new node and post batches to it; return reports a second of each, the first two batches left out."""
    keys = make_node(home, PARTIES, env=env)
    rates = []
    with serving(home, env=env) as server:
        clients = {party: Client(server.port, key=key) for party, key in keys.items()}
        for party, some in batches(count + WARM, size=SIZE):
            body = encode({"reports": some})
            with timed() as watch:
                status, answer = clients[party].post("/api/reports/batch", body)
            if status != 201 or len(json.loads(answer)["reports"]) != SIZE:
                raise RuntimeError(f"the batch was not taken: {status} {answer[:500]!r}")
            rates.append(SIZE / watch.seconds)
    return rates[WARM:]


def peer_rates(folder: Path, count: int, *, held: int) -> list[float]:
    """Post batches of as many objects to the peer, which already holds some; return objects a second of each."""
    rates = []
    with peer.serving(folder, held=held) as server:
        client = peer.client(server.port)
        for body in peer.envelopes(count, size=SIZE):
            with timed() as watch:
                status, answer = client.post(peer.POST, body, **{"Content-Type": peer.MEDIA})
            if status != 202 or json.loads(answer)["success_count"] != SIZE:
                raise RuntimeError(f"the peer did not take the objects: {status} {answer[:500]!r}")
            rates.append(SIZE / watch.seconds)
    return rates


def _rows(database: Path) -> Rows:
    """Read what intake wrote: every entry and every row folded from it."""
    with sqlite3.connect(database) as connection:
        return {table: connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in TABLES}  # noqa: S608


def _raw_sqlite(folder: Path, rows: Rows, *, indexed: bool) -> float:
    """Insert the same rows, one durable transaction for each 1,000 reports; return reports a second."""
    path = folder / "raw.sqlite3"
    with sqlite3.connect(folder / "node" / "commonwatch.sqlite3") as source:
        made = [_plain(sql, indexed=indexed) for sql in _schema(source, indexed=indexed)]
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536")
    for statement in made:
        connection.execute(statement)
    turns = len(rows["exchange_report"]) // SIZE
    with timed() as watch:
        for turn in range(turns):
            connection.execute("BEGIN IMMEDIATE")
            for table, all_of_them in rows.items():
                some = _share(all_of_them, turn, turns)
                places = ", ".join("?" * len(some[0]))
                connection.executemany(f'INSERT INTO "{table}" VALUES ({places})', some)  # noqa: S608
            connection.execute("COMMIT")
    connection.close()
    for left in folder.glob("raw.sqlite3*"):
        left.unlink()
    return turns * SIZE / watch.seconds


def _schema(source: sqlite3.Connection, *, indexed: bool) -> list[str]:
    kinds = ("table", "index") if indexed else ("table",)
    query = "SELECT sql FROM sqlite_master WHERE type = ? AND tbl_name = ? AND sql IS NOT NULL"
    return [sql for kind in kinds for table in TABLES for (sql,) in source.execute(query, (kind, table))]


def _plain(sql: str, *, indexed: bool) -> str:
    """Take the constraints that stand on an index out of a table's definition, unless they are wanted."""
    if indexed:
        return sql
    sql = sql.split(", CONSTRAINT", maxsplit=1)[0] + ")" if ", CONSTRAINT" in sql else sql
    return sql.replace(" NOT NULL UNIQUE", " NOT NULL").replace(
        "varchar(240) NOT NULL PRIMARY KEY", "varchar(240) NOT NULL"
    )


def _share(rows: Sequence[tuple[Any, ...]], turn: int, turns: int) -> Sequence[tuple[Any, ...]]:
    return rows[len(rows) * turn // turns : len(rows) * (turn + 1) // turns]


def _on_postgresql(folder: Path, count: int) -> bool:
    try:
        with postgresql.database() as url:
            ours = _overall(taken_in(folder / "node", count, env={"DATABASE_URL": url}))
            limit = _copy(url)
    except postgresql.NoServer as error:
        note(f"PostgreSQL is left out: {error}")
        return True
    return tell(
        "the same on PostgreSQL", ours, unit="/s", beside="the same rows by COPY, durable", theirs=limit,
        ratio=ours / limit, least=0.1,
    )  # fmt: skip


def _copy(url: str) -> float:
    """Put the same rows into empty tables of the same shape by COPY, a commit for each 1,000 reports."""
    with psycopg.connect(url) as connection:
        rows: Rows = {}
        for table in TABLES:
            rows[table] = connection.execute(f'SELECT * FROM "{table}"').fetchall()  # noqa: S608
            connection.execute(f'CREATE TABLE "raw_{table}" (LIKE "{table}" INCLUDING ALL)')
        connection.commit()
        turns = len(rows["exchange_report"]) // SIZE
        with timed() as watch:
            for turn in range(turns):
                _copy_turn(connection, {table: _share(some, turn, turns) for table, some in rows.items()})
                connection.commit()
    return turns * SIZE / watch.seconds


def _copy_turn(connection: psycopg.Connection[Any], rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
    with connection.cursor() as cursor:
        for table, some in rows.items():
            with cursor.copy(f'COPY "raw_{table}" FROM STDIN') as copy:
                for row in some:
                    copy.write_row(row)


if __name__ == "__main__":
    sys.exit(not run(options()))

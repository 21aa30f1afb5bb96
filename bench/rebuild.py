"""Folding every table anew from a million entries, beside Django's bulk_create of the same rows."""

import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from bench import record
from bench.measure import BUILD, ROOT, Options, below, options, tell, timed

MEMORY_MB = 500.0
AT_ONCE = 1000


def run(asked: Options) -> bool:
    """Measure both, each in a process of its own."""
    size = 20_000 if asked.quick else 1_000_000
    record.prepared(size)
    entries, ours, memory = _apart("ours", size)
    rows, theirs, _memory = _apart("theirs", size)
    holds = tell(
        f"rebuild from {entries:,.0f} entries", entries / ours, unit="entries/s",
        beside=f"bulk_create of the {rows:,.0f} rows", theirs=rows / theirs, ratio=theirs / ours, least=1 / 3,
    )  # fmt: skip
    return below("its peak memory", memory, unit="MB", limit=MEMORY_MB) and holds


def _apart(part: str, size: int) -> tuple[float, float, float]:
    command = [sys.executable, "-m", "bench.rebuild", "--part", part, str(size)]
    done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    count, seconds, peak = (float(each) for each in done.stdout.splitlines()[-1].split())
    return count, seconds, peak


def _part(name: str, size: int) -> None:
    home = record.prepared(size)
    count, seconds = _ours() if name == "ours" else _theirs(home / "commonwatch.sqlite3")
    print(count, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _ours() -> tuple[int, float]:
    from django.db import connection

    from commonwatch.register import rebuild

    with timed() as watch:
        count = rebuild.rebuild()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return count, watch.seconds


def _theirs(path: Path) -> tuple[int, float]:
    """Put the same rows into empty tables of the same shape, a thousand objects at a time, in one transaction."""
    from django.db import connections, transaction

    from commonwatch.config import place
    from commonwatch.register import node
    from commonwatch.register.fold import tables

    with tempfile.TemporaryDirectory(prefix="commonwatch-bench-", dir=BUILD) as folder:
        fresh = Path(folder) / "fresh.sqlite3"
        _copy_shape(path, fresh)
        settings = connections.configure_settings({"default": place.sqlite(fresh)})
        connections.settings["fresh"] = settings["default"]
        node.install(None)
        count, seconds = 0, 0.0
        with transaction.atomic(using="fresh"):
            twins = [_twin(projection) for projection in tables()]
            for twin, some in ((each, rows) for each in twins for rows in _rows(path, each)):
                with timed() as watch:
                    twin.objects.using("fresh").bulk_create(some, batch_size=AT_ONCE)
                count, seconds = count + len(some), seconds + watch.seconds
        connections["fresh"].close()
    return count, seconds


def _copy_shape(path: Path, fresh: Path) -> None:
    """Make the same tables and indexes, empty but for the journals to which the rows point."""
    with sqlite3.connect(path) as source, sqlite3.connect(fresh) as target:
        statements = source.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC"
        )
        for (statement,) in statements.fetchall():
            target.execute(statement)
        target.execute("ATTACH ? AS source", (str(path),))
        target.execute("INSERT INTO register_journal SELECT * FROM source.register_journal")


def _twin(projection: Any) -> Any:
    """Make a plain model on the table of a projection, which itself refuses bulk_create."""
    from django.db import models

    meta = type(
        "Meta", (), {"managed": False, "db_table": projection._meta.db_table, "app_label": "register"}
    )
    body: dict[str, Any] = {"Meta": meta, "__module__": __name__}
    for field in projection._meta.concrete_fields:
        key = field.column
        body[key] = models.BigIntegerField() if key == "journal_id" else field.clone()
    return type(f"Twin{projection.__name__}", (models.Model,), body)


def _rows(path: Path, twin: Any) -> Iterator[list[Any]]:
    """Read the rows of a table as objects of its twin."""
    columns = [field.column for field in twin._meta.concrete_fields]
    names = ", ".join(f'"{column}"' for column in columns)
    with sqlite3.connect(path) as source:
        found = source.execute(f'SELECT {names} FROM "{twin._meta.db_table}" ORDER BY rowid')  # noqa: S608
        while rows := list(islice(found, AT_ONCE)):
            yield [twin(**dict(zip(columns, row, strict=True))) for row in rows]


if __name__ == "__main__":
    if "--part" in sys.argv:
        _part(sys.argv[2], int(sys.argv[3]))
        sys.exit(0)
    sys.exit(not run(options()))

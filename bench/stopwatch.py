"""Where the time of an intake goes, in microseconds a report, measured in this process without the web server."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.reports import PARTIES, batches
from bench.serving import encode

SEARCH = ("exchange_listed", "exchange_block")


class Stopwatch:
    """Time spent in named parts; what a part calls in another part counts for that one alone."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._stack: list[str] = []
        self._since = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the block for a part."""
        self._turn_over()
        self._stack.append(name)
        try:
            yield
        finally:
            self._turn_over()
            self._stack.pop()

    def _turn_over(self) -> None:
        now = time.perf_counter()
        if self._stack:
            self.spent[self._stack[-1]] = self.spent.get(self._stack[-1], 0.0) + now - self._since
        self._since = now

    def wrap(self, owner: Any, name: str, part: str) -> None:
        """Count every call of a function for a part."""
        inner = getattr(owner, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            with self.part(part):
                return inner(*args, **kwargs)

        setattr(owner, name, counted)

    def sql(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's signature
        """Count statements: those that write entries, those that write projections, those that read."""
        part = "SQL: read"
        if any(f'"{table}"' in sql for table in SEARCH):
            part = "search: SQL"
        elif '"register_entry"' in sql and sql.startswith("INSERT"):
            part = "SQL: entries"
        elif sql.startswith("INSERT") and '"register_tile"' not in sql:
            part = "SQL: projections"
        elif not sql.startswith("SELECT"):
            part = "SQL: tiles, journals, savepoints"
        with self.part(part):
            return execute(sql, params, many, context)


def intake(*, batches: int, size: int) -> None:
    """Print the parts of taking in batches of `size` reports."""
    with tempfile.TemporaryDirectory(prefix="commonwatch-bench-") as name:
        _intake(Path(name), batches, size)


def _intake(home: Path, count: int, size: int) -> None:
    from commonwatch.config.commands import inside

    inside.enter(home, pack="csto")
    inside.work("making").make(home)
    _measure(count, size)


def _measure(count: int, size: int) -> None:
    from django.db import connection

    from commonwatch.access.actor import act_for
    from commonwatch.desks.exchange import acts, api, indexing, intake, rules
    from commonwatch.desks.exchange.acts import reports
    from commonwatch.desks.exchange.rules import words
    from commonwatch.formats import strict
    from commonwatch.journal import tree
    from commonwatch.register import fold, log, seal

    watch = Stopwatch()
    bodies = [(party, encode({"reports": some})) for party, some in batches(count + 1, size=size)]
    actors = {p: act_for(party=p, office="na-officer", account=p.lower(), client="bench") for p in PARTIES}

    def turn(party: str, body: bytes) -> None:
        with watch.part("the rest of the turn"):
            batch = strict.read(body, type=api.Batch)
            done = acts.submit_reports(by=actors[party], reports=batch.reports, channel="api")
            with watch.part("answer"):
                api.answer({"reports": [api.filed(each) for each in done]}, status=201)

    turn(*bodies[0])
    watch.spent.clear()
    watch.wrap(strict, "read", "parse")
    watch.wrap(intake.Intake, "prepare", "prepare: duty, label, number, reference")
    watch.wrap(rules, "check_report", "check values")
    watch.wrap(log, "_encode", "encode")
    watch.wrap(tree, "leaf_hash", "hash")
    watch.wrap(reports, "_slip", "slips")
    watch.wrap(log, "_check", "check labels and references")
    watch.wrap(fold, "apply", "fold")
    watch.wrap(indexing, "_said", "search: words")
    watch.wrap(words, "marked", "search: marks")
    watch.wrap(seal, "seal", "tiles and signature")
    watch.wrap(connection, "_commit", "commit")
    watch.wrap(log.Work, "keep", "guard, moving the log")
    with connection.execute_wrapper(watch.sql):
        for party, body in bodies[1:]:
            turn(party, body)
    _print(watch, count * size)


def _print(watch: Stopwatch, reports: int) -> None:
    total = sum(watch.spent.values())
    for name, spent in sorted(watch.spent.items(), key=lambda item: -item[1]):
        print(f"{name:<42}{spent / reports * 1e6:>8.1f} us a report {spent / total:>6.0%}")
    search = sum(spent for name, spent in watch.spent.items() if name.startswith("search"))
    print(f"{'of these for the search':<42}{search / reports * 1e6:>8.1f} us a report {search / total:>6.0%}")
    print(f"{'together':<42}{total / reports * 1e6:>8.1f} us a report, {reports / total:,.0f} reports/s")

"""`commonwatch due`: what a party owes next."""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from commonwatch.config.commands import ending, inside, remote, say
from commonwatch.errors import Refusal

Rows = list[dict[str, Any]]
WORDS = {
    "due": "due",
    "in_grace": "late, in grace",
    "missing": "missing",
    "on_time": "received",
    "late": "received late",
    "exempt": "exempt",
}


@click.command(
    epilog=ending.epilog(
        "commonwatch due --as BY/na-officer",
        "commonwatch due --url https://watch.example.org --json",
        "commonwatch due --as BY/na-officer --watch --every 10",
        codes=(ending.DONE, ending.REFUSED, ending.USAGE, ending.MISSING),
    )
)
@click.option("--url", envvar="COMMONWATCH_URL", show_envvar=True, help="Ask the node at this address.")
@click.option(
    "--token", envvar="COMMONWATCH_TOKEN", show_envvar=True, help="The program's key for that node."
)
@click.option("--as", "as_", metavar="PARTY/OFFICE", help="Ask the node of --home, as this office.")
@click.option("--party", default="", help="Ask for another party's duties.")
@inside.at_home
@click.option("--watch", is_flag=True, help="Go on showing it until Ctrl-C.")
@click.option(
    "--every",
    type=click.IntRange(1, 3600),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="How often --watch asks.",
)
@inside.as_json
@click.pass_context
def due(ctx: click.Context, /, home: Path, **_given: Any) -> None:
    """Show what a party owes next, how it stands, and how many minutes are left.

    With --watch a terminal is drawn anew each time; elsewhere what is owed is written again when it has changed, with
    --json as one line each time. Ctrl-C ends it, with the exit code for what was shown last.
    """
    inside.where(ctx)
    given = ctx.params
    if given["as_"]:
        inside.node(home)
    ask = _asker(given)
    if given["watch"]:
        rows = _watch(ask, every=given["every"], json=given["json"])
    else:
        rows = ask()
        _show(rows, json=given["json"])
    ctx.exit(ending.MISSING if any(row["timeliness"] == "missing" for row in rows) else ending.DONE)


def _asker(given: dict[str, Any]) -> Callable[[], Rows]:
    """Return what asks: this machine's node, or another one by its address, which may say that nothing changed."""
    if given["as_"]:
        return lambda: inside.work("duties").duties(given["as_"], party=given["party"])
    there = remote.Node(given["url"], given["token"])
    path = f"/api/due?{urlencode({'party': given['party']})}" if given["party"] else "/api/due"
    last: Rows = []

    def ask() -> Rows:
        found = there.renewed(path)
        if found is not None:
            last[:] = found["due"]
        return [row | {"minutes_left": _minutes_left(row)} for row in last]

    return ask


def _minutes_left(row: dict[str, Any]) -> int:
    left = datetime.fromisoformat(row["due_at"]) - datetime.now(UTC)
    return int(left.total_seconds() // 60)


def _watch(ask: Callable[[], Rows], *, every: int, json: bool) -> Rows:
    """Show what is owed until somebody ends it; return what was shown last."""
    shown = ask()
    try:
        _again(shown, before=None, json=json, every=every)
        for rows in _on_and_on(ask, every=every):
            _again(rows, before=shown, json=json, every=every)
            shown = rows
    except KeyboardInterrupt:
        pass  # this is how a watch ends
    return shown


def _on_and_on(ask: Callable[[], Rows], *, every: int) -> Iterator[Rows]:
    """Ask again and again. That no answer comes is said once, and once that it comes again.

    :raises Answered: when the node refuses what asking again does not mend, for instance because the key was revoked.
    """
    at, lost = _clock(), False
    while True:
        time.sleep(every)
        try:
            rows = ask()
        except (remote.NotReached, remote.Answered) as refused:
            if not _passes(refused):
                raise
            if not lost:
                _lost(refused, since=at, every=every)
            lost = True
            continue
        at = _clock()
        if lost:
            say.error(f"{at}: The node answers again.")
        lost = False
        yield rows


def _passes(refused: remote.NotReached | remote.Answered) -> bool:
    return isinstance(refused, remote.NotReached) or refused.http >= 500 or refused.http == 429


def _clock() -> str:
    return f"{datetime.now(UTC):%H:%M:%S} UTC"


def _lost(refused: Refusal, *, since: str, every: int) -> None:
    says = say.filled(refused.says, refused.fields)
    say.error(f"{_clock()}: {says} What was shown is from {since}. It is asked again every {every} seconds.")


def _again(rows: Rows, *, before: Rows | None, json: bool, every: int) -> None:
    """Show what is owed anew: at a terminal always, since minutes pass; elsewhere when something has changed."""
    drawn = sys.stdout.isatty() and not json
    if not drawn and before is not None and _standing(rows) == _standing(before):
        return
    if json:
        say.one_line({"at": datetime.now(UTC).isoformat(timespec="seconds"), "due": rows})
        return
    if drawn:
        click.clear()
    says = f"{_clock()}, every {every} seconds; Ctrl-C ends it." if drawn else _clock()
    say.line(says)
    _show(rows, json=False)


def _standing(rows: Rows) -> Rows:
    """Leave out what changes with every minute."""
    return [{name: value for name, value in row.items() if name != "minutes_left"} for row in rows]


def _show(rows: Rows, *, json: bool) -> None:
    if json:
        say.data({"due": rows})
        return
    if not rows:
        say.line("Nothing is owed.")
        return
    table = [
        (
            row["type"],
            row["period"],
            f"{datetime.fromisoformat(row['due_at']):%Y-%m-%d %H:%M} UTC",
            WORDS.get(row["timeliness"], row["timeliness"]),
            row["content"] or "-",
            row["minutes_left"] if row["timeliness"] in {"due", "in_grace", "missing"} else "-",
        )
        for row in rows
    ]
    say.table(("type", "period", "due", "stands", "content", "minutes left"), table, right=frozenset({5}))

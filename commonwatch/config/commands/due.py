"""`commonwatch due`: what a party owes next."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from commonwatch.config.commands import ending, inside, remote, say

EVERY = 30
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
@click.option("--watch", is_flag=True, help="Go on showing it, every half minute, until Ctrl-C.")
@inside.as_json
@click.pass_context
def due(ctx: click.Context, /, home: Path, **_given: Any) -> None:
    """Show what a party owes next, how it stands, and how many minutes are left."""
    inside.where(ctx)
    given = ctx.params
    if given["as_"]:
        inside.node(home)
    while True:
        rows = _ask(given)
        _show(rows, json=given["json"], clear=given["watch"])
        if not given["watch"]:
            ctx.exit(ending.MISSING if any(row["timeliness"] == "missing" for row in rows) else 0)
        time.sleep(EVERY)


def _ask(given: dict[str, Any]) -> list[dict[str, Any]]:
    if given["as_"]:
        local: list[dict[str, Any]] = inside.work("duties").duties(given["as_"], party=given["party"])
        return local
    there = remote.Node(given["url"], given["token"])
    path = f"/api/due?party={given['party']}" if given["party"] else "/api/due"
    rows: list[dict[str, Any]] = there.get(path)["due"]
    for row in rows:
        left = datetime.fromisoformat(row["due_at"]) - datetime.now(UTC)
        row["minutes_left"] = int(left.total_seconds() // 60)
    return rows


def _show(rows: list[dict[str, Any]], *, json: bool, clear: bool) -> None:
    if json:
        say.data({"due": rows})
        return
    if clear:
        click.clear()
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

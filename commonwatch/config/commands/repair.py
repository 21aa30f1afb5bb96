"""`commonwatch repair`: find what is damaged in the record, and mend it from the peers."""

from pathlib import Path
from typing import Any

import click

from commonwatch.config.commands import ending, inside, say


@click.command(epilog=ending.epilog("commonwatch repair", "commonwatch repair --apply"))
@inside.at_home
@click.option("--apply", is_flag=True, help="Mend it; without it nothing changes.")
@inside.as_json
@click.pass_context
def repair(ctx: click.Context, home: Path, *, apply: bool, json: bool) -> None:
    """Name every place of every journal that does not hold; with --apply mend it from the rest and from the peers.

    On SQLite its file is looked through, too, and --apply makes its indexes anew.

    Nothing that is fetched is believed before it gives the hash that was signed. Stop the node first.
    """
    inside.node(home)
    work = inside.work("repairing")
    file = work.file_repaired(apply=apply)
    found = work.repaired(apply=apply)
    if json:
        say.data({"file": file, "journals": found})
    else:
        _tell(file, found, apply=apply)
    if file["left"] or any(each["failure"] for each in found) or (found and not apply):
        ctx.exit(ending.BROKEN)


def _tell(file: dict[str, Any], found: list[dict[str, Any]], *, apply: bool) -> None:
    for each in file["faults"]:
        say.line(f"the database file: {each}")
    if file["left"] and apply:
        say.error(
            "The database file: what is left stands in a table and cannot be made anew. Put the last backup back"
            " (commonwatch restore) and get what came after it from the peers (commonwatch recover)."
        )
    elif file["faults"] and apply:
        say.line("the database file: its indexes were made anew, and it holds")
    for each in found:
        for place in each["damaged"]:
            say.line(f"{each['origin']}: {place['place']}: {place['why']}")
        if each["failure"]:
            say.error(f"{each['origin']}: {each['failure']}")
        elif apply:
            say.line(f"{each['origin']}: mended, and it verifies")
    if not (found or file["left"]):
        say.line("Every journal holds.")

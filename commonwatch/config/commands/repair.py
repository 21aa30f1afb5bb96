"""`commonwatch repair`: find what is damaged in the record, and mend it from the peers."""

from pathlib import Path

import click

from commonwatch.config.commands import ending, inside, say


@click.command(epilog=ending.epilog("commonwatch repair", "commonwatch repair --apply"))
@inside.at_home
@click.option("--apply", is_flag=True, help="Mend it; without it nothing changes.")
@inside.as_json
@click.pass_context
def repair(ctx: click.Context, home: Path, *, apply: bool, json: bool) -> None:
    """Name every place of every journal that does not hold; with --apply mend it from the rest and from the peers.

    Nothing that is fetched is believed before it gives the hash that was signed. Stop the node first.
    """
    inside.node(home)
    found = inside.work("repairing").repaired(apply=apply)
    if json:
        say.data({"journals": found})
    for each in () if json else found:
        for place in each["damaged"]:
            say.line(f"{each['origin']}: {place['place']}: {place['why']}")
        if each["failure"]:
            say.error(f"{each['origin']}: {each['failure']}")
        elif apply:
            say.line(f"{each['origin']}: mended, and it verifies")
    if not (found or json):
        say.line("Every journal holds.")
    if any(each["failure"] for each in found) or (found and not apply):
        ctx.exit(ending.BROKEN)

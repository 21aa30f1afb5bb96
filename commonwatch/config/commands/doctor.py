"""`commonwatch doctor`: the installation looked over, and what to do."""

from pathlib import Path

import click

from commonwatch.config.commands import ending, inside, say

STYLE = {"OK": "green", "WARN": "yellow", "WRONG": "red"}


@click.command(epilog=ending.epilog())
@inside.at_home
@inside.as_json
@click.pass_context
def doctor(ctx: click.Context, home: Path, *, json: bool) -> None:
    """Look over the folder, keys, database, guard, clock and disk; each line says OK, WARN or WRONG.

    It changes nothing and may run while the node works.
    """
    if not (home / "secret").is_file():
        raise inside.NoNodeHere(home=home)
    inside.enter(home)
    found = inside.work("looking").look()
    if json:
        say.data({"found": [each._asdict() for each in found]})
    else:
        for each in found:
            say.line(f"{click.style(f'{each.state:<5}', fg=STYLE[each.state])}  {each.subject}: {each.says}")
            if each.do:
                say.line(f"       {each.do}")
    ctx.exit(ending.BROKEN if any(each.state == "WRONG" for each in found) else ending.DONE)

"""`commonwatch restore`: put a backup back."""

from pathlib import Path

import click

from commonwatch.config.commands import ending, inside, say


@click.command(epilog=ending.epilog("commonwatch restore /backup/20261129T060000Z --home /srv/watch"))
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@inside.at_home
@click.option(
    "--replace", is_flag=True, help="Put it in the place of a database that is there, which is kept aside."
)
@inside.as_json
def restore(folder: Path, home: Path, *, replace: bool, json: bool) -> None:
    """Put what "commonwatch backup" wrote into FOLDER back into a home; the guard there is left as it is.

    The node then writes nothing until it has asked its peers for what it had signed since: commonwatch recover.
    """
    done = inside.work("restoring").restore(folder.resolve(), home.resolve(), replace=replace)
    if json:
        say.data(done)
        return
    for name in done["files"]:
        say.line(f"put back  {name}")
    if done["aside"]:
        say.line(f"kept      {done['aside']}")
    if done["command"]:
        say.line(f"The record is in PostgreSQL; put it back with: {done['command']}")
    say.line("Nothing is written before the peers were asked. Next:")
    say.line(f"  commonwatch init --home {home}")
    say.line(f"  commonwatch recover --home {home}")

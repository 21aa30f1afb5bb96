"""`commonwatch backup`: a copy of the database and the keys, while the node goes on working."""

from pathlib import Path

import click

from commonwatch.config.commands import ending, inside, say


@click.command(epilog=ending.epilog("commonwatch backup /mnt/backup"))
@click.argument("target", type=click.Path(path_type=Path))
@inside.at_home
@click.option("--without-keys", is_flag=True, help="Leave out the keys that sign the journals.")
@inside.as_json
def backup(target: Path, home: Path, *, without_keys: bool, json: bool) -> None:
    """Copy the node into TARGET: a folder (a dated one is made in it), or a file ending in .sqlite3 (no keys).

    The copy shows the database at one moment; the node goes on working. It holds the keys, so keep it as safe
    as the node itself. It does not hold the guard: the guard tells, after an old copy was put back, what the
    node had already signed for. Always leave it where it is.

    With PostgreSQL the line for pg_dump is printed, and TARGET gets the keys.
    """
    inside.node(home)
    done = inside.work("copying").copy(home.resolve(), target.resolve(), keys=not without_keys)
    if json:
        say.data(done)
        return
    for name, size in done["files"].items():
        say.line(f"{name}  {size:,} bytes")
    if done.get("command"):
        say.line("Now run, with the password in PGPASSWORD or ~/.pgpass:")
        say.line(f"  {done['command']}")
    say.line(f"Backed up to {done['target']}.")

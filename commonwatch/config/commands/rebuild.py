"""`commonwatch rebuild`: every table anew from the entries."""

import time
from pathlib import Path

import click

from commonwatch.config.commands import ending, inside, say


@click.command(epilog=ending.epilog())
@inside.at_home
@inside.as_json
def rebuild(home: Path, *, json: bool) -> None:
    """Empty every table that screens read and fold all entries into it again, in one transaction.

    Use it after an upgrade that changes a table, or when verify --tables names one. Nothing in the record is
    touched; readers see the old tables until the new ones stand, and writers wait.
    """
    inside.node(home)
    started = time.monotonic()
    count = inside.work("proving").fold_anew()
    seconds = time.monotonic() - started
    if json:
        say.data({"entries": count, "seconds": round(seconds, 3)})
        return
    rate = f", {count / seconds:,.0f} a second" if seconds > 0.2 else ""
    say.line(f"{say.count(count, 'entry', 'entries')} folded in {seconds:.1f} s{rate}")

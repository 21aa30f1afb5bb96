"""`commonwatch nightly`: what a node does once a day, a few minutes after midnight UTC."""

from pathlib import Path

import click

from commonwatch.config.commands import ending, inside, say


@click.command(epilog=ending.epilog("commonwatch nightly --home /srv/watch"))
@inside.at_home
@inside.as_json
def nightly(home: Path, *, json: bool) -> None:
    """Write the digests of the days that are over; close the journals whose readers changed; let old lines go.

    Let a timer run it every day at the same moment, at 00:10 UTC for instance, while the node works. It may run
    again at any time: what is done is not done twice, and days that were missed are made up for.
    """
    inside.node(home)
    done = inside.work("tending").tend()
    if json:
        say.data(done)
        return
    say.line(
        f"{say.count(done['digests'], 'digest')} written, {say.count(done['epochs'], 'journal')} closed."
    )
    say.line(
        f"{say.count(done['lines'], 'old line')} and {say.count(done['sessions'], 'ended session')} let go."
    )

"""`commonwatch remind`: the worker that tells people that something waits for them."""

from pathlib import Path

import click

from commonwatch.config.commands import ending, inside, say


@click.command(epilog=ending.epilog("commonwatch remind --home /srv/watch"))
@inside.at_home
@click.option("--once", is_flag=True, help="Tell everybody once and end.")
@click.option(
    "--every",
    type=click.FloatRange(0.05, 3600),
    default=30.0,
    show_default=True,
    help="Seconds between rounds.",
)
def remind(home: Path, *, once: bool, every: float) -> None:
    """Tell people, by mail and webhook, that something waits, by the ladders of the pack, until SIGTERM or Ctrl-C.

    One works at a time; whoever comes second waits. `commonwatch serve` starts one beside itself, unless it is told
    not to with --without-reminders. It can be stopped and started at any moment: what came meanwhile is made up for.
    """
    inside.node(home)
    reminding = inside.work("reminding")
    for warning in reminding.warnings():
        say.error(f"warning: {warning}")
    done = reminding.work(every=every, once=once)
    if done is not None:
        say.line(f"{say.count(done.sent, 'message')} sent, {say.count(done.failed, 'message')} not.")

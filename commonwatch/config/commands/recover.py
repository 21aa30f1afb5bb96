"""`commonwatch recover`: get this node's own past back from its peers."""

from pathlib import Path

import click

from commonwatch.config.commands import ending, inside, say


@click.command(
    epilog=ending.epilog("commonwatch recover", "commonwatch recover --from https://watch.by.example")
)
@inside.at_home
@click.option(
    "--from", "sources", metavar="ADDRESS", multiple=True, help="Ask this node too, by its address; repeated."
)
@click.option(
    "--alone", is_flag=True, help="Go on although no peer can be asked: what only they know is given up."
)
@inside.as_json
@click.pass_context
def recover(ctx: click.Context, home: Path, sources: tuple[str, ...], *, alone: bool, json: bool) -> None:
    """Ask every peer for what this node has signed and its database does not hold, and go on writing.

    Run it after "commonwatch restore", and when the doctor says that the database is behind its guard. Whatever comes
    back was signed by this node's own key and is held to its guard, so it does not matter from whom it comes.
    """
    inside.node(home)
    done = inside.work("recovering").recovered(sources, alone=alone)
    if json:
        say.data(done)
    else:
        for each in done["asked"]:
            came = f"{say.count(each['entries'], 'entry', 'entries')} came back"
            say.line(f"{each['party']:8}{each['failure'] or came}")
        for each in done["lagging"]:
            say.error(f"{each['origin']}: {each['held']} held of {each['signed']} that were signed")
        say.line("The node writes again." if done["writes"] else "The node writes nothing yet.")
    if not done["writes"]:
        ctx.exit(ending.REFUSED)

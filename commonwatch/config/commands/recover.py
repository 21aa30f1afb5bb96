"""`commonwatch recover`: get this node's own past back from its peers."""

from pathlib import Path
from typing import Any

import click

from commonwatch.config.commands import ending, inside, say


@click.command(
    epilog=ending.epilog("commonwatch recover", "commonwatch recover --from https://watch.by.example")
)
@inside.at_home
@click.option(
    "--from", "sources", metavar="ADDRESS", multiple=True, help="Ask the node at this address too; repeated."
)
@click.option(
    "--alone", is_flag=True, help="Go on although no peer can be asked: what only they know is given up."
)
@click.option("--lost", metavar="ORIGIN", default="", help="Declare that nobody has the end of this journal.")
@click.option("--ground", default="", help="With --lost: why, in a sentence for the record.")
@click.option(
    "--person",
    "persons",
    metavar="PARTY/OFFICE=HANDLE",
    multiple=True,
    help="With --lost: who declares it; two of them.",
)
@click.option("--passwords-stdin", is_flag=True, help="With --lost: read both passwords, a line each.")
@inside.as_json
@click.pass_context
def recover(  # noqa: PLR0913, PLR0917 - one for each option of the command
    ctx: click.Context,
    home: Path,
    sources: tuple[str, ...],
    lost: str,
    ground: str,
    persons: tuple[str, ...],
    *,
    alone: bool,
    passwords_stdin: bool,
    json: bool,
) -> None:
    """Ask every peer for what this node has signed and its database does not hold, and go on writing.

    Run it after "commonwatch restore", and when the doctor says that the database is behind its guard. Whatever comes
    back was signed by this node's own key and is held to its guard, so it does not matter from whom it comes.

    What no peer has is declared lost, journal by journal, by two persons who give their passwords here.
    """
    inside.node(home)
    work = inside.work("recovering")
    if lost:
        given = [(each, inside.password(each, stdin=passwords_stdin)) for each in persons]
        following = work.declare_lost(lost, ground, given)
        say.line(f"{lost} stays closed at what is held. It goes on in {following or 'no other journal'}.")
        return
    done = work.recovered(sources, alone=alone)
    if json:
        say.data(done)
    else:
        _tell(done)
    if not done["writes"]:
        ctx.exit(ending.REFUSED)


def _tell(done: dict[str, Any]) -> None:
    for each in done["asked"]:
        came = f"{say.count(each['entries'], 'entry', 'entries')} came back"
        say.line(f"{each['party']:8}{each['failure'] or came}")
    for each in done["lagging"]:
        say.error(f"{each['origin']}: {each['held']} held of {each['signed']} that were signed")
    say.line("The node writes again." if done["writes"] else "The node writes nothing yet.")

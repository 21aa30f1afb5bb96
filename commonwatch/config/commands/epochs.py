"""`commonwatch epochs`: close the journals whose readers have changed, and go on in the next."""

from pathlib import Path

import click

from commonwatch.config.commands import ending, inside, say


@click.command(epilog=ending.epilog("commonwatch epochs", "commonwatch epochs --apply"))
@inside.at_home
@click.option("--apply", is_flag=True, help="Close them and carry what is open; without it nothing changes.")
@inside.as_json
def epochs(home: Path, *, apply: bool, json: bool) -> None:
    """List the journals whose readers are no longer their audience; with --apply close each and go on in the next.

    Run it with --apply every night: a member's coming and going takes effect with the day. It does nothing when
    nothing is due, and may run while the node works. What is written meanwhile closes its own journal first.
    """
    inside.node(home)
    work = inside.work("turning")
    due, done = work.due(), work.turn_over() if apply else []
    if json:
        say.data({"due": due, "closed": done})
        return
    if not due:
        say.line("Every journal is read by its audience of today; nothing is due.")
    for each in due:
        say.line(f"{each['origin']}: {_changes(each)}")
    for each in done:
        say.line(f"closed {each['origin']}; {_goes_on(each['next'])}")
    if due and not apply:
        say.line(
            f"{say.count(len(due), 'journal')} to be closed. Run: commonwatch epochs --apply --home {home}"
        )


def _changes(each: dict[str, list[str]]) -> str:
    parts = [
        f"{', '.join(each[name])} {word}"
        for name, word in (("gone", "left"), ("new", "joined"))
        if each[name]
    ]
    return "; ".join(parts) or "its audience has another name"


def _goes_on(origin: str) -> str:
    return f"it goes on in {origin}" if origin else "nothing follows"

"""`commonwatch bundle`: journals carried to and from another node without a line."""

from pathlib import Path
from typing import Any

import click

from commonwatch.config.commands import ending, inside, say

SOURCE = click.Path(exists=True, dir_okay=False, path_type=Path)
TARGET = click.Path(dir_okay=False, path_type=Path)
STANDS = {
    "next": "it follows the last one that came",
    "known": "one of its number, or a later one, was taken in before",
    "gap": "one before it did not arrive",
    "crossed": "its sender went back to an older copy of itself",
}


@click.group()
def bundle() -> None:
    """Carry journals to and from a peer that no line reaches, in one sealed file on a stick."""


@bundle.command("make", epilog=ending.epilog("commonwatch bundle make BY /media/stick/by.cwb"))
@click.argument("party")
@click.argument("file", type=TARGET)
@inside.at_home
@click.option(
    "--anyway", is_flag=True, help="Make one although there is no news: it says what this node holds."
)
@inside.as_json
def bundle_make(party: str, file: Path, home: Path, *, anyway: bool, json: bool) -> None:
    """Write what the node of PARTY is not known to hold into FILE, sealed so that it alone can open it."""
    inside.node(home)
    done = inside.work("carrying").make(party, file.resolve(), anyway=anyway)
    if json:
        say.data(done)
        return
    came = f"{say.count(done['entries'], 'entry', 'entries')} of {say.count(done['journals'], 'journal')}"
    say.line(f"{file}: number {done['serial']} for {done['party']}, {came}, {done['bytes']} bytes")


@bundle.command("show", epilog=ending.epilog("commonwatch bundle show /media/stick/by.cwb"))
@click.argument("file", type=SOURCE)
@inside.at_home
@inside.as_json
def bundle_show(file: Path, home: Path, *, json: bool) -> None:
    """Say what FILE would bring; nothing is written."""
    inside.node(home)
    found = inside.work("carrying").show(file)
    if json:
        say.data(found)
    else:
        _tell(found)


@bundle.command("import", epilog=ending.epilog("commonwatch bundle import /media/stick/by.cwb"))
@click.argument("file", type=SOURCE)
@inside.at_home
@click.option("--yes", is_flag=True, help="Take it in without asking.")
@inside.as_json
def bundle_import(file: Path, home: Path, *, yes: bool, json: bool) -> None:
    """Take in all that FILE brings, or nothing of it; say first what that is."""
    inside.node(home)
    work = inside.work("carrying")
    if not json:
        _tell(work.show(file))
    if not (yes or json):
        click.confirm("Take it in?", abort=True)
    done = work.take_in(file)
    if json:
        say.data(done)
    else:
        say.line(f"Taken in: {say.count(done['entries'], 'entry', 'entries')}.")
        for fault in done["faults"]:
            say.error(f"Left out: {fault}")


def _tell(found: dict[str, Any]) -> None:
    say.line(
        f"Number {found['serial']} from {found['sender']}, made {found['made_at']}; {STANDS[found['order']]}."
    )
    for each in found["journals"]:
        say.line(f"  {each['origin']}: {_verdict(each)}")
    for origin in found["forks"]:
        say.line(f"  {origin}: it has two pasts, both signed by its key; the proof comes with this bundle")
    for fault in found["faults"]:
        say.error(f"  {fault}")
    if not found["journals"]:
        say.line("  It brings no entry; it says what its sender holds.")


def _verdict(each: dict[str, Any]) -> str:
    if each["what"] == "known":
        return f"nothing new, {each['held']} are held"
    if each["what"] == "gap":
        return f"begins at {each['start']}, and {each['held']} are held: a bundle before it is lacking"
    return (
        f"{say.count(each['size'] - each['held'], 'entry', 'entries')} after the {each['held']} that are held"
    )

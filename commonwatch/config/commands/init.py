"""`commonwatch init`: make a node."""

from pathlib import Path

import click

from commonwatch.config.commands import ending, inside, say


@click.command(epilog=ending.epilog("commonwatch init --home /srv/watch --pack csto"))
@inside.at_home
@click.option(
    "--pack", default="", help="The organisation: the name of a shipped pack (csto, ipcr) or a pack's folder."
)
@click.option("--party", default="", help="Whose node it is; the organisation's center when left out.")
@click.option("--moves", is_flag=True, help="The party was hosted so far: its record is taken over first.")
@inside.as_json
def init(home: Path, pack: str, party: str, *, moves: bool, json: bool) -> None:
    """Make a node: its folder, the keys that sign its journals, and its database.

    Nothing that is there already is touched, so running it twice does no harm. After an upgrade it brings the
    database up to this version.
    """
    inside.enter(home, pack=pack)
    made = inside.work("making").make(home, party, moves=moves)
    if json:
        say.data(made)
        return
    for said in made["made"]:
        say.line(f"made      {said}")
    for said in made["found"]:
        say.line(f"was there {said}")
    say.line(f"The node of {made['party']} ({made['organisation']}) is ready.")
    if moves:
        say.line("Nothing is written here before its record was taken over. Give the host this node's card:")
        say.line(f"  commonwatch peer card --home {home} > {made['party'].lower()}.card")
        say.line("It takes the card in, and hands over. Then, with the card that it gives back:")
        say.line(f"  commonwatch key take-over CARD --home {home}")
        return
    say.line("Next:")
    seat = f"--party {made['party']} --office {made['office']}"
    say.line(f"  commonwatch user invite {made['party'].lower()}-1 {seat} --home {home}")
    say.line(f"  commonwatch serve --home {home}")
    say.line(f"Keep a copy of {home / 'keys'} in a safe place: these keys sign the journals.")

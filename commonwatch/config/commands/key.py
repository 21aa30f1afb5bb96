"""`commonwatch key`: the keys that sign the journals, when they change and when a party moves."""

from pathlib import Path

import click

from commonwatch.config.commands import ending, inside, say

GROUND = click.option("--ground", required=True, help="Why, in a sentence for the record.")
PERSON = click.option(
    "--person",
    "persons",
    metavar="PARTY/OFFICE=HANDLE",
    multiple=True,
    required=True,
    help="Who does it; two of them.",
)
STDIN = click.option("--passwords-stdin", is_flag=True, help="Read both passwords, a line each.")


@click.group()
def key() -> None:
    """Let another key sign the journals of a party. Each is said in the journals themselves, by two persons."""


@key.command(
    "change",
    epilog=ending.epilog(
        'commonwatch key change CRC --ground "Yearly" --person CRC/head=a --person CRC/duty=b'
    ),
)
@click.argument("party")
@GROUND
@PERSON
@STDIN
@inside.at_home
@inside.as_json
def key_change(  # noqa: PLR0913 - one for each option of the command
    party: str, ground: str, persons: tuple[str, ...], home: Path, *, passwords_stdin: bool, json: bool
) -> None:
    """Let a new key sign the journals of PARTY from here on: this node's own, or one that it hosts.

    The old key signs the entry that names the new one and nothing after it. Peers follow by themselves; give them the
    new card when there is an occasion.
    """
    inside.node(home)
    done = inside.work("keying").change(party, ground, _given(persons, stdin=passwords_stdin))
    if json:
        say.data({"party": party, "journals": done})
        return
    for each in done:
        say.line(f"{each['origin']}: from entry {each['number'] + 1}")
    say.line(
        f"Keep a copy of {home / 'keys' / f'{party}.seed'} in a safe place; destroy those of the old one."
    )


@key.command(
    "hand-over",
    epilog=ending.epilog(
        'commonwatch key hand-over BY --ground "Own node" --person CRC/head=a --person BY/head=b --card before.card'
    ),
)
@click.argument("party")
@GROUND
@PERSON
@STDIN
@click.option(
    "--card",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where to write the card by which the node of PARTY knows this one's key.",
)
@inside.at_home
@inside.as_json
def key_hand_over(  # noqa: PLR0913 - one for each option of the command
    party: str,
    ground: str,
    persons: tuple[str, ...],
    card: Path,
    home: Path,
    *,
    passwords_stdin: bool,
    json: bool,
) -> None:
    """Hand the journals of PARTY, which this node hosts, over to its own node.

    That node was made with "commonwatch init --moves", and its card was taken in with "commonwatch peer add". Stop the
    server first and start it afterwards: this node writes for PARTY no longer.
    """
    inside.node(home)
    before = inside.work("peering").card("-")
    card.write_text(before["card"], encoding="utf-8")  # first, for afterwards none names that key
    done = inside.work("keying").hand_over(party, ground, _given(persons, stdin=passwords_stdin))
    if json:
        say.data({"party": party, "spoken": before["spoken"], "journals": done})
        return
    for each in done:
        say.line(f"{each['origin']}: handed over with entry {each['number']}")
    say.line(f"Give {card} to the node of {party}, and read to them: {before['spoken']}")
    say.line(f"There: commonwatch key take-over {card.name}")


@key.command(
    "take-over",
    epilog=ending.epilog("commonwatch key take-over before.card --address https://watch.example.org"),
)
@click.argument("card", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--address", default="", help="Where the host answers; by its card when left out.")
@click.option(
    "--stick",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The bundle that the host has made for this node, where no line leads there.",
)
@click.option("--heard", default="", help="The fingerprint as the host read it; asked for when left out.")
@inside.at_home
@inside.as_json
def key_take_over(  # noqa: PLR0913 - one for each option of the command
    card: Path, address: str, stick: Path | None, heard: str, home: Path, *, json: bool
) -> None:
    """Take the record of this node's party over from the node that hosted it and gave out CARD.

    Run it on a node made with "commonwatch init --moves". When the line is cut, run it again.
    """
    inside.node(home)
    said = heard or click.prompt("Fingerprint, as the host reads it")
    done = inside.work("keying").take_over(card.read_text(encoding="utf-8"), said, address, stick)
    if json:
        say.data(done)
        return
    say.line(
        f"{say.count(done['entries'], 'entry', 'entries')} came. {done['party']} writes here from now on."
    )
    say.line("Next: commonwatch peer card, and commonwatch peer add with the card that the host has now.")


def _given(persons: tuple[str, ...], *, stdin: bool) -> list[tuple[str, str]]:
    return [(each, inside.password(each, stdin=stdin)) for each in persons]

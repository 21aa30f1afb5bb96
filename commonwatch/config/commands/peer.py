"""`commonwatch peer`: the nodes with which this one exchanges journals."""

from pathlib import Path
from typing import Any

import click

from commonwatch.config.commands import ending, inside, say

AS = click.option("--as", "as_", metavar="PARTY/OFFICE", required=True, help="Who does it.")


@click.group()
def peer() -> None:
    """Exchange journals with the nodes of other parties: whom to trust, and how far each is."""


@peer.command(
    "card", epilog=ending.epilog("commonwatch peer card --address https://watch.example.org > crc.card")
)
@inside.at_home
@click.option(
    "--address", default="-", help="Where others reach this node; left out for one that no line reaches."
)
def peer_card(home: Path, address: str) -> None:
    """Print this node's card for another node, and on the terminal the fingerprint to read to them aloud."""
    inside.node(home)
    found = inside.work("peering").card(address)
    click.echo(found["card"], nl=False)
    say.error(f"Fingerprint: {found['spoken']}")


@peer.command("add", epilog=ending.epilog("commonwatch peer add by.card --as CRC/head"))
@click.argument("card", metavar="CARD")
@AS
@inside.at_home
@click.option(
    "--heard", default="", help="The fingerprint as the other side read it; asked for when left out."
)
@click.option("--carried", is_flag=True, help="The fingerprint came on paper by courier, and not by voice.")
@inside.as_json
def peer_add(  # noqa: PLR0913 - one for each option of the command
    card: str, as_: str, home: Path, *, heard: str, carried: bool, json: bool
) -> None:
    """Take in the node whose CARD this is: a file, or the address of the node itself.

    Call the other side by a number that you know, and let them read the fingerprint that "commonwatch peer card" shows
    them. Nothing else tells you whose card this is.
    """
    inside.node(home)
    work = inside.work("peering")
    signed = work.read_card(card)
    found = work.look_at(signed)
    if not json:
        say.line(f"The card is of {found['party']} ({found['organisation']}), at {found['address']}.")
        say.line(f"It writes for {', '.join(found['parties'])}.")
    said = heard or click.prompt("Fingerprint, as the other side reads it")
    done = work.add(as_, signed, heard=said, how="carried" if carried else "spoken")
    if json:
        say.data(done)
    else:
        say.line(
            f"{done['party']} is a peer. Journals pass with the next round, or now with: commonwatch peer pull"
        )


@peer.command("end", epilog=ending.epilog('commonwatch peer end BY --as CRC/head --ground "Node given up"'))
@click.argument("party")
@AS
@inside.at_home
@click.option("--ground", required=True, help="Why, in a sentence for the record.")
def peer_end(party: str, as_: str, home: Path, *, ground: str) -> None:
    """Give nothing more to the node of PARTY, and take nothing more from it."""
    inside.node(home)
    inside.work("peering").end(as_, party, ground)
    say.line(f"{party} is a peer no longer.")


@peer.command("list", epilog=ending.epilog("commonwatch peer list"))
@inside.at_home
@inside.as_json
def peer_list(home: Path, *, json: bool) -> None:
    """Name the peers: how far each is level, when it was last heard, how its clock stands to ours."""
    inside.node(home)
    found = inside.work("peering").listed()
    if json:
        say.data({"peers": found})
        return
    if not found:
        say.line("There is no peer. Begin with: commonwatch peer card")
    for each in found:
        say.line(f"{each['party']:8}{each['address']}")
        say.line(f"        fingerprint {each['spoken']}")
        say.line(f"        {_stands(each)}")


def _stands(each: dict[str, Any]) -> str:
    level = f"{each['level']} of {each['journals']} journals level"
    heard = f"last heard {each['heard']}" if each["heard"] else "never heard"
    skew = f"its clock is off by {each['skew']}" if each["skew"] else ""
    return "; ".join(part for part in (level, heard, skew, each["failure"]) if part)


@peer.command("evidence", epilog=ending.epilog("commonwatch peer evidence evidence"))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@inside.at_home
@inside.as_json
def peer_evidence(folder: Path, home: Path, *, json: bool) -> None:
    """Write the proofs that a journal has two pasts into FOLDER; tools/check_fork.py verifies them."""
    inside.node(home)
    found = inside.work("peering").evidence(folder)
    if json:
        say.data({"evidence": found})
        return
    for each in found:
        say.line(f"{each['file']}: {each['origin']}")
        say.line(f"        {each['first']}")
        say.line(f"        {each['second']}")
    if not found:
        say.line("No journal is known to have two pasts.")


@peer.command(
    "follow",
    epilog=ending.epilog(
        "commonwatch peer follow csto/BY/real/official-members/1 --checkpoint 812:9f31c0… --ground …"
        " --person CRC/head=anna --person CRC/shift-lead=boris"
    ),
)
@click.argument("origin")
@inside.at_home
@click.option(
    "--checkpoint",
    required=True,
    metavar="SIZE:ROOT",
    help="One that the evidence shows, of the past to follow; its root in hex will do.",
)
@click.option("--ground", required=True, help="Why, in a sentence for the record.")
@click.option(
    "--person", "persons", metavar="PARTY/OFFICE=HANDLE", multiple=True, help="Who chooses it; two of them."
)
@click.option("--passwords-stdin", is_flag=True, help="Read both passwords, a line each.")
@inside.as_json
def peer_follow(  # noqa: PLR0913 - one for each option of the command
    origin: str,
    home: Path,
    checkpoint: str,
    ground: str,
    persons: tuple[str, ...],
    *,
    passwords_stdin: bool,
    json: bool,
) -> None:
    """Choose which past of ORIGIN to follow, whose key has signed two; two persons do, who give their passwords here.

    "commonwatch peer evidence" names the checkpoints. Ask the owner first, by telephone, which of them is true. Where
    this node holds the other past, that one stays until the chosen one was fetched whole, and is then kept as a folder.
    """
    inside.node(home)
    given = [(each, inside.password(each, stdin=passwords_stdin)) for each in persons]
    done = inside.work("peering").follow(origin, checkpoint, ground, given)
    if json:
        say.data(done)
    elif done["held"] == "chosen":
        say.line(f"{origin} goes on from there, with the next round.")
    else:
        say.line(
            "This node holds the other past. The chosen one takes its place once a peer has given it whole;"
        )
        say.line("the other one is then kept in the folder abandoned/ of the home.")


@peer.command("pull", epilog=ending.epilog("commonwatch peer pull", "commonwatch peer pull BY"))
@click.argument("party", required=False, default="")
@inside.at_home
@inside.as_json
@click.pass_context
def peer_pull(ctx: click.Context, party: str, home: Path, *, json: bool) -> None:
    """Make one round now with every peer that a line reaches, or with PARTY alone."""
    inside.node(home)
    done = inside.work("peering").pull(party)
    if json:
        say.data({"rounds": done})
    for each in () if json else done:
        say.line(f"{each['party']:8}{_came(each)}")
        for fault in each["faults"]:
            say.error(f"        {fault['origin']}: {fault['says']}")
    if any(each["failure"] or each["faults"] for each in done):
        ctx.exit(ending.REFUSED)


def _came(each: dict[str, Any]) -> str:
    if each["failure"]:
        return str(each["failure"])
    if not each["changed"]:
        return "nothing new, one request"
    came = f"{say.count(each['entries'], 'entry', 'entries')} of {say.count(each['journals'], 'journal')}"
    return (
        f"{came}, {say.count(each['cosignatures'], 'cosignature')}, {say.count(each['requests'], 'request')}"
    )

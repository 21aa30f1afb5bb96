"""`commonwatch user` and `commonwatch token`: ways in, for people and for programs."""

import sys
from pathlib import Path

import click

from commonwatch.config.commands import ending, inside, say


@click.group()
def user() -> None:
    """Give people a way in. A handle names an office's chair (by-na-1), never a private person."""


@user.command("add", epilog=ending.epilog("commonwatch user add by-na-1 --party BY --office na-officer"))
@click.argument("handle")
@click.option("--party", required=True, help="The party for which it acts, by its code in the pack.")
@click.option("--office", required=True, help="The office in which it sits; it decides what it may do.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input (its first line)."
)
@click.option("--no-password", is_flag=True, help="Nobody signs in by a password; for programs' keys alone.")
@inside.at_home
def user_add(  # noqa: PLR0913 - one for each option of the command
    handle: str, party: str, office: str, home: Path, *, password_stdin: bool, no_password: bool
) -> None:
    """Make an account. Without further options the password is asked for."""
    if password_stdin and no_password:
        raise click.UsageError("Choose one of --password-stdin and --no-password.")
    inside.node(home)
    people = inside.work("accounts")
    people.check(handle, party=party, office=office)
    people.add(
        handle, party=party, office=office, password=_password(asked=not no_password, stdin=password_stdin)
    )
    say.line(f"{handle} acts for {party} as {office}.")


def _password(*, asked: bool, stdin: bool) -> str | None:
    if not asked:
        return None
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError(
            "There is no terminal to ask for a password: use --password-stdin or --no-password."
        )
    said: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return said


@user.command("list", epilog=ending.epilog())
@inside.at_home
@inside.as_json
def user_list(home: Path, *, json: bool) -> None:
    """List the accounts."""
    inside.node(home)
    rows = inside.work("accounts").everybody()
    if json:
        say.data({"accounts": rows})
        return
    say.table(
        ("handle", "party", "offices", "open", "programs"),
        [
            (
                r["handle"],
                r["party"],
                ", ".join(r["offices"]) or "-",
                "yes" if r["open"] else "no",
                ", ".join(r["programs"]),
            )
            for r in rows
        ],
    )


@user.command("close", epilog=ending.epilog())
@click.argument("handle")
@inside.at_home
def user_close(handle: str, home: Path) -> None:
    """Close an account: nobody signs in to it any more, and its programs' keys stop working."""
    inside.node(home)
    inside.work("accounts").close(handle)
    say.line(f"{handle} is closed.")


@click.group()
def token() -> None:
    """Give programs a key. A program acts for the account whose key it has."""


@token.command("add", epilog=ending.epilog("commonwatch token add by-na-1 --client hospital-register"))
@click.argument("handle")
@click.option("--client", required=True, help="What to call the program in the entries that it writes.")
@inside.at_home
@inside.as_json
def token_add(handle: str, client: str, home: Path, *, json: bool) -> None:
    """Make a key and show it, this once; only its hash is kept."""
    inside.node(home)
    key = inside.work("accounts").key(handle, client=client)
    if json:
        say.data({"handle": handle, "client": client, "key": key})
        return
    say.line(key)
    say.error("Keep this key now: it is not shown again. Programs send it as: Authorization: Bearer KEY")


@token.command("revoke", epilog=ending.epilog())
@click.argument("handle")
@click.option("--client", required=True, help="The program whose keys stop working.")
@inside.at_home
def token_revoke(handle: str, client: str, home: Path) -> None:
    """Make the keys of a program stop working."""
    inside.node(home)
    number = inside.work("accounts").revoke(handle, client=client)
    say.line(f"{say.count(number, 'key')} of {client} will not be taken any more.")

"""`commonwatch user` and `commonwatch token`: ways in, for people and for programs."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from commonwatch.config.commands import ending, inside, say

F = TypeVar("F", bound=Callable[..., Any])


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


def _term(command: F) -> F:
    """Give a command the options of a term of office."""
    day = click.DateTime(formats=["%Y-%m-%d"])
    command = click.option("--until", type=day, help="The day (UTC) on which it ends; not included.")(command)
    command = click.option("--since", type=day, help="The day (UTC) on which it begins; without it, now.")(
        command
    )
    manner = click.Choice(["holder", "acting", "deputy"])
    return click.option("--manner", type=manner, default="holder", show_default=True, help="How it is held.")(
        command
    )


@user.command(
    "invite", epilog=ending.epilog("commonwatch user invite by-na-2 --party BY --office na-officer")
)
@click.argument("handle")
@click.option("--party", required=True, help="The party for which it acts, by its code in the pack.")
@click.option("--office", required=True, help="The office that it is given.")
@_term
@inside.at_home
def user_invite(handle: str, party: str, office: str, home: Path, **term: Any) -> None:
    """Invite somebody: print the code by which they open the account and choose a password, this once."""
    inside.node(home)
    people = inside.work("accounts")
    _code(people.invite(handle, party=party, office=office, term=people.Term(**term)))


@user.command("renew", epilog=ending.epilog())
@click.argument("handle")
@inside.at_home
def user_renew(handle: str, home: Path) -> None:
    """Help out who lost password or second factor: print a code by which both are set anew, this once.

    Using it ends their sessions and takes their second factors away.
    """
    inside.node(home)
    _code(inside.work("accounts").renew(handle))


def _code(code: str) -> None:
    say.line(code)
    say.error(
        "Give this code to the person yourself: it is not shown again. It serves once, within seven days, at /join/"
    )


def _ground(said: str, *, why: str) -> Callable[[F], F]:
    """Give a command the option of a ground, with what stands there when none is given."""
    return click.option("--ground", default=said, show_default=True, help=why)


@user.command("close", epilog=ending.epilog())
@click.argument("handle")
@_ground("Closed by the operator.", why="Why, for the security log.")
@inside.at_home
def user_close(handle: str, ground: str, home: Path) -> None:
    """Close an account: its sessions end, nobody signs in to it any more, and its keys stop working."""
    inside.node(home)
    inside.work("accounts").close(handle, ground=ground)
    say.line(f"{handle} is closed.")


@user.command("reopen", epilog=ending.epilog())
@click.argument("handle")
@_ground("Opened by the operator.", why="Why, for the security log.")
@inside.at_home
def user_reopen(handle: str, ground: str, home: Path) -> None:
    """Open a closed account again, with its password and second factor; its keys stay revoked."""
    inside.node(home)
    inside.work("accounts").reopen(handle, ground=ground)
    say.line(f"{handle} is open.")


@user.command("unlock", epilog=ending.epilog())
@click.argument("handle")
@inside.at_home
def user_unlock(handle: str, home: Path) -> None:
    """Let somebody try again at once, when others have guessed at the handle too often."""
    inside.node(home)
    inside.work("accounts").unlock(handle)
    say.line(f"{handle} may try again.")


@user.command("rekey", epilog=ending.epilog())
@inside.at_home
def user_rekey(home: Path) -> None:
    """Encrypt the secrets of all second factors under a new key. Stop the node before, and back it up after."""
    inside.node(home)
    number = inside.work("accounts").rekey()
    say.line(f"{say.count(number, 'secret')} encrypted anew.")


@user.group("office")
def user_office() -> None:
    """Give an account an office, or end one."""


@user_office.command(
    "give",
    epilog=ending.epilog(
        "commonwatch user office give by-na-1 --office duty --manner deputy --until 2027-01-08"
    ),
)
@click.argument("handle")
@click.option("--office", required=True, help="The office that it is given.")
@_term
@inside.at_home
def office_give(handle: str, office: str, home: Path, **term: Any) -> None:
    """Give an account another office, for a time or without an end."""
    inside.node(home)
    people = inside.work("accounts")
    people.give(handle, office=office, term=people.Term(**term))
    say.line(f"{handle} holds {office}.")


@user_office.command("end", epilog=ending.epilog())
@click.argument("handle")
@click.option("--office", required=True, help="The office that ends now.")
@_ground("Ended by the operator.", why="Why; it stands in the register.")
@inside.at_home
def office_end(handle: str, office: str, ground: str, home: Path) -> None:
    """End an office that an account holds; keys made for it stop working."""
    inside.node(home)
    inside.work("accounts").end(handle, office=office, ground=ground)
    say.line(f"{handle} holds {office} no more.")


@click.group()
def token() -> None:
    """Give programs a key. A program acts for the account whose key it has."""


@token.command(
    "add", epilog=ending.epilog("commonwatch token add by-na-1 --client hospital-register --days 90")
)
@click.argument("handle")
@click.option("--client", required=True, help="What to call the program in the entries that it writes.")
@click.option(
    "--office", default="", help="The office that it acts in; without it, the first that the account holds."
)
@click.option(
    "--scope",
    multiple=True,
    help="A mandate that it carries; may be repeated. Without it, all of the office.",
)
@click.option("--days", type=int, default=180, show_default=True, help="How many days it lasts.")
@inside.at_home
@inside.as_json
def token_add(  # noqa: PLR0913 - one for each option of the command
    handle: str, client: str, *, office: str, scope: tuple[str, ...], days: int, home: Path, json: bool
) -> None:
    """Make a key and show it, this once; only its hash is kept."""
    inside.node(home)
    key = inside.work("accounts").key(handle, client=client, office=office, scope=scope, days=days)
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

"""`commonwatch pack`: organisation packs, checked before they are used, and put in force."""

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from commonwatch.charter import pack as charter_pack
from commonwatch.config.commands import ending, inside, say


@click.group()
def pack() -> None:
    """Check an organisation pack, the folder of YAML files that describes an organisation; put it in force."""


@pack.command(
    "check",
    epilog=ending.epilog(
        "commonwatch pack check organisations/csto", codes=(ending.DONE, ending.REFUSED, ending.USAGE)
    ),
)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@inside.as_json
@click.pass_context
def pack_check(ctx: click.Context, folder: Path, *, json: bool) -> None:
    """Name everything that is wrong with the pack in FOLDER, by file and line, and what would be right."""
    faults = charter_pack.check(folder)
    if json:
        say.data({"faults": [msgspec.to_builtins(fault) for fault in faults]})
    else:
        for fault in faults:
            say.line(
                f"{folder / fault.file}:{fault.line}: {_where(fault.field)}{fault.says} {fault.fix}".rstrip()
            )
    if faults:
        say.error(f"{say.count(len(faults), 'fault')} in {folder}.")
        ctx.exit(ending.REFUSED)
    if not json:
        found = charter_pack.load(folder)
        parts = (
            say.count(len(found.parties), "party", "parties"),
            say.count(len(found.types), "information type"),
            say.count(len(found.offices), "office"),
        )
        say.line(f"{folder}: {found.organisation} {found.version} can be used ({', '.join(parts)}).")


def _where(field: str) -> str:
    return f"{field}: " if field else ""


@pack.command("adopt", epilog=ending.epilog("commonwatch pack adopt organisations/csto --as CRC/head"))
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--as", "as_", metavar="PARTY/OFFICE", required=True, help="Who adopts it.")
@inside.at_home
@click.option("--account", metavar="HANDLE", default="", help="Who proposes it, where it takes two persons.")
@click.option(
    "--password-stdin", is_flag=True, help="Read that person's password from standard input (its first line)."
)
@click.option("--yes", is_flag=True, help="Adopt it without asking.")
@inside.as_json
def pack_adopt(  # noqa: PLR0913 - one for each option of the command
    folder: Path, as_: str, home: Path, *, account: str, password_stdin: bool, yes: bool, json: bool
) -> None:
    """Say in words what the pack in FOLDER changes, and put it in force from the next start.

    Where a member comes or goes it takes two persons: one proposes it with --account, and a colleague whose office
    has the same mandate joins on the page “Two persons”; run the command again after that. Journals whose readers
    change are closed at the next start.
    """
    inside.node(home)
    work = inside.work("adopting")
    found = work.examine(folder.resolve())
    if not json:
        _tell(found, work)
    if not (yes or json):
        click.confirm("Adopt it?", abort=True)
    by = work.person(as_, account, _password(stdin=password_stdin)) if account else None
    done = work.adopt(as_, found, by=by)
    if json:
        say.data({"changes": found.codes, "closing": [each.origin for each in found.closing], **done})
    elif done["proposal"]:
        say.line(f"Proposed as {done['proposal']}. When a colleague has joined, run this command again.")
    else:
        say.line(f"Version {found.version} ({found.digest[:16]}) is in force. Restart the node.")


def _password(*, stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    said: str = click.prompt("Password", hide_input=True)
    return said


def _tell(found: Any, work: Any) -> None:
    """Say in words what an adoption changes, and which journals it closes."""
    say.line(f"Version {found.version}, digest {found.digest[:16]}")
    for change in found.changes:
        says, fields = work.says(change)
        say.line(f"  {say.filled(says, fields)}")
    if not found.changes:
        say.line("  It changes nothing that is compared.")
    for each in found.closing:
        parts = (("left", each.gone), ("joined", each.new))
        who = "; ".join(f"{', '.join(codes)} {word}" for word, codes in parts if codes)
        say.line(f"  The journal {each.origin} will close: {who or 'its audience has another name'}.")

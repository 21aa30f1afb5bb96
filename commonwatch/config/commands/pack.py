"""`commonwatch pack`: organisation packs, checked before they are used. Needs no node."""

from pathlib import Path

import click
import msgspec

from commonwatch.charter import pack as charter_pack
from commonwatch.config.commands import ending, inside, say


@click.group()
def pack() -> None:
    """Check an organisation pack: the folder of YAML files that describes an organisation."""


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

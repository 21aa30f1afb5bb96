"""`commonwatch audit`: what the product stands on, who looked at it last, and what has changed since."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import click

from commonwatch.config.commands import ending, inside, say

SOURCE = Path(__file__).resolve().parents[3]
PINS = SOURCE / "requirements.txt"
LIST = SOURCE / "docs" / "operating" / "dependencies.md"
LASTS = timedelta(days=90)


class Looked(NamedTuple):
    """What was looked at: a version, on a day, and what it is trusted with."""

    version: str
    on: date
    trusted: str


class Pin(NamedTuple):
    """What is pinned: a version, and what asks for it; empty when the product does itself."""

    version: str
    via: tuple[str, ...]


@click.command(
    epilog=ending.epilog("commonwatch audit", "commonwatch audit --looked lxml --looked cryptography")
)
@click.option(
    "--looked", multiple=True, metavar="NAME", help="Write down that NAME was looked at today; or “all”."
)
@inside.as_json
@click.pass_context
def audit(ctx: click.Context, looked: tuple[str, ...], *, json: bool) -> None:
    """Hold the pinned packages against the dated list in docs/operating/dependencies.md.

    It asks no network. Look for known faults with a tool of your own, such as pip-audit with requirements.txt, then
    write down with --looked what you looked at.
    """
    pinned, listed = pins(PINS.read_text()), looks(LIST.read_text())
    today = datetime.now(UTC).date()
    if looked:
        names = set(pinned) if "all" in looked else set(looked) & set(pinned)
        listed = looked_at(names, pinned, listed, today=today)
        LIST.write_text(written(LIST.read_text(), listed))
    found = findings(pinned, listed, today=today)
    if json:
        say.data({"packages": len(pinned), "found": found})
    else:
        for each in found:
            say.line(each)
        if not found:
            say.line(f"{say.count(len(pinned), 'package')}, each looked at in this version and lately.")
    ctx.exit(ending.REFUSED if found else ending.DONE)


def pins(text: str) -> dict[str, Pin]:
    """Read what requirements.txt pins, and what asks for it."""
    found: dict[str, Pin] = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        head = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", block)
        if head:
            via = re.findall(r"#\s+(?:via\s+)?([A-Za-z0-9._-]+)\s*$", block, re.MULTILINE)
            found[head[1].lower()] = Pin(head[2], tuple(each for each in via if each not in {"via", "-r"}))
    return found


def looks(text: str) -> dict[str, Looked]:
    """Read the table of the list."""
    rows = re.findall(r"^\| ([a-z0-9._-]+) \| (\S+) \| (\d{4}-\d\d-\d\d) \| (.*?) \|$", text, re.MULTILINE)
    return {name: Looked(version, date.fromisoformat(on), trusted) for name, version, on, trusted in rows}


def findings(pinned: Mapping[str, Pin], listed: Mapping[str, Looked], *, today: date) -> list[str]:
    """Say in a sentence each what is new, changed, gone, or was looked at too long ago."""
    found = []
    for name, pin in sorted(pinned.items()):
        look = listed.get(name)
        if look is None:
            found.append(f"{name} {pin.version} was never looked at.")
        elif look.version != pin.version:
            found.append(f"{name} is {pin.version}; looked at was {look.version}.")
        elif today - look.on > LASTS:
            found.append(f"{name} {pin.version} was looked at on {look.on}, more than {LASTS.days} days ago.")
    return [*found, *(f"{name} is listed and no longer used." for name in sorted(set(listed) - set(pinned)))]


def looked_at(
    names: set[str], pinned: Mapping[str, Pin], listed: Mapping[str, Looked], *, today: date
) -> dict[str, Looked]:
    """Return the list after these were looked at; what is used no longer falls out of it."""
    kept = {name: look for name, look in listed.items() if name in pinned}
    for name in names:
        via = [each for each in pinned[name].via if each in pinned]
        said = kept[name].trusted if name in kept else f"comes with {', '.join(via)}"
        kept[name] = Looked(pinned[name].version, today, said)
    return kept


def written(text: str, listed: Mapping[str, Looked]) -> str:
    """Return the page with its table written anew."""
    head, _rule, rest = text.partition("|---|---|---|---|\n")
    tail = re.sub(r"\A(?:\|.*\n)*", "", rest)
    rows = [
        f"| {name} | {look.version} | {look.on} | {look.trusted} |\n" for name, look in sorted(listed.items())
    ]
    return f"{head}|---|---|---|---|\n{''.join(rows)}{tail}"

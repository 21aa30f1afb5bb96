"""How commands speak: tables and progress for a person at a terminal, plain lines for everything else."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from commonwatch.errors import Refusal

MOST_PLACES = 20


def line(text: str) -> None:
    """Write one line of the answer."""
    click.echo(text)


def error(text: str) -> None:
    """Write one line for the person, beside the answer."""
    click.echo(text, err=True)


def refusal(refused: Refusal) -> None:
    """Say why something was refused, where, and what to do instead."""
    error(filled(refused.says, refused.fields))
    for place in places(refused):
        error(f"  {place}")
    hint = filled(refused.hint, refused.fields)
    if hint:
        error(hint)


def filled(says: str, fields: Mapping[str, Any]) -> str:
    """Fill the named places of a sentence, in the language of whoever works at this terminal."""
    spoken = _translate[0](says) if says else ""
    return spoken.format(**{name: _shown(value) for name, value in fields.items()})


_translate: list[Callable[[str], str]] = [str]


def translate_with(gettext: Callable[[str], str]) -> None:
    """Say refusals in the language that `gettext` speaks; until then in English."""
    _translate[:] = [gettext]


def _shown(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(each) for each in value)
    return value


def places(refused: Refusal) -> list[str]:
    """List the single places that a refusal names: fields, rows, reports of a batch."""
    found: list[str] = list(getattr(refused, "named", ()))
    for name in ("faults", "warnings"):
        found += [_place(each) for each in refused.fields.get(name, ())]
    for index, each in getattr(refused, "refusals", ()):
        inner = places(each) or [filled(each.says, each.fields)]
        found += [f"report {index + 1}: {place}" for place in inner]
    rest = len(found) - MOST_PLACES
    return found if rest <= 0 else [*found[:MOST_PLACES], f"and {rest} more"]


def _place(fault: Any) -> str:
    says = filled(fault.says, fault.fields)
    row = getattr(fault, "row", None)
    if row is not None:
        return f"row {row}, column {fault.column or '-'} ({fault.title}): {says}"
    name = getattr(fault, "field", "") or getattr(fault, "title", "")
    return f"{name}: {says}" if name else says


def data(answer: Any) -> None:
    """Write an answer for a script: one JSON document."""
    click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())


def one_line(answer: Any) -> None:
    """Write one of several answers for a script: one JSON document on one line."""
    click.echo(msgspec.json.encode(answer).decode())


def table(
    headings: Sequence[str], rows: Iterable[Sequence[Any]], *, right: frozenset[int] = frozenset()
) -> None:
    """Write a table: drawn at a terminal, else as lines parted by tabs. `right` names columns of figures."""
    console = Console(soft_wrap=False)
    if not console.is_terminal:
        for row in (headings, *rows):
            click.echo("\t".join(str(each) for each in row))
        return
    drawn = Table(header_style="bold", box=None, pad_edge=False)
    for at, heading in enumerate(headings):
        drawn.add_column(heading, justify="right" if at in right else "left")
    for row in rows:
        drawn.add_row(*(str(each) for each in row))
    console.print(drawn)


@contextmanager
def progress(what: str, *, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show how far something long has come; yields what is told the count so far. Silent without a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(what, total=total)
        yield lambda count: bars.update(task, completed=count)


def count(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun: 1 entry, 2,000 entries."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"

"""What a sheet is asked for and what it answers: columns in, rows, faults and notes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["integer", "decimal", "text", "code", "codes", "yes_no", "date", "instant"]
Value = int | str | bool | list[str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column that a sheet may hold.

    `title` and `unit` are in the reader's language; `choices` are (code, name in that language). `aliases`
    are other headings under which the column is known. `minimum` and `maximum` bound figures, `max_length`
    bounds texts in characters.
    """

    code: str
    title: str
    kind: Kind
    required: bool = False
    unit: str = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    max_length: int = 2000
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in one place.

    `row` is the row's number as the spreadsheet shows it, `column` its letter, `title` the heading of the
    column. `says` is a whole English sentence with named places, to be translated and filled from `fields`;
    `found` is what stood there, shortened.
    """

    row: int | None
    column: str | None
    title: str
    says: str
    found: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """Give the sentence in English."""
        return self.says.format(**self.fields)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the sender should know and that stops nothing; `says` and `fields` as in `Fault`."""

    says: str
    fields: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """Give the sentence in English."""
        return self.says.format(**self.fields)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the spreadsheet and the values that could be read, by column code.

    Figures are whole numbers or decimal strings, days are ISO 8601, instants RFC 3339 in UTC. A cell left
    empty, or one with a fault, has no key.
    """

    number: int
    values: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that was read. `faults` lists at most 500 and `unlisted` counts those beyond."""

    rows: list[Row]
    faults: list[Fault]
    notes: list[Note]
    unlisted: int = 0

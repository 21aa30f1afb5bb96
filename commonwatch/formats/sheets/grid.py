"""Cells as they stand in a file, before anybody says what they mean, and the letters of columns."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

MOST_BYTES = 20 * 1024 * 1024
MOST_COLUMNS = 4096
MOST_CHARACTERS = 32767  # a cell of a spreadsheet program holds no more
HEADING_ROWS = 30

_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class Cell(NamedTuple):
    """One cell that is not empty.

    Kinds: `text`; `number` (text as XML has it); `serial` (a number shown as a day or time); `percent` (a
    number shown as a percentage); `yes_no` ("1" or "0"); `error` (such as "#N/A"); `formula` (without a
    saved value).
    """

    kind: Literal["text", "number", "serial", "percent", "yes_no", "error", "formula"]
    text: str


# Takes a row's number (from 1) and its cells by column number (from 1).
Taker = Callable[[int, dict[int, Cell]], None]


@dataclass(frozen=True, slots=True)
class Span:
    """A rectangle of merged cells; rows and columns from 1, both ends within."""

    text: str
    top: int
    left: int
    bottom: int
    right: int


def letters(column: int) -> str:
    """Give the letters of a column number: 1 is "A", 27 is "AA"."""
    said = ""
    while column:
        column, rest = divmod(column - 1, 26)
        said = chr(65 + rest) + said
    return said


def number(of: str) -> int:
    """Give the number of a column's letters: "A" is 1."""
    total = 0
    for letter in of:
        total = total * 26 + ord(letter) - 64
    return total


def place(reference: str) -> tuple[int, int]:
    """Read "C5" as (row 5, column 3).

    :raises ValueError: when it is no cell of a spreadsheet.
    """
    found = _PLACE.fullmatch(reference)
    if not found or number(found[1]) > 16384 or not 0 < int(found[2]) <= 1048576:
        raise ValueError(reference)
    return int(found[2]), number(found[1])


def span(reference: str) -> Span:
    """Read "A1:C3" as a rectangle.

    :raises ValueError: when it is none.
    """
    first, _, last = reference.partition(":")
    (top, left), (bottom, right) = place(first), place(last or first)
    return Span(reference, top, left, bottom, right)

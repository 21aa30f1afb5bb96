"""What a cell means for the column in which it stands: cells → figures, texts, codes, days, instants."""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from commonwatch.errors import _
from commonwatch.formats.sheets import moments
from commonwatch.formats.sheets.figures import (
    TOO_LARGE,
    Unfit,
    Usage,
    decimal_text,
    figure,
    stored,
)
from commonwatch.formats.sheets.grid import MOST_CHARACTERS, Cell
from commonwatch.formats.sheets.model import Column, Value

NOT_WHOLE = _("A whole number is wanted here.")
TOO_EXACT = _("The number has more than {most} digits.")
BELOW = _("The least that is allowed is {minimum}.")
ABOVE = _("The most that is allowed is {maximum}.")
TOO_LONG = _("The text is longer than {most} characters.")
UNSEEN = _("The text holds a control character, which cannot be kept.")
NOT_A_CODE = _("This is none of the values allowed here: {allowed}.")
TWO_CODES = _("This name stands for several values: {codes}. Write the code.")
NOT_YES_NO = _("Write yes or no.")
ERROR_CELL = _("The cell shows an error of its formula.")
NO_SAVED_VALUE = _(
    "The formula has no saved value. Open the sheet, let it calculate, and save it with values."
)

LARGEST, SMALLEST = 2**63 - 1, -(2**63)
MOST_DIGITS = 28

_YES = frozenset(("yes", "true", "1", "да", "истина"))
_NO = frozenset(("no", "false", "0", "нет", "ложь"))
_DIGITS = re.compile("[0-9]{1,18}")
_LISTED = 12


def plain(said: str) -> str:
    """Give a text as it is compared: one kind of space, one case, ё as е."""
    return " ".join(unicodedata.normalize("NFKC", said).casefold().replace("ё", "е").split())


def value(cell: Cell, column: Column, how: Usage) -> Value | None:
    """Give the value that a cell means under a column; None when it says nothing.

    :raises Unfit: saying what is wrong.
    """
    if cell.kind == "error":
        raise Unfit(ERROR_CELL)
    if cell.kind == "formula":
        raise Unfit(NO_SAVED_VALUE)
    if len(cell.text) > MOST_CHARACTERS:
        raise Unfit(TOO_LONG, most=min(column.max_length, MOST_CHARACTERS))
    return _READERS[column.kind](cell, column, how)


def shown(cell: Cell, how: Usage) -> str:
    """Give a cell as a reader of the sheet would see it.

    :raises Unfit: when a number or day in it is none.
    """
    if cell.kind == "number":
        return decimal_text(stored(cell.text))
    if cell.kind == "percent":
        return decimal_text(stored(cell.text) * 100) + "%"
    if cell.kind == "serial":
        moment = moments.moment_of(cell.text, how)
        return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat(" ")
    if cell.kind == "yes_no":
        return "TRUE" if cell.text == "1" else "FALSE"
    return cell.text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _check_range(number: Decimal, column: Column) -> None:
    if not SMALLEST <= number <= LARGEST:
        raise Unfit(TOO_LARGE)
    if column.minimum is not None and number < column.minimum:
        raise Unfit(BELOW, minimum=column.minimum)
    if column.maximum is not None and number > column.maximum:
        raise Unfit(ABOVE, maximum=column.maximum)


def _integer(cell: Cell, column: Column, how: Usage) -> int:
    number = figure(cell, how)
    if number != number.to_integral_value():
        raise Unfit(NOT_WHOLE)
    _check_range(number, column)
    return int(number)


def _decimal(cell: Cell, column: Column, how: Usage) -> str:
    number = figure(cell, how)
    said = decimal_text(number)
    _check_range(number, column)
    if sum(char.isdigit() for char in said) > MOST_DIGITS:
        raise Unfit(TOO_EXACT, most=MOST_DIGITS)
    return said


def _text(cell: Cell, column: Column, how: Usage) -> str | None:
    said = shown(cell, how)
    most = min(column.max_length, MOST_CHARACTERS)
    if len(said) > most:
        raise Unfit(TOO_LONG, most=most)
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in said):
        raise Unfit(UNSEEN)
    return said or None


def _code(cell: Cell, column: Column, how: Usage) -> str:
    return _chosen(shown(cell, how), column)


def _chosen(said: str, column: Column) -> str:
    """Find a choice by its code, its name, or "code — name" as the template's lists write it."""
    if said in dict(column.choices):
        return said
    wanted = plain(said)
    for code, _name in column.choices:
        if plain(code) == wanted:
            return code
    named = [code for code, name in column.choices if plain(name) == wanted]
    if len(named) > 1:
        raise Unfit(TWO_CODES, codes=", ".join(named))
    # A list in another language still begins with the code; a spreadsheet takes the zeros off "01".
    head = wanted.partition(" — ")[0]
    again = named or [
        code for code, _name in column.choices if plain(code) == head or _same_number(code, head)
    ]
    if len(again) != 1:
        raise Unfit(NOT_A_CODE, allowed=_allowed(column))
    return again[0]


def _same_number(code: str, said: str) -> bool:
    return bool(_DIGITS.fullmatch(code) and _DIGITS.fullmatch(said)) and int(code) == int(said)


def _allowed(column: Column) -> str:
    first = [f"{code} ({name})" if name != code else code for code, name in column.choices[:_LISTED]]
    return ", ".join(first) + (", …" if len(column.choices) > _LISTED else "")


def _codes(cell: Cell, column: Column, how: Usage) -> list[str] | None:
    found: list[str] = []
    for piece in filter(str.strip, re.split("[;\n|]", shown(cell, how))):
        try:
            found.append(_chosen(piece, column))
        except Unfit:
            if "," not in piece:
                raise
            found.extend(_chosen(part, column) for part in piece.split(",") if part.strip())
    return list(dict.fromkeys(found)) or None


def _yes_no(cell: Cell, _column: Column, how: Usage) -> bool:
    said = plain(shown(cell, how))
    if said in _YES:
        return True
    if said in _NO:
        return False
    raise Unfit(NOT_YES_NO)


def _date(cell: Cell, _column: Column, how: Usage) -> str:
    return moments.day(cell, how).isoformat()


def _instant(cell: Cell, _column: Column, how: Usage) -> str:
    return moments.instant(cell, how).isoformat().replace("+00:00", "Z")


_READERS: dict[str, Callable[[Cell, Column, Usage], Value | None]] = {
    "integer": _integer,
    "decimal": _decimal,
    "text": _text,
    "code": _code,
    "codes": _codes,
    "yes_no": _yes_no,
    "date": _date,
    "instant": _instant,
}

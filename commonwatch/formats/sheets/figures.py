"""Figures: exact numbers from cells, whether a program stored them or a person wrote them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from commonwatch.errors import _
from commonwatch.formats.sheets.grid import Cell

NOT_A_FIGURE = _("This is not a number.")
UNCLEAR_MARK = _("This can be read as {whole} or as {fraction}. Write it without a separator of thousands.")
DIGITS_LOST = _("The number is in scientific notation, so digits may be lost. Write it out in full.")
LONG_NUMBER = _("A spreadsheet keeps 15 digits of a number. Format the cell as text and write it anew.")
TOO_LARGE = _("The number is larger than can be kept.")
PERCENTAGE = _(
    "The cell is shown as a percentage. Format it as a number, and write the number that is meant."
)
DAY_NOT_FIGURE = _("A number is wanted here, and this is a day or time.")

STORED = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?")
_SPACES = " \u00a0\u2007\u2009\u202f'’"
_GROUPED = re.compile(rf"[0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}})+(?=$|[.,])")
_WRITTEN = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[0-9]+(?:[.,][0-9]{3})*?)(?:(?P<mark>[.,])(?P<part>[0-9]+))?"
)
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:(?:,[0-9]{3})+|(?:\.[0-9]{3})+)")
_UNCLEAR = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_LARGEST_POWER = 40


class Unfit(ValueError):  # noqa: N818 - a state of the cell, told to a person
    """A cell that does not fit its column: a sentence with named places, and what fills them."""

    def __init__(self, says: str, **fields: object) -> None:
        super().__init__(says)
        self.says, self.fields = says, fields


@dataclass(frozen=True, slots=True)
class Usage:
    """How a file writes: what a comma in a figure means ("" when nothing tells), from when days count."""

    comma: Literal["decimal", "thousands", ""] = ""
    epoch_1904: bool = False


def usage(texts: Iterable[str], *, epoch_1904: bool = False) -> Usage:
    """Find out from all the figures that a file writes as text what a comma means in it.

    Only figures that can be read in one way count: 12,5 and 1 234,567 show a decimal comma; 1,234,567 and
    12.5 do not.
    """
    decimal = thousands = 0
    for said in texts:
        bare = _compact(said).lstrip("+-")
        found = _WRITTEN.fullmatch(bare)
        if _THOUSANDS.fullmatch(bare) and len(re.findall("[.,]", bare)) > 1:
            thousands += "," in bare
            decimal += "." in bare
        elif found and found["mark"] and not _UNCLEAR.fullmatch(bare):
            decimal += found["mark"] == ","
            thousands += found["mark"] == "."
    comma: Literal["decimal", "thousands", ""] = ""
    if bool(decimal) != bool(thousands):
        comma = "decimal" if decimal else "thousands"
    return Usage(comma, epoch_1904)


def figure(cell: Cell, how: Usage) -> Decimal:
    """Give the exact number in a cell.

    Numbers that a program computed (more than 15 digits) are rounded to the 15 that a spreadsheet shows.

    :raises Unfit: saying what is wrong.
    """
    if cell.kind == "percent":
        raise Unfit(PERCENTAGE)
    if cell.kind == "serial":
        raise Unfit(DAY_NOT_FIGURE)
    if cell.kind == "yes_no":
        raise Unfit(NOT_A_FIGURE)
    return stored(cell.text) if cell.kind == "number" else _written(cell.text, how)


def stored(said: str) -> Decimal:
    """Read a number as the XML of a workbook has it.

    :raises Unfit: when it is none, beyond all measure, or a whole number of which a spreadsheet lost digits.
    """
    if not STORED.fullmatch(said):
        raise Unfit(NOT_A_FIGURE)
    number = _measured(Decimal(said))
    if len(number.normalize().as_tuple().digits) <= 15:
        return number
    if abs(number) >= 10**15:
        raise Unfit(LONG_NUMBER)
    return Decimal(format(float(said), ".15g"))


def _measured(number: Decimal) -> Decimal:
    if abs(number.adjusted()) > _LARGEST_POWER and number:
        raise Unfit(TOO_LARGE)
    return number or Decimal(0)


def _compact(said: str) -> str:
    """Take out the spaces that part the thousands of a figure; leave alone what is parted otherwise."""
    compact = said.strip().replace("\u2212", "-")
    groups = _GROUPED.search(compact)
    if not groups or compact[: groups.start()].strip() not in ("", "+", "-"):
        return compact
    digits = re.sub(f"[{_SPACES}]", "", groups[0])
    return compact[: groups.start()].strip() + digits + compact[groups.end() :]


def _written(said: str, how: Usage) -> Decimal:
    """Read a number as a person writes it."""
    compact = _compact(said)
    found = _WRITTEN.fullmatch(compact)
    if not found:
        raise Unfit(DIGITS_LOST if re.fullmatch("[+-]?[0-9.,]+[eE][+-]?[0-9]+", compact) else NOT_A_FIGURE)
    sign, bare = found["sign"], compact.lstrip("+-")
    if _UNCLEAR.fullmatch(bare):
        return _unclear(sign, bare, how)
    if len(re.findall("[.,]", bare)) > 1 and _THOUSANDS.fullmatch(bare):
        return _measured(Decimal(sign + re.sub("[.,]", "", bare)))
    whole = found["whole"]
    if not whole.isdigit() and (not _THOUSANDS.fullmatch(whole) or found["mark"] in whole):
        raise Unfit(NOT_A_FIGURE)
    return _measured(Decimal(f"{sign}{re.sub('[.,]', '', whole)}.{found['part'] or 0}"))


def _unclear(sign: str, bare: str, how: Usage) -> Decimal:
    """Read 1,234 or 1.234 as the rest of the file writes; refuse where nothing tells."""
    fraction, whole = Decimal(sign + bare.replace(",", ".")), Decimal(sign + re.sub("[.,]", "", bare))
    if "," in bare and how.comma:
        return fraction if how.comma == "decimal" else whole
    if "." in bare and how.comma != "decimal":
        return fraction
    raise Unfit(UNCLEAR_MARK, whole=decimal_text(whole), fraction=decimal_text(fraction))


def decimal_text(number: Decimal) -> str:
    """Write a number as a decimal string: no exponent, no zeros at the end, no "-0"."""
    said = format(number, "f")
    if "." in said:
        said = said.rstrip("0").rstrip(".")
    return "0" if said in ("-0", "") else said

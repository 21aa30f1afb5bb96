"""Which column of a file is which: headings wherever they stand, in any order, by title, code or alias."""

import re
from collections.abc import Iterable, Mapping, Sequence

from commonwatch.formats.sheets.grid import Cell
from commonwatch.formats.sheets.model import Column
from commonwatch.formats.sheets.values import plain

_MARKS = re.compile(r"[\s*:]+$")


def heading(column: Column) -> str:
    """Give the heading that the template writes: title, unit, and an asterisk where an answer is required."""
    unit = f", {column.unit}" if column.unit else ""
    return f"{column.title}{unit}{' *' if column.required else ''}"


class Headings:
    """The names under which the columns asked for may stand."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._by_name: dict[str, Column] = {}
        for names in (self._codes, self._titles, self._aliases):
            for column in columns:
                for name in names(column):
                    self._by_name.setdefault(_bare(name), column)

    @staticmethod
    def _codes(column: Column) -> Iterable[str]:
        return (column.code,)

    @staticmethod
    def _titles(column: Column) -> Iterable[str]:
        return (column.title, heading(column), f"{column.title} ({column.unit})")

    @staticmethod
    def _aliases(column: Column) -> Iterable[str]:
        return column.aliases

    def known(self, said: str) -> Column | None:
        """Give the column of that heading; None when there is none."""
        return self._by_name.get(_bare(said)) if len(said) < 500 else None

    def score(self, record: Iterable[str]) -> int:
        """Count how many different columns a line names."""
        return len({column.code for said in record if (column := self.known(said))})

    def places(self, cells: Mapping[int, Cell]) -> dict[int, Column]:
        """Give the columns that a row of cells names, by column number."""
        found = ((at, self.known(cell.text)) for at, cell in cells.items() if cell.kind == "text")
        return {at: column for at, column in found if column}


def _bare(said: str) -> str:
    return plain(_MARKS.sub("", said))

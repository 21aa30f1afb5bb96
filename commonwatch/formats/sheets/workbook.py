"""Workbooks (.xlsx): the archive's parts → cells as they stand.

The parts are read here and not through openpyxl because what must be told apart is lost there: a formula
without a saved value from an empty cell, a merged range in a long sheet, the digits that stand in the file
from those of a float.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from commonwatch.formats.sheets import refusals
from commonwatch.formats.sheets.grid import MOST_CHARACTERS, MOST_COLUMNS, Cell, Span, Taker, place, span
from commonwatch.formats.sheets.package import Package

# ECMA-376 part 1, 18.8.30: the numbers of built-in formats that show days and times, and percentages.
_DAYS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_PERCENTS = frozenset((9, 10))
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|_.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_MOST_SHEETS = 64
Shown = Literal["number", "serial", "percent"]
_KINDS: dict[str, Literal["yes_no", "error", "text"]] = {
    "b": "yes_no",
    "e": "error",
    "d": "text",
    "str": "text",
    "inlineStr": "text",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """One sheet of a workbook: its name, where its part lies, and whether it is hidden."""

    name: str
    part: str
    hidden: bool


@dataclass(slots=True)
class Seen:
    """What was met beside the cells: merged ranges, hidden rows with content, formulas with saved values."""

    merged: list[Span] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    formulas: int = 0
    epoch_1904: bool = False


class Workbook:
    """An opened workbook: its tabs, and the cells of each on demand."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self.epoch_1904 = False
        self.tabs: list[Tab] = []
        roots = package.relations("").values()
        main = next((path for kind, path in roots if kind == "officeDocument"), "xl/workbook.xml")
        self._relations = package.relations(main)
        self._read_tabs(main)
        self._shown_as = self._read_styles()
        self._strings = self._read_strings()

    def _read_tabs(self, main: str) -> None:
        named: list[tuple[str, str, bool]] = []

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "workbookPr":
                self.epoch_1904 = given.get("date1904") in ("1", "true")
            elif tag == "sheet":
                link = next((said for key, said in given.items() if key.endswith(" id")), "")
                named.append((given["name"], link, given.get("state", "visible") != "visible"))

        self._package.events(main, start=start, end=_nothing, text=_nothing)
        for name, link, hidden in named[:_MOST_SHEETS]:
            kind, part = self._relations.get(link, ("", ""))
            if kind == "worksheet":
                self.tabs.append(Tab(name, part, hidden))

    def _part(self, kind: str) -> str | None:
        return next(
            (path for of, path in self._relations.values() if of == kind and path in self._package), None
        )

    def _read_styles(self) -> list[Shown]:
        """Give, for each cell style, how it shows a number."""
        part = self._part("styles")
        if part is None:
            return []
        own: dict[str, str] = {}
        shown: list[Shown] = []
        within: list[str] = []

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "numFmt":
                own[given["numFmtId"]] = given["formatCode"][:1000]
            elif tag == "xf" and within[-1] == "cellXfs":
                number = given.get("numFmtId", "0")
                shown.append(_shown_as(number, own.get(number)))
            within.append(tag)

        self._package.events(part, start=start, end=lambda _tag: _drop(within), text=_nothing)
        return shown

    def _read_strings(self) -> list[str]:
        part = self._part("sharedStrings")
        if part is None:
            return []
        strings: list[str] = []
        collector = _Collector()

        def start(tag: str, _given: dict[str, str]) -> None:
            collector.start(tag)

        def end(tag: str) -> None:
            collector.end(tag)
            if tag == "si":
                strings.append(collector.taken())

        self._package.events(part, start=start, end=end, text=collector.text)
        return strings

    def deliver(self, tab: Tab, take: Taker) -> Seen:
        """Hand every row of a tab that is not empty to `take`, and tell what was met beside the cells.

        `take` may stop the reading by raising. What the sheet says of its own dimensions is not believed.

        :raises TooManyColumns: naming the row.
        """
        reader = _Rows(take, self._strings, self._shown_as, self._package.filename)
        self._package.events(tab.part, start=reader.start, end=reader.end, text=reader.text)
        reader.seen.epoch_1904 = self.epoch_1904
        return reader.seen


class _Collector:
    """The text of a string item: its runs joined, reading aids left out, cut at what a cell may hold."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._in_text = False
        self._aid = 0

    def start(self, tag: str) -> None:
        self._in_text = tag == "t" and not self._aid
        self._aid += tag == "rPh"

    def end(self, tag: str) -> None:
        self._in_text = False
        self._aid -= tag == "rPh"

    def text(self, said: str) -> None:
        if self._in_text and self._length <= MOST_CHARACTERS:
            self._pieces.append(said[: MOST_CHARACTERS + 1])
            self._length += len(said)

    def taken(self) -> str:
        said = "".join(self._pieces)
        self._pieces, self._length = [], 0
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), said)


class _Rows:
    """Puts the cells of a sheet's rows together as the XML goes by."""

    def __init__(self, take: Taker, strings: list[str], shown_as: list[Shown], filename: str) -> None:
        self.seen = Seen()
        self._take, self._strings, self._shown_as, self._filename = take, strings, shown_as, filename
        self._row = self._column = 0
        self._hidden = False
        self._cells: dict[int, Cell] = {}
        self._type, self._style = "n", 0
        self._value: list[str] | None = None
        self._within = ""
        self._formula = False
        self._inline = _Collector()

    def start(self, tag: str, given: dict[str, str]) -> None:
        self._within = tag
        if tag == "c":
            self._start_cell(given)
        elif tag == "row":
            self._start_row(given)
        elif tag == "f":
            self._formula = True
        elif tag == "v":
            self._value = []
        elif tag == "mergeCell" and len(self.seen.merged) < 10_000:
            self.seen.merged.append(span(given["ref"]))
        else:
            self._inline.start(tag)

    def _start_row(self, given: dict[str, str]) -> None:
        row = int(given["r"]) if "r" in given else self._row + 1
        if not self._row < row <= 1048576:
            raise ValueError(row)
        self._row, self._column, self._cells = row, 0, {}
        self._hidden = given.get("hidden") in ("1", "true")

    def _start_cell(self, given: dict[str, str]) -> None:
        self._column = place(given["r"])[1] if "r" in given else self._column + 1
        self._type, self._style = given.get("t", "n"), int(given.get("s", "0"))
        self._value, self._formula = None, False
        self._inline.taken()

    def text(self, said: str) -> None:
        if self._within == "v" and self._value is not None:
            self._value.append(said)
        else:
            self._inline.text(said)

    def end(self, tag: str) -> None:
        self._within = ""
        if tag == "c":
            self._end_cell()
        elif tag == "row":
            self._end_row()
        else:
            self._inline.end(tag)

    def _end_cell(self) -> None:
        cell = self._cell()
        if cell is None:
            return
        if self._column > MOST_COLUMNS:
            raise refusals.TooManyColumns(filename=self._filename, row=self._row, most=MOST_COLUMNS)
        self.seen.formulas += self._formula and cell.kind != "formula"
        self._cells[self._column] = cell

    def _cell(self) -> Cell | None:
        """Give the cell just ended; None when it holds nothing to be seen."""
        stored = "".join(self._value or ())[: MOST_CHARACTERS + 1]
        said = self._inline.taken() if self._type == "inlineStr" else stored
        if not said or said.isspace():
            # A saved empty text is a value; a formula with nothing saved was never calculated.
            uncalculated = self._formula and not (self._type == "str" and self._value is not None)
            return Cell("formula", "") if uncalculated else None
        if self._type == "s":
            said = self._strings[_index(said)]
            return Cell("text", said) if said and not said.isspace() else None
        if self._type == "n":
            return Cell(self._number_kind(), said.strip())
        if self._type == "str":
            said = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), said)
        return Cell(_KINDS[self._type], said)

    def _number_kind(self) -> Shown:
        return self._shown_as[self._style] if 0 <= self._style < len(self._shown_as) else "number"

    def _end_row(self) -> None:
        if self._cells:
            if self._hidden:
                self.seen.hidden.add(self._row)
            self._take(self._row, self._cells)


def _index(said: str) -> int:
    at = int(said)
    if at < 0:
        raise IndexError(at)
    return at


def _shown_as(number: str, code: str | None) -> Shown:
    """Say how a number format shows a number: as a day or time ("serial"), as "percent", or as "number"."""
    if code is None:
        known = int(number)
        return "serial" if known in _DAYS else "percent" if known in _PERCENTS else "number"
    bare = _NOT_SHOWN.sub("", code.split(";")[0])
    if "%" in bare:
        return "percent"
    return "serial" if re.search("[ymdhs]", bare.replace("General", ""), re.IGNORECASE) else "number"


def _drop(stack: list[str]) -> None:
    stack.pop()


def _nothing(_said: str) -> None:
    """Leave out what the reader has no use for."""


def visible_first(workbook: Workbook) -> Iterator[Tab]:
    """Give the tabs of a workbook, those that a person sees before the hidden ones."""
    yield from (tab for tab in workbook.tabs if not tab.hidden)
    yield from (tab for tab in workbook.tabs if tab.hidden)

"""Sheets in: bytes → rows of plain values, with every fault named by row and column in one pass."""

from collections.abc import Sequence
from contextlib import suppress

from commonwatch.errors import _
from commonwatch.formats.sheets import container, delimited, refusals
from commonwatch.formats.sheets.figures import Unfit, Usage, usage
from commonwatch.formats.sheets.grid import HEADING_ROWS, Cell, Span, letters
from commonwatch.formats.sheets.headings import Headings, heading
from commonwatch.formats.sheets.model import Column, Fault, Note, Row, Sheet, Value
from commonwatch.formats.sheets.package import Package
from commonwatch.formats.sheets.values import value
from commonwatch.formats.sheets.workbook import Seen, Tab, Workbook, visible_first

MOST_FAULTS = 500
CODES_SHEET = "#codes"  # what stands in A1 of the template's sheet of codes, which holds no reports

MISSING_COLUMN = _("The column {title} is missing.")
MISSING_VALUE = _("An answer is required here.")
TWICE = _("Two columns hold {title}: {first} and {second}. Leave one.")
MERGED = _("The cells {range} are merged. Divide them, and write a value into each.")
EXTRA_COLUMN = _("Column {column} ({found}) is not asked for and was left out.")
HIDDEN_ROWS = _("{count} hidden rows were read as well.")
FORMULAS = _("{count} formulas were read by the values saved with the file.")
DECIMAL_COMMA = _("Commas in figures were read as decimal commas.")
THOUSANDS_COMMA = _("Commas in figures were read as separators of thousands.")
OTHER_SHEETS = _("Of the workbook the sheet {sheet} was read.")
DAYS_FROM_1904 = _("Days were counted from 1904, as the workbook says.")
WORKBOOK = _("a workbook")


class _EnoughError(Exception):
    """The top of a sheet has been seen."""


class _Top:
    """The first rows of a sheet, among which its headings stand."""

    def __init__(self, headings: Headings) -> None:
        self._headings = headings
        self._seen = 0
        self.first = ""
        self.row = 0
        self.places: dict[int, Column] = {}
        self.headed: dict[int, Cell] = {}

    def take(self, row: int, cells: dict[int, Cell]) -> None:
        """Look at a row; the one that names most columns is the row of headings, the first of equals."""
        if not self._seen:
            self.first = cells[min(cells)].text
        self._seen += 1
        places = self._headings.places(cells)
        if self._score(places) > self._score(self.places):
            self.row, self.places, self.headed = row, places, cells
        if self._seen >= HEADING_ROWS:
            raise _EnoughError

    @staticmethod
    def _score(places: dict[int, Column]) -> int:
        return len({column.code for column in places.values()})

    def score(self) -> int:
        """Say how many columns were found."""
        return 0 if self.first == CODES_SHEET else self._score(self.places)


class _Intake:
    """Keeps, of the rows under the headings, the cells that are asked for."""

    def __init__(self, top: _Top, *, most: int, filename: str) -> None:
        self._top, self._most, self._filename = top, most, filename
        self.rows: list[tuple[int, dict[int, Cell]]] = []

    def take(self, row: int, cells: dict[int, Cell]) -> None:
        """Keep a row; the row of codes under the template's headings belongs to these."""
        if row <= self._top.row or (not self.rows and self._repeats(cells)):
            return
        kept = {at: cell for at, cell in cells.items() if at in self._top.places}
        if kept:
            self.rows.append((row, kept))
        if len(self.rows) > self._most:
            raise refusals.TooManyRows(filename=self._filename, most=self._most)

    def _repeats(self, cells: dict[int, Cell]) -> bool:
        places = self._top.places
        return all(cells.get(at, Cell("text", "")).text == column.code for at, column in places.items())


class _Faults:
    """Collects faults up to what a person can read, and counts the rest."""

    def __init__(self) -> None:
        self.listed: list[Fault] = []
        self.unlisted = 0

    def add(self, fault: Fault) -> None:
        if len(self.listed) < MOST_FAULTS:
            self.listed.append(fault)
        else:
            self.unlisted += 1


def read(data: bytes, *, filename: str, columns: Sequence[Column], limit_rows: int = 20000) -> Sheet:
    """Read a workbook (.xlsx) or a text with separators into rows of plain values.

    Every cell that does not fit is a fault with its row and column; what else should be known is a note.
    Whether a sheet with faults is taken at all is for the caller to say. A time that names no zone is one
    in UTC.

    :raises SheetRefused: when the file as a whole cannot be read.
    """
    package = container.opened(data, filename=filename)
    headings = Headings(columns)
    if package is None:
        return _read_text(data, filename=filename, columns=columns, headings=headings, limit_rows=limit_rows)
    return _read_workbook(package, columns=columns, headings=headings, limit_rows=limit_rows)


def _read_text(
    data: bytes, *, filename: str, columns: Sequence[Column], headings: Headings, limit_rows: int
) -> Sheet:
    text, encoding = delimited.text_of(data, filename=filename)
    separator, text = delimited.separated(text, score=headings.score)
    note = delimited.read_as(encoding, separator)
    top = _Top(headings)
    with suppress(_EnoughError):
        delimited.deliver(text, separator, filename=filename, take=top.take)
    if not top.score():
        how = f"{encoding}, {delimited.SEPARATORS[separator]}"
        raise _no_headings(columns, filename=filename, how=how)
    intake = _Intake(top, most=limit_rows, filename=filename)
    delimited.deliver(text, separator, filename=filename, take=intake.take)
    return _sheet(top, intake, Seen(), columns=columns, notes=[note])


def _read_workbook(
    package: Package, *, columns: Sequence[Column], headings: Headings, limit_rows: int
) -> Sheet:
    book = Workbook(package)
    tops = _tops(book, headings)
    tab, top = _table(tops, columns=columns, filename=package.filename)
    intake = _Intake(top, most=limit_rows, filename=package.filename)
    seen = book.deliver(tab, intake.take)
    others = any(other is not tab and beside.first not in ("", CODES_SHEET) for other, beside in tops)
    notes = [Note(OTHER_SHEETS, {"sheet": tab.name})] if others else []
    notes += _workbook_notes(seen, hidden=sum(1 for row, _cells in intake.rows if row in seen.hidden))
    return _sheet(top, intake, seen, columns=columns, notes=notes)


def _tops(book: Workbook, headings: Headings) -> list[tuple[Tab, _Top]]:
    """Look at the top of every sheet of a workbook."""
    found: list[tuple[Tab, _Top]] = []
    for tab in visible_first(book):
        top = _Top(headings)
        with suppress(_EnoughError):
            book.deliver(tab, top.take)
        found.append((tab, top))
    return found


def _table(found: list[tuple[Tab, _Top]], *, columns: Sequence[Column], filename: str) -> tuple[Tab, _Top]:
    """Find the one sheet of a workbook that holds the table.

    :raises HeadingsNotFound: when none does.
    :raises SeveralTables: when several do equally, so that none is left out unseen.
    """
    best = max((top.score() for _tab, top in found), default=0)
    if not best:
        raise _no_headings(columns, filename=filename, how=WORKBOOK)
    equals = [(tab, top) for tab, top in found if top.score() == best]
    visible = [(tab, top) for tab, top in equals if not tab.hidden] or equals
    if len(visible) > 1:
        raise refusals.SeveralTables(filename=filename, sheets=", ".join(tab.name for tab, _top in visible))
    return visible[0]


def _no_headings(columns: Sequence[Column], *, filename: str, how: str) -> refusals.HeadingsNotFound:
    wanted = "; ".join(heading(column) for column in columns)
    return refusals.HeadingsNotFound(filename=filename, how=how, wanted=wanted)


def _workbook_notes(seen: Seen, *, hidden: int) -> list[Note]:
    notes = []
    if hidden:
        notes.append(Note(HIDDEN_ROWS, {"count": hidden}))
    if seen.formulas:
        notes.append(Note(FORMULAS, {"count": seen.formulas}))
    if seen.epoch_1904:
        notes.append(Note(DAYS_FROM_1904))
    return notes


def _sheet(top: _Top, intake: _Intake, seen: Seen, *, columns: Sequence[Column], notes: list[Note]) -> Sheet:
    """Turn kept cells into values, and gather all that is wrong."""
    faults = _Faults()
    places = _check_headings(top, columns, faults)
    notes += [
        Note(EXTRA_COLUMN, {"column": letters(at), "found": _short(cell.text)})
        for at, cell in sorted(top.headed.items())
        if at not in top.places and cell.kind == "text"
    ][:20]
    figures = {at for at, column in places.items() if column.kind in ("integer", "decimal")}
    texts = [
        cells[at].text
        for _number, cells in intake.rows
        for at in figures & cells.keys()
        if cells[at].kind == "text"
    ]
    how = usage(texts, epoch_1904=seen.epoch_1904)
    if how.comma and any("," in said for said in texts):
        notes.append(Note(DECIMAL_COMMA if how.comma == "decimal" else THOUSANDS_COMMA))
    _check_merged(seen.merged, top, intake, places, faults)
    rows = [_row(number, cells, places, how, faults) for number, cells in intake.rows]
    return Sheet(rows=rows, faults=faults.listed, notes=notes, unlisted=faults.unlisted)


def _check_headings(top: _Top, columns: Sequence[Column], faults: _Faults) -> dict[int, Column]:
    """Name required columns that are missing and columns that stand twice; give each one's first place."""
    places: dict[int, Column] = {}
    first: dict[str, int] = {}
    for at, column in sorted(top.places.items()):
        if column.code in first:
            fields = {"title": column.title, "first": letters(first[column.code]), "second": letters(at)}
            found = _short(top.headed[at].text)
            faults.add(Fault(top.row, letters(at), column.title, TWICE, found, fields))
        else:
            first[column.code] = at
            places[at] = column
    for column in columns:
        if column.required and column.code not in first:
            faults.add(Fault(top.row, None, column.title, MISSING_COLUMN, "", {"title": column.title}))
    return places


def _check_merged(
    merged: list[Span], top: _Top, intake: _Intake, places: dict[int, Column], faults: _Faults
) -> None:
    """Name every merged range that reaches into the rows read, under the columns asked for."""
    last = intake.rows[-1][0] if intake.rows else 0
    for span in merged:
        under = [at for at in sorted(places) if span.left <= at <= span.right]
        row = max(span.top, top.row + 1)
        if under and row <= min(span.bottom, last):
            fault = Fault(
                row, letters(under[0]), places[under[0]].title, MERGED, span.text, {"range": span.text}
            )
            faults.add(fault)


def _row(number: int, cells: dict[int, Cell], places: dict[int, Column], how: Usage, faults: _Faults) -> Row:
    values: dict[str, Value] = {}
    for at, column in places.items():
        cell = cells.get(at)
        try:
            said = value(cell, column, how) if cell else None
        except Unfit as wrong:
            found = _short(cell.text) if cell else ""
            faults.add(Fault(number, letters(at), column.title, wrong.says, found, wrong.fields))
            continue
        if said is not None:
            values[column.code] = said
        elif column.required:
            faults.add(Fault(number, letters(at), column.title, MISSING_VALUE))
    return Row(number, values)


def _short(said: str) -> str:
    """Give the beginning of what stood in a cell, on one line."""
    line = " ".join(said[:200].split())
    return line if len(line) <= 80 else line[:79] + "…"

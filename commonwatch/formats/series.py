"""Wide series: files with a column for every day, as statistical sources publish them → points in time.

A mapping says which column names the party, what the parties are called there, and how the days are
written; nothing of one source stands in code.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal, Inexact
from typing import NamedTuple

from commonwatch.errors import _
from commonwatch.formats.sheets import container, delimited, refusals
from commonwatch.formats.sheets.figures import Unfit, Usage, decimal_text, figure
from commonwatch.formats.sheets.grid import Cell, letters
from commonwatch.formats.sheets.model import Fault, Note
from commonwatch.formats.sheets.reading import MOST_FAULTS
from commonwatch.formats.sheets.values import MOST_DIGITS, TOO_EXACT, plain

Figure = int | str
MOST_ROWS = 5000

# Sums are exact or refused: this arithmetic raises where it would have to round.
_EXACT = Context(prec=2 * MOST_DIGITS, traps=[Inexact])

MISSING_PARTY = _("No row of the file is about {party}.")
NOT_SUMMED = _("A second row is about {party}. Say over which column its rows are added up.")
SAME_PART = _("Another row has the same {columns}, so it would be counted twice.")
PART_EMPTY = _("Other rows of {party} have a figure for this day, so the sum would be incomplete.")
DAY_TWICE = _("The day {day} stands over two columns.")
OTHER_PARTIES = _("{count} rows about others were left out.")
WORKBOOK_GIVEN = _("a workbook, where a text with separators is wanted")


class DaysNotFound(refusals.SheetRefused):
    """The headings hold no days in the form that the mapping gives. Fields: `form`, `column`."""

    says = _("The first row of {filename} lacks the column {column}, or days written as {form}.")
    hint = _("Compare the headings of the file with the mapping.")


@dataclass(frozen=True, slots=True)
class WideMapping:
    """How a wide file is read.

    `party_column` is the heading of the column that names the party, `parties` maps what stands there to
    party codes. Rows of one party that differ in the columns `sum_over` are added up. `date_format` is
    written as for `strptime`. `first` and `last` (both within) narrow the days. `field` names the figure
    that the points hold.
    """

    field: str
    party_column: str
    parties: Mapping[str, str]
    date_format: str
    sum_over: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None


class Point(NamedTuple):
    """One figure of one party on one day: a whole number, or a decimal string."""

    party: str
    day: date
    value: Figure


@dataclass(frozen=True, slots=True)
class Wide:
    """What was read of one file; points by party in the mapping's order, then by day."""

    field: str
    points: list[Point]
    faults: list[Fault]
    notes: list[Note]
    unlisted: int = 0


@dataclass(frozen=True, slots=True)
class Combined:
    """The figures of one party on one day, by field."""

    party: str
    day: date
    values: dict[str, Figure]


@dataclass(slots=True)
class _Reading:
    """The state of reading one file: where its columns are, and the sums so far."""

    mapping: WideMapping
    filename: str
    head: int = 0
    party_at: int = 0
    parts_at: tuple[int, ...] = ()
    days: dict[int, date] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)
    sums: dict[str, dict[int, Decimal]] = field(default_factory=dict)
    empty: dict[str, dict[int, int]] = field(default_factory=dict)
    parts: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    others: int = 0
    _rows: int = 0
    faults: list[Fault] = field(default_factory=list)
    unlisted: int = 0

    def fault(self, row: int | None, at: int | None, says: str, found: str = "", **fields: object) -> None:
        """Note a fault, up to as many as a person can read."""
        if len(self.faults) >= MOST_FAULTS:
            self.unlisted += 1
            return
        title = self.titles.get(at, "") if at else ""
        self.faults.append(Fault(row, letters(at) if at else None, title, says, found[:80], fields))

    def take(self, row: int, cells: dict[int, Cell]) -> None:
        """Take the headings first, then every row."""
        if not self.head:
            self.head = row
            self._take_headings(cells)
        else:
            self._take_row(row, cells)

    def _take_headings(self, cells: dict[int, Cell]) -> None:
        self.titles = {at: cell.text.strip() for at, cell in cells.items()}
        named = {plain(title): at for at, title in reversed(self.titles.items())}
        seen: set[date] = set()
        for at, title in self.titles.items():
            day = self._day(title)
            if day is None or not self._wanted(day):
                continue
            if day in seen:
                self.fault(self.head, at, DAY_TWICE, title, day=day.isoformat())
                continue
            seen.add(day)
            self.days[at] = day
        wanted = (self.mapping.party_column, *self.mapping.sum_over)
        missing = next((name for name in wanted if plain(name) not in named), "")
        if missing or not self.days:
            column, form = missing or self.mapping.party_column, self.mapping.date_format
            raise DaysNotFound(filename=self.filename, column=column, form=form)
        self.party_at = named[plain(self.mapping.party_column)]
        self.parts_at = tuple(named[plain(name)] for name in self.mapping.sum_over)

    def _day(self, title: str) -> date | None:
        try:
            return datetime.strptime(title, self.mapping.date_format).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            return None

    def _wanted(self, day: date) -> bool:
        first, last = self.mapping.first, self.mapping.last
        return (first is None or first <= day) and (last is None or day <= last)

    def _take_row(self, row: int, cells: dict[int, Cell]) -> None:
        said = cells.get(self.party_at, Cell("text", "")).text.strip()
        party = self.mapping.parties.get(said)
        if party is None:
            self.others += 1
            return
        part = (said, *(cells.get(at, Cell("text", "")).text.strip() for at in self.parts_at))
        known = self.parts.setdefault(party, set())
        if part in known and self.parts_at:
            self.fault(row, self.party_at, SAME_PART, said, columns=", ".join(self.mapping.sum_over))
            return
        if known and not self.parts_at:
            self.fault(row, self.party_at, NOT_SUMMED, said, party=said)
            return
        known.add(part)
        self._rows += 1
        if self._rows > MOST_ROWS:
            raise refusals.TooManyRows(filename=self.filename, most=MOST_ROWS)
        self._add(row, party, cells)

    def _add(self, row: int, party: str, cells: dict[int, Cell]) -> None:
        sums = self.sums.setdefault(party, {})
        for at in self.days:
            cell = cells.get(at)
            if cell is None:
                self.empty.setdefault(party, {}).setdefault(at, row)
                continue
            try:
                sums[at] = _EXACT.add(sums.get(at, Decimal(0)), figure(cell, Usage()))
            except Unfit as wrong:
                self.fault(row, at, wrong.says, cell.text, **wrong.fields)
            except Inexact:
                self.fault(row, at, TOO_EXACT, cell.text, most=MOST_DIGITS)

    def finish(self) -> None:
        """Name what only the whole file can show: parties without a row, sums that lack a part."""
        for said, party in self.mapping.parties.items():
            if party not in self.sums:
                self.fault(None, self.party_at, MISSING_PARTY, party=said)
        for party, places in self.empty.items():
            for at, row in places.items():
                if at in self.sums[party]:
                    self.fault(row, at, PART_EMPTY, party=party)


def read_wide(data: bytes, *, mapping: WideMapping, filename: str = "series.csv") -> Wide:
    """Read a text with a column for every day into points, sums kept exact.

    The first row that is not empty holds the headings. A day left empty gives no point. Faults are named by
    row and column; whether the points of a file with faults are used is for the caller to say.

    :raises SheetRefused: when the file as a whole cannot be read.
    """
    if container.opened(data, filename=filename) is not None:
        raise refusals.OtherFormat(filename=filename, kind=WORKBOOK_GIVEN)
    text, encoding = delimited.text_of(data, filename=filename)
    separator, text = delimited.separated(text, score=len)
    reading = _Reading(mapping, filename)
    delimited.deliver(text, separator, filename=filename, take=reading.take)
    if not reading.head:
        raise refusals.FileEmpty(filename=filename)
    reading.finish()
    notes = [delimited.read_as(encoding, separator)]
    if reading.others:
        notes.append(Note(OTHER_PARTIES, {"count": reading.others}))
    return Wide(mapping.field, _points(reading), reading.faults, notes, reading.unlisted)


def _points(reading: _Reading) -> list[Point]:
    days = sorted(reading.days.items(), key=lambda item: item[1])
    return [
        Point(party, day, _plain_figure(sums[at]))
        for party in dict.fromkeys(reading.mapping.parties.values())
        if (sums := reading.sums.get(party)) is not None
        for at, day in days
        if at in sums
    ]


def _plain_figure(number: Decimal) -> Figure:
    return int(number) if number == number.to_integral_value() else decimal_text(number)


def combine(series: Iterable[Wide]) -> list[Combined]:
    """Put several files together: one row for each party and day, with the fields that any of them has.

    Parties come in the order in which they are first met, days in theirs.

    :raises ValueError: when two files hold the same field.
    """
    rows: dict[tuple[str, date], dict[str, Figure]] = {}
    order: dict[str, int] = {}
    fields: set[str] = set()
    for wide in series:
        if wide.field in fields:
            raise ValueError(wide.field)
        fields.add(wide.field)
        _gather(wide.points, wide.field, rows, order)
    return [
        Combined(party, day, rows[party, day])
        for party, day in sorted(rows, key=lambda key: (order[key[0]], key[1]))
    ]


def _gather(
    points: Sequence[Point],
    name: str,
    rows: dict[tuple[str, date], dict[str, Figure]],
    order: dict[str, int],
) -> None:
    for party, day, value in points:
        order.setdefault(party, len(order))
        rows.setdefault((party, day), {})[name] = value

"""Sheets out: templates that read back in any language, and plain tables.

The same content gives the same bytes: a workbook carries no time of writing. Nothing that is written is
ever run as a formula by the program that opens it.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from commonwatch.formats.sheets.figures import decimal_text
from commonwatch.formats.sheets.headings import heading
from commonwatch.formats.sheets.model import Column, Value
from commonwatch.formats.sheets.reading import CODES_SHEET

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

Plain = str | int | bool | Decimal | date | datetime | None

_WORDS = {
    "en": {
        "data": "Data",
        "codes": "Codes",
        "column": "Column",
        "code": "Code",
        "name": "Name",
        "yes": "yes",
        "no": "no",
        "required": "An answer is required.",
        "integer": "A whole number.",
        "decimal": "A number.",
        "text": "Text of at most {most} characters.",
        "code_kind": "One value of the list.",
        "codes_kind": "Values of the list on the sheet of codes, parted by semicolons.",
        "yes_no": "Yes or no.",
        "date": "A day, as 31.12.2025 or 2025-12-31.",
        "instant": "A day and time in UTC, as 2025-12-31 14:30.",
    },
    "ru": {
        "data": "Данные",
        "codes": "Коды",
        "column": "Столбец",
        "code": "Код",
        "name": "Название",
        "yes": "да",
        "no": "нет",
        "required": "Ответ обязателен.",
        "integer": "Целое число.",
        "decimal": "Число.",
        "text": "Текст, не более {most} знаков.",
        "code_kind": "Одно значение из списка.",
        "codes_kind": "Значения из списка на листе кодов через точку с запятой.",
        "yes_no": "Да или нет.",
        "date": "День в виде 31.12.2025 или 2025-12-31.",
        "instant": "День и время по UTC в виде 2025-12-31 14:30.",
    },
}
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_EXACT_IN_A_SHEET = 10**15
_HEAD_ROWS = 3
_CENTURY = 1950
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Form:
    """What all columns of a template share: its words, the ranges of its lists, how many rows it has."""

    words: Mapping[str, str]
    lists: Mapping[str, str]
    rows: int


def template(
    *,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Value]] = (),
    rows_hint: int = 500,
    language: str = "en",
) -> bytes:
    """Give a workbook (.xlsx) to be filled in.

    Row 1 holds the title, row 2 the headings, row 3 (hidden) the codes by which it reads back in any
    language. Lists and formats reach over `rows_hint` rows; `rows` (values as `read` gives them) are filled
    in already. A second sheet explains every column and lists its codes. `language` is "en" or "ru"; any
    other gives English.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - heavy

    words = _WORDS.get(language, _WORDS["en"])
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = words["data"]
    form = _Form(words, lists=_write_codes(book, columns, words), rows=rows_hint)
    _put(sheet.cell(1, 1), title)
    for at, column in enumerate(columns, 1):
        _write_column(sheet, at, column, form=form)
    sheet.row_dimensions[_HEAD_ROWS].hidden = True
    sheet.freeze_panes = f"A{_HEAD_ROWS + 1}"
    for number, row in enumerate(rows, _HEAD_ROWS + 1):
        for at, column in enumerate(columns, 1):
            if column.code in row:
                _fill(sheet.cell(number, at), row[column.code], column, words)
    return _settled(book)


def _write_column(sheet: "Worksheet", at: int, column: Column, *, form: _Form) -> None:
    """Write one column's heading, code and explanation, and set its cells up for what belongs there."""
    from openpyxl.comments import Comment  # noqa: PLC0415 - heavy
    from openpyxl.styles import Font  # noqa: PLC0415 - heavy
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - heavy
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415 - heavy

    head = sheet.cell(2, at)
    _put(head, heading(column))
    head.font = Font(bold=True)
    head.comment = Comment(_clean(_explained(column, form.words)), "Commonwatch")
    _put(sheet.cell(3, at), column.code)
    letter = get_column_letter(at)
    sheet.column_dimensions[letter].width = max(12, min(40, len(heading(column)) + 2))
    last = _HEAD_ROWS + form.rows
    for row in range(_HEAD_ROWS + 1, last + 1):
        sheet.cell(row, at).number_format = _number_format(column)
    offered = form.lists.get(column.code)
    if column.kind == "yes_no":
        offered = f'"{form.words["yes"]},{form.words["no"]}"'
    if offered and column.kind in ("code", "yes_no"):
        allowed = DataValidation(type="list", formula1=offered, allow_blank=True)
        allowed.add(f"{letter}{_HEAD_ROWS + 1}:{letter}{last}")
        sheet.add_data_validation(allowed)


def _number_format(column: Column) -> str:
    """Give the format of a column's cells; texts and codes are kept from being taken for numbers or days."""
    return {"integer": "0", "decimal": "General", "date": "yyyy-mm-dd", "instant": "yyyy-mm-dd hh:mm"}.get(
        column.kind, "@"
    )


def _explained(column: Column, words: Mapping[str, str]) -> str:
    kind = f"{column.kind}_kind" if column.kind in ("code", "codes") else column.kind
    said = [
        column.help,
        words[kind].format(most=column.max_length),
        words["required"] if column.required else "",
    ]
    return "\n".join(filter(None, said))


def _write_codes(book: "Workbook", columns: Sequence[Column], words: Mapping[str, str]) -> dict[str, str]:
    """Write the sheet of codes; answer, by column code, the range that holds what its list offers.

    A list offers "code — name", so that what was chosen reads back where another language is spoken.
    """
    sheet = book.create_sheet(words["codes"])
    sheet.cell(1, 1).value = CODES_SHEET
    for at, word in enumerate(("column", "code", "name"), 1):
        sheet.cell(2, at).value = words[word]
    name = "'" + words["codes"] + "'"
    ranges: dict[str, str] = {}
    row = 3
    for column in columns:
        for at, said in enumerate((column.title, column.code, _explained(column, words)), 1):
            _put(sheet.cell(row, at), said)
        row += 1
        first = row
        for code, title in column.choices:
            for at, said in enumerate((column.title, code, title, f"{code} — {title}"), 1):
                _put(sheet.cell(row, at), said)
            row += 1
        if column.choices:
            ranges[column.code] = f"{name}!$D${first}:$D${row - 1}"
    return ranges


def _fill(cell: "Cell | MergedCell", value: Value, column: Column, words: Mapping[str, str]) -> None:
    """Write a value as `read` gives it, in the form that its column asks for."""
    if isinstance(value, bool):
        _put(cell, words["yes"] if value else words["no"])
    elif isinstance(value, list):
        _put(cell, "; ".join(value))
    elif column.kind == "decimal":
        _put(cell, Decimal(value))
    elif column.kind == "date" and isinstance(value, str):
        day = date.fromisoformat(value)
        _put(cell, day if day.year >= _CENTURY else value)
    elif column.kind == "code":
        name = dict(column.choices).get(str(value))
        _put(cell, f"{value} — {name}" if name else value)
    else:
        _put(cell, value)
    cell.number_format = _number_format(column)


def _put(cell: Any, value: Plain) -> None:
    """Write a value so that it comes back as it was: no text as a formula, no long figure as a float."""
    if isinstance(value, Decimal):
        digits = len(value.normalize().as_tuple().digits)
        value = decimal_text(value) if digits > 15 or abs(value.adjusted()) > 15 else value
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _EXACT_IN_A_SHEET:
        value = str(value)
    elif isinstance(value, datetime) and value.tzinfo:
        value = value.isoformat()
    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = None
    cell.value = _clean(value)
    cell.data_type = "s"
    if _FORMULA.match(value):
        cell.quotePrefix = True


def _clean(said: str) -> str:
    """Give a text that XML can hold: what looks like an escape is escaped, control characters fall away."""
    return _LOOKS_ESCAPED.sub("_x005F_", _NOT_IN_XML.sub("", said.replace("\r\n", "\n").replace("\r", "\n")))


def _settled(book: "Workbook") -> bytes:
    """Save a workbook without any trace of when it was saved."""
    raw, settled = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(settled, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(info.filename, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return settled.getvalue()


def template_csv(
    *, columns: Sequence[Column], rows: Iterable[Mapping[str, Value]] = (), language: str = "en"
) -> bytes:
    """Give a text to be filled in: UTF-8 with byte order mark, semicolons; headings, below them the codes.

    `rows` (values as `read` gives them) are filled in already.
    """
    words = _WORDS.get(language, _WORDS["en"])
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([csv_text(heading(column)) for column in columns])
    writer.writerow([csv_text(column.code) for column in columns])
    for row in rows:
        writer.writerow([_csv_value(row.get(column.code), column, words) for column in columns])
    return out.getvalue().encode("utf-8-sig")


def _csv_value(value: Value | None, column: Column, words: Mapping[str, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return words["yes"] if value else words["no"]
    if isinstance(value, list):
        return csv_text("; ".join(value))
    return str(value) if column.kind in ("integer", "decimal") else csv_text(str(value))


def csv_text(said: str) -> str:
    """Give a text for CSV that no program runs as a formula: an apostrophe goes before =, +, - and @.

    `read` takes that one apostrophe off again.
    """
    return f"'{said}" if _FORMULA.match(said) else said


def write_table(*, title: str, header: Sequence[str], rows: Iterable[Sequence[Plain]]) -> bytes:
    """Give a plain workbook (.xlsx) with one sheet: headings in bold, then the rows as they come.

    Decimals and whole numbers of more than 15 digits are written as text, since a spreadsheet would lose
    digits; so are times with a zone. `title` names the sheet, shortened to what a spreadsheet allows.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - heavy
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - heavy
    from openpyxl.styles import Font  # noqa: PLC0415 - heavy

    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]']", " ", _clean(title)).strip()[:31] or "1")
    sheet.freeze_panes = "A2"

    def cell(value: Plain, *, bold: bool = False) -> Any:
        made = WriteOnlyCell(sheet)
        _put(made, value)
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(said, bold=True) for said in header])
    for row in rows:
        sheet.append([cell(value) for value in row])
    return _settled(book)

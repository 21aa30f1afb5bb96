"""Text with separators, as ministries send it: bytes → rows of cells, whatever encoding and separator."""

import csv
import io
import re
from collections.abc import Callable, Iterator

from commonwatch.errors import _
from commonwatch.formats.sheets import refusals
from commonwatch.formats.sheets.grid import MOST_COLUMNS, Cell, Taker
from commonwatch.formats.sheets.model import Note

SEPARATORS = {";": _("semicolons"), "\t": _("tabs"), ",": _("commas"), "|": _("vertical bars")}
READ_AS = _("The file was read as {encoding}, separated by {separator}.")

# Text that a spreadsheet program would run as a formula carries an apostrophe in CSV: see `writing.csv_text`.
GUARDED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")

_CYRILLIC = re.compile("[А-яЁёІіЎўҐґЄєЇїЈј«»№–—„“”’…\xa0°§]")
_MIXED = re.compile("[A-Za-z][А-яЁё]|[А-яЁё][A-Za-z]")
_SAMPLE = 64 * 1024


def text_of(data: bytes, *, filename: str) -> tuple[str, str]:
    """Decode a text file; answer the text without its byte order mark, and the encoding's name.

    UTF-8 and UTF-16 with or without the mark, otherwise Windows-1251 when most letters beyond ASCII come out
    Cyrillic.

    :raises EncodingUnknown: naming the first line that cannot be made out.
    :raises NulCharacters: naming the line.
    """
    encoding = _encoding(data, filename=filename)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as wrong:
        line = data[: wrong.start].decode(encoding, "ignore").count("\n") + 1
        raise refusals.EncodingUnknown(filename=filename, line=line) from None
    text = text.removeprefix("\ufeff")
    at = text.find("\0")
    if at >= 0:
        raise refusals.NulCharacters(filename=filename, line=text.count("\n", 0, at) + 1)
    return text, {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "cp1251": "Windows-1251"}.get(encoding, "UTF-16")


def _encoding(data: bytes, *, filename: str) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        raise refusals.EncodingUnknown(filename=filename, line=1)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = data[:4096]
    if 0 in head and _leading(head[1::2]):
        return "utf-16-le"
    if 0 in head and _leading(head[0::2]):
        return "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        _check_windows_1251(data, first_wrong=wrong.start, filename=filename)
        return "cp1251"
    return "utf-8"


def _leading(half: bytes) -> bool:
    """Say whether these bytes are mostly the upper halves of Latin (0) or Cyrillic (4) letters in UTF-16."""
    return (half.count(0) + half.count(4)) * 10 >= len(half) * 7


def _check_windows_1251(data: bytes, *, first_wrong: int, filename: str) -> None:
    """Refuse what is more likely damaged UTF-8, or another one-byte encoding, than Windows-1251."""
    beyond = [char for char in data.decode("utf-8", "replace") if char > "\x7f"]
    damaged = beyond.count("\ufffd") * 4 < len(beyond)
    russian = [char for char in data.decode("cp1251", "replace") if char > "\x7f"]
    cyrillic = sum(1 for char in russian if _CYRILLIC.match(char))
    # A Cyrillic letter beside a Latin one is an accented letter of some other encoding.
    mixed = len(_MIXED.findall(data.decode("cp1251", "replace")))
    if damaged or cyrillic * 10 < len(russian) * 8 or mixed * 5 > cyrillic:
        raise refusals.EncodingUnknown(filename=filename, line=data.count(b"\n", 0, first_wrong) + 1)


def separated(text: str, *, score: Callable[[list[str]], int]) -> tuple[str, str]:
    """Find the separator under which some line near the top scores highest; semicolons win a draw.

    A first line "sep=;", which spreadsheet programs obey and do not show, decides at once. Answers the
    separator and the text without that line.
    """
    declared = re.match(r"sep=([;,\t|])\r?\n", text, re.IGNORECASE)
    if declared:
        return declared[1], text[declared.end() :]
    sample = text[:_SAMPLE]
    scores = {mark: max(map(score, _sampled(sample, mark)), default=0) for mark in SEPARATORS}
    return max(scores, key=scores.__getitem__), text


def _sampled(sample: str, mark: str) -> Iterator[list[str]]:
    """Give the first records of a sample; stop quietly at a fault, which the real reading will name."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=mark)
    for _count in range(40):
        try:
            yield next(reader)
        except (csv.Error, StopIteration):
            return


def deliver(text: str, separator: str, *, filename: str, take: Taker) -> None:
    """Hand every row that is not empty to `take`, numbered as a spreadsheet program would number it.

    :raises QuotesUnbalanced: naming the row and line.
    :raises CellTooLong: naming the row and line.
    :raises TooManyColumns: naming the row.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    row = 0
    while True:
        row, began = row + 1, reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as wrong:
            raise _refusal(str(wrong), row=row, line=began, filename=filename) from None
        if len(record) > MOST_COLUMNS:
            raise refusals.TooManyColumns(filename=filename, row=row, most=MOST_COLUMNS)
        cells = {
            at: Cell("text", _bared(said)) for at, said in enumerate(record, 1) if said and not said.isspace()
        }
        if cells:
            take(row, cells)


def _bared(said: str) -> str:
    return said[1:] if GUARDED.match(said) else said


def _refusal(wrong: str, *, row: int, line: int, filename: str) -> refusals.SheetRefused:
    if "field larger" in wrong:
        return refusals.CellTooLong(filename=filename, row=row, line=line, most=csv.field_size_limit())
    return refusals.QuotesUnbalanced(filename=filename, row=row, line=line)


def read_as(encoding: str, separator: str) -> Note:
    """Say how a text file was read."""
    return Note(READ_AS, {"encoding": encoding, "separator": SEPARATORS[separator]})

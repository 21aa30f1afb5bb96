"""Files made to harm or merely broken: each is refused with its reason, and none takes long."""

import io
import struct
import time
import zipfile
from contextlib import contextmanager
from functools import partial

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonwatch.formats.series import WideMapping, read_wide
from commonwatch.formats.sheets import Column, SheetRefused, read, refusals, template, values
from tests.formats import by_hand

CASES = Column("cases", "Cases", "integer", required=True)
NOTE = Column("note", "Note", "text")
DAY = Column("day", "Day", "date")
COLUMNS = (CASES, NOTE, DAY)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
GOOD = template(
    title="T", columns=COLUMNS, rows=[{"cases": 1, "note": "x", "day": "2024-01-31"}], rows_hint=3
)
SHEET = "xl/worksheets/sheet1.xml"
HEAD = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Cases</t></is></c></row>'
)
TAIL = "</sheetData></worksheet>"


@contextmanager
def within(seconds):
    """Bound the work, not the clock on the wall: seconds of this process."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


def take(data, **more):
    return read(data, filename="report.xlsx", columns=COLUMNS, **more)


def part(name, content, *, data=GOOD):
    """Give a workbook with one part replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info.filename, old.read(info))
        new.writestr(name, content)
    return out.getvalue()


def plain_sheet(rows):
    return part(SHEET, HEAD + rows + TAIL)


@pytest.mark.parametrize("data", [b"", b"\r\n \n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_refused(data):
    with pytest.raises(refusals.FileEmpty):
        take(data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (OLE + b"\0" * 600 + "Workbook".encode("utf-16-le"), "old Excel workbook"),
        (b"\x09\x08\x10\x00\x00\x06\x05\x00" + b"\0" * 40, "old Excel workbook"),
        (b"<html><table><tr><td>Cases</td></tr></table></html>", "web page"),
        (b"\xef\xbb\xbf\n <!DOCTYPE HTML><html>", "web page"),
        ("\ufeff<HTML xmlns:x='urn:schemas-microsoft-com:office:excel'>".encode("utf-16-le"), "web page"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
    ],
)
def test_other_formats_under_the_name_of_a_sheet_are_told_apart(data, kind):
    with pytest.raises(refusals.OtherFormat, match=kind) as refused:
        take(data)
    assert ".csv" in refused.value.hint


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet", "OpenDocument"),
        ("xl/workbook.bin", "x", "binary Excel"),
    ],
)
def test_other_archives_of_spreadsheets_are_told_apart(name, content, kind):
    with pytest.raises(refusals.OtherFormat, match=kind):
        take(part(name, content))


def test_any_other_archive_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("letter.txt", "x")
    with pytest.raises(refusals.OtherFormat, match="archive"):
        take(out.getvalue())


def test_a_workbook_with_a_password_is_refused_as_such():
    with pytest.raises(refusals.Protected):
        take(OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"))
    at = GOOD.index(b"PK\x01\x02") + 8
    with pytest.raises(refusals.Protected):
        take(GOOD[:at] + b"\x01\x00" + GOOD[at + 2 :])


def test_a_file_beyond_the_limit_is_refused():
    with pytest.raises(refusals.FileTooLarge, match="20 MB"):
        take(b"Cases\n" + b"1\n" * 11_000_000)


# Archives


def test_a_bomb_is_refused_by_what_it_declares():
    with within(3), pytest.raises(refusals.Bomb, match="sheet1"):
        take(part(SHEET, b" " * 60_000_000))


def test_a_bomb_that_lies_about_its_size_is_stopped_while_it_unpacks():
    data = bytearray(part(SHEET, (HEAD + " " * 50_000_000).encode()))
    for signature, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = data.rindex(SHEET.encode()) if signature == b"PK\x01\x02" else data.index(SHEET.encode())
        start = data.rindex(signature, 0, place)
        data[start + at : start + at + 4] = struct.pack("<I", 5000)
    with within(3), pytest.raises(SheetRefused):
        take(bytes(data))


def test_what_unpacks_is_counted_over_all_parts():
    rows = "".join(f"<!--{n * 7919 % 100_003:x}{n}{' ' * 300}-->" for n in range(70_000))
    data = part("xl/sharedStrings.xml", "<sst>" + rows + "</sst>")
    with within(4), pytest.raises(refusals.Bomb):
        take(part(SHEET, HEAD + rows + rows + TAIL, data=data))


def test_too_many_entries_and_too_many_elements_are_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for n in range(2500):
            archive.writestr(f"xl/{n}", "")
    with within(2), pytest.raises(refusals.Bomb):
        take(out.getvalue())
    with within(20), pytest.raises(refusals.Bomb):
        take(plain_sheet("<row>" + "".join(f"<c t='{n % 977}'/>" for n in range(2_100_000)) + "</row>"))


def test_one_endless_token_does_not_take_endless_time():
    with within(3), pytest.raises(SheetRefused):
        take(part(SHEET, HEAD + "<row a='" + "".join(map(str, range(1_000_000)))))


# XML


@pytest.mark.parametrize(
    "name", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"]
)
@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;"><!ENTITY z "&y;&y;&y;">]><a>&z;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    ],
)
def test_a_document_type_is_refused_before_any_entity_is_expanded(name, declared):
    with within(1), pytest.raises(refusals.Entities, match="declares a document type"):
        take(part(name, declared))


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"><c r="ZZZZ2"><v>1</v></c></row>',
        '<row r="0"><c><v>1</v></c></row>',
        '<row r="3"/><row r="2"/>',
        '<row r="2"><c t="s"><v>-1</v></c></row>',
        '<row r="2"><c t="s"><v>99999</v></c></row>',
        '<row r="2"><c t="odd"><v>1</v></c></row>',
        '<row r="2"><c s="x"><v>1</v></c></row>',
        '<row r="9999999999"/>',
        '<row r="2"><c>',
        '</sheetData><mergeCells><mergeCell ref="A:A"/></mergeCells><sheetData>',
    ],
)
def test_a_workbook_that_contradicts_itself_is_damaged(rows):
    with pytest.raises(refusals.Damaged, match="sheet1"):
        take(plain_sheet(rows))


def test_a_workbook_that_breaks_off_is_damaged():
    for cut in (30, len(GOOD) // 2, len(GOOD) - 10):
        with pytest.raises(refusals.Damaged):
            take(GOOD[:cut])


# Sizes


def test_a_sheet_of_a_hundred_thousand_rows_is_refused_quickly():
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(2, 100_002))
    with within(2), pytest.raises(refusals.TooManyRows, match="20000"):
        take(plain_sheet(rows))
    with within(2), pytest.raises(refusals.TooManyRows, match="20000"):
        take(("Cases\n" + "1\n" * 100_000).encode())


def test_the_limit_itself_is_within():
    assert len(take(("Cases\n" + "1\n" * 5).encode(), limit_rows=5).rows) == 5
    with pytest.raises(refusals.TooManyRows):
        take(("Cases\n" + "1\n" * 6).encode(), limit_rows=5)


def test_lying_dimensions_and_far_cells_cost_nothing():
    body = '<row r="2"><c r="A2"><v>5</v></c></row><row r="1048576"><c r="A1048576"><v>6</v></c></row>'
    lying = HEAD.replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>') + body + TAIL
    with within(1):
        sheet = take(part(SHEET, lying))
    assert [(row.number, row.values["cases"]) for row in sheet.rows] == [(2, 5), (1048576, 6)]
    with pytest.raises(refusals.TooManyColumns):
        take(plain_sheet('<row r="2"><c r="XFD2"><v>5</v></c></row>'))
    with pytest.raises(refusals.TooManyColumns, match="Row 2"):
        take(b"Cases,Note\n" + b"1," * 5000)


def test_a_cell_of_a_megabyte_is_a_fault_or_a_refusal():
    long = "".join(map(str, range(180_000)))
    data = plain_sheet(f'<row r="2"><c r="A2" t="inlineStr"><is><t>{long}</t></is></c></row>')
    with within(1):
        (fault,) = take(data).faults
    assert (fault.row, fault.column, fault.says) == (2, "A", values.TOO_LONG)
    assert len(fault.found) <= 80
    with pytest.raises(refusals.CellTooLong, match="row 2"):
        take(f"Cases\n{long}\n".encode())


# Text with separators


def test_nul_characters_are_refused_by_line():
    with pytest.raises(refusals.NulCharacters, match="Line 3"):
        take(b"Cases,Note\n1,a\n2,b\0\n")


@pytest.mark.parametrize("data", [b'Cases;Note\n1;"open\n2;x\n', b'Cases;Note\n1;"a"b\n'])
def test_a_quotation_mark_without_counterpart_is_refused_by_row(data):
    with pytest.raises(refusals.QuotesUnbalanced, match="row 2"):
        take(data)


def test_an_apostrophe_that_guards_a_formula_is_taken_off():
    sheet = take(b"Cases;Note\n1;'=1+1\n2;'tis\n3;''=x\n")

    assert [row.values["note"] for row in sheet.rows] == ["=1+1", "'tis", "'=x"]


# Anything at all


def told(reading):
    """Give every sentence that a reading ends in; anything but a refusal or an answer gets through."""
    try:
        answer = reading()
    except SheetRefused as refused:
        return [str(refused), refused.hint.format(**refused.fields)]
    return [str(said) for said in (*answer.faults, *answer.notes)]


def never_breaks(data):
    with within(5):
        said = told(partial(take, data, limit_rows=200))
    assert all(said)


PIECES = [
    b"",
    b"<",
    b"9" * 30,
    b'"',
    b"-",
    b"1E9",
    b"/>",
    b"&amp;",
    b"s",
    b"n",
    b"\xff",
    b"<row>",
    b"1904",
    b" ",
]
CHANGE = st.tuples(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=4))
KINDS = ["integer", "decimal", "text", "code", "codes", "yes_no", "date", "instant"]
FUZZ = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FUZZ
@given(st.binary(max_size=600))
def test_no_bytes_break_the_reader(data):
    never_breaks(data)
    never_breaks(b"Cases;Note;Day\n" + data)
    never_breaks(b"PK\x03\x04" + data)


@FUZZ
@given(st.lists(CHANGE, min_size=1, max_size=6))
def test_no_change_to_a_workbook_breaks_the_reader(changes):
    data = bytearray(GOOD)
    for at, new in changes:
        data[at : at + len(new)] = new
    never_breaks(bytes(data))


@FUZZ
@given(st.data())
def test_no_change_within_a_part_breaks_the_reader(data):
    name = data.draw(st.sampled_from(sorted(by_hand.PARTS)))
    content = bytearray(by_hand.PARTS[name].encode())
    for _count in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 8))] = data.draw(st.sampled_from(PIECES))
    never_breaks(by_hand.packed(by_hand.PARTS | {name: bytes(content)}))


@FUZZ
@given(st.text(max_size=60), st.sampled_from(KINDS))
def test_no_text_in_a_cell_breaks_the_reader(said, kind):
    column = Column("x", "X", kind, choices=(("a", "Alpha"),))
    quoted = said.replace('"', '""').replace("\0", "").encode("utf-8", "replace")
    sheet = read(b'X\n"' + quoted + b'"\n', filename="f", columns=[column])
    assert all(str(fault) for fault in sheet.faults)


@FUZZ
@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader_of_series(data):
    mapping = WideMapping("cases", "Country", {"A": "a"}, "%m/%d/%y", sum_over=("Part",))
    for start in (b"", b"Part,Country,1/1/24,1/2/24\n,A,"):
        with within(5):
            assert all(told(partial(read_wide, start + data, mapping=mapping)))


def test_the_workbook_that_is_changed_here_reads_well():
    sheet = take(GOOD)

    assert sheet.rows[0].values == {"cases": 1, "note": "x", "day": "2024-01-31"}
    assert openpyxl.load_workbook(io.BytesIO(GOOD)).sheetnames == ["Data", "Codes"]

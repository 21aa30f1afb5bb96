"""Sheets as ministries send them: what is read, and how what is wrong is named."""

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from commonwatch.formats.sheets import (
    Column,
    Row,
    SheetRefused,
    figures,
    moments,
    read,
    reading,
    refusals,
    template,
    template_csv,
    values,
    write_table,
)
from tests.formats import by_hand

CASES = Column("cases", "Cases", "integer", required=True, unit="persons", aliases=("Заболевшие",))
RATE = Column("rate", "Rate", "decimal")
NOTE = Column("note", "Note", "text", max_length=20)
KIND = Column("kind", "Kind", "code", choices=(("flood", "Flood"), ("fire", "Fire"), ("01", "Other")))
MANY = Column(
    "many", "Kinds", "codes", choices=(("flood", "Flood"), ("fire", "Fire"), ("sea", "Storm, at sea"))
)
OPEN = Column("open", "Open", "yes_no")
DAY = Column("day", "Day", "date")
AT = Column("at", "Moment", "instant")
ALL = (CASES, RATE, NOTE, KIND, MANY, OPEN, DAY, AT)


def workbook(*rows, change=None):
    """Give the bytes of a workbook with these rows."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text(*lines, encoding="utf-8"):
    return "\r\n".join(lines).encode(encoding)


def only(column, *cells, book=False):
    """Read one column; answer the values that came out and the sentences of the faults."""
    data = workbook([column.title], *([cell] for cell in cells)) if book else text(column.title, *cells)
    sheet = read(data, filename="f", columns=[column])
    return [row.values[column.code] for row in sheet.rows if row.values], sheet.faults


# Where things stand


def test_headings_are_found_below_title_rows_in_any_order_and_by_any_name():
    data = workbook(
        ["Report of the ministry"], [], ["day ", "ЗАБОЛЕВШИЕ*", "Remark"], [date(2024, 1, 31), 5, "x"]
    )

    sheet = read(data, filename="f.xlsx", columns=[CASES, DAY])

    assert sheet.rows == [Row(4, {"cases": 5, "day": "2024-01-31"})]
    assert sheet.faults == []
    assert "Column C (Remark) is not asked for" in str(sheet.notes[0])


def test_a_heading_may_carry_its_unit_in_brackets_or_after_a_comma():
    for heading in ("Cases (persons)", "Cases, persons *", "cases"):
        assert read(workbook([heading], [1]), filename="f", columns=[CASES]).rows == [Row(2, {"cases": 1})]


def test_empty_rows_are_passed_over_and_numbers_stay_those_of_the_spreadsheet():
    sheet = read(text("Cases;Note", "1;a", ";", "", "2;b"), filename="f.csv", columns=[CASES, NOTE])

    assert [(row.number, row.values["cases"]) for row in sheet.rows] == [(2, 1), (5, 2)]


def test_every_fault_is_named_by_row_and_column_in_one_pass():
    data = workbook(
        ["Cases", "Day", "Kind"], ["x", "40.01.2024", "fog"], [None, "2024-01-01", "fire"], [3.5, None, None]
    )

    sheet = read(data, filename="f", columns=[CASES, DAY, KIND])

    assert [(fault.row, fault.column, fault.says) for fault in sheet.faults] == [
        (2, "A", figures.NOT_A_FIGURE),
        (2, "B", moments.NO_SUCH_DAY),
        (2, "C", values.NOT_A_CODE),
        (3, "A", reading.MISSING_VALUE),
        (4, "A", values.NOT_WHOLE),
    ]
    assert sheet.faults[0].found == "x"
    assert "flood (Flood)" in str(sheet.faults[2])
    assert sheet.rows[1].values == {"day": "2024-01-01", "kind": "fire"}


def test_faults_beyond_what_a_person_reads_are_counted():
    sheet = read(text("Cases", *["x"] * 612), filename="f", columns=[CASES])

    assert len(sheet.faults) == 500
    assert sheet.unlisted == 112


def test_a_required_column_that_is_missing_and_one_that_stands_twice_are_faults():
    sheet = read(text("Note;Note", "a;b"), filename="f", columns=[CASES, NOTE])

    assert [(fault.row, fault.column, fault.says) for fault in sheet.faults] == [
        (1, "B", reading.TWICE),
        (1, None, reading.MISSING_COLUMN),
    ]
    assert sheet.rows[0].values == {"note": "a"}


def test_a_file_without_the_headings_is_refused_with_the_headings_it_needs():
    with pytest.raises(refusals.HeadingsNotFound, match="UTF-8, semicolons") as refused:
        read(text("Alpha;Beta", "1;2"), filename="f.csv", columns=[CASES, DAY])
    assert refused.value.fields["wanted"] == "Cases, persons *; Day"
    assert refused.value.code == "formats.sheet-refused"
    assert refused.value.status == 422


def test_the_sheet_that_holds_the_table_is_read_and_two_such_are_refused():
    def with_cover(book):
        book.active.title = "Table"
        book.create_sheet("Cover", 0)["A1"] = "Letter of the ministry"

    sheet = read(workbook(["Cases"], [4], change=with_cover), filename="f", columns=[CASES])
    assert sheet.rows[0].values == {"cases": 4}
    assert "the sheet Table was read" in str(sheet.notes[0])

    def doubled(book):
        book.copy_worksheet(book.active).title = "Again"

    with pytest.raises(refusals.SeveralTables, match="Sheet, Again"):
        read(workbook(["Cases"], [4], change=doubled), filename="f", columns=[CASES])


# Encodings and separators


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251"])
@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
def test_any_usual_encoding_and_separator_is_read_and_told(encoding, mark):
    data = text(mark.join(("Заболевшие", "Note")), mark.join(("5", "Наводнение №1")), encoding=encoding)

    sheet = read(data, filename="f.csv", columns=[CASES, NOTE])

    assert sheet.rows == [Row(2, {"cases": 5, "note": "Наводнение №1"})]
    said = str(sheet.notes[0])
    assert {"cp1251": "Windows-1251"}.get(encoding, encoding[:6].rstrip("-").upper()) in said


def test_a_line_that_declares_the_separator_is_obeyed():
    sheet = read(text("sep=,", "Cases,Note", '1,"a;b"'), filename="f", columns=[CASES, NOTE])

    assert sheet.rows == [Row(2, {"cases": 1, "note": "a;b"})]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("Cases;Note\n1;déjà été à côté\n".encode("latin-1"), 2),
        ("Cases;Note\n1;Наводнение\n".encode("cp866"), 2),
        ("Cases;Note\n1;Наводнение в районе\n".encode() + b"2;\xff\n", 3),
        ("Cases".encode("utf-32"), 1),
    ],
)
def test_letters_that_cannot_be_made_out_are_refused_by_line(data, line):
    with pytest.raises(refusals.EncodingUnknown) as refused:
        read(data, filename="f.csv", columns=[CASES, NOTE])
    assert refused.value.fields["line"] == line


# Figures


@pytest.mark.parametrize(
    ("said", "is_"),
    [
        ("1 234", 1234),
        ("1\u00a0234\u202f567", 1234567),
        ("12,0", 12),
        ("12.0", 12),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        ("\u22125", -5),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_whole_numbers_are_read_as_people_write_them(said, is_):
    assert only(CASES, f'"{said}"') == ([is_], [])


@pytest.mark.parametrize(
    ("said", "is_"),
    [
        ("1 234,5", "1234.5"),
        ("1,234.50", "1234.5"),
        ("1.234,5", "1234.5"),
        ("0,125", "0.125"),
        ("-0,0", "0"),
        ("1.234", "1.234"),
        ("1 234,567", "1234.567"),
    ],
)
def test_decimals_are_read_as_people_write_them(said, is_):
    assert only(RATE, f'"{said}"') == ([is_], [])


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("1,234", figures.UNCLEAR_MARK),
        ("1 23", figures.NOT_A_FIGURE),
        ("12,34,567", figures.NOT_A_FIGURE),
        ("1,23E+11", figures.DIGITS_LOST),
        ("25%", figures.NOT_A_FIGURE),
        ("١٢", figures.NOT_A_FIGURE),
        ("9223372036854775808", figures.TOO_LARGE),
        ("9" * 5000, figures.TOO_LARGE),
        ("0.1234567890123456789012345678901", values.TOO_EXACT),
        ("nan", figures.NOT_A_FIGURE),
    ],
)
def test_figures_that_are_none_or_unclear_are_faults(said, says):
    _values, (fault,) = only(RATE, f'"{said}"')

    assert fault.says == says
    assert str(fault)


def test_what_a_comma_means_is_learned_from_the_rest_of_the_file():
    assert only(RATE, '"1,234"', '"12,5"')[0] == ["1.234", "12.5"]
    assert only(RATE, '"1,234"', '"12.5"')[0] == ["1234", "12.5"]
    assert only(RATE, '"1,234"', '"12.5"', '"12,5"')[1][0].row == 2
    assert only(RATE, '"1.234"', '"12,5"')[1][0].says == figures.UNCLEAR_MARK


def test_numbers_of_a_workbook_come_without_traces_of_floats():
    assert only(RATE, 0.1, 0.1 + 0.2, 12.0, 1e-7, 1234567.891, book=True)[0] == [
        "0.1",
        "0.3",
        "12",
        "0.0000001",
        "1234567.891",
    ]


def test_a_long_number_is_taken_from_text_and_not_from_a_cell_that_lost_digits():
    assert only(CASES, 12.0, 10**15 - 1, 1e17, str(2**63 - 1), book=True)[0] == [
        12,
        10**15 - 1,
        10**17,
        2**63 - 1,
    ]
    says = [fault.says for fault in only(CASES, 2**53 + 1, 1e19, str(2**63), book=True)[1]]
    assert says == [figures.LONG_NUMBER, figures.TOO_LARGE, figures.TOO_LARGE]


def test_figures_out_of_bounds_percentages_and_days_are_faults():
    def shown(book):
        book.active["A2"].number_format = "0.0%"

    column = Column("rate", "Rate", "decimal", minimum=0, maximum=10)
    data = workbook(["Rate"], [0.25], [-1], [11], [date(2024, 1, 1)], [True], change=shown)

    says = [fault.says for fault in read(data, filename="f", columns=[column]).faults]

    assert says == [
        figures.PERCENTAGE,
        values.BELOW,
        values.ABOVE,
        figures.DAY_NOT_FIGURE,
        figures.NOT_A_FIGURE,
    ]


# Days and instants


@pytest.mark.parametrize(
    "said",
    [
        "31.01.2024",
        "31.1.2024 г.",
        "2024-01-31",
        "2024/1/31",
        "31/01/2024",
        "1/31/2024",
        "31 января 2024 г.",
        "31 January 2024",
        "2024-01-31T00:00:00",
        "31.01.2024 0:00",
    ],
)
def test_days_are_read_as_people_write_them(said):
    assert only(DAY, said) == (["2024-01-31"], [])


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("03/04/2024", moments.UNCLEAR_DAY),
        ("03.04.24", moments.SHORT_YEAR),
        ("30.02.2024", moments.NO_SUCH_DAY),
        ("2024-01-31 14:30", moments.TIME_TOO),
        ("2024", moments.NOT_A_DAY),
        ("45322", moments.NOT_A_DAY),
        ("soon", moments.NOT_A_DAY),
    ],
)
def test_days_that_are_none_or_unclear_are_faults(said, says):
    _values, (fault,) = only(DAY, said)

    assert fault.says == says
    assert str(fault)


def test_an_unclear_day_names_both_readings():
    _values, (fault,) = only(DAY, "03/04/2024")

    assert "2024-04-03 or 2024-03-04" in str(fault)


def test_dates_and_serial_numbers_of_a_workbook_are_days():
    assert only(DAY, date(2024, 1, 31), datetime(2024, 1, 31), 45322, book=True)[0] == ["2024-01-31"] * 3  # noqa: DTZ001 - a sheet's days have no zone
    assert only(DAY, 2024, datetime(2024, 1, 31, 14, 30), book=True)[1][0].says == moments.NOT_A_DAY  # noqa: DTZ001 - a sheet's days have no zone


def test_days_count_from_1904_where_the_workbook_says_so():
    def from_1904(book):
        book.epoch = CALENDAR_MAC_1904
        book.active.append([date(2024, 1, 31)])
        book.active.append([45322 - 1462])

    sheet = read(workbook(["Day"], change=from_1904), filename="f", columns=[DAY])

    assert [row.values["day"] for row in sheet.rows] == ["2024-01-31"] * 2
    assert "1904" in str(sheet.notes[0])


def test_the_day_that_never_was_is_a_fault_and_days_before_it_are_right():
    def styled(book):
        for row in (2, 3, 4):
            book.active.cell(row, 1).number_format = "dd.mm.yyyy"

    sheet = read(workbook(["Day"], [1], [60], [61], change=styled), filename="f", columns=[DAY])

    assert [row.values for row in sheet.rows] == [{"day": "1900-01-01"}, {}, {"day": "1900-03-01"}]
    assert sheet.faults[0].says == moments.NO_SUCH_DAY


@pytest.mark.parametrize(
    ("said", "is_"),
    [
        ("2024-01-31T14:30:00Z", "2024-01-31T14:30:00Z"),
        ("31.01.2024 14:30", "2024-01-31T14:30:00Z"),
        ("2024-01-31 14:30 +03:00", "2024-01-31T11:30:00Z"),
        ("31.01.2024, 1:05 UTC+5", "2024-01-30T20:05:00Z"),
        ("2024-01-31T14:30:00.250Z", "2024-01-31T14:30:00.250000Z"),
    ],
)
def test_instants_come_out_in_utc(said, is_):
    assert only(AT, f'"{said}"') == ([is_], [])


def test_an_instant_of_a_workbook_is_one_in_utc_and_nonsense_is_a_fault():
    assert only(AT, datetime(2024, 1, 31, 14, 30, 59), book=True)[0] == ["2024-01-31T14:30:59Z"]  # noqa: DTZ001 - a sheet's days have no zone
    for said in ("31.01.2024 25:00", "2024-01-31", "14:30", "0001-01-01 00:00 +05:00"):
        assert only(AT, said)[1][0].row == 2


# Codes, answers, texts


@pytest.mark.parametrize("said", ["flood", "FLOOD", "Flood", " flood ", "flood — Наводнение"])
def test_a_code_is_given_by_code_or_name_in_any_case(said):
    assert only(KIND, said) == (["flood"], [])


def test_a_code_that_lost_its_zeros_is_still_found():
    assert only(KIND, 1, book=True) == (["01"], [])


def test_several_codes_may_be_parted_in_several_ways():
    assert only(MANY, '"fire; Flood"', '"flood,fire"', '"storm, at sea|fire|fire"')[0] == [
        ["fire", "flood"],
        ["flood", "fire"],
        ["sea", "fire"],
    ]
    assert only(MANY, '"flood, fog"')[1][0].says == values.NOT_A_CODE


def test_a_name_of_two_codes_is_a_fault_that_names_them():
    column = Column("kind", "Kind", "code", choices=(("a", "Same"), ("b", "same")))

    _values, (fault,) = only(column, "SAME")

    assert "a, b" in str(fault)


def test_yes_and_no_are_understood_in_both_languages():
    assert only(OPEN, "да", "Yes", "1", "TRUE", "истина")[0] == [True] * 5
    assert only(OPEN, "Нет", "no", "0", "false", "ЛОЖЬ")[0] == [False] * 5
    assert only(OPEN, True, False, 1, 0, book=True)[0] == [True, False, True, False]
    assert only(OPEN, "perhaps")[1][0].says == values.NOT_YES_NO


def test_a_text_keeps_what_was_typed_and_has_its_bounds():
    assert only(NOTE, 12.0, date(2024, 1, 31), "a\nb", True, book=True)[0] == [
        "12",
        "2024-01-31",
        "a\nb",
        "TRUE",
    ]
    assert only(NOTE, "x" * 21)[1][0].says == values.TOO_LONG
    assert only(NOTE, "a\x07b")[1][0].says == values.UNSEEN


# Formulas, merged cells, hidden rows


def test_a_formula_without_a_saved_value_is_a_fault():
    sheet = read(workbook(["Cases"], ["=1+1"]), filename="f", columns=[CASES])

    assert [(fault.row, fault.column, fault.says) for fault in sheet.faults] == [
        (2, "A", values.NO_SAVED_VALUE)
    ]


def test_merged_cells_among_the_rows_are_a_fault_and_above_the_headings_are_not():
    def merge(book):
        book.active.merge_cells("A1:B1")
        book.active.merge_cells("B4:B6")
        book.active.merge_cells("D4:D5")

    data = workbook(
        ["Report", None], ["Cases", "Note"], [1, "a"], [2, "b"], [3, None], [4, None], change=merge
    )
    (fault,) = read(data, filename="f", columns=[CASES, NOTE]).faults

    assert (fault.row, fault.column, fault.found) == (4, "B", "B4:B6")


def test_a_workbook_with_shared_strings_saved_formulas_and_own_formats_is_read():
    sheet = read(by_hand.packed(), filename="f", columns=[CASES, NOTE, DAY])

    assert [row.values for row in sheet.rows] == [
        {"cases": 5, "note": "two runs\n_x0041_", "day": "2024-01-31"},
        {"cases": 6, "note": "a", "day": "2024-01-31"},
        {"day": "2024-01-31"},
    ]
    assert [(fault.row, fault.column, fault.says) for fault in sheet.faults] == [
        (4, "A", values.NO_SAVED_VALUE)
    ]
    assert str(sheet.notes[0]) == "3 formulas were read by the values saved with the file."


def test_hidden_rows_are_read_and_said_to_be():
    def hide(book):
        book.active.row_dimensions[2].hidden = True

    sheet = read(workbook(["Cases"], [1], [2], change=hide), filename="f", columns=[CASES])

    assert [row.values["cases"] for row in sheet.rows] == [1, 2]
    assert str(sheet.notes[0]) == "1 hidden rows were read as well."


def test_an_error_in_a_cell_is_a_fault():
    sheet = read(workbook(["Cases"], ["#N/A"]), filename="f", columns=[CASES])

    assert sheet.faults[0].says == values.ERROR_CELL


# Writing

FILLED = {
    "cases": 12,
    "rate": "0.1",
    "note": "=SUM(A1:A9)",
    "kind": "flood",
    "many": ["flood", "sea"],
    "open": False,
    "day": "2024-01-31",
    "at": "2024-01-31T14:30:00Z",
}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_template_reads_back_where_another_language_is_spoken(language):
    abroad = [
        Column(
            column.code,
            f"Заголовок {at}",
            column.kind,
            choices=tuple((c, f"Имя {c}") for c, _n in column.choices),
        )
        for at, column in enumerate(ALL)
    ]
    for data in (
        template(title="Daily report", columns=ALL, rows=[FILLED], language=language),
        template_csv(columns=ALL, rows=[FILLED | {"many": ["flood"]}], language=language),
    ):
        sheet = read(data, filename="f", columns=abroad)
        assert sheet.faults == []
        assert sheet.rows[0].values["kind"] == "flood"
        assert sheet.rows[0].values["day"] == "2024-01-31"


def test_an_empty_template_has_no_rows_and_no_faults():
    for data in (template(title="T", columns=ALL), template_csv(columns=ALL)):
        sheet = read(data, filename="f", columns=ALL)
        assert sheet.rows == []
        assert sheet.faults == []


def test_a_template_offers_lists_and_keeps_its_headings_in_sight():
    book = openpyxl.load_workbook(io.BytesIO(template(title="Отчёт", columns=ALL, language="ru")))
    sheet = book.worksheets[0]

    assert sheet["A1"].value == "Отчёт"
    assert sheet["A2"].value == "Cases, persons *"
    assert "обязателен" in sheet["A2"].comment.text
    assert sheet.row_dimensions[3].hidden
    assert sheet.freeze_panes == "A4"
    lists = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert lists["F4"] == '"да,нет"'
    codes = book.worksheets[1]
    first, last = lists["D4"].split("!")[1].replace("$", "").split(":")
    assert [cell.value for (cell,) in codes[first:last]] == ["flood — Flood", "fire — Fire", "01 — Other"]


def test_the_same_content_gives_the_same_bytes(monkeypatch):
    first = write_table(title="T", header=["a"], rows=[[1]]), template(title="T", columns=ALL)
    monkeypatch.setenv("TZ", "Asia/Almaty")

    assert (write_table(title="T", header=["a"], rows=[[1]]), template(title="T", columns=ALL)) == first
    assert b"1980-01-01" in one_part(first[0], "docProps/core.xml")


def one_part(data, name):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


@pytest.mark.parametrize("said", ["=1+1", "+7 000", "-x", "@cmd", "\tx", "＝1", "'=1"])
def test_no_text_is_ever_written_as_a_formula(said):
    book = openpyxl.load_workbook(io.BytesIO(write_table(title="T", header=["h"], rows=[[said]])))
    cell = book.worksheets[0]["A2"]
    assert (cell.data_type, cell.value) == ("s", said)
    assert cell.quotePrefix or said.startswith("'")
    row = template_csv(columns=[NOTE], rows=[{"note": said}]).decode("utf-8-sig").split("\r\n")[2]
    assert row.strip('"').startswith("'")


def test_a_table_keeps_long_figures_and_odd_titles():
    data = write_table(
        title="a/b:[c]?" * 9, header=["n", "d"], rows=[[10**18 + 1, date(2024, 1, 31)], [None, True]]
    )
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]

    assert [cell.value for cell in sheet[2]] == [str(10**18 + 1), datetime(2024, 1, 31)]  # noqa: DTZ001 - a sheet's days have no zone
    assert sheet["B3"].value is True


def test_a_refusal_is_told_in_a_sentence_with_what_to_do():
    kinds = [
        kind for kind in vars(refusals).values() if isinstance(kind, type) and issubclass(kind, SheetRefused)
    ]

    assert len(kinds) > 12
    assert all(kind.says.endswith(".") and kind.hint.endswith(".") for kind in kinds)

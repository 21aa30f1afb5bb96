"""What is written reads back as it was: every kind of value, through workbooks and through text."""

import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonwatch.formats.sheets import Column, read, template, template_csv, write_table

CHOICES = (("flood", "Flood; of a river"), ("fire", "Fire, in a forest"), ("007", "Agent"), ("=x", "+Odd"))
COLUMNS = (
    Column("whole", "Whole", "integer", required=True, unit="persons"),
    Column("exact", "Exact", "decimal"),
    Column("words", "Words", "text", max_length=200),
    Column("one", "One", "code", choices=CHOICES),
    Column("many", "Many", "codes", choices=CHOICES),
    Column("open", "Open", "yes_no"),
    Column("day", "Day", "date"),
    Column("at", "At", "instant"),
)


def canonical(number):
    said = format(number, "f")
    said = said.rstrip("0").rstrip(".") if "." in said else said
    return "0" if said == "-0" else said


WORDS = (
    st.text(
        st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"),
        min_size=1,
        max_size=60,
    )
    | st.sampled_from(
        ["=1+1", "_x0041_", "'=a", "''", "'", "a\nb", "12,5", "-", "@x", "sep=;", '"', "1;2", "\u2028x"]
    )
).filter(lambda said: said == said.strip() and said)
DECIMALS = st.decimals(-(10**15), 10**15, allow_nan=False, places=6).map(canonical) | st.sampled_from(
    ["1.234", "12.345", "0.001", "-999.999", "9223372036854775807", "0.00000000000000000001"]
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"whole": st.integers(-(2**63), 2**63 - 1)},
        optional={
            "exact": DECIMALS,
            "words": WORDS,
            "one": st.sampled_from([code for code, _name in CHOICES]),
            "many": st.lists(st.sampled_from([code for code, _name in CHOICES]), min_size=1, unique=True),
            "open": st.booleans(),
            "day": st.dates(date(1, 1, 1)).map(date.isoformat),
            "at": st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(  # noqa: DTZ001 - a sheet's days have no zone
                lambda at: at.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
            ),
        },
    ),
    max_size=4,
)
SLOW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_same(data, rows):
    sheet = read(data, filename="f", columns=COLUMNS)
    assert sheet.faults == []
    assert [row.values for row in sheet.rows] == rows


@SLOW
@given(ROWS)
def test_every_value_comes_back_from_a_workbook(rows):
    assert_same(template(title="T", columns=COLUMNS, rows=rows, rows_hint=2), rows)


@SLOW
@given(ROWS)
def test_every_value_comes_back_from_text(rows):
    assert_same(template_csv(columns=COLUMNS, rows=rows, language="ru"), rows)


@SLOW
@given(WORDS)
def test_a_text_of_a_table_is_the_text_that_a_reader_sees(said):
    data = write_table(title="T", header=["Words"], rows=[[said]])

    (row,) = read(data, filename="f", columns=[COLUMNS[2]]).rows
    assert row.values == {"words": said}
    shown = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]["A2"].value
    assert re.sub("_x005F_(?=x)", "_", shown) == said


@SLOW
@given(st.decimals(-(10**30), 10**30, allow_nan=False, places=9))
def test_a_decimal_of_a_table_loses_nothing(number):
    column = Column("exact", "Exact", "text")
    (row,) = read(
        write_table(title="T", header=["Exact"], rows=[[number]]), filename="f", columns=[column]
    ).rows

    assert Decimal(row.values["exact"]) == number

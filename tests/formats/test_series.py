"""Wide series into points: the real files of the member states, and files that are wrong on purpose."""

import csv
import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from commonwatch.formats import series
from commonwatch.formats.series import Combined, DaysNotFound, Point, WideMapping, combine, read_wide
from commonwatch.formats.sheets import SheetRefused, refusals, write_table

FOLDER = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "04-epidemic"
MEMBERS = {
    "Armenia": "am",
    "Belarus": "by",
    "Kazakhstan": "kz",
    "Kyrgyzstan": "kg",
    "Russia": "ru",
    "Tajikistan": "tj",
}


def wide(name="cases", form="%m/%d/%y", **more):
    given = {"parties": {"A": "a", "B": "b"}, "party_column": "Country", **more}
    return WideMapping(field=name, date_format=form, **given)


def of_members(name, form):
    return wide(name, form, party_column="Country/Region", parties=MEMBERS, sum_over=("Province/State",))


@pytest.fixture(scope="module")
def real():
    if not FOLDER.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{FOLDER} is absent")
        pytest.skip("the folder of shared data is not beside the checkout")
    names = ("confirmed", "deaths")
    return {name: (FOLDER / f"jhu-csse-{name}-global-members.csv").read_bytes() for name in names}


def last_figures(data):
    """Give each member's last figure without any code of ours."""
    rows = list(csv.DictReader(data.decode().splitlines()))
    last = list(rows[0])[-1]
    totals = {}
    for row in rows:
        if row["Country/Region"] in MEMBERS:
            code = MEMBERS[row["Country/Region"]]
            totals[code] = totals.get(code, 0) + int(row[last])
    return totals


def test_the_published_series_of_the_member_states_come_out_whole(real):
    confirmed = read_wide(real["confirmed"], mapping=of_members("confirmed", "%m/%d/%y"))
    deaths = read_wide(real["deaths"], mapping=of_members("deaths", "%Y/%m/%d"))
    rows = combine([confirmed, deaths])

    assert confirmed.faults == deaths.faults == []
    assert len(rows) == 6 * 1143
    assert list(dict.fromkeys(row.party for row in rows)) == list(MEMBERS.values())
    days = [row.day for row in rows if row.party == "ru"]
    assert days == [date(2020, 1, 22) + timedelta(days=n) for n in range(1143)]
    assert days[-1] == date(2023, 3, 9)
    ends = {row.party: row.values for row in rows if row.day == days[-1]}
    assert {party: values["confirmed"] for party, values in ends.items()} == last_figures(real["confirmed"])
    assert {party: values["deaths"] for party, values in ends.items()} == last_figures(real["deaths"])


def test_days_can_be_narrowed_to_a_period(real):
    mapping = wide(
        "confirmed",
        party_column="Country/Region",
        parties={"Armenia": "am"},
        first=date(2020, 3, 1),
        last=date(2020, 3, 31),
    )

    points = read_wide(real["confirmed"], mapping=mapping).points

    assert [point.day.day for point in points] == list(range(1, 32))


def test_rows_of_a_party_are_added_up_exactly():
    data = b"Part,Country,1/1/24,1/2/24\nx,A,0.1,1\ny,A,0.2,2\nz,B,7,\nw,Z,1,1\n"

    answer = read_wide(data, mapping=wide(sum_over=("Part",)))

    assert answer.points == [
        Point("a", date(2024, 1, 1), "0.3"),
        Point("a", date(2024, 1, 2), 3),
        Point("b", date(2024, 1, 1), 7),
    ]
    assert answer.faults == []
    assert "1 rows about others" in str(answer.notes[-1])


@pytest.mark.parametrize(
    ("data", "row", "column", "says"),
    [
        (b"Country,1/1/24\nA,1\nB,x\n", 3, "B", "This is not a number."),
        (b"Country,1/1/24\nA,1\nB,2\nA,3\n", 4, "A", "A second row is about A."),
        (b"Country,1/1/24\nA,1\n", None, "A", "No row of the file is about B."),
        (b"Country,1/1/24,01/01/24\nA,1,2\nB,1,2\n", 1, "C", "The day 2024-01-01 stands over two columns."),
        (
            b"Country,1/1/24\nA,1\nB,0.12345678901234567890123456789012345678901234567890123456789\n",
            3,
            "B",
            "digits",
        ),
    ],
)
def test_a_fault_names_its_row_and_column(data, row, column, says):
    (fault,) = read_wide(data, mapping=wide()).faults

    assert (fault.row, fault.column) == (row, column)
    assert says in str(fault)


def test_a_part_named_twice_or_left_empty_is_no_silent_sum():
    data = b"Part,Country,1/1/24\nx,A,1\nx,A,1\ny,A,\nx,B,1\n"

    faults = read_wide(data, mapping=wide(sum_over=("Part",))).faults

    assert [(fault.row, fault.column) for fault in faults] == [(3, "B"), (4, "C")]


def test_headings_without_the_party_or_without_days_are_refused():
    with pytest.raises(DaysNotFound, match="Country"):
        read_wide(b"Land,1/1/24\nA,1\n", mapping=wide())
    with pytest.raises(DaysNotFound, match="%m/%d/%y"):
        read_wide(b"Country,2024-01-01\nA,1\n", mapping=wide())


def test_a_workbook_or_an_empty_file_is_refused_as_a_series():
    with pytest.raises(refusals.OtherFormat, match="workbook"):
        read_wide(write_table(title="x", header=["Country"], rows=[]), mapping=wide())
    with pytest.raises(SheetRefused, match="empty"):
        read_wide(b"\n\n", mapping=wide())


def test_too_many_rows_of_the_parties_are_refused():
    parts = "".join(f"{n},A,1\n" for n in range(series.MOST_ROWS + 1))

    with pytest.raises(refusals.TooManyRows):
        read_wide(f"Part,Country,1/1/24\n{parts}".encode(), mapping=wide(sum_over=("Part",)))


def test_fields_are_combined_where_a_day_is_missing_in_one_file():
    cases = read_wide(b"Country,1/1/24,1/2/24\nA,1,2\nB,3,4\n", mapping=wide())
    deaths = read_wide(b"Country,1/2/24\nA,0\nB,1\n", mapping=wide("deaths"))

    assert combine([cases, deaths])[:2] == [
        Combined("a", date(2024, 1, 1), {"cases": 1}),
        Combined("a", date(2024, 1, 2), {"cases": 2, "deaths": 0}),
    ]
    with pytest.raises(ValueError, match="cases"):
        combine([cases, cases])

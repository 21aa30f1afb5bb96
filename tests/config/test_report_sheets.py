"""Sheets of reports: columns made from every type of the packs, and rows read back as reports."""

import pytest

from commonwatch.desks.exchange import sheets
from commonwatch.formats.sheets import read, template, template_csv


def filled(columns, *rows):
    """Write a sheet with these rows, headed as people see it."""
    data = template_csv(columns=columns, rows=rows)
    return read(data, filename="filled.csv", columns=columns)


def test_every_type_of_every_pack_gives_a_template_that_reads_back(packs):
    for pack in packs.values():
        for type_ in pack.types:
            for language in pack.languages:
                columns = sheets.columns(type_, pack, language, with_owes=True)
                codes = [column.code for column in columns]
                assert len(codes) == len(set(codes)), f"{type_.code} has a field named like a leading column"
                data = template(title=type_.code, columns=columns)
                assert read(data, filename="t.xlsx", columns=columns).faults == []


def test_a_sheet_headed_in_one_language_is_read_under_another(packs):
    pack = packs["csto"]
    russian = sheets.columns(pack.type("D1"), pack, "ru")
    english = sheets.columns(pack.type("D1"), pack, "en")
    data = template_csv(columns=russian, rows=[{"period": "2026-09-14", "change": "change", "events": 3}])
    [report] = sheets.reports(read(data, filename="f.csv", columns=english), pack.type("D1"))
    assert (report.period, report.values) == ("2026-09-14", {"change": "change", "events": 3})


def test_leading_columns_become_the_report_and_the_rest_its_values(packs):
    pack = packs["csto"]
    columns = sheets.columns(pack.type("D1"), pack, "en", with_owes=True)
    sheet = filled(
        columns,
        {"period": "2026-09-14", "owes": "KZ", "nil": True, "note": "By courier"},
        {"period": "2026-09-15", "change": "no_change"},
    )
    nil, value = sheets.reports(sheet, pack.type("D1"))
    assert (nil.owes, nil.nil, nil.note, nil.values) == ("KZ", True, "By courier", {})
    assert (value.owes, value.nil, value.values) == ("", False, {"change": "no_change"})


def test_a_type_reported_on_an_event_asks_for_its_moment(packs):
    pack = packs["csto"]
    columns = sheets.columns(pack.type("T2"), pack, "en")
    assert columns[0].code == "event_at"
    assert "owes" not in {column.code for column in columns}


def test_a_sheet_with_a_fault_gives_no_report_at_all(packs):
    pack = packs["csto"]
    columns = sheets.columns(pack.type("D1"), pack, "en")
    data = b"Period;Change\n2026-09-14;change\n2026-09-15;perhaps\n"
    with pytest.raises(sheets.SheetFaulty) as refused:
        sheets.reports(read(data, filename="f.csv", columns=columns), pack.type("D1"))
    [fault] = refused.value.fields["faults"]
    assert (fault.row, fault.column, fault.found) == (3, "B", "perhaps")


def test_a_sheet_without_rows_is_refused(packs):
    pack = packs["csto"]
    columns = sheets.columns(pack.type("D1"), pack, "en")
    with pytest.raises(sheets.SheetEmpty):
        sheets.reports(read(b"Period;Change\n", filename="f.csv", columns=columns), pack.type("D1"))

"""Sheets in and out: Excel workbooks and text with separators, as ministries send them ↔ plain values."""

from commonwatch.formats.sheets.model import Column, Fault, Note, Row, Sheet, Value
from commonwatch.formats.sheets.reading import read
from commonwatch.formats.sheets.refusals import SheetRefused
from commonwatch.formats.sheets.writing import template, template_csv, write_table

__all__ = [
    "Column",
    "Fault",
    "Note",
    "Row",
    "Sheet",
    "SheetRefused",
    "Value",
    "read",
    "template",
    "template_csv",
    "write_table",
]

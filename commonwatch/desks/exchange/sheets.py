"""Sheets of reports: the columns that a type asks for, and the rows of a filled sheet as reports.

Beside the type's own fields a sheet has leading columns: the period (or the moment of the event), the party whose duty
is filled where several may stand in one sheet, and whether there was nothing to report; a remark comes last.
"""

from collections.abc import Sequence
from dataclasses import replace

from commonwatch.charter.model import Field, InformationType, Pack, Texts
from commonwatch.desks.exchange.intake import Sent
from commonwatch.errors import Refusal, _
from commonwatch.formats.sheets import Column, Note, Sheet

PERIOD, EVENT_AT, OWES, NIL, NOTE = "period", "event_at", "owes", "nil", "note"
MOST_NAMED = 30
LEADING = frozenset({PERIOD, EVENT_AT, OWES, NIL, NOTE})

_NAMES: dict[str, Texts] = {
    PERIOD: {"en": "Period", "ru": "Период"},
    EVENT_AT: {"en": "Moment of the event", "ru": "Время события"},
    OWES: {"en": "Party", "ru": "Сторона"},
    NIL: {"en": "Nothing to report", "ru": "Нет данных"},
    NOTE: {"en": "Remark", "ru": "Примечание к докладу"},
}
_FORMS: dict[str, Texts] = {
    "day": {"en": "The day, as 2026-09-14.", "ru": "День в виде 2026-09-14."},
    "week": {"en": "The week, as 2026-W38.", "ru": "Неделя в виде 2026-W38."},
    "month": {"en": "The month, as 2026-09.", "ru": "Месяц в виде 2026-09."},
    "quarter": {"en": "The quarter, as 2026-Q3.", "ru": "Квартал в виде 2026-Q3."},
}


class SheetFaulty(Refusal):
    """Something in a sheet cannot be read. Field `faults` has every place by row and column."""

    code, status = "exchange.sheet-faulty", 422
    says = _("{filename} has {count} places that cannot be read; nothing was written.")
    hint = _("Mend the places named and send the whole sheet again.")


class SheetEmpty(Refusal):
    """A sheet without a row."""

    code, status = "exchange.sheet-empty", 422
    says = _("{filename} has headings, but no row under them.")
    hint = _("Fill in one row for each report.")


class SheetUnfilled(Refusal):
    """A sheet in which nobody filled in anything."""

    code, status = "exchange.sheet-unfilled", 422
    says = _("{filename} holds nothing but what an empty sheet comes with; nothing was written.")
    hint = _(
        "Fill in another column of each row that is to be sent. If there is nothing to report, send a nil return."
    )


PASSED_OVER = _(
    "Passed over, since nothing is filled in there but what an empty sheet comes with: row {rows}. To send such a row,"
    " fill in another column of it, or its remark."
)


def columns(
    type_: InformationType, pack: Pack, language: str, *, with_owes: bool = False
) -> tuple[Column, ...]:
    """Return the columns of a type's sheet, headed in `language` and recognised in every language of the pack.

    A type that may be answered with nothing has no column that must be filled: whether a row with figures is whole
    is judged when it is filed. `with_owes` adds the column of the party, for the center and for imports.
    """
    leading = [_moment_column(type_, language)]
    if with_owes:
        parties = tuple((each.code, _text(each.name, language)) for each in pack.parties)
        leading.append(_column(OWES, language, kind="code", choices=parties))
    if type_.nil:
        leading.append(_column(NIL, language, kind="yes_no"))
    asked = [_asked(each, type_, pack, language) for each in type_.fields]
    return (*leading, *asked, _column(NOTE, language, kind="text"))


def _moment_column(type_: InformationType, language: str) -> Column:
    if type_.schedule is None:
        return _column(EVENT_AT, language, kind="instant", required=True)
    # A day typed into a spreadsheet becomes a date of its own accord; other periods stay text.
    kind = "date" if type_.schedule.period == "day" else "text"
    return _column(PERIOD, language, kind=kind, required=True, help=_FORMS[type_.schedule.period])


def _column(  # noqa: PLR0913 - the parts of a column
    code: str,
    language: str,
    *,
    kind: str,
    required: bool = False,
    help: Texts | None = None,
    choices: tuple[tuple[str, str], ...] = (),
) -> Column:
    names = _NAMES[code]
    return Column(
        code=code,
        title=_text(names, language),
        kind=kind,  # type: ignore[arg-type] # one of the kinds, by the callers above
        required=required,
        help=_text(help or {}, language),
        choices=choices,
        aliases=_others(names, language),
    )


def _asked(each: Field, type_: InformationType, pack: Pack, language: str) -> Column:
    choices: tuple[tuple[str, str], ...] = ()
    if each.codelist:
        items = pack.codelist(each.codelist).items
        choices = tuple((item.code, _text(item.name, language)) for item in items)
    return Column(
        code=each.code,
        title=_text(each.name, language),
        kind=each.kind,
        required=each.required and not type_.nil,
        unit=_text(each.unit, language),
        help=_text(each.help, language),
        choices=choices,
        minimum=each.minimum,
        maximum=each.maximum,
        max_length=each.max_length,
        aliases=_others(each.name, language),
    )


def _text(texts: Texts, language: str) -> str:
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def _others(texts: Texts, language: str) -> tuple[str, ...]:
    return tuple(text for tag, text in texts.items() if tag != language)


def filled(sheet: Sheet, type_: InformationType, *, filename: str = "sheet") -> Sheet:
    """Pass over the rows that nobody filled in, and name them in a note.

    An empty sheet comes with its periods and with what the party said in other returns: that alone is no report, for
    nobody has confirmed it, and a value that was offered may have been corrected since. So a row needs another
    answer, a remark, or a yes under "Nothing to report". A row with something that cannot be read stays, to be mended.

    :raises SheetUnfilled: when there are rows and no other is left.
    """
    came = {PERIOD, EVENT_AT, OWES, *(each.code for each in type_.fields if each.sources)}
    unreadable = {fault.row for fault in sheet.faults if fault.found}
    passed = {
        row.number
        for row in sheet.rows
        if not (row.number in unreadable or row.values.keys() - came or row.values.get(NIL))
    }
    if not passed:
        return sheet
    rows = [row for row in sheet.rows if row.number not in passed]
    faults = [fault for fault in sheet.faults if fault.row not in passed]
    if not (rows or faults):
        raise SheetUnfilled(filename=filename)
    note = Note(PASSED_OVER, {"rows": _listed(sorted(passed))})
    return replace(sheet, rows=rows, faults=faults, notes=[*sheet.notes, note])


def _listed(numbers: Sequence[int]) -> str:
    """List rows by their numbers, the first of many."""
    said = ", ".join(map(str, numbers[:MOST_NAMED]))
    return said if len(numbers) <= MOST_NAMED else f"{said}, …"


def reports(sheet: Sheet, type_: InformationType, *, filename: str = "sheet") -> list[Sent]:
    """Return the rows of a sheet as reports, in order.

    :raises SheetFaulty: with every fault, when there is any.
    :raises SheetEmpty: when no row stands under the headings.
    """
    if sheet.faults:
        count = len(sheet.faults) + sheet.unlisted
        raise SheetFaulty(filename=filename, count=count, faults=tuple(sheet.faults))
    if not sheet.rows:
        raise SheetEmpty(filename=filename)
    return [_report(row.values, type_) for row in sheet.rows]


def _report(values: dict[str, int | str | bool | list[str]], type_: InformationType) -> Sent:
    nil = values.get(NIL) is True
    return Sent(
        type=type_.code,
        period=str(values.get(PERIOD, "")),
        event_at=str(values.get(EVENT_AT, "")),
        owes=str(values.get(OWES, "")),
        values={code: value for code, value in values.items() if code not in LEADING},
        nil=nil,
        note=str(values.get(NOTE, "")),
    )

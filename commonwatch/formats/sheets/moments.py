"""Days and instants from cells: real dates, serial numbers of either epoch, and what people write."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

from commonwatch.errors import _
from commonwatch.formats.sheets.figures import STORED, Unfit, Usage
from commonwatch.formats.sheets.grid import Cell

NOT_A_DAY = _("This is no day. Write it as 31.12.2025 or 2025-12-31.")
UNCLEAR_DAY = _("This can be {first} or {second}. Write it as 31.12.2025 or 2025-12-31.")
SHORT_YEAR = _("Write the year with four digits.")
NO_SUCH_DAY = _("There is no such day in the calendar.")
TIME_TOO = _("The cell holds a time beside the day. Leave the day alone.")
NOT_AN_INSTANT = _("This is no day with a time. Write it as 2025-12-31 14:30 UTC.")

_MONTHS = {
    name: at
    for names in (
        "january february march april may june july august september october november december",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    )
    for at, name in enumerate(names.split(), 1)
}
_DAY = re.compile(r"(?P<a>[0-9]{1,4})(?P<mark>[./-])(?P<b>[0-9]{1,2})(?P=mark)(?P<c>[0-9]{1,4})")
_NAMED_DAY = re.compile(r"(?P<day>[0-9]{1,2})\s+(?P<month>[^\W\d_]{3,12})\s+(?P<year>[0-9]{4})")
_OF_THE_YEAR = re.compile(r"\s*(?:г\.?|года)$")
_MIDNIGHT = re.compile(r"(?:t|\s+)0{1,2}:00(?::00(?:\.0{1,6})?)?$")
_INSTANT = re.compile(r"(?P<day>[^:]{6,40}?)(?:t|,?\s+)(?P<time>[0-9]{1,2}:[0-9]{2}.{0,30})")
_TIME = re.compile(
    r"(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2})(?:[.,](?P<f>[0-9]{1,6})[0-9]*)?)?"
    r"\s*(?:z|utc|gmt|(?:utc|gmt)?(?P<sign>[+-])(?P<zh>[0-9]{1,2})(?::?(?P<zm>[0-9]{2}))?)?"
)
_LAST_SERIAL = 2958466
# A bare number is a day only within these serial numbers (1950 to 2099): 2024 is a year, not 16 July 1905.
_BARE_SERIALS = (18264, 73051)
_SHIFT_1904 = 1462


def day(cell: Cell, how: Usage) -> date:
    """Give the day in a cell.

    :raises Unfit: saying what is wrong.
    """
    moment = _serial(cell, how)
    if moment is None:
        said = _MIDNIGHT.sub("", _plain(cell))
        if ":" in said:
            raise Unfit(TIME_TOO)
        return _said_day(said)
    if moment.time() != datetime.min.time():
        raise Unfit(TIME_TOO)
    return moment.date()


def instant(cell: Cell, how: Usage) -> datetime:
    """Give the instant in a cell, in UTC. A time that names no zone is one in UTC, as the template says.

    :raises Unfit: saying what is wrong.
    """
    moment = _serial(cell, how)
    if moment is None:
        moment = _said_moment(_plain(cell))
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise Unfit(NO_SUCH_DAY) from None


def moment_of(serial: str, how: Usage) -> datetime:
    """Read a serial number of days to the second, without zone.

    Counted from 1900 there is a 29 February 1900 (serial 60) that never was; days before it count from one
    later.

    :raises Unfit: when it stands for no day.
    """
    if not STORED.fullmatch(serial) or not 0 <= (days := float(serial)) < _LAST_SERIAL:
        raise Unfit(NOT_A_DAY)
    if how.epoch_1904:
        start = datetime(1904, 1, 1)  # noqa: DTZ001 - a sheet's days have no zone
    elif days < 1 or 60 <= days < 61:
        raise Unfit(NO_SUCH_DAY)
    else:
        start = datetime(1899, 12, 31 if days < 60 else 30)  # noqa: DTZ001 - as above
    try:
        return start + timedelta(seconds=round(days * 86400))
    except OverflowError:
        raise Unfit(NO_SUCH_DAY) from None


def _plain(cell: Cell) -> str:
    return " ".join(cell.text[:100].casefold().split())


def _serial(cell: Cell, how: Usage) -> datetime | None:
    """Read a cell that holds a number; None when it holds text."""
    if cell.kind == "serial":
        return moment_of(cell.text, how)
    if cell.kind == "text":
        return None
    if cell.kind != "number":
        raise Unfit(NOT_A_DAY)
    moment = moment_of(cell.text, how)
    counted = float(cell.text) + (_SHIFT_1904 if how.epoch_1904 else 0)
    if not _BARE_SERIALS[0] <= counted < _BARE_SERIALS[1]:
        raise Unfit(NOT_A_DAY)
    return moment


def _said_day(said: str) -> date:
    """Read a day that a person wrote."""
    said = _OF_THE_YEAR.sub("", said.strip())
    named = _NAMED_DAY.fullmatch(said)
    if named and named["month"] in _MONTHS:
        return _calendar(int(named["year"]), _MONTHS[named["month"]], int(named["day"]))
    found = _DAY.fullmatch(said)
    if not found:
        raise Unfit(NOT_A_DAY)
    first, middle, last = found["a"], int(found["b"]), found["c"]
    if len(first) == 4 and len(last) <= 2:
        return _calendar(int(first), middle, int(last))
    if len(first) <= 2 and len(last) == 2:
        raise Unfit(SHORT_YEAR)
    if len(first) > 2 or len(last) != 4:
        raise Unfit(NOT_A_DAY)
    if found["mark"] == ".":
        return _calendar(int(last), middle, int(first))
    return _slashed(int(first), middle, int(last))


def _slashed(first: int, second: int, year: int) -> date:
    """Read day/month/year, or month/day/year where no other reading is possible."""
    if max(first, second) <= 12 and first != second:
        one, other = _calendar(year, second, first), _calendar(year, first, second)
        raise Unfit(UNCLEAR_DAY, first=one.isoformat(), second=other.isoformat())
    return _calendar(year, first, second) if second > 12 else _calendar(year, second, first)


def _calendar(year: int, month: int, of_month: int) -> date:
    try:
        return date(year, month, of_month)
    except ValueError:
        raise Unfit(NO_SUCH_DAY) from None


def _said_moment(said: str) -> datetime:
    found = _INSTANT.fullmatch(said)
    clock = _TIME.fullmatch(found["time"]) if found else None
    if not found or not clock:
        raise Unfit(NOT_AN_INSTANT)
    on = _said_day(found["day"])
    offset = timedelta(hours=int(clock["zh"] or 0), minutes=int(clock["zm"] or 0))
    try:
        zone = timezone(-offset if clock["sign"] == "-" else offset)
        return datetime(
            on.year,
            on.month,
            on.day,
            hour=int(clock["h"]),
            minute=int(clock["m"]),
            second=int(clock["s"] or 0),
            microsecond=int((clock["f"] or "").ljust(6, "0")),
            tzinfo=zone,
        )
    except ValueError:
        raise Unfit(NOT_AN_INSTANT) from None

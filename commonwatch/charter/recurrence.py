"""The days of an RFC 5545 recurrence rule, of the kinds in which duties recur, always bounded.

Rules give days only: FREQ DAILY, WEEKLY, MONTHLY or YEARLY with INTERVAL, COUNT or UNTIL, BYMONTH,
BYMONTHDAY, BYDAY, BYSETPOS and WKST. General libraries run for minutes, or for ever, on rules that never
match or do not advance; here a rule is first judged by `parse`, and `days` walks no further than the last day
asked for.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from msgspec import Struct

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_PARTS: Final = (
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST",
)  # fmt: skip
_DAY: Final = re.compile(r"([+-]?[1-9][0-9]?)?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(T\d{6}Z?)?")
_PROOF_YEARS: Final = 8  # a 29 February may be eight years away (1896 to 1904, 2096 to 2104)


class Recurrence(Struct, frozen=True):
    """A judged rule. `by_day` pairs an ordinal (0 for every) with a weekday, Monday being 0."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: date | None = None
    by_month: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: int = 0

    def days(self, *, start: date, first: date, last: date) -> Iterator[date]:
        """Yield the days of the rule from `first` to `last`, both included, when it begins on `start`.

        `start` itself counts only if the rule gives it.
        """
        seen = 0
        for period in self._periods(start, last, first=start if self.count is not None else first):
            for day in self._chosen(period, start):
                if day < start:
                    continue
                seen += 1
                past = day > last or (self.until is not None and day > self.until)
                if past or (self.count is not None and seen > self.count):
                    return
                if day >= first:
                    yield day

    def _periods(self, start: date, last: date, *, first: date) -> Iterator[tuple[date, date]]:
        """Yield first and last day of each period that the interval touches, from that of `first` up to `last`."""
        if self.frequency in ("DAILY", "WEEKLY"):
            length = 1 if self.frequency == "DAILY" else 7
            offset = 0 if length == 1 else (start.weekday() - self.week_start) % 7
            opens = start.toordinal() - offset
            opens += max(0, (first.toordinal() - opens) // (length * self.interval)) * length * self.interval
            while opens <= last.toordinal() and opens + length - 1 <= date.max.toordinal():
                yield date.fromordinal(max(opens, 1)), date.fromordinal(opens + length - 1)
                opens += length * self.interval
            return
        months = self.interval * (1 if self.frequency == "MONTHLY" else 12)
        number = start.year * 12 + (start.month - 1 if self.frequency == "MONTHLY" else 0)
        number += max(0, (first.year * 12 + first.month - 1 - number) // months) * months
        while number // 12 <= date.max.year and date(number // 12, number % 12 + 1, 1) <= last:
            year, month = divmod(number, 12)
            final = month + 1 if self.frequency == "MONTHLY" else 12
            yield date(year, month + 1, 1), date(year, final, monthrange(year, final)[1])
            number += months

    def _chosen(self, period: tuple[date, date], start: date) -> list[date]:
        opens, closes = period
        every = (opens + timedelta(days=n) for n in range((closes - opens).days + 1))
        days = [day for day in every if self._fits(day, start)]
        if not self.by_set_pos:
            return days
        picked = {days[p - 1 if p > 0 else p] for p in self.by_set_pos if abs(p) <= len(days)}
        return sorted(picked)

    def _fits(self, day: date, start: date) -> bool:
        if self.by_month and day.month not in self.by_month:
            return False
        length = monthrange(day.year, day.month)[1]
        if self.by_month_day and not {day.day, day.day - length - 1} & set(self.by_month_day):
            return False
        if self.by_day:
            return any(self._fits_weekday(day, nth, weekday) for nth, weekday in self.by_day)
        return bool(self.by_month_day) or self._fits_start(day, start)

    def _fits_start(self, day: date, start: date) -> bool:
        """Fall back on the start day, as RFC 5545 section 3.3.10 says where no BY part gives a day."""
        if self.frequency == "WEEKLY":
            return day.weekday() == start.weekday()
        if self.frequency == "MONTHLY":
            return day.day == start.day
        if self.frequency == "YEARLY":
            return day.day == start.day and (bool(self.by_month) or day.month == start.month)
        return True

    def _fits_weekday(self, day: date, nth: int, weekday: int) -> bool:
        if day.weekday() != weekday:
            return False
        if nth == 0:
            return True
        if self.frequency == "YEARLY" and not self.by_month:
            position, length = day.timetuple().tm_yday, 366 if monthrange(day.year, 2)[1] == 29 else 365
        else:
            position, length = day.day, monthrange(day.year, day.month)[1]
        return nth in ((position - 1) // 7 + 1, -((length - position) // 7 + 1))


def parse(rule: str, *, start: date) -> Recurrence:
    """Judge a rule that begins on `start`.

    :raises ValueError: with one sentence that says what is wrong; a rule that gives no day in eight years is
        wrong.
    """
    parts = _split(rule)
    frequency = parts.get("FREQ", "")
    if frequency not in FREQUENCIES:
        raise ValueError(f"FREQ is {frequency or 'missing'}; it must be one of {', '.join(FREQUENCIES)}.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("COUNT and UNTIL exclude each other.")
    week_start = parts.get("WKST", "MO")
    if week_start not in WEEKDAYS:
        raise ValueError(f"WKST is {week_start}; it must be one of {', '.join(WEEKDAYS)}.")
    recurrence = Recurrence(
        frequency=frequency,
        interval=_number(parts, "INTERVAL", 1, 366) if "INTERVAL" in parts else 1,
        count=_number(parts, "COUNT", 1, 10_000) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        by_month=_numbers(parts, "BYMONTH", 1, 12, negative=False),
        by_month_day=_numbers(parts, "BYMONTHDAY", 1, 31, negative=True),
        by_day=_weekdays(parts.get("BYDAY", "")),
        by_set_pos=_numbers(parts, "BYSETPOS", 1, 366, negative=True),
        week_start=WEEKDAYS.index(week_start),
    )
    _check_sense(recurrence, start)
    return recurrence


def _check_sense(recurrence: Recurrence, start: date) -> None:
    if recurrence.by_month_day and recurrence.frequency == "WEEKLY":
        raise ValueError("BYMONTHDAY does not go with FREQ=WEEKLY.")
    if any(nth for nth, _ in recurrence.by_day) and recurrence.frequency in ("DAILY", "WEEKLY"):
        raise ValueError("A BYDAY with a number goes with FREQ=MONTHLY or YEARLY only.")
    if recurrence.by_set_pos and not (recurrence.by_day or recurrence.by_month_day or recurrence.by_month):
        raise ValueError("BYSETPOS needs another BY part beside it.")
    if recurrence.until is not None and recurrence.until < start:
        raise ValueError(f"UNTIL lies before {start.isoformat()}, the day on which the schedule begins.")
    years = max(_PROOF_YEARS, recurrence.interval + 1 if recurrence.frequency == "YEARLY" else 0)
    last = start.replace(year=min(start.year + years, date.max.year), day=min(start.day, 28))
    if next(recurrence.days(start=start, first=start, last=last), None) is None:
        raise ValueError(f"The rule gives no day in the {years} years after {start.isoformat()}.")


def _split(rule: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in rule.removeprefix("RRULE:").split(";"):
        key, equals, value = part.partition("=")
        if not equals or not value:
            raise ValueError(f"“{part}” is not of the form KEY=VALUE.")
        if key not in _PARTS:
            raise ValueError(f"“{key}” is not a part used here; known are {', '.join(_PARTS)}.")
        if key in parts:
            raise ValueError(f"{key} is given twice.")
        parts[key] = value
    return parts


def _number(parts: dict[str, str], key: str, low: int, high: int) -> int:
    value = parts[key]
    if not re.fullmatch(r"[0-9]{1,6}", value) or not low <= int(value) <= high:
        raise ValueError(f"{key} is {value}; it must be a whole number from {low} to {high}.")
    return int(value)


def _numbers(parts: dict[str, str], key: str, low: int, high: int, *, negative: bool) -> tuple[int, ...]:
    found = []
    for value in parts[key].split(",") if key in parts else ():
        sign = r"[+-]?" if negative else ""
        if not re.fullmatch(sign + r"[0-9]{1,3}", value) or not low <= abs(int(value)) <= high:
            raise ValueError(f"{key} holds {value}; wanted are whole numbers from {low} to {high}.")
        found.append(int(value))
    return tuple(found)


def _weekdays(text: str) -> tuple[tuple[int, int], ...]:
    found = []
    for value in text.split(",") if text else ():
        match = _DAY.fullmatch(value)
        if not match or abs(int(match[1] or 0)) > 53:
            raise ValueError(
                f"BYDAY holds “{value}”; wanted are weekdays such as MO or, by number, 1MO or -1FR."
            )
        found.append((int(match[1] or 0), WEEKDAYS.index(match[2])))
    return tuple(found)


def _until(text: str) -> date:
    match = _UNTIL.fullmatch(text)
    wrong = f"UNTIL is {text}; it must be a day such as 20301231."
    if not match:
        raise ValueError(wrong)
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError as error:
        raise ValueError(wrong) from error

"""Recurrence rules give the days that RFC 5545 says, and nothing that never ends is accepted."""

import time
from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commonwatch.charter.recurrence import WEEKDAYS, parse

weekdays = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True).map(",".join)
counted = st.lists(
    st.tuples(st.sampled_from([1, 2, 3, 4, 5, -1, -2]), st.sampled_from(WEEKDAYS)),
    min_size=1,
    max_size=2,
    unique=True,
).map(lambda pairs: ",".join(f"{number}{day}" for number, day in pairs))
month_days = st.lists(st.sampled_from([1, 5, 15, 28, 29, 31, -1, -3]), min_size=1, max_size=3, unique=True)
months = st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True)


def listed(numbers):
    return ",".join(map(str, numbers))


@st.composite
def rules(draw):
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 4))}"]
    if draw(st.booleans()):
        parts.append("BYMONTH=" + listed(draw(months)))
    wide = frequency in ("MONTHLY", "YEARLY")
    choice = draw(st.sampled_from(["none", "weekday", "counted", "day"]))
    if choice == "weekday" or (choice == "counted" and not wide):
        parts.append("BYDAY=" + draw(weekdays))
    elif choice == "counted":
        parts.append("BYDAY=" + draw(counted))
    elif choice == "day" and frequency != "WEEKLY":
        parts.append("BYMONTHDAY=" + listed(draw(month_days)))
    if wide and choice in ("weekday", "day") and draw(st.booleans()):
        parts.append(f"BYSETPOS={draw(st.sampled_from([1, 2, -1]))}")
    if draw(st.booleans()):
        parts.append(f"WKST={draw(st.sampled_from(WEEKDAYS))}")
    ending = draw(st.sampled_from(["", "COUNT=7", "UNTIL=20270615"]))
    return ";".join([*parts, ending] if ending else parts)


def parsed(rule, start):
    with suppress(ValueError):
        return parse(rule, start=start)


def at_midnight(day):
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the other reader works without zones


@settings(max_examples=400, deadline=None)
@given(rules(), st.dates(date(2019, 1, 1), date(2026, 12, 31)), st.integers(0, 400))
def test_the_days_are_those_that_another_reader_of_rules_finds(rule, start, skip):
    recurrence = parsed(rule, start)
    assume(recurrence is not None)
    first, last = start + timedelta(days=skip), start + timedelta(days=1200)
    other = rrulestr(rule, dtstart=at_midnight(start))
    found = other.between(at_midnight(first), at_midnight(last), inc=True)
    assert list(recurrence.days(start=start, first=first, last=last)) == [moment.date() for moment in found]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("", "KEY=VALUE"),
        ("INTERVAL=2", "FREQ is missing"),
        ("FREQ=HOURLY", "HOURLY"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL is 0"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL is -1"),
        ("FREQ=DAILY;COUNT=0", "COUNT is 0"),
        ("FREQ=DAILY;COUNT=99999999999999999999", "COUNT is"),
        ("FREQ=DAILY;UNTIL=20200230", "UNTIL is 20200230"),
        ("FREQ=DAILY;UNTIL=20191231", "UNTIL lies before"),
        ("FREQ=DAILY;UNTIL=20300101;COUNT=1", "exclude"),
        ("FREQ=DAILY;FREQ=WEEKLY", "twice"),
        ("FREQ=DAILY;BYHOUR=6", "“BYHOUR”"),
        ("FREQ=WEEKLY;BYDAY=XX", "“XX”"),
        ("FREQ=WEEKLY;BYDAY=1MO", "MONTHLY or YEARLY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "does not go"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY holds 0"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY holds 32"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH holds 13"),
        ("FREQ=MONTHLY;BYSETPOS=1", "another BY part"),
        ("FREQ=WEEKLY;WKST=XX", "WKST is XX"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "gives no day"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "gives no day"),
        ("FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", "gives no day"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300", "gives no day"),
    ],
)
def test_a_rule_that_cannot_serve_is_refused_quickly_and_says_why(rule, says):
    began = time.perf_counter()
    with pytest.raises(ValueError, match=says.replace("“", ".").replace("”", ".")):
        parse(rule, start=date(2020, 1, 1))
    assert time.perf_counter() - began < 0.5


def test_a_leap_day_once_in_eight_years_is_found():
    recurrence = parse("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", start=date(2096, 3, 1))
    assert next(
        recurrence.days(start=date(2096, 3, 1), first=date(2096, 3, 1), last=date(2105, 1, 1))
    ) == date(2104, 2, 29)


def test_quarters_recur_four_times_a_year():
    start = date(2020, 1, 10)
    recurrence = parse("FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=10", start=start)
    found = list(recurrence.days(start=start, first=date(2025, 1, 1), last=date(2025, 12, 31)))
    assert found == [date(2025, month, 10) for month in (1, 4, 7, 10)]

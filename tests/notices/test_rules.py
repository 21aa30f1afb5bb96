"""Quiet hours hold across midnight and changes of clocks; addresses let nothing slip into a header or a network."""

import string
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commonwatch.charter.model import LadderStep
from commonwatch.desks.notices import rules

ZONES = ("UTC", "Asia/Almaty", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVERY = frozenset(range(7))
minutes = st.integers(0, 24 * 60 - 1)
instants = st.integers(0, 3 * 366 * 24 * 60).map(
    lambda each: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=each)
)
hours = st.builds(
    rules.Quiet, minutes, minutes, st.sampled_from(ZONES), st.frozensets(st.integers(0, 6), min_size=1)
).filter(lambda each: each.since != each.until)


def micros(at):
    return (at - EPOCH) // timedelta(microseconds=1)


def quiet(given_hours, at):
    return rules.is_quiet(given_hours, micros(at))


@given(hours, instants)
def test_away_from_changes_of_clocks_quiet_hours_are_what_the_wall_shows(found, at):
    zone = ZoneInfo(found.zone)
    local = at.astimezone(zone)
    if len({(at + timedelta(hours=each)).astimezone(zone).utcoffset() for each in range(-50, 51, 5)}) > 1:
        return
    wall, day = local.hour * 60 + local.minute, local.weekday()
    if found.since < found.until:
        expected = day in found.days and found.since <= wall < found.until
    else:
        evening = day in found.days and wall >= found.since
        expected = evening or ((day - 1) % 7 in found.days and wall < found.until)
    assert quiet(found, at) == expected


@given(hours, st.dates(date(2025, 1, 1), date(2027, 12, 31)))
@example(rules.Quiet(23 * 60, 150, "Europe/Berlin", EVERY), date(2026, 10, 24))
@example(rules.Quiet(150, 300, "Europe/Berlin", EVERY), date(2026, 3, 29))
@example(rules.Quiet(90, 150, "Europe/Berlin", EVERY), date(2026, 10, 25))
def test_a_night_is_one_stretch_also_when_clocks_are_changed(found, day):
    """From noon to noon of the wall a stretch begins once and ends once, whatever the clocks do in between."""
    one = found._replace(days=frozenset({day.weekday()}))
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(found.zone)).astimezone(UTC)
    shown = [quiet(one, start + timedelta(minutes=each)) for each in range(-120, 51 * 60, 5)]
    turns = sum(now != before for before, now in pairwise(shown))
    assert turns <= 2
    assert not shown[0]
    assert not shown[-1]


def test_a_night_with_a_change_of_clocks_is_an_hour_longer_or_shorter():
    def length(day):
        found = rules.Quiet(22 * 60, 6 * 60, "Europe/Berlin", EVERY)
        start = datetime(2026, *day, 12, 0, tzinfo=UTC)
        return sum(quiet(found, start + timedelta(minutes=each)) for each in range(24 * 60))

    assert [length(day) / 60 for day in ((3, 28), (6, 1), (10, 24))] == [7, 8, 9]


def test_without_quiet_hours_no_moment_is_quiet():
    assert not rules.is_quiet(None, 0)


@given(st.integers(1, 10_000), st.integers(0, 2**53))
def test_tries_come_later_and_later_and_never_more_than_an_hour_apart(tries, now):
    pause = rules.next_try(tries, now) - now
    assert 60_000_000 <= pause <= 3_600_000_000
    assert rules.next_try(tries + 1, now) - now >= pause


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5), st.randoms())
def test_the_name_of_a_message_does_not_hang_on_the_order_of_its_things(told, dice):
    mixed = list(told)
    dice.shuffle(mixed)
    names = {rules.message_name(to="a", mode="real", told=each) for each in (told, mixed)}
    assert len(names) == 1
    assert rules.message_name(to="b", mode="real", told=told) not in names


def test_the_steps_that_have_come_are_those_that_name_the_office_the_latest_last():
    steps = [LadderStep(code, {"en": code}, after, offices) for code, after, offices in
             (("a", -30, ("x",)), ("b", 0, ("x", "y")), ("c", 5, ("y",)), ("d", 10, ("x",)))]  # fmt: skip

    def at(office, now):
        return [step.code for step, _at in rules.reached(steps, office=office, due_at=0, now=now)]

    assert at("x", -30 * rules.MINUTE - 1) == []
    assert at("x", 0) == ["a", "b"]
    assert at("y", 10 * rules.MINUTE) == ["b", "c"]
    assert at("z", 10 * rules.MINUTE) == []


@given(st.text(max_size=300))
@example("a@example.org\r\nBcc: b@example.org")
@example("a@example.org\n")
@example("a@example.org>\x00")
@example("Somebody <a@example.org>")
@example("a@example.org,b@example.org")
@example("a b@example.org")
@example("a..b@example.org")
@example("a@[127.0.0.1]")
@example("вахта@example.org")
def test_an_address_is_refused_or_fits_into_a_header(text):
    try:
        found = rules.check_address(text)
    except rules.BadAddress:
        return
    assert found == text.strip()
    assert set(found) <= set(string.ascii_letters + string.digits + ".!#$%&'*+/=?^_`{|}~-@")
    assert found.count("@") == 1
    assert len(found) <= 254


@pytest.mark.parametrize("text", ["watch@example.org", "duty+night@crc.example.org", "o'neill@example.co"])
def test_an_address_as_it_should_be_is_taken(text):
    assert rules.check_address(f" {text} ") == text


@pytest.mark.parametrize("text", [
    "http://example.org/", "ftp://example.org/", "https://", "https:///path", "//example.org/", "https://a@example.org/",
    "https://a:b@example.org/", "https://example.org/#part", "https://example.org:0/", "https://example.org:99999/",
    "https://exa mple.org/",
        "https://example.org/\r\nX: y", "https://example.org\\@evil.example/",
    "https://пример.example/",
    "https://example.org/" + "a" * 500, "javascript:alert(1)", "file:///etc/passwd", "",
])  # fmt: skip
def test_a_webhook_goes_by_https_to_a_plain_address_only(text):
    with pytest.raises(rules.BadHook):
        rules.check_hook(text, plain=frozenset())


def test_a_webhook_goes_without_tls_where_the_operator_lets_it():
    url = "http://relay.internal:8080/hook"
    assert rules.check_hook(url, plain=frozenset({"relay.internal"})) == url
    assert rules.check_hook("https://example.org/a?b=c", plain=frozenset()) == "https://example.org/a?b=c"


@pytest.mark.parametrize(("since", "until", "zone", "days"), [
    ("22:00", "22:00", "UTC", "0"), ("22:00", "", "UTC", "0"), ("24:00", "06:00", "UTC", "0"),
    ("odd", "06:00", "UTC", "0"),
    ("22:00", "06:00", "Nowhere/None", "0"), ("22:00", "06:00", "../etc", "0"), ("22:00", "06:00", "UTC", ""),
    ("22:00", "06:00", "UTC", "78"),
])  # fmt: skip
def test_quiet_hours_that_are_none_are_refused(since, until, zone, days):
    with pytest.raises(rules.BadHours):
        rules.read_hours(since, until, zone=zone, days=days)


def test_quiet_hours_are_read_as_they_are_typed():
    found = rules.read_hours("22:00", "06:30", zone="Asia/Almaty", days=["0", "4", "9", ""])
    assert found == rules.Quiet(22 * 60, 6 * 60 + 30, "Asia/Almaty", frozenset({0, 4}))
    assert rules.read_hours("", "", zone="UTC", days=[]) is None


@pytest.mark.parametrize("text", ["2026-09-14", "2026-09-01", "2028-01-01", "soon", "2026-02-30"])
def test_a_pause_ends_on_a_day_to_come(text):
    with pytest.raises(rules.BadPause):
        rules.read_pause(text, today=date(2026, 9, 14))
    assert rules.read_pause("2026-09-15", today=date(2026, 9, 14)) == "2026-09-15"

"""Both logs: every line is there before the answer, says what it must, and is read by those whose matter it is."""

import json
import logging

import pytest

from commonwatch.access import logs
from commonwatch.access.facts import DayDigested
from commonwatch.access.models import Event, Opened
from commonwatch.charter.label import Label
from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.intake import Sent
from commonwatch.errors import Broken
from commonwatch.register import log
from commonwatch.register.models import Journal

PERIOD = "2026-09-14"


def reported(house, party="BY", **more):
    sent = Sent(type="D1", period=PERIOD, values={"change": "no_change"}, **more)
    return acts.submit_report(by=house.na(party), report=sent, channel="form")


def lines():
    return list(Opened.objects.order_by("id"))


def test_opening_a_report_leaves_a_line_that_says_who_what_when_and_in_which_office(house):
    report = reported(house)
    house.client("AM", "na-officer").get(f"/reports/{report.subject}/")
    (line,) = lines()
    assert (line.owner, line.subject, line.version, line.how) == ("BY", report.subject, 1, "page")
    assert (line.party, line.account, line.office) == ("AM", "am-na-officer", "na-officer")
    assert (line.detail, line.mode, line.at) == ("D1 2026-09-14", "real", house.clock())
    assert len(bytes.fromhex(line.salt)) == 16


def test_what_is_not_within_reach_leaves_no_line(house):
    report = reported(house, audience="center")
    assert house.client("AM", "na-officer").get(f"/reports/{report.subject}/").status_code == 404
    assert lines() == []


def test_what_is_of_the_lowest_level_leaves_no_line(house):
    public = log.turn(log.append)(
        DayDigested(day="2026-09-14", log="reads", count=0, root="00"),
        by=house.na("BY"),
        subject="digest/BY/public",
        label=Label(level="H0", parties=("*",)),
    )
    logs.opened(by=house.na("AM"), things=[logs.Thing(public.journal, "digest/BY/public")], how="page")
    assert lines() == []


def test_an_entry_bundle_leaves_a_line_with_its_journal_and_range_and_a_hash_tile_none(house):
    report = reported(house)
    origin = Journal.objects.get(pk=report.journal).origin
    client = house.client("AM", "na-officer")
    assert client.get(f"/journals/{origin}/tile/0/000.p/1").status_code == 200
    assert lines() == []
    assert client.get(f"/journals/{origin}/tile/entries/000.p/2").status_code == 200
    (line,) = lines()
    assert (line.owner, line.subject, line.detail, line.how) == ("BY", origin, "0-1", "journal")


def test_nothing_is_written_that_its_reader_could_not_have_opened(house):
    report = reported(house, audience="center")
    stolen = logs.Thing(report.journal, report.subject)
    with pytest.raises(Broken, match="may not read it"):
        logs.opened(by=house.na("AM"), things=[stolen], how="page")
    with pytest.raises(Broken, match="opened by telepathy"):
        logs.opened(by=house.na("BY"), things=[], how="telepathy")


def test_a_security_line_is_kept_and_goes_to_the_standard_log_as_one_line(house, caplog):
    caplog.set_level(logging.INFO, logger="commonwatch.security")
    logs.note("key-made", party="BY", account="by-na-officer", detail={"client": "sender"})
    row = Event.objects.get()
    assert (row.kind, row.party, row.account, row.at) == ("key-made", "BY", "by-na-officer", house.clock())
    assert json.loads(caplog.messages[0]) == {
        "kind": "key-made", "party": "BY", "account": "by-na-officer", "detail": {"client": "sender"},
    }  # fmt: skip


def test_a_kind_that_nobody_could_read_is_not_written(house):
    with pytest.raises(Broken, match="knows no odd-thing"):
        logs.note("odd-thing")


def test_lines_of_nobody_are_kept_a_hundred_a_minute(house):
    for _each in range(120):
        logs.note("sign-in-failed", detail={"known": False})
    assert Event.objects.count() == 100
    logs.note("sign-in-failed", party="BY", account="by-na-officer")
    house.clock.tick(minutes=1)
    logs.note("sign-in-failed", detail={"known": False})
    assert Event.objects.count() == 102


def test_the_lines_of_nobody_are_read_by_the_party_that_keeps_the_node(house):
    logs.note("sign-in-failed", detail={"known": False})
    logs.note("sign-in-failed", party="BY", account="by-na-officer")
    assert [each.party for each in logs.events("CRC")] == [""]
    assert [each.party for each in logs.events("BY")] == ["BY"]
    assert not logs.events("AM").exists()

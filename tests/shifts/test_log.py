"""The log of the shift: lines that stay, cite what their writer may read, and are struck by other lines."""

import pytest

from commonwatch.access.actor import NotMandated
from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.shifts import acts, board, rules
from commonwatch.desks.shifts.models import Line
from commonwatch.register import history

DUTY = "duty/D1/KZ/2026-09-14"


def write(desk, text="A line", **more):
    return acts.write_line(by=desk.first, **({"sort": "note", "said": text} | more))


def report(desk):
    sent = Sent(type="D1", period="2026-09-14", values={"change": "no_change"})
    return exchange.submit_report(by=desk.house.na("KZ"), report=sent, channel="form").subject


def line(desk, key):
    return Line.objects.visible_to(desk.first).get(key=key)


def test_a_line_stands_with_its_time_at_the_highest_level_that_holds_content(desk):
    row = line(desk, write(desk, sort="alarm"))
    assert (row.sort, row.account, row.at) == ("alarm", "crc-duty", desk.house.clock())
    assert (row.journal.level, row.journal.parties) == ("H2", "CRC")
    assert not Line.objects.visible_to(desk.house.sit("CRC", "analyst")).exists()


def test_only_who_writes_the_log_may(desk):
    with pytest.raises(NotMandated):
        acts.write_line(by=desk.house.na("KZ"), sort="note", said="x")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"said": "  "}, rules.TextMissing),
        ({"said": "x" * 4001}, rules.TextMissing),
        ({"sort": "gossip"}, rules.NoSuchSort),
        ({"cites": "something"}, rules.NothingThere),
        ({"cites": "duty/D9/KZ/2026-09-14"}, rules.NothingThere),
        ({"cites": "report/KZ/01990000-0000-7000-8000-000000000000"}, rules.NothingThere),
        ({"strikes": "line/CRC/none"}, rules.NoSuchLine),
    ],
)
def test_what_cannot_be_written_is_refused(desk, given, refusal):
    with pytest.raises(refusal):
        write(desk, **given)
    assert write(desk)


def test_a_line_cites_a_report_by_a_pasted_address_and_is_found_from_it(desk):
    key = report(desk)
    written = write(desk, cites=f"https://node.example/reports/{key}/ {DUTY}")
    assert line(desk, written).about == [key, DUTY]
    place = history.of_subject(key, reader=desk.first)[-1].place
    assert [each.id for each in history.of_subject(written, reader=desk.first)[0].refs] == [place.id]
    assert [each.key for each in board.mentions(desk.first, key)] == [written]
    assert not board.mentions(desk.first, key[:-1])


def test_what_one_may_not_read_is_refused_like_what_is_not_there(desk):
    values = {"number": "KZ-7", "holder": "registry", "since": "2026-09-01"}
    notice = Sent(type="P1", period="2026-Q2", values=values)  # above the duty officer's clearance
    key = exchange.submit_report(by=desk.house.na("KZ"), report=notice, channel="form").subject
    absent = "report/KZ/01990000-0000-7000-8000-000000000000"
    said = set()
    for name in (key, absent):
        with pytest.raises(rules.NothingThere) as refused:
            write(desk, cites=name)
        said.add(str(refused.value).replace(name, "X"))
    assert len(said) == 1


def test_a_later_line_strikes_an_earlier_one_once_and_both_stay(desk):
    old = write(desk, "Call at 07:10")
    new = write(desk, "Call at 07:40", strikes=old)
    assert (line(desk, old).struck_by, line(desk, old).text) == (new, "Call at 07:10")
    assert line(desk, new).strikes == old
    with pytest.raises(rules.StruckAlready):
        write(desk, "Call at 08:00", strikes=old)


def test_the_log_is_filtered_by_kind_words_and_shift_and_cut(desk):
    write(desk, "First of the day")
    write(desk, "Storm warning", sort="alarm")
    desk.at(14, 19)
    write(desk, "First of the night")

    def said(**asked):
        return [row.text for row in board.lines(desk.first, board.Asked(**asked)).rows]

    assert said() == ["First of the night", "Storm warning", "First of the day"]
    assert said(sort="alarm") == said(q="storm") == ["Storm warning"]
    assert said(shift="2026-09-14.night") == ["First of the night"]
    cut = board.lines(desk.first, board.Asked(most=1))
    assert (len(cut.rows), cut.older) == (1, cut.rows[0].at)


def test_a_call_is_a_line_of_the_log_about_its_duty(desk):
    desk.at(14, 7)
    key = acts.log_call(
        by=desk.first, party="KZ", outcome="promised", promised="07:30", about=DUTY, note="by the hour"
    )
    row = line(desk, key)
    assert (row.sort, row.called, row.outcome, row.text) == ("call", "KZ", "promised", "by the hour")
    assert row.promised_at - row.at == 30 * 60 * 1_000_000
    assert [each.key for each in board.mentions(desk.first, DUTY)] == [key]


def test_a_promise_for_an_hour_that_is_over_today_is_one_for_tomorrow(desk):
    key = acts.log_call(by=desk.first, party="KZ", outcome="promised", promised="5:30")
    assert line(desk, key).promised_at - line(desk, key).at == (23 * 60 + 30) * 60 * 1_000_000


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"party": "XX", "outcome": "reached"}, rules.NoSuchPost),
        ({"party": "KZ", "outcome": "maybe"}, rules.NoSuchOutcome),
        ({"party": "KZ", "outcome": "other"}, rules.NoteMissing),
        ({"party": "KZ", "outcome": "promised", "promised": "soon"}, rules.HourUnclear),
        ({"party": "KZ", "outcome": "promised", "promised": "25:00"}, rules.HourUnclear),
        ({"party": "KZ", "outcome": "reached", "about": "nothing"}, rules.NothingThere),
    ],
)
def test_a_call_that_says_nothing_is_refused(desk, given, refusal):
    with pytest.raises(refusal):
        acts.log_call(by=desk.first, **given)
    assert acts.log_call(by=desk.first, party="KZ", outcome="reached")
    with pytest.raises(NotMandated):
        acts.log_call(by=desk.house.na("KZ"), party="KG", outcome="reached")

"""The daily exchange of 14 September 2026, minute by minute: five duties, one late, one corrected."""

from datetime import UTC, date, datetime

from commonwatch.charter.model import InformationType, Participation, Party, Period, Schedule
from commonwatch.desks.exchange import rules

WORDS = {"en": "x"}
CODES = ("AM", "BY", "KZ", "KG", "RU", "TJ")
D1 = InformationType(
    code="D1", name=WORDS, line="daily", owed_by=("@members",), to=("@center",), level="H1",
    audience="members", fields=(), nil=True,
    schedule=Schedule(rule="FREQ=DAILY", time="06:00", since=date(2020, 1, 1), period="day", grace=60),
)  # fmt: skip


def state(code):
    reduced = (Participation(line="*", status="reduced", since=date(2024, 2, 1)),)
    return Party(
        code=code, kind="state", name=WORDS, short=WORDS, membership=(Period(since=date(2000, 1, 1)),),
        participation=reduced if code == "AM" else (),
    )  # fmt: skip


def clock(text):
    hour, minute = text.split(":")
    return datetime(2026, 9, 14, int(hour), int(minute), tzinfo=UTC)


def sent(party, at, *, state="value"):
    return at, rules.Filing(party, 1, state, clock(at), clock(at))


CAME = {
    "BY": sent("BY", "05:41", state="nil"),
    "RU": sent("RU", "05:52"),
    "KZ": sent("KZ", "05:58"),
    "TJ": sent("TJ", "05:59"),
    "KG": sent("KG", "06:35"),
}


def board(at):
    """Say how each party's duty stands at a time of that day, from what had come by then."""
    found = {}
    for code in CODES:
        slot = rules.board_slot(D1, state(code), now=clock(at))
        if slot is None:
            continue
        when, filing = CAME.get(code, ("23:59", None))
        known = [filing] if filing and when <= at else []
        if code == "TJ" and at >= "06:50":
            known = [filing._replace(corrected=True, last_at=clock("06:50"))]
        found[code] = rules.status(slot, known, now=clock(at))
    return found


def test_armenia_owes_nothing_and_is_never_missing():
    assert "AM" not in board("05:00")
    assert "AM" not in board("23:00")


def test_before_the_cut_off_all_five_are_due_and_come_in_one_by_one():
    early = board("05:40")
    assert {status.timeliness for status in early.values()} == {"due"}
    assert early["BY"].minutes == 20
    at_five = board("05:52")
    assert [code for code, status in at_five.items() if status.received] == ["BY", "RU"]
    assert at_five["BY"].content == "nil"


def test_at_a_minute_past_the_cut_off_one_is_in_grace():
    found = board("06:05")
    assert found["KG"].timeliness == "in_grace"
    assert rules.tally(found.values()) == rules.Tally(owed=5, received=4, on_time=4, due=1, nil=1)


def test_what_came_within_grace_is_late_by_thirty_five_minutes():
    found = board("06:35")["KG"]
    assert (found.timeliness, found.minutes, found.received_at) == ("late", 35, clock("06:35"))


def test_a_correction_leaves_the_report_on_time():
    found = board("06:50")["TJ"]
    assert (found.timeliness, found.content, found.received_at) == ("on_time", "corrected", clock("05:59"))


def test_the_summary_counts_five_of_five_and_one_late():
    assert rules.tally(board("08:00").values()) == rules.Tally(
        owed=5, received=5, on_time=4, late=1, corrected=1, nil=1
    )


def test_without_the_late_one_it_is_missing_from_seven_on(monkeypatch):
    monkeypatch.delitem(CAME, "KG")
    assert board("06:59")["KG"].timeliness == "in_grace"
    assert board("07:00")["KG"].timeliness == "missing"

"""The worker tells who is named by a step, once, at its time; what it says holds nothing of what waits."""

from datetime import UTC, datetime, timedelta

import pytest

from commonwatch.access.actor import operator
from commonwatch.access.acts import end_office, give_office
from commonwatch.access.models import Seat
from commonwatch.access.seats import porter
from commonwatch.charter.pack import load
from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.notices import worker
from commonwatch.desks.notices.models import Told, Way
from tests.conftest import PACKS
from tests.notices.conftest import states, tell, text_of

DUE = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)


def climbed(house, *, at=None):
    """Let the clock stand at a moment, and the worker go one round in a run of its own."""
    if at is not None:
        house.clock.set(at)
    return worker.climb(worker.begin())


def after(**delta):
    return DUE + timedelta(**delta)


def only_d1(house):
    """Free Kazakhstan of every other duty of the day."""
    lead, day = house.lead(), DUE.date()
    for each in house.node.pack.types:
        owes = each.schedule is not None and "KZ" in house.node.pack.select(each.owed_by, on=day)
        if owes and each.code != "D1":
            acts.grant_waiver(by=lead, type=each.code, party="KZ", ground="SAMPLE", since=0, until=None)


@pytest.fixture
def town(house, post):
    """Kazakhstan's officer and the duty officer have given addresses; D1 is the one duty of Kazakhstan."""
    only_d1(house)
    tell(house, "KZ", "na-officer")
    return house


def test_each_step_is_told_once_at_its_time_to_whom_it_names(town, post):
    tell(town, "KZ", "na-head")
    for minutes in range(-40, 125, 5):
        climbed(town, at=after(minutes=minutes))
    assert states("kz-na-officer") == {"before": "sent", "due": "sent", "reminder": "sent"}
    assert states("kz-na-head") == {"lead": "sent"}
    assert [each["To"] for each in post.letters()] == ["kz-na-officer@example.org"] * 3 + [
        "kz-na-head@example.org"
    ]
    assert all(count == 1 for count in post.names().values())


def test_what_was_met_is_not_told(town, post):
    climbed(town, at=after(minutes=-30))
    sent = Sent(type="D1", period="2026-09-14", values={"change": "no_change"})
    acts.submit_report(by=town.na("KZ"), report=sent, channel="form")
    climbed(town, at=after(minutes=30))
    assert states("kz-na-officer") == {"before": "sent"}
    assert len(post.arrived) == 1


def test_a_step_that_still_waits_to_be_sent_is_left_out_once_the_duty_is_met(town, post):
    post.stop()
    climbed(town, at=after(minutes=6))
    assert states("kz-na-officer")["reminder"] == "planned"
    sent = Sent(type="D1", period="2026-09-14", values={"change": "no_change"})
    acts.submit_report(by=town.na("KZ"), report=sent, channel="form")
    post.start()
    climbed(town, at=after(minutes=30))
    assert states("kz-na-officer")["reminder"] == "met"
    assert post.arrived == []


def test_after_a_long_stop_the_latest_step_is_sent_and_the_earlier_ones_are_overtaken(town, post):
    climbed(town, at=after(minutes=50))
    assert states("kz-na-officer") == {"before": "overtaken", "due": "overtaken", "reminder": "sent"}
    assert len(post.arrived) == 1


def test_several_things_at_one_moment_are_one_message(house, post):
    tell(house, "CRC", "duty")
    climbed(house, at=after(minutes=35))
    letter = post.letters()[0]
    count = Told.objects.filter(account="crc-duty", state="sent").count()
    assert len(post.arrived) == 1
    assert count > 3
    assert f"- Reports that are owed: {count}\n" in text_of(letter)
    assert str(count) in letter["Subject"]


def test_without_an_office_nobody_is_told(town, post):
    row = Seat.objects.visible_to(porter("KZ")).get(account="kz-na-officer")
    end_office(by=operator("KZ"), seat=row.key, ground="SAMPLE: moved")
    climbed(town, at=after(minutes=6))
    assert post.arrived == []


@pytest.mark.parametrize(
    "choices",
    [
        {"unwanted": "duty,card"},
        {"paused_until": "2026-09-15"},
        {"verified_at": None},
        {"address": ""},
        {"stopped": "The mail server refuses the address or the message|550"},
    ],
    ids=lambda choices: next(iter(choices)),
)
def test_who_does_not_want_it_is_not_told_and_is_told_once_they_do(town, post, choices):
    tell(town, "KZ", "na-officer", **choices)
    climbed(town, at=after(minutes=6))
    assert (post.arrived, states("kz-na-officer")) == ([], {})
    tell(town, "KZ", "na-officer", unwanted="", paused_until="", stopped="")
    climbed(town, at=after(minutes=7))
    assert len(post.arrived) == 1


def test_what_is_not_urgent_is_held_in_quiet_hours_and_sent_when_they_end(town, post):
    tell(town, "KZ", "na-officer", quiet_since=0, quiet_until=6 * 60 + 2, zone="UTC", quiet_days="0123456")
    climbed(town, at=after(minutes=-30))
    assert states("kz-na-officer") == {"before": "held"}
    climbed(town, at=after(minutes=1))
    assert states("kz-na-officer") == {"before": "overtaken", "due": "held"}
    assert post.arrived == []
    climbed(town, at=after(minutes=2))
    assert states("kz-na-officer") == {"before": "overtaken", "due": "sent"}


def test_what_is_urgent_is_sent_in_quiet_hours_too(town, post):
    tell(town, "KZ", "na-officer", quiet_since=0, quiet_until=23 * 60, zone="UTC", quiet_days="0123456")
    climbed(town, at=after(minutes=6))
    assert states("kz-na-officer")["reminder"] == "sent"


def test_what_was_held_and_waits_no_longer_is_not_sent(town, post):
    tell(town, "KZ", "na-officer", quiet_since=0, quiet_until=6 * 60 + 2, zone="UTC", quiet_days="0123456")
    climbed(town, at=after(minutes=-30))
    sent = Sent(type="D1", period="2026-09-14", values={"change": "no_change"})
    acts.submit_report(by=town.na("KZ"), report=sent, channel="form")
    climbed(town, at=after(minutes=3))
    assert (states("kz-na-officer"), post.arrived) == ({"before": "met"}, [])


def test_nothing_of_the_calendar_is_told_in_the_exercise(town, post):
    climbed(town, at=after(minutes=6))
    assert set(Told.objects.values_list("mode", flat=True)) == {"real"}


def test_the_message_is_in_the_language_of_its_reader(town, post):
    tell(town, "KZ", "na-officer", language="ru")
    climbed(town, at=after(minutes=6))
    letter = post.letters()[0]
    assert "Донесения, которых ждут: 1" in text_of(letter)
    assert letter["Content-Language"] == "ru"


def test_a_message_says_that_a_machine_sent_it_and_names_the_public_page(town, post):
    climbed(town, at=after(minutes=6))
    letter = post.letters()[0]
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"
    assert "https://watch.example.org/notices/\n" in text_of(letter)
    assert post.envelopes == [("watch@example.org", ("kz-na-officer@example.org",))]


def test_the_message_holds_no_word_of_the_matter(house, post):
    """No party, type, period, number or title: whatever waits for the officer and the center is looked for."""
    for party, office in (("KZ", "na-officer"), ("CRC", "duty"), ("KZ", "na-head")):
        tell(house, party, office)
    for minutes in (-30, 0, 5, 30, 90):
        climbed(house, at=after(minutes=minutes))
    pack = house.node.pack
    words = {each.code for each in (*pack.types, *pack.parties)} | {"2026-09", "2026-W"}
    words |= {text for each in (*pack.types, *pack.parties) for text in each.name.values()}
    words |= {
        text for each in pack.parties for text in (*each.short.values(), *(each.capital or {}).values())
    }
    assert len(post.arrived) > 4
    for letter in post.letters():
        said = f"{letter['Subject']}\n{text_of(letter)}"
        assert not [each for each in words if f" {each}" in f" {said}" or f"{each} " in said]


def test_another_pack_tells_by_its_own_ladder(house, post):
    house.node.pack = load(PACKS / "ipcr")
    house.node.party = house.node.pack.center
    house.node.hosted = frozenset(each.code for each in house.node.pack.parties) - {house.node.party}
    offices = {code for each in house.node.pack.duty.ladders for step in each.steps for code in step.offices}
    assert "contact-point" in offices
    state = house.node.pack.select(("@kind:member-state",), on=DUE.date())
    handle = tell(house, min(state), "contact-point")
    house.clock.set(after(days=4, hours=9))
    climbed(house)
    assert {row.account for row in Told.objects.all()} <= {handle}


def test_two_seats_of_one_account_are_told_of_one_thing_once(town, post):
    give_office(by=operator("KZ"), account="kz-na-officer", office="na-head")
    climbed(town, at=after(minutes=100))
    assert states("kz-na-officer") == {
        "before": "overtaken", "due": "overtaken", "reminder": "overtaken", "lead": "sent",
    }  # fmt: skip
    assert len(post.arrived) == 1


def test_what_one_desk_breaks_keeps_nobody_else_from_being_told(town, post):
    """A ladder that names an office of another party, an account without a seat: the others go on."""
    tell(town, "BY", "na-officer", zone="Nowhere/None", quiet_since=1, quiet_until=2, quiet_days="0123456")
    climbed(town, at=after(minutes=-29))
    assert states("kz-na-officer") == {"before": "sent"}


def test_old_rows_are_let_go_and_what_waits_stays(town, post, settings):
    climbed(town, at=after(minutes=6))
    assert worker.let_go() == 0
    town.clock.set(after(days=settings.LOG_DAYS + 1))
    assert worker.let_go() == 3
    assert Way.objects.filter(account__handle="kz-na-officer").exists()

"""Mail by a real server: what it puts off is tried again, what it refuses stops, what is uncertain stays one."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from commonwatch.desks.notices import composing, worker
from commonwatch.desks.notices.models import Told, Way
from commonwatch.desks.notices.sending import Message, NotNow, mail
from tests.notices.conftest import tell, text_of

DUE = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)


@pytest.fixture
def town(house, post):
    tell(house, "CRC", "duty")
    house.clock.set(DUE + timedelta(minutes=31))
    return house


def climbed(house, **delta):
    house.clock.tick(**delta)
    return worker.climb(worker.begin())


def kept(state):
    return set(steps().values_list("state", flat=True)) == {state}


def steps():
    """The steps to call about the daily returns, at 06:30; what else comes to wait later is told beside them."""
    since = int((DUE + timedelta(minutes=30)).timestamp()) * 1_000_000
    return Told.objects.filter(account="crc-duty", step="call", step_at=since).order_by("thing")


def test_a_server_that_is_gone_for_hours_loses_nothing_and_doubles_nothing(town, post):
    post.stop()
    tries = 0
    for _minute in range(0, 180, 10):
        climbed(town, minutes=10)
        tries = steps().first().tries
    row = steps().first()
    assert kept("planned")
    assert 4 < tries < 18
    assert row.reason.startswith("The mail server cannot be reached|")
    assert row.next_at - row.at <= 3_600_000_000
    post.start()
    for _minute in range(8):
        climbed(town, minutes=10)
    assert kept("sent")
    assert len(post.arrived) == 1


def test_after_a_server_that_is_gone_others_are_not_tried_in_the_same_round(town, post):
    tell(town, "CRC", "shift-lead")
    tell(town, "KZ", "na-officer")
    post.stop()
    town.clock.tick(hours=2)
    assert climbed(town).failed == 1
    assert set(Told.objects.exclude(state="overtaken").values_list("state", "tries")) == {("planned", 1)}


def test_what_the_server_puts_off_is_sent_later_under_the_same_name(town, post):
    post.does = "later"
    climbed(town)
    assert kept("planned")
    name = composing.reminder(
        to="x", reader="crc-duty", mode="real", language="en",
        told=Told.objects.filter(account="crc-duty", state="planned").values_list("kind", "thing", "step"),
    ).name  # fmt: skip
    post.does = "takes"
    climbed(town)
    assert post.arrived == []  # not before its time
    climbed(town, minutes=1)
    assert list(post.names().items()) == [(f"<{name}@example.org>", 1)]


def test_a_refusal_for_good_stops_the_address_until_it_is_verified_anew(town, post):
    post.does = "refuses"
    climbed(town)
    assert kept("refused")
    way = Way.objects.get(account__handle="crc-duty")
    assert way.stopped == "The mail server refuses the address or the message|550 5.1.1 no such box"
    post.does = "takes"
    climbed(town, hours=4)
    assert post.arrived == []


def test_a_sender_that_is_refused_is_the_nodes_own_fault_and_stops_nobody(town, post):
    post.does = "refuses the sender"
    climbed(town)
    assert kept("planned")
    assert Way.objects.get(account__handle="crc-duty").works


def test_a_line_that_breaks_after_the_message_leaves_it_uncertain_and_it_is_not_sent_again(town, post):
    post.does = "drops"
    climbed(town)
    assert kept("unsure")
    post.does = "takes"
    for _hour in range(3):
        climbed(town, minutes=20)
    assert len(post.arrived) == 1


def test_what_an_earlier_run_was_sending_is_uncertain(town, post):
    """As after a kill between handing the message over and noting it."""
    climbed(town)
    Told.objects.filter(account="crc-duty", step="call").update(state="sending")
    climbed(town, minutes=5)
    assert kept("unsure")
    assert len(post.arrived) == 1


def test_without_mail_set_up_nothing_is_lost(town, post, settings):
    before, settings.MAIL = settings.MAIL, ""
    climbed(town)
    assert kept("planned")
    settings.MAIL = before
    climbed(town, minutes=2)
    assert kept("sent")


def test_for_trying_messages_are_put_into_a_folder(town, settings, tmp_path):
    settings.MAIL = (tmp_path / "mail box").as_uri()
    climbed(town)
    climbed(town, minutes=5)
    assert kept("sent")
    assert len(list((tmp_path / "mail box").glob("*.eml"))) == 1


def test_a_password_does_not_travel_in_clear_and_is_not_logged(town, post, settings, caplog):
    settings.MAIL = f"smtp://watch:hunter2@127.0.0.1:{post.port}"
    climbed(town)
    assert kept("planned")
    assert "no TLS" in steps().first().reason
    assert post.arrived == []
    assert "hunter2" not in caplog.text


def test_lines_that_begin_with_a_dot_arrive_as_they_were(post):
    made = Message("n" * 40, "a@example.org", "Dots", ".one\n..two\n.\nlast\n", "en", "real", (), "", 0)
    mail.send(made, lambda: None)
    assert text_of(post.letters()[0]) == ".one\n..two\n.\nlast\n"


@pytest.mark.parametrize("subject", ["One\r\nBcc: other@example.org", "One\nTwo"])
def test_no_line_slips_into_a_header(post, subject):
    made = Message("n" * 40, "a@example.org", subject, "x\n", "en", "real", (), "", 0)
    with pytest.raises(ValueError, match="linefeed"):
        mail.send(made, lambda: None)
    assert post.arrived == []


def test_a_subject_in_russian_arrives_as_it_was(town, post):
    tell(town, "CRC", "duty", language="ru")
    climbed(town)
    with override("ru"):
        assert "Вашего внимания" in post.letters()[0]["Subject"]


def test_an_address_that_names_no_kind_of_server_is_refused_for_now(settings):
    settings.MAIL = "gopher://example.org"
    made = Message("n" * 40, "a@example.org", "x", "x\n", "en", "real", (), "", 0)
    with pytest.raises(NotNow):
        mail.send(made, lambda: None)

"""The pages of questions and relays: full and empty, refused with nothing lost, forbidden as if absent."""

import re

import pytest

from commonwatch.access.models import Opened
from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.traffic import acts
from commonwatch.desks.traffic.models import Question, Relay
from tests.traffic.scenes import ask, notice, relay, report


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def at_by(house):
    return house.client("BY", "na-officer")


@pytest.fixture
def at_center(house):
    return house.client("CRC", "duty")


def test_empty_lists_say_what_will_stand_there(at_center):
    assert "until we answer and they close them" in text(at_center.get("/questions/"))
    assert "once the Center passes them on" in text(at_center.get("/relays/"))


def test_a_question_is_asked_from_a_report_and_stands_on_its_panel(house, at_center, at_by):
    key = report(house)
    shown = text(at_center.get(f"/reports/{key}/"))
    assert f"/questions/panel/?report={key}" in shown
    form = text(at_center.get(f"/questions/new/?report={key}"))
    assert re.search(r"Will be read by: [^.]*Kazakhstan", form)
    assert '<option value="BY" selected>' in form

    sent = {"report": key, "to": "BY", "text": "SAMPLE: Which three?", "readers": "all", "part": "events"}
    answer = at_center.post("/questions/new/", sent, follow=True)
    assert "SAMPLE: Which three?" in text(answer)
    panel = text(at_by.get(f"/questions/panel/?report={key}", headers={"HX-Request": "true"}))
    assert "SAMPLE: Which three?" in panel
    assert "<html" not in panel
    duty = text(at_by.get("/questions/panel/?type=D1&owes=BY&period=2026-09-14"))
    assert "SAMPLE: Which three?" in duty


def test_a_refused_question_loses_nothing(house, at_center):
    key = report(house)
    sent = {"report": key, "to": "BY", "text": "SAMPLE: Which?", "readers": "two", "due": "2020-01-01T00:00"}
    answer = at_center.post("/questions/new/", sent)
    assert answer.status_code == 422
    assert "from ten minutes to thirty days" in text(answer)
    assert "SAMPLE: Which?" in text(answer)
    odd = at_center.post("/questions/new/", sent | {"due": "soon"})
    assert odd.status_code == 422
    assert not Question.objects.visible_to(house.duty()).exists()


def test_who_will_read_follows_the_choice(house, at_center):
    key = report(house)
    part = text(
        at_center.get(f"/questions/new/?report={key}&to=BY&readers=two", headers={"HX-Request": "true"})
    )
    assert "Will be read by: Belarus, Center." in part
    alone = text(at_center.get("/questions/new/?to=KZ&readers=named&audience=eastern-europe&level=H1"))
    assert "cannot be asked about it" in alone


def test_the_second_answer_is_refused_and_keeps_what_was_typed(house, at_by):
    key = ask(house)
    acts.answer_question(by=house.sit("BY", "na-head"), question=key, text="Three")
    answer = at_by.post(f"/questions/{key}/answer/", {"text": "SAMPLE: Four, I think"})
    assert answer.status_code == 409
    assert "Head of the national authority" in text(answer)
    assert "SAMPLE: Four, I think" in text(answer)

    again = at_by.post(f"/questions/{key}/answer/", {"text": "And four", "supplement": "1"}, follow=True)
    assert "supplement" in text(again)


def test_the_asker_reads_the_answer_and_closes(house, at_by, at_center):
    key = ask(house)
    at_by.post(f"/questions/{key}/answer/", {"text": "SAMPLE: Three"})
    shown = text(at_center.get(f"/questions/{key}/"))
    assert "SAMPLE: Three" in shown
    assert "The answer will do" in shown
    assert at_center.post(f"/questions/{key}/close/", {"how": "satisfied"}).status_code == 302
    acts.answer_question(by=house.na("BY"), question=key, text="SAMPLE: And more", supplement=True)


def test_what_came_after_is_said_to_have_come_after(house, at_center):
    key = ask(house)
    acts.close_question(by=house.duty(), question=key, how="withdrawn", ground="Found it")
    house.clock.tick(minutes=1)
    acts.answer_question(by=house.na("BY"), question=key, text="SAMPLE: Three")
    assert "came after the question was closed" in text(at_center.get(f"/questions/{key}/"))


def test_a_reason_for_not_answering_is_needed(house, at_by):
    key = ask(house)
    assert at_by.post(f"/questions/{key}/refuse/", {"reason": " "}).status_code == 422
    assert at_by.post(f"/questions/{key}/refuse/", {"reason": "Not ours"}).status_code == 302


def test_what_others_ask_each_other_is_as_if_absent(house):
    key = ask(house)
    client = house.client("KZ", "na-officer")
    for path in (
        f"/questions/{key}/",
        "/questions/question/CRC/none/",
        f"/questions/new/?report=report/BY/{key}",
    ):
        assert client.get(path).status_code == 404, path
    assert client.post(f"/questions/{key}/answer/", {"text": "x"}).status_code == 404
    assert key not in text(client.get("/questions/"))


def test_lists_are_narrowed_by_party_and_type(house, at_center):
    report(house, "KZ")
    by_key = ask(house, "BY")
    kz_key = ask(house, "KZ", type="D1", owes="KZ", period="2026-09-14")
    narrowed = text(at_center.get("/questions/?party=BY"))
    assert by_key in narrowed
    assert kz_key not in narrowed
    narrowed = text(at_center.get("/questions/?type=D1"))
    assert kz_key in narrowed
    assert by_key not in narrowed


def test_a_long_list_is_cut_with_a_way_to_the_rest(house, at_center):
    for _ in range(22):
        ask(house)
    assert "Show 2 more" in text(at_center.get("/questions/"))
    assert "Show 2 more" not in text(at_center.get("/questions/?every"))


# Relays


def test_a_notice_is_relayed_in_one_confirm(house, at_center):
    key = notice(house)
    shown = text(at_center.get(f"/relays/new/{key}/"))
    assert "Shots on the road" in shown
    assert '<input type="checkbox" name="recipients" value="KZ" checked>' in shown
    assert re.search(r"Will be read by: [^.]*Kazakhstan", shown)

    answer = at_center.post(
        f"/relays/new/{key}/", {"recipients": ["KZ", "RU"], "remark": "SAMPLE: heed"}, follow=True
    )
    assert "SAMPLE: heed" in text(answer)
    assert "acknowledged 0 of 2" in text(answer)


def test_a_relay_that_nobody_may_read_asks_the_writer_for_a_release(house, at_center):
    key = notice(house, audience="center")
    shown = text(at_center.get(f"/relays/new/{key}/"))
    assert "Nobody but Belarus and the Center may read this notice" in shown
    way = re.search(r'href="(/questions/new/\?report=[^"]*wants=release[^"]*)"', shown)[1].replace(
        "&amp;", "&"
    )
    form = text(at_center.get(way))
    assert "Please release this urgent notice" in form
    assert 'value="release" checked' in form
    assert 'value="urgent" checked' in form
    assert at_center.post(f"/relays/new/{key}/", {"recipients": ["RU"]}).status_code == 409


def test_a_refused_relay_keeps_what_was_typed(house, at_center):
    key = notice(house)
    answer = at_center.post(
        f"/relays/new/{key}/", {"remark": "SAMPLE: heed", "within": "soon", "recipients": ["KZ"]}
    )
    assert answer.status_code == 422
    assert "SAMPLE: heed" in text(answer)
    assert not Relay.objects.visible_to(house.duty()).exists()


def test_a_recipient_acknowledges_with_one_press(house, at_center):
    key = relay(house, notice(house))
    client = house.client("KZ", "na-officer")
    assert "We have taken note" in text(client.get(f"/relays/{key}/"))
    house.clock.tick(minutes=7)
    done = text(client.post(f"/relays/{key}/acknowledge/", follow=True))
    assert "We have taken note" not in done
    assert "after 7 min" in done
    assert client.post(f"/relays/{key}/acknowledge/").status_code == 409
    assert at_center.post(f"/relays/{key}/acknowledge/").status_code == 403


def test_a_call_is_written_down_beside_the_recipient(house, at_center):
    key = relay(house, notice(house))
    house.clock.tick(minutes=31)
    shown = text(at_center.get(f"/relays/{key}/"))
    assert "late by 1 min" in shown
    assert "+000 00 000" in shown
    odd = at_center.post(f"/relays/{key}/call/", {"party": "RU", "outcome": "odd", "note": "SAMPLE: rang"})
    assert odd.status_code == 422
    assert "SAMPLE: rang" in text(odd)
    done = at_center.post(f"/relays/{key}/call/", {"party": "RU", "outcome": "acknowledged"}, follow=True)
    assert "acknowledged 1 of 2" in text(done)


def test_a_withdrawn_notice_is_said_loudly_on_its_relay(house, at_center):
    first = notice(house)
    key = relay(house, first)
    assert "Do not rely on it" not in text(at_center.get(f"/relays/{key}/"))
    exchange.withdraw_report(by=house.na("BY"), report=first, reason="By mistake")
    assert "Do not rely on it" in text(at_center.get(f"/relays/{key}/"))
    assert "It is not relayed" in text(at_center.get(f"/relays/new/{first}/"))


def test_the_clocks_of_a_notice_say_what_took_how_long(house, at_center):
    first = notice(house)
    assert f"/relays/clocks/{first}/" in text(at_center.get(f"/reports/{first}/"))
    house.clock.tick(minutes=20)
    assert "not yet, late by 5 min" in text(at_center.get(f"/relays/clocks/{first}/"))
    key = relay(house, first)
    house.clock.tick(minutes=4)
    acts.acknowledge_relay(by=house.na("KZ"), relay=key)
    asked = ask(house, report=first, wants="confirmation", readers="all")
    acts.answer_question(by=house.na("BY"), question=asked, text="So it was", outcome="partly")

    shown = text(at_center.get(f"/relays/clocks/{first}/"))
    for words in (
        "Happened",
        "after 20 min, late by 5 min",
        "1 of 2",
        "lacking: Russia",
        "confirmed in part",
    ):
        assert words in shown, words
    panel = text(at_center.get(f"/questions/panel/?report={first}"))
    assert "confirmed in part" in panel


def test_reports_that_are_not_urgent_have_no_clocks(house, at_center):
    key = report(house)
    assert at_center.get(f"/relays/clocks/{key}/").status_code == 404
    assert at_center.get(f"/relays/new/{key}/").status_code == 404
    assert "/relays/clocks/" not in text(at_center.get(f"/reports/{key}/"))


def test_relays_of_others_are_as_if_absent(house):
    first = notice(house, audience="eastern-europe")
    key = relay(house, first, recipients=["RU"])
    client = house.client("KZ", "na-officer")
    for path in (
        f"/relays/{key}/",
        f"/relays/new/{first}/",
        f"/relays/clocks/{first}/",
        "/relays/relay/CRC/no/",
    ):
        assert client.get(path).status_code == 404, path
    assert client.post(f"/relays/{key}/acknowledge/").status_code == 404


def test_the_watch_page_lists_what_waits(house, at_center, at_by):
    key = notice(house)
    assert f"/relays/new/{key}/" in text(at_center.get("/"))
    asked = ask(house)
    assert f"/questions/{asked}/" in text(at_by.get("/"))


# The log of reading


def left(client, path):
    Opened.objects.all().delete()
    assert client.get(path).status_code == 200
    return set(Opened.objects.values_list("subject", flat=True))


def test_whoever_opens_questions_and_relays_leaves_a_line(house, at_center, at_by):
    first = notice(house)
    key, asked = relay(house, first), ask(house, report=first, wants="confirmation", readers="all")
    assert left(at_by, f"/questions/{asked}/") == {asked}
    assert left(at_by, "/questions/") == {asked}
    assert left(at_by, f"/questions/panel/?report={first}") == {asked}
    assert left(at_by, f"/relays/{key}/") == {key, first}
    assert left(at_by, f"/relays/clocks/{first}/") == {key, first, asked}
    assert left(at_center, f"/relays/new/{first}/") == {first}


def test_a_question_that_only_its_two_parties_may_read_leaves_no_trace_for_a_third(house):
    first = notice(house)
    ask(house, report=first, readers="two")
    client = house.client("KZ", "na-officer")
    assert "Nobody has asked anything here." in text(client.get(f"/questions/panel/?report={first}"))

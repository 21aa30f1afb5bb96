"""The pages of shifts: read without script, refused without losing what was typed, closed to other parties."""

import re

import pytest
from django.utils.translation import override

from commonwatch.desks.shifts import acts
from commonwatch.desks.shifts.intake import gather, watch_now
from commonwatch.desks.shifts.models import Handover, Line, Turn

DUTY = "duty/D1/KZ/2026-09-14"


@pytest.fixture
def client(desk):
    return desk.house.client("CRC", "duty")


def page(client, path, status=200, **data):
    answer = client.post(path, data) if data else client.get(path)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def lines(desk):
    return list(Line.objects.visible_to(desk.first).order_by("at", "place"))


def test_the_lead_plans_the_roster_and_a_refusal_keeps_what_was_typed(desk):
    lead = desk.house.client("CRC", "shift-lead")
    plan = {
        "act": "plan",
        "account": "crc-duty-2",
        "shift": "night",
        "date": "2026-09-31",
        "note": "SAMPLE: keys",
    }
    shown = page(lead, "/shifts/", 422, **plan)
    assert "SAMPLE: keys" in shown
    assert 'value="2026-09-31"' in shown
    page(lead, "/shifts/", 302, **plan | {"date": "2026-09-16", "times": "2"})
    assert "crc-duty-2" in page(lead, "/shifts/")
    first = Turn.objects.visible_to(desk.lead).order_by("starts").first()
    swap = {"act": "swap", "turn": first.key, "account": "crc-duty", "reason": "a course"}
    page(lead, "/shifts/", 302, **swap)
    assert "instead of crc-duty-2" in page(lead, "/shifts/")
    page(lead, "/shifts/", 302, act="cancel", turn=first.key, reason="the day was moved")
    assert "was taken off" in page(lead, "/shifts/")


def test_who_does_not_plan_sees_the_roster_without_its_forms_and_is_refused(desk, client):
    desk.plan()
    shown = page(client, "/shifts/")
    assert "crc-duty" in shown
    assert "Put on the roster" not in shown
    page(client, "/shifts/", 403, act="plan", account="crc-duty", shift="day", date="2026-09-16")


def test_other_parties_find_empty_pages_and_nothing_of_the_centers(desk):
    desk.plan(note="SAMPLE: note")
    acts.take_watch(by=desk.first, seen="")
    acts.write_line(by=desk.first, sort="note", said="SAMPLE: inside")
    state = desk.house.client("KZ", "na-officer")
    for path in ("/shifts/", "/shifts/watch/", "/shifts/log/", "/shifts/handover/", "/posts/call/?party=KG"):
        shown = page(state, path)
        assert "SAMPLE: " not in shown
        assert "crc-duty" not in shown
    assert "Your party keeps no shifts here" in page(state, "/shifts/watch/")


def test_the_watch_is_taken_on_the_page_and_stands_on_the_watch_page_by_a_part(desk, client):
    assert "/shifts/watch/" in page(client, "/")
    page(client, "/shifts/watch/", 302, seen="")
    part = client.get("/shifts/watch/", headers={"HX-Request": "true"}).content.decode()
    assert "crc-duty</b> has the watch" in part
    assert "<html" not in part
    assert "/shifts/watch/" not in page(desk.house.client("KZ", "na-officer"), "/")


def test_a_second_who_takes_it_is_told_who_has_it(desk, client):
    acts.take_watch(by=desk.second, seen="")
    assert "crc-duty-2 took the watch" in page(client, "/shifts/watch/", 409, seen="", reason="here")


def test_a_line_is_written_with_enter_and_survives_a_refusal(desk, client):
    typed = {"sort": "alarm", "text": "SAMPLE: Siren at the post", "cites": "nothing-here"}
    shown = page(client, "/shifts/log/", 422, **typed)
    assert 'value="SAMPLE: Siren at the post"' in shown
    assert 'value="nothing-here"' in shown
    page(client, "/shifts/log/", 302, **typed | {"cites": f"http://testserver/duties/{DUTY[5:]}/"})
    shown = page(client, "/shifts/log/")
    assert "SAMPLE: Siren at the post" in shown
    assert f'href="/duties/{DUTY[5:]}/"' in shown


def test_a_line_is_struck_by_the_next_and_shown_so(desk, client):
    page(client, "/shifts/log/", 302, sort="note", text="SAMPLE: at seven")
    old = lines(desk)[0]
    form = page(client, f"/shifts/log/?strikes={old.key}")
    assert "This line strikes the one of" in form
    page(client, "/shifts/log/", 302, sort="note", text="SAMPLE: at eight", strikes=old.key)
    shown = page(client, "/shifts/log/")
    assert "<del>SAMPLE: at seven</del>" in shown
    assert client.get("/shifts/log/?strikes=line/CRC/none").status_code == 404


def test_the_log_is_printed_in_the_order_of_time_without_forms(desk, client):
    for text in ("SAMPLE: one", "SAMPLE: two"):
        acts.write_line(by=desk.first, sort="note", said=text)
    shown = page(client, "/shifts/log/?print=1")
    assert shown.index("SAMPLE: one") < shown.index("SAMPLE: two")
    assert 'name="text"' not in shown


@pytest.mark.parametrize(
    "query", ["before=x", "shift=odd", "sort=odd", "q=%00", "shift=2026-09-14.none", "before=9" * 9]
)
def test_what_cannot_be_read_of_an_address_is_left_out(desk, client, query):
    page(client, f"/shifts/log/?{query}")
    page(client, f"/shifts/?since={query}")


def test_a_call_is_written_down_beside_the_duty_and_the_next_officer_sees_it(desk, client):
    duty = page(client, f"/duties/{DUTY[5:]}/")
    assert "/posts/call/?party=KZ&amp;about=duty%2FD1%2FKZ%2F2026-09-14" in duty
    given = {"party": "KZ", "about": DUTY, "outcome": "promised", "promised": "soon", "note": "SAMPLE: spoke"}
    refused = client.post("/posts/call/", given, headers={"HX-Request": "true"})
    assert (refused.status_code, "SAMPLE: spoke" in refused.content.decode()) == (422, True)
    done = client.post("/posts/call/", given | {"promised": "07:30"}, headers={"HX-Request": "true"})
    assert "promised by 07:30 UTC" in done.content.decode()
    desk.house.clock.tick(minutes=20)
    told = "This post was called a short while ago"
    assert told in page(client, f"/posts/call/?party=KZ&about={DUTY}")
    desk.house.clock.tick(minutes=20)
    assert told not in page(client, f"/posts/call/?party=KZ&about={DUTY}")


def test_without_script_a_call_leads_to_the_page_of_calls(desk, client):
    answer = client.post("/posts/call/", {"party": "KZ", "outcome": "no-answer", "about": DUTY})
    assert answer["Location"] == "/posts/call/?party=KZ&about=duty%2FD1%2FKZ%2F2026-09-14"
    assert "no answer" in page(client, answer["Location"])
    assert client.get("/posts/call/?party=XX").status_code == 404


def test_the_cards_have_telephone_links_and_fall_back_on_the_pack(desk, client):
    shown = page(client, "/posts/")
    assert 'href="tel:+000000000004"' in shown
    assert "from the organisation pack" in shown
    desk.card(telephone="+000 99 888 7777")
    shown = page(client, "/posts/")
    assert 'href="tel:+000998887777"' in shown
    assert 'href="tel:+000000000004"' not in shown
    page(client, "/posts/call/", 302, party="KZ", test="1", outcome="no-answer")
    assert "the post did not answer" in page(client, "/posts/")


def signed(desk, client):
    acts.take_watch(by=desk.first, seen="")
    desk.at(14, 17, 45)
    items = gather(desk.first)[0]
    fields = {f"item-{n}": each.key for n, each in enumerate(items)}
    assert page(client, "/shifts/handover/").count('name="item-') == len(items)
    page(
        client, "/shifts/handover/", 302, **fields | {"remark-0": "SAMPLE: look", "general": "SAMPLE: quiet"}
    )
    return Handover.objects.visible_to(desk.first).get()


def test_a_hand_over_goes_from_page_to_page(desk, client):
    row = signed(desk, client)
    path = f"/shifts/handover/{row.key}/"
    mine = page(client, path)
    assert "Withdraw the hand-over" in mine
    assert "Sign and take the watch" not in mine
    lead = desk.house.client("CRC", "shift-lead")
    shown = page(lead, path)
    assert "SAMPLE: look" in shown
    assert "SAMPLE: quiet" in shown
    since = acts.came_since(row, by=desk.lead)
    keys = [each.key for each in (*row.body.items, *since)]
    digest = shown.split('name="digest" value="')[1][:64]
    refused = page(lead, path, 422, act="accept", digest=digest, seen=keys[1:])
    assert len(re.findall(r'name="seen" value="[^"]+" checked', refused)) == len(keys) - 1
    page(lead, path, 302, act="accept", digest=digest, seen=keys)
    assert watch_now(desk.first).account == "crc-shift-lead"
    assert "crc-duty to crc-shift-lead" in page(client, "/shifts/handover/")


def test_a_hand_over_that_is_refused_needs_a_reason_and_stays_readable(desk, client):
    row = signed(desk, client)
    path, lead = f"/shifts/handover/{row.key}/", desk.house.client("CRC", "shift-lead")
    page(lead, path, 422, act="refused", reason="")
    page(lead, path, 302, act="refused", reason="SAMPLE: the log is empty")
    assert "SAMPLE: the log is empty" in page(client, path)


def test_a_remark_survives_what_came_since(desk, client):
    acts.take_watch(by=desk.first, seen="")
    desk.at(14, 17, 45)
    items = gather(desk.first)[0]
    shown = page(client, "/shifts/handover/", 409, **{"item-0": items[0].key, "remark-0": "SAMPLE: kept"})
    assert 'value="SAMPLE: kept"' in shown
    assert "more things wait" in shown


def test_the_desk_s_pages_are_in_russian(desk, client):
    client.cookies["language"] = "ru"
    said = {"/shifts/": "График", "/shifts/log/": "Журнал смены", "/posts/": "Контактные карточки"}
    with override("en"):  # what a request sets must not stay
        for path, word in said.items():
            assert word in page(client, path)

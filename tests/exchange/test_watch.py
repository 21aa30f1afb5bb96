"""The Watch page: what it shows, when it changes, and for whom."""

import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commonwatch.access.actor import operator
from commonwatch.access.acts import end_office, open_account
from commonwatch.access.models import Account, Seat
from commonwatch.access.seats import porter
from commonwatch.desks.exchange import acts, watching
from commonwatch.desks.exchange.intake import Sent
from commonwatch.register import node
from tests.conftest import prove
from tests.exchange.test_acts import DAY, file, sample


def poll(client, tag=""):
    headers = {"HX-Request": "true"} | ({"If-None-Match": tag} if tag else {})
    return client.get("/", headers=headers)


@pytest.fixture
def neighbour(house):
    return house.client("BY", "na-officer")


def card(house, party):
    """File a contact card, which goes to the Center alone."""
    kind = house.node.pack.type("K1")
    values = {each.code: sample(house, each) for each in kind.fields if each.required}
    acts.submit_report(
        by=house.na(party), report=Sent(type="K1", period="2026-09", values=values), channel="form"
    )


def test_the_board_shows_what_came_and_what_is_due(house):
    file(house, "BY")
    page = house.client("CRC", "duty").get("/").content.decode()
    assert "✓ 05:00" in page
    assert "○ 60 min" in page
    assert f"/duties/D1/KZ/{DAY}/" in page
    assert "Daily situation return" in page


def test_an_unchanged_board_answers_304_and_a_new_report_changes_it(house):
    client = house.client("CRC", "duty")
    tag = poll(client)["ETag"]
    unchanged = poll(client, tag)
    assert (unchanged.status_code, unchanged.content) == (304, b"")

    file(house, "KZ")
    changed = poll(client, tag)
    assert changed.status_code == 200
    assert changed["ETag"] != tag
    house.clock.tick(minutes=1)
    assert poll(client, changed["ETag"]).status_code == 200


def session_ends(client):
    Session.objects.filter(session_key=client.session.session_key).delete()


def session_is_over(client):
    key = client.session.session_key
    Session.objects.filter(session_key=key).update(expire_date=timezone.now() - timedelta(seconds=1))


def session_was_idle(client):
    session = client.session
    session["seen"] = int(time.time()) - settings.IDLE_SECONDS - 1
    session.save()


def account_is_closed(_client):
    Account.objects.update(is_active=False)


def account_is_gone(_client):
    Account.objects.all().delete()


def password_is_another(_client):
    Account.objects.update(password="!another")


def office_ends(_client):
    held = Seat.objects.visible_to(porter("BY")).get(party="BY")
    end_office(by=operator("BY"), seat=held.key, ground="SAMPLE: moved")


@pytest.mark.parametrize(
    "loses",
    [
        session_ends, session_is_over, session_was_idle, account_is_closed, account_is_gone, password_is_another,
        office_ends,
    ],
)  # fmt: skip
def test_an_unchanged_board_takes_four_queries_and_is_nobodys_from_the_moment_somebody_may_no_longer_act(
    house, neighbour, loses, django_assert_num_queries
):
    tag = poll(neighbour)["ETag"]
    poll(neighbour, tag)
    with django_assert_num_queries(4):  # the session, the account, the journals, the office
        assert poll(neighbour, tag).status_code == 304
    loses(neighbour)
    answer = poll(neighbour, tag)
    assert answer.status_code not in {200, 304}
    assert "ETag" not in answer


def test_what_a_reader_may_not_see_changes_neither_its_page_nor_its_tag(house, neighbour):
    before = poll(neighbour)
    card(house, "KZ")
    after = poll(neighbour)
    assert (after["ETag"], after.content) == (before["ETag"], before.content)
    assert poll(neighbour, before["ETag"]).status_code == 304
    assert poll(house.client("CRC", "duty")).content.count(b"K1") > before.content.count(b"KZ/2026-09")


def test_the_part_is_the_live_part_alone(house):
    part = poll(house.client("CRC", "duty")).content.decode()
    assert part.lstrip().startswith('<div id="live"')
    assert "csrfmiddlewaretoken" not in part
    assert "<html" not in part


def test_the_page_takes_the_same_queries_however_much_lies_behind(house):
    client = house.client("CRC", "duty")

    def drawn():
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/").status_code == 200
        return [each["sql"].split(" WHERE")[0] for each in queries]

    file(house, "BY")
    client.get("/")
    few = drawn()
    for day in range(1, 14):
        for party in ("BY", "KZ", "KG", "RU", "TJ"):
            file(house, party, period=f"2026-09-{day:02d}")
    many = drawn()
    assert len(many) == len(few) <= 26, "\n".join(many)


def test_the_russian_page_is_russian(house):
    file(house, "BY", values={}, nil=True)
    client = house.client("CRC", "duty")
    client.cookies["language"] = "ru"
    page = client.get("/").content.decode()
    assert '<html lang="ru"' in page
    assert "Ежедневный доклад об обстановке" in page
    for english in ("Due today", "Needs you", "Stream", "reported", "min<", "Daily"):
        assert english not in page, english


def test_real_and_exercise_are_never_on_one_page(house):
    file(house, "BY")
    client = house.client("CRC", "duty")
    assert "✓ 05:00" in client.get("/").content.decode()
    client.post("/mode/", {"mode": "exercise"})
    page = client.get("/").content.decode()
    assert "✓ 05:00" not in page
    assert "EXERCISE" in page
    client.post("/mode/", {"mode": "real"})
    assert "✓ 05:00" in client.get("/").content.decode()


def test_one_s_own_page_says_what_is_owed_and_files_a_nil_return(house):
    client = house.client("KG", "na-officer")
    page = client.get("/mine/").content.decode()
    assert "/reports/new/D1/nil/" in page
    answer = client.post("/reports/new/D1/nil/", {"_period": DAY})
    assert (answer.status_code, answer["Location"]) == (302, "/mine/")
    assert "✓ nil" in client.get("/mine/").content.decode()
    assert client.post("/reports/new/K1/nil/", {"_period": "2026-09"}).status_code == 422


def test_many_that_miss_one_type_are_one_line_whose_page_names_the_posts(house):
    house.clock.tick(hours=3)
    client = house.client("CRC", "duty")
    page = client.get("/").content.decode()
    assert "Daily situation return for 2026-09-14 is missing from 5: Belarus, " in page
    assert (
        page.count("Daily situation return for 2026-09-14 is missing") == 2
    )  # the words, and the link's own
    posts = client.get("/types/D1/").content.decode()
    assert 'id="missing"' in posts
    assert f"/duties/D1/KZ/{DAY}/" in posts
    assert "SAMPLE" in posts


def test_what_was_done_is_said_once_on_the_next_page_and_never_in_a_polled_part(house):
    client = house.client("KG", "na-officer")
    client.post("/reports/new/D1/nil/", {"_period": DAY})
    said = "The nil return was sent: Daily situation return, 2026-09-14."
    part = client.get("/mine/", headers={"HX-Request": "true"}).content.decode()
    assert said not in part
    assert said in client.get("/mine/").content.decode()
    assert said not in client.get("/mine/").content.decode()


def test_what_was_done_is_not_said_to_the_next_who_signs_in(house):
    client = house.client("KG", "na-officer")
    client.post("/reports/new/D1/nil/", {"_period": DAY})
    client.post("/sign-out/")
    assert "The nil return was sent" not in client.get("/sign-in/").content.decode()


def test_the_stream_says_a_whole_sentence_in_either_language(house):
    file(house, "KG", values={}, nil=True)
    client = house.client("CRC", "duty")
    assert "<b>KGZ</b> reported nil on <a" in client.get("/").content.decode()
    client.cookies["language"] = "ru"
    assert "<b>KGZ</b>: нулевое донесение «<a" in client.get("/").content.decode()


def test_one_s_own_page_shows_the_last_ten_and_more_when_asked(house):
    for day in range(1, 14):
        file(house, "KG", period=f"2026-09-{day:02d}")
    page = house.client("KG", "na-officer").get("/mine/").content.decode()
    _first, rest = page.split('id="sent-more"')
    assert "Show 3 more" in rest
    assert rest.count("/reports/report/") == 3


def test_the_center_s_drafts_for_two_parties_do_not_meet(house):
    client = house.client("CRC", "duty")
    for party in ("BY", "KZ"):
        typed = {"_owes": party, "_period": DAY, "f-text": f"told by {party}"}
        assert client.post("/reports/new/D1/draft/", typed, headers={"HX-Request": "true"}).status_code == 200
    page = client.get(f"/reports/new/D1/?owes=BY&period={DAY}").content.decode()
    assert "told by BY" in page
    assert "told by KZ" not in page
    assert "owes=KZ" in client.get("/mine/").content.decode()


def test_what_is_still_owed_stands_before_what_is_exempt(house):
    acts.grant_waiver(
        by=house.lead(), type="D1", party="KG", ground="Line down", since=house.clock(), until=None
    )
    page = house.client("KG", "na-officer").get("/mine/").content.decode()
    owed = page[page.index("What you owe") : page.index("Released to you")]
    assert owed.rindex("○") < owed.index("– exempt")


def test_an_urgent_notice_that_is_to_be_relayed_stands_once_among_what_needs_somebody(house):
    sent = Sent(type="U1", event_at="2026-09-14T04:00:00Z", values=urgent_values(), audience="members")
    key = acts.submit_report(by=house.na("KG"), report=sent, channel="form").subject
    page = house.client("CRC", "duty").get("/").content.decode()
    needs = page[page.index('id="needs-name"') : page.index('id="stream-name"')]
    assert needs.count(key) == 1
    assert f"/relays/new/{key}/" in needs


def urgent_values():
    return {
        "sign": node.current().pack.codelist("sign").items[0].code,
        "what": "SAMPLE: shots",
        "place": "SAMPLE: the crossing",
        "severity": "severe",
        "reliability": "B",
        "credibility": "2",
        "asks": ["nothing"],
    }


def test_boards_of_one_account_are_drawn_once_a_minute_and_no_other_account_is_shown_them(house, monkeypatch):
    drawn = []
    watch = watching.watch
    monkeypatch.setattr(
        watching, "watch", lambda by, *rest, **more: drawn.append(by.account) or watch(by, *rest, **more)
    )
    first, second = house.client("CRC", "duty"), house.client("CRC", "duty")
    colleague, neighbour = Client(), house.client("BY", "na-officer")
    colleague.force_login(open_account(by=operator("CRC"), handle="crc-duty-2", office="duty", password=None))
    prove(colleague)
    boards = [first, second, colleague, neighbour]
    tags = [poll(each).headers["ETag"] for each in boards]
    house.clock.tick(minutes=1)
    drawn.clear()

    shown = [poll(each, tag) for each, tag in zip(boards, tags, strict=True)]

    assert {each.status_code for each in shown} == {200}
    assert len(drawn) == len(set(drawn)) == 3
    assert shown[0].content == shown[1].content
    assert len({each.headers["ETag"] for each in shown}) == 2
    file(house, "BY")
    assert b"\xe2\x9c\x93 05:01" in poll(second, shown[1].headers["ETag"]).content
    assert len(drawn) == 4


def test_who_opens_the_page_is_shown_what_there_is_at_that_moment(house, monkeypatch):
    drawn = []
    watch = watching.watch
    monkeypatch.setattr(watching, "watch", lambda *rest, **more: drawn.append(1) or watch(*rest, **more))
    client = house.client("CRC", "duty")
    tag = poll(client).headers["ETag"]
    house.clock.tick(minutes=1)
    poll(client, tag)
    house.clock.tick(seconds=5)
    assert "checked 05:01:05" in client.get("/").content.decode()
    assert "checked 05:01:05" in poll(client, tag).content.decode()
    assert len(drawn) == 3

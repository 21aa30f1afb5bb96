"""My account: what is one's own is shown at once and can be changed; of others there is nothing, and no sign of it."""

import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commonwatch.access import invitations
from commonwatch.access.actor import operator
from commonwatch.access.acts import end_office, give_office
from commonwatch.access.models import Account, Seat, Token
from commonwatch.access.own import factor_name
from commonwatch.access.sessions import name_of
from commonwatch.access.tokens import by_token, new_token
from tests.access.authenticator import code_at, sign_in, with_app

pytestmark = pytest.mark.usefixtures("quick_hasher")

PASSWORD, OTHER = "four unrelated quiet words", "another set of plain nouns"
MICRO = 1_000_000


@pytest.fixture
def analyst(house):
    """An account that reads, and a browser that is signed in to it."""
    house.account("BY", "analyst", password=PASSWORD)
    client = house.client()
    sign_in(client, "by-analyst", PASSWORD)
    return client


def body(answer):
    return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


def another(house, client=None):
    """A colleague, with a session, a key for a program and a security key."""
    account = house.account("BY", "na-officer", password=PASSWORD)
    with_app(house.client(), "by-na-officer", PASSWORD)
    new_token(account, client="script")
    key = Authenticator.objects.create(user=account, type="webauthn", data={"name": "x", "credential": {}})
    return account, UserSession.objects.get(user=account), Token.objects.get(account=account), key


def test_the_page_shows_what_is_ones_own(house, analyst):
    give_office(by=operator("BY"), account="by-analyst", office="na-officer", manner="deputy",
                since=house.clock() + 86400 * MICRO, until=house.clock() + 3 * 86400 * MICRO)  # fmt: skip
    new_token(Account.objects.get(), client="charts")
    html = analyst.get("/account/").content.decode()
    assert "by-analyst" in html
    assert "you act in this one" in html
    assert "as deputy" in html
    assert "not yet" in html
    assert "this one" in html
    assert "charts" in html
    assert "see which reports are due, late and missing" in html


def asked(client, path="/account/"):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_the_page_asks_no_more_for_twenty_than_for_one(house):
    account = house.account("BY", "analyst", password=PASSWORD)
    client = house.client()
    sign_in(client, "by-analyst", PASSWORD)
    new_token(account, client="first")
    Authenticator.objects.create(user=account, type="webauthn", data={"name": "a", "credential": {}})
    session = client.session
    session["account_authentication_methods"] += [{"method": "mfa", "at": time.time()}]
    session.save()
    client.get("/account/")
    few = asked(client)
    for number in range(20):
        sign_in(house.client(), "by-analyst", PASSWORD)
        new_token(account, client=f"program-{number}")
        Authenticator.objects.create(user=account, type="webauthn", data={"name": "b", "credential": {}})
    many = UserSession.objects.count()
    assert asked(client) == few
    assert many >= 1


def test_signing_in_asks_no_more_after_twenty_sessions_than_after_one(house):
    house.account("BY", "analyst", password=PASSWORD)
    counts = []
    for _each in range(21):
        client = house.client()
        with CaptureQueriesContext(connection) as seen:
            assert sign_in(client, "by-analyst", PASSWORD).status_code == 302
        counts.append(len(seen))
    assert counts[20] <= counts[1]
    assert asked(client) == asked(client)
    assert client.get("/account/").content.decode().count("/end/") >= 20


def test_a_session_that_nobody_uses_ends(house, settings):
    house.account("BY", "analyst", password=PASSWORD)
    client = house.client()
    sign_in(client, "by-analyst", PASSWORD)

    def unused_for(minutes):
        session = client.session
        session["seen"] = int(time.time()) - 60 * minutes
        session.save()
        return client.get("/").status_code

    assert unused_for(59) == 200
    assert time.time() - client.session["seen"] < 60, "a session in use is marked"
    settings.IDLE_SECONDS = 0
    assert unused_for(61) == 200
    settings.IDLE_SECONDS = 3600
    assert unused_for(61) == 302
    assert client.get("/account/").status_code == 302


def test_a_session_is_named_by_its_browser_and_told_in_full_on_asking(house, analyst):
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
    UserSession.objects.update(user_agent=agent)

    assert f'<p class="break" title="{agent}">Firefox 141 on Linux</p>' in body(analyst.get("/account/"))


def test_one_session_is_ended_and_the_others_go_on(house, analyst):
    other = house.client()
    sign_in(other, "by-analyst", PASSWORD)
    theirs = UserSession.objects.get(session_key=other.session.session_key)

    way = f"/account/sessions/{name_of(theirs)}/end/"
    assert way in body(analyst.get("/account/"))
    assert f"/account/sessions/{theirs.pk}/end/" not in body(analyst.get("/account/")), (
        "it counts all sessions"
    )

    assert analyst.post(way)["Location"] == "/account/"

    assert other.get("/").status_code == 302
    assert analyst.get("/").status_code == 200
    assert analyst.post(way).status_code == 404


def test_all_other_sessions_are_ended_at_once(house, analyst):
    others = [house.client() for _each in range(3)]
    for each in others:
        sign_in(each, "by-analyst", PASSWORD)
    analyst.post("/account/sessions/end/")
    assert [each.get("/").status_code for each in others] == [302] * 3
    assert analyst.get("/").status_code == 200


def test_of_others_every_address_answers_as_for_what_was_never_there(house, analyst):
    _account, session, token, key = another(house)
    analyst.post("/account/confirm/", {"password": PASSWORD})
    pairs = [
        (
            "post",
            f"/account/sessions/{name_of(session)}/end/",
            f"/account/sessions/{'0' * 32}/end/",
        ),
        ("post", f"/account/keys/{token.pk}/revoke/", f"/account/keys/{'0' * 32}/revoke/"),
        (
            "get",
            f"/account/factor/key/{factor_name(key)}/remove/",
            f"/account/factor/key/{'0' * 32}/remove/",
        ),
        (
            "post",
            f"/account/factor/key/{factor_name(key)}/remove/",
            f"/account/factor/key/{'0' * 32}/remove/",
        ),
    ]
    for how, theirs, never in pairs:
        first, second = getattr(analyst, how)(theirs), getattr(analyst, how)(never)
        assert first.status_code == second.status_code == 404, theirs
        assert body(first).replace(theirs, "") == body(second).replace(never, ""), theirs
    seat = Seat.objects.visible_to(operator("BY")).get(account="by-na-officer")
    first, second = (analyst.post("/account/seat/", {"seat": each}) for each in (seat.key, "seat/BY/none"))
    assert first.status_code == second.status_code == 404
    assert body(first) == body(second)
    assert UserSession.objects.filter(pk=session.pk).exists()
    assert not Token.objects.get(pk=token.pk).revoked
    assert Authenticator.objects.filter(pk=key.pk).exists()


def acting(house, client):
    """The office in which a browser acts, as its menu says."""
    said = re.search(r"<summary>\s*<span>(.*?)<", client.get("/account/").content.decode())[1]
    return next(each.code for each in house.node.pack.offices if each.name["en"] == said)


def test_one_acts_in_the_office_chosen_until_it_ends(house, analyst):
    until = house.clock() + 86400 * MICRO
    give_office(by=operator("BY"), account="by-analyst", office="na-officer", manner="deputy", until=until)
    secret = with_app(analyst, "by-analyst", PASSWORD)
    assert secret
    deputy = Seat.objects.visible_to(operator("BY")).get(manner="deputy")

    assert analyst.post("/account/seat/", {"seat": deputy.key})["Location"] == "/"
    assert acting(house, analyst) == "na-officer"
    assert "Act as" in analyst.get("/account/").content.decode()
    house.clock.tick(days=1)

    assert acting(house, analyst) == "analyst"
    assert analyst.post("/account/seat/", {"seat": deputy.key}).status_code == 404


def test_a_deputy_without_another_office_sees_nothing_once_the_period_is_over(house):
    house.account("BY", "analyst", password=PASSWORD)
    end_office(by=operator("BY"), seat=Seat.objects.visible_to(operator("BY")).get().key, ground="Moved")
    give_office(
        by=operator("BY"),
        account="by-analyst",
        office="analyst",
        manner="deputy",
        until=house.clock() + MICRO * 60,
    )
    client = house.client()
    sign_in(client, "by-analyst", PASSWORD)
    key = new_token(Account.objects.get(), client="script")
    assert client.get("/").status_code == 200
    assert by_token(key) is not None
    house.clock.tick(minutes=1)
    assert client.get("/")["Location"] == house.client().get("/")["Location"]
    assert by_token(key) is None
    assert client.get("/account/").status_code == 200
    assert "You hold no office now" in client.get("/account/").content.decode()


def test_a_key_is_made_shown_once_and_limited_to_what_was_ticked(house, analyst):
    sent = {"client": "charts", "scope": "exchange.see-board", "days": "30", "seat": ""}
    answer = analyst.post("/account/keys/new/", sent)
    secret = re.search(r'id="secret">(cw_[\w-]+)<', answer.content.decode())[1]
    assert by_token(secret).mandates == {"exchange.see-board"}
    token = Token.objects.get()
    assert token.expires_at == house.clock() + 30 * 86400 * MICRO
    assert "no-store" in answer["Cache-Control"]
    assert secret not in analyst.get("/account/").content.decode()
    assert analyst.post(f"/account/keys/{token.pk}/revoke/")["Location"] == "/account/"
    assert by_token(secret) is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"scope": ["exchange.submit-report"]}, "does not carry"),
        ({"scope": ["access.administer-people", "exchange.see-board"]}, "does not carry"),
        ({"scope": []}, "does not carry"),
        ({"days": "0"}, "between one day"),
        ({"days": "99999"}, "between one day"),
        ({"days": "-3"}, "between one day"),
        ({"days": "x"}, "between one day"),
        ({"days": "1" * 400}, "between one day"),
        ({"client": ""}, "Name the program"),
        ({"client": "a b"}, "Name the program"),
        ({"client": "x" * 61}, "Name the program"),
        ({"seat": "seat/BY/none"}, "holds no such office"),
    ],
)
def test_a_key_beyond_the_office_or_without_an_end_is_refused_and_what_was_typed_stays(analyst, change, says):
    sent = {"client": "charts", "scope": ["exchange.see-board"], "days": "30"} | change
    answer = analyst.post("/account/keys/new/", sent)
    assert answer.status_code in {409, 422}
    assert says in answer.content.decode()
    assert not Token.objects.exists()


def test_a_key_of_another_office_is_not_made_by_naming_its_seat(house, analyst):
    house.account("BY", "na-officer")
    seat = Seat.objects.visible_to(operator("BY")).get(account="by-na-officer")
    answer = analyst.post(
        "/account/keys/new/",
        {"client": "x", "scope": "exchange.submit-report", "days": "9", "seat": seat.key},
    )
    assert answer.status_code == 409
    assert not Token.objects.exists()


def test_the_password_is_changed_by_who_knows_it_and_other_sessions_end(house, analyst):
    other = house.client()
    sign_in(other, "by-analyst", PASSWORD)
    wrong = analyst.post("/account/password/", {"present": "x", "password": OTHER, "again": OTHER})
    weak = analyst.post(
        "/account/password/", {"present": PASSWORD, "password": "by-analyst 2026", "again": "by-analyst 2026"}
    )
    assert (wrong.status_code, weak.status_code) == (403, 422)
    assert "words that anybody here would try" in weak.content.decode()

    answer = analyst.post("/account/password/", {"present": PASSWORD, "password": OTHER, "again": OTHER})

    assert answer["Location"] == "/account/"
    assert analyst.get("/").status_code == 200
    assert "this one" in analyst.get("/account/").content.decode()
    assert other.get("/").status_code == 302
    assert sign_in(house.client(), "by-analyst", OTHER).status_code == 302


EXTRA = {
    "party": "RU",
    "office": "duty",
    "is_active": "0",
    "handle": "ru-duty",
    "mandates": "x",
    "user": "1",
    "until": "",
}


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/account/password/", {"present": PASSWORD, "password": OTHER, "again": OTHER}),
        (
            "/account/keys/new/",
            {"client": "x", "scope": "exchange.see-board", "days": "9", "revoked": "1", "account": "1"},
        ),
        ("/account/seat/", {"seat": "seat/RU/x"}),
        ("/account/sessions/end/", {}),
        ("/account/confirm/", {"password": PASSWORD}),
        ("/account/factor/key/", {"credential": "{}", "name": "x"}),
        ("/mode/", {"mode": "exercise"}),
    ],
)
def test_no_form_changes_more_than_it_shows(house, analyst, path, sent):
    before = Account.objects.values_list("handle", "party", "is_active").get()
    seats = list(Seat.objects.visible_to(operator("BY")).values_list("account", "office", "until"))
    analyst.post(path, EXTRA | sent)
    assert Account.objects.values_list("handle", "party", "is_active").get() == before
    assert list(Seat.objects.visible_to(operator("BY")).values_list("account", "office", "until")) == seats
    for token in Token.objects.all():
        assert (token.account.handle, token.revoked) == ("by-analyst", False)


def test_joining_makes_no_more_than_was_invited(house):
    code = invitations.invite(by=operator("BY"), handle="by-na-1", office="analyst")
    client = house.client()
    client.post(
        "/join/", EXTRA | {"handle": "by-na-1", "code": code, "password": PASSWORD, "again": PASSWORD}
    )
    account = Account.objects.get()
    assert (account.handle, account.party, account.is_active) == ("by-na-1", "BY", True)
    assert [each.office for each in Seat.objects.visible_to(operator("BY"))] == ["analyst"]


@pytest.mark.parametrize("cookie", ["x", "0" * 32, "' OR 1=1 --", "../../etc", "a" * 4000])
def test_a_session_that_this_node_did_not_begin_opens_nothing(house, cookie):
    client = house.client()
    client.cookies["commonwatch"] = cookie
    assert client.get("/")["Location"].startswith("/sign-in/")
    assert client.get("/account/")["Location"].startswith("/sign-in/")
    assert client.get("/sign-in/").status_code == 200


def test_a_session_whose_content_was_changed_is_over(house, analyst):
    row = Session.objects.get(session_key=analyst.session.session_key)
    row.session_data = row.session_data[:-4] + "AAAA"
    row.save()
    assert analyst.get("/").status_code == 302


def test_a_session_lasts_twelve_hours_whatever_is_done_in_it(analyst):
    end = Session.objects.get(session_key=analyst.session.session_key).expire_date
    assert timedelta(hours=11, minutes=59) < end - timezone.now() <= timedelta(hours=12)
    analyst.post("/mode/", {"mode": "exercise"})
    analyst.post("/account/confirm/", {"password": PASSWORD})
    assert abs(Session.objects.get(session_key=analyst.session.session_key).expire_date - end) < timedelta(
        seconds=1
    )
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert analyst.get("/").status_code == 302


def test_signing_in_begins_a_new_session_and_leaves_nothing_of_another_account(house, analyst):
    house.account("AM", "analyst", password=PASSWORD)
    before = analyst.session.session_key
    analyst.post("/mode/", {"mode": "exercise"})
    sign_in(analyst, "am-analyst", PASSWORD)
    assert analyst.session.session_key != before
    assert "mode" not in analyst.session
    assert "am-analyst" in analyst.get("/account/").content.decode()


def test_a_wrong_sign_in_leaves_the_session_alone(analyst):
    assert sign_in(analyst, "by-analyst", "wrong").status_code == 403
    assert analyst.get("/").status_code == 200


def test_the_cookie_is_not_for_scripts_and_stays_here(house):
    house.account("BY", "analyst", password=PASSWORD)
    answer = sign_in(house.client(), "by-analyst", PASSWORD)
    cookie = answer.cookies["commonwatch"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert answer.cookies["known"]["httponly"]


def test_reading_begins_no_session_and_writes_none(house, analyst):
    stranger = house.client()
    stranger.get("/sign-in/")
    assert "commonwatch" not in stranger.cookies
    with CaptureQueriesContext(connection) as seen:
        analyst.get("/account/")
    assert not [each for each in seen if each["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_pages_of_the_account_are_not_kept_by_caches(house, analyst):
    for path in ("/account/", "/account/keys/new/", "/account/password/", "/join/", "/sign-in/"):
        assert "no-store" in analyst.get(path)["Cache-Control"], path


def test_a_stranger_is_led_to_the_entrance_from_every_page_of_the_account(house):
    client = house.client()
    for path in (
        "/account/",
        "/account/password/",
        "/account/factor/",
        "/account/factor/app/",
        "/account/confirm/",
    ):
        assert client.get(path)["Location"].startswith("/sign-in/?next="), path
    for path in ("/account/seat/", "/account/factor/app/", "/account/confirm/", "/account/keys/new/"):
        assert client.post(path, {"code": "1"}).status_code == 401, path
        assert not Session.objects.exists(), path


def test_who_signs_out_is_nobody_and_the_session_is_gone(analyst):
    analyst.post("/sign-out/")
    assert analyst.get("/").status_code == 302
    assert not Session.objects.exists()


def test_a_code_is_not_a_way_round_the_password(house):
    house.account("BY", "na-officer", password=PASSWORD)
    secret = with_app(house.client(), "by-na-officer", PASSWORD)
    client = house.client()
    answer = client.post("/sign-in/factor/", {"code": code_at(secret, steps=1)})
    assert answer["Location"] == "/sign-in/"
    assert client.get("/mine/").status_code == 302


def test_the_language_that_somebody_chose_is_kept_with_the_account(house):
    first, other = house.client("BY", "na-officer"), house.client("BY", "na-officer")
    first.post("/language/", {"language": "ru"})
    assert 'lang="ru"' in other.get("/mine/").content.decode()
    assert house.account("BY", "na-officer").language == "ru"
    assert 'lang="en"' in house.client("KG", "na-officer").get("/mine/").content.decode()
    first.post("/language/", {"language": "xx"})
    assert house.account("BY", "na-officer").language == "ru"


def test_who_has_not_signed_in_reads_as_the_browser_asks(house):
    assert 'lang="ru"' in house.client().get("/sign-in/", headers={"Accept-Language": "ru"}).content.decode()

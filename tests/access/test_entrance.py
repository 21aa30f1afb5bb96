"""The entrance: passwords, the demo's one click, programs' keys; and offices from the pack."""

import pytest

from commonwatch.access.actor import (
    NoSuchOffice,
    NotMandated,
    SignInFirst,
    act_for,
    operator,
    require,
)
from commonwatch.access.acts import end_office
from commonwatch.access.models import Account, Seat, Token
from commonwatch.access.seats import offices_of
from commonwatch.access.tokens import BeyondOffice, by_token, new_token

PASSWORD = "four unrelated quiet words"


def test_who_signs_in_holds_the_office_of_the_account(house):
    house.account("BY", "analyst", password=PASSWORD)
    client = house.client()

    assert client.get("/")["Location"].startswith("/sign-in/?next=")
    answer = client.post("/sign-in/", {"handle": "by-analyst", "password": PASSWORD, "next": "/mine/"})

    assert (answer.status_code, answer["Location"]) == (302, "/mine/")
    assert client.get("/mine/").status_code == 200


def test_known_and_unknown_accounts_are_refused_alike(house):
    house.account("BY", "na-officer", password=PASSWORD)
    wrong = house.client().post("/sign-in/", {"handle": "by-na-officer", "password": "x"})
    unknown = house.client().post("/sign-in/", {"handle": "by-na-offices", "password": "x"})
    assert wrong.status_code == unknown.status_code == 403
    masked = unknown.content.replace(b"by-na-offices", b"by-na-officer")
    token = b'name="csrfmiddlewaretoken" value="'
    assert masked.split(token)[0] == wrong.content.split(token)[0]


def test_one_click_is_for_the_demo_alone(house):
    house.account("CRC", "duty")
    assert house.client().post("/sign-in/office/", {"handle": "crc-duty"}).status_code == 404
    assert b"crc-duty" not in house.client().get("/sign-in/").content

    house.node.demo = True
    client = house.client()
    assert b"crc-duty" in client.get("/sign-in/").content
    assert client.post("/sign-in/office/", {"handle": "crc-duty"})["Location"] == "/"
    assert client.get("/").status_code == 200
    assert house.client().post("/sign-in/office/", {"handle": "nobody"}).status_code == 404


@pytest.mark.parametrize(
    "to", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "x"]
)
def test_nobody_is_led_to_another_host(house, to):
    answer = house.client().post("/theme/", {"theme": "night", "next": to})
    assert answer["Location"] == "/"
    assert answer.cookies["theme"].value == "night"


def test_the_language_is_switched_and_kept(house):
    client = house.client()
    client.post("/language/", {"language": "ru", "next": "/sign-in/"})
    assert '<html lang="ru"' in client.get("/sign-in/").content.decode()
    client.post("/language/", {"language": "xx"})
    assert '<html lang="ru"' in client.get("/sign-in/").content.decode()


def test_a_closed_account_and_one_whose_office_is_no_more_are_nobody(house):
    client = house.client("BY", "na-officer")
    assert client.get("/").status_code == 200
    Account.objects.update(is_active=False)
    assert client.get("/").status_code == 302
    Account.objects.update(is_active=True)
    assert client.get("/").status_code == 200
    end_office(by=operator("BY"), seat=Seat.objects.get().key, ground="Posted elsewhere")
    assert client.get("/").status_code == 302


def test_offices_come_from_the_pack(house):
    assert "duty" in {each.code for each in offices_of("CRC")}
    assert "duty" not in {each.code for each in offices_of("BY")}
    with pytest.raises(NoSuchOffice, match="BY has no office"):
        act_for(party="BY", office="duty", account="x")


def test_a_mandate_is_required_and_named(house):
    with pytest.raises(SignInFirst):
        require(None, "exchange.see-board")
    with pytest.raises(NotMandated) as refused:
        require(house.duty(), "exchange.grant-waiver")
    assert refused.value.fields["mandate"] == "exchange.grant-waiver"
    assert require(house.lead(), "exchange.grant-waiver").office == "shift-lead"


def test_a_key_is_kept_as_a_hash_and_dies_when_it_is_revoked(house):
    secret = new_token(house.account("BY", "na-officer"), client="script")
    actor = by_token(secret)
    assert (actor.party, actor.client) == ("BY", "script")
    assert secret not in str(Token.objects.values_list())
    Token.objects.update(revoked=True)
    assert by_token(secret) is None
    assert by_token("cw_nonsense") is None


def test_pages_carry_their_guards(house):
    answer = house.client("CRC", "duty").get("/")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert house.client(enforce_csrf_checks=True).post("/theme/", {"theme": "day"}).status_code == 403


def test_what_only_a_person_does_is_carried_by_no_key(house):
    account = house.account("BY", "na-officer")
    assert "exchange.release-report" in house.na("BY").mandates
    assert "exchange.release-report" not in by_token(new_token(account, client="post")).mandates
    with pytest.raises(BeyondOffice, match=r"exchange\.release-report"):
        new_token(account, client="other", scope=["exchange.release-report"])

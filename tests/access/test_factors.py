"""Second factors: asked of offices that write, given once, kept encrypted."""

import threading
from base64 import urlsafe_b64encode

import pytest
from allauth.mfa.models import Authenticator
from django.db import connections

from commonwatch.access import codes, secrets
from commonwatch.errors import Broken
from tests.access.authenticator import code_at, sign_in, typed_key, with_app
from tests.conftest import prove

pytestmark = pytest.mark.usefixtures("quick_hasher")

PASSWORD = "four unrelated quiet words"


@pytest.fixture
def na(house):
    """A national authority's account that has a password and nothing else."""
    return house.account("BY", "na-officer", password=PASSWORD)


def test_a_writing_office_is_led_to_set_up_a_second_factor_before_anything_else(house, na):
    client = house.client()
    assert sign_in(client, "by-na-officer", PASSWORD, "/mine/")["Location"] == "/mine/"

    answer = client.get("/mine/", follow=True)

    assert answer.redirect_chain[-1][0] == "/account/factor/?next=%2Fmine%2F"
    assert "Your office asks for a second factor" in answer.content.decode()


def test_after_setting_up_an_app_the_codes_are_shown_once_and_the_way_goes_on(house, na):
    client = house.client()
    sign_in(client, "by-na-officer", PASSWORD)
    client.get("/account/factor/?next=/mine/")
    secret = typed_key(client.get("/account/factor/app/").content.decode())

    wrong = client.post("/account/factor/app/", {"code": "000000"})
    assert wrong.status_code == 200
    assert typed_key(wrong.content.decode()) == secret
    client.post("/account/factor/app/", {"code": code_at(secret)})
    shown = client.get("/account/factor/codes/").content.decode()

    assert shown.count("<li>") >= 10
    assert 'href="/mine/"' in shown
    assert client.get("/mine/").status_code == 200
    assert "not shown again" in client.get("/account/factor/codes/").content.decode()


def test_the_second_factor_is_asked_for_and_opens(house, na):
    secret = with_app(house.client(), "by-na-officer", PASSWORD)
    client = house.client()

    answer = sign_in(client, "by-na-officer", PASSWORD, "/mine/")
    assert answer["Location"] == "/sign-in/factor/"
    assert client.get("/mine/")["Location"].startswith("/sign-in/")
    assert client.post("/sign-in/factor/", {"code": "123456"}).status_code == 200
    assert client.get("/mine/")["Location"].startswith("/sign-in/")
    answer = client.post("/sign-in/factor/", {"code": code_at(secret, steps=1)})

    assert answer["Location"] == "/mine/"
    assert client.get("/mine/").status_code == 200


def test_a_code_given_once_is_not_taken_again(house, na):
    secret = with_app(house.client(), "by-na-officer", PASSWORD)
    code = code_at(secret, steps=1)
    first, second = house.client(), house.client()
    for client in (first, second):
        sign_in(client, "by-na-officer", PASSWORD)

    assert first.post("/sign-in/factor/", {"code": code}).status_code == 302
    answer = second.post("/sign-in/factor/", {"code": f"{code[:3]} {code[3:]}"})

    assert answer.status_code == 200
    assert "This code is not taken" in answer.content.decode()
    assert second.get("/mine/").status_code == 302


def test_the_code_that_set_the_app_up_is_not_taken_again(house, na):
    client = house.client()
    sign_in(client, "by-na-officer", PASSWORD)
    secret = typed_key(client.get("/account/factor/app/").content.decode())
    code = code_at(secret)
    client.post("/account/factor/app/", {"code": code})
    again = house.client()
    sign_in(again, "by-na-officer", PASSWORD)

    assert again.post("/sign-in/factor/", {"code": code}).status_code == 200


def test_of_two_who_give_one_code_at_once_one_is_let_in(house, na):
    taken, together = [], threading.Barrier(6)

    def give():
        together.wait()
        try:
            codes.take_once(na, "314159")
            taken.append(1)
        except codes.forms.ValidationError:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=give) for _each in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert taken == [1]


def test_a_recovery_code_serves_once(house, na):
    first = house.client()
    with_app(first, "by-na-officer", PASSWORD)
    html = first.get("/account/factor/codes/").content.decode()
    code = html.split('<ul class="codes mono">')[1].split("<li>")[1][:10]
    for status in (302, 200):
        client = house.client()
        sign_in(client, "by-na-officer", PASSWORD)
        assert client.post("/sign-in/factor/", {"code": code}).status_code == status


def test_secrets_are_kept_encrypted_and_the_key_can_be_renewed(house, na):
    secret = with_app(house.client(), "by-na-officer", PASSWORD)
    kept = {each.type: each.data for each in Authenticator.objects.all()}
    assert secret not in str(kept)
    path = house.node.home / "factors.key"
    assert path.stat().st_mode & 0o777 == 0o600

    old = kept["totp"]["secret"]
    secrets.add_key()
    assert secrets.decrypt(old) == secret
    new = secrets.renewed(old)
    secrets.drop_old_keys()
    assert secrets.decrypt(new) == secret
    with pytest.raises(Broken):
        secrets.decrypt(old)
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_waiting_secret_of_an_app_lies_encrypted_in_the_session(house, na):
    client = house.client()
    sign_in(client, "by-na-officer", PASSWORD)
    secret = typed_key(client.get("/account/factor/app/").content.decode())
    assert secret not in str(dict(client.session))


def test_setting_up_a_factor_ends_the_sessions_in_which_it_was_not_given(house, na):
    early = house.client()
    sign_in(early, "by-na-officer", PASSWORD)
    with_app(house.client(), "by-na-officer", PASSWORD)
    assert early.get("/account/")["Location"].startswith("/sign-in/")


def test_a_session_without_the_factor_opens_nothing_of_the_account(house, na):
    with_app(house.client(), "by-na-officer", PASSWORD)
    client = house.client()
    client.force_login(na)
    for path in ("/account/", "/account/password/", "/account/factor/app/remove/", "/account/keys/new/"):
        assert client.get(path)["Location"].startswith("/account/confirm/code/?next="), path
    assert client.post("/account/sessions/end/").status_code == 403
    assert client.get("/sign-in/")["Location"].startswith("/account/confirm/code/")


def test_a_factor_given_for_another_account_counts_for_nothing(house, na):
    client = house.client()
    client.force_login(na)
    prove(client)
    session = client.session
    session["account_authentication_methods_user"] = str(na.pk + 1)
    session.save()
    assert client.get("/mine/").status_code == 302


def test_the_last_factor_of_a_writing_office_stays(house, na):
    client = house.client()
    with_app(client, "by-na-officer", PASSWORD)
    assert "Add another one first" in client.get("/account/factor/app/remove/").content.decode()
    client.post("/account/factor/app/remove/")
    assert Authenticator.objects.filter(type="totp").exists()


def test_a_reading_office_may_do_without_and_may_remove_its_factor(house):
    house.account("BY", "analyst", password=PASSWORD)
    client = house.client()
    sign_in(client, "by-analyst", PASSWORD)
    assert client.get("/").status_code == 200
    secret = with_app(client, "by-analyst", PASSWORD)
    assert secret
    client.post("/account/factor/app/remove/")
    assert not Authenticator.objects.exists()


def test_what_matters_asks_for_a_new_proof_and_then_goes_on(house, na):
    client = house.client()
    with_app(client, "by-na-officer", PASSWORD)
    session = client.session
    for each in session["account_authentication_methods"]:
        each["at"] -= 301
    session.save()

    asked = client.get("/account/keys/new/")
    assert asked["Location"] == "/account/confirm/?next=%2Faccount%2Fkeys%2Fnew%2F"
    sent = client.post("/account/keys/new/", {"client": "x", "days": "9", "scope": "exchange.see-board"})
    assert sent.status_code == 403
    wrong = client.post("/account/confirm/", {"password": "not this", "next": "/account/keys/new/"})
    assert wrong.status_code == 200
    right = client.post("/account/confirm/", {"password": PASSWORD, "next": "/account/keys/new/"})
    assert right["Location"] == "/account/keys/new/"
    assert client.get("/account/keys/new/").status_code == 200


@pytest.mark.parametrize("to", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere_by_a_step(house, na, to):
    secret = with_app(house.client(), "by-na-officer", PASSWORD)
    client = house.client()
    sign_in(client, "by-na-officer", PASSWORD, to)
    assert client.post("/sign-in/factor/", {"code": code_at(secret, steps=1)})["Location"] == "/"
    answer = client.post("/account/confirm/", {"password": PASSWORD, "next": to})
    assert answer["Location"] == "/"
    client.get("/account/factor/", {"next": to})
    assert client.session["after_factor"] == "/"


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "null",
        "[]",
        "{",
        '{"a": 1}',
        '{"response": {}}',
        '{"id":"x","rawId":"x","response":{"clientDataJSON":"e30","attestationObject":"x"},"type":"public-key"}',
    ],
)
def test_what_is_no_answer_of_a_security_key_is_refused_in_words(house, na, credential):
    secret = with_app(house.client(), "by-na-officer", PASSWORD)
    client = house.client()
    sign_in(client, "by-na-officer", PASSWORD)
    client.get("/sign-in/factor/")
    assert client.post("/sign-in/factor/", {"credential": credential}).status_code == 200
    client.post("/sign-in/factor/", {"code": code_at(secret, steps=1)})
    asked = client.get("/account/factor/key/").content.decode()
    number = urlsafe_b64encode(str(house.account("BY", "na-officer").pk).encode()).decode().rstrip("=")
    assert f'"id": "{number}"' not in asked, "it counts the accounts of the node"
    assert client.post("/account/factor/key/", {"credential": credential}).status_code == 200
    assert client.post("/account/confirm/key/", {"credential": credential}).status_code in {200, 302}
    assert not Authenticator.objects.filter(type="webauthn").exists()

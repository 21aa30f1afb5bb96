"""How often one may try: counted before anything is examined, by all processes together."""

import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connections
from django.test import RequestFactory, override_settings

from commonwatch.access import limits
from commonwatch.access.models import Account, Tally
from commonwatch.access.tokens import new_token
from tests.access.authenticator import code_at, sign_in, with_app

pytestmark = pytest.mark.usefixtures("quick_hasher")

PASSWORD = "four unrelated quiet words"
ROOT = Path(__file__).resolve().parents[2]


def tries(client, number, handle="by-analyst"):
    return [sign_in(client, handle, "wrong").status_code for _each in range(number)]


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is hashed: the work, and so the time, that a try costs."""

    algorithm = "counting"
    times = 0

    def encode(self, password, salt):
        type(self).times += 1
        return super().encode(password, salt)


def test_whatever_is_wrong_with_a_try_it_costs_the_same_work(house, settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    for office in ("analyst", "na-officer", "na-head"):
        house.account("BY", office, password=PASSWORD)
    house.account("BY", "administrator")
    Account.objects.filter(handle="by-na-head").update(is_active=False)
    costs = {}
    for handle, password in (
        ("by-analyst", "wrong"), ("by-nobody", "wrong"), ("by-administrator", "wrong"),
        ("by-na-head", PASSWORD), ("by-na-head", "wrong"), ("BY-ANALYST", PASSWORD), ("by-analyst", "x" * 5000),
    ):  # fmt: skip
        before = CountingHasher.times
        assert sign_in(house.client(), handle, password).status_code == 403
        costs[handle, password[:9]] = CountingHasher.times - before
    assert set(costs.values()) == {1}, costs


def test_after_six_wrong_tries_from_one_place_the_right_one_waits_too(house):
    house.account("BY", "analyst", password=PASSWORD)
    client = house.client()
    assert tries(client, 7) == [403] * 6 + [429]

    answer = sign_in(client, "by-analyst", PASSWORD)

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == 15 * 60 + 1
    assert "Try again after 05:16 UTC" in answer.content.decode()
    house.clock.tick(minutes=15, seconds=1)
    assert sign_in(client, "by-analyst", PASSWORD).status_code == 302


def test_unknown_and_known_handles_are_slowed_down_alike(house):
    house.account("BY", "analyst", password=PASSWORD)
    known = [sign_in(house.client(), "by-analyst", "wrong") for _each in range(8)]
    unknown = [sign_in(house.client(), "by-analysx", "wrong") for _each in range(8)]
    assert [each.status_code for each in known] == [each.status_code for each in unknown]
    masked = unknown[-1].content.replace(b"by-analysx", b"by-analyst")
    mark = b'name="csrfmiddlewaretoken" value="'
    assert masked.split(mark)[0] == known[-1].content.split(mark)[0]
    assert known[-1]["Retry-After"] == unknown[-1]["Retry-After"]


def test_guessing_from_many_places_is_stopped_at_the_handle(house):
    house.account("BY", "analyst", password=PASSWORD)
    found = [tries(house.client(REMOTE_ADDR=f"192.0.2.{number}"), 1)[0] for number in range(21)]
    assert found == [403] * 20 + [429]


def test_guessing_at_many_handles_is_stopped_at_the_place(house):
    client = house.client()
    found = [tries(client, 1, handle=f"by-{number}")[0] for number in range(61)]
    assert found == [403] * 60 + [429]
    assert tries(house.client(REMOTE_ADDR="192.0.2.9"), 1) == [403]


def test_others_who_guess_do_not_lock_out_a_browser_that_is_known(house):
    house.account("BY", "analyst", password=PASSWORD)
    mine = house.client()
    sign_in(mine, "by-analyst", PASSWORD)
    mine.post("/sign-out/")
    for number in range(25):
        tries(house.client(REMOTE_ADDR=f"192.0.2.{number}"), 1)

    assert sign_in(house.client(REMOTE_ADDR="192.0.2.99"), "by-analyst", PASSWORD).status_code == 429
    assert sign_in(mine, "by-analyst", PASSWORD).status_code == 302
    mine.post("/sign-out/")
    assert tries(mine, 7) == [403] * 6 + [429]


def test_a_mark_of_another_handle_or_a_made_up_one_helps_nobody(house):
    house.account("BY", "analyst", password=PASSWORD)
    other = house.client()
    house.account("AM", "analyst", password=PASSWORD)
    sign_in(other, "am-analyst", PASSWORD)
    other.post("/sign-out/")
    made_up = house.client()
    made_up.cookies["known"] = "x" * 22 + "." + "0" * 32
    for number in range(21):
        tries(house.client(REMOTE_ADDR=f"192.0.2.{number}"), 1)
    assert tries(other, 1) == [429]
    assert tries(made_up, 1) == [429]


def test_a_good_sign_in_does_not_pay_for_guessing_at_others(house):
    house.account("BY", "analyst", password=PASSWORD)
    client = house.client()
    for number in range(59):
        tries(client, 1, handle=f"by-{number}")
    assert sign_in(client, "by-analyst", PASSWORD).status_code == 302
    client.post("/sign-out/")
    assert tries(house.client(), 1, handle="by-60") == [429]


def test_codes_are_limited_by_account_and_by_day(house):
    house.account("BY", "na-officer", password=PASSWORD)
    secret = with_app(house.client(), "by-na-officer", PASSWORD)
    client = house.client()
    sign_in(client, "by-na-officer", PASSWORD)
    found = [client.post("/sign-in/factor/", {"code": f"{n:06}"}).status_code for n in range(6)]
    assert found == [200] * 5 + [429]
    answer = client.post("/sign-in/factor/", {"code": code_at(secret, steps=1)})
    assert answer.status_code == 429
    assert answer["Retry-After"]
    for _round in range(3):
        house.clock.tick(minutes=16)
        for number in range(5):
            client.post("/sign-in/factor/", {"code": f"7{number:05}"})
    house.clock.tick(minutes=16)
    assert client.post("/sign-in/factor/", {"code": "765432"}).status_code == 429


def test_confirming_and_changing_the_password_are_limited(house):
    house.account("BY", "analyst", password=PASSWORD)
    client = house.client()
    sign_in(client, "by-analyst", PASSWORD)
    found = [client.post("/account/confirm/", {"password": "x"}).status_code for _each in range(4)]
    found += [client.post("/account/password/", {"present": "x"}).status_code for _each in range(5)]
    assert found == [200] * 4 + [403] * 4 + [429]


def test_codes_to_join_are_limited_whatever_the_handle(house):
    client = house.client()
    sent = {"code": "x", "password": PASSWORD, "again": PASSWORD}
    found = [client.post("/join/", sent | {"handle": "by-new"}).status_code for _each in range(9)]
    assert found == [403] * 8 + [429]
    found = [client.post("/join/", sent | {"handle": f"by-{n}"}).status_code for n in range(25)]
    assert found[-1] == 429


def test_unknown_keys_are_slowed_down_and_good_ones_are_not(house):
    client = house.client()
    good = new_token(house.account("BY", "na-officer"), client="script")
    found = [
        client.get("/api/due", headers={"authorization": f"Bearer cw_{number}"}).status_code
        for number in range(32)
    ]
    assert found == [401] * 30 + [429] * 2
    answer = client.get("/api/due", headers={"authorization": "Bearer cw_no"})
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Retry-After"]
    assert client.get("/api/due", headers={"authorization": f"Bearer {good}"}).status_code == 200


def test_of_many_who_try_at_once_no_more_are_let_through_than_may(house):
    let, together = [], threading.Barrier(12)

    def attempt():
        together.wait()
        try:
            limits.count("factor", handle="by-na-officer")
            let.append(1)
        except limits.TooManyTries:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt) for _each in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(let) == 5


ATTEMPT = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "commonwatch.config.settings"
django.setup()
from pathlib import Path
from commonwatch.access import limits
from commonwatch.charter import pack
from commonwatch.register import node
home = Path(sys.argv[1])
node.install(node.Node(party="CRC", pack=pack.load(Path(sys.argv[2])), home=home, clock=lambda: 10**15))
let = 0
for _each in range(10):
    try:
        limits.count("factor", handle="by-na-officer")
        let += 1
    except limits.TooManyTries:
        pass
print(let)
"""


def test_processes_count_together(house):
    connections.close_all()
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{house.node.home / 'house.sqlite3'}"}
    command = [sys.executable, "-c", ATTEMPT, str(house.node.home), str(ROOT / "organisations/csto")]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        for _each in range(3)
    ]
    assert sum(int(each.communicate(timeout=60)[0]) for each in running) == 5


def test_what_is_past_is_forgotten(house):
    limits.count("sign-in", handle="x", request=RequestFactory().post("/"))
    assert Tally.objects.count() == 3
    house.clock.tick(minutes=16)
    limits.forget("sign-in", handle="y", request=RequestFactory().post("/"))
    assert Tally.objects.count() == 0


@pytest.mark.parametrize(
    ("proxies", "passed", "seen"),
    [
        (0, "203.0.113.5", "192.0.2.1"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        (2, "198.51.100.1, 203.0.113.5", "198.51.100.1"),
        (2, "203.0.113.5", "192.0.2.1"),
        (1, "nonsense", limits.NOWHERE),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "", "192.0.2.1"),
    ],
)
def test_the_address_is_that_which_our_own_proxies_saw(proxies, passed, seen):
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=passed)
    with override_settings(PROXIES=proxies):
        assert limits.address_of(request) == seen


def test_a_day_of_guessing_at_a_code_stays_hopeless():
    """Twenty a day at three of a million that are right at any moment: under one in ten thousand."""
    longest = max(limits.LIMITS["factor"]["handle"], key=lambda each: each.seconds)
    assert longest.seconds == timedelta(days=1) // timedelta(seconds=1)
    assert longest.most * 3 / 10**6 < 1e-4

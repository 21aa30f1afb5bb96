"""Webhooks are signed as others check them, and lead into no network of one's own."""

import base64
import hashlib
import hmac
import json
import socket
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook as Peer
from standardwebhooks.webhooks import WebhookVerificationError

from commonwatch.access import secrets
from commonwatch.desks.notices import worker
from commonwatch.desks.notices.models import Told, Webhook
from commonwatch.desks.notices.rules import write_secret
from commonwatch.desks.notices.sending import Message, NotNow, Refused, Unsure, webhook

DUE = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)
SECRET = write_secret(bytes(range(32)))


def message(url, *, at=None):
    now = int(datetime.now(UTC).timestamp()) * 1_000_000 if at is None else at
    return Message(
        "m" * 40, url, "", "", "en", "real", (("duty", 3),), "https://watch.example.org/notices/", now, SECRET
    )


def set_hook(house, hook, party="KZ"):
    account = house.account(party, "administrator")
    Webhook.objects.create(
        account_party=party,
        account=account,
        url=hook.url,
        secret=secrets.encrypt(SECRET),
        set_at=house.clock(),
    )


def climbed(house, **delta):
    house.clock.tick(**delta)
    return worker.climb(worker.begin())


def test_a_message_is_signed_as_the_standard_has_it_by_an_independent_reckoning(hook):
    webhook.send(message(hook.url), lambda: None)
    path, headers, body = hook.came[0]
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert path == "/hook?of=by"


def test_the_peers_library_believes_it_and_nothing_that_was_altered(hook):
    webhook.send(message(hook.url), lambda: None)
    _path, headers, body = hook.came[0]
    assert Peer(SECRET).verify(body, headers)["data"]["waiting"] == [{"kind": "duty", "count": 3}]
    with pytest.raises(WebhookVerificationError):
        Peer(SECRET).verify(body.replace(b"3", b"4"), headers)


def test_a_party_is_told_once_for_all_its_offices_and_reads_no_word_of_the_matter(house, hook):
    set_hook(house, hook)
    house.clock.set(DUE)
    for _minute in range(0, 120, 10):
        climbed(house, minutes=10)
    said = [json.loads(body) for _path, _headers, body in hook.came]
    names = [headers["webhook-id"] for _path, headers, _body in hook.came]
    assert len(names) == len(set(names)) > 1
    assert set(Told.objects.values_list("account", flat=True)) == {"@KZ"}
    for each in said:
        assert set(each["data"]) == {"mode", "waiting", "page"}
        assert {one["kind"] for one in each["data"]["waiting"]} <= {"duty", "card"}
        assert "KZ" not in json.dumps(each)
        assert "D1" not in json.dumps(each)


@pytest.mark.parametrize(("code", "state"), [
    (200, "sent"), (204, "sent"), (500, "planned"), (503, "planned"), (429, "planned"), (410, "refused"),
    (404, "refused"), (302, "refused"), (None, "unsure"),
])  # fmt: skip
def test_what_the_receiver_answers_decides(house, hook, code, state):
    hook.code, hook.headers = code, {"Location": f"http://127.0.0.1:{hook.port}/elsewhere"}
    set_hook(house, hook)
    house.clock.set(DUE + timedelta(minutes=6))
    climbed(house)
    assert set(Told.objects.exclude(state="overtaken").values_list("state", flat=True)) == {state}
    assert len(hook.came) == 1
    assert bool(Webhook.objects.get().stopped) == (state == "refused")


def test_what_was_put_off_comes_again_under_the_same_name(house, hook):
    hook.code = 503
    set_hook(house, hook)
    house.clock.set(DUE + timedelta(minutes=6))
    climbed(house)
    hook.code = 204
    climbed(house, minutes=2)
    first, second = (headers["webhook-id"] for _path, headers, _body in hook.came)
    assert first == second


@pytest.mark.parametrize("host", [
    "127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "172.16.3.4", "169.254.169.254", "0.0.0.1", "[::1]",
    "[fe80::1]", "[fd00::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "100.64.0.1", "224.0.0.1",
    "127.1",
    "2130706433", "0x7f.1", "[::]",
])  # fmt: skip
def test_nothing_goes_into_a_network_of_ones_own(host, settings):
    settings.WEBHOOKS_ALLOW = []
    with pytest.raises((Refused, NotNow)) as refused:
        webhook.send(message(f"https://{host}/hook"), lambda: pytest.fail("it left"))
    assert "own" in str(refused.value) or "not known" in str(refused.value)


def test_a_host_with_one_address_inside_is_refused_whole(monkeypatch, settings):
    """A name that leads outside and inside at once; what a resolver says is the one thing that is put on here."""
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in ("93.184.216.34", "10.0.0.1")
    ]
    monkeypatch.setattr(webhook.socket, "getaddrinfo", lambda *_args, **_more: found)
    settings.WEBHOOKS_ALLOW = []
    with pytest.raises(Refused):
        webhook.resolved("two.example", 443)
    found.pop()
    assert webhook.resolved("two.example", 443) == "93.184.216.34"


def test_the_line_goes_to_the_address_that_was_examined(monkeypatch, hook, settings):
    """The name is asked for once: a second answer, to another address, would not be heard."""
    asked = []
    real = socket.getaddrinfo

    def answer(host, *args, **more):
        asked.append(host)
        return real("127.0.0.1", *args, **more) if len(asked) == 1 else found_elsewhere(host)

    def found_elsewhere(host):
        assert host == "127.0.0.1", "the name was asked for again"
        return real(host, hook.port, type=socket.SOCK_STREAM)

    monkeypatch.setattr(webhook.socket, "getaddrinfo", answer)
    settings.WEBHOOKS_ALLOW = ["http://hook.example"]
    webhook.send(message(f"http://hook.example:{hook.port}/"), lambda: None)
    assert asked[0] == "hook.example"
    assert hook.came[0][1]["host"] == f"hook.example:{hook.port}"


def test_plain_http_goes_only_to_a_host_that_the_operator_names(hook, settings):
    settings.WEBHOOKS_ALLOW = ["127.0.0.1"]
    with pytest.raises(Refused):
        webhook.send(message(hook.url), lambda: pytest.fail("it left"))
    assert hook.came == []


def test_no_more_of_an_answer_is_read_than_a_line(hook):
    hook.code, hook.body = 500, b"x" * 100_000
    with pytest.raises(NotNow) as refused:
        webhook.send(message(hook.url), lambda: None)
    assert len(refused.value.reason) <= 300


def test_a_receiver_that_answers_drop_by_drop_is_cut_off(monkeypatch, settings):
    settings.WEBHOOKS_ALLOW = ["http://127.0.0.1"]
    monkeypatch.setattr(webhook, "LONGEST", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(Unsure):
            webhook.send(message(url), lambda: None)


def test_where_nobody_listens_it_is_tried_later(settings):
    settings.WEBHOOKS_ALLOW = ["http://127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotNow):
        webhook.send(message(f"http://127.0.0.1:{port}/"), lambda: pytest.fail("it left"))

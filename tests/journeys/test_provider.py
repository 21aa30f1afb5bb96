"""Signing in by a provider of identities: a real one on the loopback, and the node's own command with its file."""

import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import requests

from tests.access.authenticator import code_at
from tests.journeys.town import ROOT, environment, free_port

PASSWORD = "four unrelated quiet words"


class Browser:
    """Somebody at the node without script; forms are sent with the token of the page."""

    def __init__(self, url):
        self.url, self.session = url, requests.Session()

    def get(self, path, **more):
        return self.session.get(self.url + path, timeout=20, **more)

    def post(self, path, *, page=None, **fields):
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', self.get(page or path).text)
        fields["csrfmiddlewaretoken"] = token[1] if token else ""
        return self.session.post(self.url + path, data=fields, timeout=20)

    def sign_in(self, handle):
        return self.post("/sign-in/", handle=handle, password=PASSWORD)

    def by_provider(self, subject, *, page="/sign-in/", path="/sign-in/by/provider/", **answer):
        """Go to the provider and come back as somebody, or having refused."""
        form = self.post(path, page=page)
        assert "/oauth2/authorize" in form.url, form.text[:400]
        return self.session.post(form.url, data={"sub": subject} | answer, timeout=20)

    @property
    def in_(self):
        return self.get("/account/", allow_redirects=False).status_code == 200


@pytest.fixture(scope="module")
def provider():
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            wait(f"http://localhost:{port}/.well-known/openid-configuration", running)
            yield f"http://localhost:{port}"
        finally:
            running.terminate()
            running.wait(timeout=30)


@contextmanager
def node(folder, provider, **more):
    """A node with three accounts of Belarus, served with a provider's file."""
    home, port = folder / "home", free_port()
    (folder / "secret").write_text("a secret of the provider\n")
    said = {
        "name": "Ministry",
        "issuer": provider,
        "client_id": "commonwatch",
        "secret_file": "secret",
    } | more
    (folder / "provider.yaml").write_text("".join(f"{name}: {value}\n" for name, value in said.items()))
    extra = {"COMMONWATCH_OIDC": str(folder / "provider.yaml"), "AUTHLIB_INSECURE_TRANSPORT": "1"}
    around = {"cwd": ROOT, "env": environment() | extra}
    command = [sys.executable, "-m", "commonwatch"]
    subprocess.run([*command, "init", "--home", home], **around, check=True, capture_output=True)
    for handle, office in (("by-analyst", "analyst"), ("by-analyst-2", "analyst"), ("by-na-1", "na-officer")):
        words = [
            "user",
            "add",
            handle,
            "--party",
            "BY",
            "--office",
            office,
            "--password-stdin",
            "--home",
            home,
        ]
        subprocess.run(
            [*command, *words], **around, input=PASSWORD, text=True, check=True, capture_output=True
        )
    log = (folder / "log").open("w+")
    with (
        log,
        subprocess.Popen(
            [*command, "serve", "--home", home, "--port", str(port)],
            **around,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as running,
    ):
        try:
            wait(f"http://localhost:{port}/health", running, folder / "log")
            yield f"http://localhost:{port}", home
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=30)


def wait(url, running, log=None):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            requests.get(url, timeout=2).raise_for_status()
        except requests.RequestException:
            assert running.poll() is None, log and log.read_text()
            time.sleep(0.2)
        else:
            return
    pytest.fail(log.read_text() if log else f"nothing answers at {url}")


@pytest.fixture(scope="module")
def place(tmp_path_factory, provider):
    with node(tmp_path_factory.mktemp("plain"), provider) as made:
        yield made


@pytest.fixture(scope="module")
def trusting(tmp_path_factory, provider):
    with node(tmp_path_factory.mktemp("trusting"), provider, amr_mfa="true") as made:
        yield made


def kept(home, sql, *values):
    with sqlite3.connect(f"file:{home / 'commonwatch.sqlite3'}?mode=ro", uri=True) as opened:
        return opened.execute(sql, values).fetchall()


def link(browser, subject):
    browser.by_provider(
        subject, page="/account/provider/", path="/sign-in/by/provider/?process=connect&next=/account/"
    )


def test_no_account_is_made_by_the_provider(place):
    url, home = place
    browser = Browser(url)
    before = kept(home, "SELECT count(*) FROM access_account")
    answer = browser.by_provider("stranger@example.org")
    assert "No account here is linked to that identity." in answer.text
    assert not browser.in_
    assert kept(home, "SELECT count(*) FROM access_account") == before
    assert kept(home, "SELECT count(*) FROM socialaccount_socialaccount") == [(0,)]


def test_an_identity_is_linked_by_its_owner_and_then_opens_the_account(place, provider):
    url, home = place
    requests.put(
        f"{provider}/users/reader", json={"name": "Somebody Named", "email": "x@example.org"}, timeout=9
    )
    browser = Browser(url)
    browser.sign_in("by-analyst")
    link(browser, "reader")
    assert "Linked" in browser.get("/account/").text

    again = Browser(url)
    again.by_provider("reader")

    assert again.in_
    assert "by-analyst" in again.get("/account/").text
    said = kept(home, "SELECT uid, extra_data FROM socialaccount_socialaccount")
    assert said[0][0] == "reader"
    assert "Named" not in said[0][1]
    assert "@" not in said[0][1]


def test_linking_asks_for_a_new_proof(place):
    url, home = place
    browser = Browser(url)
    browser.sign_in("by-analyst")
    age(home, browser)
    assert "/account/confirm/" in browser.get("/account/provider/").url
    before = kept(home, "SELECT count(*) FROM socialaccount_socialaccount")
    browser.by_provider("other", path="/sign-in/by/provider/?process=connect&next=/account/")
    assert kept(home, "SELECT count(*) FROM socialaccount_socialaccount") == before


def age(home, browser):
    """Let the proof of a session be ten minutes old, as time would."""
    code = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'commonwatch.config.settings'; django.setup()\n"
        "from django.contrib.sessions.backends.db import SessionStore\n"
        "store = SessionStore(sys.argv[1])\n"
        "for each in store['account_authentication_methods']: each['at'] -= 600\n"
        "store.modified = True; store.save()\n"
    )
    around = environment() | {"COMMONWATCH_HOME": str(home)}
    words = [sys.executable, "-c", code, browser.session.cookies["commonwatch"]]
    subprocess.run(words, cwd=ROOT, env=around, check=True)


def test_a_writing_office_still_gives_its_second_factor_here(place, provider):
    url, _home = place
    requests.put(f"{provider}/users/writer", json={"amr": ["pwd", "mfa"]}, timeout=9)
    browser, secret = with_app(url, "by-na-1")
    link(browser, "writer")

    again = Browser(url)
    answer = again.by_provider("writer")

    assert answer.url.endswith("/sign-in/factor/")
    assert not again.in_
    again.post("/sign-in/factor/", code=code_at(secret, steps=1))
    assert again.in_


def with_app(url, handle):
    browser = Browser(url)
    browser.sign_in(handle)
    page = browser.get("/account/factor/app/").text
    secret = re.search(r'id="secret">([A-Z2-7]+)<', page)[1]
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)[1]
    sent = {"code": code_at(secret), "csrfmiddlewaretoken": token}
    browser.session.post(f"{url}/account/factor/app/", data=sent, timeout=20)
    assert browser.in_
    return browser, secret


def test_the_providers_word_for_a_second_factor_is_taken_where_the_file_says_so(trusting, provider):
    url, _home = trusting
    browser, _secret = with_app(url, "by-na-1")
    for subject, claims in (("strong", {"amr": ["pwd", "mfa"]}), ("weak", {"amr": ["pwd"]})):
        requests.put(f"{provider}/users/{subject}", json=claims, timeout=9)
    link(browser, "strong")

    again = Browser(url)
    again.by_provider("strong")

    assert again.in_
    assert again.get("/mine/", allow_redirects=False).status_code == 200
    link(browser, "weak")
    assert Browser(url).by_provider("weak").url.endswith("/sign-in/factor/")


def test_who_turns_away_at_the_provider_is_back_at_the_entrance(place):
    url, _home = place
    browser = Browser(url)
    answer = browser.by_provider("reader", action="deny")
    assert answer.url.split("?")[0].endswith("/sign-in/")
    assert not browser.in_


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=y", "?error=access_denied", "?state=%00"])
def test_an_answer_that_nobody_asked_for_is_refused(place, query):
    url, _home = place
    browser = Browser(url)
    answer = browser.get(f"/sign-in/by/provider/back/{query}")
    assert answer.status_code == 200
    assert answer.url.split("?")[0].endswith("/sign-in/")
    assert not browser.in_


def test_an_identity_of_one_account_is_not_linked_to_another(place):
    url, home = place
    mine = Browser(url)
    mine.sign_in("by-analyst")
    link(mine, "taken")
    theirs = Browser(url)
    theirs.sign_in("by-analyst-2")
    link(theirs, "taken")
    assert linked(home, "taken") == ["by-analyst"]


def linked(home, subject):
    sql = "SELECT handle FROM socialaccount_socialaccount s JOIN access_account a ON a.id = s.user_id WHERE uid = ?"
    return [row[0] for row in kept(home, sql, subject)]


def test_only_a_form_of_ours_leads_to_the_provider(place):
    url, _home = place
    assert Browser(url).get("/sign-in/by/provider/").status_code == 405
    assert requests.post(f"{url}/sign-in/by/provider/", timeout=9).status_code == 403
    assert Browser(url).post("/sign-in/by/another/", page="/sign-in/").status_code == 404


def test_a_link_is_taken_away_by_its_owner(place):
    url, home = place
    browser = Browser(url)
    browser.sign_in("by-analyst")
    link(browser, "passing")
    browser.post("/account/provider/unlink/", page="/account/")
    assert linked(home, "passing") == []


def test_a_file_that_cannot_be_used_is_named_at_the_start(tmp_path):
    for text, says in (
        ("name: x\n", "must say"),
        ("name: x\nissuer: http://far.example\nclient_id: y\nsecret_file: s\n", "https"),
        ("name: x\nissuer: https://far.example\nclient_id: y\nsecret_file: absent\n", "cannot be read"),
        (": :\n", "cannot be read"),
    ):
        file = tmp_path / "provider.yaml"
        file.write_text(text)
        done = subprocess.run(
            [sys.executable, "-m", "commonwatch", "init", "--home", str(tmp_path / "home")],
            cwd=ROOT, env=environment() | {"COMMONWATCH_OIDC": str(file)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        assert says in done.stderr

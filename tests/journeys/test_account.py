"""From an invitation to a safe account, in a real browser, by keyboard alone; it plays the security key itself."""

import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe

from commonwatch.config.sample.posts import wait_until_ready
from tests.access.authenticator import code_at
from tests.journeys.conftest import wrong
from tests.journeys.test_ways import CODES, tab_to
from tests.journeys.town import ROOT, environment, free_port, until

pytestmark = pytest.mark.browser
PASSWORD = "copper lantern sideways"


class Place:
    """A node of its own, with nobody in it; its commands, and the address by which a browser trusts it."""

    def __init__(self, home, port):
        self.home, self.url = home, f"http://localhost:{port}"

    def command(self, *words):
        done = subprocess.run(
            [sys.executable, "-m", "commonwatch", *words, "--home", str(self.home)],
            cwd=ROOT, env=environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def invite(self, handle, office, party="BY"):
        return self.command("user", "invite", handle, "--party", party, "--office", office)


@contextmanager
def served(home):
    port = free_port()
    place = Place(home, port)
    place.command("init")
    log = (home.parent / "log").open("w+")
    words = [sys.executable, "-m", "commonwatch", "serve", "--home", str(home), "--port", str(port)]
    with log, subprocess.Popen(words, cwd=ROOT, env=environment(), stdout=log, stderr=log) as running:
        try:
            assert wait_until_ready(place.url, seconds=60), (home.parent / "log").read_text()
            yield place
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=30)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with served(tmp_path_factory.mktemp("place") / "home") as made:
        yield made


@pytest.fixture
def pages(browser, place):
    """Open browsers, each for itself; every page must run without an error or a breach of its policy."""
    faults, contexts = [], []

    def opened(**context):
        made = browser.new_context(viewport={"width": 1560, "height": 900}, **context)
        contexts.append(made)
        page = made.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda said: faults.append(f"{page.url}: {said.text}") if wrong(said) else None)
        return page

    yield opened
    for made in contexts:
        made.close()
    assert faults == []


def join(page, place, handle, code):
    """Join by keyboard alone."""
    page.goto(f"{place.url}/sign-in/")
    tab_to(page, "a[href='/join/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/join/")
    for field, text in (
        ("handle", handle),
        ("code", code.lower()),
        ("password", PASSWORD),
        ("again", PASSWORD),
    ):
        tab_to(page, f"#{field}")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/join/" not in url)


def set_up_app(page):
    """Set up an app by keyboard alone; return its key."""
    tab_to(page, "a[href='/account/factor/app/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/factor/app/")
    secret = page.locator("#secret").inner_text()
    assert page.evaluate("document.activeElement.id") == "code"
    page.keyboard.type(code_at(secret))
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/factor/codes/")
    return secret


def sign_in(page, place, handle):
    page.goto(f"{place.url}/sign-in/")
    tab_to(page, "#handle")
    page.keyboard.type(handle)
    tab_to(page, "#password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/sign-in/"))


def test_the_invited_joins_sets_up_an_app_and_comes_again_by_keyboard_alone(pages, place):
    code, page = place.invite("by-na-1", "na-officer"), pages()
    join(page, place, "by-na-1", code)
    page.wait_for_url("**/account/factor/**")
    assert "Your office asks for a second factor" in page.locator("main").inner_text()
    secret = set_up_app(page)
    assert page.locator(".codes li").count() == 10
    tab_to(page, "main a.btn.main")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{place.url}/")
    assert page.locator("nav.nav").is_visible()

    page.locator("#menu summary").focus()
    page.keyboard.press("Enter")
    tab_to(page, "form[action='/sign-out/'] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/")
    sign_in(page, place, "by-na-1")
    page.wait_for_url("**/sign-in/factor/")
    page.keyboard.type(code_at(secret, steps=1))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{place.url}/")


def test_offices_are_switched_and_another_session_ended(pages, place):
    code, page = place.invite("by-an-1", "analyst"), pages()
    join(page, place, "by-an-1", code)
    page.wait_for_url(f"{place.url}/")
    other = pages()
    sign_in(other, place, "by-an-1")
    other.wait_for_url(f"{place.url}/")
    place.command(
        "user",
        "office",
        "give",
        "by-an-1",
        "--office",
        "auditor",
        "--manner",
        "deputy",
        "--until",
        "2099-01-01",
    )

    page.goto(f"{place.url}/account/")
    before = page.locator("#menu summary").inner_text()
    tab_to(page, "button[name=seat]")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/account/"))
    page.goto(f"{place.url}/account/")
    assert page.locator("#menu summary").inner_text() != before
    tab_to(page, "form[action*='/account/sessions/'] button")
    page.keyboard.press("Enter")
    until(page, "document.body.innerText.includes('The session was ended.')")

    other.goto(f"{place.url}/account/")
    assert "/sign-in/" in other.url


def virtual_key(page):
    """Plug a security key into the browser that answers by itself."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    options |= {"automaticPresenceSimulation": True}
    added = line.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return line, added["authenticatorId"]


def test_a_security_key_is_added_and_opens(pages, place):
    code, page = place.invite("by-na-2", "na-officer"), pages()
    line, key = virtual_key(page)
    join(page, place, "by-na-2", code)
    page.wait_for_url("**/account/factor/**")
    tab_to(page, "a[href='/account/factor/key/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/factor/key/")
    tab_to(page, "#answer")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/factor/codes/")
    assert len(line.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]) == 1
    page.goto(f"{place.url}/mine/")
    assert page.url == f"{place.url}/mine/"

    page.context.clear_cookies()
    sign_in(page, place, "by-na-2")
    page.wait_for_url("**/sign-in/factor/")
    tab_to(page, "#answer")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{place.url}/")
    page.goto(f"{place.url}/account/")
    assert "Last used" in page.locator("main").inner_text()


def test_a_security_key_that_does_not_answer_is_said_in_words(pages, place):
    code, page = place.invite("by-na-3", "na-officer"), pages()
    join(page, place, "by-na-3", code)
    page.goto(f"{place.url}/account/factor/key/")
    refusing = "Promise.reject(new DOMException('', 'NotAllowedError'))"
    page.evaluate(f"() => {{ navigator.credentials.create = () => {refusing} }}")

    page.locator("#answer").click()
    until(page, "!document.querySelector('form[data-security-key] .notice[hidden]')")
    assert "gave no answer" in page.locator("form[data-security-key]").inner_text()


PATHS = ("/account/", "/account/password/", "/account/keys/new/", "/account/factor/", "/account/factor/app/",
         "/account/factor/key/", "/account/factor/codes/new/", "/account/confirm/")  # fmt: skip


@pytest.mark.parametrize("width", [1560, 390])
def test_the_pages_of_the_account_are_open_to_everybody_and_fit(pages, place, width):
    handle = f"by-rd-{width}"
    code, page = place.invite(handle, "analyst"), pages()
    page.set_viewport_size({"width": width, "height": 900})
    join(page, place, handle, code)
    for path in (*PATHS, "/join/"):
        page.goto(place.url + path)
        assert page.url == place.url + path
        found = Axe().run(page).response["violations"]
        assert [(path, each["id"], each["nodes"][0]["html"]) for each in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_in_russian_no_english_word_is_left(pages, place):
    code, page = place.invite("by-ru-1", "analyst"), pages()
    join(page, place, "by-ru-1", code)
    page.locator("#menu summary").click()
    page.locator("button[name=language][value=ru]").click()
    page.goto(f"{place.url}/account/keys/new/")
    page.locator("[name=client]").fill("charts")
    page.locator("input[name=scope]").first.check()
    page.locator("main button.main").click()
    left = []
    for path in (*PATHS, "/join/"):
        page.goto(place.url + path)
        assert page.locator("html").get_attribute("lang") == "ru"
        for line in page.locator("main").inner_text().splitlines():
            rest = re.sub(
                r"by-ru-1|127\.0\.0\.1|Mozilla.*|charts|TOTP|QR|JavaScript|[A-Z2-7]{32}",
                "",
                CODES.sub("", line),
            )
            if re.search("[A-Za-z]{2}", rest):
                left.append((path, line))
    assert left == []


STALE = """
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
for row in Session.objects.all():
    kept = SessionStore(row.session_key)
    kept["account_authentication_methods"] = [
        each | {"at": 1} for each in kept.get("account_authentication_methods", [])
    ]
    kept.save()
"""


def let_proofs_go_stale(place):
    """Let everybody's last proof of identity lie long back."""
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", STALE],
        cwd=ROOT, env=environment() | {"COMMONWATCH_HOME": str(place.home)}, check=True,
    )  # fmt: skip


def test_a_release_typed_for_long_is_kept_while_one_confirms_beside_it(pages, place):
    code, page = place.invite("by-na-4", "na-officer"), pages()
    join(page, place, "by-na-4", code)
    page.wait_for_url("**/account/factor/**")
    set_up_app(page)
    page.goto(f"{place.url}/reports/new/D1/")
    page.locator("input[name='f-change'][value=change]").check()
    page.locator("input[name='f-topics'][value=border]").check()
    page.fill("#f-text", "SAMPLE: A bridge was closed and opened again.")
    page.fill("#f-events", "12")
    page.locator("input[name=_audience][value=center]").check()
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**/reports/report/BY/**")
    page.get_by_role("link", name="Release", exact=True).click()
    page.locator("input[name=audience][value=members]").check()
    page.locator("#preview button[value=release]").wait_for()
    page.locator("input[name=field][value=text]").uncheck()
    until(page, "!document.getElementById('preview').innerText.includes('bridge')")
    page.fill("#ground", "SAMPLE: The neighbours asked for it.")
    let_proofs_go_stale(place)

    page.locator("#preview button[value=release]").click()
    way = page.locator("main .notice a[target=_blank]")
    way.wait_for()
    assert page.input_value("#ground") == "SAMPLE: The neighbours asked for it."
    assert page.locator("input[name=audience][value=members]").is_checked()
    assert not page.locator("input[name=field][value=text]").is_checked()
    with page.context.expect_page() as opening:
        way.click()
    beside = opening.value
    beside.locator("input[name=password]").fill(PASSWORD)
    beside.keyboard.press("Enter")
    beside.wait_for_url(f"{place.url}/")

    page.bring_to_front()
    page.locator("#preview button[value=release]").click()
    page.wait_for_url("**/releases/release/BY/**")
    shown = page.locator("main").inner_text()
    assert "SAMPLE: The neighbours asked for it." in shown
    assert "bridge" not in shown

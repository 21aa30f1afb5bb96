"""What script adds to a page, in a real browser, under the content policy that the node sends."""

import http.server
import threading
from pathlib import Path

import django_htmx
import pytest
from django.conf import settings
from django.template import engines

from tests.ui import samples
from tests.ui.test_pages import drawn

pytestmark = pytest.mark.browser
CHROMIUM = Path("/usr/bin/chromium")
STATIC = (
    Path(__file__).resolve().parents[2] / "commonwatch/ui/static",
    Path(django_htmx.__file__).parent / "static",
)
POLICY = "; ".join(
    f"{name} {' '.join(sources)}" for name, sources in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()
)
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Node(http.server.ThreadingHTTPServer):
    """A loopback server of drawn pages; what it answers to polls is set by the test."""

    daemon_threads = True

    def __init__(self, pages):
        super().__init__(("127.0.0.1", 0), Answer)
        self.pages, self.poll, self.asked = pages, 304, []

    def address(self, path="/"):
        return f"http://127.0.0.1:{self.server_port}{path}"


class Answer(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_words):
        pass

    def do_GET(self):
        path = self.path.split("?")[0]
        polled = self.headers.get("HX-Request") and f"{path}#live" in self.server.pages
        if polled and self.server.poll != 200:
            self.server.asked.append(self.headers.get("If-None-Match"))
            self.send(
                self.server.poll, b"", {"Location": "/sign-in/?next=/"} if self.server.poll == 302 else {}
            )
        elif path.startswith("/static/"):
            found = next(each / path[8:] for each in STATIC if (each / path[8:]).is_file())
            self.send(200, found.read_bytes(), {"Content-Type": KINDS[found.suffix]})
        else:
            html = self.server.pages.get(f"{path}#live" if polled else path)
            self.send(
                200 if html else 404, (html or "").encode(), {"Content-Type": "text/html; charset=utf-8"}
            )

    def send(self, status, body, headers):
        self.send_response(status)
        for name, value in (headers | {"Content-Security-Policy": POLICY}).items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def node(house):
    engine = engines["django"]
    later = samples.watch_full() | {"checked_at": "05:00:08"}
    pages = {
        "/": drawn(engine, "exchange/watch.html", samples.watch_full()),
        "/#live": drawn(engine, "exchange/watch.html#live", later),
        "/mine/": drawn(engine, "exchange/mine.html", samples.mine_full()),
        "/sign-in/": drawn(engine, "ui/sign_in.html", samples.sign_in_empty()),
    }
    server = Node(pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def chromium(node):
    """A browser, opened after the house and gone before it: its loop would keep Django from the database."""
    if not CHROMIUM.exists():
        message = "there is no Chromium at /usr/bin/chromium"
        if settings.IN_CI:
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, node):
    faults = []
    opened = chromium.new_page(viewport={"width": 390, "height": 844})
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    opened.goto(node.address())
    yield opened
    opened.close()
    assert faults == []


def until(page, expression, seconds=9):
    """Wait until an expression is true; the content policy lets Playwright wait for none by itself."""
    for _step in range(seconds * 10):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"not within {seconds} s: {expression}")


def test_a_polled_part_keeps_focus_and_what_is_scrolled(page, node):
    page.evaluate("document.querySelector('.board a.miss').focus({preventScroll: true})")
    page.evaluate("document.getElementById('board').scrollLeft = 90")
    node.poll = 200

    until(page, "document.getElementById('live').textContent.includes('05:00:08')")
    page.wait_for_timeout(150)

    assert page.evaluate("document.activeElement.className") == "cell miss"
    assert page.evaluate("document.getElementById('board').scrollLeft") == 90


def test_a_poll_names_what_it_has_and_an_unchanged_page_stays(page, node):
    page.evaluate("window.first = document.getElementById('live')")
    page.wait_for_timeout(4600)

    assert node.asked[0] == '"5f0c"'
    assert page.evaluate("window.first === document.getElementById('live')")
    assert page.locator("#connection").is_hidden()


def test_an_unchanged_page_says_when_it_was_last_looked_at(page, node):
    assert page.locator("[data-checked]").inner_text() == "checked 05:00:04"
    until(page, "document.querySelector('[data-checked]').textContent !== 'checked 05:00:04'")

    assert page.locator("[data-checked]").inner_text().startswith("checked 05:0")


def test_a_lost_line_is_told_with_its_time_and_the_strip_goes_when_it_is_back(page, node):
    node.poll = 503
    until(page, "!document.getElementById('connection').hidden")
    assert page.locator("#connection").inner_text().startswith("Connection lost since 05:0")
    assert page.locator(".board").count() == 1

    node.poll = 304
    until(page, "document.getElementById('connection').hidden")


def test_the_end_of_the_session_leads_to_the_entrance(page, node):
    node.poll = 302
    page.wait_for_url("**/sign-in/**")

    assert page.url.endswith("/sign-in/?next=/")


def test_keys_show_themselves_and_lead_to_pages(page, node):
    page.keyboard.press("Shift+?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#keys").is_hidden()

    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/mine/")
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement.id") == "nil-t1-2026-09-14"


def test_clocks_go_on_from_the_time_of_the_node(page):
    shown = page.locator(".clocks time").all_inner_texts()

    assert shown[0] in {"05:00", "05:01"}
    assert shown[1][-2:] == shown[0][-2:]
    assert shown[1].startswith("09:")


def test_no_page_is_wider_than_a_phone(page, node):
    for path in ("/", "/mine/", "/sign-in/"):
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 700})
            page.goto(node.address(path))
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


def test_single_keys_can_be_turned_off_and_stay_off(page):
    page.keyboard.press("Shift+?")
    page.locator("#keys-on").uncheck()
    page.keyboard.press("Escape")
    assert page.locator("#keys").is_hidden()

    page.keyboard.press("Shift+?")
    assert page.locator("#keys").is_hidden()
    page.reload()
    page.keyboard.press("Shift+?")
    assert page.locator("#keys").is_hidden()

    page.locator("#menu > summary").click()
    page.locator("[data-keys]").click()
    page.locator("#keys-on").check()
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+?")
    assert page.locator("#keys").is_visible()


def test_escape_closes_the_menu_and_gives_the_focus_back(page):
    page.locator("#menu > summary").click()
    assert page.locator("#menu[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("#menu[open]").count() == 0
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"

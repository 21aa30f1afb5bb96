"""Every page of the hall, the Watch and “My reports”: whole, labelled, strict, and in both languages."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from django.template.backends.django import DjangoTemplates
from django.test import RequestFactory
from django.utils.translation import override

from tests.ui import samples

ABSENT = "¤absent:%s¤"
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
LATIN = re.compile(r"[A-Za-z]{3,}")
# What stands in Latin letters in Russian too: codes, names of formats and keys, the name of the house.
NAMES = re.compile(
    r"commonwatch|common|watch|Commonwatch|UTC|English|RFC \d+|cookie|Esc|csto/\S+|exchange\.\S+|[0-9a-f]{8,}"
    r"|\{time\}|--\S+|verify|receipt-\S+|ARM|BLR|KAZ|KGZ|RUS|TJK|IER|JSON|all|public|h\d-\S+",
)
CASES = [
    (name, language, make)
    for name, makers in samples.PAGES.items()
    for make in makers
    for language in ("en", "ru")
]


class Page(HTMLParser):
    """A page read tag by tag: its elements with their attributes, and the words a reader sees or hears."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.words = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), tuple(self.open)))
        self.words.extend(
            value
            for name, value in attrs
            if name in {"title", "aria-label", "placeholder", "data-lost"} and value
        )
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        if data.strip() and not {"script", "style"} & set(self.open):
            self.words.append(data.strip())

    def all(self, *tags):
        return [attrs for tag, attrs, _within in self.elements if tag in tags]


@pytest.fixture(scope="module")
def strict():
    """The templates, read so that a name that a view did not give shows itself."""
    options = settings.TEMPLATES[0]["OPTIONS"] | {"string_if_invalid": ABSENT}
    found = engines["django"].engine
    return DjangoTemplates(
        {"NAME": "strict", "DIRS": [], "APP_DIRS": False, "OPTIONS": options | {"libraries": found.libraries}}
    )


def drawn(engine, name, context, language="en", theme="day"):
    """Draw a page as its view would."""
    request = RequestFactory().get("/here/")
    frame = samples.frame(language, theme, signed=not name.endswith("sign_in.html"))
    with override(language):
        return engine.get_template(name).render({"frame": frame} | context, request)


@pytest.mark.parametrize(("name", "language", "make"), CASES)
def test_a_page_is_whole(house, strict, name, language, make):
    html = drawn(strict, name, make(), language)
    page = Page(html)

    assert "¤" not in html, re.findall("¤[^¤]*¤", html)
    assert page.open == []
    ids = [attrs["id"] for _tag, attrs, _within in page.elements if "id" in attrs]
    assert sorted(ids) == sorted(set(ids))
    assert len(page.all("h1")) == 1
    assert len(page.all("main")) == 1
    named = {
        each
        for _tag, attrs, _within in page.elements
        for each in (attrs.get("aria-labelledby") or "").split()
    }
    assert named <= set(ids)


@pytest.mark.parametrize(("name", "language", "make"), CASES)
def test_a_page_needs_no_exception_from_the_content_policy(house, strict, name, language, make):
    page = Page(drawn(strict, name, make(), language))

    for tag, attrs, _within in page.elements:
        assert "style" not in attrs, (tag, attrs)
        assert not [each for each in attrs if each.startswith(("on", "hx-on"))], (tag, attrs)
        assert tag != "style"
        assert tag != "script" or attrs.get("src", "").startswith("/static/"), attrs
        for each in ("src", "href", "action", "formaction", "hx-get", "hx-post"):
            assert not re.match(r"(https?:)?//|javascript:|data:", attrs.get(each) or ""), (tag, attrs)


@pytest.mark.parametrize(("name", "language", "make"), CASES)
def test_what_is_typed_or_pressed_has_a_name(house, strict, name, language, make):
    html = drawn(strict, name, make(), language)
    page = Page(html)

    labelled = {attrs.get("for") for attrs in page.all("label")}
    for attrs in page.all("input", "select", "textarea"):
        assert attrs.get("type") == "hidden" or attrs.get("id") in labelled, attrs
    for found in re.findall(r"<(?:button|a|summary)\b[^>]*>(.*?)</(?:button|a|summary)>", html, re.DOTALL):
        assert re.sub(r"<[^>]*>", "", found).strip(), found


@pytest.mark.parametrize(
    ("name", "make"), [(name, make) for name, language, make in CASES if language == "ru"]
)
def test_a_russian_page_is_russian_throughout(house, strict, name, make):
    page = Page(drawn(strict, name, make(), "ru"))

    left = [each for each in page.words if LATIN.search(NAMES.sub("", each))]
    assert left == []


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("name", samples.ERRORS)
def test_an_error_page_stands_without_the_frame(strict, name, language):
    with override(language):
        html = strict.get_template(name).render({}, None)
    page = Page(html)

    assert "¤" not in html
    assert page.open == []
    assert page.all("html")[0]["lang"] == language
    assert len(page.all("h1")) == 1
    assert not page.all("script", "form")
    assert language == "en" or not [each for each in page.words if LATIN.search(NAMES.sub("", each))]


def test_the_polled_part_carries_no_token_and_asks_only_for_what_is_new(house, strict):
    for name, make in (
        ("exchange/watch.html", samples.watch_full),
        ("exchange/mine.html", samples.mine_full),
    ):
        html = drawn(strict, f"{name}#live", make())
        live = Page(html).elements[0][1]

        assert live["id"] == "live"
        assert "csrfmiddlewaretoken" not in html
        assert json.loads(live["hx-headers"]) == {"If-None-Match": '"5f0c"'}
        assert "<html" not in html
        assert html.strip() in drawn(strict, name, make())


def test_a_nil_return_is_one_button_that_names_type_and_period(house, strict):
    html = drawn(strict, "exchange/mine.html", samples.mine_full())
    page = Page(html)

    buttons = [attrs for attrs in page.all("button") if "data-nil" in attrs]
    assert [each["formaction"] for each in buttons] == ["/reports/new/t1/nil/", "/reports/new/t3/nil/"]
    assert {(each["name"], each["value"]) for each in buttons} == {("_period", "2026-09-14")}
    form = next(attrs for attrs in page.all("form") if attrs.get("id") == buttons[0]["form"])
    assert form["method"] == "post"
    assert re.search(r'id="nil-return".*?csrfmiddlewaretoken.*?</form>', html, re.DOTALL)


def test_an_empty_watch_says_what_to_do(house, strict):
    html = drawn(strict, "exchange/watch.html", samples.watch_empty())

    assert html.count('class="empty"') == 3
    assert "<table" not in html
    assert "a report may still be sent at any time" in html


def test_texts_from_outside_are_escaped(house, strict):
    bad = '<script>alert("1")</script>'
    need = {"at": samples.NOW, "title": bad, "text": bad, "url": "/d/", "action": bad}
    context = samples.watch_full() | {"needs": [need], "stream": [samples.told(1, bad, note=bad, what=bad)]}

    html = drawn(strict, "exchange/watch.html", context | {"etag": "'>" + bad})

    assert bad not in html


def test_the_banner_of_a_view_stands_before_that_of_the_frame(house, strict):
    context = samples.receipt_full() | {"banner": {"text": "H0 OPEN", "tone": "open"}}

    html = drawn(strict, "ui/receipt.html", context)

    assert re.search(r'class="banner open"[^>]*>\s*<span>\s*H0 OPEN', html)
    assert "H2 OFFICIAL USE" not in html
    assert "SAMPLE DATA" in html


def test_an_exercise_is_said_on_every_page(house, strict):
    frame = samples.frame() | {"exercise": True}

    html = drawn(strict, "exchange/watch.html", samples.watch_full() | {"frame": frame})

    assert "EXERCISE: nothing on this page happened" in html


@pytest.mark.parametrize("theme", ["day", "night", "auto"])
def test_the_theme_is_set_on_the_page_and_its_button_pressed(house, strict, theme):
    page = Page(drawn(strict, "ui/journals.html", samples.journals_full(), theme=theme))

    assert page.all("html")[0]["data-theme"] == theme
    pressed = [
        a["value"] for a in page.all("button") if a.get("name") == "theme" and a["aria-pressed"] == "true"
    ]
    assert pressed == [theme]


def sheet():
    return Path(__file__).resolve().parents[2] / "commonwatch/ui/static/ui/commonwatch.css"


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def tokens(css, selector):
    block = css[css.index(selector) :]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block[: block.index("}")]))


@pytest.mark.parametrize("theme", [":root {", '[data-theme="night"] {', '[data-theme="auto"] {'])
def test_every_theme_can_be_read(theme):
    css = sheet().read_text()
    colours = tokens(css, ":root {") | tokens(css, theme)
    pairs = [(ink, ground) for ink in ("ink", "soft", "accent") for ground in ("paper", "card", "wash")]
    pairs += [(each, f"{each}-wash") for each in ("ok", "late", "miss", "due", "nil")]
    pairs += [(each, "card") for each in ("ok", "late", "miss")]
    pairs += [(f"tag-{tone}", "card") for tone in ("open", "official", "restricted", "secret")]
    pairs += [("label-ink", f"label-{tone}") for tone in ("open", "official", "restricted", "secret")]
    pairs += [("accent-ink", "accent")]

    weak = [pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < 4.5]
    assert weak == []
    assert contrast(colours["focus"], colours["card"]) >= 3
    assert contrast(colours["edge"], colours["card"]) >= 3


def test_night_is_one_whether_chosen_or_asked_of_the_system():
    css = sheet().read_text()

    assert tokens(css, '[data-theme="night"] {') == tokens(css, '[data-theme="auto"] {')


def test_the_stylesheet_knows_no_left_or_right():
    css = re.sub(r"/\*.*?\*/", "", sheet().read_text(), flags=re.DOTALL)

    assert not re.findall(r"[\w-]*(?:margin|padding|border|inset)-(?:left|right|top|bottom)[\w-]*\s*:", css)
    assert not re.findall(r"[;{]\s*(?:left|right|top|bottom|width|height)\s*:", css)
    assert re.search(r"@layer tokens, base, layout, components;", css)

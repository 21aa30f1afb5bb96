"""The name of a browser: what a person recognises among their own sessions."""

import pytest

from commonwatch.ui.browsers import browser_name

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
WEBKIT, APPLE = "AppleWebKit/537.36 (KHTML, like Gecko)", "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = "Chrome/139.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (f"{LINUX[:-1]}; rv:141.0) Gecko/20100101 Firefox/141.0", "Firefox 141 on Linux"),
        (f"{WINDOWS[:-1]}; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox 128 on Windows"),
        (f"{WINDOWS} {WEBKIT} {CHROME}", "Chrome 139 on Windows"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} {CHROME}", "Chrome 139 on ChromeOS"),
        (f"{WINDOWS} {WEBKIT} {CHROME} Edg/139.0.0.0", "Edge 139 on Windows"),
        (f"{WINDOWS} {WEBKIT} {CHROME} OPR/121.0.0.0", "Opera 121 on Windows"),
        (f"{WINDOWS} {WEBKIT} Chrome/136.0.0.0 YaBrowser/25.6.0.0 Safari/537.36", "Yandex Browser 25 on Windows"),
        (f"{MAC} {APPLE} Version/18.5 Safari/605.1.15", "Safari 18 on macOS"),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) {APPLE} Version/18.5 Mobile/15E148 Safari/604.1",
            "Safari 18 on iPhone",
        ),
        (
            f"Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) {APPLE} CriOS/139.0.7258.76 Mobile/15E148 Safari/604.1",
            "Chrome 139 on iPad",
        ),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/139.0.0.0 Mobile Safari/537.36", "Chrome 139 on Android"),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "Samsung Internet 28 on Android",
        ),
        ("Mozilla/5.0 (Haiku; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox 128"),
    ],
)  # fmt: skip
def test_a_browser_and_its_system_are_named(agent, name):
    assert browser_name(agent) == name


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("curl/8.14.1", "curl/8.14.1"),
        ("python-requests/2.32.4 by-script", "python-requests/2.32.4"),
        (f"{LINUX} Something/1.0", "Mozilla/5.0"),
        ("x" * 400, "x" * 40),
        ("", ""),
    ],
)
def test_of_what_is_not_known_the_product_alone_is_named(agent, name):
    assert browser_name(agent) == name

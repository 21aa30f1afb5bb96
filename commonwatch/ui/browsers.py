"""Names a browser and its system in a few words, from what a browser says of itself (User-Agent, RFC 9110, 10.1.5)."""

import re

from django.utils.translation import gettext

# Those that are built on another also name it, so that one comes after them.
BROWSERS = (
    (r"Edg(?:A|iOS)?", "Edge"),
    (r"OPR", "Opera"),
    (r"YaBrowser", "Yandex Browser"),
    (r"SamsungBrowser", "Samsung Internet"),
    (r"Vivaldi", "Vivaldi"),
    (r"Firefox|FxiOS", "Firefox"),
    (r"Chrome|CriOS", "Chrome"),
    (r"Version(?=/\S+ (?:Mobile/\S+ )?Safari/)", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
LONGEST = 40


def browser_name(agent: str) -> str:
    """Name browser, its main version and the system; of what is not known, the product alone that comes first."""
    found = ((name, re.search(rf"\b(?:{mark})/(\d+)", agent)) for mark, name in BROWSERS)
    browser = next((f"{name} {at[1]}" for name, at in found if at), "")
    if not browser:
        return agent.partition(" ")[0][:LONGEST]
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return gettext("{browser} on {system}").format(browser=browser, system=system) if system else browser

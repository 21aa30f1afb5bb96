"""What pages are shown with in tests: each page full and empty, as its view would give it."""

from types import SimpleNamespace

from django.utils.html import format_html
from django.utils.safestring import mark_safe

from commonwatch.desks.exchange.rules import LabelNotAllowed

MINUTE = 60 * 1_000_000
NOW = 1_789_362_000_000_000  # 2026-09-14 05:00 UTC, where the clock of the house stands
PARTIES = ("ARM", "BLR", "KAZ", "KGZ", "RUS", "TJK")
ROOT = "9f3c41aa77d0be5512c08d94e1f0a6b39f3c41aa77d0be5512c08d94e1f0a6e1"


def frame(language="en", theme="day", *, signed=True):
    """What stands around a page."""
    names = {
        "en": ("Watch", "My reports", "Regulation", "Series", "Compliance", "Journals"),
        "ru": ("Дежурство", "Мои донесения", "Регламент", "Ряды", "Исполнение", "Журналы"),
    }[language]
    towns = {
        "en": ("Yerevan", "Minsk", "Astana", "Bishkek", "Moscow", "Dushanbe"),
        "ru": ("Ереван", "Минск", "Астана", "Бишкек", "Москва", "Душанбе"),
    }[language]
    offsets = (240, 180, 300, 360, 180, 300)
    clocks = [(town, f"{5 + ahead // 60:02d}:00", ahead) for town, ahead in zip(towns, offsets, strict=True)]
    seat = {
        "en": {"office_name": "Duty officer", "party_name": "Crisis Response Center"},
        "ru": {"office_name": "Оперативный дежурный", "party_name": "Центр кризисного реагирования"},
    }[language]
    banner = {"en": "H2 OFFICIAL USE · highest on this page", "ru": "H2 ДЛЯ СЛУЖЕБНОГО ПОЛЬЗОВАНИЯ"}[language]
    proof = {
        "origin": "csto/RUS/real/h2-all/1",
        "size": 214803,
        "root_short": "9f3c…e1",
        "signed_at": NOW,
        "journals": 7,
        "node": "CRC",
    }
    return {
        "actor": seat if signed else None,
        "clocks": [("UTC", "05:00", 0), *clocks],
        "banner": {"text": banner, "tone": "restricted", "code": "H2"},
        "sample": True,
        "exercise": False,
        "nav": [
            {"name": name, "url": url, "current": url == "/"}
            for name, url in zip(
                names, ("/", "/mine/", "/types/", "/series/", "/compliance/", "/journals/"), strict=True
            )
        ]
        if signed
        else [],
        "proof": proof if signed else None,
        "lang": language,
        "direction": "ltr",
        "real": 0,
        "further": {"ways": [], "current": False},
        "theme": theme,
        "languages": [("en", "English"), ("ru", "Русский")],
        "organisation": {"en": "Collective Security Treaty Organization", "ru": "ОДКБ"},
    }


def cells(*states):
    """One line of the board as the view writes it."""
    written = []
    for number, state in enumerate(states):
        if state is None:
            written.append(f'<td><span class="none" title="{PARTIES[number]}">·</span></td>')
            continue
        tone, text = state.split(" ", 1)
        written.append(
            f'<td><a class="cell {tone}" href="/duties/{number}/" title="{PARTIES[number]}">{text}'
            f'<span class="sr">{PARTIES[number]}</span></a></td>'
        )
    return mark_safe("".join(written))  # noqa: S308 - texts of this file


def row(number, name, due, *states):
    return {
        "code": f"t{number}",
        "name": name,
        "due_text": due,
        "url": f"/types/t{number}/",
        "cells_html": cells(*states),
    }


BOARD = [
    row(1, "T-01", "06:00", "nil – 1", "ok ✓ 05:41", "ok ✓ 05:58", "late ◔ 06:21", "ok ✓ 05:12", "miss ✕ 42"),
    row(2, "T-02", "06:30", None, None, None, None, None, "ok ✓ 06:11"),
    row(3, "T-03", "07:00", "nil – 1", "ok ✓ 0", "ok ✓ 06:02", "due ○ 18", "ok ✓ 06:30 ↺", "due ○ 18"),
    row(4, "T-04", "09:00", "ok ✓ 06:10", "ok ✓ 06:15", "due ○ 2", "due ○ 2", "ok ✓ 06:33", "due ○ 2"),
]


def told(minutes, party="RUS", level="H1", **more):
    return {
        "at": NOW - minutes * MINUTE,
        "sentence": format_html('<b>{}</b> → <a href="/reports/{}/{}/">T-03</a>', party, party, minutes),
        "what": "T-03",
        "period": "2026-09-13",
        "url": f"/reports/{party}/{minutes}/",
        "level": level,
        "note": "",
        "place": f"{party} h1-all",
        "number": 48211 - minutes,
        "state": "value",
        "state_text": "✓",
        "versions": 1,
    } | more


def watch_full():
    return {
        "day_text": "2026-09-14",
        "regulation": "IER 4",
        "columns": [{"code": code, "iso3": code, "name": code} for code in PARTIES],
        "rows": BOARD,
        "tally": {"owed": 31, "received": 23, "late": 2, "missing": 1},
        "needs": [
            {"at": NOW - n * MINUTE, "title": f"TJK {n}", "text": "T-01", "url": f"/d/{n}/", "action": "→"}
            for n in (1, 7, 18)
        ],
        "needs_left": 2,
        "stream": [
            told(9, note="2/14"),
            told(12, "KAZ"),
            told(21, "KGZ", "H2"),
            told(31, "TJK", "H0"),
            told(2000, "BLR"),
        ],
        "events": [{"code": f"t{n}", "name": f"T-0{n}", "url": f"/reports/new/t{n}/"} for n in (1, 2, 3)],
        "etag": "5f0c",
        "checked_at": "05:00:04",
    }


def watch_empty():
    tally = {"owed": 0, "received": 0, "late": 0, "missing": 0}
    return watch_full() | {
        "rows": [],
        "tally": tally,
        "needs": [],
        "needs_left": 0,
        "stream": [],
        "events": [],
    }


def owed(number, state, text, *, open_=True):
    return {
        "code": f"t{number}",
        "name": f"T-0{number}",
        "period": "2026-09-14",
        "due_text": "06:00",
        "state": state,
        "text": text,
        "title": f"{text} 2026-09-14",
        "url": f"/duties/t{number}/RUS/2026-09-14/",
        "url_new": f"/reports/new/t{number}/?period=2026-09-14" if open_ else "",
        "nil_allowed": open_ and number != 2,
        "nil_url": f"/reports/new/t{number}/nil/",
    }


def mine_full():
    return {
        "party_name": "RUS",
        "owed": [
            owed(1, "miss", "✕ 42"),
            owed(2, "due", "○ 2"),
            owed(3, "due", "○ 5"),
            owed(4, "ok", "✓ 05:12", open_=False),
        ],
        "sent": [told(9, versions=2), told(12), told(40, state="nil")],
        "released": [told(15, "KAZ"), told(3000, "TJK", "H2")],
        "sent_more": [told(50)],
        "released_more": [told(60, "KGZ"), told(70, "BLR")],
        "drafts": [
            {
                "what": "T-05",
                "period": "2026-W37",
                "saved_at": NOW,
                "url": "/reports/new/t5/?period=2026-W37",
            },
        ],
        "etag": "5f0c",
        "may_submit": True,
    }


def mine_empty():
    lists = ("owed", "sent", "sent_more", "released", "released_more", "drafts")
    return mine_full() | {each: [] for each in lists} | {"may_submit": False}


def journal(party, slug, **more):
    tone = {"h0": "open", "h1": "official", "h2": "restricted"}[slug[:2]]
    level = SimpleNamespace(code=slug[:2].upper(), tone=tone, name={"en": slug, "ru": slug})
    return {
        "origin": f"csto/{party}/real/{slug}/1",
        "party": party,
        "mode": "real",
        "level": level,
        "readers": [{"en": code, "ru": code} for code in PARTIES],
        "everybody": slug.startswith("h0"),
        "size": 48211,
        "last_at": NOW,
        "closed": False,
        "hosted": True,
        "root": ROOT,
    } | more


def journals_full():
    return {
        "title": "journals",
        "journals": [
            journal("RUS", "h1-all"),
            journal("KAZ", "h2-all", closed=True),
            journal("TJK", "h0-public", hosted=False),
            journal("KGZ", "h1-all", mode="exercise", readers=[]),
        ],
    }


def receipt_full():
    line = SimpleNamespace(number=48211, at=NOW, hash=ROOT, party="RUS")
    return {
        "past": SimpleNamespace(line=line, origin="csto/RUS/real/h1-all/1", kind="exchange.report.submitted"),
        "download": "/receipts/0192f0/",
        "who": "RUS",
        "command": "commonwatch verify receipt-RUS-48211.txt",
    }


def sign_in_full():
    offices = [
        {"code": "duty", "name": {"en": "Duty officer", "ru": "Оперативный дежурный"}, "handle": "crc-duty"},
        {"code": "lead", "name": {"en": "Shift lead", "ru": "Старший смены"}, "handle": "crc-lead"},
    ]
    seats = [{"party": code, "party_name": {"en": code, "ru": code}, "offices": offices} for code in PARTIES]
    return {"next": "/mine/", "handle": "", "offices": seats}


def sign_in_empty():
    return {"next": "", "handle": "", "offices": []}


def refusal():
    return {"refusal": LabelNotAllowed(type="T-01", label="H2", allowed=["H0", "H1"])}


PAGES = {
    "exchange/watch.html": (watch_full, watch_empty),
    "exchange/mine.html": (mine_full, mine_empty),
    "ui/sign_in.html": (sign_in_full, sign_in_empty),
    "ui/journals.html": (journals_full, lambda: {"journals": [], "title": "journals"}),
    "ui/receipt.html": (receipt_full,),
    "ui/refusal.html": (refusal,),
}
ERRORS = ("400.html", "403.html", "403_csrf.html", "404.html", "500.html")

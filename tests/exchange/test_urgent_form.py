"""The form of an urgent notice: what comes first, that it is sent once, and how much of it a bad line must carry."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from commonwatch.desks.exchange.models import Draft, Report
from tests.exchange.test_acts import sample

URGENT = ("U1", "U3", "T2")
MOST = 60 * 1024


def typed(house, type_="U1", **more):
    """A filled form, as a browser sends it."""
    fields = house.node.pack.type(type_).fields
    values = {f"f-{each.code}": sample(house, each) for each in fields if each.required}
    return values | {"_owes": "BY", "_event_at": "2026-09-14T04:00", "act": "send"} | more


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def minted(answer):
    return re.search(r'name="_mint" value="(form-[0-9a-f]+)"', answer.content.decode())[1]


@pytest.fixture
def at_by(house):
    return house.client("BY", "na-officer")


def reports(house):
    return Report.objects.visible_to(house.na("BY"))


@pytest.mark.parametrize("type_", URGENT)
def test_what_is_required_comes_first_and_the_rest_is_folded(house, at_by, type_):
    shown = text(at_by.get(f"/reports/new/{type_}/"))
    before, _sign, folded = shown.partition('<details class="field" id="rest"')
    for each in house.node.pack.type(type_).fields:
        assert f'name="f-{each.code}"' in (before if each.required else folded), each.code
    assert folded.startswith(" >")


def test_the_time_is_that_of_opening_in_utc_and_by_the_clocks_of_the_capital(at_by):
    shown = text(at_by.get("/reports/new/U1/"))
    assert 'type="datetime-local" value="2026-09-14T05:00"' in shown
    assert re.search(r"By the clocks of Minsk: <b[^>]*>2026-09-14 08:00</b>", shown)


def test_pickers_and_keyboards_are_those_of_the_phone(at_by):
    assert re.search(r'name="f-happened_at"[^>]*type="datetime-local"', text(at_by.get("/reports/new/U1/")))
    assert re.search(r'name="f-persons_ill"[^>]*inputmode="numeric"', text(at_by.get("/reports/new/T2/")))


def test_a_form_sent_twice_is_one_report_and_gives_the_first_answer(house, at_by):
    mint = minted(at_by.get("/reports/new/U1/"))
    first = at_by.post("/reports/new/U1/", typed(house, _mint=mint))
    house.clock.tick(minutes=1)
    again = at_by.post("/reports/new/U1/", typed(house, _mint=mint))
    assert (first.status_code, again.status_code) == (302, 302)
    assert again["Location"] == first["Location"]
    assert reports(house).count() == 1

    house.clock.tick(minutes=1)
    other = minted(at_by.get("/reports/new/U1/"))
    at_by.post("/reports/new/U1/", typed(house, _mint=other))
    assert reports(house).count() == 2


def test_other_words_under_the_same_form_are_not_taken_for_sent(house, at_by):
    mint = minted(at_by.get("/reports/new/U1/"))
    at_by.post("/reports/new/U1/", typed(house, _mint=mint))
    answer = at_by.post("/reports/new/U1/", typed(house, _mint=mint) | {"f-what": "SAMPLE: something else"})
    assert answer.status_code == 409
    assert "SAMPLE: something else" in answer.content.decode()
    assert reports(house).count() == 1


def test_every_other_form_too_is_sent_once(house, at_by):
    mint = minted(at_by.get("/reports/new/D1/"))
    sent = {"_mint": mint, "_period": "2026-09-14", "f-change": "no_change", "f-events": "3", "act": "send"}
    places = {at_by.post("/reports/new/D1/", sent)["Location"] for _press in range(3)}
    assert len(places) == 1
    assert reports(house).count() == 1


def test_a_draft_kept_without_script_comes_back_with_its_reference(house, at_by):
    mint = minted(at_by.get("/reports/new/U1/"))
    house.clock.tick(minutes=1)
    at_by.post("/reports/new/U1/draft/", typed(house, _mint=mint) | {"f-what": "SAMPLE: half a sentence"})
    assert Draft.objects.count() == 1
    back = at_by.get("/reports/new/U1/?owes=BY&period=")
    assert "SAMPLE: half a sentence" in back.content.decode()
    assert minted(back) == mint
    assert 'formaction="/reports/new/U1/draft/"' in back.content.decode()


def test_a_refused_notice_keeps_what_was_typed_and_opens_what_is_at_fault(house, at_by):
    sent = typed(house) | {"f-what": "", "f-area": "nowhere", "_note": "SAMPLE: by the post of Brest"}
    answer = at_by.post("/reports/new/U1/", sent)
    shown = text(answer)
    assert answer.status_code == 422
    assert "SAMPLE: by the post of Brest" in shown
    assert 'id="rest" open' in shown
    assert "Will be read by" in shown


@pytest.mark.parametrize("type_", URGENT)
def test_a_first_visit_fits_through_a_bad_line(at_by, type_):
    page = at_by.get(f"/reports/new/{type_}/").content
    assert b"<img" not in page
    files = re.findall(rb'(?:src|href)="/static/([^"?]+)', page)
    sizes = {
        name.decode(): len(gzip.compress(Path(finders.find(name.decode())).read_bytes(), 9)) for name in files
    }
    assert {"ui/commonwatch.css", "ui/commonwatch.js", "ui/urgent.js"} <= set(sizes)
    assert len(page) + sum(sizes.values()) < MOST, (len(page), sizes)


def test_files_of_the_interface_go_out_compressed_and_pages_do_not(house, at_by):
    plain = at_by.get(f"{settings.STATIC_URL}ui/commonwatch.css")
    whole = b"".join(plain) if plain.streaming else plain.content
    packed = at_by.get(f"{settings.STATIC_URL}ui/commonwatch.css", headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert gzip.decompress(packed.content) == whole
    assert int(packed["Content-Length"]) == len(packed.content) < len(whole) / 2
    page = at_by.get("/reports/new/U1/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in page.headers

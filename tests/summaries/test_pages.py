"""The pages of summaries: composed, looked at, released, read, acknowledged; without script all the same."""

import re
import sys
import zlib

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from commonwatch.access.models import Opened
from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.summaries import acts, intake, printing, shown
from commonwatch.desks.summaries.models import Draft, Summary
from tests.summaries.desk import add, choose, draft, file, released, write


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def at_lead(house):
    return house.client("CRC", "shift-lead")


@pytest.fixture
def at_duty(house):
    return house.client("CRC", "duty")


def path(row):
    return reverse("summaries:compose", args=[row.id])


def form(row, **more):
    """What the browser sends with a button: the order and texts as they stand, and what else is given."""
    content = intake.content_of(row)
    base = {"version": row.version, "title": content.title, "audience": content.audience}
    base["order"] = [each.id for each in content.blocks]
    return base | {f"t-{each.id}": each.text for each in content.blocks if each.sort != "table"} | more


def press(client, do, **more):
    """Press a button of the one draft that there is."""
    row = Draft.objects.get()
    return client.post(path(row), form(row, do=do, **more))


def blocks():
    return intake.content_of(Draft.objects.get()).blocks


def test_a_summary_is_begun_chosen_written_and_released_in_the_browser(house, at_lead):
    report = file(house, "KZ", events=12)
    begun = at_lead.post(reverse("summaries:new"), {"form": "day"})
    page = text(at_lead.get(begun.url))
    assert "Highlights" in page
    assert "Will be read by: Armenia, Belarus" in page

    assert "<code" in text(press(at_lead, f"add:{report.subject}"))
    (item,) = [each for each in blocks() if each.sort == "item"]
    press(at_lead, "text:a1")
    (paragraph,) = [each for each in blocks() if each.sort == "text"]
    assert [each.id for each in blocks()][:2] == ["a1", paragraph.id]
    words = {f"t-{paragraph.id}": f"SAMPLE: {{{item.id}.events}} were counted."}
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', press(at_lead, "save", **words).content.decode())
    done = press(at_lead, "release", seen=seen.group(1))

    said = text(house.client("BY", "na-officer").get(done.url))
    assert f'<a href="/reports/{report.subject}/">12 events (KZ, D1 2026-09-14, v1)</a> were counted.' in said
    assert "D2 2026-09-14 v1" in said
    assert not Draft.objects.exists()


def test_the_buttons_put_the_parts_into_order_and_leave_them_out(house, at_duty):
    draft(house)
    press(at_duty, "down:a1")
    assert [each.id for each in blocks()][:2] == ["a2", "a1"]
    press(at_duty, "up:a1")
    press(at_duty, "drop:a2")
    assert [each.id for each in blocks()] == ["a1", "a3", "a4", "a5"]
    press(at_duty, "save", order=["a4", "a3", "a1", "a5"])
    assert [each.id for each in blocks()] == ["a4", "a3", "a1", "a5"]


def test_the_composer_says_whom_each_thing_takes_away_and_how_that_is_mended(house, at_duty):
    narrow = file(house, "KZ", type="T4", period="2026-W36", audience="central-asia")
    choose(house, draft(house), file(house), narrow)
    page = text(at_duty.get(path(Draft.objects.get())))
    assert "takes these readers away: Armenia, Belarus" in page
    assert "raises the level to H2" in page
    for way in ("Leave it out", "Ask for its release", "Put it into an annex"):
        assert way in page

    page = text(press(at_duty, "annex:a7"))
    assert "Nothing that was chosen takes a reader away." in page
    assert "in an annex" in page


def test_two_officers_who_save_at_once_see_both_texts_and_nothing_is_lost(house, at_duty, at_lead):
    row = write(house, draft(house), "As it was.")
    first = at_duty.post(path(row), form(row, do="save", **{"t-a6": "The duty officer's words."}))
    second = at_lead.post(path(row), form(row, do="drop:a1", **{"t-a6": "The shift lead's words."}))
    assert (first.status_code, second.status_code) == (200, 409)
    page = second.content.decode()
    assert "The duty officer&#x27;s words." in page
    assert "The shift lead&#x27;s words." in page
    assert intake.content_of(Draft.objects.get()).block("a6").text == "The duty officer's words."

    now = int(re.search(r'name="version" value="(\d+)"', page).group(1))
    again = form(row, do="save", version=now, **{"t-a6": "The words of both."})
    assert at_lead.post(path(row), again).status_code == 200
    assert intake.content_of(Draft.objects.get()).block("a6").text == "The words of both."


def test_a_refusal_keeps_what_was_typed(house, at_lead):
    row = write(house, draft(house), "")
    for day, status in (("yesterday", 422), ("2026-09-20T08:00", 422)):
        typed = {"since": day, "until": "2026-09-14T08:00", "t-a6": "Typed."}
        answer = at_lead.post(path(row), form(row, do="save", **typed))
        assert answer.status_code == status
        assert "Typed." in answer.content.decode()
        assert day in answer.content.decode()
    answer = press(at_lead, "release", **{"t-a6": "There were {a9.events}."})
    assert answer.status_code == 422
    assert "Nothing that was chosen stands behind {a9.events}" in text(answer)
    assert "There were {a9.events}." in text(answer)


def test_what_changed_since_it_was_chosen_is_shown_and_renewed(house, at_lead):
    report = file(house)
    choose(house, draft(house), report)
    exchange.correct_report(by=house.na("BY"), report=report.subject, reason="Counted again", channel="form",
                            values={"change": "no_change", "events": 9})  # fmt: skip
    assert "corrected since" in text(at_lead.get(path(Draft.objects.get())))
    assert press(at_lead, "release").status_code == 409
    press(at_lead, "renew:a6")
    (item,) = [each for each in blocks() if each.sort == "item"]
    assert (item.version, item.values["events"]) == (2, 9)
    assert press(at_lead, "release").status_code == 302


def test_nobody_else_opens_the_composer(house):
    row = draft(house)
    for party, office in (("BY", "na-officer"), ("CRC", "auditor"), ("SEC", "organ-officer")):
        client = house.client(party, office)
        assert client.get(path(row)).status_code == 404
        assert client.get(reverse("summaries:new")).status_code == 404
    assert house.client("CRC", "head").get(path(row)).status_code == 200


def test_the_duty_officer_prepares_and_does_not_release(house, at_duty):
    choose(house, draft(house), file(house))
    assert "The shift lead releases it." in text(at_duty.get(path(Draft.objects.get())))
    assert press(at_duty, "release").status_code == 403
    assert not Summary.objects.visible_to(house.lead()).exists()


def revised(house, before="One bridge was closed.", after="Two bridges were closed."):
    """A summary in two versions."""
    done = released(house, write(house, choose(house, draft(house), file(house)), before))
    row = intake.begin_version(done.summary, by=house.duty())
    (old,) = [each for each in intake.content_of(row).blocks if each.sort == "text"]
    row = add(house, row, old.id, after)
    acts.revise_summary(by=house.lead(), draft=row.id, version=row.version, reason="Counted again")
    return done.summary


def test_a_new_version_shows_word_by_word_what_changed(house):
    key = revised(house)
    client = house.client("KZ", "na-officer")
    page = text(client.get(reverse("summaries:summary", args=[key])))
    assert "<del>One</del><ins>Two</ins>" in page
    assert 'class="block text changed"' in page
    assert "Counted again" in page
    assert "<del>" not in text(client.get(reverse("summaries:summary", args=[key]) + "?against=0"))
    earlier = text(client.get(reverse("summaries:summary", args=[key]) + "?version=1"))
    assert "One bridge was closed." in earlier
    assert "This is an earlier version." in earlier


def test_the_list_says_what_changed_since_ones_party_acknowledged(house):
    done = released(house, write(house, choose(house, draft(house), file(house)), "One bridge was closed."))
    client = house.client("KZ", "na-officer")
    listed = reverse("summaries:list")
    assert "to be acknowledged" in text(client.get(listed))
    client.post(reverse("summaries:acknowledge", args=[done.summary]))
    assert "✓ acknowledged" in text(client.get(listed))
    row = intake.begin_version(done.summary, by=house.duty())
    (old,) = [each for each in intake.content_of(row).blocks if each.sort == "text"]
    row = add(house, row, old.id, "Two bridges were closed.")
    acts.revise_summary(by=house.lead(), draft=row.id, version=row.version, reason="Counted again")
    page = text(client.get(listed))
    assert "What changed since version 1" in page
    assert "?against=1" in page


def test_the_list_is_asked_by_day_and_says_what_will_stand_there(house):
    client = house.client("KZ", "na-officer")
    assert "No summary has been released yet" in text(client.get(reverse("summaries:list")))
    released(house, choose(house, draft(house), file(house)))
    assert "D2 2026-09-14 v1" in text(client.get(reverse("summaries:list") + "?day=2026-09-14"))
    assert "no summary of this day" in text(client.get(reverse("summaries:list") + "?day=2026-09-13"))


def test_the_list_takes_the_same_queries_however_many_there_are(house):
    client = house.client("KZ", "na-officer")

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("summaries:list")).status_code == 200
        return len(queries)

    released(house, choose(house, draft(house), file(house)))
    few = asked()
    for _turn in range(3):
        released(house, choose(house, draft(house), file(house)))
    assert asked() == few


def test_who_has_not_acknowledged_is_listed_and_a_call_is_written_down(house, at_duty):
    done = released(house, choose(house, draft(house), file(house)))
    page = reverse("summaries:summary", args=[done.summary])
    house.client("KZ", "na-officer").post(reverse("summaries:acknowledge", args=[done.summary]))
    house.clock.tick(hours=5)
    assert "✕ not yet" in text(at_duty.get(page))
    told = {"party": "TJ", "outcome": "acknowledged", "note": "SAMPLE: the second post"}
    at_duty.post(reverse("summaries:call", args=[done.summary]), told)
    assert "acknowledged by telephone" in text(at_duty.get(page))
    bad = at_duty.post(
        reverse("summaries:call", args=[done.summary]), told | {"outcome": "odd", "party": "AM"}
    )
    assert bad.status_code == 422
    assert "SAMPLE: the second post" in bad.content.decode()


def test_absent_and_forbidden_summaries_look_alike(house):
    narrow = file(house, "KZ", type="T4", period="2026-W36", audience="central-asia")
    done = released(house, choose(house, draft(house), narrow))
    client = house.client("AM", "na-officer")
    for key in (done.summary, "summary/CRC/none"):
        assert client.get(reverse("summaries:summary", args=[key])).status_code == 404
        assert client.get(reverse("summaries:pdf", args=[key])).status_code == 404
        assert client.post(reverse("summaries:acknowledge", args=[key])).status_code == 404
        assert client.post(reverse("summaries:withdraw", args=[key])).status_code == 404


def test_what_was_opened_is_in_the_log_of_reading(house, at_duty):
    report = file(house)
    done = released(house, choose(house, draft(house), report))
    house.client("KZ", "na-officer").get(reverse("summaries:summary", args=[done.summary]))
    assert Opened.objects.filter(account="kz-na-officer", subject=done.summary).exists()
    at_duty.get(path(draft(house)))
    assert Opened.objects.filter(account="crc-duty", subject=report.subject).exists()


def test_the_day_summary_leads_to_the_report_that_the_regulation_asks(house, at_lead):
    done = released(house, choose(house, draft(house), file(house)))
    page = text(at_lead.get(reverse("summaries:summary", args=[done.summary])))
    assert "/reports/new/D2/?period=2026-09-14" in page


def test_the_summary_of_the_day_waits_once_and_its_report_when_it_is_released(house, at_lead):
    house.clock.tick(hours=8)
    page = text(at_lead.get("/"))
    assert "The day&#x27;s summary for 2026-09-14 is not released" in page
    assert "Daily summary for 2026-09-14 is missing" not in page

    row = write(house, draft(house), "SAMPLE: All lines work.")
    released(house, row)
    page = text(at_lead.get("/"))
    assert "is not released" not in page
    assert "Daily summary for 2026-09-14 is missing" in page


# Paper


def paper(house, key, party="KZ"):
    return house.client(party, "na-officer").get(reverse("summaries:pdf", args=[key]))


def test_the_same_entry_gives_the_same_paper(house):
    pytest.importorskip("weasyprint", exc_type=OSError)
    key = revised(house)
    first = paper(house, key)
    assert first["Content-Type"] == "application/pdf"
    house.clock.tick(days=40)
    assert paper(house, key).content == first.content
    assert b"/MarkInfo" in opened(first.content)
    assert b"/Outlines" in opened(first.content)


def opened(data):
    """The objects of a PDF, unpacked."""
    streams = re.findall(rb"/FlateDecode.*?stream\r?\n(.*?)endstream", data, re.DOTALL)
    return b"".join(zlib.decompressobj().decompress(each) for each in streams)


def test_the_paper_bears_banner_number_and_hash_and_fetches_nothing(house):
    key = revised(house)
    row = Summary.objects.visible_to(house.lead()).get(key=key)
    body = shown.body(row, by=house.na("KZ"))
    style = printing.render_to_string("summaries/paper.css", body)
    assert "H1 INTERNAL TO THE ORGANISATION" in style
    assert (
        f"D2 2026\\u002D09\\u002D14 v2 · {row.last_hash}" in style
        or f"D2 2026-09-14 v2 · {row.last_hash}" in style
    )
    with pytest.raises(ValueError, match="nothing is fetched"):
        printing.refuse("https://example.org/a.png")


def test_a_machine_without_pango_says_what_to_install(house, monkeypatch):
    key = revised(house)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    answer = paper(house, key)
    assert answer.status_code == 501
    assert "libpango-1.0-0" in text(answer)
    assert "Print the summary" in text(answer)

"""The pages of the drills, as a browser without script opens them, and the strip of what is real."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from commonwatch.access import waiting
from commonwatch.desks.drills import acts, rules, series
from commonwatch.desks.drills.models import Call, Kept, Plan
from tests.drills.test_acts import POSTS, duty, hold, lead, post, send


def browser(house, party="CRC", office="shift-lead", mode="exercise"):
    client = house.client(party, office)
    if mode == "exercise":
        client.post("/mode/", {"mode": "exercise"})
    return client


def text(answer):
    return answer.content.decode()


def where(name, *args):
    return reverse(f"drills:{name}", args=args)


def test_a_drill_is_planned_started_answered_and_ended_by_its_pages(house):
    leader, officer = browser(house), browser(house, "KZ", "na-officer")
    form = {"drill": "call", "who": "chosen", "post": ["KZ", "BY"], "faults": "none", "confirmed": "1"}
    started = leader.post(where("new"), form)
    call = Call.objects.visible_to(lead(house)).get()
    assert started["Location"] == where("call", call.key)
    assert "Acknowledge the call" in text(officer.get(where("call", call.key)))
    officer.post(where("acknowledge", call.key))
    page = text(officer.get(where("call", call.key)))
    assert "The first acknowledgement stands" in page
    assert "Belarus" not in page.partition("Posts and their times")[2].partition("</table>")[0]
    leader.post(where("telephone", call.key), {"post": "BY"})
    table = text(leader.get(where("call", call.key))).partition("Posts and their times")[2]
    assert table.count("✓ within the limit") == 2
    assert "by telephone" in table
    ended = leader.post(where("end", call.key), follow=True)
    assert "EXERCISE: result of Call of the posts" in text(ended)
    assert "ended early" in text(ended)


def test_a_planned_drill_waits_and_starts_from_its_page(house):
    leader = browser(house)
    form = {"drill": "call", "who": "central-asia", "faults": "none", "starts": "2026-09-14 05:30"}
    leader.post(where("new"), form)
    plan = Plan.objects.visible_to(lead(house)).get()
    assert plan.posts == "KG,KZ,RU,TJ"
    assert "Start the drill" in text(leader.get(where("plan", plan.key)))
    leader.post(where("start", plan.key), {"confirmed": "1"})
    assert leader.get(where("plan", plan.key))["Location"] == where(
        "call", Plan.objects.visible_to(lead(house)).get().call
    )


def test_a_cancelled_plan_leaves_the_list(house):
    leader = browser(house)
    leader.post(where("new"), {"drill": "call", "who": "all", "faults": "none", "starts": "2026-09-14 05:30"})
    plan = Plan.objects.visible_to(lead(house)).get()
    assert where("plan", plan.key) in text(leader.get(where("index")))
    leader.post(where("cancel", plan.key))
    assert where("plan", plan.key) not in text(leader.get(where("index")))
    assert leader.post(where("cancel", plan.key)).status_code == 409


def test_a_refused_form_keeps_what_was_typed(house):
    leader = browser(house)
    form = {
        "drill": "urgent", "who": "chosen", "post": ["KZ"], "faults": "chosen", "fault-KZ": "line",
        "starts": "tomorrow", "seed": "abc",
    }  # fmt: skip
    answer = leader.post(where("new"), form)
    page = text(answer)
    assert answer.status_code == 422
    assert "“tomorrow” is not a moment" in page
    assert 'value="tomorrow"' in page
    assert 'value="abc"' in page
    assert re.search(r'value="urgent"\s+checked', page)
    assert re.search(r'value="KZ" checked', page)
    assert '<option value="line" selected>' in page
    nobody = leader.post(where("new"), form | {"starts": "", "post": []})
    assert (nobody.status_code, "No post is chosen." in text(nobody)) == (422, True)
    assert not Plan.objects.visible_to(lead(house)).exists()


def test_beside_something_real_the_form_names_it_and_asks_again(house):
    house.clock.tick(hours=4)
    leader, form = browser(house), {"drill": "call", "who": "all", "faults": "none"}
    answer = leader.post(where("new"), form)
    page = text(answer)
    assert answer.status_code == 409
    assert 'name="confirmed"' in page
    assert waiting.alarms(lead(house))[0].title in page
    assert leader.post(where("new"), form | {"confirmed": "1"}).status_code == 302


def test_in_the_real_mode_there_are_kept_scores_and_the_way_into_the_exercise(house):
    hold(house, drill="call")
    real = browser(house, mode="real")
    page = text(real.get(where("index")))
    assert "Change to the exercise" in page
    assert "No score was kept yet" in page
    assert "held in the exercise only" in text(real.get(where("new"), follow=True))
    refused = real.post(where("new"), {"drill": "call", "who": "all"})
    assert (refused.status_code, "held in the exercise only" in text(refused)) == (409, True)
    assert browser(house, office="duty").get(where("new")).status_code == 403
    call = Call.objects.visible_to(lead(house)).get()
    assert real.get(where("call", call.key)).status_code == 404
    assert real.post(where("end", call.key)).status_code == 409
    switched = real.post("/mode/", {"mode": "exercise", "next": where("index")}, follow=True)
    assert "Call of the posts" in text(switched)


def test_a_kept_score_stands_in_the_real_record_with_its_hash(house):
    call = hold(house, drill="call")
    acts.acknowledge(by=post(house), call=call)
    leader = browser(house)
    assert "Keep the score" not in text(leader.get(where("result", call)))
    house.clock.tick(minutes=11)
    assert "Keep the score" in text(leader.get(where("result", call)))
    kept = leader.post(where("keep", call), follow=True)
    assert "It stands on the page Drills of the real record" in text(kept)
    row = Kept.objects.visible_to(lead(house, "real")).get()
    stranger = browser(house, "TJ", "analyst", mode="real")
    page = text(stranger.get(where("kept", row.key)))
    assert row.of in page
    assert "1 of 2 within the limits, 50 %" in page
    assert "EXERCISE" not in page
    assert where("kept", row.key) in text(stranger.get(where("index")))
    assert leader.get(where("kept", row.key)).status_code == 404


def test_the_live_page_answers_304_within_a_minute_and_changes_with_an_answer(house):
    call = hold(house)
    client = browser(house, office="duty")
    ask = {"HX-Request": "true"}
    first = client.get(where("call", call), headers=ask)
    known = ask | {"If-None-Match": first["ETag"]}
    assert client.get(where("call", call), headers=known).status_code == 304
    acts.acknowledge(by=post(house), call=call)
    changed = client.get(where("call", call), headers=known)
    assert changed.status_code == 200
    house.clock.tick(minutes=1)
    later = client.get(where("call", call), headers=ask | {"If-None-Match": changed["ETag"]})
    assert "1 of 10 min" in text(later)


def test_the_duty_officer_is_told_whom_to_treat_as_silent_and_finds_the_rest(house):
    call = hold(house, posts=("BY", "KZ"), faults={"KZ": rules.SILENT, "BY": rules.FORMAT})
    officer, leader = browser(house, office="duty"), browser(house)
    seen, known = (text(each.get(where("call", call))) for each in (officer, leader))
    table = seen.partition('class="drill"')[2].partition("</table>")[0]
    assert "Treat as silent" in table
    assert "wrong format" not in table
    assert "wrong format: not yet found" in known
    sheet = text(officer.get(where("sheet", call, "csv")))
    assert "wrong format" not in sheet
    officer.post(where("found", call), {"post": "BY", "fault": "format"})
    assert "wrong format: found after 0:00" in text(officer.get(where("call", call)))


def test_a_post_is_told_its_own_part_and_no_other(house):
    call = hold(house, posts=("BY", "KZ"), faults={"KZ": rules.SILENT, "BY": rules.FORMAT})
    silent, other = (
        text(browser(house, each, "na-officer").get(where("call", call))) for each in ("KZ", "BY")
    )
    assert "Do not acknowledge" in silent
    assert "Acknowledge the call" not in silent
    assert "Break the form" not in silent
    assert "Break the form" in other
    assert "Do not acknowledge" not in other


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_sheet_of_a_result_says_exercise_in_its_name_and_every_row(house, form):
    call = hold(house, faults={"BY": rules.FORMAT})
    acts.acknowledge(by=post(house), call=call)
    house.clock.tick(minutes=31)
    answer = browser(house).get(where("sheet", call, form))
    assert f"EXERCISE-drill-exchange-2026-09-14-0500.{form}" in answer["Content-Disposition"]
    if form == "csv":
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
        assert {row[0] for row in rows[1:]} == {"EXERCISE"}
        own = next(row for row in rows if row[3] == "Kazakhstan")
        assert own[4:8] == ["Acknowledged", "10", "0", "within the limit"]
        assert len(rows) == 1 + 2 * 3 + 1
    else:
        sheet = load_workbook(io.BytesIO(answer.content)).active
        rows = list(sheet.iter_rows(values_only=True))
        assert sheet.title.startswith("EXERCISE")
        assert {row[0] for row in rows[1:]} == {"EXERCISE"}
        own = next(row for row in rows if row[3] == "Kazakhstan")
        assert own[4:8] == ("Acknowledged", 10, 0, "within the limit")
    assert browser(house).get(where("sheet", call, "pdf")).status_code == 404


def test_every_page_of_a_drill_is_marked_as_exercise(house):
    call = hold(house)
    leader = browser(house)
    for each in (where("index"), where("new"), where("call", call), where("result", call), where("year")):
        assert "EXERCISE: nothing on this page happened" in text(leader.get(each))


def test_what_is_real_is_asked_about_in_one_frame(house):
    leader = browser(house)
    house.clock.tick(hours=4)
    answer = leader.post(where("new"), {"drill": "call", "who": "all", "faults": "none"})
    page = text(answer)
    assert answer.status_code == 409
    assert page.count('class="notice"') == 1
    assert 'name="confirmed"' in page.partition('class="notice"')[2].partition("</div>")[2]


def test_the_strip_counts_what_is_real_leads_back_and_is_not_there_for_real(house):
    assert "Nothing pressing waits for you in the real record" in text(
        browser(house, "SEC", "auditor").get("/")
    )
    client = browser(house, office="duty")
    page = text(client.get("/"))
    house.clock.tick(hours=4)
    count = len(waiting.alarms(duty(house)))
    assert count
    assert f"REAL: {count} things wait now" in text(client.get("/types/"))
    assert f"REAL: {count} things wait now" in text(client.get(reverse("ui:real")))
    assert 'name="mode" value="real"' in page.replace("\n", " ")
    client.post("/mode/", {"mode": "real"})
    assert 'id="real"' not in text(client.get("/"))
    assert client.get(reverse("ui:real")).status_code == 204
    assert waiting.alarms(duty(house, "real")) == []


def test_the_strip_tells_a_post_only_of_its_own(house):
    house.clock.tick(hours=4)
    own = waiting.alarms(post(house))
    assert own
    assert all("/KZ/" in each.key for each in own)
    assert len(own) < len(waiting.alarms(duty(house)))


def test_the_real_mode_asks_nothing_for_the_strip(house):
    client = browser(house, office="duty", mode="real")
    client.get("/types/")
    with CaptureQueriesContext(connection) as real:
        client.get("/types/")
    assert not [each for each in real.captured_queries if "drills_" in each["sql"]]


def test_the_number_of_queries_does_not_grow_with_drills(house):
    leader = browser(house)

    def queries(path):
        leader.get(path)
        with CaptureQueriesContext(connection) as asked:
            leader.get(path)
        return len(asked)

    counts = []
    for _round in range(2):
        for _drill in range(4):
            call = hold(house, drill="urgent")
            acts.acknowledge(by=post(house), call=call)
            send(house, post(house), "U1")
            house.clock.tick(minutes=16)
        counts.append((queries(where("index")), queries(where("year")), queries(where("call", call))))
    assert counts[0] == counts[1]


def test_a_long_list_of_drills_is_cut_with_a_way_to_the_rest(house):
    for _drill in range(21):
        hold(house, drill="call")
        house.clock.tick(minutes=11)
    leader = browser(house)
    assert text(leader.get(where("index"))).count('/result/"') == 20
    assert text(leader.get(f"{where('index')}?all=1")).count('/result/"') == 21


def test_a_year_shows_months_posts_and_says_where_figures_are_few(house):
    acts.acknowledge(by=post(house), call=hold(house, drill="call"))
    house.clock.tick(days=40)
    acts.acknowledge(by=post(house), call=hold(house, drill="call"))
    house.clock.tick(minutes=11)
    page = text(browser(house).get(where("year")))
    assert "2026-09" in page
    assert "2026-10" in page
    assert "<polyline" in page
    assert "few times: it says little" in page
    own = text(browser(house, "BY", "na-officer").get(where("year")))
    assert "Kazakhstan" not in own
    assert "Belarus" in own
    empty = text(browser(house, mode="real").get(where("year")))
    assert "No score was kept in these months" in empty


def test_a_year_begins_twelve_months_ago_and_a_month_without_a_drill_breaks_the_line(house):
    hold(house, drill="call")
    house.clock.tick(days=200)
    hold(house, drill="call")
    house.clock.tick(minutes=11)
    found, cut = series.held(lead(house))
    lines = series.lines(found)
    assert (len(found), cut, len(lines[0].months)) == (2, False, 12)
    assert series.draw(lines).paths[0].pieces == ()
    house.clock.tick(days=200)
    assert len(series.held(lead(house))[0]) == 1
    assert series.draw([]) is None


def test_who_is_not_called_finds_no_page_of_a_drill(house):
    call = hold(house)
    plan = Plan.objects.visible_to(lead(house)).get().key
    stranger, called = browser(house, "AM", "na-officer"), browser(house, "KZ", "na-officer")
    for path in (
        where("call", call),
        where("result", call),
        where("sheet", call, "csv"),
        where("plan", plan),
    ):
        assert stranger.get(path).status_code == 404
    assert called.get(where("plan", plan)).status_code == 404
    assert called.get(where("call", call)).status_code == 200
    assert stranger.post(where("acknowledge", call)).status_code == 404
    assert browser(house).get(where("kept", "score/CRC/none")).status_code == 404


def test_the_page_says_who_will_read_before_a_button_sends(house):
    leader = browser(house)
    page = text(leader.get(f"{where('new')}?who=chosen&post=KZ"))
    assert "Only Crisis Response Center" in page or "Only " in page
    assert re.search(r"These will read this: Kazakhstan, \w+|These will read this: .*Kazakhstan", page)
    part = leader.get(f"{where('new')}?who=eastern-europe", headers={"HX-Request": "true"})
    assert "Belarus" in text(part)
    assert "<form" not in text(part)
    assert POSTS == ("BY", "KZ")

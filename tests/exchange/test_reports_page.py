"""The list of reports: what stands in it, how it is chosen and searched, for whom, and at which cost."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commonwatch.access.models import Opened
from commonwatch.desks.exchange import acts, finding
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.exchange.models import Block, Listed
from commonwatch.desks.exchange.rules import words
from tests.exchange.test_acts import sample

TODAY = "2026-09-14"
D1 = {"change": "change", "events": 3}


def file(house, party, text="", *, period=TODAY, type_="D1", values=None, **extra):
    """File a report; everybody who follows the type may read it unless an audience is named."""
    said = values if values is not None else D1 | ({"text": text} if text else {})
    sent = Sent(type=type_, period=period, values=said, **extra)
    return acts.submit_report(by=house.na(party), report=sent, channel="form").subject


def notice(house, party, what="SAMPLE: smoke over the ridge", **extra):
    """File an urgent notice."""
    kind = house.node.pack.type("U1")
    values = {each.code: sample(house, each) for each in kind.fields if each.required} | {"what": what}
    return file(house, party, type_="U1", period="", values=values, event_at="2026-09-14T04:00:00Z", **extra)


def asked(client, query="", **headers):
    answer = client.get(f"/reports/{query}", headers=headers)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


def keys(shown):
    """The reports that a page lists, in their order."""
    return re.findall(r'<a href="/(?:reports|releases)/((?:report|release)/[^"]+)/"', shown)


@pytest.fixture
def center(house):
    return house.client("CRC", "duty")


# What stands in it


def test_an_empty_list_says_what_will_stand_there(center):
    shown = asked(center)
    assert "Every report and release that you may read will stand here" in shown
    assert keys(shown) == []


def test_the_list_has_every_report_the_latest_first_with_label_state_and_writer(house, center):
    first = file(house, "BY")
    house.clock.tick(minutes=5)
    second = file(house, "KZ", values={}, nil=True)
    shown = asked(center)
    assert keys(shown) == [second, first]
    assert "nothing to report" in shown
    assert "H1" in shown
    assert "Kazakhstan, National authority" in shown or re.search(r"Kazakhstan, \w+", shown)


def test_a_correction_comes_to_the_top_and_a_withdrawal_stays_where_it_was(house, center):
    first = file(house, "BY", "bridge closed")
    house.clock.tick(minutes=5)
    second = file(house, "KZ", "pass open")
    house.clock.tick(minutes=5)
    acts.correct_report(
        by=house.na("BY"),
        report=first,
        values=D1 | {"text": "tunnel closed"},
        reason="SAMPLE: other",
        channel="form",
    )
    house.clock.tick(minutes=5)
    acts.withdraw_report(by=house.na("KZ"), report=second, reason="SAMPLE: by mistake")

    shown = asked(center)
    assert keys(shown) == [first, second]
    assert "2 versions" in shown
    assert "withdrawn" in shown
    assert keys(asked(center, "?q=tunnel")) == [first]
    assert keys(asked(center, "?q=bridge")) == []
    assert keys(asked(center, "?q=pass&state=withdrawn")) == [second]
    assert keys(asked(center, "?q=tunnel&type=D1&period=2026-09-14&channel=form&party=BY")) == [first]


def test_a_release_stands_beside_the_report_and_is_found_by_what_it_says(house, center):
    report = file(house, "BY", "SAMPLE: landslip", audience="center")
    house.clock.tick(minutes=5)
    choice = acts.Choice(report=report, audience="members", ground="SAMPLE: others ask for it")
    release = acts.release_report(by=house.na("BY"), choice=choice).release
    assert keys(asked(center, "?q=landslip")) == [release, report]
    assert keys(asked(center, "?q=landslip&what=release")) == [release]
    assert keys(asked(house.client("KZ", "na-officer"), "?q=landslip")) == [release]
    acts.withdraw_release(by=house.na("BY"), release=release, ground="SAMPLE: no longer")
    assert keys(asked(center, "?what=release&state=withdrawn")) == [release]


# Choosing


@pytest.fixture
def many(house):
    """Reports of several kinds: by form and by telephone, nil, urgent, of other days."""
    made = {"yesterday": file(house, "BY", "quiet", period="2026-09-13")}
    house.clock.tick(days=1)
    made["form"] = file(house, "BY", "SAMPLE: мост закрыт", period="2026-09-14")
    made["nil"] = file(house, "KZ", values={}, nil=True, period="2026-09-14")
    made["urgent"] = notice(house, "KG")
    sent = Sent(type="D1", period="2026-09-14", owes="TJ", values=D1)
    told = acts.submit_report(by=house.duty(), report=sent, channel="telephone")
    return made | {"telephone": told.subject}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("type=U1", {"urgent"}),
        ("urgent=1", {"urgent"}),
        ("party=KZ", {"nil"}),
        ("party=TJ", {"telephone"}),
        ("party=CRC", {"telephone"}),
        ("state=nil", {"nil"}),
        ("channel=telephone", {"telephone"}),
        ("period=2026-09-13", {"yesterday"}),
        ("since=2026-09-15", {"form", "nil", "urgent", "telephone"}),
        ("until=2026-09-14", {"yesterday"}),
        ("since=2026-09-14&until=2026-09-14", {"yesterday"}),
        ("what=release", set()),
        ("type=none", set()),
        ("unseen=1", {"yesterday", "form", "nil", "urgent"}),
        ("unseen=1&urgent=1&q=smoke", {"urgent"}),
        ("q=мост", {"form"}),
        ("q=моста", {"form"}),
        ("q=Tajikistan", {"telephone"}),
        ("q=таджикистан", {"telephone"}),
        ("q=2026-09-13", {"yesterday"}),
        ("q=urgent", {"urgent"}),
        ("q=zyzzyva", set()),
        ("q=quiet+smoke", set()),
        ("q=%00", {"yesterday", "form", "nil", "urgent", "telephone"}),
    ],
)
def test_the_list_is_chosen_by_what_a_duty_officer_knows(many, center, query, names):
    by_key = {key: name for name, key in many.items()}
    assert {by_key[key] for key in keys(asked(center, f"?{query}"))} == names


def test_what_was_seen_by_us_is_no_longer_unseen_until_it_is_corrected(house, center):
    key = file(house, "BY")
    assert keys(asked(center, "?unseen=1")) == [key]
    acts.mark_seen(by=house.duty(), report=key)
    assert keys(asked(center, "?unseen=1")) == []
    assert "seen by us" in asked(center)
    acts.correct_report(
        by=house.na("BY"), report=key, values=D1 | {"events": 4}, reason="SAMPLE: one", channel="form"
    )
    assert keys(asked(center, "?unseen=1")) == [key]


def test_a_report_is_found_by_its_name_and_its_number(house, center):
    key = file(house, "BY")
    row = Listed.objects.visible_to(house.duty()).get(key=key)
    assert keys(asked(center, f"?q={key}")) == [key]
    assert keys(asked(center, f"?q={row.number}")) == [key]
    assert keys(asked(center, "?q=report/BY/none")) == []


def test_a_day_that_is_none_is_refused_and_keeps_what_was_typed(center):
    answer = center.get("/reports/?q=bridge&since=yesterday")
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "“yesterday” is not a day." in shown
    assert 'value="bridge"' in shown
    assert center.get("/reports/?since=2026-09-14&until=2026-09-01").status_code == 422


def test_to_a_script_the_page_gives_the_part_that_changes(house, center):
    file(house, "BY")
    part = asked(center, "?q=BY", **{"HX-Request": "true"})
    assert part.lstrip().startswith("<section")
    assert "<html" not in part


def test_the_page_can_be_had_in_russian(house):
    file(house, "BY")
    center = house.client("CRC", "duty", headers={"Accept-Language": "ru"})
    shown = asked(center)
    assert "Донесения" in shown
    assert "Беларусь" in shown


# Pages


def test_pages_follow_one_another_by_moment_and_key_whatever_comes_in_between(house, center, monkeypatch):
    monkeypatch.setattr(finding, "PAGE", 4)
    start = datetime(2026, 9, 1, tzinfo=UTC)
    made = [file(house, "BY", period=(start + timedelta(days=day)).date().isoformat()) for day in range(6)]
    house.clock.tick(minutes=1)
    made += [file(house, "KZ", period=(start + timedelta(days=day)).date().isoformat()) for day in range(3)]
    first = asked(center)
    assert len(keys(first)) == 4
    house.clock.tick(minutes=1)
    file(house, "RU")
    seen, shown = keys(first), first
    while way := re.search(r'<a class="btn end" href="/reports/(\?[^"]+)">Earlier ones', shown):
        shown = asked(center, way[1])
        seen += keys(shown)
    assert sorted(seen) == sorted(made)
    assert len(seen) == len(set(seen))


def test_a_search_that_has_looked_far_enough_says_how_far_and_leads_on(house, center, monkeypatch):
    monkeypatch.setattr(finding, "ROUNDS", (1,))
    old = file(house, "KZ", "SAMPLE: landslip at the pass")
    house.clock.tick(minutes=5)
    file(house, "BY", "SAMPLE: landslip at the dam", audience="center")
    house.clock.tick(minutes=5)
    file(house, "BY", "SAMPLE: landscape, pass", period="2026-09-13", audience="center")
    shown = asked(center, "?q=landslip+pass")
    assert keys(shown) == []
    assert "Nothing was found among what was written after 05:00 UTC" in shown
    way = re.search(r'href="/reports/(\?[^"]+)">Search further back', shown)[1]
    assert keys(asked(center, way)) == [old]


@pytest.mark.parametrize(
    "query", ["before=odd", "before=-1", "before=999999999999999999&after=%00", "before=٣"]
)
def test_a_place_that_is_none_is_passed_over(house, center, query):
    key = file(house, "BY")
    assert keys(asked(center, f"?{query}")) == [key]


# For whom, and at which cost


def test_nobody_finds_what_was_written_for_others(house, center):
    hidden = file(house, "BY", "SAMPLE: landslip", audience="center")
    neighbour = house.client("KZ", "na-officer")
    assert keys(asked(center, "?q=landslip")) == [hidden]
    script = {"HX-Request": "true"}
    assert asked(neighbour, "?q=landslip", **script) == asked(neighbour, "?q=zyzzyva", **script)
    assert keys(asked(neighbour, f"?q={hidden}")) == []


def test_words_of_others_are_in_no_mark_that_a_reader_may_read(house):
    file(house, "BY", "SAMPLE: open")
    before = list(Block.objects.visible_to(house.na("KZ")).values_list("key", "mark", "count"))
    file(house, "BY", "SAMPLE: landslip", audience="center", period="2026-09-13")
    # the slip of that report goes to all, and is in no mark
    assert list(Block.objects.visible_to(house.na("KZ")).values_list("key", "mark", "count")) == before
    assert Block.objects.visible_to(house.na("BY")).count() == len(before) + 1


def test_an_exercise_is_found_in_the_exercise_alone(house, center):
    by = house.sit("BY", "na-officer", mode="exercise")
    sent = Sent(type="D1", period=TODAY, values=D1 | {"text": "EXERCISE: landslip"})
    acts.submit_report(by=by, report=sent, channel="form")
    assert keys(asked(center, "?q=landslip")) == []
    assert (
        len(finding.find(house.sit("CRC", "duty", mode="exercise"), finding.Wanted(text="landslip")).rows)
        == 1
    )


def test_what_is_found_by_words_is_in_the_log_of_reading(house, center):
    key = file(house, "BY", "SAMPLE: landslip")
    asked(center)
    assert not Opened.objects.exists()
    asked(center, "?q=landslip")
    assert list(Opened.objects.values_list("subject", "how")) == [(key, "page")]


def test_a_page_takes_the_same_queries_however_much_there_is(house, center):
    def drawn(query):
        with CaptureQueriesContext(connection) as queries:
            asked(center, query)
        return [
            re.sub(r" (WHERE|VALUES).*", "", each["sql"])
            for each in queries
            if "access_opened" not in each["sql"]
        ]

    file(house, "BY", "landslip")
    center.get("/reports/")
    few = {query: drawn(query) for query in ("", "?q=landslip&unseen=1")}
    for day in range(1, 12):
        for party in ("BY", "KZ", "RU"):
            file(house, party, "landslip", period=f"2026-09-{day:02d}")
    assert {query: drawn(query) for query in few} == few


def test_runs_that_cannot_hold_a_word_are_not_looked_into(house, monkeypatch):
    file(house, "BY", "SAMPLE: quiet")
    looked = []
    before = finding._keys
    monkeypatch.setattr(
        finding, "_keys", lambda by, runs, condition: looked.extend(runs) or before(by, runs, condition)
    )
    assert finding.find(house.duty(), finding.Wanted(text="landslip")).rows == []
    assert looked == []
    assert len(finding.find(house.duty(), finding.Wanted(text="quiet")).rows) == 1
    assert len(looked) == 1


@pytest.fixture
def runs_of_four(monkeypatch):
    """Runs so short that a few reports make many."""
    monkeypatch.setattr("commonwatch.desks.exchange.indexing.SPAN", 4)
    monkeypatch.setattr(finding, "MARKS", (2, 3))


BIT = re.compile(r"\((?:UNICODE|ASCII)\(SUBSTR\(.*?& \d+\) > 0")


def marks_read(queries):
    """Count the marks that were looked at, by the queries that look at them."""
    with connection.cursor() as cursor:
        found = []
        for each in queries:
            asked, bits = BIT.subn("1 = 1", each["sql"])
            if bits:
                assert '"mark"' not in asked
                cursor.execute(asked)
                found.append(len(cursor.fetchall()))
    return found


def test_no_more_marks_are_read_than_it_takes_to_know_the_next_run(house, runs_of_four, monkeypatch):
    monkeypatch.setattr(finding, "PAGE", 2)
    monkeypatch.setattr(finding, "ROUNDS", (3, 3, 100))
    filed = {}
    for day in range(1, 13):
        for party in ("BY", "KZ"):
            house.clock.tick(minutes=1)
            filed[day, party] = file(house, party, f"common day{day}x", period=f"2026-09-{day:02d}")
    count = Block.objects.visible_to(house.duty()).count()
    assert count > 8

    def looked(text):
        with CaptureQueriesContext(connection) as queries:
            found = finding.find(house.duty(), finding.Wanted(text=text))
        return [each.key for each in found.rows], marks_read(queries.captured_queries)

    assert looked("common") == ([filed[12, "KZ"], filed[12, "BY"]], [2, 5])
    assert looked("day1x") == ([filed[1, "KZ"], filed[1, "BY"]], [2, 5, count])
    assert looked("zyzzyva") == ([], [2, 5, count])
    assert looked("") == ([filed[12, "KZ"], filed[12, "BY"]], [])


def test_the_database_reads_a_mark_as_the_rule_does(house, runs_of_four):
    said = ["паводок", "landslip", "bridge", "мост", "dam", "сель"]
    for day in range(1, 13):
        file(house, "BY", f"{said[day % 5]} {said[day % 6]} day{day}", period=f"2026-09-{day:02d}")
    blocks = Block.objects.visible_to(house.duty())
    marks = dict(blocks.values_list("key", "mark"))
    assert len(marks) > 4
    places = [words.places(each) for each in (*said, "day3", "day11", "zyzzyva", "паводковый")]
    places += [words.place(each) for each in ("type=D1", "type=D2", "party=BY", "corrected=yes")]
    for one, other, third in zip(places, places[3:] + places[:3], places[5:] + places[:5], strict=True):
        for groups in ([], [[one]], [[one, other]], [[one], [other]], [[one, third], [other, third]]):
            held = {key for key, mark in marks.items() if words.may_hold(mark, groups)}
            kept = blocks.filter(finding.may_hold(groups))
            assert set(kept.values_list("key", flat=True)) == held, groups


def test_which_runs_there_are_is_read_from_the_index_and_no_mark_for_it(house):
    file(house, "BY", "SAMPLE: landslip")
    with CaptureQueriesContext(connection) as queries:
        finding.find(house.duty(), finding.Wanted())
    asked = [each["sql"] for each in queries.captured_queries if 'FROM "exchange_block"' in each["sql"]]
    assert len(asked) == 1
    assert "mark" not in asked[0]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked[0]}")
            plan = [row[-1] for row in cursor.fetchall()]
        assert plan == ["SEARCH exchange_block USING COVERING INDEX block_known (journal_id=?)"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite says in a line how it reads")
@pytest.mark.parametrize("state", ["", "withdrawn"])
def test_what_stands_in_a_run_and_what_was_withdrawn_is_read_from_the_index_alone(house, state):
    file(house, "BY", "SAMPLE: landslip")
    with CaptureQueriesContext(connection) as queries:
        finding.find(house.duty(), finding.Wanted(state=state))
    asked = [
        each["sql"] for each in queries.captured_queries if '"exchange_listed"."block" IN' in each["sql"]
    ]
    assert asked
    with connection.cursor() as cursor:
        for each in asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {each}")
            assert "SEARCH exchange_listed USING COVERING INDEX listed_run (block=?)" in [
                row[-1] for row in cursor.fetchall()
            ]


@pytest.mark.parametrize("rounds", [(1, 2, 3), (2, 5, 9), (1000,)])
def test_reading_marks_bit_by_bit_finds_what_a_look_at_every_report_finds(
    house, runs_of_four, monkeypatch, rounds
):
    """Page after page, with every bound and horizon, each report that has the word is found once, in its order."""
    monkeypatch.setattr(finding, "PAGE", 2)
    monkeypatch.setattr(finding, "ROUNDS", rounds)
    for day in range(1, 9):
        for party in ("BY", "KZ", "RU"):
            house.clock.tick(minutes=1)
            word = "even" if day % 2 == 0 else "odd"
            file(
                house,
                party,
                f"{word} {party}word",
                period=f"2026-09-{day:02d}",
                audience="center" if day == 4 else "",
            )
    for reader in (house.duty(), house.na("KZ")):
        for text, has in (("even", " even"), ("kzword odd", " kzword"), ("zyzzyva", " zyzzyva"), ("", "")):
            rows = Listed.objects.visible_to(reader).filter(words__contains=has)
            if "odd" in text:
                rows = rows.filter(words__contains=" odd")
            found, wanted = [], finding.Wanted(text=text)
            while wanted:
                page = finding.find(reader, wanted)
                found += [each.key for each in page.rows]
                wanted = page.after and finding.Wanted(text=text, after=page.after)
            assert found == list(rows.order_by("-at", "key").values_list("key", flat=True)), text

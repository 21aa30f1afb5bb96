"""Compliance: what adds up, what never counts, and the same figures on the page, in the workbook and in the text."""

import csv
import io
import random
import re
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from commonwatch.access.actor import act_for
from commonwatch.desks.exchange import acts, board, compliance, rules
from commonwatch.desks.exchange.intake import Sent, micros
from commonwatch.desks.exchange.models import Slip
from tests.exchange.asking import ask, close, reply
from tests.exchange.test_epochs import member

DUE = datetime(2026, 9, 14, 6, tzinfo=UTC)
SLOT = rules.Slot("D1", "BY", "2026-09-14", DUE, DUE + timedelta(days=1), DUE, DUE + timedelta(hours=1))
MINUTES = st.integers(-300, 300).map(lambda count: DUE + timedelta(minutes=count))
FILING = st.builds(
    rules.Filing,
    by=st.sampled_from(["BY", "CRC"]),
    number=st.integers(1, 3),
    state=st.sampled_from(["value", "nil", "withdrawn"]),
    first_at=MINUTES,
    last_at=MINUTES,
    corrected=st.booleans(),
    on_behalf=st.booleans(),
)
WAIVER = st.builds(
    rules.Waiver, type=st.just("D1"), party=st.just("BY"), since=MINUTES, until=st.none() | MINUTES
)
STANDS = st.builds(
    lambda filings, waivers, now: rules.status(SLOT, filings, waivers=waivers, now=now),
    st.lists(FILING, max_size=3),
    st.lists(WAIVER, max_size=1),
    MINUTES,
)


@given(st.lists(STANDS, max_size=20))
def test_what_is_owed_is_on_time_late_missing_or_still_due_and_nothing_else(found):
    said = rules.tally(found)
    assert said.on_time + said.late + said.missing + said.due == said.owed
    assert said.owed + said.exempt == len(found)
    assert said.received == said.on_time + said.late <= said.owed
    assert max(said.nil, said.corrected) <= said.received or not said.received
    assert all(count >= 0 for count in said)


@given(st.lists(FILING.map(lambda each: each._replace(state="withdrawn")), max_size=3), MINUTES)
def test_a_withdrawn_report_never_counts_as_received(filings, now):
    assert rules.tally([rules.status(SLOT, filings, now=now)]).received == 0


def d1(house, party, day, **more):
    sent = Sent(type="D1", period=f"2026-09-{day:02d}", values={"change": "change", "events": 3}, **more)
    return acts.submit_report(by=house.na(party), report=sent, channel="form")


def lived(house, seed=5):
    """Let some parties report on some days as chance has it: on time, late, not at all, withdrawn, corrected, nil."""
    dice = random.Random(seed)
    for day in range(1, 13):
        for party in ("BY", "KZ", "TJ"):
            fate = dice.choice(["on time", "late", "missing", "withdrawn", "corrected", "nil"])
            house.clock.set(datetime(2026, 9, day, 8 if fate == "late" else 5, tzinfo=UTC))
            if fate == "missing":
                continue
            if fate == "nil":
                nil = Sent(type="D1", period=f"2026-09-{day:02d}", nil=True)
                acts.submit_report(by=house.na(party), report=nil, channel="form")
                continue
            done = d1(house, party, day)
            if fate == "withdrawn":
                acts.withdraw_report(by=house.na(party), report=done.subject, reason="Wrong day")
            if fate == "corrected":
                acts.correct_report(
                    by=house.na(party), report=done.subject, values={"change": "change", "events": 4},
                    reason="One more", channel="form",
                )  # fmt: skip
    house.clock.set(datetime(2026, 9, 14, 5, tzinfo=UTC))


def in_text(client, address):
    text = client.get(address).content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def in_workbook(client, address):
    sheet = load_workbook(io.BytesIO(client.get(address).content)).worksheets[0]
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def on_page(client, address):
    """The figures of every row that is no sum, in the order of the page."""
    page = client.get(address).content.decode()
    rows = re.findall(r"<tr>(.*?)</tr>", page, flags=re.DOTALL)
    found = []
    for row in rows:
        figures = re.findall(r'<td class="figure">\s*(.*?)\s*</td>', row, flags=re.DOTALL)
        if figures:
            found.append(figures)
    return found


@pytest.mark.parametrize("by", ["", "&by=month"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_is_the_same_on_the_page_in_the_workbook_and_in_the_text(house, by, seed):
    lived(house, seed)
    due = micros(datetime(2026, 9, 13, 6, tzinfo=UTC))
    ask(by=house.duty(), name="a", to="BY", due=due)
    client = house.client("CRC", "duty")
    days = f"?since=2026-09-01&until=2026-10-01{by}"

    text = in_text(client, f"/compliance/table.csv{days}")
    book = in_workbook(client, f"/compliance/table.xlsx{days}")

    assert text == book
    width = 4 if by else 3
    assert [row[width:] for row in text[1:]] == on_page(client, f"/compliance/{days}")
    assert sum(int(row[-1]) for row in text[1:]) == (2 if by else 1)
    for row in text[1:]:
        owed, on_time, late, missing, due_still = map(int, row[width : width + 5])
        assert on_time + late + missing + due_still == owed


def test_months_add_up_to_the_same_as_types(house):
    lived(house)
    span = compliance.span(date(2026, 8, 1), date(2026, 10, 1))
    found = compliance.counted(house.lead(), span)
    by_type = rules.Tally(*map(sum, zip(*(each.tally for each in compliance.rows(found)), strict=True)))
    for of in ("party", "type"):
        groups = compliance.by_month(found, of=of)
        assert {month.month for group in groups for month in group.rows} == {"2026-08", "2026-09"}
        assert rules.Tally(*map(sum, zip(*(each.total for each in groups), strict=True))) == by_type


def left(house, reader):
    span = compliance.span(date(2026, 9, 1), date(2026, 10, 1))
    rows = compliance.rows(compliance.counted(reader, span))
    return {(row.party.code, row.type.code): row.unanswered for row in rows if row.unanswered}


def test_a_question_counts_while_it_is_neither_answered_refused_nor_withdrawn(house):
    due = micros(datetime(2026, 9, 13, 6, tzinfo=UTC))
    asked = [ask(by=house.duty(), name=name, to="BY", due=due) for name in "abcd"]
    ask(by=house.duty(), name="ahead", to="BY", due=micros(datetime(2026, 9, 15, 6, tzinfo=UTC)))
    ask(by=house.duty(), name="before", to="BY", due=micros(datetime(2026, 8, 31, 6, tzinfo=UTC)))
    ask(by=house.duty(), name="event", to="BY", due=due, type_="U1")
    assert left(house, house.duty()) == {("BY", "D1"): 4, ("BY", "U1"): 1}

    reply(by=house.na("BY"), question=asked[0])
    reply(by=house.na("BY"), question=asked[1], refused=True)
    close(by=house.duty(), question=asked[2], how="withdrawn")
    close(by=house.duty(), question=asked[3], how="satisfied")
    assert left(house, house.duty()) == {("BY", "D1"): 1, ("BY", "U1"): 1}


def test_a_party_sees_its_own_questions_and_no_other_partys(house):
    due = micros(datetime(2026, 9, 13, 6, tzinfo=UTC))
    ask(by=house.duty(), name="a", to="BY", due=due)
    assert left(house, house.na("BY")) == {("BY", "D1"): 1}
    assert left(house, house.na("KZ")) == {}


def test_how_others_met_a_duty_is_shown_only_where_the_type_tells_them(house):
    """D1 tells its members that it came, T4 tells the Center alone: the pack's `status` decides, and nothing else."""
    week = Sent(type="T4", period="2026-W36", nil=True)
    house.clock.set(datetime(2026, 9, 7, 8, tzinfo=UTC))
    acts.submit_report(by=house.na("BY"), report=week, channel="form")
    house.clock.set(datetime(2026, 9, 14, 5, tzinfo=UTC))
    span = compliance.span(date(2026, 9, 1), date(2026, 10, 1))

    def said(reader):
        rows = compliance.rows(compliance.counted(reader, span))
        return {(each.party.code, each.type.code): each for each in rows}

    own, neighbour, center = said(house.na("BY")), said(house.na("KZ")), said(house.duty())
    assert own["BY", "T4"].tally.on_time == center["BY", "T4"].tally.on_time == 1
    assert neighbour["BY", "T4"].hidden
    assert neighbour["BY", "T4"].tally == rules.Tally()
    assert not neighbour["BY", "D1"].hidden
    assert "not shown to you" in house.client("KZ", "na-officer").get("/compliance/").content.decode()


def test_the_number_of_queries_does_not_grow_with_the_time(house, django_assert_max_num_queries):
    lived(house)
    reader = house.duty()
    with django_assert_max_num_queries(12):
        compliance.counted(reader, compliance.span(date(2025, 9, 1), date(2026, 10, 1)))


# Counting from the index is the same as looking at each


def troubled(house):
    """Make of what was lived what is not plain: told by telephone, sent twice, filed again, waived, in two epochs."""
    lived(house)
    told = Sent(type="D1", period="2026-09-12", owes="KG", values={"change": "change", "events": 3})
    done = acts.submit_report(by=house.duty(), report=told, channel="telephone")
    acts.confirm_report(by=house.na("KG"), report=done.subject)
    acts.submit_report(by=house.duty(), report=_of(told, owes="RU"), channel="telephone")
    d1(house, "KZ", 13)
    d1(house, "KZ", 13)
    again = d1(house, "BY", 13)
    acts.withdraw_report(by=house.na("BY"), report=again.subject, reason="Wrong day")
    d1(house, "BY", 13)
    acts.grant_waiver(
        by=house.lead(), type="D1", party="TJ", ground="Post moves",
        since=micros(datetime(2026, 9, 3, tzinfo=UTC)), until=micros(datetime(2026, 9, 9, tzinfo=UTC)),
    )  # fmt: skip
    house.node.pack = member(house.node.pack, "TJ", (date(2003, 9, 18), date(2026, 9, 15)))
    carried = d1(house, "KZ", 14)
    house.clock.tick(days=1)
    acts.correct_report(
        by=house.na("KZ"), report=carried.subject, values={"change": "change", "events": 9}, reason="More",
        channel="form",
    )  # fmt: skip
    d1(house, "RU", 15)


def _of(sent, **changes):
    return msgspec.structs.replace(sent, **changes)


@pytest.mark.parametrize(
    "days", [(date(2026, 9, 1), date(2026, 9, 16)), (date(2026, 8, 1), date(2026, 10, 1))]
)
def test_what_is_counted_is_what_a_look_at_each_duty_gives(house, days):
    troubled(house)
    span = compliance.span(*days)
    outsider = act_for(party="SEC", office="auditor", account="sec-auditor")
    for reader in (house.duty(), house.na("KZ"), house.na("TJ"), outsider):
        looked_at = {}
        for slot, status in compliance.stands(reader, span):
            name = (slot.party, slot.type, f"{slot.due_at:%Y-%m}")
            looked_at.setdefault(name, []).append(status)
        expected = {
            name: (rules.tally([each for each in found if each is not None]), found.count(None))
            for name, found in looked_at.items()
        }
        counts = compliance.counted(reader, span).counts
        assert {
            (each.party, each.type, each.month): (each.tally, each.unknown) for each in counts
        } == expected
        assert len(counts) == len(expected)


def test_what_is_plain_is_counted_from_the_index_alone(house):
    """No row of a slip is opened for it: the plan says so, on SQLite; and the columns are those of the index."""
    lived(house)
    with CaptureQueriesContext(connection) as queries:
        compliance.counted(house.duty(), compliance.span(date(2026, 9, 1), date(2026, 10, 1)))
    asked = [each["sql"] for each in queries if 'FROM "exchange_slip"' in each["sql"]]
    assert asked
    assert not any("reports_json" in each for each in asked[:1])
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked[0]}")
        plan = [row[-1] for row in cursor.fetchall()]
    assert plan == ["SEARCH exchange_slip USING COVERING INDEX slip_counted (period=? AND type=?)"]


def test_a_code_with_a_comma_as_another_node_might_send_it_changes_no_count(house):
    troubled(house)
    span = compliance.span(date(2026, 9, 1), date(2026, 9, 16))
    before = compliance.counted(house.duty(), span).counts
    columns = [each.column for each in Slip._meta.concrete_fields]
    chosen = ", ".join({"key": "'x' || key", "owes": "'BY,KZ'"}.get(each, f'"{each}"') for each in columns)
    names = ", ".join(f'"{each}"' for each in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO exchange_slip ({names}) SELECT {chosen} FROM exchange_slip WHERE owes = 'BY'"  # noqa: S608 - columns alone
        )
        assert cursor.rowcount > 2
        after = compliance.counted(house.duty(), span).counts
        cursor.execute("DELETE FROM exchange_slip WHERE owes = 'BY,KZ'")
    assert after == before


def test_only_what_is_not_plain_is_looked_at(house, monkeypatch):
    troubled(house)
    looked_at = []
    stand = board.stand
    monkeypatch.setattr(
        board, "stand", lambda by, slots, *, now: looked_at.extend(slots) or stand(by, slots, now=now)
    )
    compliance.counted(house.duty(), compliance.span(date(2026, 9, 1), date(2026, 9, 16)))
    slips = Slip.objects.visible_to(house.duty())
    plain = {(each.type, each.owes, each.period) for each in slips.exclude(said="")}
    twice = [each for each in plain if slips.filter(type=each[0], owes=each[1], period=each[2]).count() > 1]
    assert twice
    assert {(each.type, each.party, each.period) for each in looked_at} & plain == set(twice)


def test_the_page_takes_as_many_queries_whatever_lies_behind_it(house, django_assert_max_num_queries):
    troubled(house)
    client = house.client("CRC", "duty")
    client.get("/compliance/")
    for days in ("2026-09-14", "2026-08-01", "2025-09-10"):
        with django_assert_max_num_queries(16):
            assert client.get(f"/compliance/?since={days}&until=2026-10-01").status_code == 200

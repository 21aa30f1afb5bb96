"""The acts of the exchange, each refusal beside its success."""

from datetime import UTC, datetime

import pytest

from commonwatch.access.actor import NotMandated
from commonwatch.desks.exchange import acts, board, rules
from commonwatch.desks.exchange.intake import BadReference, BatchRefused, OtherContent, Sent, UnknownType
from commonwatch.desks.exchange.models import Report, Seen, Slip
from commonwatch.register import history
from commonwatch.register.models import Entry, Journal

DAY = "2026-09-14"


def d1(**changes):
    return Sent(**({"type": "D1", "period": DAY, "values": {"change": "change", "events": 3}} | changes))


def file(house, party="BY", **changes):
    return acts.submit_report(by=house.na(party), report=d1(**changes), channel="form")


def stands(house, party, *, type_="D1", reader=None):
    drawn = board.board(reader or house.duty())
    pack = house.node.pack
    duty = drawn.cell(pack.type(type_), pack.party(party)).duty
    return duty and duty.status


def test_a_report_fills_its_duty_and_gives_a_receipt(house):
    done = file(house)

    assert stands(house, "BY").timeliness == "on_time"
    assert stands(house, "KZ").timeliness == "due"
    row = history.entry(done.entry, reader=house.na("KZ"))
    assert b"BY/real/h1-members/1" in history.receipt_of(row)


def test_the_worked_example_of_one_day(house):
    """Belarus nil, Tajikistan corrects, Kyrgyzstan late inside the hour of grace, Armenia owes nothing."""
    at = lambda hour, minute: house.clock.set(datetime(2026, 9, 14, hour, minute, tzinfo=UTC))  # noqa: E731
    at(5, 41)
    file(house, "BY", values={}, nil=True)
    at(5, 52)
    file(house, "RU")
    at(5, 58)
    file(house, "KZ")
    at(5, 59)
    tajik = file(house, "TJ", values={"change": "change", "events": 12})
    at(6, 5)
    assert stands(house, "KG").timeliness == "in_grace"
    at(6, 35)
    file(house, "KG")
    at(6, 50)
    acts.correct_report(
        by=house.na("TJ"), report=tajik.subject, values={"change": "change", "events": 11},
        reason="One was counted twice", channel="form",
    )  # fmt: skip
    at(8, 0)

    said = {party: stands(house, party) for party in ("BY", "RU", "KZ", "TJ", "KG", "AM")}
    assert said["AM"] is None
    assert {p: (s.timeliness, s.content) for p, s in said.items() if s} == {
        "BY": ("on_time", "nil"),
        "RU": ("on_time", "value"),
        "KZ": ("on_time", "value"),
        "TJ": ("on_time", "corrected"),
        "KG": ("late", "value"),
    }
    assert said["KG"].minutes == 35
    versions = [past.fact.values["events"] for past in history.of_subject(tajik.subject, reader=house.duty())]
    assert versions == [12, 11]


def test_an_hour_after_it_was_due_a_report_is_missing(house):
    house.clock.set(datetime(2026, 9, 14, 6, 59, tzinfo=UTC))
    assert stands(house, "BY").timeliness == "in_grace"
    house.clock.tick(minutes=1)
    assert stands(house, "BY").timeliness == "missing"


def test_a_withdrawn_report_opens_its_duty_again(house):
    done = file(house)
    acts.withdraw_report(by=house.na("BY"), report=done.subject, reason="Wrong day")
    assert stands(house, "BY") == rules.Status("due", "withdrawn", None, 60)

    with pytest.raises(rules.WithdrawnAlready):
        acts.correct_report(
            by=house.na("BY"), report=done.subject, values={"change": "change"}, reason="x", channel="form"
        )

    file(house)
    assert stands(house, "BY").timeliness == "on_time"
    assert Slip.objects.get().reports_json.count("value") == 1


def test_the_center_writes_down_what_it_was_told_until_the_party_confirms(house):
    told = acts.submit_report(by=house.duty(), report=d1(owes="TJ"), channel="telephone")
    assert stands(house, "TJ").by_telephone
    assert Report.objects.get().party == "CRC"

    house.clock.tick(hours=2)
    acts.confirm_report(by=house.na("TJ"), report=told.subject)

    status = stands(house, "TJ")
    assert (status.by_telephone, status.timeliness, status.double) == (False, "on_time", False)
    own = Report.objects.get(party="TJ")
    assert own.confirms == told.subject
    assert own.values == {"change": "change", "events": 3}
    with pytest.raises(acts.NoSuchReport):
        acts.confirm_report(by=house.na("KZ"), report=told.subject)


def test_a_national_authority_does_not_report_for_another(house):
    with pytest.raises(NotMandated):
        file(house, "BY", owes="KZ")
    assert not Entry.objects.exists()


def test_two_reports_for_one_period_are_flagged_to_who_sees_both(house):
    file(house)
    file(house)
    cell = board.board(house.duty()).cell(house.node.pack.type("D1"), house.node.pack.party("BY"))
    assert cell.double
    assert cell.duty.status.double


def test_the_same_reference_gives_the_first_answer_and_other_content_is_refused(house):
    first = file(house, ref="a-1")
    again = file(house, ref="a-1")

    assert again == first._replace(again=True)
    with pytest.raises(OtherContent):
        file(house, ref="a-1", values={"change": "change"})
    assert file(house, "KZ", ref="a-1", values={"change": "change"}).again is False


def test_a_batch_is_taken_whole_or_not_at_all(house):
    by = house.na("BY")
    good = [d1(period=f"2026-09-{day:02d}", ref=f"r{day}") for day in range(1, 13)]
    bad = [*good, d1(values={"change": "maybe", "evnts": 3}), d1(type="D9"), d1(period="2026-09-31")]

    with pytest.raises(BatchRefused) as caught:
        acts.submit_reports(by=by, reports=bad, channel="api")
    assert [index for index, _refusal in caught.value.refusals] == [12, 13, 14]
    faults = caught.value.refusals[0][1].fields["faults"]
    assert {fault.code for fault in faults} == {"unknown-code", "unknown-field"}
    assert isinstance(caught.value.refusals[1][1], UnknownType)
    assert not Report.objects.exists()

    assert len(acts.submit_reports(by=by, reports=good, channel="api")) == 12
    assert all(each.again for each in acts.submit_reports(by=by, reports=good, channel="api"))
    assert Report.objects.count() == 12


def test_a_period_that_is_not_owed_is_refused(house):
    with pytest.raises(rules.NotOwed):
        file(house, "AM")
    with pytest.raises(rules.NotOwed):
        file(house, "BY", type="T1", values={"cases_total": 1, "deaths_total": 0})
    with pytest.raises(rules.PeriodAhead):
        file(house, period="2026-09-17")
    with pytest.raises(rules.PeriodUnknown):
        file(house, period="2026-W38")


def test_a_type_owed_while_active_is_switched_on_and_off(house):
    acts.activate_type(by=house.lead(), type="T1", ground="Cases reported in two states")
    house.clock.tick(days=1)
    values = {"cases_total": 10, "deaths_total": 1}
    acts.submit_report(by=house.na("BY"), report=Sent(type="T1", period=DAY, values=values), channel="form")
    assert stands(house, "BY", type_="T1").timeliness == "on_time"
    with pytest.raises(acts.NotSwitched):
        acts.activate_type(by=house.lead(), type="T1", ground="Again")
    with pytest.raises(acts.NotSwitched):
        acts.activate_type(by=house.lead(), type="D1", ground="Not of that kind")

    acts.deactivate_type(by=house.lead(), type="T1", ground="Over")
    house.clock.tick(days=4)
    assert stands(house, "BY", type_="T1") is None
    with pytest.raises(NotMandated):
        acts.activate_type(by=house.duty(), type="T1", ground="No mandate")


def test_deaths_above_cases_are_refused_with_the_rule_s_own_words(house):
    acts.activate_type(by=house.lead(), type="T1", ground="Cases", since=0)
    sent = Sent(type="T1", period="2026-09-13", values={"cases_total": 1, "deaths_total": 2})
    with pytest.raises(rules.ContentRefused, match="more deaths than cases"):
        acts.submit_report(by=house.na("BY"), report=sent, channel="form")


def test_a_waiver_exempts_until_it_is_ended(house):
    since = house.clock()
    waiver = acts.grant_waiver(
        by=house.lead(), type="D1", party="KG", ground="Line under repair", since=since, until=None
    )
    assert stands(house, "KG").timeliness == "exempt"
    house.clock.tick(minutes=30)
    acts.end_waiver(by=house.lead(), waiver=waiver, ground="Line is back")
    assert stands(house, "KG").timeliness == "due"
    with pytest.raises(rules.ReasonMissing):
        acts.grant_waiver(by=house.lead(), type="D1", party="KG", ground="  ", since=since, until=None)
    with pytest.raises(rules.PeriodBackwards):
        acts.grant_waiver(by=house.lead(), type="D1", party="KG", ground="x", since=since, until=since)


def test_reports_on_events_need_their_time_and_are_marked_as_seen(house):
    fields = {each.code: each for each in house.node.pack.type("U1").fields}
    values = {code: sample(house, each) for code, each in fields.items() if each.required}
    with pytest.raises(rules.EventTimeMissing):
        acts.submit_report(by=house.na("TJ"), report=Sent(type="U1", values=values), channel="form")
    sent = Sent(type="U1", values=values, event_at="2026-09-14T04:50:00Z")
    done = acts.submit_report(by=house.na("TJ"), report=sent, channel="form")

    assert [row.key for row in board.unseen(house.duty())] == [done.subject]
    acts.mark_seen(by=house.duty(), report=done.subject)
    assert board.unseen(house.duty()) == []
    assert Seen.objects.get().party == "CRC"
    with pytest.raises(acts.NoSuchReport):
        acts.mark_seen(by=house.na("KZ"), report=done.subject)


def sample(house, field):
    kinds = {"integer": 1, "decimal": "1.5", "text": "Sample", "yes_no": True, "date": DAY}
    if field.kind in {"code", "codes"}:
        first = house.node.pack.codelist(field.codelist).items[0].code
        return first if field.kind == "code" else [first]
    return kinds.get(field.kind, "2026-09-14T04:50:00Z")


def test_who_is_not_in_the_audience_sees_neither_report_nor_its_slip(house):
    """Contact cards go to the Center; a neighbour cannot tell whether one was filed."""
    card = house.node.pack.type("K1")
    values = {each.code: sample(house, each) for each in card.fields if each.required}
    acts.submit_report(
        by=house.na("KZ"), report=Sent(type="K1", period="2026-09", values=values), channel="form"
    )

    assert stands(house, "KZ", type_="K1").received
    assert stands(house, "KZ", type_="K1", reader=house.na("BY")) is None
    assert Report.objects.visible_to(house.na("BY")).count() == 0
    assert [shelf.party for shelf in house.na("BY").shelves] == []
    assert {row.origin for row in Journal.objects.all()} == {
        "csto/KZ/real/h2-center/1",
        "csto/KZ/real/h1-center/1",
    }


def test_a_correction_needs_a_reason_and_a_change_and_an_owner(house):
    done = file(house)
    values = {"change": "change", "events": 3}
    common = {"report": done.subject, "channel": "form"}
    with pytest.raises(rules.ReasonMissing):
        acts.correct_report(by=house.na("BY"), values=values | {"events": 4}, reason=" ", **common)
    with pytest.raises(rules.NothingChanged):
        acts.correct_report(by=house.na("BY"), values=values, reason="x", **common)
    with pytest.raises(acts.NotYours):
        acts.correct_report(by=house.na("KZ"), values=values, reason="x", **common)
    once = acts.correct_report(
        by=house.na("BY"), values=values | {"events": 4}, reason="x", ref="c1", **common
    )
    assert acts.correct_report(
        by=house.na("BY"), values=values | {"events": 4}, reason="x", ref="c1", **common
    ) == once._replace(again=True)


def test_an_import_keeps_the_day_on_which_it_was_known(house):
    sent = d1(period="2026-09-01", known_at="2026-09-01T05:30:00Z")
    acts.submit_report(by=house.na("BY"), report=sent, channel="import")
    row = Report.objects.get()
    assert row.imported
    assert row.first_at < row.written_at
    pack = house.node.pack
    slot = rules.slot_of(pack.type("D1"), pack.party("BY"), "2026-09-01")
    assert board.stand(house.duty(), [slot], now=house.clock.now)[slot].timeliness == "on_time"
    with pytest.raises(NotMandated):
        acts.submit_report(
            by=house.sit("CRC", "duty"),
            report=d1(owes="BY", known_at="2026-09-01T05:30:00Z"),
            channel="import",
        )


def test_the_same_duty_is_reported_on_in_real_work_and_in_an_exercise(house):
    drill = house.sit("BY", "na-officer", mode="exercise")
    real = file(house, "BY")
    played = acts.submit_report(by=drill, report=d1(values={}, nil=True), channel="form")
    acts.withdraw_report(by=drill, report=played.subject, reason="the drill is over")

    assert stands(house, "BY").timeliness == "on_time"
    assert stands(house, "BY", reader=house.sit("CRC", "duty", mode="exercise")).content == "withdrawn"
    assert not Report.objects.visible_to(drill).filter(key=real.subject).exists()


def test_exercise_reports_never_meet_real_duties(house):
    acts.submit_report(by=house.sit("BY", "na-officer", mode="exercise"), report=d1(), channel="form")
    assert stands(house, "BY").timeliness == "due"
    exercise = house.sit("CRC", "duty", mode="exercise")
    assert stands(house, "BY", reader=exercise).timeliness == "on_time"
    assert Report.objects.visible_to(house.duty()).count() == 0


def test_the_board_takes_the_same_number_of_queries_however_much_lies_behind(
    house, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def drawn():
        reader = house.duty()
        with CaptureQueriesContext(connection) as queries:
            made = board.board(reader)
            for type_ in made.types:
                for party in made.parties:
                    made.cell(type_, party)
            board.stream(reader)
            board.unseen(reader)
        return len(queries)

    file(house, "BY")
    few = drawn()
    for day in range(1, 13):
        for party in ("KZ", "KG", "RU", "TJ"):
            file(house, party, period=f"2026-09-{day:02d}")
    assert drawn() == few
    assert few <= 9


def test_confirming_what_was_told_widens_no_audience(house):
    told = acts.submit_report(
        by=house.duty(), report=d1(owes="TJ", level="H2", audience="center"), channel="telephone"
    )
    acts.confirm_report(by=house.na("TJ"), report=told.subject)
    rows = Report.objects.select_related("journal")
    assert {(row.party, row.journal.level, row.journal.parties) for row in rows} == {
        ("CRC", "H2", "CRC,TJ"),
        ("TJ", "H2", "CRC,TJ"),
    }
    assert Report.objects.visible_to(house.na("KZ")).count() == 0


def test_a_name_that_no_database_keeps_is_a_name_of_nothing(house):
    done = file(house)
    with pytest.raises(acts.NoSuchReport):
        file(house, confirms="report/BY/\0")
    for ref in ("\0", "x" * 101):
        with pytest.raises(BadReference):
            acts.correct_report(
                by=house.na("BY"),
                report=done.subject,
                values={"change": "change"},
                reason="Wrong",
                channel="api",
                ref=ref,
            )

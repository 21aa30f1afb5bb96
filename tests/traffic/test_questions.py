"""Questions: who is asked, who reads, who answers first, what waits for whom. Each refusal beside its success."""

import pytest

from commonwatch.access.actor import NotMandated
from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.traffic import acts, board, rules
from commonwatch.desks.traffic.intake import Asked, answers_to, label_of, question_of
from commonwatch.desks.traffic.models import Question
from commonwatch.register import history
from tests.traffic.scenes import MINUTE, ask, notice, report, waits


def of(key, *, by):
    return board.threads([question_of(key, by=by)], by=by)[0]


def test_a_question_on_a_report_is_read_by_all_who_read_the_report(house):
    key = ask(house, report=report(house), part="events", readers="all")

    row = question_of(key, by=house.na("KZ"))
    assert (row.to, row.type, row.owes, row.period, row.part) == ("BY", "D1", "BY", "2026-09-14", "events")
    assert row.due - row.asked_at == 1440 * MINUTE


def test_a_question_between_two_is_hidden_from_others(house):
    key = ask(house, report=report(house), readers="two")

    assert question_of(key, by=house.na("BY")).to == "BY"
    with pytest.raises(rules.NoSuchQuestion):
        question_of(key, by=house.na("KZ"))


def test_a_question_cites_the_report_that_it_is_on(house):
    first = report(house)
    key = ask(house, report=first, readers="all")

    cited = history.of_subject(key, reader=house.duty())[0].refs
    assert [each.hash for each in cited] == [history.of_subject(first, reader=house.duty())[0].line.hash]


def test_who_cannot_read_the_report_cannot_be_asked_about_it(house):
    narrow = report(house, audience="center")
    with pytest.raises(rules.AskedCannotRead, match="Kazakhstan cannot read this"):
        ask(house, "KZ", report=narrow, readers="all")

    assert ask(house, "BY", report=narrow, readers="all")


def test_what_one_cannot_read_one_cannot_ask_about(house):
    narrow = report(house, audience="center")
    with pytest.raises(rules.NoSuchNotice):
        ask(house, by=house.na("KZ"), report=narrow)


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"part": "nonsense"}, rules.NoSuchPart),
        ({"urgency": "at once"}, rules.Unknown),
        ({"wants": "confirmation"}, rules.NotUrgent),
        ({"due": 1}, rules.DueOutOfBounds),
        ({"readers": "named"}, rules.Unknown),
    ],
)
def test_what_does_not_fit_a_report_is_refused(house, more, refusal):
    key = report(house)
    with pytest.raises(refusal):
        ask(house, **({"report": key, "readers": "all"} | more))
    assert not Question.objects.visible_to(house.duty()).exists()


def test_nobody_asks_itself_or_nothing(house):
    with pytest.raises(rules.NobodyAsked):
        ask(house, "CRC")
    with pytest.raises(rules.TextMissing):
        acts.ask_question(by=house.duty(), question=Asked(to="BY", text="  "))


def test_a_question_on_nothing_in_particular_has_a_level_and_readers_of_its_own(house):
    key = ask(house, "BY", readers="named", audience="eastern-europe", level="H1")
    assert set(label_of(question_of(key, by=house.na("RU"))).parties) == {"BY", "RU", "CRC"}
    with pytest.raises(rules.AskedCannotRead):
        ask(house, "KZ", readers="named", audience="eastern-europe", level="H1")
    with pytest.raises(rules.LabelUnknown):
        ask(house, "BY", readers="named", audience="public", level="H0")
    with pytest.raises(rules.LabelUnknown):
        ask(house, "BY", level="H3")


def test_a_duty_that_is_no_type_s_is_not_kept_and_a_type_that_is_not_is_refused(house):
    row = question_of(ask(house, owes="x" * 400, period="2026-09-14"), by=house.duty())
    assert (row.owes, row.period) == ("", "")
    with pytest.raises(rules.Unknown):
        ask(house, type="none", owes="BY")
    with pytest.raises(rules.Unknown):
        ask(house, type="D1", owes="BY", period="y" * 21)


def test_an_urgent_question_is_due_sooner(house):
    row = question_of(ask(house, urgency="urgent"), by=house.duty())
    assert row.due - row.asked_at == 240 * MINUTE


def test_an_office_without_the_mandate_neither_asks_nor_answers(house):
    key = ask(house)
    analyst = house.sit("BY", "analyst")
    with pytest.raises(NotMandated):
        ask(house, "KZ", by=analyst)
    with pytest.raises(NotMandated):
        acts.answer_question(by=analyst, question=key, text="Three")
    acts.answer_question(by=house.na("BY"), question=key, text="Three")


def test_only_the_party_asked_answers(house):
    key = ask(house, report=report(house), readers="all")
    with pytest.raises(rules.NotAsked, match="Belarus may answer"):
        acts.answer_question(by=house.na("KZ"), question=key, text="Three")

    acts.answer_question(by=house.na("BY"), question=key, text="Three")
    assert [each.text for each in of(key, by=house.na("KZ")).answers] == ["Three"]


def test_of_two_who_answer_the_second_is_told_who_was_first(house):
    key = ask(house)
    acts.answer_question(by=house.sit("BY", "na-officer"), question=key, text="Three")
    with pytest.raises(rules.AnsweredAlready, match="by-na-officer"):
        acts.answer_question(by=house.sit("BY", "na-head"), question=key, text="Four")
    with pytest.raises(rules.AnsweredAlready):
        acts.refuse_question(by=house.sit("BY", "na-head"), question=key, reason="No")

    acts.answer_question(by=house.sit("BY", "na-head"), question=key, text="And one more", supplement=True)
    told = answers_to(question_of(key, by=house.duty()), by=house.duty())
    assert [(each.text, each.supplement) for each in told] == [("Three", False), ("And one more", True)]


def test_a_reason_for_not_answering_is_an_answer(house):
    key = ask(house)
    acts.refuse_question(by=house.na("BY"), question=key, reason="Not ours to say")
    assert [(each.text, each.refused) for each in of(key, by=house.duty()).answers] == [
        ("Not ours to say", True)
    ]


def test_the_asker_closes_with_an_answer_or_withdraws_with_a_ground(house):
    key = ask(house)
    with pytest.raises(rules.NotTheAsker):
        acts.close_question(by=house.na("BY"), question=key, how="withdrawn", ground="-")
    with pytest.raises(rules.NotAnsweredYet):
        acts.close_question(by=house.duty(), question=key, how="satisfied")
    with pytest.raises(rules.TextMissing):
        acts.close_question(by=house.duty(), question=key, how="withdrawn")

    acts.close_question(by=house.duty(), question=key, how="withdrawn", ground="It stands in the report")
    with pytest.raises(rules.ClosedAlready):
        acts.close_question(by=house.duty(), question=key, how="withdrawn", ground="again")
    assert question_of(key, by=house.na("BY")).state == "withdrawn"


def test_an_answer_may_come_after_the_question_was_closed(house):
    key = ask(house)
    acts.close_question(by=house.duty(), question=key, how="withdrawn", ground="No longer needed")
    house.clock.tick(minutes=5)
    acts.answer_question(by=house.na("BY"), question=key, text="Three")

    row = question_of(key, by=house.duty())
    assert answers_to(row, by=house.duty())[0].at > row.closed_at


def test_a_confirmation_says_what_it_confirms(house):
    key = ask(house, "BY", report=notice(house), wants="confirmation", readers="all")
    row = question_of(key, by=house.duty())
    assert row.due - row.asked_at == 180 * MINUTE
    with pytest.raises(rules.OutcomeMissing):
        acts.answer_question(by=house.na("BY"), question=key, text="Yes")
    with pytest.raises(rules.Unknown):
        acts.answer_question(by=house.na("BY"), question=key, text="Yes", outcome="perhaps")

    acts.answer_question(by=house.na("BY"), question=key, text="So it was", outcome="confirmed")
    assert of(key, by=house.duty()).outcome == "confirmed"


def test_a_report_that_holds_the_answer_must_be_for_all_who_read_the_question(house):
    wide = report(house)
    key = ask(house, report=wide, readers="all")
    narrow = report(house, period="2026-09-13", audience="center")
    with pytest.raises(rules.AnswerElsewhere):
        acts.answer_question(by=house.na("BY"), question=key, text="There", report=narrow)

    acts.answer_question(by=house.na("BY"), question=key, text="There", report=wide)
    assert of(key, by=house.na("KZ")).answers[0].report == wide


def test_what_others_add_is_no_answer(house):
    key = ask(house, report=report(house), readers="all")
    row = question_of(key, by=house.duty())
    from commonwatch.desks.traffic.facts import QuestionAnswered
    from commonwatch.register import log
    from commonwatch.register.audience import label_of_journal

    log.turn(log.append)(
        QuestionAnswered(text="We say three"),
        by=house.na("KZ"),
        subject=key,
        label=label_of_journal(row.journal),
    )
    assert of(key, by=house.duty()).answers == ()


# What waits


def test_an_open_question_waits_for_the_party_asked_and_no_other(house):
    key = ask(house, report=report(house), readers="all")
    assert waits(house.na("BY")) == {f"{key}:answer"}
    assert waits(house.na("KZ")) == waits(house.duty()) == set()
    assert waits(house.sit("BY", "analyst")) == set()


def test_an_overdue_question_waits_for_the_asker_too(house):
    key = ask(house, urgency="urgent")
    house.clock.tick(hours=4, minutes=1)
    assert waits(house.duty()) == {f"{key}:overdue"}


def test_an_answer_waits_until_the_question_is_closed(house):
    key = ask(house)
    acts.answer_question(by=house.na("BY"), question=key, text="Three")
    assert waits(house.na("BY")) == set()
    assert waits(house.duty(), "question") == {f"{key}:close"}
    acts.close_question(by=house.duty(), question=key, how="satisfied")
    assert waits(house.duty()) == set()


def test_a_confirmation_climbs_a_ladder_of_its_own(house):
    key = ask(house, report=notice(house), wants="confirmation", readers="all")
    assert waits(house.na("BY"), "confirmation") == {f"{key}:answer"}


def test_what_was_asked_in_the_exercise_waits_there_alone(house):
    key = ask(house, by=house.sit("CRC", "duty", mode="exercise"))
    assert waits(house.na("BY")) == set()
    assert waits(house.sit("BY", "na-officer", mode="exercise")) == {f"{key}:answer"}


def test_an_open_question_is_closed_when_its_readers_change(house):
    from msgspec.structs import replace

    from commonwatch.register import epoch

    key = ask(house, "BY", readers="named", audience="eastern-europe", level="H1")
    pack = house.node.pack
    house.node.pack = replace(
        pack,
        audiences=tuple(
            replace(each, parties=(*each.parties, "KZ")) if each.code == "eastern-europe" else each
            for each in pack.audiences
        ),
    )
    epoch.turn_over()

    assert question_of(key, by=house.duty()).state == "readers-changed"
    assert waits(house.na("BY")) == set()
    with pytest.raises(rules.NoSuchQuestion):
        question_of(key, by=house.na("KZ"))


def test_the_list_asks_as_many_questions_of_the_database_for_many_as_for_few(
    house, django_assert_num_queries
):
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    def queries():
        by = house.na("BY")
        assert by.shelves is not None
        with CaptureQueriesContext(connections["default"]) as found:
            board.threads(board.open_for(by), by=by)
        return len(found)

    ask(house)
    few = queries()
    for _ in range(5):
        ask(house)
    assert queries() == few


def test_the_report_of_the_exchange_is_heard_of(house):
    key = notice(house)
    exchange.withdraw_report(by=house.na("BY"), report=key, reason="By mistake")
    with pytest.raises(rules.NoticeWithdrawn):
        ask(house, report=key, wants="confirmation", readers="all")

"""A summary is released under the join of what it quotes, revised beside its earlier versions, and acknowledged."""

import msgspec
import pytest

from commonwatch.access import waiting
from commonwatch.access.actor import NotMandated
from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.summaries import acts, intake, rules
from commonwatch.desks.summaries.facts import Heading, Item, Paragraph
from commonwatch.desks.summaries.intake.counting import rows_of
from commonwatch.desks.summaries.models import Draft, Matter, Summary, SummaryReceipt
from commonwatch.desks.traffic.facts import (
    NoticeRelayed,
    QuestionAnswered,
    QuestionAsked,
    QuestionClosed,
    RelayAcknowledged,
    RelayCalled,
)
from commonwatch.register import history, log
from commonwatch.register.models import Entry, Journal
from tests.summaries.desk import add, choose, draft, file, released, said, write


def test_a_summary_stands_under_the_join_of_what_was_chosen(house):
    wide, narrow = file(house), file(house, "KZ", type="T4", period="2026-W36", audience="central-asia")
    done = released(house, choose(house, draft(house), wide, narrow))

    label = Summary.objects.visible_to(house.lead()).get(key=done.summary).journal
    assert label.level == "H2"
    assert set(label.parties.split(",")) == {"CRC", "KG", "KZ", "RU", "TJ"}
    assert Summary.objects.visible_to(house.na("TJ")).exists()
    assert not Summary.objects.visible_to(house.na("AM")).exists()


def test_each_thing_says_whom_it_takes_away(house):
    wide, narrow = file(house), file(house, "KZ", type="T4", period="2026-W36", audience="central-asia")
    row = choose(house, draft(house), wide, narrow)

    first, second = intake.plan_of(row, intake.content_of(row), by=house.duty()).taken
    assert not first.narrows
    assert second.parties == ("AM", "BY", "SEC", "JS", "CCC")
    assert second.level == "H2"


def test_what_takes_the_last_readers_away_is_refused_by_name(house):
    row = choose(house, draft(house), file(house), file(house, "KG", audience="center"))
    both = choose(house, row, file(house, "KZ", audience="center"))
    with pytest.raises(rules.NobodyLeft, match="KZ, D1 2026-09-14 takes the last readers away"):
        released(house, both)
    assert not Summary.objects.visible_to(house.lead()).exists()


def test_what_is_put_into_an_annex_leaves_the_readers_of_the_main_part_as_they_were(house):
    wide, narrow = file(house), file(house, "KZ", type="T4", period="2026-W36", audience="central-asia")
    row = choose(house, draft(house), wide, narrow, annex=(narrow,))
    done = released(house, row)

    (main,) = Summary.objects.visible_to(house.na("AM"))
    assert main.key == done.summary
    assert narrow.hash not in bytes(Entry.objects.get(subject=done.summary).data).decode()
    (annex,) = Summary.objects.visible_to(house.na("TJ")).exclude(annex_of="")
    assert (annex.key,) == done.annexes
    assert annex.annex_of == main.hash
    assert [each.source for each in said(house, annex.key).blocks] == [narrow.hash]


def test_one_annex_holds_all_that_has_one_label(house):
    kz, kg = (
        file(house, each, type="T4", period="2026-W36", audience="central-asia") for each in ("KZ", "KG")
    )
    by = file(house, "BY", type="T4", period="2026-W36", audience="eastern-europe")
    done = released(house, choose(house, draft(house), file(house), kz, kg, by, annex=(kz, kg, by)))
    assert len(done.annexes) == 2


def test_a_figure_is_quoted_with_the_entry_in_which_it_stands(house):
    report = file(house, "KZ", events=12)
    row = write(house, choose(house, draft(house), report), "There were {a6.events} in all.")
    done = released(house, row)

    (paragraph,) = [each for each in said(house, done.summary).blocks if isinstance(each, Paragraph)]
    (quote,) = paragraph.quotes
    assert (quote.value, quote.owes, quote.type, quote.period, quote.version) == (
        12,
        "KZ",
        "D1",
        "2026-09-14",
        1,
    )
    assert quote.source == report.hash
    refs = history.past(Entry.objects.get(subject=done.summary)).refs
    assert [each.hash for each in refs] == [report.hash]


@pytest.mark.parametrize("token", ["{a9.events}", "{a6.nothing}"])
def test_a_quote_that_resolves_to_nothing_is_refused(house, token):
    row = write(house, choose(house, draft(house), file(house)), f"There were {token} in all.")
    with pytest.raises(rules.QuoteUnknown, match=r"\{a"):
        released(house, row)


def test_what_stands_in_an_annex_is_not_quoted_in_the_main_part(house):
    narrow = file(house, "KZ", type="T4", period="2026-W36", audience="central-asia")
    row = choose(house, draft(house), file(house), narrow, annex=(narrow,))
    with pytest.raises(rules.QuoteUnknown):
        released(house, write(house, row, "There were {a7.incidents} in all."))


@pytest.mark.parametrize(("what", "word"), [("correct", "corrected"), ("withdraw", "withdrawn")])
def test_what_changed_since_it_was_chosen_is_refused_and_may_be_kept_with_a_mark(house, what, word):
    report = file(house)
    row = choose(house, draft(house), report)
    if what == "correct":
        exchange.correct_report(by=house.na("BY"), report=report.subject, reason="Counted again", channel="form",
                                values={"change": "no_change", "events": 9})  # fmt: skip
    else:
        exchange.withdraw_report(by=house.na("BY"), report=report.subject, reason="Sent by mistake")
    with pytest.raises(rules.Stale, match="BY, D1 2026-09-14"):
        released(house, row)

    content = intake.content_of(row)
    kept = tuple(msgspec.structs.replace(each, keep=each.sort == "item") for each in content.blocks)
    row = intake.save(
        row, msgspec.structs.replace(content, blocks=kept), by=house.duty(), version=row.version
    )
    done = released(house, row)
    (item,) = [each for each in said(house, done.summary).blocks if isinstance(each, Item)]
    assert (item.since, item.source, item.values["events"]) == (word, report.hash, 3)


def test_only_who_may_release_releases(house):
    row = choose(house, draft(house), file(house))
    with pytest.raises(NotMandated, match="duty"):
        acts.release_summary(by=house.duty(), draft=row.id, version=row.version)
    assert acts.release_summary(by=house.lead(), draft=row.id, version=row.version).summary
    assert not Draft.objects.exists()


def test_what_was_not_shown_is_not_released(house):
    row = choose(house, draft(house), file(house))
    plan = intake.plan_of(row, intake.content_of(row), by=house.lead())
    more = choose(house, row, file(house, "KZ", type="T4", period="2026-W36", audience="central-asia"))
    with pytest.raises(rules.ChangedSince):
        acts.release_summary(by=house.lead(), draft=row.id, version=row.version, seen=plan.seen)
    with pytest.raises(rules.ChangedSince):
        acts.release_summary(by=house.lead(), draft=more.id, version=more.version, seen=plan.seen)


def test_the_later_of_two_saves_is_refused_and_nothing_is_overwritten(house):
    first = second = choose(house, draft(house), file(house))
    saved = write(house, first, "The first officer's words.")
    with pytest.raises(rules.SavedMeanwhile, match="crc-duty"):
        write(house, second, "The second officer's words.")
    assert Draft.objects.get().content == saved.content


def test_a_summary_that_no_entry_holds_is_refused_with_what_to_cut(house):
    row = choose(house, draft(house), file(house))
    for _number in range(9):
        row = write(house, row, "слово " * 1300)
    with pytest.raises(rules.TooLarge, match="an entry holds 65535") as refused:
        released(house, row)
    assert "слово слово" in refused.value.fields["largest"]


def test_nothing_is_released_without_content(house):
    row = draft(house)
    content = intake.content_of(row)
    bare = tuple(each for each in content.blocks if each.sort == "heading")
    row = intake.save(
        row, msgspec.structs.replace(content, blocks=bare), by=house.duty(), version=row.version
    )
    with pytest.raises(rules.NothingToRelease):
        released(house, row)


def test_headings_with_nothing_under_them_are_left_out_and_come_back_in_the_next_draft(house):
    row = write(house, choose(house, draft(house, "sitrep"), file(house)), " ")
    before = [each.code for each in intake.content_of(row).blocks if each.sort == "heading"]
    done = released(house, row)
    blocks = said(house, done.summary).blocks
    assert [getattr(each, "code", "item") for each in blocks] == ["decisions", "item"]

    row = intake.begin_version(done.summary, by=house.duty())
    content = intake.content_of(row)
    assert [each.code for each in content.blocks if each.sort == "heading"] == before
    assert len({each.id for each in content.blocks}) == len(content.blocks)
    with pytest.raises(rules.NothingChanged):
        acts.revise_summary(by=house.lead(), draft=row.id, version=row.version, reason="Nothing")


def test_a_heading_of_ones_own_stands_under_that_of_the_form():
    head = lambda name, code="", text="": Heading(id=name, code=code, text=text)  # noqa: E731
    words = Paragraph(id="a9", text="Rain.")
    said = [
        head("a1", "situation"),
        head("a2", text="South"),
        words,
        head("a3", text="North"),
        head("a4", "needs"),
    ]
    assert [each.id for each in rules.filled(said)] == ["a1", "a2", "a9"]


def test_what_stands_in_an_annex_leaves_no_heading_in_the_main_part(house):
    wide, narrow = file(house), file(house, "KZ", type="T4", period="2026-W36", audience="central-asia")
    row = choose(house, draft(house, "sitrep"), narrow, annex=(narrow,))
    content = intake.content_of(row)
    chosen = intake.as_chosen(Matter.objects.visible_to(house.duty()).get(key=wide.subject))
    content = rules.with_block(content, chosen, after=content.blocks[0].id)
    row = intake.save(row, content, by=house.duty(), version=row.version)
    done = released(house, row)
    assert [getattr(each, "code", "item") for each in said(house, done.summary).blocks] == [
        "highlights",
        "item",
    ]
    again = intake.content_of(intake.begin_version(done.summary, by=house.duty()))
    assert len({each.id for each in again.blocks}) == len(again.blocks)


def test_summaries_of_a_day_are_counted_within_one_journal(house):
    for _turn in range(2):
        released(house, choose(house, draft(house), file(house, "KG")))
    released(house, choose(house, draft(house), file(house, "KZ", audience="central-asia")))
    rows = Summary.objects.visible_to(house.lead()).order_by("released_at", "key")
    numbers = [(len(each.journal.parties), each.count) for each in rows]
    assert sorted(each for _size, each in numbers) == [1, 1, 2]


def test_a_new_version_stands_on_the_same_subject_and_the_draft_begins_with_what_was_said(house):
    done = released(house, write(house, choose(house, draft(house), file(house)), "One bridge was closed."))
    row = intake.begin_version(done.summary, by=house.duty())
    content = intake.content_of(row)
    (old,) = [each for each in content.blocks if each.sort == "text"]
    assert old.text == "One bridge was closed."
    with pytest.raises(rules.NothingChanged):
        acts.revise_summary(by=house.lead(), draft=row.id, version=row.version, reason="Counted again")
    row = add(house, row, old.id, "Two bridges were closed.")
    with pytest.raises(rules.GroundMissing):
        acts.revise_summary(by=house.lead(), draft=row.id, version=row.version, reason=" ")

    again = acts.revise_summary(by=house.lead(), draft=row.id, version=row.version, reason="Counted again")
    assert again.summary == done.summary
    stands = Summary.objects.visible_to(house.na("BY")).get()
    assert stands.version == 2
    changes = rules.compare(said(house, done.summary, 1).blocks, said(house, done.summary, 2).blocks)
    (changed,) = [each for each in changes if each.how == "changed"]
    assert [(each.how, each.text) for each in rules.word_changes(changed.before.text, changed.block.text)][:2] == [
        ("removed", "One"), ("added", "Two"),
    ]  # fmt: skip


def test_a_version_for_other_readers_is_issued_anew(house):
    done = released(house, choose(house, draft(house), file(house)))
    row = intake.begin_version(done.summary, by=house.duty())
    row = choose(house, row, file(house, "KZ", type="T4", period="2026-W36", audience="central-asia"))
    with pytest.raises(rules.OtherReaders, match="another label"):
        acts.revise_summary(by=house.lead(), draft=row.id, version=row.version, reason="KZ reports too")

    new = acts.reissue_summary(by=house.lead(), draft=row.id, version=row.version, reason="KZ reports too")
    old = Summary.objects.visible_to(house.na("AM")).get()
    assert (old.key, old.state, old.instead) == (done.summary, "withdrawn", True)
    assert Summary.objects.visible_to(house.na("TJ")).get(key=new.summary).state == "stands"


def test_annexes_follow_the_version_of_their_summary(house):
    narrow = file(house, "KZ", type="T4", period="2026-W36", audience="central-asia")
    done = released(house, choose(house, draft(house), file(house), narrow, annex=(narrow,)))
    row = intake.begin_version(done.summary, by=house.duty())
    content = intake.content_of(row)
    (item,) = [each for each in content.blocks if each.annex]
    row = add(house, row, item.id, "The Center's own words on it.")
    acts.revise_summary(by=house.lead(), draft=row.id, version=row.version, reason="A comment was added")

    annex = Summary.objects.visible_to(house.na("TJ")).get(key=done.annexes[0])
    assert annex.version == 2
    assert Summary.objects.visible_to(house.na("AM")).get().version == 1
    row = intake.begin_version(done.summary, by=house.duty())
    content = rules.without(intake.content_of(row), item.id)
    row = intake.save(row, content, by=house.duty(), version=row.version)
    acts.revise_summary(by=house.lead(), draft=row.id, version=row.version, reason="It is of no weight")
    assert Summary.objects.visible_to(house.na("TJ")).get(key=done.annexes[0]).state == "withdrawn"


def test_a_summary_is_withdrawn_with_its_annexes_and_a_ground(house):
    narrow = file(house, "KZ", type="T4", period="2026-W36", audience="central-asia")
    done = released(house, choose(house, draft(house), file(house), narrow, annex=(narrow,)))
    with pytest.raises(rules.GroundMissing):
        acts.withdraw_summary(by=house.lead(), summary=done.summary, ground="")
    acts.withdraw_summary(by=house.lead(), summary=done.summary, ground="The figures were of another day")
    rows = Summary.objects.visible_to(house.na("TJ"))
    assert [(each.state, each.ground) for each in rows] == [
        ("withdrawn", "The figures were of another day")
    ] * 2
    with pytest.raises(rules.WithdrawnAlready):
        acts.withdraw_summary(by=house.lead(), summary=done.summary, ground="Once more")


def test_recipients_acknowledge_each_version_once(house):
    done = released(house, choose(house, draft(house), file(house)))
    for _time in range(2):
        acts.acknowledge_summary(by=house.na("KZ"), summary=done.summary)
    receipt = SummaryReceipt.objects.visible_to(house.na("BY")).get()
    assert (receipt.party, receipt.version, receipt.how) == ("KZ", 1, "acknowledged")
    with pytest.raises(rules.NotARecipient):
        acts.acknowledge_summary(by=house.officer("summaries.acknowledge-summary"), summary=done.summary)
    with pytest.raises(intake.NoSuchSummary):
        acts.acknowledge_summary(by=house.na("KZ"), summary="summary/CRC/none")


def test_a_call_is_noted_and_says_who_acknowledged_by_telephone(house):
    done = released(house, choose(house, draft(house), file(house)))
    row = Summary.objects.visible_to(house.lead()).get()
    for outcome in ("no-answer", "acknowledged"):
        acts.note_call(
            by=house.duty(), summary=done.summary, party="TJ", outcome=outcome, note="The second post"
        )
    with pytest.raises(rules.OutcomeUnknown):
        acts.note_call(by=house.duty(), summary=done.summary, party="TJ", outcome="perhaps")
    known = list(SummaryReceipt.objects.visible_to(house.lead()))
    assert len(known) == 2
    assert "TJ" not in intake.outstanding(row, known, by=house.lead())
    assert "KZ" in intake.outstanding(row, known, by=house.lead())


def test_a_summary_in_the_exercise_is_not_seen_in_the_real(house):
    lead = house.sit("CRC", "shift-lead", mode="exercise")
    file(house, mode="exercise")
    row = intake.begin("day", by=house.sit("CRC", "duty", mode="exercise"), title="EXERCISE: the day")
    assert not intake.drafts(house.duty()).exists()
    acts.release_summary(by=lead, draft=row.id, version=row.version)
    assert Summary.objects.visible_to(lead).exists()
    assert not Summary.objects.visible_to(house.lead()).exists()
    assert set(
        Journal.objects.filter(pk=Summary.objects.visible_to(lead).get().journal_id).values_list("mode")
    ) == {("exercise",)}


@log.turn
def told(fact, *, by, subject, label):
    """Write what the desk of traffic writes."""
    return log.append(fact, by=by, subject=subject, label=label)


@pytest.fixture
def asked(house):
    """The Center asks Kazakhstan, twice, and relays a notice to three; one question is for the Center alone."""
    wide = intake.base_label("members", by=house.duty())
    few = intake.base_label("center", by=house.duty())
    question = QuestionAsked(
        to="KZ", text="SAMPLE: How many?", due=house.clock() + 60_000_000, type="D1", owes="KZ"
    )
    told(question, by=house.duty(), subject="question/CRC/1", label=wide)
    told(question, by=house.duty(), subject="question/CRC/2", label=few)
    relay = NoticeRelayed(
        notice="report/KG/1", type="U1", owes="KG", recipients=("BY", "KZ", "TJ"), due=house.clock()
    )
    told(relay, by=house.duty(), subject="relay/CRC/1", label=wide)
    told(RelayAcknowledged(), by=house.na("BY"), subject="relay/CRC/1", label=wide)
    told(RelayCalled(party="KZ", outcome="no-answer"), by=house.duty(), subject="relay/CRC/1", label=wide)
    return house


def table(house, code):
    """Count a table for all members."""
    label = intake.base_label("members", by=house.duty())
    since = house.clock() - 86_400_000_000
    return rows_of(code, since, house.clock(), label, by=house.duty())


def test_tables_tell_how_questions_and_relays_stand_as_far_as_all_readers_may_know(asked):
    asked.clock.tick(hours=3)
    assert table(asked, "questions") == (("CRC", "KZ", "3", "late"),)
    assert table(asked, "relays") == (("U1", "KG", "05:00", "KZ TJ"),)
    told(QuestionAnswered(text="SAMPLE: Nine."), by=asked.na("KZ"), subject="question/CRC/1",
         label=intake.base_label("members", by=asked.duty()))  # fmt: skip
    assert table(asked, "questions") == (("CRC", "KZ", "3", "answered"),)
    told(QuestionClosed(how="satisfied"), by=asked.duty(), subject="question/CRC/1",
         label=intake.base_label("members", by=asked.duty()))  # fmt: skip
    assert table(asked, "questions") == ()


def test_a_table_of_duties_counts_what_fell_due_and_leaves_out_what_was_waived(house):
    exchange.grant_waiver(by=house.lead(), type="D1", party="TJ", ground="Flood", since=0, until=None)
    report = file(house)
    exchange.correct_report(by=house.na("BY"), report=report.subject, reason="Counted again", channel="form",
                            values={"change": "no_change", "events": 9})  # fmt: skip
    house.clock.tick(hours=2)
    file(house, "KZ")
    since = house.clock() - 2 * 3_600_000_000
    label = intake.base_label("members", by=house.duty())
    rows = {row[0]: row[1:] for row in rows_of("duties", since, house.clock() + 1, label, by=house.duty())}
    assert rows["BY"] == ("1", "1", "0", "0", "1")
    assert rows["KZ"] == ("1", "1", "1", "0", "0")
    assert rows["KG"] == ("1", "0", "0", "1", "0")
    assert "TJ" not in rows


def test_a_correction_and_a_withdrawal_stand_as_the_latest_word(house):
    report = file(house)
    exchange.withdraw_report(by=house.na("BY"), report=report.subject, reason="Sent by mistake")
    (row,) = Matter.objects.visible_to(house.duty())
    assert (row.what, row.version, row.state) == ("report", 2, "withdrawn")
    assert intake.as_chosen(row).values == {}


def test_what_waits_is_the_summary_that_is_due_and_then_its_acknowledgements(house):
    house.clock.tick(hours=2, minutes=30)
    (due,) = [each for each in waiting.of(house.duty()) if each.key.startswith("summary/")]
    assert (due.key, due.kind) == ("summary/day/2026-09-14", "duty")
    assert not [each for each in waiting.of(house.na("KZ")) if each.key.startswith("summary/")]

    done = released(house, choose(house, draft(house), file(house)))
    assert not [each for each in waiting.of(house.duty()) if each.key.startswith("summary/")]
    (mine,) = [each for each in waiting.of(house.na("KZ")) if each.key.startswith("summary/")]
    acts.acknowledge_summary(by=house.na("KZ"), summary=done.summary)
    assert not [each for each in waiting.of(house.na("KZ")) if each.key.startswith("summary/")]
    house.clock.tick(hours=5)
    (late,) = [each for each in waiting.of(house.duty()) if each.key.startswith("summary/")]
    assert late.key == mine.key
    assert "Kazakhstan" not in late.text
    assert "Tajikistan" in late.text

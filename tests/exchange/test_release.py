"""Releases: a new subject that cites the old one's salted hash alone; by its originator, by two persons from H2 up."""

from contextlib import ExitStack

import pytest

from commonwatch.access import pairs
from commonwatch.access.actor import ConfirmItIsYou, NotMandated, actor_of
from commonwatch.access.models import Proposal
from commonwatch.access.rules import SamePerson
from commonwatch.charter.label import Label
from commonwatch.desks.exchange import acts, board, rules
from commonwatch.desks.exchange.acts import Choice
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.exchange.models import Release, Report, Slip
from commonwatch.register import history
from commonwatch.register import node as nodes
from commonwatch.register.admit import admit
from commonwatch.register.models import Entry, Journal
from tests.conftest import lived_in

DAY, KNOWN = "2026-09-14", "2026-09-14T04:00:00Z"
VALUES = {"change": "change", "events": 3, "text": "SAMPLE: A bridge was closed."}


def report(house, party="BY", *, level="H1", audience="center", **changes):
    sent = Sent(
        **({"type": "D1", "period": DAY, "values": VALUES, "level": level, "audience": audience} | changes)
    )
    return acts.submit_report(by=house.na(party), report=sent, channel="form")


def choose(done, **changes):
    return Choice(
        **({"report": done.subject, "audience": "members", "ground": "Others ask for it"} | changes)
    )


def release(house, done, *, by=None, **changes):
    return acts.release_report(by=by or house.na("BY"), choice=choose(done, **changes))


def read(reader):
    return list(Release.objects.visible_to(reader).order_by("key"))


def officer(house):
    """The officer of a national authority, in a seat, as for one request."""
    return actor_of(house.account("BY", "na-officer"))


def head(house):
    """The head of the same authority."""
    return actor_of(house.account("BY", "na-head"))


def test_a_release_is_read_by_its_new_readers_and_the_report_is_not(house):
    done = report(house)
    came = release(house, done)

    (row,) = read(house.na("KZ"))
    assert (row.key, row.values, row.party, row.ground) == (came.release, VALUES, "BY", "Others ask for it")
    assert not Report.objects.visible_to(house.na("KZ")).filter(key=done.subject).exists()
    assert Report.objects.visible_to(house.duty()).get().values == VALUES


def test_a_release_cites_the_salted_hash_and_names_nothing_else_of_the_report(house):
    done = report(house)
    entry = Entry.objects.visible_to(house.na("BY")).get(subject=release(house, done).release)
    said = bytes(entry.data).decode()

    assert done.hash in said
    assert '"refs":[]' in said
    for tells in (done.subject, done.subject.rpartition("/")[2], done.entry, "h1-center"):
        assert tells not in said


def test_a_release_meets_no_duty_and_writes_no_slip(house):
    done = report(house)
    acts.withdraw_report(by=house.na("BY"), report=done.subject, reason="Sent for the wrong day")
    again = report(house)
    slips = list(Slip.objects.visible_to(house.duty()).values_list("key", "reports_json"))
    release(house, again)

    assert list(Slip.objects.visible_to(house.duty()).values_list("key", "reports_json")) == slips
    drawn = board.board(house.na("KZ"))
    assert board.reports_for(drawn.reader, [drawn.slots["D1", "BY"]]) == {}


def test_only_the_originator_releases(house):
    done = report(house, audience="members")

    with pytest.raises(acts.NotYours, match="written by BY"):
        release(house, done, by=house.na("KZ"), audience="public", level="H0")
    with pytest.raises(acts.NoSuchReport):
        release(house, report(house, "RU"), by=house.na("BY"))
    assert release(house, done, audience="public", level="H0").release


def test_what_was_told_by_telephone_is_released_by_who_told_it(house):
    told = Sent(type="D1", period=DAY, values=VALUES, owes="BY", audience="center")
    done = acts.submit_report(by=house.lead(), report=told, channel="telephone")

    with pytest.raises(rules.ToldByTelephone, match="BY told this"):
        release(house, done, by=house.lead())
    own = acts.confirm_report(by=house.na("BY"), report=done.subject)
    assert release(house, own).release


def test_a_release_needs_its_mandate_a_ground_and_who_is_there_now(house):
    done = report(house)
    clerk = house.officer("exchange.submit-report", party="BY")

    with pytest.raises(NotMandated):
        release(house, done, by=clerk)
    with pytest.raises(rules.ReasonMissing):
        release(house, done, ground="  ")
    stale, program = house.na("BY"), house.na("BY")
    stale.fresh, program.client = False, "feeder"
    with pytest.raises(ConfirmItIsYou):
        release(house, done, by=stale)
    with pytest.raises(rules.ByProgram):
        release(house, done, by=program)
    assert read(house.na("BY")) == []


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"audience": "members"}, rules.NothingWider),
        ({"audience": "center"}, rules.NothingWider),
        ({"audience": "own"}, rules.NothingWider),
        ({"audience": "public"}, rules.PublicAtLowest),
        ({"audience": "public", "level": "H2"}, rules.LevelAbove),
        ({"audience": "friends"}, rules.NotToBeChosen),
        ({"audience": "public", "level": "H9"}, rules.NotToBeChosen),
        ({"audience": "public", "level": "H0", "categories": ("CERT",)}, rules.NotToBeChosen),
        ({"audience": "public", "level": "H0", "fields": ("events", "secret")}, rules.NotInReport),
        ({"audience": "public", "level": "H0", "fields": ()}, rules.NothingChosen),
    ],
)
def test_a_release_is_wider_or_lower_and_chosen_from_what_is_there(house, changes, refusal):
    done = report(house, audience="members")

    with pytest.raises(refusal):
        release(house, done, **changes)
    assert read(house.na("BY")) == []
    assert release(house, done, audience="public", level="H0").release


def test_lowering_the_level_alone_is_a_release(house):
    done = report(house, level="H2", audience="members")
    wait = release(house, done, by=officer(house), level="H1")
    row = Proposal.objects.visible_to(head(house)).get(key=wait.proposal)
    pairs.second(by=head(house), proposal=row.key, digest=row.digest)

    low = house.sit("KZ", "analyst")
    assert not Report.objects.visible_to(low).exists()
    assert [each.values for each in read(low)] == [VALUES]


def test_only_the_fields_that_were_chosen_are_released(house):
    done = report(house)
    release(house, done, fields=("events",))

    (row,) = read(house.na("KZ"))
    assert (row.values, row.part) == ({"events": 3}, True)
    entry = Entry.objects.visible_to(house.na("KZ")).get(subject=row.key)
    assert b"bridge" not in bytes(entry.data)


def test_a_category_is_kept_unless_it_is_taken_off(house):
    done = computer_incident(house)
    target = lambda **more: acts.plan_release(choose(done, **more), by=house.na("BY")).target  # noqa: E731

    assert target(level="H1").categories == ("CERT",)
    assert target(categories=()).categories == ()
    with pytest.raises(rules.PublicAtLowest):
        target(audience="public", level="H0")


def computer_incident(house):
    """File a report of a type under a category, with what the type requires."""
    pack = house.node.pack
    plain = {"integer": 1, "decimal": "1", "text": "SAMPLE", "yes_no": True, "date": DAY, "instant": KNOWN}
    values = {}
    for each in (each for each in pack.type("C1").fields if each.required):
        codes = [item.code for item in pack.codelist(each.codelist).items] if each.codelist else []
        values[each.code] = {"codes": codes[:1], "code": "".join(codes[:1])}.get(each.kind) or plain[
            each.kind
        ]
    sent = Sent(type="C1", values=values, event_at=KNOWN)
    return acts.submit_report(by=house.na("BY"), report=sent, channel="form")


def test_a_notice_of_existence_is_never_released(house):
    type_ = house.node.pack.type("P1")
    source = Label(level="H3", parties=("BY", "CRC", "JS"))
    target = Label(level="H0", parties=("*",))

    with pytest.raises(rules.StubOnly):
        rules.check_release(source, target, type_=type_, state="value", scheme=house.node.pack.labels)
    with pytest.raises(rules.StubOnly):
        rules.check_release(
            source, target, type_=house.node.pack.type("D1"), state="value", scheme=house.node.pack.labels
        )


def test_a_withdrawn_report_is_not_released(house):
    done = report(house)
    acts.withdraw_report(by=house.na("BY"), report=done.subject, reason="Sent for the wrong day")

    with pytest.raises(rules.WithdrawnAlready):
        release(house, done)


def test_a_nil_return_is_released_as_one(house):
    release(house, report(house, values={}, nil=True))

    (row,) = read(house.na("KZ"))
    assert (row.state, row.values, row.part) == ("nil", {}, False)


def test_from_the_second_highest_level_up_two_persons_release(house):
    done = report(house, level="H2")
    wait = release(house, done, by=officer(house))

    assert (wait.release, read(house.na("KZ"))) == ("", [])
    proposal = Proposal.objects.visible_to(head(house)).get(key=wait.proposal)
    assert proposal.journal.level == "H2"
    assert not Proposal.objects.visible_to(house.lead()).filter(key=wait.proposal).exists()
    with pytest.raises(SamePerson):
        pairs.second(by=officer(house), proposal=proposal.key, digest=proposal.digest)
    for claimed in ("yes", proposal.key):  # made up, and not joined yet
        with pytest.raises(pairs.NoSuchProposal):
            acts.carry_out_release(by=head(house), body=proposal.body, proposal=claimed)
    assert read(house.na("KZ")) == []

    subject = pairs.second(by=head(house), proposal=proposal.key, digest=proposal.digest)
    (row,) = read(house.na("KZ"))
    assert (row.key, row.offices) == (subject, "na-officer,na-head")
    assert (
        wait.proposal
        not in bytes(Entry.objects.visible_to(officer(house)).get(subject=subject).data).decode()
    )


def test_what_was_corrected_after_it_was_proposed_is_not_released(house):
    done = report(house, level="H2")
    wait = release(house, done, by=officer(house))
    acts.correct_report(
        by=officer(house),
        report=done.subject,
        values=VALUES | {"events": 4},
        reason="One more",
        channel="form",
    )
    proposal = Proposal.objects.visible_to(head(house)).get(key=wait.proposal)

    terms = dict(pairs.pair_of(acts.RELEASE).show(head(house), proposal.body).terms)
    assert "cannot be released as proposed" in terms["Changed"]
    assert terms["Events recorded"] == "3 events"
    with pytest.raises(rules.ChangedSince):
        pairs.second(by=head(house), proposal=proposal.key, digest=proposal.digest)
    assert read(house.na("KZ")) == []
    assert Proposal.objects.visible_to(head(house)).get(key=wait.proposal).state == "open"


def test_what_changed_after_it_was_looked_at_is_not_released(house):
    done, by = report(house), house.na("BY")
    plan = acts.plan_release(choose(done), by=by)
    acts.correct_report(
        by=by, report=done.subject, values=VALUES | {"events": 4}, reason="One more", channel="form"
    )

    with pytest.raises(rules.ChangedSince):
        acts.release_report(by=by, choice=choose(done), seen=plan.shown)
    now = acts.plan_release(choose(done), by=by)
    assert acts.release_report(by=by, choice=choose(done, ground="Another"), seen=now.shown).release


def test_the_second_person_reads_what_will_be_read_by_whom_and_why(house):
    done = report(house, level="H2")
    wait = release(house, done, by=officer(house), level="H1", fields=("events",))
    proposal = Proposal.objects.visible_to(head(house)).get(key=wait.proposal)
    said = pairs.pair_of(acts.RELEASE).show(head(house), proposal.body)
    terms = dict(said.terms)

    assert said.heading == "Release of: Daily situation return, Belarus, 2026-09-14"
    assert "Kazakhstan" in terms["New readers"]
    assert "Belarus" not in terms["New readers"]
    assert terms["Level"] == "from H2 to H1"
    assert (terms["Events recorded"], terms["Ground"]) == ("3 events", "Others ask for it")
    assert not [each for each in terms.values() if "bridge" in each]


def test_the_same_is_not_released_twice_while_it_stands(house):
    done = report(house)
    came = release(house, done)

    with pytest.raises(rules.ReleasedAlready):
        release(house, done, ground="Once more")
    assert release(house, done, fields=("events",)).release
    assert release(house, done, audience="caucasus").release
    acts.withdraw_release(by=house.na("BY"), release=came.release, ground="Too early")
    assert release(house, done).release


def test_the_same_is_not_proposed_twice_while_it_waits(house):
    done = report(house, level="H2")
    wait = release(house, done, by=officer(house))

    with pytest.raises(rules.ProposedAlready):
        release(house, done, by=head(house), ground="Once more")
    assert release(house, done, by=head(house), audience="caucasus").proposal
    pairs.end(by=head(house), proposal=wait.proposal, ground="Not today")
    assert release(house, done, by=officer(house)).proposal


def test_only_who_released_withdraws_and_what_was_read_stays_readable(house):
    came = release(house, report(house))

    with pytest.raises(acts.NotYourRelease):
        acts.withdraw_release(by=house.na("KZ"), release=came.release, ground="x")
    with pytest.raises(rules.ReasonMissing):
        acts.withdraw_release(by=house.na("BY"), release=came.release, ground="")
    acts.withdraw_release(by=house.na("BY"), release=came.release, ground="Sent too early")
    with pytest.raises(rules.WithdrawnAlready):
        acts.withdraw_release(by=house.na("BY"), release=came.release, ground="Twice")
    (row,) = read(house.na("KZ"))
    assert (row.state, row.end_ground, row.values) == ("withdrawn", "Sent too early", VALUES)
    with pytest.raises(acts.NoSuchRelease):
        acts.withdraw_release(by=house.na("BY"), release="release/BY/none", ground="x")


def test_an_exercise_releases_to_its_own(house):
    played = house.sit("BY", "na-officer", mode="exercise")
    sent = Sent(type="D1", period=DAY, values=VALUES, audience="center")
    done = acts.submit_report(by=played, report=sent, channel="form")
    release(house, done, by=played)

    assert read(house.na("KZ")) == []
    assert len(read(house.sit("KZ", "na-officer", mode="exercise"))) == 1


def test_another_node_takes_a_release_in_without_the_report(
    tmp_path, packs, empty_database, django_db_blocker
):
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        homes = {
            party: stack.enter_context(
                lived_in(
                    path=tmp_path / party, pack=packs["csto"], party=party, alias=f"of-{party}",
                    empty=empty_database, hosted=(), seed=seed,
                )
            )
            for seed, party in enumerate(("BY", "KZ"))
        }  # fmt: skip
        with nodes.use(homes["BY"].node):
            done = report(homes["BY"])
            came = release(homes["BY"], done)
            wide = Journal.objects.get(party="BY", slug="h1-members")
            entries = [bytes(each.data) for each in Entry.objects.filter(journal=wide).order_by("number")]
        with nodes.use(homes["KZ"].node):
            admit(signed=wide.checkpoint, entries=entries, key=wide.key)
            (row,) = read(homes["KZ"].na("KZ"))
            assert (row.key, row.values, row.of) == (came.release, VALUES, done.hash)
            assert not Report.objects.visible_to(homes["KZ"].na("KZ")).exists()
        for house in homes.values():
            with nodes.use(house.node):
                house.check()


def test_the_hash_that_is_cited_is_that_of_the_version_released(house):
    done, by = report(house), house.na("BY")
    acts.correct_report(
        by=by, report=done.subject, values=VALUES | {"events": 4}, reason="One more", channel="form"
    )
    release(house, done)

    last = history.of_subject(done.subject, reader=by)[-1]
    (row,) = read(by)
    assert (row.of, row.version) == (last.place.hash, 2)

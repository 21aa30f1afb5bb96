"""Two persons: one proposes, another joins; what was shown is what is done, once, within a day, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from commonwatch.access import pairs, rules
from commonwatch.access.actor import ConfirmItIsYou, NotMandated, actor_of, operator
from commonwatch.access.acts import end_office, give_office, open_account
from commonwatch.access.facts import ProposalMade
from commonwatch.access.models import Account, Proposal, Seat
from commonwatch.access.seats import own_label, porter
from commonwatch.access.tokens import by_token, new_token
from commonwatch.desks.exchange import acts, models
from commonwatch.errors import Broken, Refusal
from commonwatch.register import log

ACT = "exchange.grant-waiver"
DAY = 24 * 3_600_000_000


def carry_out(*, by, body, proposal):
    """A waiver takes no second person; here it stands for any act that does, with rules of its own."""
    return acts.grant_waiver(
        by=by, type=body["type"], party=body["party"], ground=body["ground"], since=body["since"], until=None
    )


def show(_by, body):
    return pairs.Shown("Waiver", (("Type", body["type"]), ("Party", body["party"])), link="/waivers/")


@pytest.fixture
def waivers(monkeypatch):
    """Let granting a waiver take two persons."""
    monkeypatch.setattr(pairs, "_PAIRS", {ACT: pairs.Pair(ACT, carry_out, show)})


@pytest.fixture
def two(house, waivers):
    """The shift lead and the head of the Center, each in a seat."""
    return actor_of(house.account("CRC", "shift-lead")), actor_of(house.account("CRC", "head"))


def body(house, **other):
    return {"type": "D1", "party": "TJ", "ground": "The post is closed", "since": house.clock()} | other


def propose(house, by, **other):
    return pairs.propose(by=by, act=ACT, body=body(house, **other))


def row(key, by):
    return pairs.find(key, by=by)


def granted(by):
    by.again()
    return models.Waiver.objects.visible_to(by).count()


def test_what_one_proposes_and_another_joins_is_done_once(house, two):
    lead, head = two
    key = propose(house, lead)
    assert granted(lead) == 0
    assert (row(key, head).state, row(key, head).body["party"]) == ("open", "TJ")

    waiver = pairs.second(by=head, proposal=key, digest=row(key, head).digest)

    assert models.Waiver.objects.visible_to(head).get(key=waiver).party == "TJ"
    assert pairs.persons(key, reader=lead) == ("shift-lead", "crc-shift-lead", "head", "crc-head")
    assert (row(key, lead).state, granted(lead)) == ("seconded", 1)
    with pytest.raises(rules.EndedAlready):
        pairs.second(by=head, proposal=key, digest=row(key, head).digest)
    assert granted(lead) == 1


def test_who_proposes_cannot_join_not_even_in_another_office(house, two):
    lead, head = two
    key = propose(house, lead)
    digest = row(key, lead).digest
    with pytest.raises(rules.SamePerson):
        pairs.second(by=lead, proposal=key, digest=digest)

    seat = give_office(
        by=operator("CRC"),
        account="crc-shift-lead",
        office="head",
        manner="acting",
        until=house.clock() + DAY,
    )
    other = actor_of(Account.objects.get(handle="crc-shift-lead"), seat=seat)
    assert other.office == "head"
    with pytest.raises(rules.SamePerson):
        pairs.second(by=other, proposal=key, digest=digest)

    assert granted(lead) == 0
    pairs.second(by=head, proposal=key, digest=digest)


def test_two_seats_of_one_office_are_two_persons(house, two):
    lead, _head = two
    second = actor_of(
        open_account(by=operator("CRC"), handle="crc-lead-2", office="shift-lead", password=None)
    )
    key = propose(house, lead)
    pairs.second(by=second, proposal=key, digest=row(key, second).digest)
    assert granted(lead) == 1


def test_an_office_without_the_mandate_neither_proposes_nor_joins_nor_ends(house, two):
    lead, _head = two
    duty = actor_of(house.account("CRC", "duty"))
    key = propose(house, lead)
    with pytest.raises(NotMandated):
        pairs.propose(by=duty, act=ACT, body=body(house))
    with pytest.raises(NotMandated):
        pairs.second(by=duty, proposal=key, digest=row(key, lead).digest)
    with pytest.raises(NotMandated):
        pairs.end(by=duty, proposal=key, ground="No")
    assert list(pairs.within_reach(duty)) == []
    assert pairs.waiting(duty) == 0
    assert row(key, lead).state == "open"


def test_only_what_was_shown_is_joined(house, two):
    lead, head = two
    shown, other = propose(house, lead), propose(house, lead, party="KZ")
    with pytest.raises(rules.SeenOtherwise):
        pairs.second(by=head, proposal=other, digest=row(shown, head).digest)
    with pytest.raises(rules.SeenOtherwise):
        pairs.second(by=head, proposal=shown, digest="")
    assert granted(lead) == 0
    assert row(other, head).state == "open"


def test_a_body_that_does_not_fit_its_digest_is_never_done(house, two):
    """As another node might send it, or a hand at the database leave it."""
    lead, head = two

    @log.turn
    def forge():
        wrong = body(house, party="KZ")
        fact = ProposalMade(
            act=ACT, body=wrong, digest=pairs.digest_of(ACT, body(house)), until=house.clock() + DAY
        )
        log.append(fact, by=lead, subject="proposal/CRC/forged", label=own_label("CRC"))
        lead.again()

    forge()
    head.again()
    with pytest.raises(rules.SeenOtherwise):
        pairs.second(by=head, proposal="proposal/CRC/forged", digest=row("proposal/CRC/forged", head).digest)
    assert granted(lead) == 0


def test_the_digest_covers_the_act_and_every_word_of_the_body(house):
    base = body(house)
    assert pairs.digest_of(ACT, base) == pairs.digest_of(ACT, dict(reversed(base.items())))
    others = {
        pairs.digest_of("exchange.end-waiver", base),
        *(pairs.digest_of(ACT, base | {name: "x"}) for name in base),
    }
    assert len(others | {pairs.digest_of(ACT, base)}) == len(base) + 2


def test_two_who_join_at_once_do_it_once(house, two):
    lead, head = two
    third = actor_of(
        open_account(by=operator("CRC"), handle="crc-lead-2", office="shift-lead", password=None)
    )
    key = propose(house, lead)
    digest, start = row(key, lead).digest, Barrier(8)

    def join(by):
        start.wait()
        try:
            pairs.second(by=by, proposal=key, digest=digest)
        except Refusal as refusal:
            return type(refusal)
        finally:
            connections["default"].close()
        return None

    head.again(), third.again()
    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(join, [head, third] * 4))

    assert ended.count(None) == 1
    assert ended.count(rules.EndedAlready) == 7
    assert granted(lead) == 1


def test_an_act_that_its_own_rules_refuse_leaves_the_proposal_open(house, two):
    lead, head = two
    key = propose(house, lead, type="none-such")
    digest = row(key, head).digest

    with pytest.raises(Refusal, match="none-such"):
        pairs.second(by=head, proposal=key, digest=digest)

    assert (row(key, head).state, row(key, head).second_account) == ("open", "")
    assert granted(lead) == 0
    pairs.end(by=head, proposal=key, ground="There is no such type")


def test_a_proposal_is_void_after_a_day(house, two):
    lead, head = two
    key = propose(house, lead)
    digest = row(key, head).digest
    house.clock.tick(hours=24, microseconds=-1)
    assert pairs.waiting(head) == 1
    house.clock.tick(microseconds=1)

    assert pairs.waiting(head) == 0
    found = row(key, head)
    assert rules.standing(state=found.state, until=found.until, now=house.clock()) == "void"
    with pytest.raises(rules.EndedAlready):
        pairs.second(by=head, proposal=key, digest=digest)
    with pytest.raises(rules.EndedAlready):
        pairs.end(by=head, proposal=key, ground="Too late")
    assert [each.key for each in pairs.within_reach(head)] == [key]


def test_who_proposed_takes_back_and_another_turns_down(house, two):
    lead, head = two
    own, others = propose(house, lead), propose(house, lead)
    with pytest.raises(rules.GroundMissing):
        pairs.end(by=lead, proposal=own, ground="  ")

    pairs.end(by=lead, proposal=own, ground="A slip of the pen")
    pairs.end(by=head, proposal=others, ground=" The post is open ")

    assert (row(own, head).state, row(own, head).second_account) == ("withdrawn", "")
    assert (row(others, lead).state, row(others, lead).second_office, row(others, lead).ground) == (
        "declined", "head", "The post is open",
    )  # fmt: skip
    for key in (own, others):
        with pytest.raises(rules.EndedAlready):
            pairs.second(by=head, proposal=key, digest=row(key, head).digest)
        with pytest.raises(rules.EndedAlready):
            pairs.end(by=head, proposal=key, ground="Once more")
        assert pairs.persons(key, reader=lead) is None
    assert len(pairs.within_reach(head)) == 2


def test_a_program_neither_proposes_nor_joins_nor_ends(house, two):
    lead, _head = two
    key = propose(house, lead)
    program = by_token(new_token(Account.objects.get(handle="crc-head"), client="clerk"))
    assert ACT in program.mandates
    for fresh in (False, True):
        program.fresh = fresh
        with pytest.raises(rules.PersonsOnly):
            pairs.second(by=program, proposal=key, digest=row(key, lead).digest)
        with pytest.raises(rules.PersonsOnly):
            pairs.propose(by=program, act=ACT, body=body(house))
        with pytest.raises(rules.PersonsOnly):
            pairs.end(by=program, proposal=key, ground="No")
    assert pairs.waiting(program) == 0
    assert row(key, lead).state == "open"


def test_both_persons_have_just_proved_who_they_are(house, two):
    lead, head = two
    lead.fresh = False
    with pytest.raises(ConfirmItIsYou):
        propose(house, lead)
    lead.fresh = True
    key = propose(house, lead)
    head.fresh = False
    with pytest.raises(ConfirmItIsYou):
        pairs.second(by=head, proposal=key, digest=row(key, head).digest)
    assert row(key, head).state == "open"


def test_who_proposed_still_holds_the_office_when_it_is_joined(house, two):
    lead, head = two
    key = propose(house, lead)
    held = Seat.objects.visible_to(porter("CRC")).get(account="crc-shift-lead")
    end_office(by=operator("CRC"), seat=held.key, ground="Relieved")
    with pytest.raises(rules.ProposerGone):
        pairs.second(by=head, proposal=key, digest=row(key, head).digest)
    assert granted(head) == 0

    give_office(by=operator("CRC"), account="crc-shift-lead", office="shift-lead")
    pairs.second(by=head, proposal=key, digest=row(key, head).digest)
    assert granted(head) == 1


def test_an_office_that_ended_while_its_holder_waited_for_the_pen_does_nothing_more(house, two):
    lead, head = two
    key = propose(house, lead)
    held = Seat.objects.visible_to(porter("CRC")).get(account="crc-head")
    end_office(by=operator("CRC"), seat=held.key, ground="Relieved")
    for late in (
        lambda: pairs.second(by=head, proposal=key, digest=row(key, lead).digest),
        lambda: pairs.end(by=head, proposal=key, ground="No"),
        lambda: propose(house, head),
    ):
        with pytest.raises(NotMandated):
            late()
    assert row(key, lead).state == "open"


def test_absent_and_forbidden_proposals_are_the_same(house, two):
    """Of another party, above one's clearance, or in an exercise: all as if never written."""
    lead, head = two
    high = pairs.propose(by=head, act=ACT, body=body(house), level="H3")
    own = propose(house, lead)
    stranger = house.officer(ACT, party="KZ", clearance="H3", account="kz-x")
    drilling = actor_of(Account.objects.get(handle="crc-head"), mode="exercise")
    lead.again()

    for key, reader in ((high, lead), (own, stranger), (own, drilling), ("proposal/CRC/never", lead)):
        with pytest.raises(pairs.NoSuchProposal) as refused:
            pairs.second(by=reader, proposal=key, digest="0" * 64)
        assert refused.value.fields == {}
        assert key not in {each.key for each in pairs.within_reach(reader)}

    assert [each.key for each in pairs.within_reach(lead)] == [own]
    assert {each.key for each in pairs.within_reach(head)} == {own, high}
    assert (pairs.waiting(lead), pairs.waiting(head)) == (0, 1)
    assert Proposal.objects.count() == 2


def test_an_act_that_nobody_declared_takes_no_two_persons(house, two):
    lead, _head = two
    with pytest.raises(Broken, match="no act for two"):
        pairs.propose(by=lead, act="exchange.end-waiver", body={})


def test_two_desks_cannot_claim_one_act(waivers):
    with pytest.raises(Broken, match="two acts claim"):
        pairs.declare(ACT, carry_out=show, show=show)
    assert pairs.pair_of(ACT).carry_out is carry_out
    assert pairs.pair_of("exchange.end-waiver") is None

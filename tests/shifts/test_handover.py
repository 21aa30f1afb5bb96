"""The hand-over: two officers, one body, every item seen; only then does the watch pass."""

import pytest

from commonwatch.access import waiting
from commonwatch.access.actor import ConfirmItIsYou, NotMandated
from commonwatch.access.rules import PersonsOnly
from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.shifts import acts, rules
from commonwatch.desks.shifts.intake import eyes_of, gather, watch_now
from commonwatch.desks.shifts.models import Handover
from commonwatch.register import history


@pytest.fixture
def ending(desk):
    """The day shift is about to end; Kazakhstan and others have not reported."""
    acts.take_watch(by=desk.first, seen="")
    desk.at(14, 17, 40)
    return desk


def sign(desk, **more):
    items, _left = gather(desk.first)
    given = {"shown": {each.key for each in items}, "remarks": {}} | more
    return acts.sign_handover(by=desk.first, **given)


def row_of(desk, key):
    return acts.handover_of(key, by=desk.second)


def accept(desk, key, *, by=None, **more):
    by = by or desk.second
    row = row_of(desk, key)
    since = acts.came_since(row, by=by)
    seen = {each.key for each in (*row.body.items, *since)}
    given = {"digest": rules.digest_since(row.digest, since), "seen": seen} | more
    return acts.accept_handover(by=by, handover=key, **given)


def test_what_waits_is_kept_with_its_sentence_and_the_remark(ending):
    key = sign(ending, remarks={"duty/D1/KZ/2026-09-14": "called twice"}, general="quiet")
    items = {each.key: each for each in row_of(ending, key).body.items}
    assert items["duty/D1/KZ/2026-09-14"].remark == "called twice"
    assert "Kazakhstan" in items["duty/D1/KZ/2026-09-14"].title
    assert row_of(ending, key).body.remarks == "quiet"
    assert {each.party for each in row_of(ending, key).body.posts} >= {"KZ", "KG"}


def test_the_watch_passes_with_the_second_signature_alone_and_cites_it_by_its_hash(ending):
    key = sign(ending)
    assert watch_now(ending.second).account == "crc-duty"
    accept(ending, key)
    held, row = watch_now(ending.first), row_of(ending, key)
    assert (held.account, held.how, held.shift) == ("crc-duty-2", "handover", "night")
    assert (row.state, row.other_account) == ("accepted", "crc-duty-2")
    past = history.of_subject(key, reader=ending.first)
    assert held.handover == past[-1].place.hash


def test_both_sign_the_body_that_was_shown(ending):
    key = sign(ending, general="as said")
    row = row_of(ending, key)
    assert row.digest == rules.digest_of(row.body)
    with pytest.raises(rules.SeenOtherwise):
        accept(ending, key, digest=row.digest)
    accept(ending, key)
    assert row_of(ending, key).accepted_digest == rules.digest_since(row.digest, ())


def test_nobody_hands_over_to_oneself(ending):
    key = sign(ending)
    with pytest.raises(rules.ToOneself):
        accept(ending, key, by=ending.first)
    assert accept(ending, key)


def test_every_item_has_to_be_seen(ending):
    key = sign(ending)
    items = [each.key for each in row_of(ending, key).body.items]
    assert len(items) > 1
    with pytest.raises(rules.NotAllSeen) as refused:
        accept(ending, key, seen=set(items[1:]))
    assert refused.value.fields["count"] == 1
    assert watch_now(ending.second).account == "crc-duty"


def test_what_came_since_must_be_seen_too_and_is_kept_beside_the_rest(ending):
    key = sign(ending)
    before = row_of(ending, key)
    ending.card("BY")
    acts.log_call(by=ending.first, party="BY", outcome="no-answer", test=True)
    since = acts.came_since(before, by=ending.second)
    assert [each.kind for each in since] == ["card"]
    with pytest.raises(rules.SeenOtherwise):
        accept(ending, key, digest=rules.digest_since(before.digest, ()))
    with pytest.raises(rules.NotAllSeen):
        accept(ending, key, seen={each.key for each in before.body.items})
    accept(ending, key)
    assert [each.key for each in row_of(ending, key).since] == [each.key for each in since]


def test_what_began_to_wait_since_the_page_was_opened_is_shown_before_it_is_signed(ending):
    shown = {each.key for each in gather(ending.first)[0]}
    some = set(list(shown)[1:])
    with pytest.raises(rules.StillMore):
        sign(ending, shown=some)
    assert sign(ending, shown=shown)


def test_only_who_has_the_watch_signs_and_once(ending):
    items = {each.key for each in gather(ending.second)[0]}
    with pytest.raises(rules.NotYourWatch):
        acts.sign_handover(by=ending.second, shown=items, remarks={})
    sign(ending)
    with pytest.raises(rules.OpenAlready):
        sign(ending)


def test_signatures_are_given_by_persons_who_have_just_proved_who_they_are(ending):
    stale, program = ending.first, ending.first
    stale.fresh, program.client = False, "meter"
    for by, refusal in ((stale, ConfirmItIsYou), (program, PersonsOnly)):
        with pytest.raises(refusal):
            acts.sign_handover(by=by, shown=(), remarks={})
    key = sign(ending)
    late = ending.second
    late.fresh = False
    with pytest.raises(ConfirmItIsYou):
        accept(ending, key, by=late)
    with pytest.raises(NotMandated):
        accept(ending, key, by=ending.house.sit("CRC", "head"))


def test_it_is_withdrawn_by_who_signed_and_refused_by_a_colleague_and_the_watch_stays(ending):
    key = sign(ending)
    with pytest.raises(rules.NotYourHandover):
        acts.end_handover(by=ending.second, handover=key, how="withdrawn", reason="too early")
    with pytest.raises(rules.ReasonMissing):
        acts.end_handover(by=ending.second, handover=key, how="refused", reason="")
    acts.end_handover(by=ending.second, handover=key, how="refused", reason="the log is not written")
    with pytest.raises(rules.OverWith):
        accept(ending, key)
    again = sign(ending)
    acts.end_handover(by=ending.first, handover=again, how="withdrawn", reason="something came")
    assert [row_of(ending, each).state for each in (key, again)] == ["refused", "withdrawn"]
    assert watch_now(ending.second).account == "crc-duty"


def test_a_watch_taken_without_it_overtakes_a_hand_over_that_waits(ending):
    key = sign(ending)
    ending.at(14, 18, 40)
    acts.take_watch(by=ending.lead, seen=watch_now(ending.lead).key, reason="nobody came")
    assert row_of(ending, key).state == "overtaken"
    with pytest.raises(rules.OverWith):
        accept(ending, key)


def test_another_party_finds_no_hand_over(ending):
    key = sign(ending)
    officer = ending.house.officer("shifts.sign-handover", party="KZ")
    for name in (key, "handover/CRC/none"):
        with pytest.raises(acts.NoSuchHandover):
            acts.end_handover(by=officer, handover=name, how="refused", reason="mine")
    assert not Handover.objects.visible_to(officer).exists()


def test_what_waits_is_gathered_with_the_eyes_of_the_notes_own_label(ending):
    key = sign(ending)
    eyes, row = eyes_of(ending.first), Handover.objects.visible_to(ending.first).get(key=key)
    assert ending.first.viewer.categories == {"CERT"}
    assert (eyes.viewer.clearance, eyes.viewer.categories) == (row.journal.level, frozenset())
    assert {each.key for each in row.body.items} <= {each.key for each in waiting.of(eyes)}


def of_kind(by):
    return [each for each in waiting.of(by) if each.kind == "handover"]


def test_a_shift_that_ends_waits_for_its_hand_over_and_for_nobody_else(desk):
    acts.take_watch(by=desk.first, seen="")
    assert not of_kind(desk.first)
    desk.at(14, 17, 10)
    assert [each.needs for each in of_kind(desk.first)] == [False]
    desk.at(14, 18, 5)
    (mine,), (others,) = of_kind(desk.first), of_kind(desk.lead)
    assert (mine.key, mine.needs, mine.due_at) == (others.key, True, watch_now(desk.first).until)
    assert not of_kind(desk.house.na("KZ"))
    key = sign(desk)
    (after,) = of_kind(desk.second)
    assert (after.key, key in after.url) == (mine.key, True)
    accept(desk, key)
    assert not of_kind(desk.first)


def test_a_hand_over_is_late_a_quarter_of_an_hour_after_the_shift(desk):
    minute = 60_000_000
    assert rules.how_late(14 * minute, due_at=0) == 0
    assert rules.how_late(20 * minute, due_at=0) == 20


def test_a_promise_by_telephone_is_handed_over_until_the_duty_is_met(ending):
    acts.log_call(
        by=ending.first, party="KZ", outcome="promised", promised="18:30", about="duty/D1/KZ/2026-09-14"
    )
    assert [each.title for each in gather(ending.first)[0] if each.kind == "call"] == [
        "Kazakhstan promised by 18:30 UTC"
    ]
    sent = Sent(type="D1", period="2026-09-14", values={"change": "no_change"})
    exchange.submit_report(by=ending.house.na("KZ"), report=sent, channel="form")
    assert not [each for each in gather(ending.first)[0] if each.kind == "call"]

"""The rules of the drills alone: what counts, what is judged, how faults are drawn and found, how a year adds up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.charter.model import Drill, DrillMessage
from commonwatch.desks.drills import rules
from commonwatch.desks.drills.facts import Scored, Timed
from commonwatch.desks.drills.rules import ACKNOWLEDGE, MINUTE, SECOND, Called, Came, Find

EXCHANGE = Drill("exchange", {"en": "x"}, 10, (DrillMessage("D1", 30), DrillMessage("U1", 20)))
CALL = Drill("call", {"en": "x"}, 10)
START = 1_000 * MINUTE


def called(*posts, ended=None):
    limits = ((ACKNOWLEDGE, 10), ("D1", 30), ("U1", 20))
    end = None if ended is None else START + ended * MINUTE
    return Called(START, posts or ("KZ",), limits, end)


def at(minutes):
    return START + round(minutes * MINUTE)


def judged(call, *, now, came=(), parts=(), finds=()):
    return rules.score(call, came=came, parts=parts, finds=finds, now=at(now))


def standings(score, post="KZ"):
    return [each.standing for each in next(p for p in score.posts if p.post == post).timed]


def test_a_time_at_the_limit_is_within_it_and_a_moment_later_is_after_it():
    for late, standing in ((0, "within"), (1, "after")):
        came = [Came("KZ", ACKNOWLEDGE, at(10) + late), Came("KZ", "D1", at(30) + late)]
        assert standings(judged(called(), now=40, came=came)) == [standing, standing, "never"]


def test_before_its_limit_a_thing_waits_behind_it_it_is_overdue_and_at_the_end_it_never_came():
    assert standings(judged(called(), now=5)) == ["waiting", "waiting", "waiting"]
    assert standings(judged(called(), now=15)) == ["overdue", "waiting", "waiting"]
    assert standings(judged(called(), now=31)) == ["never", "never", "never"]


def test_the_first_that_fits_counts_and_nothing_from_before_the_call():
    came = [Came("KZ", "U1", at(-1)), Came("KZ", "U1", at(9), corrections=2), Came("KZ", "U1", at(4))]
    found = judged(called(), now=40, came=came)
    assert found.posts[0].timed[2] == Timed("U1", 20, "within", 240)
    only_before = judged(called(), now=40, came=came[:1])
    assert only_before.posts[0].timed[2] == Timed("U1", 20, "never")


def test_a_drill_ended_early_judges_only_what_was_due_or_had_come():
    came = [Came("KZ", "D1", at(12)), Came("KZ", "U1", at(16))]
    found = judged(called(ended=15), now=40, came=came)
    assert standings(found) == ["never", "within", "not_judged"]
    assert found.called.early
    assert rules.share_of(found.posts) == rules.Share(1, 2)


def test_an_acknowledgement_after_the_end_is_after_its_limit_and_in_the_share():
    found = judged(called(), now=60, came=[Came("KZ", ACKNOWLEDGE, at(45))])
    assert found.posts[0].timed[0] == Timed(ACKNOWLEDGE, 10, "after", 45 * 60)
    assert rules.share_of(found.posts) == rules.Share(0, 3)


def test_of_a_post_that_plays_silence_nothing_is_judged_and_the_reserve_way_is_shown():
    came = [Came("KZ", ACKNOWLEDGE, at(2)), Came("KZ", ACKNOWLEDGE, at(14), by_telephone=True)]
    found = judged(called(), now=40, came=came, parts=[("KZ", rules.SILENT)])
    assert standings(found) == ["played"] * 3
    assert found.posts[0].timed[0].seconds == 14 * 60
    assert rules.share_of(found.posts).judged == 0


def test_of_a_post_whose_line_is_lost_only_what_comes_by_telephone_counts():
    came = [Came("KZ", ACKNOWLEDGE, at(2)), Came("KZ", ACKNOWLEDGE, at(8), by_telephone=True)]
    found = judged(called(), now=40, came=came, parts=[("KZ", rules.LINE)])
    assert found.posts[0].timed[0] == Timed(ACKNOWLEDGE, 10, "within", 480, by_telephone=True)
    only_pressed = judged(called(), now=40, came=came[:1], parts=[("KZ", rules.LINE)])
    assert standings(only_pressed)[0] == "never"


def test_a_fault_of_one_post_changes_nothing_for_another():
    came = [Came("BY", ACKNOWLEDGE, at(2))]
    found = judged(called("KZ", "BY"), now=40, came=came, parts=[("KZ", rules.SILENT)])
    assert standings(found, "BY") == ["within", "never", "never"]


def test_finds_are_held_against_what_was_injected():
    finds = [Find("KZ", rules.FORMAT, at(9)), Find("KZ", rules.FORMAT, at(6)), Find("KZ", rules.HOURS, at(7))]
    found = judged(called(), now=40, parts=[("KZ", rules.FORMAT), ("KZ", rules.LINE)], finds=finds)
    caught = {each.fault: (each.injected, each.seconds) for each in found.posts[0].faults}
    assert caught == {"format": (True, 360), "line": (True, None), "hours": (False, 420)}


def test_the_same_seed_draws_the_same_faults_and_another_seed_others():
    posts = ["AM", "BY", "KG", "KZ", "RU", "TJ"]
    drawn = rules.draw(posts, drill=EXCHANGE, seed="one")
    assert drawn == rules.draw(posts, drill=EXCHANGE, seed="one")
    assert any(rules.draw(posts, drill=EXCHANGE, seed=str(seed)) != drawn for seed in range(5))


@given(st.text(max_size=20))
def test_a_drawn_fault_can_be_played_in_the_drill(seed):
    drawn = rules.draw(["AM", "BY", "KG", "KZ"], drill=CALL, seed=seed)
    rules.check_faults(drawn, drill=CALL, posts=["AM", "BY", "KG", "KZ"])
    assert rules.FORMAT not in drawn.values()


def test_a_wrong_format_needs_a_message_and_a_fault_a_post_that_is_called():
    rules.check_faults({"KZ": rules.FORMAT}, drill=EXCHANGE, posts=["KZ"])
    with pytest.raises(rules.NoSuchFault, match="format"):
        rules.check_faults({"KZ": rules.FORMAT}, drill=CALL, posts=["KZ"])
    with pytest.raises(rules.NoSuchFault, match="BY"):
        rules.check_faults({"BY": rules.LINE}, drill=EXCHANGE, posts=["KZ"])


@given(
    st.lists(st.tuples(st.sampled_from(["KZ", "BY"]), st.sampled_from([ACKNOWLEDGE, "D1"]), st.integers(-5, 90))),
    st.one_of(st.none(), st.integers(1, 60)),
    st.integers(0, 120),
    st.randoms(),
)  # fmt: skip
def test_a_score_depends_on_what_came_and_not_on_its_order(came, ended, now, chance):
    marks = [Came(post, what, at(minutes)) for post, what, minutes in came]
    shuffled = list(marks)
    chance.shuffle(shuffled)
    call = called("KZ", "BY", ended=ended)
    first, second = judged(call, now=now, came=marks), judged(call, now=now, came=shuffled)
    assert first == second
    share = rules.share_of(first.posts)
    assert 0 <= share.within <= share.judged <= 6


def test_a_share_is_rounded_with_a_half_up_and_says_when_it_rests_on_few():
    assert rules.Share(1, 8).percent == 13
    assert rules.Share(0, 0).percent is None
    assert rules.Share(4, 4).few
    assert not rules.Share(4, 5).few


def test_a_year_has_a_line_for_each_post_and_drill_with_median_and_worst():
    def held(*seconds):
        return [
            Scored("KZ", (Timed(ACKNOWLEDGE, 10, "within" if s <= 600 else "after", s),)) for s in seconds
        ]

    never = Scored("BY", (Timed(ACKNOWLEDGE, 10, "never"),))
    year = [("call", held(100)), ("call", held(700)), ("call", [*held(300), never]), ("urgent", held(20))]
    found = rules.trends(year)
    assert [(each.post, each.drill, each.times) for each in found] == [
        ("BY", "call", 1), ("KZ", "call", 3), ("KZ", "urgent", 1),
    ]  # fmt: skip
    assert (found[0].median, found[0].worst, found[0].share) == (None, None, rules.Share(0, 1))
    assert (found[1].median, found[1].worst, found[1].share) == (300, 700, rules.Share(2, 3))


def test_it_ends_by_itself_with_the_last_limit():
    assert called().ends_at == at(30)
    assert not judged(called(), now=29).over
    assert judged(called(), now=30).over
    assert called(ended=45).ends_at == at(30)
    assert SECOND * 60 == MINUTE

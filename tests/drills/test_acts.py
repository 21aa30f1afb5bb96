"""Drills as they are held: who is told what, what counts, what is refused, what crosses into the real record."""

import pytest

from commonwatch.access import waiting
from commonwatch.access.actor import NotMandated
from commonwatch.charter.label import spelled_out
from commonwatch.desks.drills import acts, intake, rules
from commonwatch.desks.drills.models import Answer, Call, Found, Kept, Part, Plan, Played
from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.exchange.intake import Sent
from commonwatch.register.models import Entry, Journal
from tests.exchange.test_acts import sample

POSTS = ("BY", "KZ")


def lead(house, mode="exercise"):
    return house.sit("CRC", "shift-lead", mode=mode)


def duty(house, mode="exercise"):
    return house.sit("CRC", "duty", mode=mode)


def post(house, party="KZ", mode="exercise"):
    return house.sit(party, "na-officer", mode=mode)


def hold(house, drill="exchange", posts=POSTS, faults=None, **more):
    """Start a drill at once, whatever real things wait; return its call."""
    made = acts.plan_drill(by=lead(house), drill=drill, posts=posts, faults=faults, confirmed=True, **more)
    return made.call


def send(house, by, type_, **more):
    """Send a report of a type for the party of `by`, with what the type asks for."""
    kind = house.node.pack.type(type_)
    values = {each.code: sample(house, each) for each in kind.fields if each.required}
    named = {"period": "2026-09-14"} if kind.schedule else {"event_at": "2026-09-14T04:00:00Z"}
    channel = "telephone" if more.get("owes") else "form"
    return exchange.submit_report(
        by=by, report=Sent(type=type_, values=values, **named, **more), channel=channel, confirmed=True
    )


def score(house, call, by=None):
    by = by or lead(house)
    row = intake.call_of(call, by=by)
    return intake.scores(by, [row], at=house.clock())[call]


def timed(house, call, party, what):
    posts = {each.post: each for each in score(house, call).posts}
    return next(each for each in posts[party].timed if each.what == what)


def test_a_call_is_acknowledged_and_its_messages_are_matched_in_the_exercise(house):
    send(house, post(house), "U1")
    house.clock.tick(minutes=1)
    call = hold(house)
    house.clock.tick(minutes=4)
    acts.acknowledge(by=post(house), call=call)
    house.clock.tick(minutes=8)
    send(house, post(house), "U1")
    send(house, post(house, mode="real"), "D1")
    house.clock.tick(minutes=20)
    done = send(house, post(house), "D1")
    exchange.correct_report(
        by=post(house), report=done.subject, values={}, nil=True, reason="SAMPLE: a drill", channel="form"
    )
    assert timed(house, call, "KZ", "acknowledge").seconds == 240
    assert (timed(house, call, "KZ", "U1").seconds, timed(house, call, "KZ", "U1").standing) == (
        720,
        "within",
    )
    assert (timed(house, call, "KZ", "D1").standing, timed(house, call, "KZ", "D1").corrections) == (
        "after",
        1,
    )
    assert timed(house, call, "BY", "D1").standing == "never"


def test_a_withdrawn_message_is_none_and_real_reports_leave_no_row(house):
    call = hold(house)
    done = send(house, post(house), "U1")
    assert timed(house, call, "KZ", "U1").standing == "within"
    exchange.withdraw_report(by=post(house), report=done.subject, reason="SAMPLE: by mistake")
    assert timed(house, call, "KZ", "U1").standing == "waiting"
    send(house, post(house, mode="real"), "U1")
    assert Played.objects.visible_to(lead(house)).count() == 1
    assert not Played.objects.visible_to(lead(house, "real")).exists()


def test_a_message_counts_for_the_latest_call_before_it(house):
    first = hold(house, drill="urgent")
    house.clock.tick(minutes=16)
    second = hold(house, drill="urgent")
    house.clock.tick(minutes=1)
    send(house, post(house), "U1")
    assert timed(house, first, "KZ", "U1").standing == "never"
    assert timed(house, second, "KZ", "U1").standing == "within"


def test_what_the_center_writes_down_by_telephone_counts_and_says_so(house):
    call = hold(house, faults={"KZ": rules.LINE})
    house.clock.tick(minutes=3)
    acts.acknowledge(by=post(house), call=call)
    acts.acknowledge_for(by=duty(house), call=call, post="KZ")
    send(house, duty(house), "U1", owes="KZ")
    assert timed(house, call, "KZ", "acknowledge").by_telephone
    assert timed(house, call, "KZ", "U1").by_telephone
    assert timed(house, call, "BY", "U1").standing == "waiting"


def test_acknowledging_twice_leaves_the_first_time(house):
    call = hold(house)
    first = acts.acknowledge(by=post(house), call=call)
    house.clock.tick(minutes=5)
    assert acts.acknowledge(by=post(house), call=call).at == first.at
    assert Answer.objects.visible_to(lead(house)).count() == 1


def test_an_acknowledgement_after_the_end_is_taken_and_judged_as_after(house):
    call = hold(house, drill="call")
    house.clock.tick(minutes=12)
    acts.acknowledge(by=post(house), call=call)
    assert timed(house, call, "KZ", "acknowledge").standing == "after"
    assert timed(house, call, "BY", "acknowledge").standing == "never"


@pytest.mark.parametrize("office", ["shift-lead", "head"])
def test_no_act_is_done_in_the_real_mode(house, office):
    call, plan = hold(house), Plan.objects.visible_to(lead(house)).get().key
    real = house.officer("drills.run-drill", "drills.answer-drill", "drills.keep-score", party="CRC")
    before = Entry.objects.count()
    for act in (
        lambda: acts.plan_drill(by=real, drill="call", posts=POSTS),
        lambda: acts.start_drill(by=real, plan=plan),
        lambda: acts.cancel_drill(by=real, plan=plan),
        lambda: acts.acknowledge(by=real, call=call),
        lambda: acts.acknowledge_for(by=real, call=call, post="KZ"),
        lambda: acts.mark_found(by=real, call=call, post="KZ", fault=rules.LINE),
        lambda: acts.end_drill(by=real, call=call),
        lambda: acts.keep_score(by=real, call=call),
    ):
        with pytest.raises(rules.NotInExercise):
            act()
    assert Entry.objects.count() == before
    assert "drills.run-drill" in house.sit("CRC", office).mandates


def test_everything_of_a_drill_stands_in_exercise_journals(house):
    call = hold(house, faults={"KZ": rules.SILENT})
    acts.acknowledge(by=post(house, "BY"), call=call)
    acts.mark_found(by=duty(house), call=call, post="KZ", fault=rules.SILENT)
    acts.end_drill(by=lead(house), call=call)
    modes = Entry.objects.filter(kind__startswith="drills.").values_list("journal__mode", flat=True)
    assert set(modes) == {"exercise"}
    assert not Call.objects.visible_to(lead(house, "real")).exists()


def test_the_plan_is_the_centers_own_and_a_part_is_told_to_its_post_alone(house):
    hold(house, faults={"KZ": rules.SILENT, "BY": rules.FORMAT})
    kz, by, am = post(house), post(house, "BY"), post(house, "AM")
    assert not Plan.objects.visible_to(kz).exists()
    assert [(row.post, row.fault) for row in Part.objects.visible_to(kz)] == [("KZ", "silent")]
    assert [(row.post, row.fault) for row in Part.objects.visible_to(by)] == [("BY", "format")]
    assert Part.objects.visible_to(duty(house)).count() == 2
    assert Call.objects.visible_to(kz).count() == 1
    assert not Call.objects.visible_to(am).exists()
    assert not Part.objects.visible_to(am).exists()


def test_a_planned_drill_is_told_to_nobody_before_it_starts(house):
    starts = house.clock() + 30 * rules.MINUTE
    made = acts.plan_drill(
        by=lead(house), drill="call", posts=POSTS, starts=starts, faults={"KZ": rules.SILENT}
    )
    assert (made.state, made.call) == ("planned", "")
    assert not Journal.objects.filter(mode="exercise", parties__contains="KZ").exists()
    call = acts.start_drill(by=lead(house), plan=made.key, confirmed=True)
    assert call.codes == POSTS


def test_drawn_faults_are_kept_with_their_seed(house):
    posts = intake.posts_known()
    made = acts.plan_drill(by=lead(house), drill="exchange", posts=posts, drawn=True, confirmed=True)
    assert made.seed
    assert made.faults == rules.draw(posts, drill=intake.drill_of("exchange"), seed=made.seed)
    again = acts.plan_drill(
        by=lead(house), drill="exchange", posts=posts, drawn=True, seed="7", starts=house.clock()
    )
    assert again.faults == rules.draw(posts, drill=intake.drill_of("exchange"), seed="7")


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"posts": ()}, rules.NoPosts),
        ({"posts": ("KZ", "XX")}, rules.NotAPost),
        ({"posts": ("CRC",)}, rules.NotAPost),
        ({"posts": ("SEC",)}, rules.NotAPost),
        ({"drill": "none"}, rules.NoSuchDrill),
        ({"faults": {"TJ": rules.LINE}}, rules.NoSuchFault),
        ({"faults": {"KZ": "fire"}}, rules.NoSuchFault),
        ({"starts": 1}, rules.StartUnreadable),
    ],
)
def test_what_cannot_be_held_is_refused_and_nothing_is_written(house, asked, refusal):
    with pytest.raises(refusal):
        hold(house, **asked)
    assert not Entry.objects.filter(kind__startswith="drills.").exists()
    assert hold(house)


def test_only_a_mandate_holds_answers_or_keeps(house):
    call = hold(house)
    with pytest.raises(NotMandated):
        acts.plan_drill(by=duty(house), drill="call", posts=POSTS)
    with pytest.raises(NotMandated):
        acts.acknowledge(by=house.sit("KZ", "analyst", mode="exercise"), call=call)
    with pytest.raises(NotMandated):
        acts.keep_score(by=duty(house), call=call)


def test_who_is_not_called_answers_as_if_there_were_no_drill(house):
    call = hold(house)
    with pytest.raises(intake.NoSuchCall):
        acts.acknowledge(by=post(house, "AM"), call=call)
    with pytest.raises(intake.NoSuchCall):
        acts.acknowledge(by=post(house, "AM"), call="call/CRC/none\0")
    with pytest.raises(acts.NotCalled):
        acts.acknowledge_for(by=duty(house), call=call, post="AM")
    with pytest.raises(acts.NotCalled):
        acts.acknowledge(by=duty(house), call=call)


def test_a_plan_is_started_once_and_two_leads_do_not_call_a_post_twice(house):
    made = acts.plan_drill(by=lead(house), drill="call", posts=POSTS, starts=house.clock())
    other = house.sit("CRC", "head", mode="exercise")
    call = acts.start_drill(by=other, plan=made.key, confirmed=True)
    with pytest.raises(rules.StartedAlready):
        acts.start_drill(by=lead(house), plan=made.key, confirmed=True)
    with pytest.raises(rules.StartedAlready):
        acts.cancel_drill(by=lead(house), plan=made.key)
    with pytest.raises(rules.PostBusy, match="Kazakhstan"):
        hold(house, posts=("KZ", "TJ"))
    assert Plan.objects.visible_to(other).count() == 1
    acts.end_drill(by=lead(house), call=call.key)
    assert hold(house, posts=("KZ", "TJ"))


def test_a_cancelled_plan_is_not_started(house):
    made = acts.plan_drill(by=lead(house), drill="call", posts=POSTS, starts=house.clock())
    acts.cancel_drill(by=lead(house), plan=made.key)
    with pytest.raises(rules.StartedAlready):
        acts.start_drill(by=lead(house), plan=made.key, confirmed=True)


def test_the_drill_of_another_is_not_ended(house):
    call = hold(house)
    stranger = house.officer(
        "drills.run-drill", "drills.answer-drill", "drills.keep-score", party="KZ", mode="exercise"
    )
    for act in (
        lambda: acts.end_drill(by=stranger, call=call),
        lambda: acts.acknowledge_for(by=stranger, call=call, post="BY"),
        lambda: acts.mark_found(by=stranger, call=call, post="BY", fault=rules.LINE),
        lambda: acts.keep_score(by=stranger, call=call),
    ):
        with pytest.raises(acts.NotYourDrill):
            act()
    assert acts.end_drill(by=lead(house), call=call).ended_at


def test_what_is_over_is_neither_ended_nor_searched_for_faults(house):
    call = hold(house)
    acts.mark_found(by=duty(house), call=call, post="KZ", fault=rules.HOURS)
    house.clock.tick(minutes=31)
    with pytest.raises(rules.OverAlready):
        acts.end_drill(by=lead(house), call=call)
    with pytest.raises(rules.OverAlready):
        acts.mark_found(by=duty(house), call=call, post="BY", fault=rules.HOURS)


def test_a_fault_is_found_once_and_compared_with_the_injection(house):
    call = hold(house, faults={"KZ": rules.FORMAT})
    house.clock.tick(minutes=6)
    first = acts.mark_found(by=duty(house), call=call, post="KZ", fault=rules.FORMAT)
    house.clock.tick(minutes=2)
    assert acts.mark_found(by=lead(house), call=call, post="KZ", fault=rules.FORMAT).at == first.at
    acts.mark_found(by=duty(house), call=call, post="BY", fault=rules.HOURS)
    faults = {each.post: each.faults for each in score(house, call).posts}
    assert [(each.injected, each.seconds) for each in faults["KZ"]] == [(True, 360)]
    assert [(each.injected, each.seconds) for each in faults["BY"]] == [(False, 480)]
    assert not Found.objects.visible_to(post(house)).exists()


def test_a_drill_beside_something_real_needs_a_confirmation_that_names_it(house):
    house.clock.tick(hours=4)
    real = waiting.alarms(lead(house))
    assert real
    with pytest.raises(rules.RealOpen) as refused:
        acts.plan_drill(by=lead(house), drill="call", posts=POSTS)
    assert real[0].title in refused.value.fields["what"]
    assert refused.value.fields["count"] == len(real)
    assert not Plan.objects.visible_to(lead(house)).exists()
    assert acts.plan_drill(by=lead(house), drill="call", posts=POSTS, confirmed=True).call


def test_only_the_score_crosses_and_cites_the_result_by_its_hash(house):
    call = hold(house, faults={"BY": rules.SILENT})
    acts.acknowledge(by=post(house), call=call)
    with pytest.raises(rules.StillRunning):
        acts.keep_score(by=lead(house), call=call)
    house.clock.tick(minutes=31)
    kept = acts.keep_score(by=house.sit("CRC", "head", mode="exercise"), call=call)
    row = Kept.objects.visible_to(lead(house, "real")).get(key=kept)
    plan = Plan.objects.visible_to(lead(house)).get()
    assert row.of == plan.result
    assert [each.timed for each in row.posts] == [each.timed for each in score(house, call).posts]
    assert not any(each.faults for each in row.posts)
    real = Entry.objects.filter(kind__startswith="drills.", journal__mode="real")
    assert [entry.kind for entry in real] == ["drills.score.kept"]
    assert b"silent" not in bytes(real.get().data)
    with pytest.raises(rules.KeptAlready):
        acts.keep_score(by=lead(house), call=call)


def test_every_member_reads_a_kept_score_and_nobody_in_the_exercise(house):
    call = hold(house, drill="call", posts=("KZ",))
    house.clock.tick(minutes=11)
    kept = acts.keep_score(by=lead(house), call=call)
    assert Kept.objects.visible_to(post(house, "TJ", mode="real")).filter(key=kept).exists()
    assert not Kept.objects.visible_to(lead(house)).exists()
    label = spelled_out(intake.kept_label("CRC"), originator="CRC")
    assert label.parties == house.node.pack.readers("members", originator="CRC", on=house.clock.now.date())


def test_a_call_waits_for_its_posts_in_the_exercise_only(house):
    def waits(by):
        return [
            each.key.rpartition("/")[2] for each in waiting.of(by, but="exchange") if each.kind == "drill"
        ]

    call = hold(house, faults={"BY": rules.SILENT})
    assert sorted(waits(post(house))) == ["D1", "U1", "acknowledge"]
    assert waits(post(house, "BY")) == ["acknowledge"]
    assert waits(post(house, mode="real")) == waits(post(house, "AM")) == waits(duty(house)) == []
    acts.acknowledge(by=post(house), call=call)
    assert sorted(waits(post(house))) == ["D1", "U1"]
    house.clock.tick(minutes=31)
    assert waits(post(house)) == []


def test_a_planned_drill_waits_for_its_lead_when_its_moment_has_come(house):
    acts.plan_drill(by=lead(house), drill="call", posts=POSTS, starts=house.clock() + 5 * rules.MINUTE)

    def waits(by):
        return [each for each in waiting.of(by, but="exchange") if each.kind == "drill"]

    assert not waits(lead(house))
    house.clock.tick(minutes=5)
    assert len(waits(lead(house))) == 1
    assert not waits(duty(house))
    assert not waits(post(house))


def test_the_other_organisation_has_the_mandates_and_no_drill(packs):
    pack = packs["ipcr"]
    assert pack.duty.drills == ()
    assert "drills.run-drill" in pack.office("watch-head").mandates

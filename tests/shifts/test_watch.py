"""Who has the watch: taken once, passed by two signatures, or taken without them with a reason that stays."""

from threading import Barrier, Thread

import pytest
from django.db import connections

from commonwatch.access.actor import NotMandated
from commonwatch.desks.shifts import acts, rules
from commonwatch.desks.shifts.intake import watch_now
from commonwatch.desks.shifts.models import Watch
from commonwatch.register import node as nodes


def test_who_takes_the_watch_has_it_until_the_shift_ends(desk):
    assert watch_now(desk.first) is None
    acts.take_watch(by=desk.first, seen="")
    held = watch_now(desk.second)
    assert (held.account, held.shift, held.how) == ("crc-duty", "day", "first")
    with pytest.raises(rules.WatchIsYours):
        acts.take_watch(by=desk.first, seen=held.key, reason="again")


def test_an_office_without_the_mandate_does_not_take_it(desk):
    with pytest.raises(NotMandated):
        acts.take_watch(by=desk.house.sit("CRC", "head"), seen="")
    with pytest.raises(NotMandated):
        acts.take_watch(by=desk.house.na("KZ"), seen="")


def test_of_two_who_take_it_after_one_another_the_second_is_told_who_has_it(desk):
    acts.take_watch(by=desk.first, seen="")
    with pytest.raises(rules.TakenMeanwhile, match="crc-duty took the watch at 06:00"):
        acts.take_watch(by=desk.second, seen="", reason="I am here")


def test_of_two_who_take_it_at_once_one_wins(desk):
    barrier, told = Barrier(2), []

    def take(by):
        with nodes.use(desk.house.node):
            barrier.wait()
            try:
                told.append(acts.take_watch(by=by, seen=""))
            except rules.TakenMeanwhile as refused:
                told.append(refused)
            finally:
                connections.close_all()

    threads = [Thread(target=take, args=(each,)) for each in (desk.first, desk.second)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert Watch.objects.visible_to(desk.lead).count() == 1
    assert sorted(isinstance(each, rules.TakenMeanwhile) for each in told) == [False, True]


def test_without_a_hand_over_the_watch_is_taken_with_a_reason_and_shown_so(desk):
    first = acts.take_watch(by=desk.first, seen="")
    desk.at(14, 18, 20)
    with pytest.raises(rules.ReasonMissing):
        acts.take_watch(by=desk.second, seen=first)
    acts.take_watch(by=desk.second, seen=first, reason="nobody answered")
    held = watch_now(desk.first)
    assert (held.account, held.shift, held.how) == ("crc-duty-2", "night", "without-handover")
    assert (held.before, held.reason) == ("crc-duty", "nobody answered")


def test_who_stays_for_another_shift_says_why(desk):
    first = acts.take_watch(by=desk.first, seen="")
    desk.at(14, 18, 20)
    acts.take_watch(by=desk.first, seen=first, reason="nobody came")
    assert (watch_now(desk.lead).how, watch_now(desk.lead).shift) == ("stayed", "night")


def test_in_the_middle_of_a_shift_the_running_one_is_taken_and_near_its_end_the_next(desk):
    first = acts.take_watch(by=desk.first, seen="")
    desk.at(14, 12)
    second = acts.take_watch(by=desk.second, seen=first, reason="fell ill")
    assert watch_now(desk.lead).shift == "day"
    desk.at(14, 17)
    acts.take_watch(by=desk.lead, seen=second, reason="fell ill too")
    assert watch_now(desk.lead).shift == "night"


def test_the_exercise_has_a_watch_of_its_own(desk):
    acts.take_watch(by=desk.first, seen="")
    drill = desk.house.sit("CRC", "duty", mode="exercise")
    assert watch_now(drill) is None

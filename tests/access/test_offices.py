"""Offices: given for periods, held in three manners, ended with a ground; a party administers its own people alone."""

from datetime import timedelta

import pytest

from commonwatch.access import logs, rules
from commonwatch.access.actor import ConfirmItIsYou, NoSuchOffice, NotMandated, actor_of, operator
from commonwatch.access.acts import NoSuchAccount, NoSuchSeat, end_office, give_office, open_account
from commonwatch.access.models import Account, Seat
from commonwatch.access.seats import administrators, porter, still_holds
from commonwatch.access.tokens import by_token, new_token
from commonwatch.register import history
from commonwatch.register.models import Journal

HOUR = 3_600_000_000
DAY = 24 * HOUR


@pytest.fixture
def admin(house):
    """Belarus' administrator, as a request finds it."""
    return actor_of(house.account("BY", "administrator"))


def seats(party):
    return list(Seat.objects.visible_to(porter(party)).filter(party=party).order_by("given_at", "key"))


def seat_of(handle):
    """The only seat of an account."""
    return next(each for each in seats(handle[:2].upper()) if each.account == handle)


def offices_now(handle):
    """Every office in which an account may sit at this moment."""
    account = Account.objects.get(handle=handle)
    found = [actor_of(account, seat=each.key) for each in seats(account.party) if each.account == handle]
    return {each.office for each in found if each}


def test_an_office_is_held_from_its_first_moment_until_before_its_last(house, admin):
    account = house.account("BY", "analyst")
    now = house.clock()
    give_office(
        by=admin,
        account="by-analyst",
        office="na-officer",
        since=now + HOUR,
        until=now + 2 * HOUR,
        manner="acting",
    )

    assert offices_now("by-analyst") == {"analyst"}
    house.clock.tick(hours=1)
    assert offices_now("by-analyst") == {"analyst", "na-officer"}
    house.clock.tick(hours=1)
    assert offices_now("by-analyst") == {"analyst"}
    assert actor_of(account).office == "analyst"


def test_who_holds_an_office_comes_before_who_acts_and_who_deputises(house, admin):
    now = house.clock()
    account = open_account(by=operator("BY"), handle="by-na-7", office="analyst", password=None)
    end_office(by=admin, seat=seat_of("by-na-7").key, ground="Moved to another chair")
    for manner, office in (("deputy", "na-head"), ("acting", "na-officer"), ("holder", "auditor")):
        until = None if manner == "holder" else now + DAY
        give_office(by=admin, account="by-na-7", office=office, manner=manner, until=until)
        assert (actor_of(account).office, actor_of(account).manner) == (office, manner)


def test_an_office_that_was_ended_stops_at_once_and_says_why(house, admin):
    account = house.account("BY", "na-officer")
    secret = new_token(account, client="hospital")
    assert by_token(secret).party == "BY"
    row = seat_of("by-na-officer")

    end_office(by=admin, seat=row.key, ground="  Posted elsewhere ")

    assert actor_of(account) is None
    assert by_token(secret) is None
    assert seat_of("by-na-officer").end_ground == "Posted elsewhere"
    with pytest.raises(rules.EndedAlready):
        end_office(by=admin, seat=row.key, ground="Again")


def test_giving_and_ending_stand_in_the_security_log_of_the_party_alone(house, admin):
    subject = give_office(by=admin, account="by-na-1", office="na-officer")
    end_office(by=admin, seat=subject, ground="Given by mistake")
    with pytest.raises(rules.EndedAlready):
        end_office(by=admin, seat=subject, ground="Again")

    lines = [(each.kind, each.account, logs.detail_of(each)["handle"]) for each in logs.events("BY")]

    assert lines[:2] == [
        ("office-ended", "by-administrator", "by-na-1"),
        ("office-given", "by-administrator", "by-na-1"),
    ]
    assert not [each for each in logs.events("KZ") if "by-na-1" in each.detail]


def test_who_gave_an_office_and_who_ended_it_stand_in_the_partys_own_journal(house, admin):
    subject = give_office(by=admin, account="by-na-1", office="na-officer")
    end_office(by=admin, seat=subject, ground="Given by mistake")

    past = history.of_subject(subject, reader=porter("BY"))

    assert [(each.kind, each.line.account, each.line.office) for each in past] == [
        ("access.office.given", "by-administrator", "administrator"),
        ("access.office.ended", "by-administrator", "administrator"),
    ]
    assert {each.origin.rpartition("/")[0] for each in past} == {"csto/BY/real/h1-own"}
    assert history.of_subject(subject, reader=porter("CRC")) == []
    assert history.of_subject(subject, reader=porter("KZ")) == []


@pytest.mark.parametrize(
    ("given", "refusal", "says"),
    [
        ({"account": "by na"}, rules.BadHandle, "cannot be used"),
        ({"account": "kz-na-1"}, rules.OtherPrefix, "begins with “by-”"),
        ({"office": "duty"}, NoSuchOffice, "BY has no office"),
        ({"manner": "owner"}, rules.BadManner, "no way of holding"),
        ({"manner": "deputy"}, rules.PeriodBackwards, "it has no end"),
        ({"since": 10 * DAY, "until": 9 * DAY}, rules.PeriodBackwards, "ends before it begins"),
        ({"since": 1, "until": 2}, rules.PeriodBackwards, "over already"),
    ],
)
def test_what_cannot_be_given_is_refused_and_named(house, admin, given, refusal, says):
    wanted = {"account": "by-na-1", "office": "na-officer"} | given
    with pytest.raises(refusal, match=says):
        give_office(by=admin, **wanted)
    assert [each.account for each in seats("BY")] == ["by-administrator"]

    give_office(by=admin, account="by-na-1", office="na-officer")
    assert {each.account for each in seats("BY")} == {"by-administrator", "by-na-1"}


def test_the_same_office_is_not_held_twice_at_one_time(house, admin):
    now = house.clock()
    give_office(by=admin, account="by-na-1", office="na-officer", until=now + DAY)

    with pytest.raises(rules.HeldAlready, match="“by-na-1” holds the office “na-officer”"):
        give_office(by=admin, account="by-na-1", office="na-officer", since=now + DAY - 1)

    give_office(by=admin, account="by-na-1", office="na-officer", since=now + DAY)
    give_office(by=admin, account="by-na-1", office="analyst")
    give_office(by=admin, account="by-na-2", office="na-officer")


def test_an_account_of_another_party_is_refused_as_one_that_never_was(house, admin):
    house.account("KZ", "na-officer")
    said = []
    for handle in ("kz-na-officer", "kz-na-nobody"):
        with pytest.raises(rules.OtherPrefix) as refused:
            give_office(by=admin, account=handle, office="analyst")
        said.append(str(refused.value))
    assert said[0] == said[1]

    open_account(by=operator("KZ"), handle="by-stray", office="analyst", password=None)
    with pytest.raises(NoSuchAccount):
        give_office(by=admin, account="by-stray", office="analyst")


def test_the_longest_prefix_says_whose_a_handle_is():
    rules.check_prefix("eu-com-1", party="EU-COM", parties=("EU", "EU-COM"))
    rules.check_prefix("eu-council-1", party="EU", parties=("EU", "EU-COM"))
    rules.check_prefix("who-euro-1", party="WHO/EURO", parties=("WHO/EURO",))
    with pytest.raises(rules.OtherPrefix, match="“eu-”"):
        rules.check_prefix("eu-com-1", party="EU", parties=("EU", "EU-COM"))


def test_a_party_administers_its_own_people_alone(house, admin):
    """Not even the Center, which keeps the journals of hosted parties, can see them or touch them."""
    house.account("BY", "na-officer")
    center = actor_of(house.account("CRC", "administrator"))
    row = seat_of("by-na-officer")

    assert not Seat.objects.visible_to(center).filter(party="BY").exists()
    with pytest.raises(NoSuchSeat):
        end_office(by=center, seat=row.key, ground="Not mine to end")
    with pytest.raises(NoSuchSeat):
        end_office(by=center, seat="seat/BY/never", ground="Never was")
    with pytest.raises(rules.OtherPrefix):
        give_office(by=center, account="by-na-officer", office="duty")

    end_office(by=admin, seat=row.key, ground="Ours to end")


def test_only_who_administers_people_gives_and_ends(house, admin):
    officer = actor_of(house.account("BY", "na-officer"))
    row = seat_of("by-na-officer")
    with pytest.raises(NotMandated):
        give_office(by=officer, account="by-na-2", office="analyst")
    with pytest.raises(NotMandated):
        end_office(by=officer, seat=row.key, ground="No")
    give_office(by=admin, account="by-na-2", office="analyst")


def test_a_person_who_has_not_just_proved_who_they_are_changes_no_office(house, admin):
    row = seat_of("by-administrator")
    admin.fresh = False
    with pytest.raises(ConfirmItIsYou):
        give_office(by=admin, account="by-na-2", office="analyst")
    with pytest.raises(ConfirmItIsYou):
        end_office(by=admin, seat=row.key, ground="Left")
    admin.fresh = True
    give_office(by=admin, account="by-na-2", office="analyst")


def test_offices_are_not_played_with_in_an_exercise(house):
    """Otherwise an office would be written where nobody looks for one."""
    exercising = actor_of(house.account("BY", "administrator"), mode="exercise")
    with pytest.raises(rules.NotInExercise):
        give_office(by=exercising, account="by-na-2", office="analyst")
    with pytest.raises(rules.NotInExercise):
        end_office(by=exercising, seat=seat_of("by-administrator").key, ground="Drill")
    assert not Journal.objects.filter(mode="exercise").exists()


def test_nobody_ends_the_last_office_that_administers_people(house, admin):
    own = seat_of("by-administrator")
    with pytest.raises(rules.NobodyLeft):
        end_office(by=admin, seat=own.key, ground="Leaving")

    give_office(by=admin, account="by-people-2", office="administrator")
    with pytest.raises(rules.NobodyLeft):  # invited, but nobody has come in by it yet
        end_office(by=admin, seat=own.key, ground="Leaving")

    Account.objects.create_account(handle="by-people-2", party="BY", password=None)
    end_office(by=admin, seat=own.key, ground="Leaving")
    assert [each.account for each in administrators("BY")] == ["by-people-2"]


def test_a_closed_account_and_an_office_that_has_not_begun_administer_nothing(house, admin):
    other = open_account(by=operator("BY"), handle="by-people-2", office="administrator", password=None)
    open_account(by=operator("BY"), handle="by-people-3", office="analyst", password=None)
    give_office(by=admin, account="by-people-3", office="administrator", since=house.clock() + DAY)
    Account.objects.filter(pk=other.pk).update(is_active=False)
    with pytest.raises(rules.NobodyLeft):
        end_office(by=admin, seat=seat_of("by-administrator").key, ground="Leaving")

    house.clock.tick(days=1)
    end_office(by=admin, seat=seat_of("by-administrator").key, ground="Leaving")


def test_two_who_end_each_other_at_once_leave_one(house, admin):
    other = actor_of(
        open_account(by=operator("BY"), handle="by-people-2", office="administrator", password=None)
    )
    end_office(by=admin, seat=other.seat, ground="Leaving")
    with pytest.raises(NotMandated):
        end_office(by=other, seat=admin.seat, ground="Leaving")
    with pytest.raises(NotMandated):
        give_office(by=other, account="by-people-2", office="administrator")
    assert [each.account for each in administrators("BY")] == ["by-administrator"]


def test_the_shell_may_end_any_office(house, admin):
    end_office(by=operator("BY"), seat=seat_of("by-administrator").key, ground="By order")
    assert administrators("BY") == []


def test_an_office_is_lost_with_its_seat_its_account_or_its_mandate(house, admin):
    house.account("BY", "na-officer")

    def holds(mandate="exchange.submit-report"):
        return still_holds(party="BY", account="by-na-officer", office="na-officer", mandate=mandate)

    assert holds()
    assert not holds("access.administer-people")
    Account.objects.filter(handle="by-na-officer").update(is_active=False)
    assert not holds()
    Account.objects.filter(handle="by-na-officer").update(is_active=True)
    end_office(by=admin, seat=seat_of("by-na-officer").key, ground="Left")
    assert not holds()
    give_office(by=admin, account="by-na-officer", office="na-officer", until=house.clock() + HOUR)
    assert holds()
    house.clock.tick(hours=1)
    assert not holds()


def test_what_a_key_opens_is_never_taken_for_a_person_at_the_door(house):
    assert (
        by_token(new_token(house.account("BY", "na-officer"), client="x", lasts=timedelta(days=1))).fresh
        is False
    )

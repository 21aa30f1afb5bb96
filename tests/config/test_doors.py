"""What the doctor says of the ways in: each weakness is made, named, and told how to mend."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import override_settings
from django.utils import timezone

from commonwatch.access import digests, logs
from commonwatch.access.actor import operator
from commonwatch.access.acts import open_account
from commonwatch.access.tokens import new_token
from commonwatch.config.commands import doors


def states(check):
    return {(each.state, each.subject) for each in check()}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"ALLOWED_HOSTS": ["*"]}, ("WRONG", "hosts")),
        ({"DEBUG": True}, ("WRONG", "debugging")),
        ({"SECRET_KEY": "short"}, ("WRONG", "session key")),
        ({"ALLOWED_HOSTS": ["watch.example.org"], "SECURE": False}, ("WRONG", "network")),
        ({"SECURE": True, "PROXIES": 0}, ("WARN", "network")),
    ],
)
def test_a_weak_setting_is_named(changed, found):
    with override_settings(**changed):
        assert found in states(doors.weak_settings)
    assert states(doors.weak_settings) == {("OK", "hosts")}


def test_a_list_of_known_passwords_is_missed_when_it_is_not_there(tmp_path):
    path = tmp_path / "known.txt"
    with override_settings(BREACHED=str(path)):
        assert states(doors.breached_list) == {("WARN", "known passwords")}
        path.write_text("")
        assert states(doors.breached_list) == {("OK", "known passwords")}


def test_an_account_that_writes_without_a_second_factor_is_named(house):
    assert states(doors.second_factors) == {("OK", "second factors")}
    open_account(by=operator("BY"), handle="by-na-1", office="na-officer", password="the rain in minsk 1")
    (found,) = doors.second_factors()
    assert found.state == "WARN"
    assert "by-na-1" in found.says


def test_a_party_whose_people_nobody_administers_is_named(house):
    open_account(by=operator("BY"), handle="by-na-1", office="na-officer", password=None)
    (found,) = doors.administered()
    assert (found.state, "BY" in found.says) == ("WARN", True)
    open_account(by=operator("BY"), handle="by-admin-1", office="administrator", password=None)
    assert states(doors.administered) == {("OK", "administrators")}


def test_a_key_that_ends_soon_is_named(house):
    account = house.account("BY", "na-officer")
    new_token(account, client="lasting")
    assert states(doors.expiring_keys) == {("OK", "keys of programs")}
    new_token(account, client="ending", lasts=timedelta(days=3))
    (found,) = doors.expiring_keys()
    assert (found.state, "ending" in found.says, "lasting" in found.says) == ("WARN", True, False)


def test_sessions_that_nobody_cleared_away_are_counted(house):
    assert states(doors.old_sessions) == set()
    Session.objects.create(session_key="x" * 32, expire_date=timezone.now() - timedelta(days=3))
    assert states(doors.old_sessions) == {("WARN", "old sessions")}


def test_a_day_whose_logs_are_not_digested_is_named(house):
    logs.note("key-made", party="BY", account="by-na-1")
    assert states(doors.missing_digests) == {("OK", "digests")}
    house.clock.set(datetime(2026, 9, 16, 1, tzinfo=UTC))
    (found,) = doors.missing_digests()
    assert (found.state, "BY" in found.says, "2026-09-14" in found.says) == ("WARN", True, True)
    digests.write_digests()
    assert states(doors.missing_digests) == {("OK", "digests")}

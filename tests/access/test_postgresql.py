"""Ways in on PostgreSQL: what holds on SQLite because one writes at a time has to hold here among many who do."""

import pytest

from tests.access import test_factors, test_invitations, test_limits, test_passwords
from tests.postgresql import fresh_url, template_url
from tests.register.test_postgresql import house, living

__all__ = ["fresh_url", "house", "living", "template_url"]
pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("quick_hasher")]

na = test_factors.na
test_of_many_who_try_at_once = test_limits.test_of_many_who_try_at_once_no_more_are_let_through_than_may
test_many_wrong_tries = test_limits.test_after_six_wrong_tries_from_one_place_the_right_one_waits_too
test_of_two_who_give_one_code = test_factors.test_of_two_who_give_one_code_at_once_one_is_let_in
test_a_code_given_once = test_factors.test_a_code_given_once_is_not_taken_again
test_a_recovery_code = test_factors.test_a_recovery_code_serves_once
test_of_two_who_use_one_invitation = (
    test_invitations.test_of_two_who_use_one_code_at_once_one_opens_the_account
)
test_renewing = test_invitations.test_renewing_ends_what_was_and_sets_password_and_factor_anew
test_whatever_is_typed = test_passwords.test_whatever_is_typed_at_the_entrance_is_answered


def test_whatever_stands_in_an_address_is_answered(house, na):
    client = house.client("BY", "na-officer")
    for path in ("keys/%00/revoke", "sessions/%00/end"):
        assert client.post(f"/account/{path}/").status_code == 404
    assert client.post("/account/seat/", {"seat": "\0"}).status_code == 404

"""How people come and go: by a code that serves once, at their own party's hands alone."""

import json
import threading

import pytest
from allauth.mfa.models import Authenticator
from django.db import connections

from commonwatch.access import invitations
from commonwatch.access.actor import ConfirmItIsYou, NotMandated, actor_of, operator
from commonwatch.access.acts import HandleTaken, NoSuchAccount, end_office, give_office
from commonwatch.access.logs import events
from commonwatch.access.models import Account, Invitation, Seat, Token
from commonwatch.access.passwords import WeakPassword
from commonwatch.access.rules import OtherPrefix
from commonwatch.access.tokens import by_token, new_token
from tests.access.authenticator import sign_in, with_app

pytestmark = pytest.mark.usefixtures("quick_hasher")

PASSWORD, OTHER = "four unrelated quiet words", "another set of plain nouns"
DAY = 24 * 3600 * 1_000_000


def admin(house, party, **more):
    return house.officer("access.administer-people", party=party, account=f"{party.lower()}-admin", **more)


def invited(house, handle="by-na-1", office="na-officer", **more):
    return invitations.invite(by=admin(house, "BY"), handle=handle, office=office, **more)


def test_a_code_can_be_read_aloud_and_not_be_guessed(house):
    code = invited(house)
    assert [len(each) for each in code.split("-")] == [5] * 6
    assert 32**30 > 2**128
    kept = Invitation.objects.get()
    assert code not in str(kept.__dict__)
    assert kept.expires_at - kept.made_at == 7 * DAY


def test_the_invited_opens_the_account_and_holds_the_office(house):
    code = invited(house)
    assert not Account.objects.filter(handle="by-na-1").exists()
    account = invitations.accept(handle="by-na-1", code=code, password=PASSWORD)
    assert (account.party, actor_of(account).office) == ("BY", "na-officer")
    with pytest.raises(invitations.CodeNotTaken):
        invitations.accept(handle="by-na-1", code=code, password=OTHER)
    assert Account.objects.get(handle="by-na-1").check_password(PASSWORD)


@pytest.mark.parametrize(
    "typed",
    [str.lower, lambda code: code.replace("-", " "), lambda code: code.replace("0", "O").replace("1", "l")],
)
def test_a_code_is_taken_as_people_write_it(house, typed):
    code = invited(house)
    assert invitations.accept(handle="by-na-1", code=typed(code), password=PASSWORD)


def test_a_password_that_is_not_taken_leaves_the_code_as_it_is(house):
    code = invited(house)
    with pytest.raises(WeakPassword, match="not taken"):
        invitations.accept(handle="by-na-1", code=code, password="by-na-1 by-na-1 by")
    assert invitations.accept(handle="by-na-1", code=code, password=PASSWORD)


def test_a_code_past_its_week_revoked_or_for_another_is_no_code(house):
    first, second = invited(house), invited(house, handle="by-na-2", office="analyst")
    with pytest.raises(invitations.CodeNotTaken):
        invitations.accept(handle="by-na-2", code=first, password=PASSWORD)
    invitations.revoke(by=admin(house, "BY"), invitation=Invitation.objects.get(handle="by-na-2").id)
    with pytest.raises(invitations.CodeNotTaken):
        invitations.accept(handle="by-na-2", code=second, password=PASSWORD)
    house.clock.tick(days=7)
    with pytest.raises(invitations.CodeNotTaken):
        invitations.accept(handle="by-na-1", code=first, password=PASSWORD)
    again = invitations.invite_again(by=admin(house, "BY"), handle="by-na-1")
    assert invitations.accept(handle="by-na-1", code=again, password=PASSWORD)
    with pytest.raises(invitations.NoSuchInvitation):
        invitations.invite_again(by=admin(house, "BY"), handle="by-na-1")


def test_a_new_code_takes_the_place_of_the_old(house):
    old = invited(house)
    new = invitations.invite_again(by=admin(house, "BY"), handle="by-na-1")
    with pytest.raises(invitations.CodeNotTaken):
        invitations.accept(handle="by-na-1", code=old, password=PASSWORD)
    assert [each.handle for each in invitations.pending("BY")] == ["by-na-1"]
    invitations.accept(handle="by-na-1", code=new, password=PASSWORD)
    assert invitations.pending("BY") == []


def test_of_two_who_use_one_code_at_once_one_opens_the_account(house):
    code, made, together = invited(house), [], threading.Barrier(4)

    def join(number):
        together.wait()
        try:
            invitations.accept(handle="by-na-1", code=code, password=f"{PASSWORD} {number}")
            made.append(number)
        except invitations.CodeNotTaken:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=join, args=(each,)) for each in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(made) == 1
    assert Account.objects.get(handle="by-na-1").check_password(f"{PASSWORD} {made[0]}")


def test_who_may_not_administer_invites_nobody(house):
    with pytest.raises(NotMandated):
        invitations.invite(by=house.na("BY"), handle="by-x", office="na-officer")
    stale = admin(house, "BY")
    stale.fresh = False
    for act in (
        lambda: invitations.invite(by=stale, handle="by-x", office="na-officer"),
        lambda: invitations.renew(by=stale, handle="by-x"),
        lambda: invitations.invite_again(by=stale, handle="by-x"),
        lambda: invitations.reopen(by=stale, handle="by-x", ground="Back"),
    ):
        with pytest.raises(ConfirmItIsYou):
            act()
    assert not Invitation.objects.exists()


def test_no_party_touches_the_people_of_another_not_even_the_center(house):
    invited(house)
    house.account("BY", "analyst", password=PASSWORD)
    center = admin(house, "CRC")
    for act in (
        lambda: invitations.renew(by=center, handle="by-analyst"),
        lambda: invitations.close_account(by=center, handle="by-analyst", ground="x"),
        lambda: invitations.reopen(by=center, handle="by-analyst", ground="x"),
    ):
        with pytest.raises(NoSuchAccount) as theirs:
            act()
        assert theirs.value.fields == {"handle": "by-analyst"}
    for act in (
        lambda: invitations.revoke(by=center, invitation=Invitation.objects.get().id),
        lambda: invitations.invite_again(by=center, handle="by-na-1"),
    ):
        with pytest.raises(invitations.NoSuchInvitation):
            act()
    with pytest.raises(OtherPrefix):
        invitations.invite(by=center, handle="by-analyst", office="duty")
    house.account("CRC", "duty")
    with pytest.raises(HandleTaken):
        invitations.invite(by=center, handle="crc-duty", office="duty")
    assert Account.objects.get(handle="by-analyst").is_active


def test_renewing_ends_what_was_and_sets_password_and_factor_anew(house):
    account = house.account("BY", "na-officer", password=PASSWORD)
    client = house.client()
    with_app(client, "by-na-officer", PASSWORD)
    assert client.get("/mine/").status_code == 200

    code = invitations.renew(by=admin(house, "BY"), handle="by-na-officer")
    assert client.get("/mine/").status_code == 200
    invitations.accept(handle="by-na-officer", code=code, password=OTHER)

    assert client.get("/mine/").status_code == 302
    assert not Authenticator.objects.exists()
    account.refresh_from_db()
    assert account.check_password(OTHER)
    new = house.client()
    sign_in(new, "by-na-officer", OTHER)
    assert new.get("/mine/", follow=True).redirect_chain[-1][0].startswith("/account/factor/")


def test_nobody_renews_or_closes_their_own_account(house):
    house.account("BY", "na-officer")
    me = house.officer("access.administer-people", party="BY", account="by-na-officer")
    with pytest.raises(invitations.OwnAccount):
        invitations.renew(by=me, handle="by-na-officer")
    with pytest.raises(invitations.OwnAccount):
        invitations.close_account(by=me, handle="by-na-officer", ground="Done")


def test_a_closed_account_is_nobody_everywhere_and_can_be_opened_again(house):
    account = house.account("BY", "na-officer", password=PASSWORD)
    client, key = house.client("BY", "na-officer"), new_token(account, client="script")
    code = invitations.renew(by=admin(house, "BY"), handle="by-na-officer")
    assert client.get("/mine/").status_code == 200

    invitations.close_account(by=admin(house, "BY"), handle="by-na-officer", ground="Posted elsewhere")

    assert client.get("/mine/").status_code == 302
    assert by_token(key) is None
    assert sign_in(house.client(), "by-na-officer", PASSWORD).status_code == 403
    with pytest.raises(invitations.CodeNotTaken):
        invitations.accept(handle="by-na-officer", code=code, password=OTHER)
    invitations.reopen(by=admin(house, "BY"), handle="by-na-officer", ground="Back")
    assert sign_in(house.client(), "by-na-officer", PASSWORD).status_code == 302
    assert not Token.objects.filter(revoked=False).exists()
    assert Seat.objects.visible_to(operator("BY")).get().end_ground == ""


def test_each_step_stands_on_the_log_of_the_party(house):
    code = invited(house)
    invitations.accept(handle="by-na-1", code=code, password=PASSWORD)
    give_office(by=admin(house, "BY"), account="by-na-1", office="analyst")
    invitations.renew(by=admin(house, "BY"), handle="by-na-1")
    invitations.close_account(by=admin(house, "BY"), handle="by-na-1", ground="Done")
    invitations.reopen(by=admin(house, "BY"), handle="by-na-1", ground="Back")
    with pytest.raises(invitations.CodeNotTaken):
        invitations.accept(handle="by-na-1", code="00000", password=PASSWORD)
    kinds = [each.kind for each in reversed(list(events("BY")))]
    wanted = [
        "invited",
        "invitation-used",
        "invited",
        "account-closed",
        "account-opened",
        "invitation-refused",
    ]
    assert [each for each in kinds if each in wanted] == wanted
    assert code not in json.dumps([each.detail for each in events("BY")])


def test_joining_goes_through_the_page_and_ends_signed_in(house):
    code, client = invited(house, office="analyst"), house.client()
    sent = {"handle": "by-na-1", "code": code}
    weak = client.post("/join/", sent | {"password": "short", "again": "short"})
    assert weak.status_code == 422
    html = weak.content.decode()
    assert "It has 5 characters" in html
    assert f'value="{code}"' in html
    assert 'value="by-na-1"' in html
    assert "short" not in html.replace("shortly", "")
    differing = client.post("/join/", sent | {"password": PASSWORD, "again": OTHER})
    assert "two different ways" in differing.content.decode()
    answer = client.post("/join/", sent | {"password": PASSWORD, "again": PASSWORD})
    assert answer["Location"] == "/"
    assert client.get("/").status_code == 200
    assert code not in answer["Location"]


def test_what_is_wrong_with_a_code_is_not_said(house):
    house.account("BY", "analyst", password=PASSWORD)
    code = invited(house)
    invitations.revoke(by=admin(house, "BY"), invitation=Invitation.objects.get().id)
    bodies = set()
    for handle, typed in (("by-na-1", code), ("by-na-1", "x"), ("by-analyst", code), ("by-nobody", code)):
        sent = {"handle": handle, "code": typed, "password": PASSWORD, "again": PASSWORD}
        answer = house.client().post("/join/", sent)
        html = answer.content.decode().replace(f'value="{handle}"', "").replace(f'value="{typed}"', "")
        bodies.add(
            (answer.status_code, html.split("csrfmiddlewaretoken")[0], html.split("new-password")[-1][-900:])
        )
    assert len(bodies) == 1


def test_an_office_ended_before_the_invited_came_is_not_held(house):
    code = invited(house, office="analyst")
    seat = Seat.objects.visible_to(operator("BY")).get()
    end_office(by=operator("BY"), seat=seat.key, ground="Given to another")
    account = invitations.accept(handle="by-na-1", code=code, password=PASSWORD)
    assert actor_of(account) is None
    client = house.client()
    sign_in(client, "by-na-1", PASSWORD)
    page = client.get("/", follow=True)
    assert page.redirect_chain[-1][0].startswith("/sign-in/no-office/")
    assert "hold no office now" in page.content.decode()

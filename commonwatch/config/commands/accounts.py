"""Accounts and keys as the operator makes them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from django.db import transaction

from commonwatch.access import invitations, limits, passwords, secrets
from commonwatch.access.actor import act_for, operator
from commonwatch.access.acts import end_office, give_office, open_account
from commonwatch.access.models import Account, Seat, Token
from commonwatch.access.seats import porter, seats_of
from commonwatch.access.tokens import new_token
from commonwatch.desks.exchange.intake import party_code
from commonwatch.errors import Refusal, _
from commonwatch.register import node


class HandleTaken(Refusal):
    """There is an account of that name."""

    code, status = "config.handle-taken", 409
    says = _("There is already an account “{handle}”, for {party}.")
    hint = _("Choose another handle, for instance {handle}-2.")


class BadName(Refusal):
    """A handle or a program's name that cannot be kept."""

    code, status = "config.bad-name", 422
    says = _("“{name}” cannot be used as a name here.")
    hint = _("Use up to 60 letters, digits, dots, hyphens and underscores.")


class NoSuchAccount(Refusal):
    """There is no such account."""

    code, status = "config.no-such-account", 404
    says = _("There is no account “{handle}”.")
    hint = _("commonwatch user list shows those there are.")


class NotHeld(Refusal):
    """The account does not hold that office."""

    code, status = "config.not-held", 404
    says = _("“{handle}” does not hold the office “{office}”.")
    hint = _("commonwatch user list shows who holds which.")


class NoSuchKey(Refusal):
    """The account has no such key."""

    code, status = "config.no-such-key", 404
    says = _("“{handle}” has no key for a program “{client}” that is still taken.")
    hint = _("commonwatch user list shows those there are.")


def check(handle: str, *, party: str, office: str) -> None:
    """Refuse an account that cannot be made, before anybody is asked for a password.

    :raises BadName, HandleTaken, UnknownParty, NoSuchOffice: saying what is wrong.
    """
    _check_name(handle)
    act_for(party=party_code(party), office=office, account=handle)
    taken = Account.objects.filter(handle=handle).first()
    if taken:
        raise HandleTaken(handle=handle, party=taken.party)


def add(handle: str, *, party: str, office: str, password: str | None) -> None:
    """Make an account.

    :raises WeakPassword: saying why.
    """
    if password is not None:
        passwords.check(password, handle=handle, party=party)
    open_account(by=operator(party), handle=handle, office=office, password=password)


class Term(NamedTuple):
    """How an office is held, and from when until when: aware datetimes, half-open; None means now, or no end."""

    manner: str = "holder"
    since: datetime | None = None
    until: datetime | None = None

    def told(self) -> dict[str, Any]:
        """Return it as the acts take it, in microseconds UTC."""
        return {"manner": self.manner, "since": _moment(self.since), "until": _moment(self.until)}


def _moment(day: datetime | None) -> int | None:
    return None if day is None else int(day.replace(tzinfo=UTC).timestamp()) * 1_000_000


def invite(handle: str, *, party: str, office: str, term: Term) -> str:
    """Give an office to somebody who has no account yet; return the code by which they open it.

    :raises BadName, HandleTaken, UnknownParty, NoSuchOffice, BadManner, PeriodBackwards: saying what is wrong.
    """
    check(handle, party=party, office=office)
    return invitations.invite(by=operator(party), handle=handle, office=office, **term.told())


def renew(handle: str) -> str:
    """Return a code by which an account gets a new password and second factor.

    :raises NoSuchAccount: when there is none.
    """
    return invitations.renew(by=operator(_account(handle).party), handle=handle)


def give(handle: str, *, office: str, term: Term) -> None:
    """Give an account another office.

    :raises NoSuchAccount, NoSuchOffice, BadManner, PeriodBackwards, HeldAlready: saying what is wrong.
    """
    give_office(by=operator(_account(handle).party), account=handle, office=office, **term.told())


def end(handle: str, *, office: str, ground: str) -> None:
    """End an office that an account holds, or will hold.

    :raises NoSuchAccount, NotHeld: when there is nothing to end.
    """
    by, now = operator(_account(handle).party), node.current().clock()
    rows = Seat.objects.visible_to(by).filter(account=handle, party=by.party, office=office)
    held = [each for each in rows if each.until is None or each.until > now]
    if not held:
        raise NotHeld(handle=handle, office=office)
    for each in held:
        end_office(by=by, seat=each.key, ground=ground)


def unlock(handle: str) -> None:
    """Let somebody try again at once after too many tries at a handle."""
    limits.forget_handle(handle)


def rekey() -> int:
    """Encrypt the secrets of second factors under a new key, and let the old one go; return how many there were."""
    secrets.add_key()
    number = 0
    with transaction.atomic():
        for row in Authenticator.objects.select_for_update():
            if found := {
                name: secrets.renewed(row.data[name]) for name in ("secret", "seed") if name in row.data
            }:
                row.data |= found
                row.save(update_fields=["data"])
                number += 1
    secrets.drop_old_keys()
    return number


def everybody() -> list[dict[str, Any]]:
    """List the accounts with the programs that have a key."""
    programs: dict[str, list[str]] = {}
    for handle, client in Token.objects.filter(revoked=False).values_list("account__handle", "client"):
        programs.setdefault(handle, []).append(client)
    found = []
    for party, accounts in groupby(Account.objects.order_by("party", "handle"), key=lambda each: each.party):
        eyes = porter(party)
        for each in accounts:
            offices = [seat.office for seat in seats_of(each, by=eyes)]
            found.append(
                {
                    "handle": each.handle,
                    "party": each.party,
                    "offices": offices,
                    "open": each.is_active,
                    "programs": sorted(programs.get(each.handle, [])),
                }
            )
    return found


def close(handle: str, *, ground: str) -> None:
    """Close an account: its sessions end, its keys and codes serve no more.

    :raises NoSuchAccount, GroundMissing: saying what is wrong.
    """
    invitations.close_account(by=operator(_account(handle).party), handle=handle, ground=ground)


def reopen(handle: str, *, ground: str) -> None:
    """Open a closed account again.

    :raises NoSuchAccount, GroundMissing: saying what is wrong.
    """
    found = Account.objects.filter(handle=handle, is_active=False).first()
    if found is None:
        raise NoSuchAccount(handle=handle)
    invitations.reopen(by=operator(found.party), handle=handle, ground=ground)


def key(handle: str, *, client: str, office: str, scope: Sequence[str], days: int) -> str:
    """Make a program's key and return it; without `office` for the first that is held, without `scope` for all of it.

    :raises NoSuchAccount, BadName, NotHeld, NoOfficeHeld, BeyondOffice, BadLifetime: saying what is wrong.
    """
    _check_name(client)
    account = _account(handle)
    held = seats_of(account, by=porter(account.party))
    seat = next((each.key for each in held if each.office == office), "")
    if office and not seat:
        raise NotHeld(handle=handle, office=office)
    return new_token(account, client=client, seat=seat, scope=scope or None, lasts=timedelta(days=days))


def revoke(handle: str, *, client: str) -> int:
    """Let the keys of a program be taken no more; return how many there were.

    :raises NoSuchAccount, NoSuchKey: when there is none.
    """
    number = Token.objects.filter(account=_account(handle), client=client, revoked=False).update(revoked=True)
    if not number:
        raise NoSuchKey(handle=handle, client=client)
    return number


def _account(handle: str) -> Account:
    found = Account.objects.filter(handle=handle, is_active=True).first()
    if found is None:
        raise NoSuchAccount(handle=handle)
    return found


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[\w.-]{1,60}", name):
        raise BadName(name=name)

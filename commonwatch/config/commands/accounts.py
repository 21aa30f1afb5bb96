"""Accounts and keys as the operator makes them."""

import re
from itertools import groupby
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from commonwatch.access.actor import act_for, operator
from commonwatch.access.acts import open_account
from commonwatch.access.models import Account, Token
from commonwatch.access.seats import porter, seats_of
from commonwatch.access.tokens import new_token
from commonwatch.desks.exchange.intake import party_code
from commonwatch.errors import Refusal, _


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


class WeakPassword(Refusal):
    """A password that is too easy."""

    code, status = "config.weak-password", 422
    says = _("This password is not taken: {reasons}")
    hint = _("Choose a longer one, for instance four unrelated words.")


class NoSuchAccount(Refusal):
    """There is no such account."""

    code, status = "config.no-such-account", 404
    says = _("There is no account “{handle}”.")
    hint = _("commonwatch user list shows those there are.")


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
        try:
            validate_password(password)
        except ValidationError as weak:
            raise WeakPassword(reasons=" ".join(weak.messages)) from None
    open_account(by=operator(party), handle=handle, office=office, password=password)


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


def close(handle: str) -> None:
    """Close an account and its keys.

    :raises NoSuchAccount: when there is none.
    """
    account = _account(handle)
    account.is_active = False
    account.save(update_fields=["is_active"])
    Token.objects.filter(account=account).update(revoked=True)


def key(handle: str, *, client: str) -> str:
    """Make a program's key and return it.

    :raises NoSuchAccount, BadName: saying what is wrong.
    """
    _check_name(client)
    return new_token(_account(handle), client=client)


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

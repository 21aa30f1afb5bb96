"""What a session has proved, what an account could prove, and what its offices ask for.

allauth writes down at every step which factor was given, when, and for which account.
"""

import time
from typing import Any

from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from commonwatch.access.models import Account
from commonwatch.access.seats import offices_of, porter, seats_of
from commonwatch.charter.mandates import READING
from commonwatch.register import node

METHODS = "account_authentication_methods"
WHOSE = "account_authentication_methods_user"
LATELY = 300
STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def second_factor_given(request: HttpRequest) -> bool:
    """Say whether a second factor was given in this session by the account that is signed in."""
    return any(each.get("method") == "mfa" for each in _given(request))


def proved_lately(request: HttpRequest) -> bool:
    """Say whether a factor was given within the last five minutes, by the machine's clock."""
    given = [each.get("at", 0) for each in _given(request)]
    return bool(given) and time.time() - max(given) < LATELY


def fresh(request: HttpRequest) -> bool:
    """Say whether what asks for a new proof may go on; in the demo nobody has anything to prove with."""
    return node.current().demo or proved_lately(request)


def _given(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what was given by the account signed in; steps of another, left in the session, count for nothing."""
    if request.session.get(WHOSE) != str(request.user.pk):
        return []
    found: list[dict[str, Any]] = request.session.get(METHODS, [])
    return found


def set_up(account: Account) -> bool:
    """Say whether the account has a second factor that it can give."""
    return bool(Authenticator.objects.filter(user=account, type__in=STRONG).exists())


def asked_of(account: Account) -> bool:
    """Say whether an office that the account holds writes, and so asks for a second factor."""
    writing = {each.code for each in offices_of(account.party) if each.mandates - READING}
    return any(seat.office in writing for seat in seats_of(account, by=porter(account.party)))


def last_strong(authenticator: Authenticator) -> bool:
    """Say whether an account would be left without a second factor that its office asks for."""
    if authenticator.type not in STRONG:
        return False
    others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=STRONG)
    if others.exclude(pk=authenticator.pk).exists():
        return False
    return asked_of(Account.objects.get(pk=authenticator.user_id))

"""The sessions of an account: begun for twelve hours and no longer, listed, and ended one by one or all at once."""

from datetime import timedelta
from typing import Any, NamedTuple

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.usersessions.models import UserSession
from allauth.usersessions.signals import on_user_logged_in
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from commonwatch.access.factors import STRONG
from commonwatch.access.models import Account, shown_name
from commonwatch.errors import Refusal, _

LASTS = timedelta(hours=12)
SEEN = "seen"


class NoSuchSession(Refusal):
    """Absent and somebody else's look alike."""

    code, status = "access.no-such-session", 404
    says = _("There is no such session.")
    hint = _("It may have ended already.")


class Held(NamedTuple):
    """One session as its owner sees it. `since` is an aware datetime; `here` says that it is the one being used."""

    name: str
    since: Any
    address: str
    browser: str
    here: bool


def sessions_of(account: Account, *, here: str) -> list[Held]:
    """List the sessions of an account that go on, the newest first; `here` is the key of the one being used."""
    rows = UserSession.objects.filter(user=account, session_key__in=_going_on()).order_by("-created_at")
    return [
        Held(name_of(row), row.created_at, row.ip, row.user_agent, row.session_key == here) for row in rows
    ]


def end_session(account: Account, *, name: str) -> None:
    """End one session of an account, by the name under which it was listed.

    :raises NoSuchSession: also when it is somebody else's.
    """
    rows = UserSession.objects.filter(user=account)
    row = next((each for each in rows if name_of(each) == name), None)
    if row is None:
        raise NoSuchSession
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()


def end_sessions(account: Account, *, but: str = "") -> None:
    """End every session of an account, but the one with the key `but`."""
    rows = UserSession.objects.filter(user=account).exclude(session_key=but)
    Session.objects.filter(session_key__in=list(rows.values_list("session_key", flat=True))).delete()
    rows.delete()


def moved(account: Account, *, before: str, after: str) -> None:
    """Note that a session goes on under another key, as after a change of password, and end the others."""
    UserSession.objects.filter(user=account, session_key=before).update(session_key=after)
    end_sessions(account, but=after)


def name_of(row: UserSession) -> str:
    """Return the name under which a session is listed and ended."""
    return shown_name("session", row.session_key)


def _going_on() -> Any:
    return Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")


def _begin(request: HttpRequest, user: Account, **_more: Any) -> None:
    """Note a session that begins, with its end; forget those that are over."""
    request.session.set_expiry(timezone.now() + LASTS)
    request.session[SEEN] = int(timezone.now().timestamp())
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    if getattr(request, "provider_gave_factor", False):
        record_authentication(request, user, "mfa", type="provider")
    UserSession.objects.filter(user=user).exclude(session_key__in=_going_on()).delete()
    UserSession.objects.create_from_request(request)


def _prove(request: HttpRequest, user: Account, authenticator: Authenticator, **_more: Any) -> None:
    """Count a second factor that was just set up as given, and end the sessions in which it was not."""
    if authenticator.type in STRONG:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
        end_sessions(user, but=request.session.session_key or "")


def connect() -> None:
    """Listen to sign-ins, in the place of allauth's own listener, which asks once for each session."""
    user_logged_in.disconnect(on_user_logged_in)
    user_logged_in.connect(_begin, dispatch_uid="commonwatch-begin")
    authenticator_added.connect(_prove, dispatch_uid="commonwatch-prove")

"""What goes onto the security log by itself: every sign-in, and every request that was refused, in one place.

What is absent and what is forbidden are noted alike, in the log of the party that asked: whose it was is not said.
"""

import re
from collections.abc import Callable
from typing import Any

from allauth.account.signals import authentication_step_completed, password_changed, password_set
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from commonwatch.access import logs
from commonwatch.access.actor import Actor
from commonwatch.access.asking import account_named
from commonwatch.access.limits import address_of
from commonwatch.access.models import Account
from commonwatch.access.tokens import why_not
from commonwatch.errors import Refusal

ASKED = 120
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
FACTORS = {
    authenticator_added: "factor-set",
    authenticator_reset: "factor-set",
    authenticator_removed: "factor-removed",
    authentication_failed: "factor-failed",
    password_changed: "password-changed",
    password_set: "password-changed",
}
# Refusals that a person meets who errs are not noted; these are met by whoever tries the doors.
LABELS = frozenset({"exchange.label-not-allowed", "register.unknown-label", "register.other-label"})
DOORS = frozenset({"register.unreadable-reference", "access.same-person", "access.seen-otherwise"})
# Fields that no form and no body of ours has: whoever sends one tries to say for themselves who may read or act.
FORGED = frozenset({"label", "categories", "parties", "journal", "by", "mandates", "is_active"})
FORGED_IN_JSON = re.compile(rf"unknown field `({'|'.join(sorted(FORGED | {'party', 'office', 'account'}))})`")
OTHERWISE_NOTED = frozenset({"ui.wrong-entry", "ui.page-too-old"})


def remember(request: HttpRequest, refusal: Refusal) -> None:
    """Keep what a request was refused with, until its answer goes out."""
    request.refusal = refusal  # type: ignore[attr-defined]


def notice(request: HttpRequest, answer: HttpResponseBase) -> None:
    """Note what of a request belongs onto the security log."""
    refusal = getattr(request, "refusal", None)
    actor = getattr(request, "found_actor", None)
    if request.headers.get("Authorization", "").startswith("Bearer ") and answer.status_code == 401:
        _key_refused(request)
    elif answer.status_code == 413:
        _note("too-large", request, actor)
    elif answer.status_code == 429:
        _note("slowed-down", request, actor)
    elif refusal is not None and refusal.code == "ui.page-too-old":
        _note("form-refused", request, actor)
    elif answer.status_code == 404:
        _not_found(request, actor)
    elif field := _forged(request, refusal):
        _note("refused", request, actor, code="ui.forged-field", field=field)
    elif refusal is not None:
        _refused(request, actor, refusal)
    _session(request)


def _forged(request: HttpRequest, refusal: Refusal | None) -> str:
    """Return the name of a field that only a forger sends: ignored in forms, refused in JSON, noted in both."""
    in_json = FORGED_IN_JSON.search(str(refusal)) if refusal is not None else None
    if in_json:
        return in_json.group(1)
    typed = request.content_type in FORMS and request.method == "POST"
    return min(FORGED & set(request.POST), default="") if typed else ""


def _refused(request: HttpRequest, actor: Actor | None, refusal: Refusal) -> None:
    inner = [each for _index, each in getattr(refusal, "refusals", ())]
    for each in (refusal, *inner):
        if each.code not in OTHERWISE_NOTED and (each.status == 403 or each.code in LABELS | DOORS):
            _note("refused", request, actor, code=each.code)
            return


def _not_found(request: HttpRequest, actor: Actor | None) -> None:
    """Note that somebody of an office asked for a thing that is not there for them; of others it is no news."""
    match = request.resolver_match
    if actor is not None and match is not None and match.kwargs:
        asked = " ".join(str(each) for each in match.kwargs.values())
        _note("not-found", request, actor, asked=asked[:ASKED])


def _key_refused(request: HttpRequest) -> None:
    account, client, why = why_not(request.headers["Authorization"].removeprefix("Bearer ").strip())
    party, handle = (account.party, account.handle) if account else ("", "")
    logs.note(
        "key-refused", party=party, account=handle, detail=_where(request) | {"client": client, "why": why}
    )


def _session(request: HttpRequest) -> None:
    """Note a session that this node does not know: made up, ended elsewhere, or too old."""
    session = getattr(request, "session", None)
    sent = settings.SESSION_COOKIE_NAME in request.COOKIES
    if sent and session is not None and session.accessed and not session.modified and not session.session_key:
        _note("session-unknown", request, None)


def _note(kind: str, request: HttpRequest, actor: Actor | None, **detail: Any) -> None:
    who = actor or _account(request)
    account = who.account if isinstance(who, Actor) else who.handle if who else ""
    party = who.party if who else ""
    logs.note(kind, party=party, account=account, detail=_where(request) | detail)


def _account(request: HttpRequest) -> Account | None:
    user = getattr(request, "user", None)
    return user if isinstance(user, Account) and user.is_authenticated else None


def _where(request: HttpRequest) -> dict[str, str]:
    match = request.resolver_match
    at = match.view_name if match else ""
    return {"at": at, "from": address_of(request)}


def _signed_in(request: HttpRequest, user: AbstractBaseUser, **_signal: Any) -> None:
    if isinstance(user, Account):
        logs.note("signed-in", party=user.party, account=user.handle, detail=_where(request))


def _signed_out(request: HttpRequest, user: AbstractBaseUser | None, **_signal: Any) -> None:
    if isinstance(user, Account):
        logs.note("signed-out", party=user.party, account=user.handle, detail=_where(request))


def _not_let_in(credentials: dict[str, Any], request: HttpRequest | None = None, **_signal: Any) -> None:
    """Note a sign-in that failed. A handle that nobody has is not kept: it may be a password in the wrong field."""
    found = account_named(str(credentials.get("username", ""))[:60])
    said: dict[str, Any] = _where(request) if request is not None else {}
    if found is None:
        logs.note("sign-in-failed", detail=said | {"known": False})
    else:
        logs.note("sign-in-failed", party=found.party, account=found.handle, detail=said)


def _factor(kind: str) -> Callable[..., None]:
    """Return what listens for one thing that happens to second factors."""

    def heard(request: HttpRequest, user: Account, authenticator: Any = None, **_signal: Any) -> None:
        detail = _where(request) | {"factor": str(getattr(authenticator, "type", ""))}
        logs.note(kind, party=user.party, account=user.handle, detail=detail)

    return heard


def _step(request: HttpRequest, user: Account, method: str, **signal: Any) -> None:
    """Note that somebody who had signed in proved once more who they are."""
    if signal.get("reauthenticated"):
        logs.note("confirmed", party=user.party, account=user.handle, detail=_where(request) | {"by": method})


def connect() -> None:
    """Listen to what Django and allauth say of ways in; once, when the process starts."""
    for signal, kind in FACTORS.items():
        signal.connect(_factor(kind), weak=False, dispatch_uid=f"commonwatch.{kind}.{id(signal)}")
    authentication_step_completed.connect(_step, dispatch_uid="commonwatch.confirmed")
    user_logged_in.connect(_signed_in, dispatch_uid="commonwatch.signed-in")
    user_logged_out.connect(_signed_out, dispatch_uid="commonwatch.signed-out")
    user_login_failed.connect(_not_let_in, dispatch_uid="commonwatch.not-let-in")

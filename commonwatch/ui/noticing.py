"""What goes onto the security log by itself: every sign-in, and every request that was refused, in one place.

What is absent and what is forbidden are noted alike, in the log of the party that asked: whose it was is not said.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from commonwatch.access import logs
from commonwatch.access.actor import Actor
from commonwatch.access.models import Account, Token
from commonwatch.access.tokens import digest_of
from commonwatch.errors import Refusal
from commonwatch.register import node

ASKED = 120
# Refusals that a person meets who errs are not noted; these are met by whoever tries the doors.
LABELS = frozenset({"exchange.label-not-allowed", "register.unknown-label", "register.other-label"})
DOORS = frozenset({"register.unreadable-reference", "access.same-person", "access.seen-otherwise"})
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
    elif refusal is not None:
        _refused(request, actor, refusal)
    _session(request)


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
    secret = request.headers["Authorization"].removeprefix("Bearer ").strip()
    found = Token.objects.select_related("account").filter(digest=digest_of(secret)).first()
    if found is None:
        _note("key-refused", request, None, why="unknown")
        return
    ended = found.expires_at <= node.current().clock()
    why = "revoked" if found.revoked else "expired" if ended else "no-office"
    said = _where(request) | {"client": found.client, "why": why}
    logs.note("key-refused", party=found.account.party, account=found.account.handle, detail=said)


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
    return {"at": at, "from": request.META.get("REMOTE_ADDR", "")}


def _signed_in(request: HttpRequest, user: AbstractBaseUser, **_signal: Any) -> None:
    if isinstance(user, Account):
        logs.note("signed-in", party=user.party, account=user.handle, detail=_where(request))


def _signed_out(request: HttpRequest, user: AbstractBaseUser | None, **_signal: Any) -> None:
    if isinstance(user, Account):
        logs.note("signed-out", party=user.party, account=user.handle, detail=_where(request))


def _not_let_in(credentials: dict[str, Any], request: HttpRequest | None = None, **_signal: Any) -> None:
    """Note a sign-in that failed. A handle that nobody has is not kept: it may be a password in the wrong field."""
    handle = str(credentials.get("username", ""))[:60]
    found = Account.objects.filter(handle=handle).first()
    said: dict[str, Any] = _where(request) if request is not None else {}
    if found is None:
        logs.note("sign-in-failed", detail=said | {"known": False})
    else:
        logs.note("sign-in-failed", party=found.party, account=found.handle, detail=said)


def connect() -> None:
    """Listen to what Django says of ways in; once, when the process starts."""
    user_logged_in.connect(_signed_in, dispatch_uid="commonwatch.signed-in")
    user_logged_out.connect(_signed_out, dispatch_uid="commonwatch.signed-out")
    user_login_failed.connect(_not_let_in, dispatch_uid="commonwatch.not-let-in")

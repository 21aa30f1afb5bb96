"""Refusal → answer: one notice on the page, or problem+json (RFC 9457) for programs."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.csrf import csrf_failure

from commonwatch.access.actor import ConfirmItIsYou, NotMandated, SignInFirst
from commonwatch.errors import Refusal, _
from commonwatch.ui.noticing import notice, remember
from commonwatch.ui.page import refusal_page, say_when


def told(refusal: Refusal) -> tuple[str, str]:
    """Return what a refusal says and its hint, in the active language, with its fields filled in."""
    hint = told_as(refusal.hint, refusal.fields) if refusal.hint else ""
    return told_as(refusal.says, refusal.fields), hint


def told_as(says: str, fields: Mapping[str, Any]) -> str:
    """Return one sentence in the active language with its fields filled in."""
    return gettext(says).format(**{name: _shown(value) for name, value in fields.items()})


def _shown(value: Any) -> Any:
    """Write a field's value; one that is itself a marked phrase is said in the active language."""
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(each) for each in value)
    return gettext(value) if isinstance(value, str) and value else value


def problem(refusal: Refusal, *, extra: dict[str, Any] | None = None) -> HttpResponse:
    """Answer a program: `type`, `title`, `status`, `detail`, `hint`, `code` and whatever names the places."""
    says, hint = told(refusal)
    body: dict[str, Any] = {
        "type": f"urn:commonwatch:refusal:{refusal.code}",
        "title": says,
        "status": refusal.status,
        "code": refusal.code,
    }
    if isinstance(refusal, SignInFirst):
        hint = gettext("Programs send their key in the header Authorization: Bearer KEY.")
    if hint:
        body["hint"] = hint
    body.update(extra or {})
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {}
    answer = HttpResponse(
        msgspec.json.encode(body),
        status=refusal.status,
        content_type="application/problem+json",
        headers=headers,
    )
    say_when(answer, refusal)
    return answer


def way_to_confirm(to: str = "/") -> str:
    """Return the address of the page that asks once more for a password or second factor, and leads on to `to`."""
    return f"{reverse('account_reauthenticate')}?{urlencode({'next': to})}"


class PageTooOld(Refusal):
    """The form does not carry the mark of this session any more."""

    code, status = "ui.page-too-old", 403
    says = _("The page was open too long, so nothing was sent.")
    hint = _("What you typed still stands here. Copy it if no draft was kept, then load the page again.")


def too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without the mark of its session: by script as a notice above it, otherwise as a page."""
    remember(request, PageTooOld())
    if request.headers.get("HX-Request") == "true":
        return refusal_page(request, PageTooOld())
    return csrf_failure(request, reason=reason)


class RefusalMiddleware:
    """Turn a refusal that no view caught into its answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one request, and note what belongs onto the security log."""
        answer = self.get_response(request)
        notice(request, answer)
        return answer

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal; anything else goes on to be an error."""
        if not isinstance(error, Refusal):
            return None
        remember(request, error)
        if request.path.startswith("/api/"):
            return problem(error)
        led = _led(request, error) if request.method in {"GET", "HEAD"} else ""
        return HttpResponseRedirect(led) if led else refusal_page(request, error)


def _led(request: HttpRequest, error: Refusal) -> str:
    """Return where a page that was asked for leads instead of being refused; empty when nowhere.

    A form that was sent is never led away from: what was typed would be lost.
    """
    if isinstance(error, SignInFirst):
        return f"{reverse('ui:sign-in')}?{urlencode({'next': request.get_full_path()})}"
    if isinstance(error, ConfirmItIsYou):
        return way_to_confirm(request.get_full_path())
    if isinstance(error, NotMandated) and request.path == "/":
        return reverse("ui:people")  # whose office does not watch begins where everybody may read
    return ""

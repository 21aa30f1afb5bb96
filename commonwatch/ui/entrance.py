"""The entrance: signing in and out, and the switches of language and theme."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from commonwatch.access.models import Account, Seat
from commonwatch.access.seats import offices_of, porter
from commonwatch.errors import Refusal, _
from commonwatch.register import node
from commonwatch.ui.page import page

YEAR = 365 * 24 * 3600
THEMES = ("auto", "day", "night")
MODES = ("real", "exercise")


class WrongEntry(Refusal):
    """Known and unknown accounts are answered alike."""

    code, status = "ui.wrong-entry", 403
    says = _("This handle and password do not belong together.")
    hint = _("Check both. Whoever looks after the accounts of your party can set a new password.")


def back(request: HttpRequest) -> HttpResponse:
    """Lead back to the page somebody came from, if it is one of ours."""
    to = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(
        to, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(to if safe and to.startswith("/") else "/")


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in by handle and password; in the demo also by one click for each office."""
    context: dict[str, Any] = {"next": request.GET.get("next", ""), "offices": demo_offices(), "handle": ""}
    if request.method != "POST":
        return page(request, "ui/sign_in.html", context)
    handle, password = request.POST.get("handle", ""), request.POST.get("password", "")
    account = authenticate(request, username=handle[:60], password=password[:1000])
    if account is None:
        context |= {"refusal": WrongEntry(), "handle": handle, "next": request.POST.get("next", "")}
        return page(request, "ui/sign_in.html", context, status=WrongEntry.status)
    login(request, account)
    return back(request)


@require_POST
def demo(request: HttpRequest) -> HttpResponse:
    """Sign in by one click; outside the demo there is no such page."""
    if not node.current().demo:
        raise Http404
    account = Account.objects.filter(handle=request.POST.get("handle", ""), is_active=True).first()
    if account is None:
        raise Http404
    login(request, account, backend="django.contrib.auth.backends.ModelBackend")
    return back(request)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return HttpResponseRedirect(reverse("ui:sign-in"))


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Choose day, night, or what the machine says."""
    answer = back(request)
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        answer.set_cookie(
            "theme", chosen, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return answer


@require_POST
def mode(request: HttpRequest) -> HttpResponse:
    """Change between real work and an exercise: the two are never on one page, nor in one journal."""
    chosen = request.POST.get("mode", "")
    if chosen in MODES:
        request.session["mode"] = chosen
    return HttpResponseRedirect("/")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the pages."""
    answer = back(request)
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        name = settings.LANGUAGE_COOKIE_NAME
        answer.set_cookie(name, chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return answer


def demo_offices() -> list[dict[str, Any]]:
    """List the offices that one click opens, by party; none outside the demo."""
    at = node.current()
    if not at.demo:
        return []
    known = set(Account.objects.filter(is_active=True).values_list("handle", flat=True))
    found = []
    for party in at.pack.parties:
        eyes = porter(party.code)
        held = Seat.objects.visible_to(eyes).filter(party=party.code)
        handles = {
            (party.code, each.office): each.account
            for each in held
            if each.in_force(at.clock()) and each.account in known
        }
        seats = [
            {"code": each.code, "name": each.name, "handle": handles[party.code, each.code]}
            for each in offices_of(party.code)
            if (party.code, each.code) in handles
        ]
        if seats:
            found.append({"party": party.code, "party_name": party.short, "offices": seats})
    return found

"""The entrance: signing in and out, joining by a code, and the switches of language and theme."""

from typing import Any

from allauth.account.forms import LoginForm
from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from commonwatch.access import limits
from commonwatch.access.adapters import within
from commonwatch.access.asking import Standing, account_of, actor_for, standing
from commonwatch.access.models import Account, Seat
from commonwatch.access.seats import offices_of, porter
from commonwatch.errors import Refusal, _
from commonwatch.register import node
from commonwatch.ui.page import page, say_when

YEAR = 365 * 24 * 3600
THEMES = ("auto", "day", "night")
MODES = ("real", "exercise")


class WrongEntry(Refusal):
    """Known and unknown accounts are answered alike."""

    code, status = "ui.wrong-entry", 403
    says = _("This handle and password do not belong together.")
    hint = _(
        "Check both. Whoever looks after the people of your party can give you a code to set a new password."
    )


def back(request: HttpRequest) -> HttpResponse:
    """Lead back to the page somebody came from, if it is one of ours."""
    to = request.POST.get("next") or request.GET.get("next") or "/"
    return HttpResponseRedirect(to if within(request, to) else "/")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in by handle and password; in the demo also by one click for each office.

    Who is signed in and still cannot act is led to what is missing.
    """
    to = request.POST.get("next", "") or request.GET.get("next", "")
    context: dict[str, Any] = {
        "next": to,
        "offices": demo_offices(),
        "handle": "",
        "provider": settings.PROVIDER,
    }
    if request.method != "POST":
        missing = led_on(request, to)
        return missing or page(request, "ui/sign_in.html", context)
    handle, password = request.POST.get("handle", "")[:60], request.POST.get("password", "")
    try:
        return enter(request, handle=handle, password=password, to=to)
    except (WrongEntry, limits.TooManyTries) as refusal:
        return refused(request, "ui/sign_in.html", context | {"handle": handle}, refusal)


def refused(request: HttpRequest, template: str, context: dict[str, Any], refusal: Refusal) -> HttpResponse:
    """Show a form again with what was refused; when there were too many tries, say when the next one counts."""
    answer = page(request, template, context | {"refusal": refusal}, status=refusal.status)
    say_when(answer, refusal)
    return answer


def enter(request: HttpRequest, *, handle: str, password: str, to: str) -> HttpResponse:
    """Sign somebody in, or lead to the second factor.

    :raises TooManyTries: before anything is examined.
    :raises WrongEntry: for whatever is wrong.
    """
    limits.count("sign-in", handle=handle, request=request)
    form = LoginForm({"login": handle, "password": password}, request=request)
    if not handle or handle != handle.strip() or not form.is_valid():
        raise WrongEntry
    limits.forget("sign-in", handle=handle, request=request)
    if request.user.is_authenticated:
        logout(request)
    answer: HttpResponse = form.login(request, redirect_url=to if within(request, to) else "/")
    limits.know_browser(request, answer, handle)
    return answer


def led_on(request: HttpRequest, to: str) -> HttpResponse | None:
    """Lead who is signed in, but cannot act, to what is missing; None for everybody else."""
    stands = standing(request)
    ways = {
        Standing.NO_OFFICE: "ui:no-office",
        Standing.FACTOR_LACKING: "ui:second-factor",
        Standing.FACTOR_DUE: "mfa_reauthenticate",
    }
    if stands not in ways:
        return None
    query = urlencode({"next": to if within(request, to) else "/"})
    return HttpResponseRedirect(f"{reverse(ways[stands])}?{query}")


@never_cache
@require_http_methods(["GET", "HEAD"])
def no_office(request: HttpRequest) -> HttpResponse:
    """Say to who is signed in and holds no office that this is so, and whom to ask."""
    account = account_of(request)
    if account is None or standing(request) is not Standing.NO_OFFICE:
        return HttpResponseRedirect(reverse("ui:sign-in"))
    return page(request, "ui/no_office.html", {"party": account.party, "handle": account.handle})


@require_POST
def demo(request: HttpRequest) -> HttpResponse:
    """Sign in by one click; outside the demo there is no such page."""
    if not node.current().demo:
        raise Http404
    account = Account.objects.filter(handle=request.POST.get("handle", ""), is_active=True).first()
    if account is None:
        raise Http404
    login(request, account)
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
    """Change between real work and an exercise: the two are never on one page, nor in one journal.

    It leads to the Watch page, or to the page that was named.
    """
    chosen = request.POST.get("mode", "")
    if chosen in MODES and actor_for(request):
        request.session["mode"] = chosen
    return back(request)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the pages; it is kept with the account of who has signed in, and in this browser."""
    answer = back(request)
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        account = account_of(request)
        if account is not None:
            account.language = chosen
            account.save(update_fields=["language"])
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

"""The pages of reminders: what one was told, by which ways, the ladders of the pack, and the party's webhook."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commonwatch.access.actor import Actor
from commonwatch.access.models import Account
from commonwatch.desks.notices import acts, board, composing, forms, rules
from commonwatch.desks.notices.sending import WAYS, Message, NotNow, Outcome, Refused
from commonwatch.errors import Refusal, _
from commonwatch.register import node
from commonwatch.ui.account import mine, who
from commonwatch.ui.page import page, say_when
from commonwatch.ui.pairs import seat

FIELDS = {
    "notices.bad-address": "address",
    "notices.not-sent": "address",
    "notices.wrong-code": "code",
    "notices.bad-hours": "hours",
    "notices.bad-pause": "pause",
    "notices.bad-hook": "url",
}


class NotSent(Refusal):
    """The code could not be sent."""

    code, status = "notices.not-sent", 503
    says = _("The code could not be sent.")
    hint = _("{reason}. What you typed is kept; tell the operator, or try again later.")


@never_cache
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """Show what one was told; to who sees to the party's people, what its chairs were told."""
    by = seat(request)
    may = by.may("notices.see-notices")
    party = may and request.GET.get("whose") == "party"
    text = request.GET.get("page", "1")
    number = int(text) if text.isascii() and text.isdecimal() and int(text[:6]) > 0 and len(text) < 5 else 1
    found = board.of_party(by, number=number) if party else board.own(by, number=number)
    context: dict[str, Any] = {"lines": found.lines, "older": found.older, "party": party, "may": may}
    context |= {"kinds": composing.KINDS, "may_hook": by.may("notices.set-webhook")}
    if party:
        context |= {"chairs": board.chairs(by), "hook": board.hook(by)}
    return page(request, "notices/notices.html", context)


@require_safe
def ladder(request: HttpRequest) -> HttpResponse:
    """Show who is told of what, and when: the ladders of the pack."""
    by = seat(request)
    return page(request, "notices/ladder.html", {"ladders": board.ladders(by), "kinds": composing.KINDS})


@require_POST
def again(request: HttpRequest, id: str) -> HttpResponse:
    """Let something be sent once more."""
    acts.send_again(by=seat(request), id=id)
    messages.success(request, gettext("It will be sent within a minute, if it still waits."))
    return HttpResponseRedirect(reverse("notices:notices"))


@mine
@require_http_methods(["GET", "HEAD", "POST"])
def ways(request: HttpRequest) -> HttpResponse:
    """Show and change how one is told."""
    account = who(request)
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            return _changed(request, account)
        except Refusal as refused:
            refusal = refused
    way = acts.way_of(account, language=get_language() or "en")
    chosen = request.method == "POST" and request.POST.get("act") == "choices"
    zone = node.current().pack.party(account.party).zone
    context = forms.shown(forms.typed(request.POST) if chosen else forms.kept(way, zone=zone))
    context |= {"way": way, "languages": settings.LANGUAGES, "kinds": composing.KINDS, "refusal": refusal}
    context |= {"stopped": board.reason_of(way.stopped), "typed": request.POST.get("address", "")[:254]}
    context |= {"field": FIELDS.get(refusal.code, "") if refusal else "", "lasts": rules.CODE_LASTS}
    answer = page(request, "notices/ways.html", context, status=refusal.status if refusal else 200)
    if refusal:
        say_when(answer, refusal)
    return answer


def _changed(request: HttpRequest, account: Account) -> HttpResponse:
    """Do what was pressed and lead back to the page."""
    act = request.POST.get("act", "")
    if act == "address":
        language = get_language() or "en"
        way, code = acts.want_address(
            account, text=request.POST.get("address", ""), language=language, request=request
        )
        _mailed(composing.code(to=way.wanted, reader=account.handle, language=way.language, secret=code))
        said = gettext("A code was sent. Type it below.")
    elif act == "code":
        acts.give_code(account, typed=request.POST.get("code", ""), request=request)
        said = gettext("The address is verified: messages go there from now on.")
    elif act == "choices":
        given = forms.typed(request.POST)
        hours, pause = given.hours(), given.paused()
        acts.keep_choices(account, language=given.language, hours=hours, wanted=given.kinds, pause=pause)
        said = gettext("Your choices are kept.")
    elif act == "forget":
        acts.forget_address(account)
        said = gettext("The address was removed. Nothing more is sent.")
    else:
        said = gettext("Nothing was changed.")
    messages.success(request, said)
    return HttpResponseRedirect(reverse("notices:ways"))


def _mailed(message: Message) -> None:
    """Send a message now, while somebody waits for it.

    :raises NotSent: saying why it was not.
    """
    try:
        WAYS["mail"](message, lambda: None)
    except Outcome as outcome:
        raise NotSent(reason=board.reason_of(outcome.reason)) from None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    """Show and change where the party's own system is told."""
    by = seat(request)
    context: dict[str, Any] = {"typed": request.POST.get("url", "")[:500]}
    acts.webhook_of(by)
    if request.method == "POST":
        try:
            return _hooked(request, by, who(request))
        except Refusal as refusal:
            context |= {"refusal": refusal, "field": FIELDS.get(refusal.code, "")}
    found = acts.webhook_of(by)
    context |= {"hook": found, "stopped": board.reason_of(found.stopped) if found else "", "fresh": by.fresh}
    refused = context.get("refusal")
    answer = page(request, "notices/webhooks.html", context, status=refused.status if refused else 200)
    if refused:
        say_when(answer, refused)
    return answer


def _hooked(request: HttpRequest, by: Actor, account: Account) -> HttpResponse:
    """Do what was pressed; a new secret is shown at once, everything else leads back to the page."""
    act = request.POST.get("act", "")
    if act == "set":
        secret = acts.set_webhook(by=by, account=account, text=request.POST.get("url", ""))
        return page(request, "notices/webhook_made.html", {"secret": secret})
    if act == "try":
        _tried(request, by)
    elif act == "remove":
        acts.remove_webhook(by=by)
        messages.success(request, gettext("The webhook was removed."))
    else:
        messages.success(request, gettext("Nothing was changed."))
    return HttpResponseRedirect(reverse("notices:webhooks"))


def _tried(request: HttpRequest, by: Actor) -> None:
    """Send a message that says that nothing waits, and say what came of it."""
    url, secret = acts.secret_of(by=by, request=request)
    try:
        WAYS["webhook"](composing.trial(to=url, reader=f"@{by.party}", secret=secret), lambda: None)
    except Outcome as outcome:
        acts.keep_trial(by=by, stopped=outcome.reason if isinstance(outcome, Refused) else None)
        later = isinstance(outcome, NotNow)
        said = gettext("It was not taken.") if later else gettext("It was not taken, or nobody knows.")
        messages.warning(request, f"{said} {board.reason_of(outcome.reason)}")
    else:
        acts.keep_trial(by=by, stopped="")
        messages.success(request, gettext("It was taken: the webhook works."))

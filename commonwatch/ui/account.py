"""My account: who I am, what I hold, how I prove it, where I am signed in, and the keys of my programs."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from allauth.account import views as proving
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as factor
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as key
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from commonwatch.access import factors, invitations, limits, own, passwords, sessions, tokens
from commonwatch.access.actor import ConfirmItIsYou, SignInFirst
from commonwatch.access.adapters import within
from commonwatch.access.asking import account_of
from commonwatch.access.logs import note
from commonwatch.access.models import Account
from commonwatch.errors import Refusal, _
from commonwatch.register import node
from commonwatch.ui.entrance import enter, refused
from commonwatch.ui.page import page

View = Callable[..., HttpResponseBase]


class WrongPassword(Refusal):
    """The present password is another."""

    code, status = "ui.wrong-password", 403
    says = _("This is not your present password.")
    hint = _("Nothing was changed. If you have forgotten it, ask for a code to set a new one.")


class TwoPasswords(Refusal):
    """The new password was typed in two ways."""

    code, status = "ui.two-passwords", 422
    says = _("The new password was typed in two different ways.")
    hint = _("Nothing was changed. Type it twice.")


class LastFactor(Refusal):
    """The office asks for a second factor, and this is the last one."""

    code, status = "ui.last-factor", 409
    says = _("Your office asks for a second factor, and this is the only one.")
    hint = _("Add another one first, then remove this.")


def mine(view: View) -> View:
    """Open a page to whoever is signed in, once a second factor that the account has was given."""

    @wraps(view)
    @never_cache
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        account = account_of(request)
        if account is None:
            raise SignInFirst
        open_here = node.current().demo or factors.second_factor_given(request)
        if not open_here and factors.set_up(account):
            return confirm(request, "mfa_reauthenticate")
        return view(request, *args, **kwargs)

    return opened


def fresh(view: View) -> View:
    """Open a page of one's own once a proof of the last minutes is there."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not factors.fresh(request):
            return confirm(request, "account_reauthenticate")
        return view(request, *args, **kwargs)

    return mine(opened)


def confirm(request: HttpRequest, way: str) -> HttpResponse:
    """Lead to where one proves who one is, and back; what was sent is not done.

    :raises ConfirmItIsYou: when something was sent.
    """
    if request.method not in {"GET", "HEAD"}:
        raise ConfirmItIsYou
    return HttpResponseRedirect(f"{reverse(way)}?{urlencode({'next': request.get_full_path()})}")


def provable(view: View) -> View:
    """Open a page that asks for a proof to whoever is signed in and has anything to prove with."""

    @wraps(view)
    @never_cache
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        account = account_of(request)
        if account is None:
            raise SignInFirst
        if not get_account_adapter().get_reauthentication_methods(account):
            messages.warning(
                request, gettext("Sign out and in again: there is nothing else to confirm it with.")
            )
            return home()
        return view(request, *args, **kwargs)

    return opened


def who(request: HttpRequest) -> Account:
    """Return the account that is signed in.

    :raises SignInFirst: when there is none.
    """
    account = account_of(request)
    if account is None:
        raise SignInFirst
    return account


def home() -> HttpResponse:
    """Lead back to the page of the account."""
    return HttpResponseRedirect(reverse("ui:account"))


@mine
@require_http_methods(["GET", "HEAD"])
def account(request: HttpRequest) -> HttpResponse:
    """Show all of it on one page."""
    account = who(request)
    context = own.shown(account, here=request.session.session_key or "", seat=request.session.get("seat", ""))
    context |= {"provider": settings.PROVIDER}
    return page(request, "ui/account.html", context)


@mine
@require_POST
def seat(request: HttpRequest) -> HttpResponse:
    """Sit in another of the offices held."""
    request.session["seat"] = own.seat_of(who(request), key=request.POST.get("seat", ""))
    messages.success(request, gettext("You now act in that office."))
    return HttpResponseRedirect("/")


@mine
@require_POST
def end_session(request: HttpRequest, id: str) -> HttpResponse:
    """End one session of one's own."""
    sessions.end_session(who(request), name=id)
    messages.success(request, gettext("The session was ended."))
    return home()


@mine
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End every session but this one."""
    sessions.end_sessions(who(request), but=request.session.session_key or "")
    messages.success(request, gettext("All other sessions were ended."))
    return home()


@mine
@sensitive_post_parameters("present", "password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change the password; other sessions end."""
    if request.method != "POST":
        return page(request, "ui/account_password.html", {})
    account = who(request)
    try:
        limits.count("confirm", handle=account.handle)
        if not account.check_password(request.POST.get("present", "")):
            raise WrongPassword
        limits.forget("confirm", handle=account.handle)
        new = typed_twice(request)
        passwords.check(new, handle=account.handle, party=account.party)
    except Refusal as refusal:
        return refused(request, "ui/account_password.html", {}, refusal)
    account.set_password(new)
    account.save(update_fields=["password"])
    before = request.session.session_key or ""
    update_session_auth_hash(request, account)
    sessions.moved(account, before=before, after=request.session.session_key or "")
    note("password-changed", party=account.party, account=account.handle)
    messages.success(request, gettext("The password was changed. All other sessions were ended."))
    return home()


def typed_twice(request: HttpRequest) -> str:
    """Return a new password that was typed twice.

    :raises TwoPasswords: when the two differ.
    """
    new = request.POST.get("password", "")
    if passwords.one_form(new) != passwords.one_form(request.POST.get("again", "")):
        raise TwoPasswords
    return new


@fresh
@require_http_methods(["GET", "HEAD", "POST"])
def new_key(request: HttpRequest) -> HttpResponse:
    """Make a key for a program and show it, this once."""
    account = who(request)
    context = own.choices(account) | {"client": "", "chosen": [], "days": tokens.LASTS.days}
    if request.method != "POST":
        return page(request, "ui/account_key.html", context)
    chosen, days = request.POST.getlist("scope"), request.POST.get("days", "")
    at = request.POST.get("seat", "")
    client = request.POST.get("client", "").strip()
    try:
        own.check_client(client)
        lasts = timedelta(days=int(days)) if days.isdecimal() and len(days) < 6 else timedelta(0)
        secret = tokens.new_token(account, client=client, seat=at, scope=chosen, lasts=lasts)
    except Refusal as refusal:
        context |= {"client": client, "chosen": chosen, "days": days, "seat": at}
        return refused(request, "ui/account_key.html", context, refusal)
    return page(request, "ui/account_key_made.html", {"secret": secret, "client": client})


@mine
@require_POST
def revoke_key(request: HttpRequest, id: str) -> HttpResponse:
    """Let a key of one's own serve no more."""
    own.revoke_key(who(request), id=id)
    messages.success(request, gettext("The key was revoked."))
    return home()


@mine
@require_http_methods(["GET", "HEAD"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Say why a second factor is needed, and offer both kinds."""
    to = request.GET.get("next", "")
    request.session["after_factor"] = to if within(request, to) else "/"
    return page(request, "ui/second_factor.html", {"asked": factors.asked_of(who(request))})


class RemoveKey(key.RemoveWebAuthnView):  # type: ignore[misc]
    """Remove a security key, unless the office asks for one and it is the last."""

    def get_object(self, queryset: Any = None) -> Authenticator:
        """Find it among the account's own by the name under which it is listed.

        :raises Http404: absent and somebody else's alike.
        """
        rows = self.get_queryset() if queryset is None else queryset
        wanted = self.kwargs["pk"]
        found = next((each for each in rows if own.factor_name(each) == wanted), None)
        if found is None:
            raise Http404
        return found

    def form_valid(self, form: Any) -> HttpResponse:
        """Remove it.

        :raises LastFactor: when it has to stay.
        """
        if not get_adapter().can_delete_authenticator(self.object):
            raise LastFactor
        answer: HttpResponse = super().form_valid(form)
        return answer


@never_cache
@sensitive_post_parameters("code", "password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Open an account, or set a lost password anew, by a code that was handed over; then sign in."""
    handle, code = request.POST.get("handle", "").strip()[:60], request.POST.get("code", "")
    context = {"handle": handle, "code": code[:100]}
    if request.method != "POST":
        return page(request, "ui/join.html", context)
    try:
        limits.count("join", handle=handle, request=request)
        new = typed_twice(request)
        invitations.accept(handle=handle, code=code, password=new)
    except Refusal as refusal:
        return refused(request, "ui/join.html", context, refusal)
    limits.forget("join", handle=handle, request=request)
    limits.forget("sign-in", handle=handle, request=request)
    return enter(request, handle=handle, password=new, to="/")


# The steps that allauth itself takes, in our pages.
give_factor = never_cache(factor.authenticate)
confirm_password = provable(proving.reauthenticate)
confirm_code = provable(factor.reauthenticate)
confirm_key = provable(key.reauthenticate_webauthn)
set_up_app = fresh(app.activate_totp)
remove_app = fresh(app.deactivate_totp)
add_key = fresh(key.add_webauthn)
remove_key = fresh(RemoveKey.as_view())
codes = fresh(recovery.view_recovery_codes)
new_codes = fresh(recovery.generate_recovery_codes)

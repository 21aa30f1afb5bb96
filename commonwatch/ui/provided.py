"""Signing in by a provider, linking and unlinking; these addresses are there only where a provider is configured."""

from allauth.socialaccount.providers.openid_connect import views as provider
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST
from requests import RequestException

from commonwatch.access import links
from commonwatch.ui import account, entrance
from commonwatch.ui.page import page


@require_POST
def begin(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Lead to the provider."""
    try:
        answer: HttpResponseBase = provider.login(request, provider_id)
    except RequestException:
        messages.warning(request, gettext("The provider does not answer now."))
        return HttpResponseRedirect(reverse("ui:sign-in"))
    return answer


@account.fresh
@require_http_methods(["GET", "HEAD"])
def link(request: HttpRequest) -> HttpResponseBase:
    """Ask whether an identity of the provider is to open this account."""
    return page(request, "ui/provider_link.html", {"provider": settings.PROVIDER})


@account.fresh
@require_POST
def unlink(request: HttpRequest) -> HttpResponseBase:
    """Let no identity of the provider open this account any more."""
    links.unlink(account.who(request))
    messages.success(request, gettext("That way to sign in was removed."))
    return account.home()


urlpatterns = [
    path("sign-in/by/<str:provider_id>/", begin, name="openid_connect_login"),
    path("sign-in/by/<str:provider_id>/back/", provider.callback, name="openid_connect_callback"),
    path("sign-in/", entrance.sign_in, name="socialaccount_login_cancelled"),
    path("account/", account.account, name="socialaccount_connections"),
    path("account/provider/", link, name="provider_link"),
    path("account/provider/unlink/", unlink, name="provider_unlink"),
]

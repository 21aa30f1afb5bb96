"""Identities of a provider that the organisation has already: linked by their owner, never the source of an account."""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

KEPT = ("sub", "amr")


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Nobody gets an account by a provider; of what it says its name for the person is kept, and nothing else."""

    def is_open_for_signup(self, _request: HttpRequest, _sociallogin: Any) -> bool:
        """Nobody signs up."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Refuse an identity that nobody here has linked, and note when the provider vouches for a second factor."""
        said = sociallogin.account.extra_data.get("id_token", {})
        sociallogin.account.extra_data = {name: said[name] for name in KEPT if name in said}
        if sociallogin.state.get("process") == "connect":
            return
        if not sociallogin.is_existing:
            raise ImmediateHttpResponse(
                self._back(request, gettext("No account here is linked to that identity."))
            )
        trusted = settings.PROVIDER is not None and settings.PROVIDER.factor
        request.provider_gave_factor = trusted and "mfa" in said.get("amr", ())  # type: ignore[attr-defined]

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,  # noqa: ARG002
        error: Any = None,  # noqa: ARG002
        exception: Any = None,  # noqa: ARG002
        extra_context: Any = None,  # noqa: ARG002
    ) -> None:
        """Lead back to the entrance, whatever went wrong over there."""
        raise ImmediateHttpResponse(self._back(request, gettext("The provider did not say who you are.")))

    def get_connect_redirect_url(self, _request: HttpRequest, _socialaccount: Any) -> str:
        """Lead back to the page of the account."""
        return reverse("ui:account")

    @staticmethod
    def _back(request: HttpRequest, said: str) -> HttpResponseRedirect:
        messages.warning(request, said)
        way = "ui:account" if request.user.is_authenticated else "account_login"
        return HttpResponseRedirect(reverse(way))

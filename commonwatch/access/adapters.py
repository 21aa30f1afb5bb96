"""How allauth is told the ways of the house: no sign-up, no mail, secrets encrypted, sentences of our own."""

from hashlib import sha256
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext, gettext_lazy

from commonwatch.access import secrets
from commonwatch.access.factors import fresh, last_strong
from commonwatch.access.limits import address_of
from commonwatch.access.models import Account
from commonwatch.register import node

SAID = {
    "mfa/messages/totp_activated.txt": gettext_lazy("The app now gives codes for this account."),
    "mfa/messages/totp_deactivated.txt": gettext_lazy("Codes of the app are taken no more."),
    "mfa/messages/webauthn_added.txt": gettext_lazy("The security key was added."),
    "mfa/messages/webauthn_removed.txt": gettext_lazy("The security key was removed."),
    "socialaccount/messages/account_connected.txt": gettext_lazy("From now on you can sign in that way too."),
    "socialaccount/messages/account_disconnected.txt": gettext_lazy("That way to sign in was removed."),
}


def within(request: HttpRequest, to: str) -> bool:
    """Say whether an address is a path of this node, to which somebody may be led."""
    safe = url_has_allowed_host_and_scheme(
        to, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return safe and to.startswith("/")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by invitation alone; tries are counted where they come in (access.limits)."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "incorrect_password": gettext_lazy("This is not the password."),
        "username_password_mismatch": gettext_lazy("This handle and password do not belong together."),
    }

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Say whose handle and password these are; a closed account is nobody's."""
        return authenticate(request, **credentials)

    def reauthenticate(self, user: Account, password: str) -> bool:
        """Say whether this is the password of who is signed in."""
        return user.check_password(password)

    def is_reauthentication_required(self, *, app: str, **_more: Any) -> bool:  # noqa: ARG002 - allauth's signature
        """Say whether a new proof is needed: none was given within the last minutes."""
        return not fresh(context.request)

    def get_reauthentication_methods(self, user: AbstractBaseUser) -> list[dict[str, Any]]:
        """List the ways to confirm who one is, in our words."""
        said = {
            "reauthenticate": gettext("the password"),
            "mfa_reauthenticate": gettext("a code"),
            "mfa_reauthenticate:webauthn": gettext("a security key"),
        }
        found: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [each | {"description": said[each["id"]]} for each in found]

    def get_login_stages(self) -> list[str]:
        """List what has to be passed: not the second factor, when a provider whose word is taken vouches for it."""
        found: list[str] = super().get_login_stages()
        vouched = getattr(context.request, "provider_gave_factor", False)
        return [each for each in found if not (vouched and each == "allauth.mfa.stages.AuthenticateStage")]

    def respond_user_inactive(self, _request: HttpRequest, _user: AbstractBaseUser) -> HttpResponse:
        """Lead a closed account where everybody else is led."""
        return HttpResponseRedirect(reverse("account_login"))

    def add_message(  # noqa: PLR0913, PLR0917 - allauth's signature
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,  # noqa: ARG002
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Say in our words what was done; what nobody needs to be told is not said."""
        said = message or SAID.get(message_template or "")
        if said:
            messages.add_message(request, level, str(said), extra_tags=extra_tags)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address as it is kept and counted."""
        return address_of(request)

    def is_safe_url(self, url: str | None) -> bool:
        """Say whether one may be led there: to a path of this node, nowhere else."""
        return bool(url) and within(context.request, str(url))

    def get_login_redirect_url(self, _request: HttpRequest) -> str:
        """Return where one goes after signing in."""
        return "/"


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: secrets are encrypted, names are those of the place."""

    error_messages: ClassVar[dict[str, Any]] = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This code is not taken. Wait for the next one, and type that."),
        "cannot_delete_authenticator": gettext_lazy(
            "Your office asks for a second factor. Add another one first, then remove this."
        ),
    }

    def encrypt(self, text: str) -> str:
        """Encrypt a secret for keeping."""
        return secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Read a kept secret."""
        return secrets.decrypt(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Say whether a factor may go: not the last one of an office that asks for one."""
        return not last_strong(authenticator)

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, Any]:
        """Name the account to a security key: by its handle, since a number would count the accounts of the node."""
        found: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return found | {"id": sha256(f"commonwatch {user.get_username()}".encode()).digest()}

    def get_totp_issuer(self) -> str:
        """Name the place in the person's app."""
        return f"Commonwatch {node.current().pack.organisation.upper()}"

    def _get_site_name(self) -> str:
        name = node.current().pack.name
        return str(name.get((get_language() or "en").split("-")[0]) or next(iter(name.values())))

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """Propose a name for a security key."""
        held = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Key {number}").format(number=held + 1)

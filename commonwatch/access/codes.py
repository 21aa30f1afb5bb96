"""Giving a second factor: allauth's forms, with each try counted before it is examined and each code taken once."""

from typing import Any

from allauth.account.forms import ReauthenticateForm
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.cache import cache

from commonwatch.access import limits, secrets
from commonwatch.access.logs import note
from commonwatch.access.models import Account

USED_FOR = 600


def take_once(account: Account, code: str) -> None:
    """Refuse a code that was given before: by anybody, in any process, while it could still be right.

    :raises ValidationError: like a wrong one.
    """
    key = f"code-given:{account.pk}:{normalize_user_code(code)[:40]}"
    if not cache.add(key, 1, timeout=USED_FOR):
        note("factor-used-again", party=account.party, account=account.handle)
        raise get_adapter().validation_error("incorrect_code")


class _Counted:
    """A form in which a code is given."""

    user: Account
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        """Count the try, take the code once, then examine it.

        :raises TooManyTries: when there were too many.
        """
        limits.count("factor", handle=self.user.handle)
        take_once(self.user, self.cleaned_data["code"])
        code: str = super().clean_code()  # type: ignore[misc]
        limits.forget("factor", handle=self.user.handle)
        return code


class GiveCode(_Counted, base.AuthenticateForm):  # type: ignore[misc]
    """A code at sign-in."""


class GiveCodeAgain(_Counted, base.ReauthenticateForm):  # type: ignore[misc]
    """A code to confirm that it is still the same person."""


class SetUpApp(_Counted, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an app; the secret waits in the session encrypted until it was given."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.user = kwargs.pop("user")
        forms.Form.__init__(self, *args, **kwargs)
        session = context.request.session
        kept = session.get(SECRET_SESSION_KEY)
        self.secret = secrets.decrypt(kept) if kept and self.is_bound else generate_totp_secret()
        session[SECRET_SESSION_KEY] = secrets.encrypt(self.secret)


class _CountedKey:
    """A form in which a security key answers."""

    user: Account
    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Any:
        """Count the try, then examine what the key answered; what is no answer at all is a wrong one.

        :raises TooManyTries: when there were too many.
        """
        limits.count("factor", handle=self.user.handle)
        try:
            found = super().clean_credential()  # type: ignore[misc]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise get_adapter().validation_error("incorrect_code") from None
        limits.forget("factor", handle=self.user.handle)
        return found


class GiveKey(_CountedKey, webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A security key at sign-in."""


class GiveKeyAgain(_CountedKey, webauthn.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A security key to confirm that it is still the same person."""


class AddKey(webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """A new security key."""

    def clean_name(self) -> str:
        """Keep the name short."""
        return str(super().clean_name())[:60]

    def clean(self) -> dict[str, Any]:
        """Examine what the key answered; what is no answer at all is a wrong one."""
        try:
            found: dict[str, Any] = super().clean()
        except (AttributeError, KeyError, TypeError, ValueError):
            raise get_adapter().validation_error("incorrect_code") from None
        return found


class GivePasswordAgain(ReauthenticateForm):  # type: ignore[misc]
    """The password to confirm that it is still the same person."""

    def clean_password(self) -> str:
        """Count the try, then examine it.

        :raises TooManyTries: when there were too many.
        """
        limits.count("confirm", handle=self.user.handle)
        found = str(super().clean_password())
        limits.forget("confirm", handle=self.user.handle)
        return found

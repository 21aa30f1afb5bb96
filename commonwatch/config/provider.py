"""The provider of identities that an organisation may have already: OpenID Connect, read from a file once."""

from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml
from django.core.exceptions import ImproperlyConfigured

APP = "allauth.socialaccount.providers.openid_connect"
ID = "provider"
ASKED = {"name", "issuer", "client_id", "secret_file"}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Provider(NamedTuple):
    """What the file says. `factor` says that the provider's word for a second factor (amr: mfa) is taken here."""

    file: Path
    name: str
    issuer: str
    client_id: str
    secret: str
    secret_file: Path
    factor: bool


def read(named: str) -> Provider | None:
    """Read the file of a provider, YAML or JSON; None when none is named.

    :raises ImproperlyConfigured: naming what is wrong with it.
    """
    if not named:
        return None
    path = Path(named)
    try:
        said = yaml.safe_load(path.read_text())
    except (OSError, ValueError, yaml.YAMLError) as fault:
        raise ImproperlyConfigured(f"COMMONWATCH_OIDC: {path} cannot be read: {fault}") from None
    if not isinstance(said, dict) or set(said) - {"amr_mfa"} != ASKED:
        raise ImproperlyConfigured(
            f"COMMONWATCH_OIDC: {path} must say {', '.join(sorted(ASKED))}, and may say amr_mfa"
        )
    at = urlsplit(str(said["issuer"]))
    if at.scheme != "https" and at.hostname not in LOOPBACK:
        raise ImproperlyConfigured(f"COMMONWATCH_OIDC: the issuer in {path} must be reached by https")
    hidden = path.parent / str(said["secret_file"])
    try:
        secret = hidden.read_text().strip()
    except OSError as fault:
        raise ImproperlyConfigured(f"COMMONWATCH_OIDC: {hidden} cannot be read: {fault.strerror}") from None
    return Provider(
        file=path,
        name=str(said["name"]),
        issuer=str(said["issuer"]),
        client_id=str(said["client_id"]),
        secret=secret,
        secret_file=hidden,
        factor=said.get("amr_mfa") is True,
    )


def described(provider: Provider | None) -> dict[str, Any]:
    """Describe the provider to allauth."""
    if provider is None:
        return {}
    app = {
        "provider_id": ID,
        "name": provider.name,
        "client_id": provider.client_id,
        "secret": provider.secret,
        "settings": {"server_url": provider.issuer, "fetch_userinfo": False},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "SCOPE": ["openid"], "APPS": [app]}}


def origins(provider: Provider | None) -> list[str]:
    """Return where a form that leads to the provider ends: browsers hold a form's whole way to the content policy."""
    if provider is None:
        return []
    at = urlsplit(provider.issuer)
    return [f"{at.scheme}://{at.netloc}"]

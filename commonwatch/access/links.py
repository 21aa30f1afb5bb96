"""Which identities of a provider open an account. Only where a provider is configured there are any."""

from typing import Any, NamedTuple

from allauth.socialaccount.models import SocialAccount

from commonwatch.access.models import Account


class Link(NamedTuple):
    """An identity that opens an account. `since` is an aware datetime."""

    uid: str
    since: Any


def links_of(account: Account) -> list[Link]:
    """List the identities that open an account."""
    return [
        Link(row.uid, row.date_joined) for row in SocialAccount.objects.filter(user=account).order_by("pk")
    ]


def unlink(account: Account) -> None:
    """Let none of them open it any more."""
    SocialAccount.objects.filter(user=account).delete()

"""Who is asking: the actor of a request, or None; and what is missing to who is signed in and cannot act."""

from enum import Enum, auto

from django.http import HttpRequest

from commonwatch.access import factors, limits
from commonwatch.access.actor import Actor, actor_of
from commonwatch.access.factors import fresh, second_factor_given
from commonwatch.access.models import Account
from commonwatch.access.tokens import by_token
from commonwatch.register import node

MODES = ("real", "exercise")


class Standing(Enum):
    """How somebody stands at the entrance."""

    STRANGER = auto()
    NO_OFFICE = auto()
    FACTOR_LACKING = auto()
    FACTOR_DUE = auto()
    AT_WORK = auto()


def find_actor(request: HttpRequest) -> Actor | None:
    """Return the actor of a request: by a program's key, else by the session.

    An office that may write is nobody until its second factor was given; in the demo one click is enough.
    """
    given = request.headers.get("Authorization", "")
    if given.startswith("Bearer "):
        return _by_key(request, given.removeprefix("Bearer ").strip())
    user = request.user
    if not isinstance(user, Account) or not user.is_authenticated:
        return None
    mode = request.session.get("mode", "real")
    actor = actor_of(user, mode=mode if mode in MODES else "real", seat=request.session.get("seat", ""))
    demo = node.current().demo
    if actor is None or (actor.writes and not demo and not second_factor_given(request)):
        return None
    actor.fresh = fresh(request)
    return actor


def _by_key(request: HttpRequest, secret: str) -> Actor | None:
    """Return the actor of a program's key. Tries with unknown ones are counted, so that they cannot go on and on.

    Counted after the look, not before: a key of 256 bits is not guessed, and good ones must not pay with a write each.

    :raises TooManyTries: when many unknown keys came from that address.
    """
    actor = by_token(secret)
    if actor is None:
        limits.count("key", request=request)
    return actor


def actor_for(request: HttpRequest) -> Actor | None:
    """Return the actor of a request, looked up once; None when nobody has signed in.

    :raises TooManyTries: at the first look, when many unknown keys came from that address.
    """
    if not hasattr(request, "found_actor"):
        request.found_actor = None  # type: ignore[attr-defined]
        request.found_actor = find_actor(request)  # type: ignore[attr-defined]
    return request.found_actor  # type: ignore[attr-defined, no-any-return]


def account_of(request: HttpRequest) -> Account | None:
    """Return the account that is signed in, whether or not it can act; None when there is none."""
    user = request.user
    return user if isinstance(user, Account) and user.is_authenticated else None


def account_named(handle: str) -> Account | None:
    """Return the account of a handle that somebody typed, for the security log alone; None when there is none."""
    return Account.objects.filter(handle=handle).first()


def standing(request: HttpRequest) -> Standing:
    """Say how the person stands: what is missing, when they are signed in and cannot act."""
    account = account_of(request)
    if account is None:
        return Standing.STRANGER
    if actor_for(request):
        return Standing.AT_WORK
    if actor_of(account) is None:
        return Standing.NO_OFFICE
    return Standing.FACTOR_DUE if factors.set_up(account) else Standing.FACTOR_LACKING

"""Who is asking: the actor of a request, or None."""

from django.http import HttpRequest

from commonwatch.access.actor import Actor, actor_of
from commonwatch.access.factors import proved_lately, second_factor_given
from commonwatch.access.models import Account
from commonwatch.access.tokens import by_token
from commonwatch.register import node

MODES = ("real", "exercise")


def find_actor(request: HttpRequest) -> Actor | None:
    """Return the actor of a request: by a program's key, else by the session.

    An office that may write is nobody until its second factor was given; in the demo one click is enough.
    """
    given = request.headers.get("Authorization", "")
    if given.startswith("Bearer "):
        return by_token(given.removeprefix("Bearer ").strip())
    user = request.user
    if not isinstance(user, Account) or not user.is_authenticated:
        return None
    mode = request.session.get("mode", "real")
    actor = actor_of(user, mode=mode if mode in MODES else "real", seat=request.session.get("seat", ""))
    demo = node.current().demo
    if actor is None or (actor.writes and not demo and not second_factor_given(request)):
        return None
    actor.fresh = demo or proved_lately(request)
    return actor


def actor_for(request: HttpRequest) -> Actor | None:
    """Return the actor of a request, looked up once; None when nobody has signed in."""
    if not hasattr(request, "found_actor"):
        request.found_actor = find_actor(request)  # type: ignore[attr-defined]
    return request.found_actor  # type: ignore[attr-defined, no-any-return]

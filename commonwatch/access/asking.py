"""Who is asking: the actor of a request, or None."""

from django.http import HttpRequest

from commonwatch.access.actor import Actor, actor_of, by_token
from commonwatch.access.models import Account


def find_actor(request: HttpRequest) -> Actor | None:
    """Return the actor of a request: by a program's key, else by the session."""
    given = request.headers.get("Authorization", "")
    if given.startswith("Bearer "):
        return by_token(given.removeprefix("Bearer ").strip())
    user = request.user
    if not isinstance(user, Account) or not user.is_authenticated:
        return None
    mode = request.session.get("mode", "real")
    return actor_of(user, mode=mode if mode in {"real", "exercise"} else "real")


def actor_for(request: HttpRequest) -> Actor | None:
    """Return the actor of a request, looked up once; None when nobody has signed in."""
    if not hasattr(request, "found_actor"):
        request.found_actor = find_actor(request)  # type: ignore[attr-defined]
    return request.found_actor  # type: ignore[attr-defined, no-any-return]

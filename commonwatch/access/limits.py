"""How often somebody may try: counted before anything is checked, by one statement, where all processes see it.

A cache that reads, adds one and writes lets tries that come at once through together; so does looking before counting.
"""

import secrets
from datetime import UTC, datetime
from hashlib import sha256
from ipaddress import IPv6Network, ip_address
from typing import Final, NamedTuple

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from commonwatch.access.models import Tally
from commonwatch.errors import Refusal, _
from commonwatch.register import node

SECOND = 1_000_000
MINUTES = 60
KNOWN = "known"
KNOWN_LASTS = 90 * 24 * 3600
HANDLES = 8
NOWHERE = "0.0.0.0"  # noqa: S104 - nothing is bound: it stands for an address that nobody named


class TooManyTries(Refusal):
    """Too many tries; for a handle that exists and one that does not alike."""

    code, status = "access.too-many-tries", 429
    says = _("There were too many tries.")
    hint = _("Nothing was examined. Try again after {again} UTC.")


class Limit(NamedTuple):
    """At most `most` tries within `seconds`, counted from the first of them."""

    most: int
    seconds: int


# For each door: what is counted by handle, by handle and address together, by address alone.
LIMITS: Final[dict[str, dict[str, tuple[Limit, ...]]]] = {
    "sign-in": {
        "handle": (Limit(20, 15 * MINUTES),),
        "pair": (Limit(6, 15 * MINUTES),),
        "address": (Limit(60, 15 * MINUTES),),
    },
    "factor": {"handle": (Limit(5, 15 * MINUTES), Limit(20, 24 * 60 * MINUTES))},
    "confirm": {"handle": (Limit(8, 15 * MINUTES), Limit(40, 24 * 60 * MINUTES))},
    "join": {"handle": (Limit(8, 60 * MINUTES),), "address": (Limit(30, 60 * MINUTES),)},
    "key": {"address": (Limit(30, 5 * MINUTES),)},
    "notices-code": {"handle": (Limit(5, 60 * MINUTES), Limit(20, 24 * 60 * MINUTES))},
    "notices-address": {"handle": (Limit(3, 60 * MINUTES), Limit(10, 24 * 60 * MINUTES))},
    "notices-try": {"handle": (Limit(6, 30 * MINUTES), Limit(30, 24 * 60 * MINUTES))},
    "notices-trial": {"handle": (Limit(10, 60 * MINUTES),)},
}

UPSERT = (
    'INSERT INTO "access_tally" ("key", "count", "resets_at") VALUES {rows}'
    ' ON CONFLICT ("key") DO UPDATE SET'
    ' "count" = CASE WHEN "access_tally"."resets_at" <= %s THEN 1 ELSE "access_tally"."count" + 1 END,'
    ' "resets_at" = CASE WHEN "access_tally"."resets_at" <= %s'
    ' THEN excluded."resets_at" ELSE "access_tally"."resets_at" END'
    ' RETURNING "key", "count", "resets_at"'
)


def count(door: str, *, handle: str = "", request: HttpRequest | None = None) -> None:
    """Count a try at a door, and refuse it when there were too many.

    A browser in which this handle has signed in before has a count of its own, so that others who guess at the handle
    do not lock out who works with it.

    :raises TooManyTries: saying when to try again.
    """
    now = node.current().clock()
    limits = _counted(door, handle=handle, request=request)
    lines = sorted((key, now + limit.seconds * SECOND) for key, limit in limits.items())
    values = [value for key, until in lines for value in (key, 1, until)]
    statement = UPSERT.format(rows=", ".join(["(%s, %s, %s)"] * len(lines)))
    with connections[node.current().database].cursor() as cursor:
        cursor.execute(statement, [*values, now, now])
        found = cursor.fetchall()
    over = [until for key, tries, until in found if tries > limits[key].most]
    if over:
        raise TooManyTries(again=_clock(max(over)), wait=max(1, (max(over) - now) // SECOND + 1))


def forget(door: str, *, handle: str = "", request: HttpRequest | None = None) -> None:
    """Forget the tries of somebody who got in, and whatever is past.

    What was counted by address alone stays: otherwise one good password would pay for guessing at others.
    """
    limits = _counted(door, handle=handle, request=request, address=False)
    Tally.objects.filter(key__in=list(limits)).delete()
    Tally.objects.filter(resets_at__lt=node.current().clock()).delete()


def forget_handle(handle: str) -> None:
    """Forget every try at a handle from anywhere but known browsers: for whoever has the shell."""
    keys = [
        _key(door, "handle", limit, handle) for door, by in LIMITS.items() for limit in by.get("handle", ())
    ]
    Tally.objects.filter(key__in=keys).delete()


def _counted(
    door: str, *, handle: str, request: HttpRequest | None, address: bool = True
) -> dict[str, Limit]:
    """Return what is counted at a door for this try: key → limit."""
    where = address_of(request) if request else ""
    by = LIMITS[door]
    browser = known_browser(request, handle) if request and "pair" in by else ""
    if browser:
        return {_key(door, "browser", limit, handle, browser): limit for limit in by["pair"]}
    told = {"handle": (handle,), "pair": (handle, where), "address": (where,)}
    return {
        _key(door, what, limit, *told[what]): limit
        for what, limits in by.items()
        for limit in limits
        if address or what != "address"
    }


def _key(door: str, what: str, limit: Limit, *of: str) -> str:
    return sha256("\x1f".join((door, what, str(limit.seconds), *of)).encode()).hexdigest()


def _clock(at: int) -> str:
    """Write the minute after a moment."""
    return f"{datetime.fromtimestamp(at / SECOND + 60, tz=UTC):%H:%M}"


def address_of(request: HttpRequest) -> str:
    """Return the address a request came from; of IPv6 the network of 64 bits, which one household has to itself.

    Behind proxies of one's own (COMMONWATCH_PROXIES says how many) it is the one that the outermost of them saw.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    passed = [each.strip() for each in request.headers.get("X-Forwarded-For", "").split(",") if each.strip()]
    if settings.PROXIES and len(passed) >= settings.PROXIES:
        seen = passed[-settings.PROXIES]
    try:
        known = ip_address(seen)
    except ValueError:
        return NOWHERE
    return str(known) if known.version == 4 else str(IPv6Network((known, 64), strict=False).network_address)


def known_browser(request: HttpRequest, handle: str) -> str:
    """Return the browser's own name when this handle has signed in from it before; empty otherwise."""
    name, *marks = request.COOKIES.get(KNOWN, "").split(".")
    if any(constant_time_compare(mark, _mark(name, handle)) for mark in marks[:HANDLES]):
        return name
    return ""


def know_browser(request: HttpRequest, answer: HttpResponse, handle: str) -> None:
    """Let a browser carry the mark that this handle has signed in from it; it opens nothing."""
    name, *marks = request.COOKIES.get(KNOWN, "").split(".")
    name = name if len(name) == 22 else secrets.token_urlsafe(16)
    mine = _mark(name, handle)
    kept = [mine, *(each for each in marks if each != mine)][:HANDLES]
    answer.set_cookie(
        KNOWN,
        ".".join((name, *kept)),
        max_age=KNOWN_LASTS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _mark(name: str, handle: str) -> str:
    return salted_hmac("commonwatch.known-browser", f"{name}\x1f{handle}", algorithm="sha256").hexdigest()[
        :32
    ]

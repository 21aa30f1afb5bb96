"""What the doctor looks at of the ways in: settings, factors, keys, administrators, sessions, digests of the logs.

Each check returns what it found; none changes anything.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from commonwatch.access import digests, factors
from commonwatch.access.models import Account, Token
from commonwatch.access.seats import administrators
from commonwatch.config.commands.found import Found
from commonwatch.register import node

LEAST_SECRET = 50
SOON = timedelta(days=14)
NAMED = 5
LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})


def weak_settings() -> Iterator[Found]:
    """Look for settings that open more than was meant."""
    if settings.DEBUG:
        yield Found(
            "WRONG", "debugging", "Pages of faults show the source.", "Take DEBUG out of the settings."
        )
    if "*" in settings.ALLOWED_HOSTS:
        do = "Name in COMMONWATCH_HOSTS the hosts by which this node is reached."
        yield Found("WRONG", "hosts", "The node answers to any name.", do)
    else:
        yield Found("OK", "hosts", ", ".join(settings.ALLOWED_HOSTS))
    if len(settings.SECRET_KEY) < LEAST_SECRET:
        do = f"Remove {settings.HOME / 'secret'} and run commonwatch init; everybody signs in anew."
        yield Found("WRONG", "session key", f"It has fewer than {LEAST_SECRET} characters.", do)
    if set(settings.ALLOWED_HOSTS) - LOCAL and not settings.SECURE:
        do = "Put a web server with TLS in front and set COMMONWATCH_HTTPS=1."
        yield Found("WRONG", "network", "Others reach the node and passwords travel in clear.", do)
    if settings.SECURE and not settings.PROXIES:
        do = "Set COMMONWATCH_PROXIES to the number of your own servers that stand in front."
        yield Found("WARN", "network", "Every try seems to come from the web server in front.", do)


def breached_list() -> Iterator[Found]:
    """Look for the list of passwords that are known to others."""
    if settings.BREACHED and Path(settings.BREACHED).is_file():
        yield Found("OK", "known passwords", settings.BREACHED)
        return
    do = "Get such a list and name it in COMMONWATCH_BREACHED; docs/operating/settings.md says of what form."
    yield Found("WARN", "known passwords", "No list of them is at hand.", do)


def second_factors() -> Iterator[Found]:
    """Look for accounts that may write and have no second factor yet."""
    if node.current().demo:
        return
    open_ones = Account.objects.filter(is_active=True).order_by("handle")
    lacking = [
        each.handle
        for each in open_ones
        if each.has_usable_password() and factors.asked_of(each) and not factors.set_up(each)
    ]
    if lacking:
        do = "They are asked for one at their next sign-in, and do nothing until they have it."
        yield Found(
            "WARN", "second factors", f"{_named(lacking)} hold an office that writes and have none.", do
        )
    else:
        yield Found("OK", "second factors", "Every account that may write has one.")


def administered() -> Iterator[Found]:
    """Look for parties with accounts and nobody who administers them."""
    parties = sorted(set(Account.objects.filter(is_active=True).values_list("party", flat=True)))
    alone = [each for each in parties if not administrators(each)]
    if alone:
        do = "Run: commonwatch user add HANDLE --party PARTY --office administrator"
        yield Found("WARN", "administrators", f"Nobody administers the people of {_named(alone)}.", do)
    else:
        yield Found(
            "OK", "administrators", f"{len(parties)} parties have somebody who administers their people."
        )


def expiring_keys() -> Iterator[Found]:
    """Look for keys of programs that end soon."""
    now = node.current().clock()
    soon = now + SOON // timedelta(microseconds=1)
    rows = Token.objects.select_related("account").filter(
        revoked=False, expires_at__gt=now, expires_at__lte=soon
    )
    ending = [f"{each.account.handle} ({each.client})" for each in rows.order_by("expires_at")]
    if ending:
        do = "Make new ones before: both work in between."
        yield Found("WARN", "keys of programs", f"{_named(ending)} end within {SOON.days} days.", do)
    else:
        yield Found("OK", "keys of programs", f"None ends within {SOON.days} days.")


def old_sessions() -> Iterator[Found]:
    """Look for ended sessions that nobody cleared away."""
    count = Session.objects.filter(expire_date__lt=timezone.now() - timedelta(days=2)).count()
    if count:
        do = "Let a timer run commonwatch nightly every day."
        yield Found("WARN", "old sessions", f"{count} ended more than two days ago and are still kept.", do)


def missing_digests() -> Iterator[Found]:
    """Look for finished days whose logs were not digested."""
    late = {party: day for party in digests.parties() if (day := digests.lacking(party)) is not None}
    if late:
        says = f"The logs of {_named(sorted(late))} are not digested since {min(late.values())}."
        yield Found("WARN", "digests", says, "Run commonwatch nightly, and let a timer run it every day.")
    else:
        yield Found("OK", "digests", "The logs of every finished day are digested.")


def _named(what: Sequence[str]) -> str:
    more = len(what) - NAMED
    return ", ".join(what[:NAMED]) + (f" and {more} more" if more > 0 else "")

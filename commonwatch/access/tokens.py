"""Keys for programs: made and shown once, limited to mandates of one office held, expiring, and marked when used."""

from collections.abc import Collection
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe

from commonwatch.access.actor import Actor, actor_of
from commonwatch.access.logs import note
from commonwatch.access.models import Account, Seat, Token, paper_key
from commonwatch.access.seats import porter, seats_of
from commonwatch.charter.mandates import PERSONS
from commonwatch.errors import Refusal, _
from commonwatch.register import node

PREFIX = "cw_"
LASTS = timedelta(days=180)
MOST = timedelta(days=400)
MARKED = 60_000_000


class NoOfficeHeld(Refusal):
    """A key speaks for an office; the account holds none, or not that one."""

    code, status = "access.no-office-held", 409
    says = _("“{account}” holds no such office at present.")
    hint = _("A key speaks for an office. Whoever administers the people of the party can give it one.")


class BeyondOffice(Refusal):
    """A key cannot do more than its office."""

    code, status = "access.beyond-office", 422
    says = _("The office “{office}” does not carry: {mandates}.")
    hint = _("Choose among: {known}.")


class BadLifetime(Refusal):
    """A key that would never expire, or has expired already."""

    code, status = "access.bad-lifetime", 422
    says = _("A key lasts between one day and {most} days.")
    hint = _("Make a new one before the old one ends: both work in between.")


def new_token(
    account: Account,
    *,
    client: str,
    seat: str = "",
    scope: Collection[str] | None = None,
    lasts: timedelta = LASTS,
) -> str:
    """Make a key for a program and return it; it is shown this once and only its hash is kept.

    Without `scope` it carries what its office carries today; later mandates of the office are not added to it.

    :raises NoOfficeHeld, BeyondOffice, BadLifetime: saying what is wrong.
    """
    chosen, wanted = _limited(account, seat=seat, scope=scope)
    if not timedelta(days=1) <= lasts <= MOST:
        raise BadLifetime(most=MOST.days)
    secret, now = PREFIX + token_urlsafe(32), node.current().clock()
    Token.objects.create(
        id=paper_key(),
        account=account,
        client=client,
        digest=digest_of(secret),
        seat=chosen.key,
        scope=",".join(sorted(wanted)),
        made_at=now,
        expires_at=now + lasts // timedelta(microseconds=1),
    )
    detail = {"client": client, "office": chosen.office}
    note("key-made", party=account.party, account=account.handle, detail=detail)
    return secret


def _limited(account: Account, *, seat: str, scope: Collection[str] | None) -> tuple[Seat, frozenset[str]]:
    """Return the office that a key speaks for and the mandates to which it is limited.

    :raises NoOfficeHeld, BeyondOffice: saying what is wrong.
    """
    held = seats_of(account, by=porter(account.party))
    chosen = next((each for each in held if each.key == seat or not seat), None)
    if chosen is None:
        raise NoOfficeHeld(account=account.handle)
    carried = node.current().pack.office(chosen.office).mandates - PERSONS
    wanted = carried if scope is None else frozenset(scope)
    if wanted - carried or not wanted:
        raise BeyondOffice(
            office=chosen.office,
            mandates=", ".join(sorted(wanted - carried)) or "-",
            known=", ".join(sorted(carried)),
        )
    return chosen, wanted


def by_token(secret: str) -> Actor | None:
    """Return the actor for whom a key speaks, or None: unknown, revoked, expired, or its office is no longer held."""
    now = node.current().clock()
    usable = Token.objects.select_related("account").filter(revoked=False, expires_at__gt=now)
    found = usable.filter(digest=digest_of(secret)).first()
    actor = actor_of(found.account, client=found.client, seat=found.seat) if found else None
    if found is None or actor is None or actor.seat != found.seat:
        return None
    actor.mandates &= found.mandates
    actor.fresh = False  # a key proves no person, however lately it was made
    if found.last_used_at is None:
        _note("key-first-used", found.account, found.client)
    if now - (found.last_used_at or 0) >= MARKED:
        Token.objects.filter(pk=found.pk).update(last_used_at=now)
    return actor


def why_not(secret: str) -> tuple[Account | None, str, str]:
    """Say why a key is not accepted: whose it is, the name of its program, and "unknown" or what has become of it."""
    found = Token.objects.select_related("account").filter(digest=digest_of(secret)).first()
    if found is None:
        return None, "", "unknown"
    ended = found.expires_at <= node.current().clock()
    return found.account, found.client, "revoked" if found.revoked else "expired" if ended else "no-office"


def digest_of(secret: str) -> str:
    """Return the SHA-256 (hex) by which a secret is known again."""
    return sha256(secret.encode()).hexdigest()


def _note(kind: str, account: Account, client: str) -> None:
    note(kind, party=account.party, account=account.handle, detail={"client": client})

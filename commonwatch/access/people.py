"""Who the people of a party are, as whoever administers them sees it; and which chairs of a party are taken."""

from datetime import date
from typing import NamedTuple

from allauth.mfa.models import Authenticator

from commonwatch.access import rules
from commonwatch.access.actor import Actor, require
from commonwatch.access.acts import NoSuchAccount
from commonwatch.access.factors import STRONG
from commonwatch.access.models import Account, Invitation, Seat
from commonwatch.access.seats import offices_of
from commonwatch.charter.model import Office
from commonwatch.register import node


class Person(NamedTuple):
    """One handle of a party.

    `way` says whether they can sign in: "open", "invited" (a code waits), "lapsed" (no code waits, and there is no
    account) or "closed". `code` is the invitation that could still be used, also of somebody who renews. `factor` says
    that a second factor is set; `last` is the day, UTC, of the last sign-in. Seats come in the order in which they
    begin.
    """

    handle: str
    way: str
    code: Invitation | None
    factor: bool
    last: date | None
    held: tuple[Seat, ...]
    coming: tuple[Seat, ...]
    past: tuple[Seat, ...]


class Chair(NamedTuple):
    """An office that the pack gives a party, and in how many seats it is held now, by manner."""

    office: Office
    held: dict[str, int]


def people_of(by: Actor) -> list[Person]:
    """List the people of one's own party: whoever has an account, was invited, or holds or held an office.

    :raises NotMandated: when one's office does not administer people.
    :raises NotInExercise: people are real.
    """
    require(by, "access.administer-people")
    rules.check_real(by.mode)
    return _people(by)


def person(by: Actor, handle: str) -> Person:
    """Return one of them.

    :raises NotMandated, NotInExercise: like `people_of`.
    :raises NoSuchAccount: absent and another party's alike.
    """
    require(by, "access.administer-people")
    rules.check_real(by.mode)
    found = next((each for each in _people(by, handle=handle)), None)
    if found is None:
        raise NoSuchAccount(handle=handle)
    return found


def chairs(by: Actor) -> list[Chair]:
    """List the offices of one's own party and in how many seats each is held at this moment, without naming anybody."""
    now = node.current().clock()
    rows = Seat.objects.visible_to(by).filter(party=by.party)
    held = [each for each in rows if each.in_force(now)]
    return [
        Chair(
            office,
            {
                manner: number
                for manner in rules.MANNERS
                if (number := sum(each.office == office.code and each.manner == manner for each in held))
            },
        )
        for office in offices_of(by.party)
    ]


def _people(by: Actor, *, handle: str = "") -> list[Person]:
    now = node.current().clock()
    seats = Seat.objects.visible_to(by).filter(party=by.party).order_by("since", "key")
    accounts = Account.objects.filter(party=by.party)
    codes = Invitation.objects.filter(party=by.party, used_at=None).order_by("made_at")
    if handle:
        seats, accounts, codes = (
            seats.filter(account=handle),
            accounts.filter(handle=handle),
            codes.filter(handle=handle),
        )
    known = {each.handle: each for each in accounts}
    factors = Authenticator.objects.filter(user__in=list(known.values()), type__in=STRONG)
    proved = set(factors.values_list("user__handle", flat=True))
    made = {each.handle: each for each in codes}
    taken: dict[str, list[Seat]] = {}
    for seat in seats:
        taken.setdefault(seat.account, []).append(seat)
    return [
        _person(name, known.get(name), made.get(name), taken.get(name, []), factor=name in proved, now=now)
        for name in sorted({*known, *made, *taken})
    ]


def _person(  # noqa: PLR0913 - what is known of somebody, from each table
    handle: str,
    account: Account | None,
    made: Invitation | None,
    seats: list[Seat],
    *,
    factor: bool,
    now: int,
) -> Person:
    code = made if made and not made.revoked and made.expires_at > now else None
    way = "invited" if code else "lapsed"
    if account is not None:
        way = "open" if account.is_active else "closed"
    return Person(
        handle=handle,
        way=way,
        code=code,
        factor=factor,
        last=account.last_login.date() if account and account.last_login else None,
        held=tuple(each for each in seats if each.in_force(now)),
        coming=tuple(
            each for each in seats if each.since > now and (each.until is None or each.until > each.since)
        ),
        past=tuple(each for each in seats if each.until is not None and each.until <= now),
    )

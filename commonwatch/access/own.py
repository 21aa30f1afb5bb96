"""What an account sees and does of its own: offices, sessions, factors, keys; each read at once, never one by one."""

import re
from typing import Any

from allauth.mfa.models import Authenticator

from commonwatch.access.links import links_of
from commonwatch.access.logs import note
from commonwatch.access.models import Account, Seat, Token, shown_name
from commonwatch.access.seats import offices_of, porter, seats_of
from commonwatch.access.sessions import sessions_of
from commonwatch.charter.mandates import MANDATES, PERSONS
from commonwatch.errors import Refusal, _
from commonwatch.register import node


class NoSuchKey(Refusal):
    """Absent and somebody else's look alike."""

    code, status = "access.no-such-key", 404
    says = _("There is no such key.")
    hint = _("It may have been revoked already.")


class NoSuchOfficeHeld(Refusal):
    """Absent, ended and somebody else's look alike."""

    code, status = "access.no-such-office-held", 404
    says = _("You do not hold that office now.")
    hint = _("Your page lists those that you hold.")


class ClientUnnamed(Refusal):
    """A program without a name."""

    code, status = "access.client-unnamed", 422
    says = _("Name the program in up to 60 letters, digits, dots, hyphens and underscores.")
    hint = _("The name stands in every entry that it writes.")


def shown(account: Account, *, here: str, seat: str) -> dict[str, Any]:
    """Return what the page of an account shows. `here` is the key of the session, `seat` the seat chosen in it."""
    held = seats_of(account, by=porter(account.party))
    now = node.current().clock()
    eyes = porter(account.party)
    later = Seat.objects.visible_to(eyes).filter(account=account.handle, party=account.party, since__gt=now)
    chosen = next((each for each in held if each.key == seat), held[0] if held else None)
    factors = list(Authenticator.objects.filter(user=account).order_by("created_at"))
    return {
        "account": account,
        "party": node.current().pack.party(account.party),
        "seats": [_seat(each, now=each is chosen) for each in held],
        "later": [_seat(each, now=False) for each in later.order_by("since")],
        "sessions": sessions_of(account, here=here),
        "app": next((each for each in factors if each.type == Authenticator.Type.TOTP), None),
        "security_keys": [
            {
                "id": factor_name(each),
                "name": each.data.get("name", ""),
                "since": each.created_at,
                "used": each.last_used_at,
            }
            for each in factors
            if each.type == Authenticator.Type.WEBAUTHN
        ],
        "codes": _codes_left(factors),
        "keys": _keys(account, {each.key: each for each in held}),
        "links": links_of(account),
    }


def factor_name(row: Authenticator) -> str:
    """Return the name under which a security key is listed and removed."""
    return shown_name("factor", f"{row.created_at.isoformat()}|{row.data.get('name', '')}")


def _seat(row: Seat, *, now: bool) -> dict[str, Any]:
    office = node.current().pack.office(row.office)
    return {
        "key": row.key,
        "name": office.name,
        "manner": row.manner,
        "since": row.since,
        "until": row.until,
        "now": now,
    }


def _codes_left(factors: list[Authenticator]) -> int | None:
    """Count the recovery codes not yet used; None when there are none to use."""
    found = next((each for each in factors if each.type == Authenticator.Type.RECOVERY_CODES), None)
    return len(found.wrap().get_unused_codes()) if found else None


def _keys(account: Account, held: dict[str, Seat]) -> list[dict[str, Any]]:
    """List the keys that are not revoked, with what they may do and whether they still open anything."""
    pack, now = node.current().pack, node.current().clock()
    rows = list(Token.objects.filter(account=account, revoked=False).order_by("-made_at"))
    seats = {
        each.key: each
        for each in Seat.objects.visible_to(porter(account.party)).filter(key__in={row.seat for row in rows})
    }
    return [
        {
            "id": row.pk,
            "client": row.client,
            "office": pack.office(seats[row.seat].office).name if row.seat in seats else None,
            "mandates": [MANDATES.get(each, each) for each in sorted(row.mandates)],
            "made": row.made_at,
            "expires": row.expires_at,
            "used": row.last_used_at,
            "usable": row.seat in held and now < row.expires_at,
        }
        for row in rows
    ]


def seat_of(account: Account, *, key: str) -> str:
    """Return the key of an office that the account holds now.

    :raises NoSuchOfficeHeld: when it does not.
    """
    held = {each.key for each in seats_of(account, by=porter(account.party))}
    if key not in held:
        raise NoSuchOfficeHeld
    return key


def choices(account: Account) -> dict[str, Any]:
    """Return the offices held with the mandates that a key for each could carry."""
    offices = {each.code: each for each in offices_of(account.party)}
    held = seats_of(account, by=porter(account.party))
    return {
        "offices": [
            {
                "key": each.key,
                "name": offices[each.office].name,
                "mandates": [
                    (code, MANDATES[code]) for code in sorted(offices[each.office].mandates - PERSONS)
                ],
            }
            for each in held
        ],
        "seat": held[0].key if held else "",
    }


def check_client(client: str) -> None:
    """Refuse a program's name that cannot be kept.

    :raises ClientUnnamed: naming the form.
    """
    if not re.fullmatch(r"[\w.-]{1,60}", client):
        raise ClientUnnamed


def revoke_key(account: Account, *, id: str) -> str:
    """Let a key of an account serve no more; return the name of its program.

    :raises NoSuchKey: also when it is somebody else's.
    """
    known = id.isalnum()  # so that no character reaches the database that it cannot compare
    row = Token.objects.filter(pk=id, account=account, revoked=False).first() if known else None
    if row is None:
        raise NoSuchKey
    Token.objects.filter(pk=row.pk).update(revoked=True)
    note("key-revoked", party=account.party, account=account.handle, detail={"client": row.client})
    return row.client

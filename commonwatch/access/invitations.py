"""How people come and go: invited or renewed by a code, closed, opened again. A party does it for its own alone.

The code is said or handed over by whoever invites; it is shown once, and only its SHA-256 is kept.
"""

import secrets
from datetime import timedelta
from hashlib import sha256

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from commonwatch.access import passwords, rules
from commonwatch.access.actor import OPERATOR, Actor, require, require_fresh
from commonwatch.access.acts import HandleTaken, NoSuchAccount, check_account, check_administered, give_office
from commonwatch.access.links import unlink
from commonwatch.access.logs import note, note_after
from commonwatch.access.models import Account, Invitation, Token, paper_key
from commonwatch.access.sessions import end_sessions
from commonwatch.errors import Refusal, _
from commonwatch.register import log, node

LASTS = timedelta(days=7)
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, GROUP = 30, 5
MISREAD = str.maketrans("OIL", "011")


class CodeNotTaken(Refusal):
    """A code that is wrong, used, revoked or past, for a handle that may or may not be there: all alike."""

    code, status = "access.code-not-taken", 403
    says = _("This handle and code do not belong together, or the code is no longer valid.")
    hint = _("Check both. A code serves once, within seven days; whoever gave it to you can make a new one.")


class NoSuchInvitation(Refusal):
    """Absent and another party's look alike."""

    code, status = "access.no-such-invitation", 404
    says = _("There is no such invitation.")
    hint = _("It may have been used, or it may be of another party.")


class OwnAccount(Refusal):
    """What one does not do to one's own account."""

    code, status = "access.own-account", 409
    says = _("This is your own account.")
    hint = _("Ask a colleague who administers the people of your party.")


@log.turn
def invite(  # noqa: PLR0913 - what is given, by name
    *,
    by: Actor,
    handle: str,
    office: str,
    manner: str = "holder",
    since: int | None = None,
    until: int | None = None,
) -> str:
    """Give an office to somebody who has no account yet; return the code by which they open it, shown this once.

    The account is opened when the code is used; it belongs to the party of who invites.

    :raises NotMandated, ConfirmItIsYou, BadHandle, HandleTaken, NoSuchOffice, BadManner, PeriodBackwards, HeldAlready:
        naming what is wrong.
    """
    require(by, "access.administer-people")
    require_fresh(by)
    check_account(handle, by=by)
    if Account.objects.filter(handle=handle).exists():
        raise HandleTaken(handle=handle)
    give_office(by=by, account=handle, office=office, manner=manner, since=since, until=until)
    return _made(by=by, handle=handle, renews=False)


@log.turn
def invite_again(*, by: Actor, handle: str) -> str:
    """Make a new code for somebody who was invited and has not come; the old one serves no more.

    :raises NotMandated, ConfirmItIsYou, NoSuchInvitation: naming what is wrong.
    """
    require(by, "access.administer-people")
    require_fresh(by)
    known = Invitation.objects.filter(handle=handle, party=by.party, renews=False, used_at=None)
    if not known.exists() or Account.objects.filter(handle=handle).exists():
        raise NoSuchInvitation
    return _made(by=by, handle=handle, renews=False)


@log.turn
def renew(*, by: Actor, handle: str) -> str:
    """Return a code by which somebody of one's own party sets a lost password and second factor anew; shown this once.

    Using it ends their sessions and takes their second factors away; until then nothing changes.

    :raises NotMandated, ConfirmItIsYou, NoSuchAccount, OwnAccount: naming what is wrong.
    """
    require(by, "access.administer-people")
    require_fresh(by)
    account = _own(by=by, handle=handle)
    if by.account == handle:
        raise OwnAccount
    return _made(by=by, handle=account.handle, renews=True)


@log.turn
def revoke(*, by: Actor, invitation: str) -> None:
    """Let a code of one's own party serve no more.

    :raises NotMandated, NoSuchInvitation: accordingly.
    """
    require(by, "access.administer-people")
    open_ones = Invitation.objects.filter(id=invitation, party=by.party, used_at=None, revoked=False)
    if not open_ones.update(revoked=True):
        raise NoSuchInvitation


@log.turn
def close_account(*, by: Actor, handle: str, ground: str) -> None:
    """Close an account of one's own party: its sessions end, its keys and codes serve no more. Its offices stay given.

    :raises NotMandated, GroundMissing, NoSuchAccount, OwnAccount, NobodyLeft: naming what is wrong.
    """
    require(by, "access.administer-people")
    account = _own(by=by, handle=handle)
    rules.check_ground(ground)
    if by.account == handle:
        raise OwnAccount
    check_administered(by=by, account=handle)
    account.is_active = False
    account.save(update_fields=["is_active"])
    Token.objects.filter(account=account).update(revoked=True)
    _pending(handle).update(revoked=True)
    end_sessions(account)
    note_after("account-closed", party=by.party, account=by.account, detail=_detail(handle, ground))


@log.turn
def reopen(*, by: Actor, handle: str, ground: str) -> None:
    """Open a closed account of one's own party again, with its password and second factor; its keys stay revoked.

    :raises NotMandated, ConfirmItIsYou, GroundMissing, NoSuchAccount: naming what is wrong.
    """
    require(by, "access.administer-people")
    require_fresh(by)
    account = Account.objects.filter(handle=handle, party=by.party, is_active=False).first()
    if account is None:
        raise NoSuchAccount(handle=handle)
    rules.check_ground(ground)
    account.is_active = True
    account.save(update_fields=["is_active"])
    note_after("account-opened", party=by.party, account=by.account, detail=_detail(handle, ground))


def accept(*, handle: str, code: str, password: str) -> Account:
    """Open the account, or set its password anew, by a code; return it.

    A password that is not taken leaves the code as it is.

    :raises CodeNotTaken: for whatever is wrong with handle or code.
    :raises WeakPassword: saying why.
    """
    found = _valid(handle=handle, code=code)
    passwords.check(password, handle=found.handle, party=found.party)
    try:
        with transaction.atomic(using=node.current().database):
            account = _used(found, password=password)
    except IntegrityError:
        raise CodeNotTaken from None
    note("invitation-used", party=found.party, account=found.handle, detail={"renews": found.renews})
    return account


def pending(party: str) -> list[Invitation]:
    """List the codes of a party that could still be used, the newest first."""
    now = node.current().clock()
    rows = Invitation.objects.filter(party=party, used_at=None, revoked=False, expires_at__gt=now)
    return list(rows.order_by("-made_at"))


def _own(*, by: Actor, handle: str) -> Account:
    account = Account.objects.filter(handle=handle, party=by.party, is_active=True).first()
    if account is None:
        raise NoSuchAccount(handle=handle)
    return account


def _pending(handle: str) -> QuerySet[Invitation]:
    return Invitation.objects.filter(handle=handle, used_at=None, revoked=False)


def _made(*, by: Actor, handle: str, renews: bool) -> str:
    """Keep a new code, in the place of earlier ones of the same party; return it in groups, to be read aloud."""
    at = node.current()
    _pending(handle).filter(party=by.party).update(revoked=True)
    plain = "".join(secrets.choice(LETTERS) for _step in range(LENGTH))
    Invitation.objects.create(
        id=paper_key(),
        handle=handle,
        party=by.party,
        digest=_digest(plain),
        renews=renews,
        made_by=by.account or OPERATOR,
        made_at=at.clock(),
        expires_at=at.clock() + LASTS // timedelta(microseconds=1),
    )
    detail = {"handle": handle, "renews": renews}
    note_after("invited", party=by.party, account=by.account, detail=detail)
    return "-".join(plain[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def _digest(code: str) -> str:
    """Hash a code as it is meant: letters of either case, O for 0, I and L for 1, any signs between."""
    plain = "".join(each for each in code.upper() if each.isalnum()).translate(MISREAD)
    return sha256(plain.encode()).hexdigest()


def _valid(*, handle: str, code: str) -> Invitation:
    now = node.current().clock()
    handle = handle.replace("\0", "")  # PostgreSQL keeps no such character, and asks for none
    found = _pending(handle).filter(digest=_digest(code[:200]), expires_at__gt=now).first()
    account = Account.objects.filter(handle=handle).first()
    wanted = found is not None and found.renews
    usable = account is not None and account.is_active if wanted else account is None
    if found is None or not usable:
        known = account is not None
        note("invitation-refused", party=account.party if account else "", detail={"known": known})
        raise CodeNotTaken
    return found


def _used(found: Invitation, *, password: str) -> Account:
    """Use a code up, once, whoever else uses it at this moment; make or renew the account."""
    at = node.current()
    mine = Invitation.objects.filter(pk=found.pk, used_at=None, revoked=False).update(used_at=at.clock())
    if not mine:
        raise CodeNotTaken
    if not found.renews:
        return Account.objects.create_account(handle=found.handle, party=found.party, password=password)
    account = Account.objects.get(handle=found.handle, party=found.party)
    account.set_password(password)
    account.save(update_fields=["password"])
    Authenticator.objects.filter(user=account).delete()
    unlink(account)
    end_sessions(account)
    return account


def _detail(handle: str, ground: str) -> dict[str, str]:
    return {"handle": handle, "ground": ground.strip()[:200]}

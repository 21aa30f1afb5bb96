"""The porter's acts: who is given an office, and whose office ends. A party administers its own people."""

from collections.abc import Sequence

from commonwatch.access import rules
from commonwatch.access.actor import OPERATOR, Actor, NoSuchOffice, require, require_fresh, require_seated
from commonwatch.access.facts import OfficeEnded, OfficeGiven
from commonwatch.access.logs import note_after
from commonwatch.access.models import Account, Seat
from commonwatch.access.seats import administrators, offices_of, own_label
from commonwatch.errors import Refusal, _
from commonwatch.journal.entry import new_id
from commonwatch.register import log, node


class NoSuchSeat(Refusal):
    """Absent and forbidden look alike."""

    code, status = "access.no-such-seat", 404
    says = _("There is no such office held.")
    hint = _("It may be of another party.")


class NoSuchAccount(Refusal):
    """Absent and forbidden look alike."""

    code, status = "access.no-such-account", 404
    says = _("There is no account “{handle}” here.")
    hint = _("It may be of another party.")


class HandleTaken(Refusal):
    """The handle cannot be had."""

    code, status = "access.handle-taken", 409
    says = _("The handle “{handle}” cannot be had.")
    hint = _("Choose another, for instance {handle}-2.")


def new_subject(kind: str, party: str) -> str:
    """Name a new subject of a party; the name tells nothing."""
    at = node.current()
    return f"{kind}/{party}/{new_id(millis=at.clock() // 1000, random=at.random(10))}"


@log.turn
def give_office(  # noqa: PLR0913 - what is given, by name
    *,
    by: Actor,
    account: str,
    office: str,
    manner: str = "holder",
    since: int | None = None,
    until: int | None = None,
) -> str:
    """Give an account of one's own party an office for a period (microseconds UTC, half-open); return the seat.

    The account need not be there yet: it may be opened by invitation afterwards.

    :raises NotMandated, ConfirmItIsYou, NotInExercise, BadHandle, OtherPrefix, BadManner, PeriodBackwards,
        NoSuchOffice, NoSuchAccount, HeldAlready: naming what is wrong.
    """
    require(by, "access.administer-people")
    require_seated(by)
    require_fresh(by)
    rules.check_real(by.mode)
    now = node.current().clock()
    since = now if since is None else since
    check_account(account, by=by)
    rules.check_period(manner=manner, since=since, until=until, now=now)
    known = [each.code for each in offices_of(by.party)]
    if office not in known:
        raise NoSuchOffice(party=by.party, office=office[:60], known=", ".join(known) or "-")
    for held in Seat.objects.visible_to(by).filter(account=account, party=by.party, office=office):
        if rules.overlap(since=since, until=until, other_since=held.since, other_until=held.until):
            raise rules.HeldAlready(account=account, office=office)
    subject = new_subject("seat", by.party)
    fact = OfficeGiven(account=account, office=office, since=since, until=until, manner=manner)
    log.append(fact, by=by, subject=subject, label=own_label(by.party), settled=True)
    detail = {"handle": account, "office": office, "manner": manner}
    note_after("office-given", party=by.party, account=by.account, detail=detail)
    by.again()
    return subject


def check_account(handle: str, *, by: Actor) -> None:
    """Refuse a handle to which one's party cannot give an office: ill-formed, or of another party.

    Accounts of one's own may have any handle; a new one begins with the party's code. Whoever has the shell sees every
    account and may name new ones freely.

    :raises BadHandle, OtherPrefix, NoSuchAccount: accordingly.
    """
    rules.check_handle(handle)
    if Account.objects.filter(handle=handle, party=by.party).exists():
        return
    if by.office != OPERATOR:
        rules.check_prefix(
            handle, party=by.party, parties=(each.code for each in node.current().pack.parties)
        )
    if Account.objects.filter(handle=handle).exists():
        raise NoSuchAccount(handle=handle)


@log.turn
def end_office(*, by: Actor, seat: str, ground: str) -> None:
    """End an office now; its keys and sessions stop working with the next request.

    :raises NotMandated, ConfirmItIsYou, NotInExercise, GroundMissing, NoSuchSeat, EndedAlready, NobodyLeft: naming what
        is wrong.
    """
    require(by, "access.administer-people")
    require_seated(by)
    require_fresh(by)
    rules.check_real(by.mode)
    row = Seat.objects.visible_to(by).filter(key=seat, party=by.party).first()
    if row is None:
        raise NoSuchSeat
    rules.check_ground(ground)
    now = node.current().clock()
    if row.until is not None and row.until <= now:
        raise rules.EndedAlready
    check_administered(by=by, seat=seat)
    fact = OfficeEnded(until=now, ground=ground.strip())
    log.append(fact, by=by, subject=seat, label=own_label(by.party))
    detail = {"handle": row.account, "office": row.office}
    note_after("office-ended", party=by.party, account=by.account, detail=detail)


def check_administered(*, by: Actor, seat: str = "", account: str = "") -> None:
    """Refuse to end a seat, or to close an account, when nobody could administer the party's people afterwards.

    What changes nothing about it is let pass, and so is whoever has the shell: there a way back is always open.

    :raises NobodyLeft: saying what to do first.
    """
    if by.office == OPERATOR:
        return
    able = administrators(by.party)
    left = [each for each in able if each.key != seat and each.account != account]
    if able and not left:
        raise rules.NobodyLeft


@log.turn
def open_account(
    *, by: Actor, handle: str, office: str, password: str | None, since: int | None = None
) -> Account:
    """Make an account of one's own party that holds an office, without an invitation.

    :raises NotMandated, BadHandle, HandleTaken, NoSuchOffice: naming what is wrong.
    """
    require(by, "access.administer-people")
    rules.check_handle(handle)
    if Account.objects.filter(handle=handle).exists():
        raise HandleTaken(handle=handle)
    account = Account.objects.create_account(handle=handle, party=by.party, password=password)
    note_after("account-opened", party=by.party, account=by.account, detail={"handle": handle})
    give_office(by=by, account=handle, office=office, since=since)
    return account


@log.turn
def open_accounts(*, by: Actor, seats: Sequence[tuple[str, str]], since: int) -> None:
    """Make several accounts (handle, office) that nobody can sign in to by a password, in one turn.

    :raises NotMandated, BadHandle, HandleTaken, NoSuchOffice: naming what is wrong.
    """
    require(by, "access.administer-people")
    for handle, office in seats:
        open_account(by=by, handle=handle, office=office, password=None, since=since)

"""Which offices an account holds. The porter reads the seats of a party with that party's own eyes."""

from commonwatch.access.models import Account, Seat
from commonwatch.charter.label import Label, Viewer
from commonwatch.charter.model import Office
from commonwatch.register import node
from commonwatch.register.gate import Reader


def porter(party: str) -> Reader:
    """Return the reader by whom a party's own register of offices is read, before anybody is known."""
    scheme = node.current().pack.labels
    return Reader(
        viewer=Viewer(
            party=party,
            clearance=max(scheme.levels, key=lambda level: level.rank).code,
            categories=frozenset(category.code for category in scheme.categories),
        )
    )


def own_label(party: str, *, level: str = "") -> Label:
    """Return the label of what a party keeps to itself: by default at the lowest level that is not public."""
    levels = sorted(node.current().pack.labels.levels, key=lambda each: each.rank)
    return Label(level=level or levels[min(1, len(levels) - 1)].code, parties=(party,))


def offices_of(party: str) -> tuple[Office, ...]:
    """List the offices that the pack gives a party today."""
    at = node.current()
    today = node.today(at)
    return tuple(each for each in at.pack.offices if party in at.pack.select(each.of, on=today))


def seats_of(account: Account, *, by: Reader) -> list[Seat]:
    """List the seats in which an account sits at this moment: held before acting before deputy, the oldest first."""
    now = node.current().clock()
    known = {office.code for office in offices_of(account.party)}
    held = Seat.objects.visible_to(by).filter(account=account.handle, party=account.party)
    found = [seat for seat in held if seat.in_force(now) and seat.office in known]
    return sorted(found, key=lambda seat: (_ORDER.get(seat.manner, 9), seat.since, seat.key))


def administrators(party: str) -> list[Seat]:
    """List the seats of a party that administer its people now, of accounts that are open."""
    now = node.current().clock()
    able = {each.code for each in offices_of(party) if "access.administer-people" in each.mandates}
    held = Seat.objects.visible_to(porter(party)).filter(party=party, office__in=able)
    in_force = [each for each in held if each.in_force(now)]
    handles = {each.account for each in in_force}
    there = set(
        Account.objects.filter(handle__in=handles, party=party, is_active=True).values_list(
            "handle", flat=True
        )
    )
    return [each for each in in_force if each.account in there]


def able(party: str, *, mandate: str) -> tuple[str, ...]:
    """List the open accounts of a party that hold an office with a mandate at this moment, by their handles."""
    now = node.current().clock()
    offices = {each.code for each in offices_of(party) if mandate in each.mandates}
    held = Seat.objects.visible_to(porter(party)).filter(party=party, office__in=offices)
    handles = {each.account for each in held if each.in_force(now)}
    there = Account.objects.filter(handle__in=handles, party=party, is_active=True)
    return tuple(there.order_by("handle").values_list("handle", flat=True))


def still_holds(*, party: str, account: str, office: str, mandate: str) -> bool:
    """Say whether somebody who acted in an office could do so now: no seat ended, no account closed, the mandate kept.

    Who never had a seat (a command of the shell, which acts without one) has lost none.
    """
    now = node.current().clock()
    if Account.objects.filter(handle=account, party=party, is_active=False).exists():
        return False
    held = list(Seat.objects.visible_to(porter(party)).filter(party=party, account=account, office=office))
    carried = any(each.code == office and mandate in each.mandates for each in offices_of(party))
    return not held or (carried and any(each.in_force(now) for each in held))


_ORDER = {"holder": 0, "acting": 1, "deputy": 2}

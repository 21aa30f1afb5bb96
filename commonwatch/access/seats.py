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


_ORDER = {"holder": 0, "acting": 1, "deputy": 2}

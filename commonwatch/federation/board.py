"""How it stands with each peer: how many journals are level, what it has not shown to hold, when it was heard."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from commonwatch.federation import card, peers
from commonwatch.federation.models import Contact, Level, Peer
from commonwatch.register.gate import Reader, Shelf


class Waiting(NamedTuple):
    """A journal that is not level: what this node holds of it, and what the peer has shown to hold."""

    origin: str
    here: int
    there: int


class Standing(NamedTuple):
    """One peer. `skew` says how far its clock is ahead of ours, None while it was never heard.

    `journals` counts those that it may read and this node holds, `level` those of which it has shown to hold as much.
    """

    party: str
    address: str
    parties: tuple[str, ...]
    fingerprint: str
    how: str
    added: datetime
    journals: int
    level: int
    heard: datetime | None
    came: datetime | None
    skew: timedelta | None
    failure: str
    waiting: tuple[Waiting, ...]

    @property
    def spoken(self) -> str:
        """The fingerprint as it is read aloud."""
        return card.spoken(self.fingerprint)

    @property
    def skew_text(self) -> str:
        """How far its clock is ahead of ours, in seconds."""
        return "" if self.skew is None else f"{round(self.skew.total_seconds(), 1) + 0:+.1f} s"


def peers_of(by: Reader | None = None) -> list[Standing]:
    """List the peers that a reader may see, by their parties; for the node itself all of them.

    What is not level is named only where the reader reads it too.
    """
    contacts = {each.party: each for each in Contact.objects.all()}
    found = [_standing(each, contacts.get(each.party)) for each in peers.standing(by)]
    if by is None:
        return found
    within = {shelf.origin for shelf in by.shelves}
    return [
        each._replace(waiting=tuple(row for row in each.waiting if row.origin in within)) for each in found
    ]


def _standing(peer: Peer, contact: Contact | None) -> Standing:
    shelves = [shelf for _reader, shelf in peers.shelves(peer)]
    waiting = _waiting(peer, shelves)
    behind = sum(1 for each in waiting if each.here > each.there)
    return Standing(
        party=peer.party,
        address=peer.address,
        parties=tuple(sorted(peer.keys)),
        fingerprint=peer.fingerprint,
        how=peer.how,
        added=_moment(peer.added_at) or datetime.fromtimestamp(0, tz=UTC),
        journals=len(shelves),
        level=len(shelves) - behind,
        heard=_moment(contact.heard_at) if contact else None,
        came=_moment(contact.came_at) if contact else None,
        skew=timedelta(microseconds=contact.skew) if contact and contact.skew is not None else None,
        failure=contact.failure if contact else "",
        waiting=waiting,
    )


def _waiting(peer: Peer, shelves: list[Shelf]) -> tuple[Waiting, ...]:
    shown = dict(Level.objects.filter(party=peer.party).values_list("origin", "size"))
    found = [Waiting(shelf.origin, shelf.size, shown.get(shelf.origin, 0)) for shelf in shelves]
    return tuple(sorted(each for each in found if each.here != each.there))


def _moment(micros: int) -> datetime | None:
    return datetime.fromtimestamp(micros / 1e6, tz=UTC) if micros else None

"""How it stands with each peer: how many journals are level, what it has not shown to hold, when it was heard."""

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from commonwatch.federation import card, peers
from commonwatch.federation.models import Contact, Level, Peer
from commonwatch.register.gate import Reader, Shelf

NAMED = tuple(f"/{mode}/" for mode in peers.MODES)
"""What stands in the name of every journal."""


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

    Counted and named is only what the reader reads too; when news came is told to the node alone.
    """
    contacts = {each.party: each for each in Contact.objects.all()}
    within = None if by is None else {shelf.origin for shelf in by.shelves}
    return [_standing(each, contacts.get(each.party), within) for each in peers.standing(by)]


def _standing(peer: Peer, contact: Contact | None, within: AbstractSet[str] | None) -> Standing:
    shelves = [shelf for _reader, shelf in peers.shelves(peer) if within is None or shelf.origin in within]
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
        came=_moment(contact.came_at) if contact and within is None else None,
        skew=timedelta(microseconds=contact.skew) if contact and contact.skew is not None else None,
        failure=_told(contact.failure, within) if contact else "",
        waiting=waiting,
    )


def _waiting(peer: Peer, shelves: list[Shelf]) -> tuple[Waiting, ...]:
    shown = dict(Level.objects.filter(party=peer.party).values_list("origin", "size"))
    found = [Waiting(shelf.origin, shelf.size, shown.get(shelf.origin, 0)) for shelf in shelves]
    return tuple(sorted(each for each in found if each.here != each.there))


def _told(failure: str, within: AbstractSet[str] | None) -> str:
    """Leave out of what went wrong each sentence about a journal that the reader may not read."""
    if within is None or not any(mode in failure for mode in NAMED):
        return failure
    parts = [each for each in failure.split("; ") if within & set(each.replace(":", " ").split())]
    return "; ".join(parts)


def _moment(micros: int) -> datetime | None:
    return datetime.fromtimestamp(micros / 1e6, tz=UTC) if micros else None

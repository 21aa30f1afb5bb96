"""Who the peers of this node are, what each may read, and by which key each journal is held."""

import base64
from collections.abc import Iterator

from commonwatch.access.actor import Actor
from commonwatch.access.seats import porter
from commonwatch.charter.label import Viewer
from commonwatch.errors import Refusal, _
from commonwatch.federation import card
from commonwatch.federation.models import Peer
from commonwatch.journal import note
from commonwatch.register import keys, node
from commonwatch.register.gate import Reader, Shelf

MODES = ("real", "exercise")
OFFICE = "node"


class NoKey(Refusal):
    """Nobody vouched for a key of the party that writes a journal."""

    code, status = "federation.no-key", 422
    says = _("No key is known by which {origin} could be held.")
    hint = _("Take in the node that writes for that party, or wait until the one that hosts it is taken in.")


class KeyLost(Refusal):
    """A checkpoint lies beyond the size up to which its key counts."""

    code, status = "federation.key-lost", 422
    says = _("The key of {origin} was revoked: it counts up to {until}, and {size} were signed.")
    hint = _("Ask the owner for its new key.")


def own() -> Reader:
    """Return the eyes of this node's own party, by which it knows its peers."""
    return porter(node.current().party)


def standing(by: Reader | None = None) -> list[Peer]:
    """List the peers that were not ended, by their parties."""
    rows = Peer.objects.visible_to(by or own()).filter(key__startswith=f"peer/{node.current().party}/")
    return list(rows.filter(ended_at=None).order_by("party"))


def find(party: str, *, by: Reader | None = None) -> Peer | None:
    """Return the peer of a party; None when there is none, or it was ended."""
    eyes = by or own()
    row = Peer.objects.visible_to(eyes).filter(key=f"peer/{node.current().party}/{party}").first()
    if row is None or row.ended_at is not None:
        return None
    row.eyes = eyes
    return row


def readers(peer: Peer) -> tuple[Actor, ...]:
    """Return by whose eyes a peer reads: its party's and those of the parties that it hosts, in both modes.

    A node is entitled to every level and category of what its party may read; who in the party reads what is that
    party's own matter.
    """
    first: Reader | None = peer.eyes
    found = []
    for party in (peer.party, *sorted(hosted(peer))):
        for mode in MODES:
            reader = _reader(peer, party, mode, beside=first)
            first = first or reader
            found.append(reader)
    return tuple(found)


def hosted(peer: Peer) -> set[str]:
    """Return the parties that a peer hosts: those of its card that have neither a node of their own nor another key.

    Who has moved away is told by the entries of its journals before the host's next card says so.
    """
    named = set(peer.keys) - {peer.party}
    if not named:
        return named
    elsewhere = {each.party for each in standing()}
    rows = keys.changed(*named)
    left = {row.party for row in rows if row.chain.last.rpartition("+")[2] != _material(peer.keys[row.party])}
    return named - elsewhere - left


def _material(key: str) -> str:
    """Return a public key of a card as verifier keys end with it."""
    return card.verifier("-", key).vkey.rpartition("+")[2]


def _reader(peer: Peer, party: str, mode: str, *, beside: Reader | None) -> Actor:
    scheme = node.current().pack.labels
    viewer = Viewer(
        party=party,
        clearance=max(scheme.levels, key=lambda level: level.rank).code,
        categories=frozenset(category.code for category in scheme.categories),
    )
    return Actor(
        viewer=viewer, mode=mode, beside=beside, account=f"node:{peer.party}", party=party, office=OFFICE
    )


def shelves(peer: Peer) -> Iterator[tuple[Actor, Shelf]]:
    """Walk the journals that a peer may read, each once, with the eyes that read it."""
    seen: set[int] = set()
    for reader in readers(peer):
        for shelf in reader.shelves:
            if shelf.id not in seen:
                seen.add(shelf.id)
                yield reader, shelf


def key_bytes(key: str) -> bytes:
    """Return the 32 bytes of a public key."""
    return base64.b64decode(key)


def second(origin: str) -> str:
    """Return the verifier key of the second signature of a journal; empty where nobody vouched for one."""
    at, parts = node.current(), origin.split("/")
    if len(parts) != 5:
        return ""
    if at.holds(parts[1]):
        signer = at.second_signer(party=parts[1], origin=origin)
        return signer.vkey if signer else ""
    naming = [each for each in standing() if parts[1] in each.seconds]
    found = [each.seconds[parts[1]] for each in sorted(naming, key=lambda each: each.party != parts[1])]
    return card.second_verifier(origin, found[0]).vkey if found else ""


def witnesses() -> dict[str, note.Verifier]:
    """Return by party the key of the cosignatures of every node that is known, this one's own included."""
    at = node.current()
    found = {each.party: note.Verifier.parse(each.witness) for each in standing()}
    return {**found, at.party: at.witness.verifier}

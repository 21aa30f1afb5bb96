"""Keys that change: of this node's parties, and of one that goes on with a node of its own."""

from collections.abc import Callable
from pathlib import Path

from commonwatch.access.actor import Actor
from commonwatch.errors import Refusal, _
from commonwatch.federation import bundling, card, peers, pulling
from commonwatch.federation.acts import FingerprintDiffers, NoSuchPeer, OtherOrganisation, both_may
from commonwatch.federation.line import Line
from commonwatch.register import keys, node, rekey
from commonwatch.register.rekey import Changed

CHANGE = "federation.change-key"

Way = Callable[[card.Card], int]
"""How the record comes from the host whose card it is; returns how many entries came."""


def by_line(line: Line) -> Way:
    """Return the way by a line to the host."""
    return lambda host: pulling.take_back(host.party, line, host=host)


def by_stick(source: Path) -> Way:
    """Return the way by a bundle that the host has made for this node."""
    return lambda host: bundling.take_back(source, host=host)


class NotHosted(Refusal):
    """The card is of a node that does not say that it hosts this one's party."""

    code, status = "federation.not-hosted", 422
    says = _("This card does not name a key with which {host} signs for {party}.")
    hint = _(
        "Take the card that the host gave out before it handed over: commonwatch key hand-over writes it."
    )


class AlreadyWrites(Refusal):
    """The party has begun to write here with its own key."""

    code, status = "federation.already-writes", 409
    says = _("{party} has written on this node already: {origin}.")
    hint = _(
        "Make another node with commonwatch init --moves, and take the record over before anything is written."
    )


class NotHandedOver(Refusal):
    """The host has nothing of the party, or gives nothing of it."""

    code, status = "federation.not-handed-over", 409
    says = _("{host} gives no journal of {party} that names the key of this node.")
    hint = _("It has to take in this node's card first, and then to hand over: commonwatch key hand-over.")


def change_key(*, by: tuple[Actor, Actor], party: str, ground: str) -> list[Changed]:
    """Let a new key sign the journals of a party of this node from here on.

    :raises NotMandated, ConfirmItIsYou, PersonsOnly, GroundMissing, NotTwoPersons, NoJournals: naming what is wrong.
    """
    return rekey.change(party, rekey.Two(*by, both_may(by, CHANGE, ground=ground)))


def hand_over(*, by: tuple[Actor, Actor], party: str, ground: str) -> list[Changed]:
    """Hand the journals of a hosted party over to its own node, whose card was taken in before.

    That node knows this one by a card that was written before this, and still names its key for the party.

    :raises NotMandated, ConfirmItIsYou, PersonsOnly, GroundMissing, NoSuchPeer, NotTwoPersons, NoJournals: naming what
        is wrong.
    """
    two = rekey.Two(*by, both_may(by, CHANGE, ground=ground))
    at = node.current()
    peer = peers.find(party)
    if peer is None or party not in at.hosted:
        raise NoSuchPeer(party=party[:40])
    key = peer.keys[party]
    return rekey.hand_over(party, two, new=lambda origin: card.verifier(origin, key).vkey)


def take_over(*, signed: str, heard: str, way: Way) -> int:
    """Take over the record of this node's party from the node that hosted it; return how many entries came.

    `signed` is the host's card of before it handed over, `heard` its fingerprint; `way` brings what the host has, by a
    line or on a stick. What was cut is gone on with when this is called again.

    :raises CardRefused, OtherOrganisation, FingerprintDiffers, NotHosted, AlreadyWrites, NotHandedOver: naming what is
        wrong.
    :raises NotReached: when the host does not answer.
    """
    at = node.current()
    given = card.read(signed)
    if given.organisation != at.pack.organisation:
        raise OtherOrganisation(theirs=given.organisation[:60], ours=at.pack.organisation)
    if card.heard(heard) != given.fingerprint:
        raise FingerprintDiffers
    if given.party == at.party or at.party not in given.keys:
        raise NotHosted(host=given.party[:40], party=at.party)
    if own_ones := [row for row in keys.signed_here(at.party) if not row.changes]:
        raise AlreadyWrites(party=at.party, origin=own_ones[0].origin)
    came = way(given)
    if not keys.signed_here(at.party):
        raise NotHandedOver(host=given.party, party=at.party)
    return came

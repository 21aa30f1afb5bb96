"""What a node's own party does about its peers: take one in, end it, and say that a key counts no more."""

from collections.abc import Mapping

from django.utils.translation import gettext

from commonwatch.access import rules
from commonwatch.access.actor import Actor, require, require_fresh
from commonwatch.access.pairs import Body, Shown, agreed, declare
from commonwatch.access.seats import own_label
from commonwatch.errors import Refusal, _
from commonwatch.federation import card, keyring, peers
from commonwatch.federation.facts import KeyRevoked, PeerAdded, PeerEnded, PeerSeconded
from commonwatch.federation.models import Peer
from commonwatch.register import log, node

MANAGE = "federation.manage-peers"
REVOKE = "federation.revoke-key"
HOW = ("spoken", "carried")


class OtherOrganisation(Refusal):
    """A node of another organisation is no peer."""

    code, status = "federation.other-organisation", 422
    says = _("The card is of a node of {theirs}; this one is of {ours}.")
    hint = _("Ask for the card of a node of the same organisation.")


class NotAParty(Refusal):
    """The card names a party that the pack does not have, or this node's own."""

    code, status = "federation.not-a-party", 422
    says = _("{party} is no other party of this organisation.")
    hint = _("A peer is the node of another party that the organisation's pack names.")


class ClaimsOurs(Refusal):
    """The card claims to write for a party for which this node writes."""

    code, status = "federation.claims-ours", 409
    says = _("The card says that its node writes for {party}, for which this node writes.")
    hint = _("Let the other node take this one in first; then its card no longer says so. Ask for it again.")


class FingerprintDiffers(Refusal):
    """What was heard is not the fingerprint of the card."""

    code, status = "federation.fingerprint-differs", 409
    says = _("The digits that were heard are not those of this card.")
    hint = _(
        "Nothing was taken in. Call the other side by a number that you know and let them read theirs again; if it"
        " differs again, somebody else wrote this card."
    )


class OtherKeys(Refusal):
    """A peer that is known shows other keys than before."""

    code, status = "federation.other-keys", 409
    says = _("{party} is known by other keys. That they changed takes two persons.")
    hint = _("End the peer first, stating the ground, and take it in anew; or revoke its old key.")


class KeyOfAnother(Refusal):
    """The card claims to write for a party for which another node writes."""

    code, status = "federation.key-of-another", 409
    says = _("For {party} writes the node of {peer}, with another key.")
    hint = _("Ask both nodes which of them writes for that party.")


class NotOurNode(Refusal):
    """Peers are of the node, and so of its own party."""

    code, status = "federation.not-our-node", 403
    says = _("The peers of this node are kept by {owner}, not by {party}.")
    hint = _("Ask {owner}.")


class NoSuchPeer(Refusal):
    """There is none."""

    code, status = "federation.no-such-peer", 404
    says = _("There is no peer {party}.")
    hint = _("commonwatch peer list names those that there are.")


class GroundMissing(Refusal):
    """What ends a trust says why."""

    code, status = "federation.ground-missing", 422
    says = _("Say on what ground.")
    hint = _("One sentence is enough; it stands in the record.")


class BadHow(Refusal):
    """A fingerprint comes by one of two ways."""

    code, status = "federation.bad-how", 422
    says = _("“{how}” is no way in which a fingerprint comes.")
    hint = _("It is spoken or carried.")


def both_may(by: tuple[Actor, Actor], mandate: str, *, ground: str) -> str:
    """See that two persons who are both at this machine may do something, and that they say why; return the ground.

    :raises NotMandated, ConfirmItIsYou, PersonsOnly, GroundMissing: naming what is wrong.
    """
    for each in by:
        require(each, mandate)
        require_fresh(each)
        rules.check_person(each.client)
    if not ground.strip():
        raise GroundMissing
    return ground.strip()


@log.turn
def add_peer(*, by: Actor, signed: str, heard: str, how: str = "spoken") -> str:
    """Take a node in as a peer by its card and the fingerprint that was heard; return the subject.

    A card with the keys that are known changes the address alone, or adds second keys where none were known. Other keys
    it may have where the journals of their parties name them.

    :raises NotMandated, ConfirmItIsYou, NotOurNode, CardRefused, BadHow, OtherOrganisation, NotAParty, ClaimsOurs,
        FingerprintDiffers, OtherKeys, KeyOfAnother: naming what is wrong.
    """
    _may(by, MANAGE)
    if how not in HOW:
        raise BadHow(how=how[:20])
    given = card.read(signed)
    at = node.current()
    if given.organisation != at.pack.organisation:
        raise OtherOrganisation(theirs=given.organisation[:60], ours=at.pack.organisation)
    for party in sorted(given.keys):
        if party == at.party and given.party != at.party:
            raise ClaimsOurs(party=party)
        if not at.pack.has_party(party) or party == at.party:
            raise NotAParty(party=party)
    if card.heard(heard) != given.fingerprint:
        raise FingerprintDiffers
    ring = keyring.ring()
    known = peers.find(given.party, by=by)
    if known and known.fingerprint != given.fingerprint and not _goes_on(known, given, ring):
        raise OtherKeys(party=given.party)
    _check_others(given, ring, by=by)
    fact = PeerAdded(
        party=given.party,
        address=given.address,
        keys=dict(given.keys),
        witness=given.witness,
        sealed=given.sealed,
        heard=given.fingerprint,
        how=how,
    )
    subject = _subject(at, given.party)
    seconds = [PeerSeconded(party=party, key=key) for party, key in sorted(given.seconds.items())]
    for each in (fact, *seconds):
        log.append(each, by=by, subject=subject, label=own_label(by.party))
    by.again()
    return subject


def _goes_on(known: Peer, given: card.Card, ring: keyring.Keyring) -> bool:
    """Say whether a card adds second keys where none were known, has those that journals name, or hosts fewer."""
    before = (known.witness, known.sealed, dict(known.seconds or given.seconds))
    after = (given.witness, given.sealed, {**dict(known.seconds), **dict(given.seconds)})
    named = (known.keys.get(party) == key or ring.current(party) == key for party, key in given.keys.items())
    return before == after and given.keys.keys() <= known.keys.keys() and all(named)


def _check_others(given: card.Card, ring: keyring.Keyring, *, by: Actor) -> None:
    """Refuse a card by which two nodes would write for one party with two keys.

    A party whose journals name the key has moved to a node of its own, or its keys have changed.
    """
    for each in peers.standing(by):
        theirs = each.keys
        for party, key in given.keys.items():
            led = ring.current(party) == key
            if each.party != given.party and theirs.get(party, key) != key and not led:
                raise KeyOfAnother(party=party, peer=each.party)


@log.turn
def end_peer(*, by: Actor, party: str, ground: str) -> None:
    """Give nothing more to a peer and take nothing more from it.

    :raises NotMandated, ConfirmItIsYou, NotOurNode, NoSuchPeer, GroundMissing: naming what is wrong.
    """
    _may(by, MANAGE)
    if not ground.strip():
        raise GroundMissing
    if peers.find(party, by=by) is None:
        raise NoSuchPeer(party=party[:40])
    subject = _subject(node.current(), party)
    log.append(PeerEnded(ground=ground.strip()), by=by, subject=subject, label=own_label(by.party))
    by.again()


@log.turn
def revoke_key(  # noqa: PLR0913 - what a revocation says, by name
    *, by: Actor, party: str, key: str, sizes: Mapping[str, int], ground: str, proposal: str = ""
) -> str:
    """Let a key (base64) of a party count up to these sizes of its journals and no further; two persons do it.

    :raises NotMandated, ConfirmItIsYou, NotOurNode, NotAgreed, GroundMissing: naming what is wrong.
    """
    _may(by, REVOKE)
    if not ground.strip():
        raise GroundMissing
    said = revocation(party=party, key=key, sizes=sizes, ground=ground)
    if not agreed(proposal, act=REVOKE, body=said, reader=by):
        raise NotAgreed
    at = node.current()
    subject = f"revocation/{at.party}/{party}/{at.random(8).hex()}"
    fact = KeyRevoked(key=key, sizes=dict(sizes), ground=ground.strip(), proposal=proposal)
    log.append(fact, by=by, subject=subject, label=own_label(by.party), settled=True)
    by.again()
    return subject


class NotAgreed(Refusal):
    """One person alone does not do this."""

    code, status = "federation.not-agreed", 409
    says = _("That a key counts no more takes two persons.")
    hint = _("Propose it; a colleague whose office has the same mandate joins on the page “Two persons”.")


def revocation(*, party: str, key: str, sizes: Mapping[str, int], ground: str) -> Body:
    """Write a revocation down for two persons."""
    counted = [f"{size} {origin}" for origin, size in sorted(sizes.items())]
    return {"party": party, "key": key, "sizes": counted, "ground": ground.strip()}


def carry_out(*, by: Actor, body: Body, proposal: str) -> str:
    """Revoke what two persons have agreed on."""
    counted = [str(each).split(" ", 1) for each in body["sizes"]]
    return revoke_key(
        by=by,
        party=str(body["party"]),
        key=str(body["key"]),
        sizes={origin: int(size) for size, origin in counted},
        ground=str(body["ground"]),
        proposal=proposal,
    )


def show(_by: Actor, body: Body) -> Shown:
    """Put a revocation in words for both persons."""
    return Shown(
        gettext("Let a key of {party} count no more").format(party=body["party"]),
        (
            (gettext("Key"), str(body["key"])),
            *((gettext("It counts up to"), str(each)) for each in body["sizes"]),
            (gettext("Ground"), str(body["ground"])),
        ),
    )


def _may(by: Actor, mandate: str) -> None:
    require(by, mandate)
    require_fresh(by)
    at = node.current()
    if by.party != at.party:
        raise NotOurNode(owner=at.party, party=by.party)


def _subject(at: node.Node, party: str) -> str:
    return f"peer/{at.party}/{party}"


declare(REVOKE, carry_out=carry_out, show=show)

"""What this node shows of itself: its card, its token for another node, the key that opens what is sealed to it."""

from typing import Final

import jwt

from commonwatch.federation import card
from commonwatch.journal import note, seal
from commonwatch.register.node import Node

ALGORITHM: Final = "EdDSA"
LASTS: Final = 120
"""Seconds for which a token holds, by the clock of the node that is asked; as many may its clock be behind."""


def signer(at: Node) -> note.Signer:
    """Return the signer of what a node says in its own name: cards, bundles, tokens."""
    return at.signer(party=at.party, origin=card.name_of(at.pack.organisation, at.party))


def identity(at: Node) -> str:
    """Return the secret key (age) that opens what is sealed to this node."""
    return at.secret(f"{at.party}.age", make=lambda: seal.new_identity().encode()).decode()


def card_of(at: Node, *, address: str = "-") -> card.Card:
    """Return the card of this node, with the keys of all for whom it writes."""
    name = card.name_of(at.pack.organisation, at.party)
    parties = sorted({at.party, *at.hosted})
    twice = {party: at.second_signer(party=party, origin=name) for party in parties}
    return card.Card(
        organisation=at.pack.organisation,
        party=at.party,
        address=address,
        keys={party: card.public(at.signer(party=party, origin=name)) for party in parties},
        witness=at.witness.vkey,
        sealed=seal.recipient_of(identity(at)),
        seconds={party: card.public(each) for party, each in twice.items() if each},
    )


def signed_card(at: Node, *, address: str = "-") -> str:
    """Return this node's card as it is given to others."""
    return note.sign(card_of(at, address=address).text(), [signer(at)])


def token(at: Node, *, to: str, now: int) -> str:
    """Make the token that one request to a node shows; `now` in microseconds UTC by the clock of that node."""
    seconds = now // 1_000_000
    said = {"iss": at.party, "aud": to, "iat": seconds, "exp": seconds + LASTS}
    return jwt.encode(said, signer(at).private, algorithm=ALGORITHM)

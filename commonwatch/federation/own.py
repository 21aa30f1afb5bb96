"""What this node shows of itself: its card, its token for another node, the key that opens what is sealed to it."""

from typing import Final

import jwt

from commonwatch.federation import card
from commonwatch.journal import keychange, note, seal
from commonwatch.register import keys
from commonwatch.register.node import Node

ALGORITHM: Final = "EdDSA"
CHANGES: Final = "changes"
"""The field in the head of a token that holds the last statements by which the node's key changed."""
MOST_CHANGES: Final = 2
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
    parties = sorted(each for each in {at.party, *at.hosted} if not at.handed_over(each))
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
    changes = _changes(at, to) if at.has_retired(at.party) else ""
    return jwt.encode(
        said, signer(at).private, algorithm=ALGORITHM, headers={CHANGES: changes} if changes else None
    )


def _changes(at: Node, to: str) -> str:
    """Return how the key of this node came to be the present one, as a journal says that the other one may read."""
    readable = [row for row in keys.changed(at.party) if row.ours and {to, "*"} & set(row.parties.split(","))]
    statements = keychange.split(readable[0].changes) if readable else []
    return "".join(statements[-MOST_CHANGES:])

"""How the facts about peers fold into their tables. Pure: no clock, no network, no other subject."""

import msgspec

from commonwatch.federation.facts import KeyRevoked, PeerAdded, PeerEnded
from commonwatch.federation.models import Peer, Revoked
from commonwatch.register.fold import Line, Row, projects

_ENCODE = msgspec.json.Encoder(order="deterministic").encode


@projects(PeerAdded, Peer)
def peer_added(_row: Row | None, fact: PeerAdded, line: Line) -> Row:
    """Keep who it is now; what it was before stands in the entries."""
    return {
        "party": fact.party,
        "address": fact.address,
        "keys_json": _ENCODE(fact.keys).decode(),
        "witness": fact.witness,
        "sealed": fact.sealed,
        "fingerprint": fact.heard,
        "how": fact.how,
        "added_at": line.at,
        "added_by": line.account,
        "ended_at": None,
        "ground": "",
    }


@projects(PeerEnded, Peer)
def peer_ended(row: Row | None, fact: PeerEnded, line: Line) -> Row:
    """End it."""
    row = row or {
        "party": "", "address": "", "keys_json": "{}", "witness": "", "sealed": "", "fingerprint": "",
        "how": "", "added_at": line.at, "added_by": "",
    }  # fmt: skip
    row["ended_at"], row["ground"] = line.at, fact.ground
    return row


@projects(KeyRevoked, Revoked, first=True)
def key_revoked(_row: Row | None, fact: KeyRevoked, line: Line) -> Row:
    """Keep up to where it counts."""
    return {
        "party": line.subject.split("/", 2)[2].split("/", 1)[0],
        "key_text": fact.key,
        "sizes_json": _ENCODE(fact.sizes).decode(),
        "at": line.at,
        "ground": fact.ground,
    }

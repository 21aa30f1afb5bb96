"""How the facts about peers fold into their tables. Pure: no clock, no network, no other subject."""

import msgspec

from commonwatch.federation.facts import ForkSettled, KeyRevoked, PeerAdded, PeerEnded, PeerSeconded
from commonwatch.federation.models import Peer, Revoked, Settled
from commonwatch.register.fold import Line, Row, projects

_ENCODE = msgspec.json.Encoder(order="deterministic").encode


@projects(PeerAdded, Peer)
def peer_added(_row: Row | None, fact: PeerAdded, line: Line) -> Row:
    """Keep who it is now; what it was before stands in the entries."""
    return {
        "party": fact.party,
        "address": fact.address,
        "keys_json": _ENCODE(fact.keys).decode(),
        "seconds_json": "{}",
        "witness": fact.witness,
        "sealed": fact.sealed,
        "fingerprint": fact.heard,
        "how": fact.how,
        "added_at": line.at,
        "added_by": line.account,
        "ended_at": None,
        "ground": "",
    }


@projects(PeerSeconded, Peer)
def peer_seconded(row: Row | None, fact: PeerSeconded, line: Line) -> Row:
    """Keep a second key beside the first."""
    row = row or _nobody(line)
    row["seconds_json"] = _ENCODE(msgspec.json.decode(row["seconds_json"]) | {fact.party: fact.key}).decode()
    return row


@projects(PeerEnded, Peer)
def peer_ended(row: Row | None, fact: PeerEnded, line: Line) -> Row:
    """End it."""
    row = row or _nobody(line)
    row["ended_at"], row["ground"] = line.at, fact.ground
    return row


def _nobody(line: Line) -> Row:
    """Return the row of a peer whose first entry was erased."""
    return {
        "party": "", "address": "", "keys_json": "{}", "witness": "", "sealed": "", "fingerprint": "",
        "how": "", "added_at": line.at, "added_by": "", "seconds_json": "{}",
    }  # fmt: skip


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


@projects(ForkSettled, Settled, first=True)
def fork_settled(_row: Row | None, fact: ForkSettled, line: Line) -> Row:
    """Keep what was chosen and by whom."""
    return {
        "party": line.party,
        "origin": fact.origin,
        "size": fact.size,
        "root": fact.root,
        "evidence": ",".join(fact.evidence),
        "ground": fact.ground,
        "first": line.account,
        "second": fact.second,
        "at": line.at,
        "place": line.number,
    }

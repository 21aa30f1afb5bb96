"""The one thing that a peer asks for again and again: how far every journal within its reach stands here."""

import base64
from collections.abc import Iterable
from hashlib import sha256

import msgspec
from msgspec import Struct

from commonwatch.federation import cosigning, forking, peers
from commonwatch.federation.models import Peer
from commonwatch.register import node, vouching
from commonwatch.register.models import Journal

VERSION = 1


class Head(Struct, frozen=True, omit_defaults=True):
    """One journal: its name, its signed checkpoint with the lines of all who cosigned it, and how its key changed."""

    origin: str
    checkpoint: str
    changes: str = ""


class Heads(Struct, frozen=True, omit_defaults=True):
    """What a node answers: who it is, the journals that the asker may read, the proofs of forks (base64)."""

    v: int
    node: str
    journals: tuple[Head, ...]
    forks: tuple[str, ...] = ()


def of(peer: Peer) -> Heads:
    """Put together what a peer is told; of this node's own journals nothing that its guard has not seen."""
    withheld = vouching.withheld()
    shelves = [shelf for _reader, shelf in peers.shelves(peer) if shelf.size and shelf.origin not in withheld]
    rows = Journal.objects.filter(pk__in=[shelf.id for shelf in shelves])
    said = {pk: (signed, changes) for pk, signed, changes in rows.values_list("pk", "checkpoint", "changes")}
    lines = cosigning.lines(shelf.origin for shelf in shelves)
    found = [
        Head(
            shelf.origin, cosigning.joined(said[shelf.id][0], lines.get(shelf.origin, ())), said[shelf.id][1]
        )
        for shelf in sorted(shelves, key=lambda each: each.origin)
    ]
    return Heads(VERSION, node.current().party, tuple(found), forks(shelf.origin for shelf in shelves))


def forks(origins: Iterable[str]) -> tuple[str, ...]:
    """Return the proofs of forks of these journals, in order of their digests."""
    rows = [each for found in forking.of(origins).values() for each in found]
    return tuple(
        base64.b64encode(bytes(each.data)).decode() for each in sorted(rows, key=lambda each: each.digest)
    )


def written(heads: Heads) -> tuple[bytes, str]:
    """Return the answer's bytes and its ETag."""
    body = msgspec.json.encode(heads)
    return body, tag_of(body)


def tag_of(body: bytes) -> str:
    """Return the ETag of an answer; whoever makes it of what came asks again for what came damaged."""
    return f'"{sha256(body).hexdigest()[:32]}"'

"""Forks: two checkpoints by one key that cannot both be true. Found, kept as evidence, passed on, and not gone past."""

import base64
import binascii
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from commonwatch.errors import Broken, Refusal, _
from commonwatch.federation import keyring, peers
from commonwatch.federation.models import Evidence
from commonwatch.federation.spool import MOST_TILE
from commonwatch.journal import checkpoint, fork, tiles, tree
from commonwatch.register import node, seal
from commonwatch.register.models import Journal

logger = logging.getLogger("commonwatch.federation")

MOST_FORKS = 1_000
MOST_TEXT = 8 * 1024 * 1024

Fetch = Callable[[str, int], bytes]


class Forked(Refusal):
    """The key of a journal signed two pasts."""

    code, status = "federation.forked", 409
    says = _("{origin} has two pasts, both signed by its key. Nothing more of it is taken in.")
    hint = _("The evidence is on the page of the journals. Ask its owner which past is true.")


class Fault(NamedTuple):
    """What was not taken from a peer (a journal, or evidence that proves nothing), and why in a sentence."""

    origin: str
    says: str

    @property
    def told(self) -> str:
        """The sentence, with the name of what it is about where it does not say that itself."""
        return self.says if self.origin in self.says else f"{self.origin}: {self.says}"


def refuse_forked(origin: str) -> None:
    """Refuse more of a journal of which a fork is known.

    Who holds nothing of it yet takes one of its pasts in, once: its first entry says who may read it, and so to whom
    the proof is passed on.

    :raises Forked: then.
    """
    held = Journal.objects.filter(origin=origin, size__gt=0)
    if held.exists() and Evidence.objects.filter(origin=origin).exists():
        raise Forked(origin=origin)


def found(row: Journal, signed: str, head: checkpoint.Checkpoint, *, fetch: Fetch | None) -> None:
    """Prove that a journal that is held and another signed checkpoint of it cannot both be true; keep the proof.

    `fetch` gives hash tiles of the tree that the other checkpoint signs, where that is the longer one. Nothing is kept
    when that tree does begin with what is held: then somebody sent wrong bytes, and no key signed two pasts.

    :raises Forked: when it is proved.
    :raises Broken: when the tiles do not give the signed root.
    """
    if head.size <= row.size:
        read = seal.tile_reader(node.current(), row.pk)
        proof = fork.make(signed, row.checkpoint, row.key, tiles.TileHashes(read, row.size))
    elif fetch is None:
        return
    else:
        hashes = tiles.TileHashes(_reader(fetch, head.size), head.size)
        if tree.range_hash(0, head.size, hashes) != head.root:
            raise Broken(f"{head.origin}: the tiles that were sent do not give the root that was signed")
        if tree.range_hash(0, row.size, hashes).hex() == row.root:
            return
        proof = fork.make(row.checkpoint, signed, row.key, hashes)
    _keep(head.origin, fork.write(proof), came_from="")
    raise Forked(origin=head.origin)


def compare(head: checkpoint.Checkpoint, signed: str) -> None:
    """Hold a signed checkpoint to what is held of its journal, as far as that goes; keep the proof of a contradiction.

    :raises Forked: when they contradict each other.
    """
    row = Journal.objects.filter(origin=head.origin, size__gte=head.size).first()
    if row is not None and seal.root_at(node.current(), row.pk, size=head.size) != head.root:
        found(row, signed, head, fetch=None)


def take(forks: Sequence[str], *, came_from: str) -> Iterator[Fault]:
    """Keep the proofs (base64) that a peer shows; yield those that prove nothing."""
    for text in forks[:MOST_FORKS]:
        try:
            data = base64.b64decode(text[:MOST_TEXT], validate=True)
            origin = examine(data)
        except (binascii.Error, Broken, Refusal) as wrong:
            yield Fault("-", f"evidence that proves nothing: {wrong}")
            continue
        _keep(origin, data, came_from=came_from)


def examine(data: bytes) -> str:
    """Verify the file of a proof by the key that was agreed with the journal's party; return the origin.

    :raises Broken, NoKey: when it proves nothing.
    """
    claimed = fork.parse(data)
    origin = checkpoint.Checkpoint.parse(claimed.b.split("\n\n", 1)[0] + "\n").origin
    parts = origin.split("/")
    known = keyring.ring().known(parts[1]) if len(parts) == 5 else set()
    if keyring.plain(claimed.vkey) not in known:
        raise peers.NoKey(origin=origin[:300])
    fork.verify(data, vkey=claimed.vkey)
    return origin


def everything() -> dict[str, list[Evidence]]:
    """Return by origin all evidence that is kept here, for whoever has the node's machine."""
    return of(Evidence.objects.values_list("origin", flat=True))


def of(origins: Iterable[str]) -> dict[str, list[Evidence]]:
    """Return by origin the evidence that is kept of these journals, the oldest first."""
    rows: dict[str, list[Evidence]] = {}
    for each in Evidence.objects.filter(origin__in=list(origins)).order_by("found_at", "digest"):
        rows.setdefault(each.origin, []).append(each)
    return rows


def _reader(fetch: Fetch, size: int) -> tiles.ReadTile:
    return lambda level, index: fetch(str(tiles.tile_path(level, index, size=size)), MOST_TILE)


def _keep(origin: str, data: bytes, *, came_from: str) -> None:
    digest = sha256(data).hexdigest()
    said = {"origin": origin, "data": data, "found_at": node.current().clock(), "came_from": came_from}
    _row, new = Evidence.objects.get_or_create(digest=digest, defaults=said)
    if new:
        logger.critical("%s has two pasts, both signed by its key; the evidence is kept", origin)

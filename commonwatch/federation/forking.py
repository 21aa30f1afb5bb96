"""Forks: two checkpoints by one key that cannot both be true. Found, kept as evidence, passed on, and not gone past."""

import base64
import binascii
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from commonwatch.errors import Broken, Refusal, _
from commonwatch.federation import following, keyring, peers
from commonwatch.federation.models import Evidence
from commonwatch.federation.spool import MOST_TILE
from commonwatch.journal import checkpoint, fork, note, tiles, tree
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
    hint = _("Ask its owner which past is true. Then two persons choose it on the page “Forks”.")


class NotFollowed(Refusal):
    """What is offered of a journal is the past that was not chosen here."""

    code, status = "federation.not-followed", 409
    says = _("{origin}: what is offered is not the past that two persons have chosen here.")
    hint = _("Nothing of it is taken in. Ask that node which past it follows, and why.")


class FormerKey(Refusal):
    """A checkpoint contradicts what is held, and another key of the journal signed it."""

    code, status = "federation.former-key", 409
    says = _("{origin}: a checkpoint by another key than its present one contradicts what is held.")
    hint = _("Nothing of it was taken in. Ask its owner who still has the key of before.")


class Fault(NamedTuple):
    """What was not taken from a peer (a journal, or evidence that proves nothing), and why in a sentence."""

    origin: str
    says: str

    @property
    def told(self) -> str:
        """The sentence, with the name of what it is about where it does not say that itself."""
        return self.says if self.origin in self.says else f"{self.origin}: {self.says}"


def refuse_forked(origin: str) -> None:
    """Refuse more of a journal of which a fork is known that nobody has settled.

    Who holds nothing of it yet takes one of its pasts in, once: its first entry says who may read it, and so to whom
    the proof is passed on.

    :raises Forked: then.
    """
    held = Journal.objects.filter(origin=origin, size__gt=0)
    if held.exists() and following.unsettled(origin):
        raise Forked(origin=origin)


def found(row: Journal, signed: str, head: checkpoint.Checkpoint, *, fetch: Fetch | None) -> None:
    """Prove that a journal that is held and another signed checkpoint of it cannot both be true; keep the proof.

    `fetch` gives hash tiles of the tree that the other checkpoint signs, where that is the longer one. Nothing is kept
    when that tree does begin with what is held: then somebody sent wrong bytes, and no key signed two pasts. Nor when
    it is the past that was not chosen here, as it may go on for ever.

    :raises Forked: when it is proved.
    :raises NotFollowed: when two persons have chosen the other past.
    :raises FormerKey: when another key signed the one than the other.
    :raises Broken: when the tiles do not give the signed root.
    """
    check_chosen(head, fetch)
    if head.size <= row.size:
        read = seal.tile_reader(node.current(), row.pk)
        proof = _proof(row, signed, tiles.TileHashes(read, row.size))
    elif fetch is None:
        return
    else:
        hashes = _hashes(head, fetch)
        if tree.range_hash(0, row.size, hashes).hex() == row.root:
            return
        choice = following.chosen(head.origin)
        if choice is not None and row.size < choice.size:  # what shows that this past is not the chosen one
            signed = following.note_of(choice)
        proof = _proof(row, signed, hashes)
    _keep(head.origin, fork.write(proof), came_from="")
    raise Forked(origin=head.origin)


def _proof(row: Journal, signed: str, hashes: tiles.TileHashes) -> fork.Fork:
    """Make the proof that one key has signed both.

    :raises FormerKey: when none has: the key of the journal changed between the two.
    """
    try:
        return fork.make(row.checkpoint, signed, row.signed_by, hashes)
    except note.NoteRefused as wrong:
        raise FormerKey(origin=row.origin) from wrong


def check_chosen(head: checkpoint.Checkpoint, fetch: Fetch | None) -> None:
    """Refuse a checkpoint that is not of the past that was chosen, as far as can be told, where one was.

    `fetch` gives hash tiles of its tree; without them one that is longer passes. One that ends before the chosen one
    does is refused: what is asked has nothing of it, or contradicts it.

    :raises NotFollowed: then.
    """
    choice = following.chosen(head.origin)
    if choice is None:
        return
    if head.size < choice.size or (head.size == choice.size and head.root != choice.root):
        raise NotFollowed(origin=head.origin)
    if fetch is None or head.size == choice.size:
        return
    if tree.range_hash(0, choice.size, _hashes(head, fetch)) != choice.root:
        raise NotFollowed(origin=head.origin)


def _hashes(head: checkpoint.Checkpoint, fetch: Fetch) -> tiles.TileHashes:
    """Return the hashes of the tree that a checkpoint signs.

    :raises Broken: when the tiles do not give its root.
    """
    hashes = tiles.TileHashes(_reader(fetch, head.size), head.size)
    if tree.range_hash(0, head.size, hashes) != head.root:
        raise Broken(f"{head.origin}: the tiles that were sent do not give the root that was signed")
    return hashes


def compare(head: checkpoint.Checkpoint, signed: str, *, fetch: Fetch | None = None) -> None:
    """Hold a signed checkpoint to what is held of its journal, as far as that goes; keep the proof of a contradiction.

    :raises Forked, NotFollowed: when they contradict each other.
    """
    row = Journal.objects.filter(origin=head.origin, size__gte=head.size).first()
    if row is not None and seal.root_at(node.current(), row.pk, size=head.size) != head.root:
        found(row, signed, head, fetch=fetch)


def take(forks: Sequence[str], *, came_from: str) -> Iterator[Fault]:
    """Keep the proofs (base64) that a peer shows; yield those that prove nothing."""
    for text in forks[:MOST_FORKS]:
        try:
            data = base64.b64decode(text[:MOST_TEXT], validate=True)
        except binascii.Error as wrong:
            yield Fault("-", f"evidence that proves nothing: {wrong}")
            continue
        yield from keep(data, came_from=came_from)


def keep(data: bytes, *, came_from: str) -> list[Fault]:
    """Keep the file of a proof; return what is wrong when it proves nothing."""
    try:
        origin = examine(data)
    except (Broken, Refusal) as wrong:
        return [Fault("-", f"evidence that proves nothing: {wrong}")]
    _keep(origin, data, came_from=came_from)
    return []


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

"""Merkle trees of RFC 6962 section 2.1: hashes, proofs and their verification.

One definition serves all four kinds of proof. The range `[start, end)` of leaves is a *subtree* when `start`
is a multiple of the least power of two that is not below `end - start` (draft-ietf-plants-merkle-tree-certs,
"Subtrees"). A consistency proof speaks of the subtree `[0, old)`, an inclusion proof of `[index, index + 1)`.
A prefix proof is a consistency proof for somebody who does not trust the old root.
Verifiers return nothing or raise.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

from commonwatch.errors import Broken

HashAt = Callable[[int, int], bytes]
"""`hash_at(level, index)` gives the hash of the complete subtree of `2**level` leaves numbered `index`."""

HASH_BYTES = 32
MAX_SIZE = 2**63 - 1
EMPTY_ROOT = sha256(b"").digest()


class ProofRefused(Broken):
    """A proof does not show what it claims to show."""


def leaf_hash(data: bytes) -> bytes:
    """Hash an entry as a leaf: SHA-256 of 0x00 and the bytes."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours into the node above them: SHA-256 of 0x01 and both."""
    return sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash over leaf hashes; over none it is SHA-256 of nothing.

    The items may also be roots of complete subtrees of one size, and the last one that of a smaller tree to
    their right: RFC 6962 splits such a list in the same places.
    """
    row = list(leaf_hashes)
    if not row:
        return EMPTY_ROOT
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        row = [
            sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)
        ] + odd
    return row[0]


def range_hash(start: int, end: int, hash_at: HashAt) -> bytes:
    """Return the root over the leaves `[start, end)` of a subtree, from the hashes of complete subtrees."""
    if start == end:
        return EMPTY_ROOT
    level = (end - start).bit_length() - 1
    if end - start == 1 << level:
        return hash_at(level, start >> level)
    middle = start + (1 << level)
    return node_hash(hash_at(level, start >> level), range_hash(middle, end, hash_at))


def subtree_proof(start: int, end: int, size: int, hash_at: HashAt) -> list[bytes]:
    """Return the proof that the subtree `[start, end)` stands in the tree of `size` leaves.

    :raises ProofRefused: when `[start, end)` is no subtree of that tree.
    """
    _check_subtree(start, end, size)
    return [] if start == end else _subproof(start, end, (0, size), hash_at, known=True)


def inclusion_proof(index: int, size: int, hash_at: HashAt) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size` leaves (RFC 6962 section 2.1.1).

    :raises ProofRefused: when the tree has no such leaf.
    """
    return subtree_proof(index, index + 1, size, hash_at)


def consistency_proof(old: int, size: int, hash_at: HashAt) -> list[bytes]:
    """Return the proof that the tree of `old` leaves is a prefix of that of `size` (RFC 6962 section 2.1.2).

    :raises ProofRefused: when `old` exceeds `size`.
    """
    return subtree_proof(0, old, size, hash_at)


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash `leaf` stands at `index` in the tree of `size` leaves with that root.

    :raises ProofRefused: when the proof does not show it.
    """
    verify_subtree_inclusion(leaf=leaf, index=index, start=0, end=size, proof=proof, root=root)


def verify_consistency(
    *, old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of `old_size` leaves is a prefix of the tree of `size` leaves.

    A proof that starts from the empty tree shows nothing and is refused, save between two empty trees: who
    knows nothing yet has nothing to compare.

    :raises ProofRefused: when the proof does not show it.
    """
    if old_size == 0 and (size != 0 or root != EMPTY_ROOT):
        raise ProofRefused("a proof of consistency with the empty tree shows nothing")
    verify_subtree_consistency(
        start=0, end=old_size, size=size, subtree_root=old_root, root=root, proof=proof
    )


def verify_subtree_inclusion(  # noqa: PLR0913 - a proof, its two ends and where they stand
    *, leaf: bytes, index: int, start: int, end: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf hash `leaf` stands at `index` of the log, inside its subtree `[start, end)`.

    :raises ProofRefused: when the proof does not show it or `[start, end)` is no subtree.
    """
    _check_subtree(start, end, end)
    if not start <= index < end:
        raise ProofRefused(f"leaf {index} is outside [{start}, {end})")
    _check_hash("the leaf", leaf)
    verify_subtree_consistency(
        start=index - start,
        end=index - start + 1,
        size=end - start,
        subtree_root=leaf,
        root=root,
        proof=proof,
    )


def verify_subtree_consistency(  # noqa: PLR0913 - a proof, two roots and where they stand
    *, start: int, end: int, size: int, subtree_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the subtree `[start, end)` with `subtree_root` stands in the tree of `size` leaves.

    An empty subtree stands in every tree: its root is that of the empty tree and its proof has no hashes.

    :raises ProofRefused: when the proof does not show it or `[start, end)` is no subtree of that tree.
    """
    _check_subtree(start, end, size)
    for at, item in enumerate(proof):
        _check_hash(f"hash {at} of the proof", item)
    rest = list(proof)
    if start == end:
        old, new = EMPTY_ROOT, root
    else:
        old, new = _climb(start, end, size, rest, subtree_root)
    if rest:
        raise ProofRefused(f"the proof has {len(rest)} hashes too many")
    if old != subtree_root:
        raise ProofRefused(f"the proof does not lead to the root over [{start}, {end})")
    if new != root:
        raise ProofRefused(f"the proof does not lead to the root over {size} leaves")


def prefix_proof(old: int, size: int, hash_at: HashAt) -> list[bytes]:
    """Return the hashes from which both roots, over `old` leaves and over `size`, can be rebuilt.

    A consistency proof leaves out what a verifier knows who trusts the old root. This one leaves out nothing: it
    can also show that the old root was another. Of the empty tree it has no hashes.

    :raises ProofRefused: when `old` exceeds `size`.
    """
    _check_subtree(0, old, size)
    return [] if old == 0 else _subproof(0, old, (0, size), hash_at, known=False)


def rebuild(*, old: int, size: int, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots over the first `old` leaves and over all `size` of them, from a `prefix_proof`.

    :raises ProofRefused: when the proof has not exactly the hashes that it needs, or `old` is not of 1 to `size`.
    """
    if old == 0:
        raise ProofRefused("nothing can be rebuilt from the empty tree")
    _check_subtree(0, old, size)
    for at, item in enumerate(proof):
        _check_hash(f"hash {at} of the proof", item)
    rest = list(proof)
    roots = _climb(0, old, size, rest, None)
    if rest:
        raise ProofRefused(f"the proof has {len(rest)} hashes too many")
    return roots


def _check_subtree(start: int, end: int, size: int) -> None:
    if not 0 <= start <= end <= size <= MAX_SIZE:
        raise ProofRefused(f"[{start}, {end}) is outside a tree of {size} leaves")
    span = 1 << max(end - start - 1, 0).bit_length()
    if start % span:
        raise ProofRefused(f"[{start}, {end}) is no subtree: {start} is not a multiple of {span}")


def _check_hash(what: str, value: bytes) -> None:
    if len(value) != HASH_BYTES:
        raise ProofRefused(f"{what} has {len(value)} bytes, not 32")


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _subproof(start: int, end: int, span: tuple[int, int], hash_at: HashAt, *, known: bool) -> list[bytes]:
    """Collect the proof of `[start, end)` within the leaves of `span`, deepest hash first.

    `known`: the verifier holds the subtree's root and needs no hash for it (`b` in RFC 6962).
    """
    low, high = span
    if (start, end) == span:
        return [] if known else [range_hash(low, high, hash_at)]
    middle = low + _split(high - low)
    if end <= middle:
        left = _subproof(start, end, (low, middle), hash_at, known=known)
        return [*left, range_hash(middle, high, hash_at)]
    inner = start >= middle
    right = _subproof(max(start, middle), end, (middle, high), hash_at, known=known and inner)
    return [*right, range_hash(low, middle, hash_at)]


def _climb(start: int, end: int, size: int, rest: list[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """Rebuild the roots over `[start, end)` and over `size` leaves, taking hashes from the end of `rest`.

    Mirrors `_subproof`: `known` is the subtree's root while it may be used, None once it must be rebuilt.
    """
    if (start, end) == (0, size):
        part = _take(rest) if known is None else known
        return part, part
    middle = _split(size)
    side = _take(rest)
    if end <= middle:
        old, new = _climb(start, end, middle, rest, known)
        return old, node_hash(new, side)
    if start >= middle:
        old, new = _climb(start - middle, end - middle, size - middle, rest, known)
        return old, node_hash(side, new)
    old, new = _climb(0, end - middle, size - middle, rest, None)
    return node_hash(side, old), node_hash(side, new)


def _take(rest: list[bytes]) -> bytes:
    if not rest:
        raise ProofRefused("the proof has too few hashes")
    return rest.pop()

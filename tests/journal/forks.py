"""Two logs that begin alike and go apart, and the evidence of it."""

from commonwatch.journal import fork, tree
from tests.journal.samples import SIGNER, bytes_for, head_of

LEFT = [bytes_for("leaf", number) for number in range(40)]
RIGHT = [*LEFT[:3], bytes_for("another leaf"), *LEFT[4:]]


def hashes_of(leaves):
    """Return `hash_at` of the tree over leaf hashes."""
    return lambda level, index: tree.root(leaves[index << level : (index + 1) << level])


def head(leaves, *, signer=SIGNER):
    """Return the signed checkpoint over leaf hashes."""
    return head_of(leaves, signer=signer)


def evidence(a, b, *, signer=SIGNER):
    """Return the file which proves that the trees over the leaf hashes `a` and `b`, `b` the longer, contradict."""
    return fork.write(fork.make(head(a, signer=signer), head(b, signer=signer), signer.vkey, hashes_of(b)))

"""Forks: the evidence that one log's key signed two checkpoints that cannot both be true.

Two checkpoints of one size contradict each other by themselves. Of two sizes, the hashes are needed that show
that the tree of the longer one does not begin with the shorter: from them a verifier rebuilds both roots, the
longer as it was signed and the shorter as it was not. docs/formats/journal.md states every byte of the file;
tools/check_fork.py verifies it with nothing but Python.
"""

import base64
from typing import Literal

from msgspec import Struct

from commonwatch.errors import Broken
from commonwatch.journal import checkpoint as checkpoints
from commonwatch.journal import cosign, tree
from commonwatch.journal import note as notes
from commonwatch.journal.checkpoint import Checkpoint

HEADER = "commonwatch-fork/v1"
MAX_FORK_BYTES = 3_000_000
"""Two notes of the largest size and the key; whoever pads a checkpoint to the utmost does not escape."""
MAX_PROOF = 64


class ForkRefused(Broken):
    """The file is no evidence of a fork; the message names the place."""


class Fork(Struct, frozen=True):
    """Two notes of one log, `a` of the shorter tree, the key that signed both, and a `tree.prefix_proof`.

    Each note has the signature of the log alone. Of equal sizes `a` is the note that sorts first; the proof is
    empty then, and also when `a` is of the empty tree, whose root everybody knows.
    """

    a: str
    b: str
    vkey: str
    proof: tuple[bytes, ...] = ()


class VerifiedFork(Struct, frozen=True):
    """What a fork proves: the sizes and roots that were signed, the shorter first.

    `key_from` "file": nobody but the file itself says that the key is the log's.
    """

    origin: str
    sizes: tuple[int, int]
    roots: tuple[bytes, bytes]
    vkey: str
    key_from: Literal["caller", "file"]


def make(a: str, b: str, vkey: str, hash_at: tree.HashAt) -> Fork:
    """Make the evidence from two notes, in any order, that the key `vkey` has signed.

    `hash_at` gives the hashes of the tree that the longer one signs; of equal sizes it is not asked. All other
    signatures are left out.

    :raises ForkRefused: when the two may both be true, or the key is no Ed25519 key.
    :raises NoteRefused, CheckpointRefused: when the key has not signed both.
    :raises ProofRefused: when `hash_at` is not of the tree that the longer one signs.
    """
    verifier = _verifier(vkey)
    pairs = [(checkpoints.open_checkpoint(each, verifier), cosign.only(each, [verifier])) for each in (a, b)]
    (short, first), (long, second) = sorted(pairs, key=lambda pair: (pair[0].size, pair[1]))
    if not contradicts(short, long, hash_at):
        raise ForkRefused(f"the checkpoints of {short.size} and {long.size} entries may both be true")
    proof = tree.prefix_proof(short.size, long.size, hash_at) if short.size != long.size else []
    fork = Fork(a=first, b=second, vkey=vkey, proof=tuple(proof))
    write(fork)
    return fork


def contradicts(a: Checkpoint, b: Checkpoint, hash_at: tree.HashAt) -> bool:
    """Say whether two checkpoints of one log, in any order, cannot both be true.

    `hash_at` gives the hashes of the tree that the longer one signs; it is not asked when the sizes are equal.

    :raises ForkRefused: when they are of two logs.
    :raises ProofRefused: when `hash_at` is not of the tree that the longer one signs.
    """
    if a.origin != b.origin:
        raise ForkRefused(f"{a.origin!r} and {b.origin!r} are two logs")
    short, long = sorted((a, b), key=lambda each: each.size)
    if short.size == long.size:
        return short.root != long.root
    if tree.range_hash(0, long.size, hash_at) != long.root:
        raise tree.ProofRefused(f"the hashes are not those of the {long.size} entries that were signed")
    return tree.range_hash(0, short.size, hash_at) != short.root


def write(fork: Fork) -> bytes:
    """Return the evidence as the bytes of a file.

    :raises Broken: when it would not verify.
    """
    lines = [HEADER, f"key {fork.vkey}", *[f"proof {base64.b64encode(each).decode()}" for each in fork.proof]]
    try:
        data = ("\n".join(lines) + f"\n\n{fork.a}\n{fork.b}").encode()
    except UnicodeEncodeError as wrong:
        raise ForkRefused("the evidence is not Unicode text") from wrong
    verify(data, vkey=fork.vkey)
    return data


def parse(data: bytes) -> Fork:
    """Read the file of a fork without verifying it.

    :raises ForkRefused: when it is malformed.
    """
    if len(data) > MAX_FORK_BYTES:
        raise ForkRefused(f"the file has {len(data)} bytes, above {MAX_FORK_BYTES}")
    try:
        blocks = data.decode().split("\n\n")
    except UnicodeDecodeError as wrong:
        raise ForkRefused("the file is not UTF-8 text") from wrong
    lines = blocks[0].split("\n")
    if len(lines) < 2 or lines[0] != HEADER or not lines[1].startswith("key "):
        raise ForkRefused(f"the file does not begin as evidence of a fork does: {HEADER}, key")
    if len(blocks) != 5:
        raise ForkRefused(
            "the file is not made of a head and two notes, with an empty line between any two parts"
        )
    if len(lines) > 2 + MAX_PROOF:
        raise ForkRefused(f"the proof has more than {MAX_PROOF} hashes")
    return Fork(
        a=f"{blocks[1]}\n\n{blocks[2]}\n",
        b=f"{blocks[3]}\n\n{blocks[4]}",
        vkey=lines[1].removeprefix("key "),
        proof=tuple(_hash(at, line) for at, line in enumerate(lines[2:])),
    )


def verify(data: bytes, *, vkey: str | None) -> VerifiedFork:
    """Verify the file of a fork, offline.

    With `vkey` None the key is taken from the file: this shows that the holder of that key contradicted itself,
    and whoever relies on it must learn from elsewhere that the key is the log's.

    :raises Broken: saying what does not hold.
    """
    fork = parse(data)
    if vkey is not None and fork.vkey != vkey:
        raise ForkRefused("the file names another key than the log's")
    verifier = _verifier(fork.vkey)
    short, long = _opened("first", fork.a, verifier), _opened("second", fork.b, verifier)
    if (short.size, fork.a) > (long.size, fork.b):
        raise ForkRefused("the two checkpoints are not in their order, the shorter first")
    _check(short, long, fork.proof)
    return VerifiedFork(
        origin=long.origin,
        sizes=(short.size, long.size),
        roots=(short.root, long.root),
        vkey=fork.vkey,
        key_from="file" if vkey is None else "caller",
    )


def _check(short: Checkpoint, long: Checkpoint, proof: tuple[bytes, ...]) -> None:
    """Hold the two checkpoints against each other: nothing is returned when they cannot both be true."""
    if short.size in (0, long.size):
        if proof:
            raise ForkRefused("these two checkpoints need no proof, and there is one")
        told = tree.EMPTY_ROOT if short.size < long.size else long.root
    else:
        told, rebuilt = tree.rebuild(old=short.size, size=long.size, proof=proof)
        if rebuilt != long.root:
            raise ForkRefused("the proof does not lead to the root of the second checkpoint")
    if short.root == told:
        raise ForkRefused(f"the checkpoints of {short.size} and {long.size} entries may both be true")


def _verifier(vkey: str) -> notes.Verifier:
    verifier = notes.Verifier.parse(vkey)
    if verifier.algorithm != notes.ED25519:
        raise ForkRefused("the key is not the Ed25519 key of a log")
    return verifier


def _opened(which: str, note: str, verifier: notes.Verifier) -> Checkpoint:
    """Open a checkpoint that nobody but the log has signed."""
    try:
        opened = checkpoints.open_checkpoint(note, verifier)
    except Broken as wrong:
        raise ForkRefused(f"the {which} checkpoint: {wrong}") from wrong
    if note != cosign.only(note, [verifier]):
        raise ForkRefused(f"the {which} checkpoint: it has more signatures than the log's")
    return opened


def _hash(at: int, line: str) -> bytes:
    if not line.startswith("proof "):
        raise ForkRefused(f"line {at + 3} is no hash of the proof")
    try:
        value = notes.decode_base64(line.removeprefix("proof "), what=f"hash {at} of the proof")
    except notes.NoteRefused as wrong:
        raise ForkRefused(str(wrong)) from wrong
    if len(value) != tree.HASH_BYTES:
        raise ForkRefused(f"hash {at} of the proof has {len(value)} bytes, not 32")
    return value

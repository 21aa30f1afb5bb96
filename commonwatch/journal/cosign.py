"""Cosignatures (C2SP tlog-cosignature): others' signatures that they saw a checkpoint and that it goes on.

A checkpoint travels with the lines that are known of it. Anybody can write a line, so here every line is judged by
itself: one that is bad is told of and counts for nothing, and neither the checkpoint nor the other lines suffer.
"""

from collections.abc import Iterable
from itertools import chain

from msgspec import Struct

from commonwatch.journal import note as notes
from commonwatch.journal.checkpoint import Checkpoint
from commonwatch.journal.note import NoteRefused, Signature, Signer, Verifier

__all__ = ["BadLine", "Judged", "cosign", "cosigners", "judge", "only", "with_lines"]


class BadLine(Struct, frozen=True):
    """A line that names a known key and is not by it; `why` is for the log of whoever looks into it."""

    signature: Signature
    why: str


class Judged(Struct, frozen=True):
    """What became of the lines by known keys, in the order of the note: one good signature a key; those that are bad.

    Lines that follow the good one of their key are not looked at.
    """

    verified: tuple[Signature, ...]
    bad: tuple[BadLine, ...]


def cosign(text: str, signer: Signer, *, seconds: int) -> str:
    """Return the line that says: at `seconds` since 1970 this was the largest tree of its log that I have seen.

    `text` is the text of a checkpoint. The caller has checked that it goes on from the last one it cosigned.

    :raises CheckpointRefused: when `text` is no checkpoint.
    :raises NoteRefused: when the key is one that states no time, or the time is none.
    """
    Checkpoint.parse(text)
    if signer.verifier.algorithm not in (notes.COSIGNATURE, notes.ML_DSA_44):
        raise NoteRefused(f"the key of {signer.name} does not cosign: its signatures state no time")
    if not 0 <= seconds <= notes.MAX_SECONDS:
        raise NoteRefused(f"{seconds} is no time in seconds since 1970")
    return signer.line(text, seconds=seconds)


def with_lines(note: str, lines: Iterable[str]) -> str:
    """Return a checkpoint with these signature lines added, in one order however they came.

    First stand the lines under the log's own name, as they stood; then all others by name and key id. A key has one
    line: the one that the note has, else the first that is given. Begin with a note that has only lines that hold
    (`only`) and add only what was verified (`cosigners`), or a forged line keeps the place of the true one.

    :raises NoteRefused: when the note or a line is malformed, or the note would be too large or have too many lines.
    """
    text, there = notes.split(note)
    origin = text.partition("\n")[0]
    kept: dict[tuple[str, str], Signature] = {}
    for signature in chain(there, (notes.read_line(line) for line in lines)):
        kept.setdefault((signature.name, signature.key_id), signature)
    own = [each for each in kept.values() if each.name == origin]
    others = sorted(
        (each for each in kept.values() if each.name != origin), key=lambda each: (each.name, each.key_id)
    )
    made = f"{text}\n" + "".join([each.line for each in own + others])
    notes.split(made)
    return made


def only(note: str, verifiers: Iterable[Verifier]) -> str:
    """Return the note with the valid lines by these keys and no others.

    :raises NoteRefused: when the note is malformed, or none of these keys has signed it.
    """
    verified = judge(note, verifiers).verified
    if not verified:
        raise NoteRefused("no known key has signed the note")
    return f"{notes.note_text(note)}\n" + "".join([each.line for each in verified])


def cosigners(note: str, verifiers: Iterable[Verifier]) -> tuple[Signature, ...]:
    """Return the signatures by these keys that are valid, one a key, in the order of the note; none may be.

    :raises NoteRefused: when the note is malformed.
    """
    return judge(note, verifiers).verified


def judge(note: str, verifiers: Iterable[Verifier]) -> Judged:
    """Judge every line by these keys; of several good ones by one key the first counts.

    :raises NoteRefused: when the note is malformed.
    """
    text, signatures = notes.split(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    verified: dict[tuple[str, str], Signature] = {}
    bad = []
    for signature in signatures:
        key = signature.name, signature.key_id
        if key not in known or key in verified:
            continue
        try:
            verified[key] = known[key].check(text, signature)
        except NoteRefused as wrong:
            bad.append(BadLine(signature=signature, why=str(wrong)))
    return Judged(verified=tuple(verified.values()), bad=tuple(bad))

"""Checkpoints (C2SP tlog-checkpoint): the signed size and root of a journal."""

import base64
import re

from msgspec import Struct

from commonwatch.errors import Broken
from commonwatch.journal import note as notes
from commonwatch.journal import tree

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class CheckpointRefused(Broken):
    """A checkpoint is malformed or is not of the log it should be of."""


class Checkpoint(Struct, frozen=True):
    """The state of one log: its name, how many entries it has, and the root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the text that is signed."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions]
        return "".join([line + "\n" for line in lines])

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a checkpoint.

        :raises CheckpointRefused: when it is not in its one canonical form.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise CheckpointRefused("a checkpoint has at least three lines and none is empty")
        origin, size, root, *extensions = lines
        if not _SIZE.fullmatch(size) or int(size) > tree.MAX_SIZE:
            raise CheckpointRefused(f"{size[:40]!r} is no size of a tree")
        try:
            digest = notes.decode_base64(root, what="the root")
        except notes.NoteRefused as wrong:
            raise CheckpointRefused(str(wrong)) from wrong
        if len(digest) != tree.HASH_BYTES:
            raise CheckpointRefused(f"the root has {len(digest)} bytes, not 32")
        return cls(origin=origin, size=int(size), root=digest, extensions=tuple(extensions))


def sign_checkpoint(
    checkpoint: Checkpoint, signer: notes.Signer, *, second: notes.Signer | None = None
) -> str:
    """Return the checkpoint as a note signed by its log, whose keys bear the log's name.

    `second` is the log's key of ML-DSA-44; its signature states no time.

    :raises CheckpointRefused: when a key has another name than the origin or is not of its algorithm, or the text is
        not well formed.
    """
    if signer.name != checkpoint.origin:
        raise CheckpointRefused(f"the key of {signer.name!r} does not sign for {checkpoint.origin!r}")
    if second is not None:
        _check_second(second.verifier, signer.verifier)
    text = checkpoint.text()
    if Checkpoint.parse(text) != checkpoint:
        raise CheckpointRefused(f"the checkpoint of {checkpoint.origin!r} cannot be written as text")
    return notes.sign(text, [signer] if second is None else [signer, second])


def open_checkpoint(
    note: str, verifier: notes.Verifier, *, second: notes.Verifier | None = None, both: bool = True
) -> Checkpoint:
    """Open the checkpoint of the log that `verifier` names.

    With `second`, the log's key of ML-DSA-44, both must have signed; with `both` False its signature may be lacking,
    and must hold where there is one. Such a key covers origin, size and root and not the lines of extensions: alone
    it opens no checkpoint that has any.

    :raises NoteRefused: when that log has not signed it, with each key.
    :raises CheckpointRefused: when it is malformed or of another origin, or `second` is no second key of the log.
    """
    known = [verifier]
    if second is not None:
        _check_second(second, verifier)
        known.append(second)
    opened = notes.open_note(note, known)
    if both and len(opened.verified) != len(known):
        raise notes.NoteRefused(f"{verifier.name} has not signed with both of its keys")
    if all(each.key_id != verifier.key_id for each in opened.verified):
        raise notes.NoteRefused(f"{verifier.name} has not signed with its first key")
    checkpoint = Checkpoint.parse(opened.text)
    if checkpoint.origin != verifier.name:
        raise CheckpointRefused(f"the checkpoint is of {checkpoint.origin!r}, not of {verifier.name!r}")
    if checkpoint.extensions and verifier.algorithm == notes.ML_DSA_44:
        raise CheckpointRefused("ML-DSA-44 does not sign the lines of extensions, and there are some")
    return checkpoint


def with_second(note: str, verifier: notes.Verifier, second: notes.Signer) -> str:
    """Return a checkpoint that its log has signed with a line by the log's second key added, nothing else changed.

    :raises NoteRefused, CheckpointRefused: as `open_checkpoint` does.
    """
    text = open_checkpoint(note, verifier).text()
    _check_second(second.verifier, verifier)
    return note + second.line(text)


def has_second(note: str, second: notes.Verifier) -> bool:
    """Say whether a note has a line that claims to be by this key; whether it holds is for `open_checkpoint`.

    :raises NoteRefused: when the note is malformed.
    """
    return any((each.name, each.key_id) == (second.name, second.key_id) for each in notes.split(note)[1])


def _check_second(second: notes.Verifier, first: notes.Verifier) -> None:
    if second.algorithm != notes.ML_DSA_44 or first.algorithm == notes.ML_DSA_44:
        raise CheckpointRefused("the second key of a log is of ML-DSA-44, and the first is not")
    if second.name != first.name:
        raise CheckpointRefused(f"the second key is of {second.name!r}, not of {first.name!r}")

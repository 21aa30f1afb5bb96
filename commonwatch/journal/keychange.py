"""How a journal's key changes inside the journal: an entry in which the old key names the new one.

The statement is a signed note of six lines: its header, the origin, how many entries stand before it, their root, the
old verifier key and the new one. Its signature is the old key's. So the chain of keys lies in the tree itself: whoever
has one key of it, and the entries, can follow it to the one that signs today. docs/formats/key-change.md states every
byte.
"""

import base64
import re
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from commonwatch.errors import Broken
from commonwatch.journal import checkpoint as checkpoints
from commonwatch.journal import entry as envelope
from commonwatch.journal import note as notes
from commonwatch.journal import tree

HEADER = "commonwatch-key-change/v1"
NAME = "key-changes"
"""The file beside a checkpoint that holds the statements, one after the other; it is absent where there are none."""
MOST = 2_000
"""The longest statement in characters."""

_MARK = f'{envelope.CHANGED_KIND}"'.encode()
_SIZE = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


class KeyChangeRefused(Broken):
    """A statement is malformed, or was not signed by the key that it takes from."""


class KeyChange(Struct, frozen=True):
    """From entry `size` on another key signs a journal; `root` (32 bytes) is over the entries before it.

    The old key signs the checkpoint of `size + 1` entries, in which the statement is the last one, and no longer one.
    """

    origin: str
    size: int
    root: bytes
    old: str
    new: str

    def text(self) -> str:
        """Return the text that is signed."""
        root = base64.b64encode(self.root).decode()
        lines = (HEADER, self.origin, str(self.size), root, self.old, self.new)
        return "".join(f"{line}\n" for line in lines)

    def check_place(self, origin: str, size: int, root: bytes) -> None:
        """See that it stands where it says: in that journal, after so many entries, which have that root.

        :raises KeyChangeRefused: when it does not.
        """
        if (self.origin, self.size, self.root) != (origin, size, root):
            raise KeyChangeRefused("it is not of the entries before it")


def sign(change: KeyChange, signer: notes.Signer) -> str:
    """Return the statement as a note signed by the old key.

    :raises KeyChangeRefused: when it could not be read back.
    """
    signed = notes.sign(change.text(), [signer])
    if open_change(signed, signer.vkey) != change:
        raise KeyChangeRefused(f"the change of the key of {change.origin!r} cannot be written as text")
    return signed


def read(signed: str) -> KeyChange:
    """Read a statement without asking who signed it.

    :raises KeyChangeRefused: when it is not in its one canonical form.
    """
    if len(signed) > MOST:
        raise KeyChangeRefused("the statement is too long")
    try:
        lines = notes.note_text(signed).split("\n")
        if len(lines) != 7 or lines[0] != HEADER or lines[6] or not _SIZE.fullmatch(lines[2]):
            raise KeyChangeRefused("it is no statement of a change of key")
        root = notes.decode_base64(lines[3], what="the root")
        keys = [notes.Verifier.parse(line) for line in lines[4:6]]
    except notes.NoteRefused as wrong:
        raise KeyChangeRefused(str(wrong)) from wrong
    if len(root) != tree.HASH_BYTES or int(lines[2]) >= tree.MAX_SIZE:
        raise KeyChangeRefused("its size or root is none of a tree")
    if any((key.name, key.algorithm) != (lines[1], notes.ED25519) for key in keys) or keys[0] == keys[1]:
        raise KeyChangeRefused("it does not go from one key of this journal to another")
    return KeyChange(origin=lines[1], size=int(lines[2]), root=root, old=lines[4], new=lines[5])


def open_change(signed: str, old: str) -> KeyChange:
    """Open a statement by which the verifier key `old` names another.

    :raises KeyChangeRefused: when that key did not sign it, or it is malformed.
    """
    change = read(signed)
    if change.old != old:
        raise KeyChangeRefused("it takes from another key than the one that signs the journal")
    try:
        notes.open_note(signed, [notes.Verifier.parse(old)])
    except notes.NoteRefused as wrong:
        raise KeyChangeRefused(str(wrong)) from wrong
    return change


class _Body(Struct, frozen=True):
    statement: str


def statement_of(entry: bytes) -> str:
    """Return the statement that an entry makes; empty for an entry that does not change a key.

    :raises KeyChangeRefused: when it says that it changes the key and makes no statement.
    """
    if not entry.startswith(_MARK, envelope.KIND_OFFSET):
        return ""
    try:
        return msgspec.json.decode(envelope.parse(entry).body, type=_Body).statement
    except (envelope.EntryRefused, msgspec.MsgspecError) as wrong:
        raise KeyChangeRefused(str(wrong)) from wrong


def split(text: str) -> list[str]:
    """Return the statements that stand one after the other in a text.

    :raises KeyChangeRefused: when something else stands there.
    """
    before, *rest = text.split(f"{HEADER}\n")
    if before:
        raise KeyChangeRefused("it does not begin with a statement")
    return [f"{HEADER}\n{each}" for each in rest]


class Chain:
    """The keys of one journal in order, as its entries name them, and up to which size each of them signs."""

    def __init__(self, first: str, statements: Iterable[str] = ()) -> None:
        self.keys = [first]
        self.ends: list[int] = []
        for signed in statements:
            self.follow(signed)

    @property
    def last(self) -> str:
        """The verifier key that signs from here on."""
        return self.keys[-1]

    def follow(self, signed: str) -> KeyChange:
        """Go on to the key that a statement names.

        :raises KeyChangeRefused: when the present key did not sign it, or it stands before the last one.
        """
        change = open_change(signed, self.last)
        if self.ends and change.size < self.ends[-1]:
            raise KeyChangeRefused("it stands before the change that it follows")
        self.keys.append(change.new)
        self.ends.append(change.size + 1)
        return change

    def at(self, size: int) -> str:
        """Return the key that signs the checkpoint of so many entries."""
        return next((key for key, end in zip(self.keys, self.ends, strict=False) if size <= end), self.last)

    def open(
        self, signed: str, *, second: notes.Verifier | None = None, both: bool = True
    ) -> checkpoints.Checkpoint:
        """Open a checkpoint by the key that signs at its size, and by a second one as `open_checkpoint` does.

        :raises NoteRefused, CheckpointRefused: when that key has not signed it, or it is malformed.
        """
        size = checkpoints.Checkpoint.parse(notes.note_text(signed)).size
        verifier = notes.Verifier.parse(self.at(size))
        return checkpoints.open_checkpoint(signed, verifier, second=second, both=both)


def chain(key: str, statements: Sequence[str]) -> Chain:
    """Return the chain of keys of a journal whose last one is `key`.

    :raises KeyChangeRefused: when the statements do not lead there.
    """
    found = Chain(read(statements[0]).old if statements else key, statements)
    if found.last != key:
        raise KeyChangeRefused("the statements do not lead to the key of the journal")
    return found

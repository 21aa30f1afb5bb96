"""The guard: the last checkpoint of each journal, in a file outside the database and its backups.

It is appended to and synced after every commit and before anybody is answered, so a database restored from an old
backup is recognised: it is behind its guard, and opens read-only.
"""

import errno
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from commonwatch.errors import Broken, Refusal, _
from commonwatch.journal.checkpoint import Checkpoint
from commonwatch.journal.note import note_text

COMPACT_AT = 4 * 1024 * 1024


class BehindGuard(Refusal):
    """The database is older than what this node has signed."""

    code, status = "register.behind-guard", 503
    says = _(
        "The database holds {size} entries of {origin}, but this node has signed for {signed}. It opens read-only."
    )
    hint = _(
        "It was restored from an old backup. Put back a newer one, or fetch the missing entries from a member."
    )


class Seen(NamedTuple):
    """What was read of a guard: of which file (its inode), up to which byte, and the last note of each origin."""

    file: int = 0
    end: int = 0
    notes: Mapping[str, str] = {}


class Guard:
    """The file `guard` in the node's home. Each record is a signed checkpoint note and a line with its length."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, notes: Iterable[str]) -> None:
        """Append the notes and see them on the disk.

        What a full disk left half written is cut off again, so that the next record does not stand behind it.

        :raises OSError: when the disk refuses; then nobody may be answered.
        """
        data = b"".join(b"%d\n" % len(raw) + raw for raw in (note.encode() for note in notes))
        new = not self.path.exists()
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        end = os.fstat(handle).st_size
        try:
            _write_whole(handle, data)
            os.fdatasync(handle)
        except OSError:
            os.ftruncate(handle, end)
            raise
        finally:
            os.close(handle)
        if new:
            _sync_folder(self.path.parent)

    def read(self) -> Mapping[str, str]:
        """Return the last signed note of each origin; a record torn by a crash at the end is passed over."""
        return self._records()[0]

    def read_on(self, seen: Seen) -> Seen:
        """Read what was appended since; all of it where a compacted file has taken the place of that one."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return Seen()
        with file:
            now = os.fstat(file.fileno())
            if now.st_ino != seen.file or now.st_size < seen.end:
                seen = Seen(now.st_ino)
            if now.st_size == seen.end:
                return seen
            file.seek(seen.end)
            notes, whole = _records(file.read())
        return Seen(seen.file, seen.end + whole, {**seen.notes, **notes})

    def mend(self) -> None:
        """Cut off a record torn by a crash, before anything is written behind it; it was never answered for."""
        _notes, whole = self._records()
        if self.path.exists() and self.path.stat().st_size > whole:
            os.truncate(self.path, whole)

    def _records(self) -> tuple[dict[str, str], int]:
        return _records(self.path.read_bytes() if self.path.exists() else b"")

    def compact(self) -> None:
        """Keep only the last note of each origin once the file has grown long."""
        if not self.path.exists() or self.path.stat().st_size < COMPACT_AT:
            return
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        Guard(fresh).write(self.read().values())
        fresh.replace(self.path)
        _sync_folder(self.path.parent)


def _records(data: bytes) -> tuple[dict[str, str], int]:
    """Read records: the last note of each origin, and how many bytes are whole records."""
    notes: dict[str, str] = {}
    place = 0
    while place < len(data):
        line, found, _rest = data[place : place + 24].partition(b"\n")
        start = place + len(line) + 1
        if not found or not line.isdigit() or start + int(line) > len(data):
            break
        note = data[start : start + int(line)].decode()
        notes[note.split("\n", 1)[0]] = note
        place = start + int(line)
    return notes, place


def compare(*, stored: Checkpoint | None, guarded: Checkpoint, root_at_guard: bytes | None) -> None:
    """Hold what the database says of one journal against what this node has signed for it.

    `root_at_guard` is the root of the database's own tree at the guarded size, when it is that long.

    :raises BehindGuard: when the database is shorter than what was signed.
    :raises Broken: when it is as long or longer, but not a continuation of what was signed.
    """
    size = stored.size if stored else 0
    if size < guarded.size:
        raise BehindGuard(origin=guarded.origin, size=size, signed=guarded.size)
    if root_at_guard != guarded.root:
        raise Broken(
            f"{guarded.origin} is not a continuation of what this node signed at size {guarded.size}"
        )


def signed(note: str) -> Checkpoint:
    """Read the checkpoint out of a note that this node wrote itself."""
    return Checkpoint.parse(note_text(note))


def _write_whole(handle: int, data: bytes) -> None:
    written = os.write(handle, data)
    if written != len(data):
        raise OSError(errno.ENOSPC, f"only {written} of {len(data)} bytes of the guard were written")


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

"""Sealing a file so that only its addressee opens it: the age format (age-encryption.org/v1), X25519 alone.

A seal hides and shows damage; it does not say who sealed. Whoever knows a recipient can seal something to it,
so what is inside must be signed (`bundle`). Files are read and written in pieces of 64 KB.
"""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, ClassVar

import pyrage
from pyrage import x25519

from commonwatch.errors import Broken, Refusal, _

MAX_BYTES = 64 * 2**30
"""How long an opened file may be, unless the caller says less."""
MAX_HEADER_BYTES = 4096
"""The library reads a header in time that grows with the square of its length: a quarter of a second for this one."""
MAX_RECIPIENTS = 32

_MAGIC = b"age-encryption.org/v1\n"
_HEADER_ENDS = re.compile(rb"\n--- [A-Za-z0-9+/]{43}\n")
_NO_KEY = "No matching keys found"


class KeyRefused(Broken):
    """A recipient or an identity is none of age's X25519 keys; the message never holds a secret."""


class NotSealed(Refusal):
    """The file is no age file at all, or one that this program never writes."""

    code: ClassVar[str] = "journal.not-sealed"
    status: ClassVar[int] = 422
    says: ClassVar[str] = _("This file is not one that a node has sealed.")
    hint: ClassVar[str] = _("Choose the file that the other node wrote, whole and as it is.")


class SealedForAnother(Refusal):
    """No key at hand opens the file."""

    code: ClassVar[str] = "journal.sealed-for-another"
    status: ClassVar[int] = 422
    says: ClassVar[str] = _("This file is sealed for another key than those of this node.")
    hint: ClassVar[str] = _("Ask the sender to make it for this node, whose card has its present key.")


class SealDamaged(Refusal):
    """The file was sealed, and is no longer what was sealed: cut, lengthened or changed."""

    code: ClassVar[str] = "journal.seal-damaged"
    status: ClassVar[int] = 422
    says: ClassVar[str] = _("This sealed file is damaged: not all of it is as it was sealed.")
    hint: ClassVar[str] = _("Copy it from the sender again. Nothing of it was taken in.")


class SealTooLarge(Refusal):
    """The file is longer than what is taken."""

    code: ClassVar[str] = "journal.seal-too-large"
    status: ClassVar[int] = 413
    says: ClassVar[str] = _("This sealed file holds more than {limit} bytes, the most that is taken at once.")
    hint: ClassVar[str] = _("Ask the sender for several smaller ones.")


def new_identity() -> str:
    """Make a secret key that opens what is sealed to it: one line, as age keeps it in a file."""
    return str(x25519.Identity.generate())


def recipient_of(identity: str) -> str:
    """Return the public half of a secret key: `age1…`, to which others seal.

    :raises KeyRefused: when the text is no such key.
    """
    return str(_identity(identity).to_public())


def check_recipient(recipient: str) -> None:
    """Hold a text to the one form of a recipient, `age1…`.

    :raises KeyRefused: when it is anything else.
    """
    _recipient(recipient)


def seal(source: Path | str, target: Path | str, *, recipients: Iterable[str]) -> None:
    """Seal a file for 1 to 32 recipients, any of whom opens it.

    The new file is on the disk, whole, or it is not there at all.

    :raises KeyRefused: when a recipient is none, or there are none or too many.
    """
    keys = [_recipient(each) for each in recipients]
    if not 0 < len(keys) <= MAX_RECIPIENTS:
        raise KeyRefused(f"a file is sealed for 1 to {MAX_RECIPIENTS} recipients, not {len(keys)}")

    def fill(draft: BinaryIO) -> None:
        with Path(source).open("rb") as plain:
            _encrypt(plain, draft, keys)
        draft.flush()
        os.fsync(draft.fileno())

    _write(Path(target), fill)


def unseal(
    source: Path | str, target: Path | str, *, identities: Iterable[str], limit: int = MAX_BYTES
) -> None:
    """Open a sealed file with the first key that fits; the new file is there whole and unchanged or not at all.

    Only the account of this process may read the new file. `limit`: the most bytes that may come out.

    :raises NotSealed, SealedForAnother, SealDamaged, SealTooLarge: when there is nothing to take.
    :raises KeyRefused: when an identity is none.
    """
    keys = [_identity(each) for each in identities]

    def fill(draft: BinaryIO) -> None:
        with Path(source).open("rb") as sealed:
            _check_header(sealed)
            _decrypt(sealed, _Bounded(draft, limit), keys)

    _write(Path(target), fill)


class _Bounded:
    """Writes on until a limit: what is sealed cannot grow when opened, and a promise of the library needs no trust."""

    def __init__(self, target: BinaryIO, limit: int) -> None:
        self._target = target
        self._left = self._limit = limit

    def write(self, data: bytes) -> int:
        """Write a piece.

        :raises SealTooLarge: when the limit is passed.
        """
        self._left -= len(data)
        if self._left < 0:
            raise SealTooLarge(limit=self._limit)
        return self._target.write(data)

    def flush(self) -> None:
        """Pass on what is buffered."""
        self._target.flush()


class _Told:
    """Writes on, and keeps what the disk said: the library tells of it in words alone."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self.fault: OSError | None = None

    def write(self, data: bytes) -> int:
        """Write a piece."""
        try:
            return self._target.write(data)
        except OSError as fault:
            self.fault = fault
            raise

    def flush(self) -> None:
        """Pass on what is buffered."""
        self._target.flush()


def _encrypt(plain: BinaryIO, target: BinaryIO, keys: list[x25519.Recipient]) -> None:
    told = _Told(target)
    try:
        pyrage.encrypt_io(plain, told, keys)
    except pyrage.EncryptError as wrong:
        raise (told.fault or wrong) from wrong


def _check_header(sealed: BinaryIO) -> None:
    """Refuse what is not age's binary form, or has a header longer than any that `seal` writes."""
    head = sealed.read(MAX_HEADER_BYTES)
    if not head.startswith(_MAGIC):
        raise SealDamaged if head and _MAGIC.startswith(head) else NotSealed
    if not _HEADER_ENDS.search(head):
        raise NotSealed if len(head) == MAX_HEADER_BYTES else SealDamaged
    sealed.seek(0)


def _decrypt(sealed: BinaryIO, target: _Bounded, keys: list[x25519.Identity]) -> None:
    try:
        pyrage.decrypt_io(sealed, target, keys)
    except pyrage.DecryptError as wrong:
        raise (SealedForAnother if str(wrong) == _NO_KEY else SealDamaged) from wrong
    except OSError as wrong:
        if wrong.errno is not None:  # the disk's own fault, not the file's
            raise
        raise SealDamaged from wrong


def _write(target: Path, fill: Callable[[BinaryIO], None]) -> None:
    """Fill a draft beside the target, readable by this account alone, and put it in its place; or leave nothing."""
    draft = target.with_name(target.name + ".new")
    draft.unlink(missing_ok=True)
    made = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(made, "wb") as file:
            fill(file)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _recipient(text: str) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(text)
    except pyrage.RecipientError as wrong:
        raise KeyRefused(f"{text[:80]!r} is no recipient of age") from wrong


def _identity(text: str) -> x25519.Identity:
    try:
        return x25519.Identity.from_str(text.strip())
    except pyrage.IdentityError:
        raise KeyRefused("this is no identity of age") from None

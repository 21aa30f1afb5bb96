"""Signed notes (C2SP signed-note): a text and the signatures under it.

Three kinds of signature are known: plain Ed25519 (0x01) over the text; the timestamped cosignature of a
witness (0x04, C2SP tlog-cosignature); and the same by ML-DSA-44 (0x06), which a quantum computer cannot forge and
which speaks of checkpoints alone. Signatures by keys one does not know are kept aside; one bad signature by a
known key refuses the whole note.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from msgspec import Struct

from commonwatch.errors import Broken
from commonwatch.journal import tree

ED25519 = 0x01
COSIGNATURE = 0x04
ML_DSA_44 = 0x06
MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
MAX_SECONDS = 2**63 - 1
SEED_BYTES = 32
MAX_SUBTREE_NAME = 255
"""So many bytes have the names of key and log at most that ML-DSA-44 signs."""

_KEY_BYTES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312}
_SIGNATURE_BYTES = {ED25519: 64, COSIGNATURE: 64, ML_DSA_44: 2420}
_PRIME = 2**255 - 19
_OF_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D6A1776C7
_WEAK = {0, 1, _PRIME - 1, _OF_ORDER_8, _PRIME - _OF_ORDER_8}
"""The y of every Ed25519 point of order 8 or less: under such a key anybody can sign many texts."""
_HEAD = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([^\n]+)\n(?:[^\n]+\n)*", re.ASCII)
_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(.+)", re.ASCII)


class NoteRefused(Broken):
    """A note, a key or a signature is not what it must be."""


class Signature(Struct, frozen=True):
    """One signature line: who signed with which key, and when (seconds since 1970, cosignatures only)."""

    name: str
    key_id: str
    value: bytes
    seconds: int | None = None

    @property
    def line(self) -> str:
        """The line as it stands under the text, with its newline."""
        return f"— {self.name} {base64.b64encode(bytes.fromhex(self.key_id) + self.value).decode()}\n"


class Note(Struct, frozen=True):
    """An opened note: its text, the signatures that were verified, and those of unknown keys."""

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


class Verifier(Struct, frozen=True, dict=True):
    """A public key under a name: `algorithm` is ED25519, COSIGNATURE (32 bytes of `key`) or ML_DSA_44 (1312)."""

    name: str
    algorithm: int
    key: bytes

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """Read a verifier key: `name+keyid+base64`.

        :raises NoteRefused: when it is malformed, of an unknown algorithm, its key id is wrong, or anybody could sign
            under it.
        """
        found = _VKEY.fullmatch(vkey)
        if found is None or not _is_name(found[1]):
            raise NoteRefused("the verifier key is not of the form name+keyid+base64")
        material = decode_base64(found[3], what="the verifier key")
        if not material or len(material) - 1 != _KEY_BYTES.get(material[0]):
            raise NoteRefused("the verifier key is of an unknown algorithm")
        verifier = cls(name=found[1], algorithm=material[0], key=material[1:])
        if verifier.key_id != found[2]:
            raise NoteRefused(f"the verifier key says id {found[2]}, its key has {verifier.key_id}")
        if verifier.algorithm != ML_DSA_44 and _is_weak(verifier.key):
            raise NoteRefused(f"the key of {verifier.name} is one under which anybody can sign")
        return verifier

    @cached_property
    def key_id(self) -> str:
        """The first four bytes, in hex, of SHA-256 over name, newline, algorithm and key."""
        named = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.key
        return sha256(named).digest()[:4].hex()

    @property
    def vkey(self) -> str:
        """The key in its text form, as `parse` reads it."""
        material = base64.b64encode(bytes([self.algorithm]) + self.key).decode()
        return f"{self.name}+{self.key_id}+{material}"

    def check(self, text: str, signature: Signature) -> Signature:
        """Check a signature by this key over `text`; returned with its time if it carries one.

        :raises NoteRefused: when it is not valid.
        """
        value, seconds = signature.value, None
        if self.algorithm != ED25519:
            value, seconds = value[8:], int.from_bytes(value[:8], "big")
        if len(value) != _SIGNATURE_BYTES[self.algorithm] or (seconds or 0) > MAX_SECONDS:
            raise NoteRefused(f"the signature by {self.name} is malformed")
        try:
            self._public.verify(value, self.message(text, seconds=seconds or 0))
        except InvalidSignature as wrong:
            raise NoteRefused(f"the signature by {self.name} is not valid") from wrong
        return Signature(name=self.name, key_id=self.key_id, value=signature.value, seconds=seconds)

    def message(self, text: str, *, seconds: int) -> bytes:
        """Return the bytes that a signature by this key over `text` signs.

        :raises NoteRefused: when ML-DSA-44 is to sign what is no checkpoint, or a name has more than 255 bytes.
        """
        if self.algorithm == ED25519:
            return text.encode()
        if self.algorithm == COSIGNATURE:
            return b"cosignature/v1\ntime %d\n" % seconds + text.encode()
        return _subtree(self.name, text, seconds)

    @cached_property
    def _public(self) -> Ed25519PublicKey | MLDSA44PublicKey:
        try:
            if self.algorithm == ML_DSA_44:
                return MLDSA44PublicKey.from_public_bytes(self.key)
            return Ed25519PublicKey.from_public_bytes(self.key)
        except ValueError as wrong:
            raise NoteRefused(f"the key of {self.name} is not of its algorithm") from wrong


class Signer:
    """A private key under a name, made from its 32-byte seed, which is never shown."""

    def __init__(self, *, name: str, seed: bytes, algorithm: int = ED25519) -> None:
        if not _is_name(name):
            raise NoteRefused(f"{name!r} cannot name a key: it is empty or holds a space or a plus")
        if len(seed) != SEED_BYTES or algorithm not in _KEY_BYTES:
            raise NoteRefused("a signer needs a seed of 32 bytes and a known algorithm")
        self._private: Ed25519PrivateKey | MLDSA44PrivateKey
        if algorithm == ML_DSA_44:
            _named(name)
            self._private = MLDSA44PrivateKey.from_seed_bytes(seed)
        else:
            self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(
            name=name, algorithm=algorithm, key=self._private.public_key().public_bytes_raw()
        )

    @property
    def name(self) -> str:
        """The name under which it signs."""
        return self.verifier.name

    @property
    def private(self) -> Ed25519PrivateKey:
        """The Ed25519 key itself, for libraries that sign other things than notes with it.

        :raises NoteRefused: when it is a key of another kind.
        """
        if not isinstance(self._private, Ed25519PrivateKey):
            raise NoteRefused(f"the key of {self.name} signs notes alone")
        return self._private

    @property
    def vkey(self) -> str:
        """The verifier key, for others."""
        return self.verifier.vkey

    def line(self, text: str, *, seconds: int = 0) -> str:
        """Return the signature line over `text`; `seconds` since 1970 is the time a cosignature states.

        ML-DSA-44 takes fresh random bytes for each signature: two lines over one text differ, and both are valid.

        :raises NoteRefused: when ML-DSA-44 is to sign what is no checkpoint, or a name has more than 255 bytes.
        """
        stamp = b"" if self.verifier.algorithm == ED25519 else seconds.to_bytes(8, "big")
        value = stamp + self._private.sign(self.verifier.message(text, seconds=seconds))
        return Signature(name=self.name, key_id=self.verifier.key_id, value=value).line


def sign(text: str, signers: Iterable[Signer]) -> str:
    """Return `text` as a note signed by all `signers`.

    :raises NoteRefused: when the text does not end in a newline or holds control characters.
    """
    _check_characters(text)
    if not text.endswith("\n"):
        raise NoteRefused("the text of a note ends in a newline")
    return text + "\n" + "".join([signer.line(text) for signer in signers])


def open_note(note: str, verifiers: Iterable[Verifier]) -> Note:
    """Open a note that at least one of the `verifiers` has signed.

    Repeated lines count once. Signatures of other keys are returned as unverified.

    :raises NoteRefused: when the note is malformed, a known key's signature is bad, or no known key signed.
    """
    text, signatures = split(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    verified: dict[tuple[str, str], Signature] = {}
    unverified: dict[Signature, None] = {}
    for signature in signatures:
        key = signature.name, signature.key_id
        if key not in known:
            unverified[signature] = None
        elif key not in verified:
            verified[key] = known[key].check(text, signature)
    if not verified:
        raise NoteRefused("no known key has signed the note")
    return Note(text=text, verified=tuple(verified.values()), unverified=tuple(unverified))


def note_text(note: str) -> str:
    """Return the text of a well-formed note, whoever signed it: for where trust is decided elsewhere.

    :raises NoteRefused: when the note is malformed.
    """
    return split(note)[0]


def split(note: str) -> tuple[str, list[Signature]]:
    """Return the text of a well-formed note and its signatures, none of which was verified.

    :raises NoteRefused: when the note is malformed.
    """
    _check_characters(note)
    head, found, tail = note.rpartition("\n\n")
    if not found or not tail.endswith("\n"):
        raise NoteRefused("the note has no signatures under an empty line")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteRefused(f"the note has more than {MAX_SIGNATURES} signatures")
    return head + "\n", [read_line(line + "\n") for line in lines]


def read_line(line: str) -> Signature:
    """Read a signature line, which ends in a newline; nothing is verified.

    :raises NoteRefused: when it is malformed.
    """
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != "—" or not _is_name(name) or not line.endswith("\n"):
        raise NoteRefused(f"{line[:100]!r} is no signature line")
    value = decode_base64(encoded[:-1], what=f"the signature by {name}")
    if len(value) < 5:
        raise NoteRefused(f"the signature by {name} is too short")
    return Signature(name=name, key_id=value[:4].hex(), value=value[4:])


def decode_base64(text: str, *, what: str) -> bytes:
    """Read standard base64 in its one canonical form.

    :raises NoteRefused: naming `what` was not.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise NoteRefused(f"{what} is not base64") from wrong
    if base64.b64encode(data).decode() != text:
        raise NoteRefused(f"{what} is not canonical base64")
    return data


def _check_characters(note: str) -> None:
    try:
        length = len(note.encode())
    except UnicodeEncodeError as wrong:
        raise NoteRefused("the note is not Unicode text") from wrong
    if length > MAX_NOTE_BYTES:
        raise NoteRefused(f"the note has {length} bytes, above {MAX_NOTE_BYTES}")
    if any(character < " " and character != "\n" for character in note):
        raise NoteRefused("the note holds control characters")


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(character.isspace() for character in name)


def _is_weak(key: bytes) -> bool:
    """Say whether an Ed25519 key is a point of small order, or is written in another form than its one."""
    y = int.from_bytes(key, "little") & (1 << 255) - 1
    return y >= _PRIME or y in _WEAK


def _subtree(cosigner: str, text: str, seconds: int) -> bytes:
    """Return the `cosigned_message` of tlog-cosignature for the checkpoint that `text` is.

    The size, the root and both names are signed, and not the lines of extensions.
    """
    found = _HEAD.fullmatch(text)
    size = tree.MAX_SIZE + 1 if found is None else int(found[2])
    if found is None or size > tree.MAX_SIZE:
        raise NoteRefused("ML-DSA-44 signs nothing but checkpoints")
    root = decode_base64(found[3], what="the root")
    if len(root) != tree.HASH_BYTES:
        raise NoteRefused(f"the root has {len(root)} bytes, not 32")
    time, start, end = (number.to_bytes(8, "big") for number in (seconds, 0, size))
    return b"subtree/v1\n\0" + _named(cosigner) + time + _named(found[1]) + start + end + root


def _named(name: str) -> bytes:
    """Return a name as TLS writes it: a byte of length before it."""
    data = name.encode()
    if len(data) > MAX_SUBTREE_NAME:
        raise NoteRefused(f"{name[:40]!r}… has more than {MAX_SUBTREE_NAME} bytes")
    return bytes([len(data)]) + data

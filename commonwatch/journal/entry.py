"""Entries: the immutable bytes of one act.

An entry is UTF-8 JSON in one canonical form of its envelope: compact, the fields in the order of `Entry`,
no needless escapes. Only `body` is kept as it was written, held to strict JSON. `encode` writes nothing
that `parse` would refuse; `read` is for bytes that were verified before.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar, Literal, NoReturn

import msgspec
from msgspec import Raw, Struct

from commonwatch.errors import Broken, Refusal, _

MAX_BYTES = 65_535
MAX_NESTING = 32
SALT_BYTES = 16
VERSION = 1
ERASED_KIND = "register.entry.erased"
CLOSED_KIND = "register.journal.closed"
CHANGED_KIND = "register.key.changed"
AFTER_THE_END = frozenset({ERASED_KIND, CHANGED_KIND})
"""The kinds of entries that may follow the one that closes a journal: they add nothing to what it says."""
KIND_OFFSET = len('{"v":1,"id":"') + 36 + len('","kind":"')
"""Where the kind begins in every entry of version 1: all that stands before it has a fixed length."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - only differences are taken; the text form says UTC by its Z
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII)
_KIND = re.compile(r"(?=.{1,100}\Z)[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)+", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_CODE = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]{1,300}")
_HANDLE = re.compile(r"[^\x00-\x1f\x7f-\x9f]{0,200}")
_EVERYBODY = ("*",)
_PLAIN = re.compile(r"[A-Za-z0-9/._@|-]*", re.ASCII)
"""Texts that JSON writes as they are."""


class EntryRefused(Broken):
    """The bytes are no entry; the message names the place."""


class TooLarge(Refusal):
    """What was to be written does not fit into one entry."""

    code: ClassVar[str] = "journal.too-large"
    status: ClassVar[int] = 413
    says: ClassVar[str] = _("This takes {size} bytes; a single entry of the register holds {limit}.")
    hint: ClassVar[str] = _("Shorten the text, or attach the long part as a file.")


class By(Struct, frozen=True, forbid_unknown_fields=True):
    """Who acted: the office held, and the handle of the account."""

    office: str
    account: str


class EntryLabel(Struct, frozen=True, forbid_unknown_fields=True):
    """The entry's label: `categories` and `parties` sorted and unique; `parties` ("*",) is everybody."""

    level: str
    categories: tuple[str, ...]
    parties: tuple[str, ...]


class Ref(Struct, frozen=True, forbid_unknown_fields=True):
    """An entry from which this one follows: its id, and its leaf hash in hex."""

    id: str
    hash: str


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """The envelope, its fields in the order in which they are written.

    `at` and `known_at` are RFC 3339 in UTC with six decimals; `salt` is base64 of 16 random bytes; `body`
    is a JSON object in its own bytes.
    """

    v: int
    id: str
    kind: str
    subject: str
    at: str
    known_at: str | None
    party: str
    by: By
    label: EntryLabel
    refs: tuple[Ref, ...]
    mode: Literal["real", "exercise"]
    salt: str
    body: Raw


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    """Return the bytes of an entry, as they are stored and hashed.

    :raises TooLarge: when they exceed 65,535.
    :raises EntryRefused: when `parse` would not read them back.
    """
    try:
        data = _ENCODER.encode(entry)
    except UnicodeEncodeError as wrong:
        raise EntryRefused(f"the entry is not Unicode text: {wrong}") from wrong
    if len(data) > MAX_BYTES:
        raise TooLarge(size=len(data), limit=MAX_BYTES)
    _check_values(entry)
    _check_json(bytes(entry.body), place="body", depth=1)
    return data


def begins(data: bytes, *, id: str, kind: str, subject: str, at: int) -> bool:
    """Say whether an entry's bytes begin with this id (with hyphens or without), kind, subject and time.

    `at` is in microseconds UTC. The envelope has one form, so nothing has to be decoded.
    """
    if len(id) == 32:
        id = f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}"  # noqa: A001 - the same id, written out
    written = f'"{subject}"' if _PLAIN.fullmatch(subject) else _ENCODER.encode(subject).decode()
    head = f'{{"v":1,"id":"{id}","kind":"{kind}","subject":{written},"at":"{instant_text(at)}","known_at":'
    return data.startswith(head.encode())


class Composer:
    """Writes the entries of one writer, kind, label and mode, which share most of their envelope.

    What is shared is checked and encoded once. The bytes are those of `encode`; a thousand of them cost a tenth.
    """

    def __init__(self, *, kind: str, party: str, by: By, label: EntryLabel, mode: str) -> None:
        _check_shared(VERSION, kind, party, by, label, mode)
        self._kind = b'","kind":' + _ENCODER.encode(kind) + b',"subject":'
        shared = _ENCODER.encode({"party": party, "by": by, "label": label})
        self._party = b"," + shared[1:-1] + b',"refs":'
        self._mode = b',"mode":' + _ENCODER.encode(mode) + b',"salt":"'

    def write(  # noqa: PLR0913 - what entries do not share, by name
        self,
        *,
        id: str,
        subject: str,
        at: str,
        known_at: str | None,
        refs: tuple[Ref, ...],
        salt: bytes,
        body: bytes,
    ) -> bytes:
        """Return the bytes of one entry. `id`, `at`, `known_at` and `salt` were made by this room's own functions.

        `body` was encoded by msgspec from a fact and read back as one, so its figures are whole and fit into 64 bits;
        an escape or many brackets send it through the same check as a foreign one.

        :raises TooLarge, EntryRefused: as `encode` does.
        """
        if not _CODE.fullmatch(subject) or not _is_object(body):
            raise EntryRefused("subject or body: not of the form that this field has")
        if b"\\u" in body or body.count(b"{") + body.count(b"[") >= MAX_NESTING:
            _check_json(body, place="body", depth=1)
        data = b"".join(
            (
                b'{"v":1,"id":"',
                id.encode(),
                self._kind,
                _ENCODER.encode(subject),
                b',"at":"',
                at.encode(),
                b'","known_at":',
                b"null" if known_at is None else b'"' + known_at.encode() + b'"',
                self._party,
                _ENCODER.encode(refs),
                self._mode,
                binascii.b2a_base64(salt, newline=False),
                b'","body":',
                body,
                b"}",
            )
        )
        if len(data) > MAX_BYTES:
            raise TooLarge(size=len(data), limit=MAX_BYTES)
        return data


def parse(data: bytes) -> Entry:
    """Read an entry that came from elsewhere, refusing whatever is not exactly an entry.

    :raises EntryRefused: naming the place.
    """
    if len(data) > MAX_BYTES:
        raise EntryRefused(f"the entry has {len(data)} bytes, above {MAX_BYTES}")
    _check_json(data, place="$", depth=0)
    try:
        entry = _DECODER.decode(data)
    except (msgspec.DecodeError, RecursionError) as wrong:
        raise EntryRefused(f"the entry is not of its form: {wrong}") from wrong
    _check_values(entry)
    if _ENCODER.encode(entry) != data:
        raise EntryRefused(
            "the envelope is not in its one form: compact, fields in order, no needless escapes"
        )
    return entry


def read(data: bytes) -> Entry:
    """Read the bytes of an entry that was verified before.

    :raises EntryRefused: when they are no entry at all.
    """
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise EntryRefused(f"the entry is not of its form: {wrong}") from wrong


def new_id(*, millis: int, random: bytes) -> str:
    """Make a UUID of version 7 (RFC 9562): milliseconds since 1970, then 74 bits of `random` (10 bytes).

    :raises ValueError: when the time does not fit or the bytes are not ten.
    """
    if not 0 <= millis < 1 << 48 or len(random) != 10:
        raise ValueError("an id takes a time of 48 bits and ten random bytes")
    tail = int.from_bytes(random, "big")
    high, low = tail >> 68, tail & (1 << 62) - 1
    text = f"{millis << 80 | 7 << 76 | high << 64 | 2 << 62 | low:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def instant_text(micros: int) -> str:
    """Write microseconds since 1970 (UTC) as RFC 3339 with six decimals and Z; years 1 to 9999.

    :raises OverflowError: outside those years.
    """
    second, rest = divmod(micros, 1_000_000)
    return f"{_second_text(second)}.{rest:06d}Z"


@lru_cache(maxsize=4096)
def _second_text(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).isoformat()


def instant_micros(text: str) -> int:
    """Read RFC 3339 with six decimals and Z into microseconds since 1970 (UTC).

    :raises EntryRefused: when it is in any other form or no such moment exists.
    """
    if _INSTANT.fullmatch(text) is None:
        raise EntryRefused(f"{text[:60]!r} is no instant with six decimals and Z")
    try:
        since = datetime.fromisoformat(text[:-1]) - _EPOCH
    except ValueError as wrong:
        raise EntryRefused(f"{text!r} is no instant: {wrong}") from wrong
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _check_values(entry: Entry) -> None:
    """Hold the envelope's fields to their forms."""
    _check_shared(entry.v, entry.kind, entry.party, entry.by, entry.label, entry.mode)
    held = (
        ("id", _ID.fullmatch(entry.id)),
        ("subject", _CODE.fullmatch(entry.subject)),
        ("salt", _is_salt(entry.salt)),
        ("body", _is_object(bytes(entry.body))),
    )
    _all_hold(held)
    for at, ref in enumerate(entry.refs):
        if not _ID.fullmatch(ref.id) or not _HASH.fullmatch(ref.hash):
            raise EntryRefused(f"refs[{at}]: not an id and a hash")
    _check_instant("at", entry.at)
    if entry.known_at is not None:
        _check_instant("known_at", entry.known_at)


@lru_cache(maxsize=4096)
def _check_shared(v: int, kind: str, party: str, by: By, label: EntryLabel, mode: str) -> None:  # noqa: PLR0913, PLR0917 - the fields of an envelope
    """Hold to their forms the fields that many entries share: each combination once."""
    held = (
        ("v", v == VERSION),
        ("kind", _KIND.fullmatch(kind)),
        ("party", _CODE.fullmatch(party)),
        ("by.office", _HANDLE.fullmatch(by.office)),
        ("by.account", _HANDLE.fullmatch(by.account)),
        ("label.level", _CODE.fullmatch(label.level)),
        ("label.categories", _is_set(label.categories)),
        ("label.parties", _is_audience(label.parties)),
        ("mode", mode in ("real", "exercise")),
    )
    _all_hold(held)


def _all_hold(held: Iterable[tuple[str, object]]) -> None:
    for place, good in held:
        if not good:
            raise EntryRefused(f"{place}: not of the form that this field has")


def _check_instant(place: str, text: str) -> None:
    try:
        instant_micros(text)
    except EntryRefused as wrong:
        raise EntryRefused(f"{place}: {wrong}") from wrong


def _is_set(members: tuple[str, ...]) -> bool:
    return all(_CODE.fullmatch(member) for member in members) and list(members) == sorted(set(members))


def _is_audience(parties: tuple[str, ...]) -> bool:
    return parties == _EVERYBODY or ("*" not in parties and _is_set(parties))


def _is_object(body: bytes) -> bool:
    return body[:1] == b"{" and body[-1:] == b"}"


def _is_salt(text: str) -> bool:
    try:
        salt = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(salt) == SALT_BYTES and base64.b64encode(salt).decode() == text


def _check_json(data: bytes, *, place: str, depth: int) -> None:
    """Hold a text to strict JSON: what two readers could understand differently is refused."""
    try:
        text = data.decode()
        document = _STRICT.decode(text)
    except EntryRefused:
        raise
    except (ValueError, RecursionError) as wrong:
        raise EntryRefused(f"the entry is not strict JSON: {wrong}") from wrong
    # Only an escape can put a forbidden character into a string, and only brackets can nest.
    if "\\u" in text or depth + text.count("{") + text.count("[") > MAX_NESTING:
        _check_tree(place, document, depth)


def _check_tree(place: str, value: Any, depth: int) -> None:
    if isinstance(value, str):
        _check_string(place, value)
    elif isinstance(value, dict | list):
        if depth == MAX_NESTING:
            raise EntryRefused(f"{place}: nested deeper than {MAX_NESTING}")
        named = value.items() if isinstance(value, dict) else enumerate(value)
        for name, member in named:
            _check_string(place, str(name))
            _check_tree(f"{place}.{name}", member, depth + 1)


def _check_string(place: str, value: str) -> None:
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise EntryRefused(f"{place}: a string holds NUL or half a surrogate pair")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise EntryRefused(f"the name {twice!r} stands twice in one object")
    return members


def _no_float(text: str) -> NoReturn:
    raise EntryRefused(f"the figure {text[:40]} is neither a whole number nor a decimal string")


def _whole(text: str) -> int:
    if len(text) > 20 or text == "-0" or not -(2**63) <= int(text) < 2**63:
        raise EntryRefused(f"the figure {text[:40]} does not fit into 64 bits")
    return int(text)


_STRICT = json.JSONDecoder(
    object_pairs_hook=_no_duplicates, parse_float=_no_float, parse_int=_whole, parse_constant=_no_float
)

"""Both logs: who opened what (`opened`), and what was tried or changed about ways in (`note`). Written and read here.

A line is on the disk before the answer that it speaks of is given. On SQLite the lines lie in a file of their own, so
that neither reading nor a refusal waits for whoever holds the pen. Lines never leave the node; their daily digests do
(`digests`). docs/decisions/0016-logs.md says who reads them.
"""

import fcntl
import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol
from weakref import WeakKeyDictionary

import msgspec
from django.db import connections, transaction
from django.db.models import Q, QuerySet

from commonwatch.access.actor import Actor
from commonwatch.access.models import Event, Opened
from commonwatch.errors import Broken, _
from commonwatch.register import node
from commonwatch.register.node import Node

HOW: Final = ("page", "api", "sheet", "receipt", "journal", "feed")
DETAIL = 120
LONG_WAL = 16 * 1024 * 1024
MOST_UNKNOWN = 100

# What is written on the security log, and how a person reads it.
KINDS: Final[Mapping[str, str]] = {
    "signed-in": _("signed in"),
    "signed-out": _("signed out"),
    "sign-in-failed": _("was not let in"),
    "slowed-down": _("tried too often"),
    "confirmed": _("confirmed who they are"),
    "factor-set": _("set up a second factor"),
    "factor-removed": _("removed a second factor"),
    "factor-failed": _("gave a wrong second factor"),
    "factor-used-again": _("gave a code a second time"),
    "password-changed": _("changed the password"),
    "key-made": _("made a key for a program"),
    "key-first-used": _("used a key for the first time"),
    "key-revoked": _("revoked a key"),
    "key-refused": _("sent a key that is not accepted"),
    "invited": _("invited somebody"),
    "invitation-used": _("used an invitation"),
    "invitation-refused": _("sent an invitation that is not accepted"),
    "office-given": _("gave an office"),
    "office-ended": _("ended an office"),
    "account-opened": _("opened an account"),
    "account-closed": _("closed an account"),
    "refused": _("was refused"),
    "not-found": _("asked for what is not there"),
    "form-refused": _("sent a form without the mark of its session"),
    "too-large": _("sent more than is taken"),
    "session-unknown": _("sent a session that is not known"),
    "lines-let-go": _("let old lines go"),
    "told-by-mail": _("verified an address for messages"),
    "not-told-by-mail": _("removed the address for messages"),
    "webhook-set": _("set the webhook of the party"),
    "webhook-removed": _("removed the webhook of the party"),
}
ORDINARY: Final = frozenset(
    {"signed-in", "signed-out", "confirmed", "factor-set", "key-made", "key-first-used", "lines-let-go"}
    | {"invited", "invitation-used", "office-given", "office-ended", "account-opened", "password-changed"}
    | {"told-by-mail", "not-told-by-mail", "webhook-set", "webhook-removed"}
)

logger = logging.getLogger("commonwatch.security")
_JSON = msgspec.json.Encoder(order="deterministic")
_aside: "WeakKeyDictionary[Node, str]" = WeakKeyDictionary()
_unknown: "WeakKeyDictionary[Node, Counter[int]]" = WeakKeyDictionary()


class Thing(NamedTuple):
    """What was opened: a subject of a journal (by its number), or a part of the journal itself."""

    journal: int
    subject: str
    version: int = 1
    detail: str = ""


class Row(Protocol):
    """A row that stands for a subject: any projection."""

    @property
    def key(self) -> str:
        """The subject."""

    @property
    def journal_id(self) -> int:
        """The number of its journal."""


def keep_aside(at: Node, alias: str) -> None:
    """Let a node keep its lines in another database than its record."""
    _aside[at] = alias


def shelf() -> str:
    """Name the database in which the node at hand keeps its lines."""
    at = node.current()
    return _aside.get(at, at.database)


def thing(row: Row, *, version: int = 1, detail: str = "") -> Thing:
    """Name what a row stands for."""
    return Thing(row.journal_id, row.key, version, detail)


def opened(*, by: Actor, things: Iterable[Thing], how: str) -> None:
    """Write down that `by` is about to be given these things; nothing of the lowest level is written down.

    Call it before the answer is given, and not for an answer 304.

    :raises Broken: when `how` is unknown, or a thing is of a journal that `by` may not read.
    """
    if how not in HOW:
        raise Broken(f"nothing is opened by {how}")
    at = node.current()
    lowest = min(level.rank for level in at.pack.labels.levels)
    shelves = {each.id: each for each in by.shelves}
    moment, rows = at.clock(), []
    for each in dict.fromkeys(things):
        place = shelves.get(each.journal)
        if place is None:
            raise Broken(f"{each.subject} was opened by somebody who may not read it")
        if at.pack.labels.ranks[place.label.level] == lowest:
            continue
        who = (place.party, by.party, by.account, by.office, by.client)
        what = (each.subject, each.detail[:DETAIL], each.version, how, place.mode, each.journal)
        rows.append((moment, *who, *what, at.random(16).hex()))
    _store("access_opened", _OPENED, rows)


def note(kind: str, *, party: str = "", account: str = "", detail: Mapping[str, Any] | None = None) -> None:
    """Write a line of the security log, and the same to the standard log.

    `party` is the party whose matter it is: that of the account, never that of what was asked for. `detail` holds codes
    and addresses, never content, passwords, codes or keys. Of lines that belong to nobody at most a hundred a minute
    are kept.

    :raises Broken: when the kind is unknown.
    """
    if kind not in KINDS:
        raise Broken(f"the security log knows no {kind}")
    at = node.current()
    now = at.clock()
    said = _JSON.encode(dict(detail or {})).decode()
    line = {"kind": kind, "party": party, "account": account, "detail": msgspec.Raw(said.encode())}
    logger.log(logging.INFO if kind in ORDINARY else logging.WARNING, "%s", _JSON.encode(line).decode())
    if party or _few(at, now):
        _store("access_event", _EVENT, [(now, party, account, kind, said, at.random(16).hex())])


def note_after(
    kind: str, *, party: str = "", account: str = "", detail: Mapping[str, Any] | None = None
) -> None:
    """Write such a line once the turn at hand is on the disk; nothing of a turn that is undone."""
    transaction.on_commit(
        lambda: note(kind, party=party, account=account, detail=detail), using=node.current().database
    )


def reads(*, mode: str) -> "QuerySet[Opened]":
    """Return the lines of reading of a mode, newest first; narrow them to those of one party or account."""
    return Opened.objects.using(shelf()).filter(mode=mode).order_by("-at", "-id")


def events(party: str) -> "QuerySet[Event]":
    """Return the security lines of a party, newest first; the node's own party has those of nobody as well."""
    mine = Q(party=party) | Q(party="") if party == node.current().party else Q(party=party)
    return Event.objects.using(shelf()).filter(mine).order_by("-at", "-id")


def bounds(day: date) -> tuple[int, int]:
    """Return a day of UTC as microseconds, half-open."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    first = int(start.timestamp()) * 1_000_000
    return first, first + timedelta(days=1) // timedelta(microseconds=1)


def moment_text(at: int) -> str:
    """Write a line's moment (microseconds UTC) to the second, as RFC 3339."""
    return f"{datetime.fromtimestamp(at / 1_000_000, tz=UTC):%Y-%m-%dT%H:%M:%SZ}"


def detail_of(line: Event) -> dict[str, Any]:
    """Read the details of a security line."""
    return msgspec.json.decode(line.detail, type=dict[str, Any])


def let_go(*, before: date) -> int:
    """Remove the lines of the days before; their digests stay. Return how many."""
    until = bounds(before)[0]
    with _held(), transaction.atomic(using=shelf()):
        gone = Opened.objects.using(shelf()).filter(at__lt=until).delete()[0]
        gone += Event.objects.using(shelf()).filter(at__lt=until).delete()[0]
    if gone:
        note("lines-let-go", party=node.current().party, detail={"count": gone, "before": before.isoformat()})
    return gone


def _few(at: Node, now: int) -> bool:
    """Say whether this minute has room for a line of nobody; the standard log has them all."""
    minute = now // 60_000_000
    counted = _unknown.setdefault(at, Counter())
    for old in [each for each in counted if each != minute]:
        del counted[old]
    counted[minute] += 1
    return counted[minute] <= MOST_UNKNOWN


_OPENED = (
    "at", "owner", "party", "account", "office", "client", "subject", "detail", "version", "how", "mode", "journal",
    "salt",
)  # fmt: skip
_EVENT = ("at", "party", "account", "kind", "detail", "salt")


def _store(table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    names = ", ".join(f'"{each}"' for each in columns)
    places = ", ".join(["%s"] * len(columns))
    with _held():
        with transaction.atomic(using=shelf()), connections[shelf()].cursor() as cursor:
            cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({places})', rows)  # noqa: S608 - names alone
        _move_log()


@contextmanager
def _held() -> Iterator[None]:
    """Hold the lock of the lines' own file: as with the record, one connection at a time writes or moves its log."""
    at = node.current()
    if shelf() == at.database:
        yield
        return
    handle = os.open(at.home / "logs.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _move_log() -> None:
    """Move the write-ahead log of the lines' own file into it, once it is long."""
    alias = shelf()
    if alias == node.current().database:
        return
    path = Path(f"{connections[alias].settings_dict['NAME']}-wal")
    if path.exists() and path.stat().st_size > LONG_WAL:
        with connections[alias].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")

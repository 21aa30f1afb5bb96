"""A node as a value: database, keys, clock, pack and random source hang on one context variable.

So several nodes can live in one process (tests), and nothing below reads a global clock or a global generator.
"""

import contextvars
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from commonwatch.charter.model import Pack
from commonwatch.errors import Broken
from commonwatch.journal.note import COSIGNATURE, ML_DSA_44, Signer
from commonwatch.register.guard import Seen
from commonwatch.register.pen import Pen


def clock() -> int:
    """Return the machine's time in microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1000


def today(node: "Node") -> date:
    """Return the present day, UTC, by the node's clock."""
    return datetime.fromtimestamp(node.clock() / 1_000_000, tz=UTC).date()


@dataclass(eq=False)
class Node:
    """One installation. `home` holds keys/, guard and pen.lock; `database` is the alias of a configured database.

    `adopts` says that the pack must have been put in force before anything is written under it; `unadopted` is found
    out with every transaction.
    """

    party: str
    pack: Pack
    home: Path
    database: str = "default"
    clock: Callable[[], int] = clock
    random: Callable[[int], bytes] = os.urandom
    hosted: frozenset[str] = frozenset()
    demo: bool = False
    adopts: bool = False
    unadopted: bool = False
    awake: bool = False
    unmoved: int = 0
    ahead: list[str] = field(default_factory=list)
    guarded: Seen = field(default_factory=Seen)
    _secrets: dict[str, bytes] = field(default_factory=dict)
    _pen: Pen | None = None

    @property
    def pen(self) -> Pen:
        """The one pen of this node: whoever writes must hold it."""
        if self._pen is None:
            self._pen = Pen(lock=self.home / "pen.lock", database=self.database)
        return self._pen

    def holds(self, party: str) -> bool:
        """Say whether this node writes for `party`: its own, or hosted here."""
        return party == self.party or party in self.hosted

    def signer(self, *, party: str, origin: str) -> Signer:
        """Return the signer of a journal: one Ed25519 seed per party, named by the journal's origin.

        The seed is made on first use and kept in home/keys/PARTY.seed, readable by this account alone.

        :raises Broken: when the node does not write for that party.
        """
        if not self.holds(party):
            raise Broken(f"this node holds no key for {party}")
        return Signer(name=origin, seed=self.secret(f"{party}.seed"))

    def second_signer(self, *, party: str, origin: str) -> Signer | None:
        """Return the signer of a journal's second signature, by ML-DSA-44; None where the pack asks for none.

        Its seed is made on first use and kept in home/keys/PARTY.mldsa.seed.

        :raises Broken: when the node does not write for that party.
        """
        if not self.pack.signs_twice:
            return None
        if not self.holds(party):
            raise Broken(f"this node holds no key for {party}")
        return Signer(name=origin, seed=self.secret(f"{party}.mldsa.seed"), algorithm=ML_DSA_44)

    @property
    def witness(self) -> Signer:
        """The signer of this node's cosignatures: a key apart from the one that signs journals."""
        name = f"{self.pack.organisation}/{self.party}/witness"
        return Signer(name=name, seed=self.secret(f"{self.party}.witness.seed"), algorithm=COSIGNATURE)

    def secret(self, name: str, *, make: Callable[[], bytes] | None = None) -> bytes:
        """Return a secret of this node, kept in home/keys/NAME; made on first use, readable by this account alone.

        `make` gives a new one; 32 random bytes where nothing is said.
        """
        if name not in self._secrets:
            self._secrets[name] = self._kept(self.home / "keys" / name, make or (lambda: self.random(32)))
        return self._secrets[name]

    @staticmethod
    def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
        if path.exists():
            return path.read_bytes()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = make()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        return secret


_current: contextvars.ContextVar[Node | None] = contextvars.ContextVar("node", default=None)
_installed: list[Node] = []


def install(node: Node | None) -> None:
    """Make `node` the one that every thread of this process uses unless told otherwise; None takes it away."""
    _installed[:] = [node] if node else []


def current() -> Node:
    """Return the node at hand.

    :raises Broken: when none was installed and none is in use.
    """
    node = _current.get() or (_installed[0] if _installed else None)
    if node is None:
        raise Broken("no node is at hand: open one with node.use or node.install")
    return node


@contextmanager
def use(node: Node) -> Iterator[Node]:
    """Work as `node` inside the block."""
    token = _current.set(node)
    try:
        yield node
    finally:
        _current.reset(token)


class Router:
    """Send every query to the database of the node at hand."""

    def _alias(self) -> str | None:
        node = _current.get() or (_installed[0] if _installed else None)
        return node.database if node else None

    def db_for_read(self, _model: object, **_hints: object) -> str | None:
        """Name the database to read from."""
        return self._alias()

    def db_for_write(self, _model: object, **_hints: object) -> str | None:
        """Name the database to write to."""
        return self._alias()

    def allow_relation(self, _first: object, _second: object, **_hints: object) -> bool:
        """Rows of one node only ever meet their own kind."""
        return True

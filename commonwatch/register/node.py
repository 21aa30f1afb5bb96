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
from commonwatch.journal.note import COSIGNATURE, ML_DSA_44, Signer, Verifier
from commonwatch.register.guard import Seen
from commonwatch.register.pen import Pen

HANDED_OVER = ".handed-over"


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
    _secrets: dict[str, tuple[tuple[int, int] | None, bytes]] = field(default_factory=dict)
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

    def signer(self, *, party: str, origin: str, key: str = "") -> Signer:
        """Return the signer of a journal: one Ed25519 seed per party, named by the journal's origin.

        The seed is made on first use and kept in home/keys/PARTY.seed, readable by this account alone. Where `key` (a
        verifier key) is named it is the one with that key, which may be the next seed while keys change.

        :raises Broken: when the node does not write for that party, or has not got that key.
        """
        if not self.holds(party):
            raise Broken(f"this node holds no key for {party}")
        if self.handed_over(party):
            raise Broken(f"this node has handed {party} over, and signs for it no more")
        first = Signer(name=origin, seed=self.secret(f"{party}.seed"))
        if key in {"", first.vkey}:
            return first
        if (
            self.has_secret(next_seed(party))
            and (found := self.next_signer(party=party, origin=origin)).vkey == key
        ):
            return found
        raise Broken(f"{origin} is signed with another key of {party} than is in {self.home / 'keys'}")

    def verifier(self, *, party: str, origin: str) -> Verifier:
        """Return the verifier key of a party that this node writes for, or that it has handed over.

        :raises Broken: when the node does not write for that party.
        """
        if self.handed_over(party):
            return Signer(name=origin, seed=self.secret(f"{party}{HANDED_OVER}")).verifier
        return self.signer(party=party, origin=origin).verifier

    def handed_over(self, party: str) -> bool:
        """Say whether this node has handed a party over to a node of its own."""
        return self.has_secret(f"{party}{HANDED_OVER}")

    def next_signer(self, *, party: str, origin: str) -> Signer:
        """Return the signer of a journal from its change of keys on; the seed is made on first use."""
        return Signer(name=origin, seed=self.secret(next_seed(party)))

    def can_sign(self, *, party: str, key: str) -> bool:
        """Say whether a verifier key is of a seed that this node has, without making one."""
        if not self.holds(party):
            return False
        name = key.partition("+")[0]
        seeds = [each for each in (f"{party}.seed", next_seed(party)) if self.has_secret(each)]
        return any(Signer(name=name, seed=self.secret(each)).vkey == key for each in seeds)

    def has_secret(self, name: str) -> bool:
        """Say whether a secret is there already."""
        return (self.home / "keys" / name).is_file()

    def has_retired(self, party: str) -> bool:
        """Say whether the keys of a party have changed on this node."""
        return self.has_secret(f"{party}.retired-1")

    def settle_next(self, party: str) -> None:
        """Let the next seed of a party take the place of the present one, which is set aside and never used again."""
        folder = self.home / "keys"
        aside = len(list(folder.glob(f"{party}.retired-*"))) + 1
        seed = folder / f"{party}.seed"
        (folder / f"{party}.retired-{aside}").hardlink_to(seed)  # at no moment is there none
        (folder / next_seed(party)).replace(seed)
        _sync(folder)

    def set_aside(self, party: str) -> None:
        """Set the seed of a party aside for which this node writes no longer."""
        folder = self.home / "keys"
        seed = folder / f"{party}.seed"
        (folder / f"{party}{HANDED_OVER}").hardlink_to(seed)
        seed.unlink()
        _sync(folder)

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
        path = self.home / "keys" / name
        kept, found = self._secrets.get(name), _state(path)
        if kept is None or kept[0] != found:
            secret = self._kept(path, make or (lambda: self.random(32)))
            kept = self._secrets[name] = (_state(path), secret)
        return kept[1]

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
        _sync(path.parent)
        return secret


def next_seed(party: str) -> str:
    """Name the seed that a party will sign with once its keys have changed."""
    return f"{party}.next.seed"


def _state(path: Path) -> tuple[int, int] | None:
    """Tell a file from the one that was there before; another process may have changed the keys."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


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

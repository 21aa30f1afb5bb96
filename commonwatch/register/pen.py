"""The one pen: whoever writes waits here, and a leader runs the waiting turns as savepoints of one transaction.

A turn that is refused rolls back its own savepoint; nobody is answered before the commit and the guard are on the
disk. The pen is also a lock on a file, so that a second process of this machine waits its turn like a thread.
"""

import contextvars
import fcntl
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from commonwatch.errors import Broken, Refusal, _

logger = logging.getLogger("commonwatch.register")

T = TypeVar("T")


class Stopped(Refusal):
    """Writing has stopped on this node; reading goes on.

    Why is said on the log alone: it names journals and subjects that whoever is refused may not know of.
    """

    code, status = "register.stopped", 503
    says = _("This node has stopped writing.")
    hint = _("Nothing was lost. Tell the operator, who runs: commonwatch doctor")


class Session(Protocol):
    """One transaction of the register, as the pen drives it."""

    def run(self, call: Callable[[], Any]) -> Any:
        """Run one turn as a savepoint; what it raises has been rolled back."""

    def seal(self) -> None:
        """Grow the tiles and sign the checkpoints of every journal touched."""

    def keep(self) -> None:
        """After the commit: write the guard and see it on the disk."""


class _Waiting:
    __slots__ = ("call", "context", "done", "error", "lead", "result")

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call
        self.context = contextvars.copy_context()
        self.done = threading.Event()
        self.lead = False
        self.result: Any = None
        self.error: BaseException | None = None


class Pen:
    """A queue of waiting turns and the lock that makes one process, and one thread in it, the leader.

    `turns` and `commits` count since the start: their ratio says how many turns shared one commit.
    """

    most = 64

    def __init__(self, *, lock: Path, database: str) -> None:
        self.database = database
        self.turns = 0
        self.commits = 0
        self._path = lock
        self._queue: deque[_Waiting] = deque()
        self._mutex = threading.Lock()
        self._led = False
        self._stopped = ""

    def stop(self, reason: str) -> None:
        """Refuse every further turn, and raise the alarm with the reason."""
        self._stopped = reason
        logger.critical("Writing has stopped on this node: %s", reason)

    def run(self, call: Callable[[], T], *, session: Callable[[], AbstractContextManager[Session]]) -> T:
        """Run `call` as a turn and return its answer once it is on the disk.

        :raises Stopped: when an invariant failed earlier.
        """
        waiting = _Waiting(call)
        with self._mutex:
            self._queue.append(waiting)
            lead = not self._led
            self._led = True
        if not lead:
            waiting.done.wait()
            lead = waiting.lead
        if lead:
            self._lead(waiting, session)
        if waiting.error is not None:
            raise waiting.error
        return waiting.result  # type: ignore[no-any-return]

    def _lead(self, own: _Waiting, session: Callable[[], Any]) -> None:
        batch: list[_Waiting] = []
        try:
            with self._held():
                self._take(batch)
                self._write(batch, session)
        except BaseException as error:  # noqa: BLE001 - every waiting turn must hear of it, whatever it is
            for waiting in batch or [own]:
                waiting.error = waiting.error or error
        finally:
            self._hand_over(batch, own)

    def _take(self, batch: list[_Waiting]) -> None:
        """Move those who wait into the batch, up to the most that one transaction carries."""
        with self._mutex:
            while self._queue and len(batch) < self.most:
                batch.append(self._queue.popleft())

    def _write(self, batch: list[_Waiting], session: Callable[[], Any]) -> None:
        if self._stopped:
            raise Stopped
        with session() as work:
            for waiting in batch:
                try:
                    waiting.result = waiting.context.run(work.run, waiting.call)
                except Broken as error:
                    self.stop(str(error))
                    raise
                except Exception as error:  # noqa: BLE001 - told to the one who waits; the savepoint is rolled back
                    waiting.error = error
            work.seal()
        work.keep()
        self.turns += len(batch)
        self.commits += 1

    def _hand_over(self, batch: list[_Waiting], own: _Waiting) -> None:
        with self._mutex:
            if own in self._queue:
                self._queue.remove(own)
            following = self._queue[0] if self._queue else None
            self._led = following is not None
        for waiting in batch:
            waiting.done.set()
        if following is not None:
            following.lead = True
            following.done.set()

    @contextmanager
    def _held(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

"""How the worker of reminders runs: one at a time on this machine, round after round, alone or beside the server."""

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from commonwatch.desks.notices import worker
from commonwatch.register import node

LOCK: Final = "remind.lock"
EVERY: Final = 30.0
SLICE: Final = 1.0

logger = logging.getLogger("commonwatch.notices")


def warnings() -> list[str]:
    """List what an operator should know before it begins."""
    found = []
    if not settings.MAIL:
        found.append("COMMONWATCH_MAIL names no mail server: nobody is told by mail.")
    if not settings.PUBLIC_URL:
        found.append(
            "COMMONWATCH_URL is not set: messages name an address that may not be that of this node."
        )
    return found


def work(
    *, every: float = EVERY, once: bool = False, wanted: Callable[[], bool] = lambda: True
) -> worker.Round | None:
    """Tell everybody, once or as long as it is wanted; wait first until no other worker of this machine works.

    :raises Broken: when the record is.
    """
    with _alone(wanted) as lock:
        if lock is None:
            return None
        run, done = worker.begin(), None
        while wanted():
            done = _round(run, lock)
            if once or not _rest(every, wanted):
                break
        return done


def last(home: Path) -> datetime | None:
    """Return when a worker last finished a round (UTC); None when none ever did."""
    path = home / LOCK
    try:
        return datetime.fromisoformat(path.read_text().strip())
    except (OSError, ValueError):
        return None


def _round(run: str, lock: int) -> worker.Round | None:
    """Go one round, and note when; a database that does not answer now is asked again with the next."""
    close_old_connections()
    try:
        done = worker.climb(run)
        worker.let_go()
    except DatabaseError:
        logger.exception("A round of reminders was broken off")
        connections.close_all()
        return None
    os.pwrite(
        lock,
        f"{datetime.fromtimestamp(node.current().clock() / 1e6, tz=UTC):%Y-%m-%dT%H:%M:%S%z}\n".encode(),
        0,
    )
    return done


def _rest(seconds: float, wanted: Callable[[], bool]) -> bool:
    """Wait for a while, in small slices; say whether the next round is wanted."""
    until = time.monotonic() + seconds
    while wanted() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, SLICE))
    return wanted()


@contextmanager
def _alone(wanted: Callable[[], bool]) -> Iterator[int | None]:
    """Hold the lock of the one worker, as long as it takes to get it; None when it is no longer wanted."""
    handle = os.open(node.current().home / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while wanted():
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(SLICE)
            else:
                yield handle
                return
        yield None
    finally:
        os.close(handle)

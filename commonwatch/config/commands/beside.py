"""The process beside the server: it tells people what waits, and exchanges journals with the peers."""

import os
import signal
import threading
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

from commonwatch.config.commands import peering, reminding


def made(*, reminders: bool, peers: bool) -> BaseProcess | None:
    """Return the process, not started, that ends when the one that starts it does; None when nothing is wanted of it.

    The node is open already.
    """
    works: list[Callable[[Callable[[], bool]], object]] = []
    if reminders:
        works.append(lambda wanted: reminding.work(wanted=wanted))
    if peers:
        works.append(lambda wanted: peering.work(wanted=wanted))
    if not works:
        return None
    return get_context("fork").Process(target=_run, args=(os.getpid(), works), daemon=True)


def _run(parent: int, works: list[Callable[[Callable[[], bool]], object]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the server ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def wanted() -> bool:
        return os.getppid() == parent

    *others, last = works
    for each in others:
        threading.Thread(target=each, args=(wanted,), daemon=True).start()
    last(wanted)

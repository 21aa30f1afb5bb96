"""The demo's timer: `commonwatch nightly` at the start, and then every day a few minutes after midnight UTC."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

AFTER = timedelta(minutes=10)
LOOKS = 20


def due(now: datetime) -> datetime:
    """Return the next moment (UTC) at which the night's work is due."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = midnight + AFTER
    return today if now < today else today + timedelta(days=1)


def run(home: Path) -> None:
    """Do the night's work whenever it is due, until the process that serves is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the server ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent, at = os.getppid(), datetime.now(UTC)
    while os.getppid() == parent:
        time.sleep(LOOKS)  # at the start, too: let the server come up first
        if datetime.now(UTC) >= at:
            at = due(datetime.now(UTC))
            command = [sys.executable, "-m", "commonwatch", "nightly", "--home", str(home)]
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command

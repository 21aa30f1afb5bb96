"""The demo's timer: `commonwatch nightly` at the start, and then every day a few minutes after midnight UTC."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

AFTER = timedelta(minutes=10)


def due(now: datetime) -> datetime:
    """Return the next moment (UTC) at which the night's work is due."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = midnight + AFTER
    return today if now < today else today + timedelta(days=1)


class Night:
    """The timer of one demo. It lives beside the posts, which have a process already."""

    def __init__(self, home: Path) -> None:
        self.home, self.at = home, datetime.now(UTC)

    def look(self) -> None:
        """Do the night's work if it is due: in a process of its own, which is gone again when it is done."""
        now = datetime.now(UTC)
        if now < self.at:
            return
        self.at = due(now)
        command = [sys.executable, "-m", "commonwatch", "nightly", "--home", str(self.home)]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command

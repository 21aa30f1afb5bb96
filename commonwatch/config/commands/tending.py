"""What is done every night: digests first, then epochs, then what may be let go."""

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session

from commonwatch.access import digests, logs
from commonwatch.register import epoch, node


def kept() -> date:
    """Return the first day (UTC) whose lines are kept."""
    return node.today(node.current()) - timedelta(days=settings.LOG_DAYS)


def tend() -> dict[str, int]:
    """Do the night's work and return how much of each there was."""
    at = node.current()
    now = datetime.fromtimestamp(at.clock() / 1_000_000, tz=UTC)
    written = digests.write_digests()
    turned = epoch.turn_over()
    gone = logs.let_go(before=kept())
    ended = Session.objects.filter(expire_date__lt=now).delete()[0]
    return {"digests": written, "epochs": len(turned), "lines": gone, "sessions": ended}

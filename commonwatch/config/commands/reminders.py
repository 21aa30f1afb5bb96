"""What the doctor looks at of reminders: whether mail is set up, and whether a worker ran lately."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from commonwatch.config.commands import reminding
from commonwatch.config.commands.found import Found

LATELY = timedelta(minutes=10)


def mail_set_up() -> Iterator[Found]:
    """Look whether messages can go by mail, and what address stands in them. No password is said."""
    where = urlsplit(settings.MAIL)
    if not settings.MAIL:
        do = "Set COMMONWATCH_MAIL, COMMONWATCH_MAIL_FROM and COMMONWATCH_URL; docs/operating/reminders.md says how."
        yield Found("WARN", "mail", "None is set up: nobody is told by mail that something waits.", do)
    elif where.scheme == "file":
        yield Found(
            "WARN", "mail", f"Messages are put into {where.path}.", "For trying alone: nobody gets them."
        )
    elif where.scheme in {"smtp", "smtps"} and where.hostname:
        yield Found("OK", "mail", f"by {where.hostname}, from {settings.MAIL_FROM}")
    else:
        do = "Write it smtp://USER:PASSWORD@HOST:PORT, smtps://… or file:///FOLDER."
        yield Found("WRONG", "mail", "COMMONWATCH_MAIL cannot be read.", do)
    if settings.MAIL and not settings.PUBLIC_URL:
        yield Found(
            "WARN", "address in messages", "COMMONWATCH_URL is not set.", "Set it to where people open pages."
        )


def worker_ran() -> Iterator[Found]:
    """Look when the worker last went its round."""
    last = reminding.last(settings.HOME)
    do = "Keep commonwatch serve running, or commonwatch remind as a service of its own."
    if last is None:
        yield Found("WARN", "reminders", "No worker has ever gone its round here.", do)
    elif datetime.now(UTC) - last > LATELY:
        yield Found("WARN", "reminders", f"No worker has gone its round since {last:%Y-%m-%d %H:%M} UTC.", do)
    else:
        yield Found("OK", "reminders", f"the last round ended {last:%H:%M:%S} UTC")

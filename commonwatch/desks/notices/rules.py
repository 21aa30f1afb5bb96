"""What is decided of reminders without asking anybody: steps that have come, quiet hours, further tries, addresses.

Instants are microseconds UTC; quiet hours are minutes of the local day of a time zone.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from commonwatch.charter.model import LadderStep
from commonwatch.errors import Refusal, _

KINDS: Final = ("duty", "question", "relay", "confirmation", "card", "handover", "drill")
# What comes of the calendar is nobody's to do in an exercise: there a drill, a question or a relay calls people.
OF_THE_CALENDAR: Final = frozenset({"duty", "card", "handover"})
MINUTE: Final = 60_000_000
DAY_MINUTES: Final = 24 * 60
FIRST_PAUSE: Final = 60
LONGEST_PAUSE: Final = 3600
MOST_ADDRESS: Final = 254
MOST_URL: Final = 500
CODE_LASTS: Final = 30
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)


class BadAddress(Refusal):
    """What was typed is no mail address."""

    code, status = "notices.bad-address", 422
    says = _("“{text}” is not a mail address that messages can be sent to.")
    hint = _("Write it like watch@example.org, in Latin letters, without a name or spaces.")


class BadHook(Refusal):
    """What was typed is no address to which a webhook may go."""

    code, status = "notices.bad-hook", 422
    says = _("Nothing is sent to “{text}”.")
    hint = _(
        "Write an address like https://watch.example.org/hook, without user, password and “#”. "
        "Others than https are for the operator of the node to allow."
    )


class BadHours(Refusal):
    """Quiet hours that are none."""

    code, status = "notices.bad-hours", 422
    says = _("These are no quiet hours.")
    hint = _("Write two different times like 22:00 and 06:30, choose a time zone and at least one day.")


class BadPause(Refusal):
    """A pause until what is no day, or one that is past."""

    code, status = "notices.bad-pause", 422
    says = _("“{text}” is no day until which messages can pause.")
    hint = _("Write a day to come like 2026-09-14, at most a year from now.")


class Quiet(NamedTuple):
    """Quiet hours: from and until in minutes of the local day, the time zone, the days on which they begin."""

    since: int
    until: int
    zone: str
    days: frozenset[int]


def thing_of(key: str) -> str:
    """Return what stands for a thing that waits where its name must not stand: a hash of its key."""
    return sha256(f"notices/thing/{key}".encode()).hexdigest()


def message_name(*, to: str, mode: str, told: Iterable[tuple[str, str]]) -> str:
    """Return the name of a message: the same for the same receiver, things and steps, however often it is tried."""
    lines = sorted(f"{thing}/{step}" for thing, step in told)
    return sha256("\n".join((to, mode, *lines)).encode()).hexdigest()[:40]


def reached(
    steps: Sequence[LadderStep], *, office: str, due_at: int, now: int
) -> list[tuple[LadderStep, int]]:
    """Return the steps of a ladder that name an office and whose time has come, the latest last, each with its time."""
    found = [(step, due_at + step.after * MINUTE) for step in steps if office in step.offices]
    return [(step, at) for step, at in found if at <= now]


def is_quiet(hours: Quiet | None, now: int) -> bool:
    """Say whether a moment lies in quiet hours.

    Each stretch begins on a day that was chosen, at its local time, and ends at the first moment that bears the local
    time of its end; so it is one stretch also when clocks are changed. A time that a change leaves out is counted on
    from before the change.
    """
    if hours is None:
        return False
    zone, at = ZoneInfo(hours.zone), EPOCH + timedelta(microseconds=now)
    today = at.astimezone(zone).date()
    return any(_within(hours, zone, day, at) for day in (today - timedelta(days=1), today))


def _within(hours: Quiet, zone: ZoneInfo, day: date, at: datetime) -> bool:
    if day.weekday() not in hours.days:
        return False
    ends = day if hours.since < hours.until else day + timedelta(days=1)
    return _moment(day, hours.since, zone) <= at < _moment(ends, hours.until, zone)


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=zone).astimezone(UTC)


def next_try(tries: int, now: int) -> int:
    """Return when to try again after so many tries: a minute later, then twice as long each time, at most an hour."""
    pause = min(FIRST_PAUSE << min(max(tries - 1, 0), 16), LONGEST_PAUSE)
    return now + pause * 1_000_000


def check_address(text: str) -> str:
    """Return a mail address that can stand in a header and an envelope.

    :raises BadAddress: for anything else, line breaks above all.
    """
    found = text.strip()
    host = found.rpartition("@")[2]
    if len(found) > MOST_ADDRESS or not ADDRESS.fullmatch(found) or found.startswith(".") or "." not in host:
        raise BadAddress(text=shortened(text))
    if ".." in found or found.partition("@")[0].endswith("."):
        raise BadAddress(text=shortened(text))
    return found


def check_hook(text: str, *, plain: frozenset[str]) -> str:
    """Return the address of a webhook; `plain` are the hosts to which the operator lets it go without TLS.

    :raises BadHook: for anything that is not an absolute https address of a host.
    """
    found = text.strip()
    try:
        parts = urlsplit(found)
        port = parts.port
    except ValueError:
        raise BadHook(text=shortened(text)) from None
    odd = (
        not found.isascii()
        or not found.isprintable()
        or " " in found
        or "\\" in found
        or len(found) > MOST_URL
    )
    lacking = not parts.hostname or port == 0 or "@" in parts.netloc or bool(parts.fragment)
    if odd or lacking or not _scheme(parts, plain):
        raise BadHook(text=shortened(text))
    return found


def _scheme(parts: SplitResult, plain: frozenset[str]) -> bool:
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in plain)


def plain_hosts(allowed: Iterable[str]) -> frozenset[str]:
    """Return the hosts that are listed with http: to them a webhook may go without TLS."""
    return frozenset(each.removeprefix("http://").lower() for each in allowed if each.startswith("http://"))


def shortened(text: str) -> str:
    """Return what was typed, fit to stand in a sentence."""
    return "".join(each if each.isprintable() else " " for each in text)[:80].strip()


def read_hours(since: str, until: str, *, zone: str, days: Iterable[str]) -> Quiet | None:
    """Read quiet hours as they are typed; None when neither time is given.

    :raises BadHours: when they cannot be kept.
    """
    if not since and not until:
        return None
    first, last = minutes_of(since), minutes_of(until)
    chosen = frozenset(int(each) for each in days if each in "0123456" and len(each) == 1)
    if first is None or last is None or first == last or not chosen or zone not in available_timezones():
        raise BadHours
    return Quiet(first, last, zone, chosen)


def minutes_of(text: str) -> int | None:
    """Read HH:MM as minutes of the day; None when it is no time."""
    hit = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::00)?", text)
    return int(hit[1]) * 60 + int(hit[2]) if hit else None


def read_pause(text: str, *, today: date) -> str:
    """Read the day (ISO) on which messages begin again; empty for no pause.

    :raises BadPause: when it is no day, is not to come, or lies more than a year ahead.
    """
    if not text:
        return ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadPause(text=shortened(text)) from None
    if not today < day <= today + timedelta(days=366):
        raise BadPause(text=shortened(text))
    return day.isoformat()


def secret_bytes(secret: str) -> bytes:
    """Return the key of a webhook's secret, as Standard Webhooks writes it: `whsec_` and base64.

    :raises ValueError: when it is written otherwise.
    """
    if not secret.startswith("whsec_"):
        raise ValueError("a secret begins with whsec_")
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as fault:
        raise ValueError("a secret is written in base64") from fault


def write_secret(key: bytes) -> str:
    """Write a key of 24 to 64 bytes as the secret of a webhook."""
    return "whsec_" + base64.b64encode(key).decode()

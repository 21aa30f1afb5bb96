"""Lines of the log, calls to posts, and contact cards."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from commonwatch.errors import Refusal, _

SORTS = ("note", "call", "alarm", "decision", "test")
OUTCOMES = ("promised", "reached", "no-answer", "wrong-number", "other")
FAILED = frozenset({"no-answer", "wrong-number"})
ANSWERED = frozenset({"promised", "reached"})
TWICE = timedelta(minutes=30)
MOST_TEXT = 4000
MOST_CITED = 8

_DUTY = re.compile(r"\bdut(?:y|ies)/([^/\s?#]{1,40})/([^/\s?#]{1,40})/([^/\s?#]{1,20})")
_SUBJECT = re.compile(r"\b([a-z]{2,20}/[^/\s?#]{1,40}/[0-9a-f]{8}-[0-9a-f-]{27}(?:~\d{1,4})?)")
_HOUR = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)")
_TELEPHONE = re.compile(r"\+?[\d\s()./-]{5,40}")


class TextMissing(Refusal):
    """A line says something."""

    code, status = "shifts.text-missing", 422
    says = _("Write what happened, in at most {most} characters.")
    hint = _("Nothing was written.")


class NoSuchSort(Refusal):
    """Lines have one of a few kinds."""

    code, status = "shifts.no-such-sort", 422
    says = _("There is no such kind of line.")
    hint = _("The kinds are: {known}.")


class NothingThere(Refusal):
    """What a line speaks of is not there, or not for who writes it: the two look alike."""

    code, status = "shifts.nothing-there", 422
    says = _("There is nothing under “{key}” that you may read.")
    hint = _("Paste the address of a report, a duty or a question, or leave the field empty.")


class TooManyCited(Refusal):
    """A line speaks of a few things."""

    code, status = "shifts.too-many-cited", 422
    says = _("A line can refer to at most {most} things.")
    hint = _("Write a second line.")


class NoSuchLine(Refusal):
    """Absent and forbidden look alike."""

    code, status = "shifts.no-such-line", 404
    says = _("There is no such line.")


class StruckAlready(Refusal):
    """A line is struck once."""

    code, status = "shifts.struck-already", 409
    says = _("This line was struck already.")
    hint = _("Correct the line that took its place.")


class NoSuchOutcome(Refusal):
    """A call ends in one of a few ways."""

    code, status = "shifts.no-such-outcome", 422
    says = _("Say what came of the call.")
    hint = _("It is one of: {known}.")


class NoSuchPost(Refusal):
    """There is no such party to call."""

    code, status = "shifts.no-such-post", 422
    says = _("There is no post of “{party}” to call.")
    hint = _("Choose one of the parties under Contact cards.")


class HourUnclear(Refusal):
    """A promise has an hour."""

    code, status = "shifts.hour-unclear", 422
    says = _("Say by when it was promised.")
    hint = _("Write hours and minutes, UTC, like 07:30.")


class NoteMissing(Refusal):
    """Something else, without saying what."""

    code, status = "shifts.note-missing", 422
    says = _("Write what came of the call, in at most {most} characters.")
    hint = _("“Something else” needs a note.")


def check_line(sort: str, text: str) -> str:
    """Return a line's text without blanks round it.

    :raises NoSuchSort, TextMissing: naming what is wrong.
    """
    if sort not in SORTS:
        raise NoSuchSort(known=", ".join(SORTS))
    said = text.strip()
    if not said or len(said) > MOST_TEXT or "\0" in said:
        raise TextMissing(most=MOST_TEXT)
    return said


def cited_keys(given: str) -> tuple[str, ...]:
    """Find the keys of subjects and duties in what was pasted: keys themselves, or addresses that hold them.

    :raises NothingThere: for a word that holds none.
    :raises TooManyCited: for more than a line can refer to.
    """
    found: dict[str, None] = {}
    for word in re.split(r"[\s,;]+", given.strip()):
        if not word:
            continue
        key = cited_key(word)
        if not key:
            raise NothingThere(key=word.replace("\0", "")[:80])
        found[key] = None
    if len(found) > MOST_CITED:
        raise TooManyCited(most=MOST_CITED)
    return tuple(found)


def cited_key(word: str) -> str:
    """Return the key that a word is or holds; empty when it holds none."""
    if "\0" in word:
        return ""
    if duty := _DUTY.search(word):
        return "duty/" + "/".join(duty.groups())
    subject = _SUBJECT.search(word)
    return subject.group(1) if subject else ""


class Duty(NamedTuple):
    """The parts of a duty's key."""

    type: str
    party: str
    period: str


def duty_of(key: str) -> Duty | None:
    """Return the parts of a duty's key; None for the key of something else."""
    parts = key.split("/")
    return Duty(*parts[1:]) if len(parts) == 4 and parts[0] == "duty" else None


def check_call(outcome: str, *, note: str, promised: str, now: datetime) -> tuple[str, datetime | None]:
    """Return the note of a call, and by when something was promised (the next such time, UTC).

    :raises NoSuchOutcome, NoteMissing, HourUnclear: naming what is wrong.
    """
    if outcome not in OUTCOMES:
        raise NoSuchOutcome(known=", ".join(OUTCOMES))
    said = note.strip()
    if (outcome == "other" and not said) or len(said) > MOST_TEXT or "\0" in said:
        raise NoteMissing(most=MOST_TEXT)
    return said, next_hour(promised, now=now) if outcome == "promised" else None


def next_hour(text: str, *, now: datetime) -> datetime:
    """Read a time of day, UTC, as its next occurrence.

    :raises HourUnclear: when it is none.
    """
    read = _HOUR.fullmatch(text.strip())
    if read is None:
        raise HourUnclear
    at = now.replace(hour=int(read.group(1)), minute=int(read.group(2)), second=0, microsecond=0)
    return at if at > now else at + timedelta(days=1)


def telephone(text: str) -> str:
    """Return what a telephone dials for a number as written; empty for a text that is none."""
    if not _TELEPHONE.fullmatch(text.strip()) or sum(each.isdigit() for each in text) < 5:
        return ""
    plus = "+" if text.strip().startswith("+") else ""
    return plus + "".join(each for each in text if each.isdigit())


def card_state(*, sent_at: int | None, calls: Sequence[tuple[int, str]], now: int, stale_days: int) -> str:
    """Say how a contact card stands: "absent", "flagged", "stale" or "fresh".

    `sent_at` is when it was last sent, `calls` are the calls to its post, the newest first, with their outcomes; all in
    microseconds UTC. A card is flagged by a call that failed, until a new card or a call that was answered.
    """
    told = next((each for each in calls if each[1] in FAILED | ANSWERED), None)
    if sent_at is None:
        return "absent"
    if told is not None and told[1] in FAILED and told[0] >= sent_at:
        return "flagged"
    return "stale" if now - sent_at > stale_days * 86_400_000_000 else "fresh"

"""The pattern of shifts: which run when (UTC), and what is odd about a roster. The present moment is an argument."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from commonwatch.charter.model import Shift
from commonwatch.errors import Refusal, _

EARLY = timedelta(minutes=90)
"""How long before its beginning a shift may be taken over."""

REST = timedelta(hours=11)
MOST_TURNS = 60
MOST_DAYS = 400


class NoShifts(Refusal):
    """The pack has no shifts."""

    code, status = "shifts.no-shifts", 409
    says = _("The organisation pack names no shifts.")
    hint = _("Name them in duty.yaml.")


class NoSuchShift(Refusal):
    """The pack has no shift of that code."""

    code, status = "shifts.no-such-shift", 422
    says = _("There is no shift “{shift}”.")
    hint = _("The shifts are: {known}.")


class DayUnclear(Refusal):
    """A day that cannot be read."""

    code, status = "shifts.day-unclear", 422
    says = _("“{text}” is no day.")
    hint = _("Write the day like 2026-09-14.")


class OverAlready(Refusal):
    """The shift lies behind, or too far ahead."""

    code, status = "shifts.over-already", 422
    says = _("The shift of {date} cannot be planned: it is over, or more than {days} days ahead.")
    hint = _("Choose a day from today on.")


class TooMany(Refusal):
    """More turns at once than anybody looks through."""

    code, status = "shifts.too-many", 422
    says = _("Between 1 and {most} shifts can be planned at once, 1 to 28 days apart.")
    hint = _("Plan the rest in a second step.")


class PlannedAlready(Refusal):
    """The account has that shift already."""

    code, status = "shifts.planned-already", 409
    says = _("{account} has this shift on {date} already.")
    hint = _("Nothing was planned. Leave out the days that are planned.")


class SameOfficer(Refusal):
    """A swap with oneself."""

    code, status = "shifts.same-officer", 422
    says = _("{account} has this shift already.")
    hint = _("Choose another officer to take it.")


class OddReturn(Refusal):
    """What is given in return is not a turn of who takes the other."""

    code, status = "shifts.odd-return", 422
    says = _("The shift given in return must be one of {account}.")
    hint = _("Choose one of that officer's shifts, or none.")


class ReasonMissing(Refusal):
    """Such an act needs a reason."""

    code, status = "shifts.reason-missing", 422
    says = _("Give the reason, in at most {most} characters.")
    hint = _("Whoever looks at it later has to understand why.")


class Stretch(NamedTuple):
    """One shift of one day: half-open, aware, UTC."""

    shift: Shift
    day: date
    starts: datetime
    until: datetime


class Booked(NamedTuple):
    """A turn of the roster as the rules need it; microseconds UTC."""

    key: str
    account: str
    starts: int
    until: int


class Odd(NamedTuple):
    """What is odd about turns, by their keys: at the same time as another, or after so few minutes of rest."""

    doubles: frozenset[str]
    rests: dict[str, int]


def stretch(shift: Shift, day: date) -> Stretch:
    """Return a shift on the day on which it begins."""
    hours, minutes = map(int, shift.starts.split(":"))
    starts = datetime.combine(day, time(hours, minutes), tzinfo=UTC)
    return Stretch(shift, day, starts, starts + timedelta(minutes=shift.minutes))


def stretches(shifts: Sequence[Shift], *, since: date, days: int) -> list[Stretch]:
    """List the shifts that begin on so many days, in order."""
    found = [stretch(each, since + timedelta(days=n)) for n in range(days) for each in shifts]
    return sorted(found, key=lambda each: (each.starts, each.shift.code))


def running(shifts: Sequence[Shift], *, now: datetime) -> Stretch | None:
    """Return the shift that runs, the one begun last where two do; None between shifts."""
    near = stretches(shifts, since=now.date() - timedelta(days=3), days=4)
    return next((each for each in reversed(near) if each.starts <= now < each.until), None)


def following(shifts: Sequence[Shift], *, now: datetime) -> Stretch:
    """Return the first shift that begins after `now`.

    :raises NoShifts: when there is none in the pack.
    """
    if not shifts:
        raise NoShifts
    near = stretches(shifts, since=now.date(), days=2)
    return next(each for each in near if each.starts > now)


def to_take(shifts: Sequence[Shift], *, now: datetime, ends: datetime | None) -> Stretch:
    """Return the shift that is taken at `now`: the one that runs, or the next one when that is about to begin.

    `ends` is when the watch of who has it ends; None when nobody has it. Long before that the running shift is taken.

    :raises NoShifts: when there is none in the pack.
    """
    ahead, runs = following(shifts, now=now), running(shifts, now=now)
    if runs is None:
        return ahead
    relieved = ends is not None and now >= ends - EARLY
    return ahead if relieved and ahead.starts - now <= EARLY and ahead.starts >= runs.until - EARLY else runs


def shift_of(shifts: Sequence[Shift], code: str) -> Shift:
    """Return the shift of a code.

    :raises NoSuchShift: naming those that there are.
    """
    found = next((each for each in shifts if each.code == code), None)
    if found is None:
        raise NoSuchShift(shift=code, known=", ".join(each.code for each in shifts) or "-")
    return found


def read_day(text: str) -> date:
    """Read an ISO day.

    :raises DayUnclear: when it is none.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise DayUnclear(text=text[:40]) from error


def days_of(first: date, *, times: int, every: int) -> list[date]:
    """List so many days, so many days apart.

    :raises TooMany: when nobody would look through them.
    """
    if not (1 <= times <= MOST_TURNS and 1 <= every <= 28):
        raise TooMany(most=MOST_TURNS)
    if first.year > 2200:
        raise OverAlready(date=first.isoformat(), days=MOST_DAYS)
    return [first + timedelta(days=every * n) for n in range(times)]


def check_ahead(found: Stretch, *, now: datetime) -> None:
    """Refuse a shift that is over, or too far ahead.

    :raises OverAlready: naming the day.
    """
    if found.until <= now or found.starts > now + timedelta(days=MOST_DAYS):
        raise OverAlready(date=found.day.isoformat(), days=MOST_DAYS)


def check_reason(reason: str, *, most: int = 2000) -> str:
    """Return a reason without blanks round it.

    :raises ReasonMissing: when it is empty or too long.
    """
    said = reason.strip()
    if not said or len(said) > most:
        raise ReasonMissing(most=most)
    return said


def check_swap(turn: Booked, *, account: str, against: Booked | None) -> None:
    """Refuse a swap with oneself, or for a turn that is not the other's.

    :raises SameOfficer, OddReturn: naming who.
    """
    if turn.account == account:
        raise SameOfficer(account=account)
    if against is not None and against.account != account:
        raise OddReturn(account=account)


def odd(turns: Iterable[Booked]) -> Odd:
    """Point out turns of one officer that stand at one time, and those with too little rest before them."""
    by_account: dict[str, list[Booked]] = defaultdict(list)
    for each in turns:
        by_account[each.account].append(each)
    doubles: set[str] = set()
    rests: dict[str, int] = {}
    for held in by_account.values():
        latest: Booked | None = None
        for each in sorted(held, key=lambda turn: (turn.starts, turn.key)):
            if latest is not None and each.starts < latest.until:
                doubles.update((latest.key, each.key))
            elif latest is not None and (rest := _apart(latest, each)) < REST:
                rests[each.key] = int(rest / timedelta(minutes=1))
            latest = each if latest is None or each.until >= latest.until else latest
    return Odd(frozenset(doubles), rests)


def _apart(earlier: Booked, later: Booked) -> timedelta:
    return timedelta(microseconds=later.starts - earlier.until)

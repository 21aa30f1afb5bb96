"""The roster: turns planned, swapped, taken off."""

from typing import NamedTuple

from commonwatch.access.actor import Actor, require
from commonwatch.desks.shifts import rules
from commonwatch.desks.shifts.facts import TurnCancelled, TurnPlanned, TurnSwapped
from commonwatch.desks.shifts.intake import (
    booked,
    micros,
    new_subject,
    now,
    officers,
    roster_label,
    text,
    turns,
)
from commonwatch.desks.shifts.models import Turn
from commonwatch.errors import Refusal, _
from commonwatch.register import log, node

MOST_NOTE = 200


class NoSuchOfficer(Refusal):
    """The account is not of the party, is closed, or its office does not take the watch: all alike."""

    code, status = "shifts.no-such-officer", 422
    says = _("“{account}” is no open account of your party whose office takes the watch.")
    hint = _("Choose one of: {known}.")


class NoSuchTurn(Refusal):
    """Absent, forbidden and taken off look alike."""

    code, status = "shifts.no-such-turn", 404
    says = _("There is no such shift on the roster.")
    hint = _("It may have been taken off.")


class Plan(NamedTuple):
    """What is put on the roster: an account for a shift of the pattern, on a day, so many times, days apart."""

    account: str
    shift: str
    date: str
    times: int = 1
    every: int = 1
    note: str = ""


@log.turn
def plan_roster(*, by: Actor, plan: Plan) -> list[str]:
    """Put an officer on the roster, once or several times, all or none; return the subjects.

    Two at one time and too little rest are pointed out on the page and not refused: the roster says what is planned.

    :raises NotMandated, NoSuchShift, DayUnclear, TooMany, OverAlready, NoSuchOfficer, PlannedAlready: naming what.
    """
    require(by, "shifts.plan-roster")
    shift = rules.shift_of(node.current().pack.duty.shifts, plan.shift)
    days = rules.days_of(rules.read_day(plan.date), times=plan.times, every=plan.every)
    _check_officer(plan.account, by=by)
    label, drafts = roster_label(by.party), []
    for each in [rules.stretch(shift, day) for day in days]:
        rules.check_ahead(each, now=now())
        starts, until = micros(each.starts), micros(each.until)
        _check_free(plan, each.day.isoformat(), by=by, starts=starts, until=until)
        fact = TurnPlanned(
            account=plan.account, shift=shift.code, date=each.day.isoformat(), starts=starts, until=until,
            note=text(plan.note.strip()[:MOST_NOTE]),
        )  # fmt: skip
        drafts.append(log.Draft(fact, new_subject("turn", by), label, settled=True))
    log.append_many(drafts, by=by)
    by.again()
    return [each.subject for each in drafts]


@log.turn
def swap_turn(*, by: Actor, turn: str, account: str, reason: str, against: str = "") -> None:
    """Give a turn to another officer; `against` names a turn of that officer's which goes the other way.

    :raises NotMandated, NoSuchTurn, NoSuchOfficer, SameOfficer, OddReturn, OverAlready, ReasonMissing: naming what.
    """
    require(by, "shifts.plan-roster")
    row, said = _turn(turn, by=by), rules.check_reason(reason)
    back = _turn(against, by=by) if against else None
    _check_officer(account, by=by)
    rules.check_swap(booked(row), account=account, against=booked(back) if back else None)
    label = roster_label(by.party)
    drafts = [log.Draft(TurnSwapped(account, said, back.key if back else ""), row.key, label)]
    if back is not None:
        drafts.append(log.Draft(TurnSwapped(row.account, said, row.key), back.key, label))
    log.append_many(drafts, by=by)


@log.turn
def cancel_turn(*, by: Actor, turn: str, reason: str) -> None:
    """Take a turn off the roster.

    :raises NotMandated, NoSuchTurn, OverAlready, ReasonMissing: naming what.
    """
    require(by, "shifts.plan-roster")
    row = _turn(turn, by=by)
    fact = TurnCancelled(rules.check_reason(reason))
    log.append(fact, by=by, subject=row.key, label=roster_label(by.party))


def _check_officer(account: str, *, by: Actor) -> None:
    known = officers(by.party)
    if account not in known:
        raise NoSuchOfficer(account=text(account), known=", ".join(known) or "-")


def _check_free(plan: Plan, date: str, *, by: Actor, starts: int, until: int) -> None:
    """Refuse to plan the same officer for the same shift twice."""
    there = turns(by, since=starts, until=until)
    if any(each.account == plan.account and each.shift == plan.shift and each.date == date for each in there):
        raise rules.PlannedAlready(account=plan.account, date=date)


def _turn(key: str, *, by: Actor) -> Turn:
    """Return a turn of the roster that is not over."""
    row = Turn.objects.visible_to(by).filter(key=text(key), party=by.party, cancelled=False).first()
    if row is None:
        raise NoSuchTurn
    if row.until <= node.current().clock():
        raise rules.OverAlready(date=row.date, days=rules.MOST_DAYS)
    return row

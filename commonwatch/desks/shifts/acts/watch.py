"""Taking the watch without a hand-over: the first time, for another shift, or because nobody handed it over."""

from commonwatch.access.actor import Actor, require
from commonwatch.desks.shifts import rules
from commonwatch.desks.shifts.facts import HandoverEnded, WatchTaken
from commonwatch.desks.shifts.intake import (
    log_label,
    micros,
    new_subject,
    open_handover,
    roster_label,
    shift_to_take,
    watch_now,
)
from commonwatch.desks.shifts.models import Watch
from commonwatch.register import log, node
from commonwatch.register.draft import Written
from commonwatch.ui.templatetags.cw import clock


@log.turn
def take_watch(*, by: Actor, seen: str, reason: str = "") -> str:
    """Take the watch; `seen` is the subject of the watch that the page showed, empty for nobody's. Return the new one.

    Of two officers who take it at once the first has it; the other is told who. Without a hand-over a reason is
    needed, and the watch is shown as taken without one.

    :raises NotMandated, TakenMeanwhile, WatchIsYours, ReasonMissing, NoShifts: naming what is wrong.
    """
    require(by, "shifts.take-watch")
    held = watch_now(by)
    check_not_taken(held, seen=seen)
    if held is None:
        return pass_watch(by, held, how="first")
    if held.account == by.account and node.current().clock() < held.until:
        raise rules.WatchIsYours(until=clock(held.until))
    said = rules.check_reason(reason)
    how = "stayed" if held.account == by.account else "without-handover"
    _overtake(by, reason=said)
    return pass_watch(by, held, how=how, reason=said)


def check_not_taken(held: Watch | None, *, seen: str) -> None:
    """Refuse when somebody took the watch since the page was shown.

    :raises TakenMeanwhile: naming who has it, and since when.
    """
    if held is not None and held.key != seen:
        raise rules.TakenMeanwhile(account=held.account, at=clock(held.at))


def pass_watch(
    by: Actor, held: Watch | None, *, how: str, reason: str = "", signed: Written | None = None
) -> str:
    """Write that the actor has the watch from here on; `signed` is the entry by which it was handed over."""
    taken = shift_to_take(held)
    fact = WatchTaken(
        shift=taken.shift.code,
        starts=micros(taken.starts),
        until=micros(taken.until),
        how=how,
        before=held.account if held else "",
        reason=reason,
        handover=signed.hash if signed else "",
    )
    subject = new_subject("watch", by)
    log.append(fact, by=by, subject=subject, label=roster_label(by.party), settled=True)
    by.again()
    return subject


def _overtake(by: Actor, *, reason: str) -> None:
    """End the hand-over that still waits: the watch goes another way."""
    row = open_handover(by)
    if row is not None:
        log.append(HandoverEnded("overtaken", reason), by=by, subject=row.key, label=log_label(by.party))

"""How the watch stands: who has it, who may take it, who comes next, and which hand-over is open."""

from datetime import timedelta

from commonwatch.access.actor import Actor
from commonwatch.access.seats import able
from commonwatch.desks.shifts.intake.place import micros, moment, now
from commonwatch.desks.shifts.models import Handover, Turn, Watch
from commonwatch.desks.shifts.rules import Booked, Stretch, to_take
from commonwatch.register import node

TAKES = "shifts.take-watch"


def officers(party: str) -> tuple[str, ...]:
    """List the accounts of a party that may have a shift now: open, in an office that takes the watch."""
    return able(party, mandate=TAKES)


def watch_now(by: Actor) -> Watch | None:
    """Return the watch as it stands for the actor's party: who took it last has it; None when nobody ever did."""
    return Watch.objects.visible_to(by).filter(party=by.party).order_by("-at", "-place").first()


def open_handover(by: Actor) -> Handover | None:
    """Return the hand-over of the actor's party that waits for its second signature."""
    rows = Handover.objects.visible_to(by).filter(party=by.party, state="signed")
    return rows.order_by("-signed_at").first()


def shift_to_take(held: Watch | None) -> Stretch:
    """Return the shift that somebody would take at this moment.

    :raises NoShifts: when the pack has none.
    """
    ends = moment(held.until) if held else None
    return to_take(node.current().pack.duty.shifts, now=now(), ends=ends)


def booked(row: Turn) -> Booked:
    """Return a turn as the rules need it."""
    return Booked(row.key, row.account, row.starts, row.until)


def turns(by: Actor, *, since: int, until: int) -> list[Turn]:
    """List the turns of the actor's party that touch a time (half-open, microseconds UTC), in order."""
    rows = Turn.objects.visible_to(by).filter(party=by.party, cancelled=False)
    return list(rows.filter(starts__lt=until, until__gt=since).order_by("starts", "shift", "account", "key"))


def next_officers(by: Actor, *, at: int) -> tuple[str, ...]:
    """Name the accounts planned for the shift that follows `at` (microseconds UTC)."""
    soon = micros(moment(at) + timedelta(minutes=1))
    return tuple(dict.fromkeys(each.account for each in turns(by, since=at, until=soon)))

"""What the ladder of reminders climbs of the exchange: every duty that is about to fall due, or has and is not met."""

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext

from commonwatch.access.actor import Actor
from commonwatch.access.waiting import Waiting
from commonwatch.desks.exchange import board
from commonwatch.desks.exchange.intake import micros
from commonwatch.desks.exchange.watching import LONG_AGO
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import clock, words

OPEN = frozenset({"due", "in_grace", "missing"})


def find(by: Actor) -> Iterator[Waiting]:
    """Yield the duties that wait for an actor: its own party's, and every party's for the Center."""
    drawn = board.board(by)
    watches = by.party == node.current().pack.center
    soonest = drawn.now + _ahead()
    for type_ in drawn.types:
        for party in drawn.parties:
            cell = drawn.cell(type_, party)
            if not (watches or party.code == by.party) or cell.duty is None:
                continue
            slot, status = cell.duty
            if status is None or status.timeliness not in OPEN:
                continue
            if slot.due_at <= soonest and drawn.now - slot.missing_at < LONG_AGO:
                yield _waiting(cell, slot.due_at <= drawn.now)


def _ahead() -> timedelta:
    """Return how long before the due time the first step of the ladder stands."""
    steps = node.current().pack.duty.ladder("duty")
    return timedelta(minutes=max(0, -steps[0].after)) if steps else timedelta()


def _waiting(cell: board.Cell, needs: bool) -> Waiting:  # noqa: FBT001 - said by its one caller
    assert cell.duty is not None  # noqa: S101 - only duties wait
    slot = cell.duty.slot
    names = {"party": words(cell.party.short), "type": words(cell.type.name), "period": slot.period}
    return Waiting(
        key=f"duty/{slot.type}/{slot.party}/{slot.period}",
        kind="duty",
        title=gettext("{party}: {type} for {period}").format(**names),
        text=gettext("Due at {due}.").format(due=clock(slot.due_at)),
        url=reverse("exchange:duty", args=[slot.type, slot.party, slot.period]),
        action=gettext("Open"),
        due_at=micros(slot.due_at),
        since=micros(slot.due_at),
        order=1,
        needs=needs,
    )

"""Epochs: closing the journals whose readers have changed, and going on in the next.

A turn that meets such a journal closes it by itself before it writes (`register.log`); `turn_over` closes all of them
at a time of the operator's choosing. What is written is the same, whichever comes first.
"""

from typing import NamedTuple

from commonwatch.register import audience, log, node
from commonwatch.register.models import Journal


class Due(NamedTuple):
    """A journal that has to be closed: who reads it, and who is its audience today (None: the pack has none)."""

    journal: int
    origin: str
    party: str
    audience: str
    were: tuple[str, ...]
    are: tuple[str, ...] | None

    @property
    def gone(self) -> tuple[str, ...]:
        """Who read until now and does not from now on."""
        return tuple(code for code in self.were if code not in (self.are or ()))

    @property
    def new(self) -> tuple[str, ...]:
        """Who reads from now on and did not until now."""
        return tuple(code for code in self.are or () if code not in self.were)


class Turned(NamedTuple):
    """A journal that was closed, and the origin in which its audience goes on; empty when there is none."""

    origin: str
    next: str


def due(at: node.Node) -> list[Due]:
    """List the open journals of parties written for here whose readers are no longer their audience, by origin."""
    rows = Journal.objects.filter(ours=True, closed=False).exclude(audience="").order_by("origin")
    return [_due(at, row) for row in rows if at.holds(row.party) and audience.is_due(at, row)]


def _due(at: node.Node, row: Journal) -> Due:
    target = audience.label_today(at, row)
    are = None if target is None else target.parties
    return Due(row.pk, row.origin, row.party, row.audience, audience.readers_of(row), are)


@log.turn
def turn_over() -> list[Turned]:
    """Close every journal that is due and carry what is open in it, all of them or none; nothing when none is due.

    Each is closed by its own party's register, in order of their origins.

    :raises NotAdopted: when the node runs with a pack that was not put in force.
    """
    return [Turned(each.origin, log.close(each.journal)) for each in due(node.current())]

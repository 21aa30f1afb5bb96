"""The acts of the shifts desk: the only modules in which it writes."""

from commonwatch.desks.shifts.acts.handing import (
    NoSuchHandover,
    accept_handover,
    came_since,
    end_handover,
    handover_of,
    sign_handover,
)
from commonwatch.desks.shifts.acts.lines import log_call, write_line
from commonwatch.desks.shifts.acts.roster import (
    NoSuchOfficer,
    NoSuchTurn,
    Plan,
    cancel_turn,
    plan_roster,
    swap_turn,
)
from commonwatch.desks.shifts.acts.watch import take_watch

__all__ = [
    "NoSuchHandover",
    "NoSuchOfficer",
    "NoSuchTurn",
    "Plan",
    "accept_handover",
    "came_since",
    "cancel_turn",
    "end_handover",
    "handover_of",
    "log_call",
    "plan_roster",
    "sign_handover",
    "swap_turn",
    "take_watch",
    "write_line",
]

"""What a party owes, read in this machine's node."""

from typing import Any

from commonwatch.access.actor import require
from commonwatch.config.commands.submitting import actor
from commonwatch.desks.exchange import board
from commonwatch.desks.exchange.intake import now, party_code


def duties(seat: str, *, party: str = "") -> list[dict[str, Any]]:
    """List the duties of a party (the seat's own unless another is named), the most pressing first.

    :raises NotMandated, UnknownParty, BadSeat: naming what is wrong.
    """
    by = actor(seat)
    require(by, "exchange.see-board")
    at = now()
    return [
        {
            "type": each.slot.type,
            "party": each.slot.party,
            "period": each.slot.period,
            "due_at": each.slot.due_at.isoformat(),
            "missing_at": each.slot.missing_at.isoformat(),
            "timeliness": each.status.timeliness,
            "content": each.status.content,
            "minutes_left": int((each.slot.due_at - at).total_seconds() // 60),
        }
        for each in board.duties(by, party=party_code(party or by.party))
        if each.status is not None
    ]

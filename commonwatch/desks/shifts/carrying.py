"""What becomes of the desk's open subjects when a journal closes: nothing, for theirs never do.

Roster, watch, log, calls and hand-overs are read by the party alone that writes them. Such a journal is never out of
date (docs/decisions/0012-epochs.md), so nothing of it has to be closed or carried. Cards are the exchange's own.
"""

from commonwatch.register import audience
from commonwatch.register.audience import Carried, Move


@audience.carries("shifts")
def carry(_move: Move) -> Carried:
    """Carry nothing: no subject of this desk stands in a journal that others read."""
    return Carried()

"""What becomes of open drills when a journal closes."""

from commonwatch.register import audience
from commonwatch.register.audience import Carried, Move


@audience.carries("drills")
def carry(_move: Move) -> Carried:
    """Carry nothing: a drill is over by itself within the hour, and its result is computed from where it was written.

    A plan and a part are read by parties that are named one by one, so their journals are never out of date. A call
    whose named audience changes in its midst takes no more acknowledgements; the Center writes them down, or calls
    again. A kept score is closed when it is written.
    """
    return Carried()

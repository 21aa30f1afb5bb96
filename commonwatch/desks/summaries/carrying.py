"""What becomes of summaries when a journal closes: nothing has to be carried.

A summary says what was known when it was released, to those who could read it then, and goes on saying so. Who joins
is not told what was summed up before; who left reads the closed journal further. What is still to be acknowledged
falls away with its readers. A later version or a withdrawal would reach other readers than the
summary did: the acts refuse it, and a new summary says what it replaces (docs/decisions/0020-summaries.md).
"""

from commonwatch.register import audience
from commonwatch.register.audience import Carried, Move


@audience.carries("summaries")
def carry(_move: Move) -> Carried:
    """Carry nothing; see above."""
    return Carried()

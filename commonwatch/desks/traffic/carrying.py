"""What becomes of questions and relays when a journal closes because its readers have changed.

An open question is closed there, for who is asked could not answer it any more; its asker asks it anew, of those who
read today. Nothing is carried: what was asked is content, and content is told to new readers by its writer alone. A
relay is over with its journal: it said what was passed on and to whom, and that stands; who had not acknowledged it
then is telephoned.
"""

from commonwatch.desks.traffic.facts import QuestionClosed
from commonwatch.desks.traffic.models import Question
from commonwatch.register import audience
from commonwatch.register.audience import Carried, Move
from commonwatch.register.draft import Draft


@audience.carries("traffic")
def carry(move: Move) -> Carried:
    """Close the open questions of a journal that is being closed."""
    rows = Question.objects.visible_to(move.eyes).filter(journal=move.journal, state="open").order_by("key")
    fact = QuestionClosed(how="readers-changed")
    return Carried(closing=tuple(Draft(fact, row.key, move.label) for row in rows))

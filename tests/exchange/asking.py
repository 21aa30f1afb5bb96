"""Questions as the traffic desk writes them, for tests of what the exchange folds of them."""

from commonwatch.charter.label import Label
from commonwatch.desks.traffic.facts import QuestionAnswered, QuestionAsked, QuestionClosed, QuestionRefused
from commonwatch.register import log


@log.turn
def ask(*, by, name, to, due, type_="D1", period="", level="H1"):
    """Ask a party something about its duty, so that the two alone read it."""
    label = Label(level=level, parties=tuple(sorted({by.party, to})))
    subject = f"question/{by.party}/{name}"
    fact = QuestionAsked(to=to, text="SAMPLE: Which bridge?", due=due, type=type_, owes=to, period=period)
    log.append(fact, by=by, subject=subject, label=label)
    by.again()
    return subject, label


@log.turn
def reply(*, by, question, refused=False):
    """Answer, or refuse to."""
    subject, label = question
    fact = (
        QuestionRefused(reason="SAMPLE: not known")
        if refused
        else QuestionAnswered(text="SAMPLE: the old one")
    )
    log.append(fact, by=by, subject=subject, label=label)


@log.turn
def close(*, by, question, how):
    """Close one's own question."""
    subject, label = question
    log.append(QuestionClosed(how=how), by=by, subject=subject, label=label)

"""The shift log and calls to posts: lines are added, and struck by others; none is changed."""

from commonwatch.access.actor import Actor, require
from commonwatch.desks.shifts import rules
from commonwatch.desks.shifts.facts import CallLogged, LineStruck, LineWritten
from commonwatch.desks.shifts.intake import cite, log_label, micros, new_subject, now, text
from commonwatch.desks.shifts.models import Line
from commonwatch.register import log, node


@log.turn
def write_line(*, by: Actor, sort: str, said: str, cites: str = "", strikes: str = "") -> str:
    """Write a line into the log of the shift; return its subject.

    `cites` holds keys or addresses of what it speaks of, `strikes` the subject of the line that it corrects.

    :raises NotMandated, NoSuchSort, TextMissing, NothingThere, TooManyCited, NoSuchLine, StruckAlready: naming what.
    """
    require(by, "shifts.write-log")
    label = log_label(by.party)
    body = rules.check_line(sort, said)
    found = cite(rules.cited_keys(cites), by=by, label=label)
    earlier = _standing(strikes, by=by).key if strikes else ""
    subject = new_subject("line", by)
    drafts = [
        log.Draft(LineWritten(sort, body, found.keys, earlier), subject, label, found.refs, settled=True)
    ]
    if earlier:
        drafts.append(log.Draft(LineStruck(subject), earlier, label))
    log.append_many(drafts, by=by)
    by.again()
    return subject


@log.turn
def log_call(  # noqa: PLR0913 - what is noted of a call, by name
    *,
    by: Actor,
    party: str,
    outcome: str,
    about: str = "",
    promised: str = "",
    note: str = "",
    test: bool = False,
) -> str:
    """Write down that a party's post was called, and what came of it; return the subject.

    `about` names the duty or subject that it was about, `promised` the time (HH:MM, UTC) by which something was
    promised. A test call is about nothing else than whether the post answers.

    :raises NotMandated, NoSuchPost, NoSuchOutcome, NoteMissing, HourUnclear, NothingThere: naming what is wrong.
    """
    require(by, "shifts.log-call")
    pack, label = node.current().pack, log_label(by.party)
    if not pack.has_party(party):
        raise rules.NoSuchPost(party=text(party)[:40])
    said, until = rules.check_call(outcome, note=note, promised=promised, now=now())
    keys = rules.cited_keys(about) if about and not test else ()
    found = cite(keys[:1], by=by, label=label)
    fact = CallLogged(
        party=party,
        outcome=outcome,
        about=found.keys[0] if found.keys else "",
        promised_at=micros(until) if until else None,
        note=said,
        test=test,
    )
    subject = new_subject("call", by)
    log.append(fact, by=by, subject=subject, label=label, refs=found.refs, settled=True)
    by.again()
    return subject


def _standing(key: str, *, by: Actor) -> Line:
    """Return a line of one's own log that was not struck.

    :raises NoSuchLine, StruckAlready: absent and forbidden alike.
    """
    row = Line.objects.visible_to(by).filter(key=text(key), party=by.party).first()
    if row is None:
        raise rules.NoSuchLine
    if row.struck_by:
        raise rules.StruckAlready
    return row

"""What acts and pages look for alike: a report within reach, who may be asked about it, under which label."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from commonwatch.access.actor import Actor
from commonwatch.charter.label import EVERYBODY, Label, spelled_out
from commonwatch.charter.model import InformationType, Level
from commonwatch.desks.traffic import rules
from commonwatch.desks.traffic.models import Answer, Question, Relay, Reported
from commonwatch.register import node
from commonwatch.register.audience import label_of_journal
from commonwatch.register.gate import Reader
from commonwatch.ui.templatetags.cw import party_name, words

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Asked(NamedTuple):
    """A question as somebody asks it. `due` is microseconds UTC; None takes the pack's time for it.

    `readers` is "all" (everybody who reads the report), "two" (who asks and who is asked alone) or "named": then
    `level` and `audience` say which. `type`, `owes` and `period` name a duty where there is no report.
    """

    to: str
    text: str
    urgency: str = "routine"
    wants: str = "answer"
    due: int | None = None
    report: str = ""
    part: str = ""
    type: str = ""
    owes: str = ""
    period: str = ""
    readers: str = "two"
    level: str = ""
    audience: str = ""


def now() -> int:
    """Return the node's present moment in microseconds UTC."""
    return node.current().clock()


def moment(at: int) -> datetime:
    """Return microseconds UTC as an aware moment."""
    return EPOCH + timedelta(microseconds=at)


def micros(text: str) -> int | None:
    """Read a moment as forms send it (without an offset it is UTC), in microseconds; None when left out.

    :raises DueUnreadable: when it is none.
    """
    if not text.strip():
        return None
    try:
        read = datetime.fromisoformat(text.strip())
        aware = read if read.tzinfo else read.replace(tzinfo=UTC)
        return (aware - EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError) as error:
        raise rules.DueUnreadable(text=text[:40]) from error


def type_of(code: str) -> InformationType | None:
    """Return an information type; None when the pack has it no more."""
    pack = node.current().pack
    return pack.type(code) if pack.has_type(code) else None


def writer(party: str, office: str) -> str:
    """Name who wrote: the party and the office."""
    offices = {each.code: words(each.name) for each in node.current().pack.offices}
    return f"{party_name(party)}, {offices.get(office, office)}"


def reported(key: str, *, by: Reader) -> Reported:
    """Return what is heard of a report or release within reach.

    :raises NoSuchNotice: absent and forbidden alike.
    """
    rows = Reported.objects.visible_to(by).select_related("journal")
    row = rows.filter(key=key).first() if key and "\0" not in key else None
    if row is None:
        raise rules.NoSuchNotice
    return row


def question_of(key: str, *, by: Reader) -> Question:
    """Return a question within reach.

    :raises NoSuchQuestion: absent and forbidden alike.
    """
    rows = Question.objects.visible_to(by).select_related("journal")
    row = rows.filter(key=key).first() if "\0" not in key else None
    if row is None:
        raise rules.NoSuchQuestion
    return row


def relay_of(key: str, *, by: Reader) -> Relay:
    """Return a relay within reach.

    :raises NoSuchRelay: absent and forbidden alike.
    """
    rows = Relay.objects.visible_to(by).select_related("journal")
    row = rows.filter(key=key).first() if "\0" not in key else None
    if row is None:
        raise rules.NoSuchRelay
    return row


def answers_to(row: Question, *, by: Reader) -> list[Answer]:
    """List what the party asked has answered, the first first; what others add is none of its words."""
    found = Answer.objects.visible_to(by).filter(question=row.key, party=row.to)
    return list(found.order_by("at", "entry"))


def label_of(row: Question | Relay | Reported) -> Label:
    """Return a row's label in full: that of its journal, with the party that wrote it."""
    return spelled_out(label_of_journal(row.journal), originator=row.party)


def reads(label: Label, party: str) -> bool:
    """Say whether a label in full names a party, or everybody."""
    return label.parties == EVERYBODY or party in label.parties


def label_about(row: Reported, *, by: Actor, to: str, readers: str) -> Label:
    """Return the label of a question on a report: the report's own, or the same for two parties alone.

    :raises AskedCannotRead: when the party asked may not read the report.
    :raises ReadersChanged, Unknown: when not all of its readers can be told, or the choice is none.
    """
    whole = label_of(row)
    if not reads(whole, to):
        raise rules.AskedCannotRead(party=party_name(to), writer=party_name(row.party))
    if rules.check_choice(readers, ("all", "two")) == "two":
        return Label(level=whole.level, categories=whole.categories, parties=(by.party, to))
    if row.journal.closed:
        raise rules.ReadersChanged
    return whole


def label_alone(*, by: Actor, to: str, readers: str, level: str, audience: str) -> Label:
    """Return the label of a question on no report: for the two alone, or for an audience of the pack.

    :raises LabelUnknown: when level or audience cannot be chosen.
    :raises AskedCannotRead: when the party asked is not in the audience.
    """
    at = node.current()
    pack = at.pack
    chosen = level or pack.labels.internal
    allowed = {each.code for each in levels_for(by)}
    if rules.check_choice(readers, ("two", "named")) == "two":
        parties: tuple[str, ...] = (by.party, to)
    elif pack.has_audience(audience):
        parties = pack.readers(audience, originator=by.party, on=node.today(at))
    else:
        parties = EVERYBODY
    if chosen not in allowed or parties == EVERYBODY:
        raise rules.LabelUnknown(level=chosen, audience=audience or readers)
    if to not in parties:
        raise rules.AskedCannotRead(party=party_name(to), writer=party_name(by.party))
    return Label(level=chosen, parties=(*parties, by.party))


def levels_for(by: Actor) -> list[Level]:
    """List the levels at which an office may ask, the lowest first."""
    scheme = node.current().pack.labels
    highest = scheme.ranks.get(by.viewer.clearance, -1)
    known = sorted(scheme.levels, key=lambda each: each.rank)
    return [each for each in known if each.rank <= highest and not each.stub_only]


def recipients_of(row: Reported) -> tuple[str, ...]:
    """List to whom a notice can be relayed: who may read it today, but the Center, its writer and whose notice it is.

    What everybody may read is relayed to who learns that such a notice was sent.
    """
    label = label_of(row)
    wanted = should_get(row) if label.parties == EVERYBODY else label.parties
    return tuple(each.code for each in node.current().pack.parties if each.code in set(wanted) - _apart(row))


def should_get(row: Reported) -> tuple[str, ...]:
    """List who should get a notice: the audience that learns that one was sent, but the Center and its writer."""
    at = node.current()
    type_ = type_of(row.type)
    if type_ is None or not at.pack.has_audience(type_.status):
        return ()
    named = at.pack.readers(type_.status, originator=row.owes, on=node.today(at))
    known = {each.code for each in at.pack.parties} if named == EVERYBODY else set(named)
    return tuple(each.code for each in at.pack.parties if each.code in known - _apart(row))


def _apart(row: Reported) -> set[str]:
    return {node.current().pack.center, row.party, row.owes}

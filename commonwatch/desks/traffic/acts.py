"""The acts of the traffic desk: ask, answer, refuse, close; relay, acknowledge, write a call down."""

from collections.abc import Iterable

from commonwatch.access.actor import Actor, require
from commonwatch.charter.label import flows
from commonwatch.desks.traffic import rules
from commonwatch.desks.traffic.facts import (
    NoticeRelayed,
    QuestionAnswered,
    QuestionAsked,
    QuestionClosed,
    QuestionRefused,
    RelayAcknowledged,
    RelayCalled,
)
from commonwatch.desks.traffic.intake import (
    Asked,
    answers_to,
    label_about,
    label_alone,
    label_of,
    moment,
    now,
    question_of,
    recipients_of,
    relay_of,
    reported,
    type_of,
    writer,
)
from commonwatch.desks.traffic.models import Acknowledgement, Question, Relay, Reported
from commonwatch.journal.entry import new_id
from commonwatch.register import history, log, node
from commonwatch.register.audience import label_of_journal
from commonwatch.ui.templatetags.cw import party_name


@log.turn
def ask_question(*, by: Actor, question: Asked) -> str:
    """Ask a party something; return the subject of the question.

    :raises NotMandated, NoSuchNotice, NobodyAsked, AskedCannotRead, ReadersChanged, LabelUnknown, TextMissing,
        TextTooLong, NoSuchPart, Unknown, DueOutOfBounds, NotUrgent: naming what is wrong.
    """
    require(by, "traffic.ask-question")
    pack = node.current().pack
    text = rules.check_text(question.text)
    rules.check_choice(question.urgency, rules.URGENCIES)
    rules.check_choice(question.wants, rules.WANTS)
    if question.to == by.party or not pack.has_party(question.to):
        raise rules.NobodyAsked
    row = reported(question.report, by=by) if question.report else None
    _check_about(question, row)
    due = rules.due_at(
        question.due, now=now(), wants=question.wants, urgency=question.urgency, timers=pack.duty.timers
    )
    if row is not None:
        label = label_about(row, by=by, to=question.to, readers=question.readers)
    else:
        label = label_alone(
            by=by, to=question.to, readers=question.readers, level=question.level, audience=question.audience
        )
    fact = QuestionAsked(
        to=question.to,
        text=text,
        due=due,
        urgency=question.urgency,
        wants=question.wants,
        report=row.key if row else "",
        part=question.part,
        type=row.type if row else question.type,
        owes=row.owes if row else (question.owes if question.type else ""),
        period=row.period if row else (question.period if question.type else ""),
    )
    subject = _new("question", by.party)
    log.append(fact, by=by, subject=subject, label=label, refs=_cited(row, by=by), settled=True)
    by.again()
    return subject


def _check_about(question: Asked, row: Reported | None) -> None:
    """Hold what is asked about to the pack, and what is wanted to the report that it is wanted of."""
    pack = node.current().pack
    if row is None:
        rules.check_choice(question.wants, ("answer",))
        if question.type and not (pack.has_type(question.type) and pack.has_party(question.owes)):
            raise rules.Unknown(given=question.type[:40], known=[each.code for each in pack.types])
        if question.period[20:]:
            raise rules.Unknown(given=question.period[:40], known=["2026-09-14", "2026-W38"])
    type_ = type_of(row.type if row else question.type)
    rules.check_part(question.part, type_)
    if row is not None and question.wants == "confirmation":
        rules.check_urgent(type_, code=row.type, state=row.state)
    if row is not None and question.wants == "release" and question.to != row.party:
        raise rules.AskedCannotRead(party=party_name(question.to), writer=party_name(row.party))


def _new(kind: str, party: str) -> str:
    """Mint the name of a subject."""
    at = node.current()
    return f"{kind}/{party}/{new_id(millis=at.clock() // 1000, random=at.random(10))}"


def _cited(row: Reported | None, *, by: Actor) -> tuple[log.Written, ...]:
    """Return where the last entry of a report stands, to be cited."""
    return () if row is None else _place(row.last_entry, by=by)


def _place(entry: str, *, by: Actor) -> tuple[log.Written, ...]:
    found = history.entry(entry, reader=by)
    return () if found is None else (history.past(found).place,)


@log.turn
def answer_question(  # noqa: PLR0913 - what an answer says
    *, by: Actor, question: str, text: str, outcome: str = "", report: str = "", supplement: bool = False
) -> None:
    """Answer a question that one's party was asked; a second answer only as an explicit supplement.

    `report` is the subject of a report that holds the answer, when there is one.

    :raises NoSuchQuestion, NotAsked, AnsweredAlready, TextMissing, TextTooLong, OutcomeMissing, Unknown, NoSuchNotice,
        AnswerElsewhere: naming what is wrong.
    """
    require(by, "traffic.answer-question")
    row, before = _to_answer(question, by=by, supplement=supplement)
    said = rules.check_text(text)
    if row.wants == "confirmation" and not outcome and not before:
        raise rules.OutcomeMissing
    if outcome:
        rules.check_choice(outcome, rules.OUTCOMES if row.wants == "confirmation" else ("",))
    refs = _place(row.entry, by=by) + _holding(report, row, by=by)
    fact = QuestionAnswered(text=said, outcome=outcome, report=report, supplement=before)
    log.append(fact, by=by, subject=row.key, label=label_of_journal(row.journal), refs=refs)
    by.again()


@log.turn
def refuse_question(*, by: Actor, question: str, reason: str) -> None:
    """Say why a question that one's party was asked is not answered.

    :raises NoSuchQuestion, NotAsked, AnsweredAlready, TextMissing, TextTooLong: naming what is wrong.
    """
    require(by, "traffic.answer-question")
    row, _before = _to_answer(question, by=by, supplement=False)
    fact = QuestionRefused(reason=rules.check_text(reason))
    refs = _place(row.entry, by=by)
    log.append(fact, by=by, subject=row.key, label=label_of_journal(row.journal), refs=refs)
    by.again()


def _to_answer(key: str, *, by: Actor, supplement: bool) -> tuple[Question, bool]:
    """Return a question that one may answer, and whether it was answered before."""
    row = question_of(key, by=by)
    if row.to != by.party:
        raise rules.NotAsked(party=party_name(row.to))
    before = answers_to(row, by=by)
    if before and not supplement:
        first = before[0]
        who = f"{writer(first.party, first.office)} ({first.account})"
        raise rules.AnsweredAlready(who=who, at=f"{moment(first.at):%Y-%m-%d %H:%M}")
    return row, bool(before)


def _holding(report: str, row: Question, *, by: Actor) -> tuple[log.Written, ...]:
    """Return the entry of a report that holds the answer; everybody who reads the question must be able to read it."""
    if not report:
        return ()
    held = reported(report, by=by)
    if not flows(label_of(held), label_of(row), scheme=node.current().pack.labels):
        raise rules.AnswerElsewhere
    return _cited(held, by=by)


@log.turn
def close_question(*, by: Actor, question: str, how: str, ground: str = "") -> None:
    """Close a question of one's own: "satisfied" by an answer, or "withdrawn" with a ground.

    :raises NoSuchQuestion, NotTheAsker, ClosedAlready, NotAnsweredYet, TextMissing, TextTooLong, Unknown: naming what
        is wrong.
    """
    require(by, "traffic.close-question")
    row = question_of(question, by=by)
    if row.party != by.party:
        raise rules.NotTheAsker(party=party_name(row.party))
    if row.state != "open":
        raise rules.ClosedAlready
    rules.check_choice(how, ("satisfied", "withdrawn"))
    if how == "satisfied" and not answers_to(row, by=by):
        raise rules.NotAnsweredYet
    said = rules.check_text(ground) if how == "withdrawn" or ground.strip() else ""
    fact = QuestionClosed(how=how, ground=said)
    log.append(fact, by=by, subject=row.key, label=label_of_journal(row.journal))
    by.again()


@log.turn
def relay_notice(
    *, by: Actor, notice: str, recipients: Iterable[str], remark: str = "", within: int | None = None
) -> str:
    """Pass an urgent notice on as it stands, to be acknowledged `within` so many minutes; return the relay's subject.

    :raises NoSuchNotice, NotUrgent, NoticeWithdrawn, NobodyMayRead, NoRecipient, RelayedAlready, WithinOutOfBounds,
        TextTooLong: naming what is wrong.
    """
    require(by, "traffic.relay-notice")
    row = reported(notice, by=by)
    rules.check_urgent(type_of(row.type), code=row.type, state=row.state)
    chosen = rules.check_recipients(recipients, possible=recipients_of(row), writer=party_name(row.party))
    minutes = rules.check_within(within, timers=node.current().pack.duty.timers)
    before = Relay.objects.visible_to(by).filter(notice=row.key, version__gte=row.versions, party=by.party)
    if again := before.order_by("relayed_at").first():
        raise rules.RelayedAlready(at=f"{moment(again.relayed_at):%Y-%m-%d %H:%M}")
    fact = NoticeRelayed(
        notice=row.key,
        type=row.type,
        owes=row.owes,
        recipients=chosen,
        due=now() + minutes * rules.MINUTE,
        version=row.versions,
        remark=rules.check_text(remark) if remark.strip() else "",
    )
    subject, label = _new("relay", by.party), label_of(row)
    log.append(fact, by=by, subject=subject, label=label, refs=_cited(row, by=by), settled=True)
    by.again()
    return subject


@log.turn
def acknowledge_relay(*, by: Actor, relay: str) -> None:
    """Take note of a relay for one's party.

    :raises NoSuchRelay, NotARecipient, AcknowledgedAlready: naming what is wrong.
    """
    require(by, "traffic.acknowledge-relay")
    row = relay_of(relay, by=by)
    _check_waits(row, by.party, by=by)
    fact = RelayAcknowledged(version=row.version)
    refs = _place(row.entry, by=by)
    log.append(fact, by=by, subject=row.key, label=label_of_journal(row.journal), refs=refs)
    by.again()


@log.turn
def log_call(*, by: Actor, relay: str, party: str, outcome: str, note: str = "") -> None:
    """Write down that a recipient was telephoned, and what came of it: "acknowledged", "no-answer", "unreachable".

    :raises NoSuchRelay, NotARecipient, AcknowledgedAlready, Unknown, TextTooLong: naming what is wrong.
    """
    require(by, "traffic.log-call")
    row = relay_of(relay, by=by)
    if row.party != by.party:
        raise rules.NoSuchRelay
    _check_waits(row, party, by=by)
    rules.check_choice(outcome, rules.CALLS)
    said = rules.check_text(note) if note.strip() else ""
    fact = RelayCalled(party=party, outcome=outcome, note=said)
    log.append(fact, by=by, subject=row.key, label=label_of_journal(row.journal))
    by.again()


def _check_waits(row: Relay, party: str, *, by: Actor) -> None:
    """Refuse what is said of somebody to whom it was not relayed, or who has acknowledged it itself."""
    if party not in row.parties:
        raise rules.NotARecipient(party=party_name(party[:40]))
    known = Acknowledgement.objects.visible_to(by).filter(relay=row.key, party=party).first()
    if known is not None:
        raise rules.AcknowledgedAlready(party=party_name(party), at=f"{moment(known.at):%Y-%m-%d %H:%M}")

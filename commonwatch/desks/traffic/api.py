"""Questions and relays for programs: what goes in and comes out, made of what the pages read.

The addresses stand in `config.programs`, which puts the desks' parts of the interface together.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from commonwatch.access.actor import Actor
from commonwatch.desks.traffic import acts, board
from commonwatch.desks.traffic.board import Passed, Recipient, Thread
from commonwatch.desks.traffic.intake import moment, question_of, relay_of
from commonwatch.desks.traffic.models import Answer

MOST = 400
QUESTION = "question/CRC/01a09e49-5080-7d35-9c1b-d24196b5ac83"
RELAY = "relay/CRC/01a09e49-5080-7d35-9c1b-d24196b5ac83"
REPORT = "report/BY/01a09e49-5080-7d35-9c1b-d24196b5ac83"
MOMENT = "2026-09-14T05:00:00+00:00"


def says(about: str, *examples: Any) -> Any:
    """Describe a field and give examples of it."""
    return Meta(description=about, examples=list(examples))


At = Annotated[str, says("When (RFC 3339, UTC).", MOMENT)]


# What goes in


class AnswerSent(Struct, forbid_unknown_fields=True):
    """An answer to a question that your party was asked."""

    text: Annotated[str, says("The answer.", "Three, as reported")]
    outcome: Annotated[
        Literal["", "confirmed", "refuted", "partly"],
        says("Where a confirmation is wanted: what the notice is.", ""),
    ] = ""
    report: Annotated[str, says("The report that holds the answer, when there is one.", "")] = ""
    supplement: Annotated[bool, says("It adds to an answer that was sent before.", False)] = False


class ReasonSent(Struct, forbid_unknown_fields=True):
    """Why a question is not answered."""

    reason: Annotated[str, says("Why; who asked sees it.", "It is not ours to say")]


# What comes out


class AnswerShown(Struct):
    """One answer, or the reason for not answering."""

    party: Annotated[str, says("The party that answered.", "BY")]
    office: Annotated[str, says("The office that wrote it.", "na-officer")]
    at: At
    text: Annotated[str, says("The answer, or the reason.", "Three, as reported")]
    refused: Annotated[bool, says("It is a reason for not answering.", False)]
    supplement: Annotated[bool, says("It adds to an earlier one.", False)]
    outcome: Annotated[str, says("confirmed, refuted or partly, where a confirmation was wanted.", "")]
    report: Annotated[str, says("The report that holds the answer.", "")]


class QuestionShown(Struct):
    """A question as it stands."""

    question: Annotated[str, says("The name of the question, in every later request.", QUESTION)]
    party: Annotated[str, says("The party that asks.", "CRC")]
    to: Annotated[str, says("The party that is asked.", "BY")]
    text: Annotated[str, says("The question.", "How many?")]
    urgency: Annotated[str, says("routine or urgent.", "routine")]
    wants: Annotated[str, says("answer, confirmation or release.", "answer")]
    asked_at: At
    due_at: At
    state: Annotated[str, says("open, satisfied, withdrawn or readers-changed.", "open")]
    report: Annotated[str, says("The report that it is on; empty for none.", REPORT)]
    part: Annotated[str, says("The field of the report that it is on.", "events")]
    type: Annotated[str, says("The information type that it is on.", "D1")]
    owes: Annotated[str, says("The party whose duty it is on.", "BY")]
    period: Annotated[str, says("The period that it is on.", "2026-09-14")]
    answers: Annotated[list[AnswerShown], says("The answers, the first first.", [])]


class Questions(Struct):
    """The open questions that your party was asked, what is due first."""

    questions: list[QuestionShown]


class RecipientShown(Struct):
    """How a recipient stands with a relay."""

    party: Annotated[str, says("The recipient.", "BY")]
    acknowledged_at: Annotated[
        str | None, says("When it took note, by itself or by telephone; null for not yet.", None)
    ]
    by_telephone: Annotated[bool, says("It was told so by telephone.", False)]


class RelayShown(Struct):
    """A relay of an urgent notice."""

    relay: Annotated[str, says("The name of the relay, in every later request.", RELAY)]
    notice: Annotated[str, says("The report or release that was relayed.", REPORT)]
    version: Annotated[int, says("Which of its versions.", 1)]
    type: Annotated[str, says("The information type.", "U1")]
    owes: Annotated[str, says("Whose notice it is.", "KZ")]
    relayed_at: At
    due_at: At
    remark: Annotated[str, says("The remark of the Center.", "")]
    recipients: list[RecipientShown]


class RelaysShown(Struct):
    """The latest relays that you may read, the newest first."""

    relays: list[RelayShown]


INS = (AnswerSent, ReasonSent)
OUTS = (QuestionShown, Questions, RelayShown, RelaysShown)


def _when(at: int) -> str:
    return moment(at).isoformat()


def _answer(row: Answer) -> AnswerShown:
    return AnswerShown(
        party=row.party,
        office=row.office,
        at=_when(row.at),
        text=row.text,
        refused=row.refused,
        supplement=row.supplement,
        outcome=row.outcome,
        report=row.report,
    )


def question_out(each: Thread) -> QuestionShown:
    """Describe a question with its answers."""
    row = each.row
    return QuestionShown(
        question=row.key,
        party=row.party,
        to=row.to,
        text=row.text,
        urgency=row.urgency,
        wants=row.wants,
        asked_at=_when(row.asked_at),
        due_at=_when(row.due),
        state=row.state,
        report=row.report,
        part=row.part,
        type=row.type,
        owes=row.owes,
        period=row.period,
        answers=[_answer(one) for one in each.answers],
    )


def relay_out(each: Passed) -> RelayShown:
    """Describe a relay with its recipients."""
    row = each.row
    return RelayShown(
        relay=row.key,
        notice=row.notice,
        version=row.version,
        type=row.type,
        owes=row.owes,
        relayed_at=_when(row.relayed_at),
        due_at=_when(row.due),
        remark=row.remark,
        recipients=[_recipient(one) for one in each.recipients],
    )


def _recipient(one: Recipient) -> RecipientShown:
    at = one.told_at
    return RecipientShown(
        one.party, None if at is None else _when(at), at is not None and one.acknowledged is None
    )


def questions(by: Actor) -> Questions:
    """List the open questions that the actor's party was asked."""
    rows = list(board.open_for(by)[:MOST])
    board.look(by, *rows, how="api")
    return Questions([question_out(each) for each in board.threads(rows, by=by)])


def question(by: Actor, key: str) -> QuestionShown:
    """Give one question.

    :raises NoSuchQuestion: absent and forbidden alike.
    """
    row = question_of(key, by=by)
    board.look(by, row, how="api")
    return question_out(board.threads([row], by=by)[0])


def answer(by: Actor, key: str, sent: AnswerSent) -> QuestionShown:
    """Answer a question, and give it as it then stands."""
    acts.answer_question(
        by=by,
        question=key,
        text=sent.text,
        outcome=sent.outcome,
        report=sent.report,
        supplement=sent.supplement,
    )
    return question(by, key)


def refuse(by: Actor, key: str, sent: ReasonSent) -> QuestionShown:
    """Say why a question is not answered, and give it as it then stands."""
    acts.refuse_question(by=by, question=key, reason=sent.reason)
    return question(by, key)


def relays(by: Actor) -> RelaysShown:
    """List the latest relays within reach."""
    rows = list(board.relays(by)[:MOST])
    board.look(by, *rows, how="api")
    return RelaysShown([relay_out(each) for each in board.passed(rows, by=by)])


def relay(by: Actor, key: str) -> RelayShown:
    """Give one relay.

    :raises NoSuchRelay: absent and forbidden alike.
    """
    row = relay_of(key, by=by)
    board.look(by, row, how="api")
    return relay_out(board.passed([row], by=by)[0])


def acknowledge(by: Actor, key: str) -> RelayShown:
    """Take note of a relay for the actor's party, and give it as it then stands."""
    acts.acknowledge_relay(by=by, relay=key)
    return relay(by, key)

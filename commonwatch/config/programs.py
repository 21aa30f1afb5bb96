"""The interface for programs as a whole: the exchange's own part, and what other desks put beside it."""

from django.http import HttpRequest, HttpResponse

from commonwatch.desks.exchange import described
from commonwatch.desks.exchange.api import READING, WRITING, answer, api, reader, writer
from commonwatch.desks.exchange.described import Text
from commonwatch.desks.traffic import api as traffic
from commonwatch.desks.traffic import rules
from commonwatch.formats import strict
from commonwatch.journal.entry import TooLarge
from commonwatch.ui import errors

__all__ = ["api"]

described.also(
    structures=(*traffic.INS, *traffic.OUTS),
    tags=(
        {
            "name": "questions",
            "description": "What your party was asked; answers, and reasons for not answering.",
        },
        {
            "name": "relays",
            "description": "Urgent notices that the Center passed on, and who has acknowledged them.",
        },
    ),
    parameters={
        "question": {"description": "The name of a question, with its slashes.", "example": traffic.QUESTION},
        "relay": {"description": "The name of a relay, with its slashes.", "example": traffic.RELAY},
    },
)

SENDING = (*WRITING, TooLarge, errors.TooLarge)
ANSWERING = (
    *SENDING,
    rules.NoSuchQuestion,
    rules.NotAsked,
    rules.AnsweredAlready,
    rules.TextMissing,
    rules.TextTooLong,
)


@api.get(
    "/questions",
    **described.operation(
        "List the questions asked of you",
        tag="questions",
        answers={200: ("The open questions, what is due first.", traffic.Questions)},
        refusals=READING,
    ),
)
def list_questions(request: HttpRequest) -> HttpResponse:
    """List the open questions that the caller's party was asked, each with what was answered already."""
    return answer(traffic.questions(reader(request)))


@api.post(
    "/questions/{path:question}/answer",
    **described.operation(
        "Answer a question",
        tag="questions",
        takes=traffic.AnswerSent,
        answers={200: ("The question as it then stands.", traffic.QuestionShown)},
        refusals=(
            *ANSWERING, rules.OutcomeMissing, rules.Unknown, rules.NoSuchNotice, rules.AnswerElsewhere,
        ),
    ),
)  # fmt: skip
def answer_question(request: HttpRequest, question: Text) -> HttpResponse:
    """Answer a question. One that was answered before is answered again only as a `supplement`."""
    by = writer(request)
    return answer(traffic.answer(by, question, strict.read(request.body, type=traffic.AnswerSent)))


@api.post(
    "/questions/{path:question}/refuse",
    **described.operation(
        "Say why a question is not answered",
        tag="questions",
        takes=traffic.ReasonSent,
        answers={200: ("The question as it then stands.", traffic.QuestionShown)},
        refusals=ANSWERING,
    ),
)
def refuse_question(request: HttpRequest, question: Text) -> HttpResponse:
    """Say why a question is not answered; who asked is told."""
    by = writer(request)
    return answer(traffic.refuse(by, question, strict.read(request.body, type=traffic.ReasonSent)))


@api.get(
    "/questions/{path:question}",
    **described.operation(
        "One question",
        tag="questions",
        answers={200: ("The question as it stands.", traffic.QuestionShown)},
        refusals=(*READING, rules.NoSuchQuestion),
    ),
)
def one_question(request: HttpRequest, question: Text) -> HttpResponse:
    """Give a question with its answers."""
    return answer(traffic.question(reader(request), question))


@api.get(
    "/relays",
    **described.operation(
        "List relays",
        tag="relays",
        answers={200: ("The latest relays, the newest first.", traffic.RelaysShown)},
        refusals=READING,
    ),
)
def list_relays(request: HttpRequest) -> HttpResponse:
    """List the latest relays that the caller may read, with who has acknowledged them."""
    return answer(traffic.relays(reader(request)))


@api.post(
    "/relays/{path:relay}/acknowledge",
    **described.operation(
        "Acknowledge a relay",
        tag="relays",
        answers={200: ("The relay as it then stands.", traffic.RelayShown)},
        refusals=(*SENDING, rules.NoSuchRelay, rules.NotARecipient, rules.AcknowledgedAlready),
    ),
)
def acknowledge_relay(request: HttpRequest, relay: Text) -> HttpResponse:
    """Take note of a relayed notice for the caller's party."""
    return answer(traffic.acknowledge(writer(request), relay))


@api.get(
    "/relays/{path:relay}",
    **described.operation(
        "One relay",
        tag="relays",
        answers={200: ("The relay as it stands.", traffic.RelayShown)},
        refusals=(*READING, rules.NoSuchRelay),
    ),
)
def one_relay(request: HttpRequest, relay: Text) -> HttpResponse:
    """Give a relay with its recipients and when each took note."""
    return answer(traffic.relay(reader(request), relay))

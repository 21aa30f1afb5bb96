"""One question, and everything that is kept of its answer."""

from typing import NamedTuple

from django.core import mail
from django.db import connection

REDIRECTS = {301, 302, 303, 307, 308}


class Question(NamedTuple):
    """What is asked of an address. `data` is a form (a dict), or the bytes of a body with their `kind`."""

    route: str
    way: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    data: object = None
    kind: str = ""

    def __str__(self):
        more = "".join(f" {name}={value}" for name, value in self.headers)
        sent = f" {self.data!r}"[:300] if self.data is not None else ""
        return f"{self.method} {self.path}{more}{sent}"


class Record(NamedTuple):
    """An answer: everything that goes over the wire, what was mailed, and how many queries it took.

    `fault` is what was raised when the house broke down over a question: then nothing can be said of it.
    """

    asked: Question
    step: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    mail: tuple[str, ...]
    queries: int
    fault: str

    def etag(self):
        return dict(self.headers).get("ETag", "")


class Counter:
    """Counts queries: a proxy for the time that an answer takes, which itself is not compared."""

    def __init__(self):
        self.count = 0

    def __call__(self, execute, sql, params, many, context):
        self.count += 1
        return execute(sql, params, many, context)


def put(client, question, *, step, addresses=frozenset()):
    """Put a question, and keep the answer and the mail that came to the viewer's addresses."""
    sent = len(mail.outbox)
    counter = Counter()
    with connection.execute_wrapper(counter):
        answer = _send(client, question)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    told = tuple(
        each.message().as_string() for each in mail.outbox[sent:] if addresses.intersection(each.recipients())
    )
    headers = [*answer.headers.items(), *_cookies(answer)]
    fault = repr(answer.exc_info[1]) if getattr(answer, "exc_info", None) else ""
    return Record(
        question,
        step,
        answer.status_code,
        answer.reason_phrase,
        tuple(headers),
        body,
        told,
        counter.count,
        fault,
    )


def _send(client, question):
    headers = dict(question.headers)
    if question.kind:
        return client.generic(
            question.method, question.path, question.data, content_type=question.kind, headers=headers
        )
    if question.method == "POST":
        return client.post(question.path, question.data or {}, headers=headers)
    return client.generic(question.method, question.path, headers=headers)


def _cookies(answer):
    """The cookies as they go over the wire."""
    return [("Set-Cookie", morsel.OutputString()) for morsel in answer.cookies.values()]

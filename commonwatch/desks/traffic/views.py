"""The pages of questions, answers and relays. One address gives page and part; every read passes the gate."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commonwatch.access.actor import Actor, require
from commonwatch.access.asking import actor_for
from commonwatch.desks.traffic import acts, board, rules, shown
from commonwatch.desks.traffic.intake import micros, question_of, relay_of, reported, type_of
from commonwatch.desks.traffic.models import Question, Reported
from commonwatch.errors import Refusal
from commonwatch.ui.page import page, refusal_page

Get = require_safe
ASK = ("to", "text", "urgency", "wants", "due", "report", "part", "type", "owes", "period", "readers", "level",
       "audience")  # fmt: skip


def seat(request: HttpRequest) -> Actor:
    """Return the actor of a page that somebody in an office opened.

    :raises SignInFirst: when nobody has signed in; the answer is the way to the entrance.
    """
    return require(actor_for(request), "exchange.see-board")


# Questions


@Get
def questions(request: HttpRequest) -> HttpResponse:
    """Show what one's party was asked and has asked, what is overdue first, and what is closed."""
    by = seat(request)
    asked = {name: request.GET.get(name, "").replace("\0", "") for name in ("party", "type")}
    context = shown.questions(by, every="every" in request.GET, **asked)
    return page(request, "traffic/questions.html", context, part="lists")


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask a party something: on a report, a duty, or on nothing in particular."""
    by = seat(request)
    given = request.POST if request.method == "POST" else request.GET
    typed = {name: given.get(name, "").replace("\0", "") for name in ASK}
    _there(by, typed["report"])
    if request.method != "POST":
        if typed["wants"] == "release" and typed["report"] and not typed["text"]:
            typed["text"] = shown.release_text(reported(typed["report"], by=by))
        return page(request, "traffic/ask.html", shown.ask(by, typed), part="readers")
    try:
        question = shown.asked(typed, due=micros(typed["due"]))
        key = acts.ask_question(by=by, question=question)
    except Refusal as refusal:
        context = shown.ask(by, typed) | {"refusal": refusal}
        return page(request, "traffic/ask.html", context, part="form", status=refusal.status)
    messages.success(request, gettext("The question was sent."))
    return go(request, reverse("traffic:question", args=[key]))


def _there(by: Actor, report: str) -> None:
    """See that a report that is asked about is within reach; absent and forbidden look alike."""
    if not report:
        return
    try:
        reported(report, by=by)
    except rules.NoSuchNotice as error:
        raise Http404 from error


@Get
def question(request: HttpRequest, key: str) -> HttpResponse:
    """Show a question with its answers, and what may be done about it."""
    by = seat(request)
    row = _question(by, key)
    board.look(by, row)
    return page(request, "traffic/question.html", shown.question(by, row))


def _question(by: Actor, key: str) -> Question:
    try:
        return question_of(key, by=by)
    except rules.NoSuchQuestion as error:
        raise Http404 from error


@require_POST
def answer(request: HttpRequest, key: str) -> HttpResponse:
    """Answer a question; what was typed stays when it is refused."""
    by = seat(request)
    typed = {
        name: request.POST.get(name, "").replace("\0", "")
        for name in ("text", "outcome", "report", "supplement")
    }
    return _on_question(
        request,
        key,
        gettext("The answer was sent."),
        lambda: acts.answer_question(
            by=by, question=key, text=typed["text"], outcome=typed["outcome"], report=typed["report"].strip(),
            supplement=typed["supplement"] == "1",
        ),
        answer=typed,
    )  # fmt: skip


@require_POST
def refuse(request: HttpRequest, key: str) -> HttpResponse:
    """Say why a question is not answered."""
    by = seat(request)
    reason = request.POST.get("reason", "").replace("\0", "")
    says = gettext("The reason for not answering was sent.")
    act = lambda: acts.refuse_question(by=by, question=key, reason=reason)  # noqa: E731 - said where it is used
    return _on_question(request, key, says, act, reason=reason)


@require_POST
def close(request: HttpRequest, key: str) -> HttpResponse:
    """Close one's own question."""
    by = seat(request)
    how, ground = request.POST.get("how", ""), request.POST.get("ground", "").replace("\0", "")
    says = gettext("The question was closed.")
    act = lambda: acts.close_question(by=by, question=key, how=how, ground=ground)  # noqa: E731 - as above
    return _on_question(request, key, says, act, ground=ground)


def _on_question(
    request: HttpRequest, key: str, says: str, act: Callable[[], None], **typed: Any
) -> HttpResponse:
    """Do something about a question; a refusal shows the question again with nothing lost."""
    by = seat(request)
    row = _question(by, key)
    try:
        act()
    except Refusal as refusal:
        board.look(by, row)
        context = shown.question(by, row) | {"refusal": refusal, "typed": typed}
        return page(request, "traffic/question.html", context, part="whole", status=refusal.status)
    messages.success(request, says)
    return go(request, reverse("traffic:question", args=[key]))


# Beside a report


@Get
def panel(request: HttpRequest) -> HttpResponse:
    """Show the questions on a report, or on a duty, as a part of its page or as a page."""
    by = seat(request)
    given = {
        name: request.GET.get(name, "").replace("\0", "") for name in ("report", "type", "owes", "period")
    }
    if given["report"]:
        _there(by, given["report"])
        rows = board.about(by, report=given["report"])
    else:
        rows = board.about_duty(by, type=given["type"], owes=given["owes"], period=given["period"])
    query = urlencode({name: value for name, value in given.items() if value})
    return page(request, "traffic/panel.html", shown.panel(by, rows, query=query), part="panel")


@Get
def clocks(request: HttpRequest, key: str) -> HttpResponse:
    """Show every step of an urgent notice against its time, as a part of its page or as a page."""
    by = seat(request)
    row = _urgent(by, key)
    return page(request, "traffic/clocks.html", shown.clocks(by, row), part="panel")


def _urgent(by: Actor, key: str) -> Reported:
    """Return an urgent notice within reach; absent and forbidden look alike."""
    try:
        row = reported(key, by=by)
    except rules.NoSuchNotice as error:
        raise Http404 from error
    type_ = type_of(row.type)
    if type_ is None or not type_.urgent:
        raise Http404
    return row


# Relays


@Get
def relays(request: HttpRequest) -> HttpResponse:
    """Show what waits to be relayed, and what was relayed."""
    context = shown.relays(seat(request), every="every" in request.GET)
    return page(request, "traffic/relays.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def relay_new(request: HttpRequest, key: str) -> HttpResponse:
    """Show a notice as it stands, and relay it in one confirm."""
    by = seat(request)
    row = _urgent(by, key)
    if request.method != "POST":
        board.look(by, row)
        return page(request, "traffic/relay_new.html", shown.relay_new(by, row))
    typed: dict[str, Any] = {
        "recipients": request.POST.getlist("recipients"),
        "remark": request.POST.get("remark", "").replace("\0", ""),
        "within": request.POST.get("within", "").strip(),
    }
    try:
        made = acts.relay_notice(
            by=by,
            notice=key,
            recipients=typed["recipients"],
            remark=typed["remark"],
            within=_minutes(typed["within"]),
        )
    except Refusal as refusal:
        board.look(by, row)
        context = shown.relay_new(by, row, typed) | {"refusal": refusal}
        return page(request, "traffic/relay_new.html", context, part="whole", status=refusal.status)
    messages.success(request, gettext("The notice was relayed."))
    return go(request, reverse("traffic:relay", args=[made]))


def _minutes(text: str) -> int | None:
    """Read a number of minutes; None when left out.

    :raises WithinOutOfBounds: when it is none.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise rules.WithinOutOfBounds
    return int(text)


@Get
def relay(request: HttpRequest, key: str) -> HttpResponse:
    """Show a relay with each recipient's clock."""
    return _relay_page(request, seat(request), key)


def _relay_page(
    request: HttpRequest, by: Actor, key: str, *, refusal: Refusal | None = None, **typed: Any
) -> HttpResponse:
    try:
        row = relay_of(key, by=by)
    except rules.NoSuchRelay as error:
        raise Http404 from error
    board.look(by, row)
    context = shown.relay(by, board.passed([row], by=by)[0])
    if refusal is None:
        return page(request, "traffic/relay.html", context)
    context |= {"refusal": refusal, "typed": typed}
    return page(request, "traffic/relay.html", context, part="whole", status=refusal.status)


@require_POST
def acknowledge(request: HttpRequest, key: str) -> HttpResponse:
    """Take note of a relay for one's party, with one press."""
    by = seat(request)
    try:
        acts.acknowledge_relay(by=by, relay=key)
    except rules.NoSuchRelay as error:
        raise Http404 from error
    except Refusal as refusal:
        return refusal_page(request, refusal)
    messages.success(request, gettext("The notice was acknowledged."))
    return go(request, reverse("traffic:relay", args=[key]))


@require_POST
def call(request: HttpRequest, key: str) -> HttpResponse:
    """Write down a telephone call to a recipient."""
    by = seat(request)
    typed = {name: request.POST.get(name, "").replace("\0", "") for name in ("party", "outcome", "note")}
    try:
        acts.log_call(by=by, relay=key, **typed)
    except Refusal as refusal:
        return _relay_page(request, by, key, refusal=refusal, **typed)
    messages.success(request, gettext("The call was written down."))
    return go(request, reverse("traffic:relay", args=[key]))


def go(request: HttpRequest, to: str) -> HttpResponse:
    """Lead on to another page, with script or without."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": to})
    return HttpResponseRedirect(to)

"""The pages for what no view answers: unreadable, not open, not there, too large, failed. They tell nothing else."""

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from commonwatch.errors import Refusal, _
from commonwatch.ui.refusals import problem

LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


class Unreadable(Refusal):
    """The request itself makes no sense."""

    code, status = "ui.unreadable", 400
    says = _("The node could not make sense of what was sent.")


class NotOpen(Refusal):
    """Somebody who is known may not."""

    code, status = "ui.not-open", 403
    says = _("This is not open to you.")


class NotThere(Refusal):
    """Absent and forbidden look alike."""

    code, status = "ui.not-there", 404
    says = _("There is nothing here, or it is not open to you.")


class TooLarge(Refusal):
    """More than is taken at once."""

    code, status = "ui.too-large", 413
    says = _("This is more than is taken at once.")
    hint = _("Divide it and send the parts one after the other.")


class Failed(Refusal):
    """A fault of ours."""

    code, status = "ui.failed", 500
    says = _("The node could not finish this.")
    hint = _("Look whether it was recorded before you send it again.")


def unreadable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that makes no sense, or whose form has more parts than any of ours."""
    if isinstance(exception, LARGE):
        return too_large(request)
    return _answer(request, Unreadable(), "400.html")


def not_open(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's way
    """Answer who may not."""
    return _answer(request, NotOpen(), "403.html")


def not_there(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's way
    """Answer for what is not there, or not for them."""
    return _answer(request, NotThere(), "404.html")


def too_large(request: HttpRequest) -> HttpResponse:
    """Answer a body that is too large; nothing of it was read."""
    return _answer(request, TooLarge(), "413.html")


def failed(request: HttpRequest) -> HttpResponse:
    """Answer after a fault of ours; the page is drawn without asking anything of the database."""
    if request.path.startswith("/api/"):
        return problem(Failed())
    return HttpResponse(loader.get_template("500.html").render(), status=500)


def _answer(request: HttpRequest, refusal: Refusal, template: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem(refusal)
    return render(request, template, status=refusal.status)

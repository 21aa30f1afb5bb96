"""One address gives page and part: the view names the part, the client never does."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from commonwatch.errors import Refusal
from commonwatch.ui.noticing import remember


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    part: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render a page, or only its named part when the page asks for it by script."""
    asked = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"
    name = f"{template}#{part}" if part and asked else template
    if isinstance(context.get("refusal"), Refusal):
        remember(request, context["refusal"])
    answer = render(request, name, context, status=status)
    patch_vary_headers(answer, ("HX-Request", "Cookie"))
    return answer


def refusal_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Show a refusal as one notice, with what may be done instead.

    To a form that was sent by script the notice comes above it: in its place it would take away what was typed.
    """
    context = {"refusal": refusal}
    answer = page(request, "ui/refusal.html", context, part="notice", status=refusal.status)
    say_when(answer, refusal)
    if request.method == "POST":
        answer.headers["HX-Retarget"] = "#notice"
        answer.headers["HX-Reswap"] = "innerHTML"
    return answer


def say_when(answer: HttpResponse, refusal: Refusal) -> None:
    """Say in the header Retry-After when one may try again, where a refusal says so (`wait`, in seconds)."""
    if wait := refusal.fields.get("wait"):
        answer.headers["Retry-After"] = str(wait)

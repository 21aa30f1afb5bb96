"""The pages of releases: the dialogue in which one releases, and the page that its readers read."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commonwatch.access.actor import Actor, ConfirmItIsYou, require
from commonwatch.desks.exchange import acts, board, labels, releasing
from commonwatch.desks.exchange.carrying import newest
from commonwatch.desks.exchange.models import Release, Report
from commonwatch.desks.exchange.views import found, go, seat
from commonwatch.errors import Refusal
from commonwatch.ui.page import page, refusal_page
from commonwatch.ui.refusals import way_to_confirm

CHOSEN = ("audience", "level", "category", "field", "chosen")
"""What of a choice may stand in an address: never the ground, which is free text."""


@require_http_methods(["GET", "HEAD", "POST"])
def dialogue(request: HttpRequest, key: str) -> HttpResponse:
    """Choose to whom and what of a report is released; look at what it comes to; release it, or propose to."""
    by = seat(request)
    row = newest(found(by, key), reader=by)
    if row.party != by.party:
        return go(request, reverse("exchange:report", args=[key]))
    require(by, acts.RELEASE)
    board.look(by, row)
    data = request.POST if request.method == "POST" else request.GET
    choice = releasing.choice_of(data, row.key)
    if data.get("act") == "release" and request.method == "POST":
        return _release(request, by, row, choice)
    context = releasing.dialogue(by, row, choice) | {"confirm_url": _confirm(key, data)}
    return page(request, "exchange/release_new.html", context, part="preview")


def _release(request: HttpRequest, by: Actor, row: Report, choice: acts.Choice) -> HttpResponse:
    """Release what was looked at; what is refused comes back with everything that was chosen."""
    try:
        done = acts.release_report(by=by, choice=choice, seen=request.POST.get("seen", "") or "-")
    except Refusal as refusal:
        context = releasing.dialogue(by, row, choice) | {"refusal": refusal}
        context["confirm_url"] = _confirm(row.key, request.POST)
        context["fresh"] = by.fresh or isinstance(refusal, ConfirmItIsYou)  # which itself shows the way
        return page(request, "exchange/release_new.html", context, status=refusal.status)
    if done.proposal:
        messages.success(request, gettext("The release was proposed. It waits for a second person."))
        return go(request, reverse("exchange:report", args=[row.key]))
    messages.success(request, gettext("Released: {what}.").format(what=releasing.what(row)))
    return go(request, reverse("exchange:release", args=[done.release]))


def _confirm(key: str, data: QueryDict) -> str:
    """Return the way to the page that asks who one is, and back to what was chosen."""
    kept = [(name, value) for name in CHOSEN for value in data.getlist(name)]
    back = reverse("exchange:release-report", args=[key])
    return way_to_confirm(f"{back}?{urlencode(kept)}" if kept else back)


@require_safe
def release(request: HttpRequest, key: str) -> HttpResponse:
    """Show a release: what it says, who released it, to whom, on what ground."""
    by = seat(request)
    return page(request, "exchange/release.html", releasing.release(by, within_reach(by, key)))


@require_safe
def label(request: HttpRequest, key: str) -> HttpResponse:
    """Give the label of a report as XML after STANAG 4774, for programs that guard what is passed on."""
    row = found(seat(request), key)
    return _xml(row, at=row.written_at)


@require_safe
def release_label(request: HttpRequest, key: str) -> HttpResponse:
    """Give the label of a release as XML after STANAG 4774."""
    row = within_reach(seat(request), key)
    return _xml(row, at=row.released_at)


def _xml(row: Report | Release, *, at: int) -> HttpResponse:
    xml = labels.stanag(releasing.label_of_row(row), writer=row.party, at=at)
    headers = {"Cache-Control": "private, no-cache"}
    return HttpResponse(xml, content_type="application/xml; charset=utf-8", headers=headers)


@require_POST
def withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Take one's own release back."""
    by = seat(request)
    try:
        stands = acts.withdraw_release(by=by, release=key, ground=request.POST.get("ground", ""))
    except Refusal as refusal:
        return refusal_page(request, refusal)
    messages.success(request, gettext("The release was withdrawn."))
    return go(request, reverse("exchange:release", args=[stands]))


def within_reach(by: Actor, key: str) -> Release:
    """Return a release within reach; absent and forbidden look alike."""
    row = Release.objects.visible_to(by).select_related("journal").filter(key=key).first()
    if row is None:
        raise Http404
    return row

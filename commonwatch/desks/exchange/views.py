"""The pages of the exchange. One address gives page and part; every read passes the gate; every write is an act."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commonwatch.access import logs
from commonwatch.access.actor import Actor, require
from commonwatch.access.asking import actor_for
from commonwatch.desks.exchange import acts, board, forms, labels, releasing, rules, shown, watching
from commonwatch.desks.exchange.intake import UnknownType, activations, micros, now, party_code, type_of
from commonwatch.desks.exchange.models import Activation, Report, Waiver
from commonwatch.errors import Refusal
from commonwatch.register import history, node
from commonwatch.ui.page import page, refusal_page
from commonwatch.ui.templatetags.cw import type_name

Get = require_safe
PLURAL = {"type": "types", "party": "parties"}


def seat(request: HttpRequest) -> Actor:
    """Return the actor of a page that somebody in an office opened.

    :raises SignInFirst: when nobody has signed in; the answer is the way to the entrance.
    """
    return require(actor_for(request), "exchange.see-board")


@Get
def watch(request: HttpRequest) -> HttpResponse:
    """Show what is due, what needs somebody, and what came; the live part answers 304 while nothing changed."""
    by = seat(request)
    tag = board.etag(by, more=(request.LANGUAGE_CODE, by.viewer.party, by.office))
    return _polled(
        request, tag, "exchange/watch.html", lambda: watching.watch(by, board.board(by), tag=tag), by=by
    )


@Get
def mine(request: HttpRequest) -> HttpResponse:
    """Show a national authority what it owes, what it sent, and what others released to it."""
    by = seat(request)
    tag = board.etag(by, more=(request.LANGUAGE_CODE, by.account, by.office))
    return _polled(request, tag, "exchange/mine.html", lambda: watching.mine(by) | {"etag": tag}, by=by)


def _polled(
    request: HttpRequest, tag: str, template: str, context: Callable[[], dict[str, Any]], *, by: Actor
) -> HttpResponse:
    """Answer a page that asks again and again: 304 while nothing that its reader may see has changed.

    When the minute turns, all open boards ask for what is new: those of one account and seat are drawn once.
    """
    known = request.headers.get("If-None-Match", "").strip('W/"')
    if known == tag:
        return HttpResponseNotModified()
    shown = watching.shared((template, tag, by.account, by.seat), context) if known else context()
    answer = page(request, template, shown | {"checked_at": f"{now():%H:%M:%S}"}, part="live")
    answer.headers["ETag"] = f'"{tag}"'
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@Get
def duty(request: HttpRequest, code: str, party: str, period: str) -> HttpResponse:
    """Show one cell of the board: how the duty stands and why, its reports, whom to call."""
    by = seat(request)
    type_ = kind(code)
    owes = state(party)
    slot = rules.slot_of(type_, owes, period, active=activations(by))
    if slot is None:
        raise Http404
    return page(request, "exchange/duty.html", shown.duty(by, type_, owes, slot))


@Get
def report(request: HttpRequest, key: str) -> HttpResponse:
    """Show a report with its versions, their differences, who may read it and who has seen it."""
    by = seat(request)
    row = found(by, key)
    board.look(by, row)
    context = shown.report(by, row) | releasing.of_report(by, row)
    return page(request, "exchange/report.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, code: str) -> HttpResponse:
    """Write a report of a type: the form, its draft, its faults, its warnings."""
    by = seat(request)
    type_ = kind(code)
    owes = request.POST.get("_owes") or request.GET.get("owes") or by.party
    party_code(owes)
    if request.method == "POST":
        return _submitted(request, by, type_, owes)
    period = request.GET.get("period", "")
    draft = forms.drafts(by, code, owes=owes, period=period).first()
    label = {name: request.GET[name] for name in ("_level", "_audience") if name in request.GET}
    form = forms.blank(
        type_,
        by=by,
        owes=owes,
        typed=(draft.content if draft else {}) | label,
        before=forms.last_values(type_, owes=owes, by=by),
        period=period,
    )
    form.saved_at = draft.saved_at if draft else None
    return page(request, sheet_of(type_), shown.form(by, form), part="readers")


def sheet_of(type_: Any) -> str:
    """Name the form of a type: an urgent notice has its own, for a phone on a bad line."""
    return "exchange/urgent.html" if type_.urgent else "exchange/form.html"


def _submitted(request: HttpRequest, by: Actor, type_: Any, owes: str) -> HttpResponse:
    """Take a typed form: file it, or show it again with every fault beside its field and nothing lost."""
    typed = forms.typed(request.POST)
    form = forms.blank(
        type_, by=by, owes=owes, typed=typed, before=forms.last_values(type_, owes=owes, by=by),
        period=request.POST.get("_period", ""),
    )  # fmt: skip
    confirmed = request.POST.get("confirmed") == "1"
    try:
        sent = forms.sent(type_, request.POST, owes=owes, nil=request.POST.get("act") == "nil")
        channel = "telephone" if owes != by.party else "form"
        done = acts.submit_report(by=by, report=sent, channel=channel, confirmed=confirmed)
    except rules.ContentRefused as refusal:
        forms.mark(form, refusal.fields["faults"])
        return page(request, sheet_of(type_), shown.form(by, form), part="form", status=refusal.status)
    except rules.ConfirmFirst as refusal:
        forms.mark(form, refusal.fields["warnings"], warning=True)
        return page(request, sheet_of(type_), shown.form(by, form), part="form", status=refusal.status)
    except Refusal as refusal:
        context = shown.form(by, form) | {"refusal": refusal}
        return page(request, sheet_of(type_), context, part="form", status=refusal.status)
    forms.drafts(by, type_.code, owes=owes, period=sent.period).delete()
    if owes != by.party:
        says = gettext("What was told by telephone was written down: {what}.")
    elif sent.nil:
        says = gettext("The nil return was sent: {what}.")
    else:
        says = gettext("The report was sent: {what}.")
    tell(request, says, type_.code, sent.period)
    return go(request, reverse("exchange:report", args=[done.subject]))


@require_POST
def draft(request: HttpRequest, code: str) -> HttpResponse:
    """Keep what was typed so far; it outlives the session."""
    by = seat(request)
    type_ = kind(code)
    content = forms.typed(request.POST)
    owes = party_code(request.POST.get("_owes") or by.party)
    period = request.POST.get("_period", "")
    forms.keep_draft(by, type_.code, owes=owes, period=period, content=content)
    if request.headers.get("HX-Request") != "true":
        query = urlencode({"owes": owes, "period": period})
        return HttpResponseRedirect(f"{reverse('exchange:new', args=[type_.code])}?{query}")
    return page(request, "exchange/form.html", {"saved_at": now()}, part="saved")


@require_POST
def nil(request: HttpRequest, code: str) -> HttpResponse:
    """File a nil return with one key."""
    by = seat(request)
    type_ = kind(code)
    sent = forms.sent(type_, request.POST, owes=by.party, nil=True)
    try:
        acts.submit_report(by=by, report=sent, channel="form")
    except Refusal as refusal:
        return refusal_page(request, refusal)
    tell(request, gettext("The nil return was sent: {what}."), type_.code, sent.period)
    return go(request, reverse("exchange:mine"))


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, key: str) -> HttpResponse:
    """Write a new version of one's own report."""
    by = seat(request)
    row = found(by, key)
    if row.party != by.party and request.method != "POST":
        return go(request, reverse("exchange:report", args=[key]))
    type_ = kind(row.type)
    board.look(by, row)
    typed = forms.typed(request.POST) if request.method == "POST" else dict(row.values)
    form = forms.blank(
        type_, by=by, owes=row.owes, typed=typed, before=row.values, period=row.period, offers=False
    )
    if request.method != "POST":
        return page(request, "exchange/form.html", shown.form(by, form, corrects=row))
    confirmed = request.POST.get("confirmed") == "1"
    try:
        sent = forms.sent(type_, request.POST, owes=row.owes, nil=request.POST.get("act") == "nil")
        acts.correct_report(
            by=by, report=key, values=sent.values, nil=sent.nil, reason=request.POST.get("_reason", ""),
            channel="form", confirmed=confirmed,
        )  # fmt: skip
    except rules.ContentRefused as refusal:
        forms.mark(form, refusal.fields["faults"])
    except rules.ConfirmFirst as refusal:
        forms.mark(form, refusal.fields["warnings"], warning=True)
    except Refusal as refusal:
        context = shown.form(by, form, corrects=row) | {"refusal": refusal}
        return page(request, "exchange/form.html", context, part="form", status=refusal.status)
    else:
        tell(request, gettext("The correction was sent: {what}."), row.type, row.period)
        return go(request, reverse("exchange:report", args=[key]))
    return page(request, "exchange/form.html", shown.form(by, form, corrects=row), part="form", status=422)


@require_POST
def withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Take one's own report back."""
    by = seat(request)
    reason = request.POST.get("reason", "")
    says = gettext("The report was withdrawn: {what}.")
    return _acted(request, key, says, lambda: acts.withdraw_report(by=by, report=key, reason=reason))


@require_POST
def confirm(request: HttpRequest, key: str) -> HttpResponse:
    """Make what the center wrote down by telephone one's own."""
    by = seat(request)
    says = gettext("The report was confirmed: {what}.")
    return _acted(request, key, says, lambda: acts.confirm_report(by=by, report=key))


@require_POST
def seen(request: HttpRequest, key: str) -> HttpResponse:
    """Say that one has seen a report."""
    by = seat(request)
    says = gettext("The report was marked as seen: {what}.")
    return _acted(request, key, says, lambda: acts.mark_seen(by=by, report=key))


def _acted(request: HttpRequest, key: str, says: str, act: Any) -> HttpResponse:
    try:
        act()
    except Refusal as refusal:
        return refusal_page(request, refusal)
    row = Report.objects.visible_to(seat(request)).filter(key=key).first()
    if row is not None:
        tell(request, says, row.type, row.period)
    return go(request, reverse("exchange:report", args=[key]))


@Get
def receipt(request: HttpRequest, entry: str) -> HttpResponse:
    """Give the receipt of an entry as a file that is verified offline, or its page."""
    by = seat(request)
    row = history.entry(entry, reader=by)
    if row is None:
        raise Http404
    opened = logs.Thing(row.journal_id, row.subject, detail=str(row.entry_id))
    logs.opened(by=by, things=[opened], how="receipt")
    if request.GET.get("page") is not None:
        return page(request, "ui/receipt.html", shown.receipt(history.past(row), row))
    name = shown.receipt_name(row)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-cache"}
    return HttpResponse(history.receipt_of(row), content_type="text/plain; charset=utf-8", headers=headers)


@Get
def types(request: HttpRequest) -> HttpResponse:
    """Show the regulation: every information type, who owes it and when."""
    return page(request, "exchange/types.html", shown.types(seat(request)))


@Get
def type_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one information type with its form, checks and codelists."""
    return page(request, "exchange/type.html", shown.type_page(seat(request), kind(code)))


@require_http_methods(["GET", "HEAD", "POST"])
def waivers(request: HttpRequest) -> HttpResponse:
    """Show the waivers, and grant one."""
    by = seat(request)
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            _grant(by, request)
        except Refusal as refusal:
            context = {"refusal": refusal, "typed": request.POST.dict()}
        else:
            tell(request, gettext("The waiver was granted: {what}."), request.POST.get("type", ""))
            return go(request, reverse("exchange:waivers"))
    rows = Waiver.objects.visible_to(by).order_by("-since", "key")
    status = context["refusal"].status if context else 200
    context = shown.waivers(by, rows) | context
    context["sign"] = _informed(by, request, context)
    part = "list" if request.method == "POST" else "readers"
    return page(request, "exchange/waivers.html", context, part=part, status=status)


def _informed(by: Actor, request: HttpRequest, context: dict[str, Any]) -> labels.Sign | None:
    """Show who will read a waiver of the type and party that are chosen, or stand first in the form."""
    first = {name: each[0].code for name in ("type", "party") if (each := context[PLURAL[name]])}
    typed = {name: request.POST.get(name) or request.GET.get(name) or code for name, code in first.items()}
    return labels.of_status(by, typed.get("type", ""), typed.get("party", ""))


def _grant(by: Actor, request: HttpRequest) -> None:
    since, until = day(request.POST.get("since", "")), day(request.POST.get("until", ""))
    acts.grant_waiver(
        by=by,
        type=request.POST.get("type", ""),
        party=request.POST.get("party", ""),
        ground=request.POST.get("ground", ""),
        since=since if since is not None else micros(now()),
        until=until,
    )


@require_POST
def end_waiver(request: HttpRequest, key: str) -> HttpResponse:
    """End a waiver now."""
    by = seat(request)
    try:
        acts.end_waiver(by=by, waiver=key, ground=request.POST.get("ground", ""))
    except Refusal as refusal:
        return refusal_page(request, refusal)
    messages.success(request, gettext("The waiver was ended."))
    return go(request, reverse("exchange:waivers"))


@require_http_methods(["GET", "HEAD", "POST"])
def active(request: HttpRequest) -> HttpResponse:
    """Show the types owed while active, and switch them."""
    by = seat(request)
    context: dict[str, Any] = {}
    if request.method == "POST":
        on = request.POST.get("act") == "on"
        switch = acts.activate_type if on else acts.deactivate_type
        try:
            switch(by=by, type=request.POST.get("type", ""), ground=request.POST.get("ground", ""))
        except Refusal as refusal:
            context = {"refusal": refusal, "typed": request.POST.dict()}
        else:
            says = gettext("Switched on: {what}.") if on else gettext("Switched off: {what}.")
            tell(request, says, request.POST.get("type", ""))
            return go(request, reverse("exchange:active"))
    rows = Activation.objects.visible_to(by).order_by("-since", "key")
    status = context["refusal"].status if context else 200
    return page(request, "exchange/active.html", shown.active(by, rows) | context, part="list", status=status)


def kind(code: str) -> Any:
    """Return an information type, or the page that says there is none."""
    try:
        return type_of(code)
    except UnknownType as error:
        raise Http404 from error


def state(code: str) -> Any:
    """Return a party, or the page that says there is none."""
    pack = node.current().pack
    if not pack.has_party(code):
        raise Http404
    return pack.party(code)


def found(by: Actor, key: str) -> Report:
    """Return a report within reach; absent and forbidden look alike."""
    row = Report.objects.visible_to(by).select_related("journal").filter(key=key).first()
    if row is None:
        raise Http404
    return row


def day(text: str) -> int | None:
    """Read an ISO day as its first moment, microseconds UTC; None when left out.

    :raises DayUnreadable: when it is no day.
    """
    if not text:
        return None
    try:
        read = date.fromisoformat(text)
    except ValueError as error:
        raise rules.DayUnreadable(text=text) from error
    return micros(datetime(read.year, read.month, read.day, tzinfo=UTC))


def tell(request: HttpRequest, says: str, type_: str, period: str = "") -> None:
    """Say on the next page what was done. It is kept with the session alone, so it ends with it."""
    what = ", ".join(filter(None, (type_name(type_), shown.period_text(period))))
    messages.success(request, says.format(what=what))


def go(request: HttpRequest, to: str) -> HttpResponse:
    """Lead on to another page, with script or without."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": to})
    return HttpResponseRedirect(to)

"""The pages of the shifts desk. Every read passes the gate; every write is an act."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from commonwatch.access.actor import Actor, require
from commonwatch.access.asking import actor_for
from commonwatch.desks.shifts import acts, board, rules, shown
from commonwatch.desks.shifts.intake import now
from commonwatch.errors import Refusal
from commonwatch.register import node
from commonwatch.ui.page import page

Both = require_http_methods(["GET", "HEAD", "POST"])
MOST_ITEMS = 400


def seat(request: HttpRequest) -> Actor:
    """Return the actor of a page that somebody in an office opened.

    :raises SignInFirst: when nobody has signed in; the answer is the way to the entrance.
    """
    return require(actor_for(request), "exchange.see-board")


@Both
def roster(request: HttpRequest) -> HttpResponse:
    """Show who has which shift; plan, swap and take off."""
    by = seat(request)
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            says = _planned(request, by)
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, says)
            return HttpResponseRedirect(reverse("shifts:roster"))
    context = shown.roster(by, since=_since(request.GET.get("since", "")))
    typed = request.POST.dict() if request.method == "POST" else {}
    return _shown(request, "shifts/roster.html", context | {"typed": typed}, refusal)


def _planned(request: HttpRequest, by: Actor) -> str:
    """Do what the form of the roster asks, and say what was done."""
    said = request.POST
    act = said.get("act", "")
    if act == "swap":
        acts.swap_turn(
            by=by,
            turn=said.get("turn", ""),
            account=said.get("account", ""),
            reason=said.get("reason", ""),
            against=said.get("against", ""),
        )
        return gettext("The shift was swapped.")
    if act == "cancel":
        acts.cancel_turn(by=by, turn=said.get("turn", ""), reason=said.get("reason", ""))
        return gettext("The shift was taken off the roster.")
    plan = acts.Plan(
        account=said.get("account", ""),
        shift=said.get("shift", ""),
        date=said.get("date", ""),
        times=_number(said.get("times", "1")),
        every=_number(said.get("every", "1")),
        note=said.get("note", ""),
    )
    acts.plan_roster(by=by, plan=plan)
    return gettext("The roster was written.")


@Both
def panel(request: HttpRequest) -> HttpResponse:
    """Show who has the watch now, as a page or the line of another desk's page; take the watch."""
    by = seat(request)
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            acts.take_watch(by=by, seen=request.POST.get("seen", ""), reason=request.POST.get("reason", ""))
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, gettext("You have the watch."))
            return HttpResponseRedirect(reverse("shifts:roster"))
    context = {"standing": shown.standing(by), "reason": request.POST.get("reason", "")}
    return _shown(request, "shifts/panel.html", context, refusal, part="panel")


@Both
def log(request: HttpRequest) -> HttpResponse:
    """Show the log of the shift; write a line into it, or one that strikes an earlier one."""
    by = seat(request)
    refusal: Refusal | None = None
    names = ("sort", "text", "cites", "strikes")
    typed = {each: request.POST.get(each, "") for each in names}
    if request.method == "POST":
        try:
            acts.write_line(
                by=by, sort=typed["sort"], said=typed["text"], cites=typed["cites"], strikes=typed["strikes"]
            )
        except Refusal as error:
            refusal = error
        else:
            return HttpResponseRedirect(reverse("shifts:log"))
    elif request.GET.get("strikes"):
        typed = _corrects(by, request.GET["strikes"])
    elif request.GET.get("about"):
        typed["cites"] = request.GET["about"]
    printed = "print" in request.GET
    context = shown.log(by, _asked(request, printed=printed), typed=typed, printed=printed)
    return _shown(request, "shifts/log.html", context, refusal)


def _corrects(by: Actor, key: str) -> dict[str, str]:
    """Begin the line that strikes an earlier one with what that one says."""
    row = board.line_of(by, key)
    if row is None:
        raise Http404
    return {"sort": row.sort, "text": row.text, "cites": " ".join(row.about), "strikes": row.key}


def _asked(request: HttpRequest, *, printed: bool) -> board.Asked:
    """Read which lines are asked for; what cannot be read asks for nothing in particular."""
    given = request.GET
    before = given.get("before", "")
    shift = given.get("shift", "").replace("\0", "")
    try:
        board.stretch_named(shift)
    except Refusal:
        shift = ""
    return board.Asked(
        sort=given.get("sort", "") if given.get("sort", "") in rules.SORTS else "",
        q=given.get("q", "").replace("\0", "").strip()[:100],
        shift=shift,
        before=int(before) if before.isdecimal() and len(before) < 18 else None,
        most=board.PRINTED if printed else board.LINES,
    )


@Both
def handover(request: HttpRequest) -> HttpResponse:
    """Show what is handed over; sign it as the officer who goes."""
    by = seat(request)
    refusal: Refusal | None = None
    typed = request.POST.dict() if request.method == "POST" else {}
    if request.method == "POST":
        keys = {n: typed[f"item-{n}"] for n in range(MOST_ITEMS) if f"item-{n}" in typed}
        remarks = {key: typed.get(f"remark-{n}", "") for n, key in keys.items()}
        try:
            done = acts.sign_handover(
                by=by, shown=set(keys.values()), remarks=remarks, general=typed.get("general", "")
            )
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, gettext("The hand-over is signed. It waits for the officer who comes."))
            return HttpResponseRedirect(reverse("shifts:note", args=[done]))
    by.again()
    return _shown(request, "shifts/handover.html", shown.handover(by, typed=typed), refusal)


@Both
def note(request: HttpRequest, key: str) -> HttpResponse:
    """Show a hand-over note; take it over, refuse it, or take it back."""
    by = seat(request)
    try:
        row = acts.handover_of(key, by=by)
    except acts.NoSuchHandover as error:
        raise Http404 from error
    refusal: Refusal | None = None
    seen = set(request.POST.getlist("seen"))
    if request.method == "POST":
        try:
            says = _ended(request, by, key, seen)
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, says)
            return HttpResponseRedirect(reverse("shifts:note", args=[key]))
        row = acts.handover_of(key, by=by)
    board.look(by, row, detail=f"handover {row.shift}")
    context = shown.note(by, row, seen=seen, typed=request.POST.dict())
    return _shown(request, "shifts/note.html", context, refusal)


def _ended(request: HttpRequest, by: Actor, key: str, seen: set[str]) -> str:
    """Do what the form under a hand-over asks, and say what was done."""
    act = request.POST.get("act", "")
    if act == "accept":
        acts.accept_handover(by=by, handover=key, digest=request.POST.get("digest", ""), seen=seen)
        return gettext("You have the watch.")
    acts.end_handover(by=by, handover=key, how=act, reason=request.POST.get("reason", ""))
    return gettext("The hand-over has ended; the watch stays where it was.")


@require_safe
def posts(request: HttpRequest) -> HttpResponse:
    """Show the contact cards of the posts."""
    return page(request, "shifts/posts.html", shown.posts(seat(request), typed={}))


@Both
def call(request: HttpRequest) -> HttpResponse:
    """Show whom to call and what was called; write a call down. A page, or a part of another desk's page."""
    by = seat(request)
    refusal: Refusal | None = None
    given = request.POST if request.method == "POST" else request.GET
    party, about = given.get("party", "")[:40], given.get("about", "")[:300]
    typed = {name: request.POST.get(name, "") for name in ("outcome", "promised", "note")}
    if request.method == "POST":
        test = request.POST.get("test") == "1"
        try:
            acts.log_call(
                by=by, party=party, outcome=typed["outcome"], about="" if test else about,
                promised=typed["promised"], note=typed["note"], test=test,
            )  # fmt: skip
        except Refusal as error:
            refusal = error
        else:
            typed = {}
            if test or request.headers.get("HX-Request") != "true":
                return _called(request, test=test, party=party, about=about)
    if party and not node.current().pack.has_party(party) and refusal is None:
        raise Http404
    context = shown.call(by, party=party, about=about, typed=typed)
    return _shown(request, "shifts/call.html", context, refusal, part="panel")


def _called(request: HttpRequest, *, test: bool, party: str, about: str) -> HttpResponse:
    """Lead on after a call was written down."""
    messages.success(request, gettext("The call was written down."))
    if test:
        return HttpResponseRedirect(reverse("shifts:posts"))
    query = urlencode({"party": party, "about": about})
    return HttpResponseRedirect(f"{reverse('shifts:call')}?{query}")


def _shown(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    refusal: Refusal | None,
    *,
    part: str | None = None,
) -> HttpResponse:
    """Answer with a page, or with the same page again and why nothing was done: what was typed stays."""
    status = refusal.status if refusal else 200
    return page(request, template, context | {"refusal": refusal}, part=part, status=status)


def _since(text: str) -> date:
    """Read from which day on the roster is shown; from yesterday on when none can be read."""
    try:
        found = rules.read_day(text)
    except rules.DayUnclear:
        found = now().date()
    near = now().date()
    return found if abs((found - near).days) <= rules.MOST_DAYS else near


def _number(text: str) -> int:
    """Read a small number; 0, which every rule refuses, when there is none."""
    return int(text) if text.isdecimal() and len(text) < 4 else 0

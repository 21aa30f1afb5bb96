"""The pages of the drills. Every read passes the gate; every write is an act; a drill's pages are the exercise's."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commonwatch.access.actor import Actor, SignInFirst, require
from commonwatch.access.asking import actor_for
from commonwatch.desks.drills import acts, intake, rules, shown
from commonwatch.desks.drills.models import Call, Kept, Plan
from commonwatch.errors import Refusal
from commonwatch.ui.page import page, refusal_page
from commonwatch.ui.refusals import told
from commonwatch.ui.templatetags.cw import clock, party_name


def seat(request: HttpRequest) -> Actor:
    """Return the actor of a page that somebody in an office opened.

    :raises SignInFirst: when nobody has signed in; the answer is the way to the entrance.
    """
    by = actor_for(request)
    if by is None:
        raise SignInFirst
    return by


def found(by: Actor, key: str) -> Call:
    """Return a call within reach; absent and forbidden look alike."""
    try:
        return intake.call_of(key, by=by)
    except intake.NoSuchCall as error:
        raise Http404 from error


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the drills: under way, planned and over; in the real record the kept scores alone."""
    by = seat(request)
    context = shown.overview(by, every=request.GET.get("all") == "1")
    return page(request, "drills/kept_scores.html" if by.mode == "real" else "drills/drills.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Plan a drill, or start one at once; a refusal keeps what was typed."""
    by = seat(request)
    if by.mode == "real":
        return _not_for_real(request)
    require(by, "drills.run-drill")
    given = request.POST if request.method == "POST" else request.GET
    ticked = [code for code in given.getlist("post") if code]
    if request.method != "POST":
        context = shown.form(by, given.dict(), ticked=ticked)
        return page(request, "drills/new.html", context, part="readers")
    try:
        made = _planned(by, request, ticked)
    except Refusal as refusal:
        context = shown.form(by, given.dict(), ticked=ticked) | {"refusal": refusal}
        context["confirm"] = isinstance(refusal, rules.RealOpen)
        return page(request, "drills/new.html", context, part="form", status=refusal.status)
    if made.call:
        messages.success(
            request, gettext("The call went out: {drill}.").format(drill=shown.drill_name(made.drill))
        )
        return go(request, reverse("drills:call", args=[made.call]))
    messages.success(
        request, gettext("The drill was planned: {drill}.").format(drill=shown.drill_name(made.drill))
    )
    return go(request, reverse("drills:plan", args=[made.key]))


def _not_for_real(request: HttpRequest) -> HttpResponse:
    """Refuse a drill in the real mode: who opens the page is led to where the way into the exercise stands."""
    refusal = rules.NotInExercise()
    if request.method == "POST":
        return refusal_page(request, refusal)
    messages.warning(request, " ".join(told(refusal)))
    return HttpResponseRedirect(reverse("drills:index"))


def _planned(by: Actor, request: HttpRequest, ticked: list[str]) -> Plan:
    typed = request.POST
    posts = shown.posts_chosen(typed.dict(), ticked)
    how = typed.get("faults", "none")
    chosen = {code: typed[f"fault-{code}"] for code in posts if typed.get(f"fault-{code}")}
    return acts.plan_drill(
        by=by,
        drill=typed.get("drill", ""),
        posts=posts,
        starts=_moment(typed.get("starts", "")),
        faults=chosen if how == "chosen" else {},
        seed=typed.get("seed", ""),
        drawn=how == "drawn",
        confirmed=typed.get("confirmed") == "1",
    )


def _moment(text: str) -> int | None:
    """Read "2026-09-14 06:30" in UTC; None when left out.

    :raises StartUnreadable: when it is no moment.
    """
    if not text.strip():
        return None
    try:
        read = datetime.strptime(text.strip().replace("T", " ")[:16], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError as error:
        raise rules.StartUnreadable(text=text[:40]) from error
    return intake.micros(read)


@require_safe
def plan(request: HttpRequest, plan: str) -> HttpResponse:
    """Show a planned drill, with its start."""
    by = seat(request)
    row = _plan(by, plan)
    if row.call:
        return HttpResponseRedirect(reverse("drills:call", args=[row.call]))
    return page(request, "drills/plan.html", shown.plan(by, row), part="plan")


def _plan(by: Actor, key: str) -> Plan:
    try:
        return intake.plan_of(key, by=by)
    except intake.NoSuchCall as error:
        raise Http404 from error


@require_POST
def start(request: HttpRequest, plan: str) -> HttpResponse:
    """Send the call of a planned drill out; what is real and waits is named before."""
    by = seat(request)
    try:
        made = acts.start_drill(by=by, plan=plan, confirmed=request.POST.get("confirmed") == "1")
    except rules.RealOpen as refusal:
        context = shown.plan(by, _plan(by, plan)) | {"refusal": refusal, "confirm": True}
        return page(request, "drills/plan.html", context, part="plan", status=refusal.status)
    except Refusal as refusal:
        return refusal_page(request, refusal)
    messages.success(
        request, gettext("The call went out: {drill}.").format(drill=shown.drill_name(made.drill))
    )
    return go(request, reverse("drills:call", args=[made.key]))


@require_POST
def cancel(request: HttpRequest, plan: str) -> HttpResponse:
    """Give up a planned drill."""
    by = seat(request)

    def done() -> str:
        acts.cancel_drill(by=by, plan=plan)
        return gettext("The drill was cancelled.")

    return _acted(request, reverse("drills:index"), done)


@require_safe
def call(request: HttpRequest, call: str) -> HttpResponse:
    """Show a drill under way; the live part answers 304 while nothing changed within the minute."""
    by = seat(request)
    row = found(by, call)
    tag = shown.tag(by, more=(request.LANGUAGE_CODE, call))
    if request.headers.get("If-None-Match", "").strip('W/"') == tag:
        return HttpResponseNotModified()
    answer = page(request, "drills/call.html", shown.call(by, row) | {"etag": tag}, part="live")
    answer.headers["ETag"] = f'"{tag}"'
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@require_safe
def result(request: HttpRequest, call: str) -> HttpResponse:
    """Show the result of a drill: the table, each post's timeline, and how it is counted."""
    by = seat(request)
    return page(request, "drills/result.html", shown.call(by, found(by, call)))


@require_POST
def acknowledge(request: HttpRequest, call: str) -> HttpResponse:
    """Acknowledge the call for one's own post."""
    by = seat(request)

    def done() -> str:
        answer = acts.acknowledge(by=by, call=call)
        return gettext("Your post has acknowledged the call at {at} UTC.").format(at=clock(answer.at))

    return _acted(request, reverse("drills:call", args=[call]), done)


@require_POST
def telephone(request: HttpRequest, call: str) -> HttpResponse:
    """Write down that a post acknowledged by telephone."""
    by, post = seat(request), request.POST.get("post", "")

    def done() -> str:
        answer = acts.acknowledge_for(by=by, call=call, post=post)
        return gettext("{post}: acknowledged by telephone at {at} UTC, logged.").format(
            post=party_name(post), at=clock(answer.at)
        )

    return _acted(request, reverse("drills:call", args=[call]), done)


@require_POST
def fault(request: HttpRequest, call: str) -> HttpResponse:
    """Note that a fault was found at a post."""
    by, post = seat(request), request.POST.get("post", "")

    def done() -> str:
        row = acts.mark_found(by=by, call=call, post=post, fault=request.POST.get("fault", ""))
        return gettext("{post}: {fault}, found at {at} UTC.").format(
            post=party_name(post), fault=shown.FAULT_NAMES[row.fault], at=clock(row.at)
        )

    return _acted(request, reverse("drills:call", args=[call]), done)


@require_POST
def end(request: HttpRequest, call: str) -> HttpResponse:
    """End a drill early."""
    by = seat(request)

    def done() -> str:
        acts.end_drill(by=by, call=call)
        return gettext("The drill was ended.")

    return _acted(request, reverse("drills:result", args=[call]), done)


@require_POST
def keep(request: HttpRequest, call: str) -> HttpResponse:
    """Keep the score in the real record."""
    by = seat(request)

    def done() -> str:
        acts.keep_score(by=by, call=call)
        return gettext("The score was kept in the real record.")

    return _acted(request, reverse("drills:result", args=[call]), done)


@require_safe
def kept(request: HttpRequest, score: str) -> HttpResponse:
    """Show a score that was kept in the real record."""
    by = seat(request)
    row = None if "\0" in score else Kept.objects.visible_to(by).filter(key=score).first()
    if row is None:
        raise Http404
    return page(request, "drills/kept.html", shown.kept_score(by, row))


@require_safe
def year(request: HttpRequest) -> HttpResponse:
    """Show a year of drills: shares by month, times by post."""
    return page(request, "drills/year.html", shown.year(seat(request)))


def _acted(request: HttpRequest, to: str, act: Callable[[], str]) -> HttpResponse:
    """Do something and lead on, saying what was done; or show what was refused."""
    try:
        said = act()
    except Refusal as refusal:
        return refusal_page(request, refusal)
    messages.success(request, said)
    return go(request, to)


def go(request: HttpRequest, to: str) -> HttpResponse:
    """Lead on to another page, with script or without."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": to})
    return HttpResponseRedirect(to)

"""The pages of summaries: the list, the composer, one summary with its versions, and its paper."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commonwatch.access.actor import Actor, SignInFirst
from commonwatch.access.asking import actor_for
from commonwatch.desks.summaries import acts, board, composing, forms, intake, printing, rules, shown
from commonwatch.desks.summaries.models import Draft, Summary
from commonwatch.errors import Refusal
from commonwatch.ui.page import page, refusal_page

RELEASING = frozenset({"release", "revise", "reissue"})
FILTERS = ("party", "type", "what", "span")


def seat(request: HttpRequest) -> Actor:
    """Return the actor of a page that somebody in an office opened.

    :raises SignInFirst: when nobody has signed in; the answer is the way to the entrance.
    """
    by = actor_for(request)
    if by is None:
        raise SignInFirst
    return by


def composer(request: HttpRequest) -> Actor:
    """Return an actor who composes or releases; to everybody else there is no composer."""
    by = seat(request)
    if not (by.may("summaries.compose-summary") or by.may("summaries.release-summary")):
        raise Http404
    return by


def found(by: Actor, key: str) -> Summary:
    """Return a summary within reach; absent and forbidden look alike."""
    try:
        return intake.summary_of(key, by=by)
    except intake.NoSuchSummary as error:
        raise Http404 from error


def whole(text: str) -> int:
    """Read a whole number of an address; 0 for what is none."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 18 else 0


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Show the summaries within reach, newest first, by day; and for who composes, the drafts."""
    by = seat(request)
    day, before = request.GET.get("day", "")[:10], whole(request.GET.get("before", ""))
    rows = list(board.summaries(by, day=day.replace("\0", ""), before=before)[: board.LISTED + 1])
    more, rows = len(rows) > board.LISTED, rows[: board.LISTED]
    board.look(by, rows)
    composes = by.may("summaries.compose-summary") or by.may("summaries.release-summary")
    drafts = list(intake.drafts(by)) if composes else []
    context = {
        "rows": shown.listed(by, rows),
        "more": rows[-1].released_at if more else 0,
        "day": day,
        "composes": by.may("summaries.compose-summary"),
        "drafts": [(each, gettext(shown.FORMS.get(each.form, each.form))) for each in drafts],
        "center": composes,
    }
    return page(request, "summaries/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose which summary to compose, and open the party's draft of it."""
    by = seat(request)
    if not by.may("summaries.compose-summary"):
        raise Http404
    context = {
        "forms": [(code, gettext(text)) for code, text in shown.FORMS.items()],
        "drafts": {each.form for each in intake.drafts(by) if not each.revises},
    }
    if request.method != "POST":
        return page(request, "summaries/new.html", context)
    form = request.POST.get("form", "")
    title = {"day": gettext("Summary of the day"), "sitrep": gettext("Situation report")}.get(form, "")
    try:
        draft = intake.begin(form, by=by, title=title)
    except Refusal as refusal:
        return page(request, "summaries/new.html", context | {"refusal": refusal}, status=refusal.status)
    return go(request, reverse("summaries:compose", args=[draft.id]))


@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: HttpRequest, draft: str) -> HttpResponse:
    """Show the composer, and do what its buttons say: every one saves what was typed first."""
    by = composer(request)
    try:
        row = intake.draft_of(draft, by=by)
    except intake.NoSuchDraft as error:
        raise Http404 from error
    if request.method != "POST":
        return _composer(request, by, row, intake.content_of(row))
    do = request.POST.get("do", "save")[:300].replace("\0", "")
    typed, before = forms.typed(request.POST, intake.content_of(row)), row.version
    try:
        content = forms.done(forms.timed(request.POST, typed.content), do, by=by)
        row = intake.save(row, content, by=by, version=typed.version)
        if do == "throw":
            intake.drop(row, by=by)
            messages.success(request, gettext("The draft was thrown away."))
            return go(request, reverse("summaries:list"))
        if do in RELEASING:
            return _released(request, by, row, do)
    except rules.SavedMeanwhile as refusal:
        return _conflict(request, by, refusal, draft=row)
    except Refusal as refusal:
        return _refused(request, by, row, typed, refusal, saved=row.version > before)
    return _composer(request, by, row, content)


def _refused(  # noqa: PLR0913 - what one answer holds, by name
    request: HttpRequest, by: Actor, row: Draft, typed: forms.Typed, refusal: Refusal, *, saved: bool
) -> HttpResponse:
    """Show the composer again with what was typed; what was not saved still rests on the version that was opened."""
    if saved:
        return _composer(request, by, row, intake.content_of(row), refusal=refusal)
    return _composer(request, by, row, typed.content, refusal=refusal, version=typed.version)


def _released(request: HttpRequest, by: Actor, row: Draft, do: str) -> HttpResponse:
    """Release a draft that was just saved, and lead to the summary."""
    seen, reason = request.POST.get("seen", ""), request.POST.get("reason", "")
    ways: dict[str, Callable[[], acts.Issued]] = {
        "release": lambda: acts.release_summary(by=by, draft=row.id, version=row.version, seen=seen),
        "revise": lambda: acts.revise_summary(
            by=by, draft=row.id, version=row.version, reason=reason, seen=seen
        ),
        "reissue": lambda: acts.reissue_summary(
            by=by, draft=row.id, version=row.version, reason=reason, seen=seen
        ),
    }
    done = ways[do]()
    number = shown.number(intake.summary_of(done.summary, by=by))
    messages.success(request, gettext("The summary was released: {number}.").format(number=number))
    return go(request, reverse("summaries:summary", args=[done.summary]))


def _conflict(request: HttpRequest, by: Actor, refusal: Refusal, *, draft: Draft) -> HttpResponse:
    """Show both texts where somebody else saved meanwhile: what was typed stands in the fields."""
    row = intake.draft_of(draft.id, by=by)
    theirs = intake.content_of(row)
    mine = forms.typed(request.POST, theirs)
    conflicts = composing.conflicts_of(mine.content, theirs, mine.orphans)
    return _composer(request, by, row, mine.content, refusal=refusal, conflicts=conflicts)


def _composer(  # noqa: PLR0913 - what one page shows, by name
    request: HttpRequest,
    by: Actor,
    row: Draft,
    content: rules.Content,
    *,
    refusal: Refusal | None = None,
    conflicts: dict[str, composing.Conflict] | None = None,
    version: int = 0,
) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    filters = {name: asked.get(f"f-{name}", "")[:60].replace("\0", "") for name in FILTERS}
    try:
        context = composing.composer(by, row, content, filters=filters, conflicts=conflicts)
    except intake.NoSuchAudience as error:
        refusal = error
        usual = rules.with_audience(content, intake.default_audience())
        context = composing.composer(by, row, usual, filters=filters, conflicts=conflicts)
    context |= {
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
        "version": version or row.version,
    }
    if refusal:
        context |= {
            name: request.POST[name] for name in ("since", "until", "next_at") if name in request.POST
        }
    status = refusal.status if refusal else 200
    return page(request, "summaries/compose.html", context, part="composer", status=status)


@require_safe
def summary(request: HttpRequest, summary: str) -> HttpResponse:
    """Show a summary, in the version asked for, with what changed against another."""
    by = seat(request)
    row = found(by, summary)
    board.look(by, [row])
    return page(request, "summaries/summary.html", shown.summary(by, row, **_asked(request, row)))


def _asked(request: HttpRequest, row: Summary) -> dict[str, Any]:
    """Read which version is asked for, and against which: an earlier one, or none."""
    version = min(whole(request.GET.get("version", "")), row.version)
    against = request.GET.get("against", "")
    return {"version": version, "against": whole(against) if against else None}


@require_safe
def pdf(request: HttpRequest, summary: str) -> HttpResponse:
    """Give a summary as a file for paper; where the machine cannot make one, say so and what to do."""
    by = seat(request)
    row = found(by, summary)
    context = shown.body(row, by=by, **_asked(request, row))
    try:
        data = printing.pdf(context)
    except printing.NoPango as refusal:
        return refusal_page(request, refusal)
    board.look(by, [row], how="sheet")
    name = context["number"].replace(" ", "-").replace("/", "-")
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "private, no-cache"}
    return HttpResponse(data, content_type="application/pdf", headers=headers)


@require_POST
def version(request: HttpRequest, summary: str) -> HttpResponse:
    """Open the draft of a summary's next version."""
    by = seat(request)
    try:
        draft = intake.begin_version(summary, by=by)
    except Refusal as refusal:
        return refusal_page(request, refusal)
    return go(request, reverse("summaries:compose", args=[draft.id]))


@require_POST
def withdraw(request: HttpRequest, summary: str) -> HttpResponse:
    """Take a summary back."""
    by, ground = seat(request), request.POST.get("ground", "")
    says = gettext("The summary was withdrawn.")
    return _acted(
        request, summary, says, lambda: acts.withdraw_summary(by=by, summary=summary, ground=ground)
    )


@require_POST
def acknowledge(request: HttpRequest, summary: str) -> HttpResponse:
    """Take note of the present version, with one press."""
    by = seat(request)
    says = gettext("The summary was acknowledged.")
    return _acted(request, summary, says, lambda: acts.acknowledge_summary(by=by, summary=summary))


@require_POST
def call(request: HttpRequest, summary: str) -> HttpResponse:
    """Write down a call about a summary."""
    by, data = seat(request), request.POST
    says = gettext("The call was written down.")
    given = {name: data.get(name, "") for name in ("party", "outcome", "note")}
    return _acted(request, summary, says, lambda: acts.note_call(by=by, summary=summary, **given))


def _acted(request: HttpRequest, key: str, says: str, act: Callable[[], object]) -> HttpResponse:
    """Do an act of a summary's page: a refusal is shown on the page itself, with what was typed."""
    try:
        act()
    except intake.NoSuchSummary as error:
        raise Http404 from error
    except Refusal as refusal:
        by = seat(request)
        row = found(by, key)
        board.look(by, [row])
        context = shown.summary(by, row) | {"refusal": refusal, "typed": request.POST.dict()}
        return page(request, "summaries/summary.html", context, status=refusal.status)
    messages.success(request, says)
    return go(request, reverse("summaries:summary", args=[key]))


def go(request: HttpRequest, to: str) -> HttpResponse:
    """Lead on to another page, with script or without."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": to})
    return HttpResponseRedirect(to)

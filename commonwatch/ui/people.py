"""People and offices: who administers the people of a party invites, gives offices, ends them, renews and closes."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from commonwatch.access import invitations, people, rules
from commonwatch.access.actor import Actor
from commonwatch.access.acts import end_office, give_office
from commonwatch.access.models import Seat
from commonwatch.access.seats import offices_of
from commonwatch.errors import Refusal, _
from commonwatch.ui.page import page
from commonwatch.ui.pairs import office_name, seat
from commonwatch.ui.templatetags.cw import EPOCH

FIELDS = {
    "access.bad-handle": "handle",
    "access.other-prefix": "handle",
    "access.handle-taken": "handle",
    "access.no-such-account": "handle",
    "access.no-such-office": "office",
    "access.held-already": "office",
    "access.bad-manner": "manner",
    "access.period": "until",
    "access.ground-missing": "ground",
}


class BadDay(Refusal):
    """What was typed is no day."""

    code, status = "ui.bad-day", 422
    says = _("“{text}” is not a day.")
    hint = _("Write it like 2026-09-14.")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def everybody(request: HttpRequest) -> HttpResponse:
    """Show the people of one's own party, and invite; to other offices, which chairs are taken, without names."""
    by = seat(request)
    if not by.may("access.administer-people") and request.method != "POST":
        return page(
            request, "ui/people_chairs.html", {"chairs": people.chairs(by), "exercise": by.mode != "real"}
        )
    if by.mode != "real" and request.method != "POST":
        return page(request, "ui/people_chairs.html", {"chairs": [], "exercise": True})
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            return _invited(request, by)
        except Refusal as refusal:
            if not by.may("access.administer-people") or by.mode != "real":
                raise
            context = at_fault(request, refusal)
    listed = [shown(each, by=by) for each in people.people_of(by)]
    context = form(by) | {"people": listed, "vacant": vacant(by)} | context
    return page(request, "ui/people.html", context, status=status_of(context))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, handle: str) -> HttpResponse:
    """Show one of them with every office held, and change what they hold or how they get in."""
    by = seat(request)
    person = people.person(by, handle)
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            return _changed(request, by, person)
        except Refusal as refusal:
            context = at_fault(request, refusal)
            person = people.person(by, handle)
    context = form(by) | {"person": shown(person, by=by), "fresh": by.fresh} | context
    return page(request, "ui/people_one.html", context, status=status_of(context))


def _invited(request: HttpRequest, by: Actor) -> HttpResponse:
    handle = request.POST.get("handle", "").strip()
    code = invitations.invite(by=by, handle=handle, **_office(request))
    return code_page(request, handle, code, renews=False)


def _changed(request: HttpRequest, by: Actor, person: people.Person) -> HttpResponse:
    """Do what was pressed; a new code is shown at once, everything else leads back to the page."""
    handle, act, ground = person.handle, request.POST.get("act", ""), request.POST.get("ground", "")
    if act in CODES:
        return code_page(request, handle, CODES[act](by=by, handle=handle), renews=act == "renew")
    if act == "give":
        give_office(by=by, account=handle, **_office(request))
        said = gettext("The office was given.")
    elif act == "end":
        end_office(by=by, seat=_seat_of(request, person), ground=ground)
        said = gettext("The office was ended.")
    elif act == "revoke" and person.code:
        invitations.revoke(by=by, invitation=person.code.id)
        said = gettext("The code will not be taken any more.")
    elif act == "reopen":
        invitations.reopen(by=by, handle=handle, ground=ground)
        said = gettext("The account is open again.")
    elif act == "close":
        invitations.close_account(by=by, handle=handle, ground=ground)
        said = gettext("The account is closed.")
    else:
        said = gettext("Nothing was changed.")
    messages.success(request, said)
    return HttpResponseRedirect(reverse("ui:person", args=[handle]))


CODES: dict[str, Callable[..., str]] = {"renew": invitations.renew, "invite-again": invitations.invite_again}


def _seat_of(request: HttpRequest, person: people.Person) -> str:
    """Return the seat that was pressed, if it is one of this person's; otherwise what no seat is called."""
    key = request.POST.get("seat", "")
    return key if key in {each.key for each in (*person.held, *person.coming, *person.past)} else ""


def code_page(request: HttpRequest, handle: str, code: str, *, renews: bool) -> HttpResponse:
    """Show a code, this once, with what to do with it."""
    context = {"handle": handle, "code": code, "renews": renews, "days": invitations.LASTS.days}
    return page(request, "ui/people_code.html", context)


def _office(request: HttpRequest) -> dict[str, Any]:
    """Read the fields by which an office is given."""
    return {
        "office": request.POST.get("office", ""),
        "manner": request.POST.get("manner", "holder"),
        "since": day(request.POST.get("since", "")),
        "until": day(request.POST.get("until", "")),
    }


def day(text: str) -> int | None:
    """Read an ISO day as its first moment, microseconds UTC; None when left out.

    :raises BadDay: when it is no day.
    """
    if not text.strip():
        return None
    try:
        read = date.fromisoformat(text.strip())
    except ValueError as error:
        raise BadDay(text=text[:40]) from error
    delta = datetime(read.year, read.month, read.day, tzinfo=UTC) - EPOCH
    return (delta.days * 86_400) * 1_000_000


def at_fault(request: HttpRequest, refusal: Refusal) -> dict[str, Any]:
    """Keep what was typed, and name the field that is at fault."""
    typed = {name: str(value)[:2100] for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    field = FIELDS.get(refusal.code, "")
    if isinstance(refusal, BadDay):
        field = next(
            (name for name in ("since", "until") if typed.get(name, "")[:40] == refusal.fields["text"]), ""
        )
    return {"refusal": refusal, "typed": typed, "field": field}


def status_of(context: dict[str, Any]) -> int:
    """Return the status with which a page is answered: that of its refusal, if there is one."""
    refusal: Refusal | None = context.get("refusal")
    return refusal.status if refusal else 200


def form(by: Actor) -> dict[str, Any]:
    """Give the form by which an office is given what it chooses from."""
    return {
        "offices": [{"code": each.code, "name": each.name} for each in offices_of(by.party)],
        "manners": [{"code": code, "name": manner(code)} for code in rules.MANNERS],
        "prefix": rules.prefix_of(by.party),
        "typed": {"manner": "holder"},
        "fresh": by.fresh,
    }


def vacant(by: Actor) -> list[Any]:
    """List the chairs of one's party that nobody holds at present."""
    return [each.office for each in people.chairs(by) if not each.held]


def manner(code: str) -> str:
    """Say in words how an office is held."""
    return {
        "holder": gettext("holder"),
        "acting": gettext("acting (the chair is vacant)"),
        "deputy": gettext("deputy (its holder is away)"),
    }.get(code, code)


def shown(person: people.Person, *, by: Actor) -> dict[str, Any]:
    """Make a person's line: their offices in words, and how they get in."""
    return {
        "handle": person.handle,
        "url": reverse("ui:person", args=[person.handle]),
        "way": person.way,
        "code": person.code,
        "factor": person.factor,
        "last": person.last.isoformat() if person.last else "",
        "own": person.handle == by.account,
        "held": [_seat(each) for each in person.held],
        "coming": [_seat(each) for each in person.coming],
        "past": [_seat(each) for each in reversed(person.past)],
    }


def _seat(each: Seat) -> dict[str, Any]:
    return {
        "key": each.key,
        "office": office_name(each.office),
        "manner": each.manner,
        "manner_name": manner(each.manner),
        "since": each.since,
        "until": each.until,
        "given_by": each.given_by,
        "given_at": each.given_at,
        "ground": each.end_ground,
        "by_itself": each.given_by == each.account,
    }

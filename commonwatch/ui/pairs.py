"""The queue of acts that take two persons: what waits, what one is asked to join, and what became of the rest."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from commonwatch.access import logs, pairs, rules
from commonwatch.access.actor import Actor, ConfirmItIsYou, SignInFirst
from commonwatch.access.asking import actor_for
from commonwatch.access.models import Proposal
from commonwatch.errors import Refusal
from commonwatch.register import history, node
from commonwatch.ui.page import page
from commonwatch.ui.refusals import way_to_confirm
from commonwatch.ui.templatetags.cw import words

MOST = 50


def seat(request: HttpRequest) -> Actor:
    """Return the actor of a page for everybody who holds an office.

    :raises SignInFirst: when nobody has signed in; the answer is the way to the entrance.
    """
    by = actor_for(request)
    if by is None:
        raise SignInFirst
    return by


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Show what waits for a second person, and what became of earlier proposals."""
    by = seat(request)
    now = node.current().clock()
    waiting = list(pairs.open_now(by).order_by("until", "key"))
    earlier = pairs.within_reach(by).exclude(pk__in=[each.pk for each in waiting])
    number = request.GET.get("page", "")
    at = max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1
    shown = list(earlier[(at - 1) * MOST : at * MOST + 1])
    return page(
        request,
        "ui/pairs.html",
        {
            "acts": pairs.carried(by),
            "waiting": [line(each, by=by, now=now) for each in waiting],
            "earlier": [line(each, by=by, now=now) for each in shown[:MOST]],
            "newer": at - 1,
            "older": at + 1 if len(shown) > MOST else 0,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, proposal: str) -> HttpResponse:
    """Show one proposal as the first person saw it; join it, turn it down, or take it back."""
    by = seat(request)
    row = found(proposal, by=by)
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            return _ended(request, by, row)
        except ConfirmItIsYou:
            return HttpResponseRedirect(way_to_confirm(request.path))
        except Refusal as refused:
            refusal, row = refused, found(proposal, by=by)
    logs.opened(by=by, things=[logs.thing(row, detail=row.act)], how="page")
    typed = request.POST.get("ground", "")[: rules.WORDS + 1]
    context = whole(row, by=by) | {"refusal": refusal, "ground": typed}
    return page(request, "ui/pair.html", context, status=refusal.status if refusal else 200)


def found(key: str, *, by: Actor) -> Proposal:
    """Return a proposal that one may join or end.

    :raises NoSuchProposal: absent, out of reach, or of an act that one's office does not carry: all alike.
    """
    row = pairs.find(key, by=by)
    if not by.may(row.act):
        raise pairs.NoSuchProposal
    return row


def _ended(request: HttpRequest, by: Actor, row: Proposal) -> HttpResponse:
    """Do what was pressed, and lead back to the page, which then says what became of it."""
    if request.POST.get("act") == "join":
        pairs.second(by=by, proposal=row.key, digest=request.POST.get("digest", ""))
        messages.success(request, gettext("Done by two persons: the act stands in the register."))
    else:
        pairs.end(by=by, proposal=row.key, ground=request.POST.get("ground", ""))
        messages.success(request, gettext("Nothing will come of this proposal."))
    return HttpResponseRedirect(reverse("ui:pair", args=[row.key]))


def line(row: Proposal, *, by: Actor, now: int) -> dict[str, Any]:
    """Make one proposal's line: what it would do, who proposed it, and how it stands."""
    pair = pairs.pair_of(row.act)
    shown = pair.show(by, row.body) if pair else None
    standing = rules.standing(state=row.state, until=row.until, now=now)
    return {
        "row": row,
        "url": reverse("ui:pair", args=[row.key]),
        "heading": shown.heading if shown else row.act,
        "shown": shown,
        "office": office_name(row.office),
        "second_office": office_name(row.second_office),
        "standing": standing,
        "level": next(shelf.label.level for shelf in by.shelves if shelf.id == row.journal_id),
        "own": row.account == by.account,
    }


def whole(row: Proposal, *, by: Actor) -> dict[str, Any]:
    """Make everything that the page of one proposal shows."""
    context = line(row, by=by, now=node.current().clock())
    past = history.of_subject(row.key, reader=by)
    return context | {
        "fresh": by.fresh,
        "past": [
            {
                "at": each.line.at,
                "kind": each.kind,
                "office": office_name(each.line.office),
                "who": each.line.account,
            }
            for each in past
        ],
    }


def office_name(code: str) -> str:
    """Name an office in the active language; its code when the pack has it no more."""
    known = {each.code: each for each in node.current().pack.offices}
    return words(known[code].name) if code in known else code

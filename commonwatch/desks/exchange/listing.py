"""The page on which reports and releases are listed, chosen and searched. Every read passes the gate."""

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from commonwatch.access import logs
from commonwatch.access.actor import Actor
from commonwatch.desks.exchange import finding, rules
from commonwatch.desks.exchange.intake import micros, moment
from commonwatch.desks.exchange.shown import listing
from commonwatch.desks.exchange.views import day, seat
from commonwatch.errors import Refusal
from commonwatch.ui.page import page

MOST = 200
ONE_DAY = timedelta(days=1)
LATEST = micros(datetime(9000, 1, 1, tzinfo=UTC))


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """List what the reader may see, the latest first; what is searched by words and found is logged as opened."""
    by = seat(request)
    given = {name: request.GET.get(name, "").strip()[:MOST] for name in listing.Asked._fields}
    asked = listing.Asked(**given)
    try:
        wanted = _wanted(asked, request)
    except Refusal as refusal:
        context = listing.choices(asked) | {"refusal": refusal}
        return page(request, "exchange/reports.html", context, part="found", status=refusal.status)
    found = finding.find(by, wanted)
    if wanted.text:
        _log(by, found)
    return page(request, "exchange/reports.html", listing.reports(by, asked, found), part="found")


def _log(by: Actor, found: finding.Found) -> None:
    """Write into the log of reading what was found by its words: that it has them is part of what it says."""
    things = [
        logs.thing(row, version=row.versions, detail=f"{row.type} {row.period or row.event_at}")
        for row in found.rows
    ]
    logs.opened(by=by, things=things, how="page")


def _wanted(asked: listing.Asked, request: HttpRequest) -> finding.Wanted:
    """Read what is asked for.

    :raises DayUnreadable, PeriodBackwards: when a span of days is none.
    """
    since, last = day(asked.since), day(asked.until)
    until = None if last is None else micros(moment(last) + ONE_DAY)
    if since is not None and until is not None and until <= since:
        raise rules.PeriodBackwards
    return finding.Wanted(
        text=asked.q.replace("\0", " "),
        type=asked.type,
        party=asked.party,
        period=asked.period,
        state=asked.state,
        channel=asked.channel,
        what=asked.what,
        urgent=asked.urgent == "1",
        unseen=asked.unseen == "1",
        since=since,
        until=until,
        after=_after(request),
    )


def _after(request: HttpRequest) -> finding.Place | None:
    """Read where the list goes on; what is no such place is passed over."""
    before, key = request.GET.get("before", ""), request.GET.get("after", "")
    if not (before.isascii() and before.isdecimal() and len(before) < 19):
        return None
    return finding.Place(min(int(before), LATEST), key[:MOST].replace("\0", ""))

"""What the Watch page and “My reports” show, as plain values for their templates."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, ngettext

from commonwatch.access.actor import Actor
from commonwatch.charter.model import InformationType
from commonwatch.desks.exchange import board, rules
from commonwatch.desks.exchange.intake import moment, now
from commonwatch.desks.exchange.models import Draft, Report
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import clock, words

HOUR, DAY = 60, 1440
SOON = timedelta(hours=3)
TONES = {
    "on_time": "ok",
    "late": "late",
    "missing": "miss",
    "due": "due",
    "in_grace": "late",
    "exempt": "nil",
}
MARKS = {"on_time": "✓", "late": "◔", "missing": "✕", "due": "○", "in_grace": "◔", "exempt": "–"}
MOST_NEEDS = 12
MOST_SENT = 40


class Need(NamedTuple):
    """Something that waits for the reader; `order` 0 is the most pressing."""

    order: int
    at: datetime
    title: str
    text: str
    url: str
    action: str


def watch(by: Actor, drawn: board.Board, *, tag: str) -> dict[str, Any]:
    """Return what the Watch page shows."""
    at = drawn.now
    rows = [_row(drawn, type_) for type_ in drawn.types]
    return {
        "day_text": day_text(at),
        "regulation": regulation(),
        "columns": [
            {"code": p.code, "iso3": p.iso3 or p.code, "name": words(p.short)} for p in drawn.parties
        ],
        "rows": [row for row in rows if row["cells_html"]],
        "tally": drawn.tally,
        "needs": needs(by, drawn),
        "stream": [told(row) for row in board.stream(by)],
        "etag": tag,
        "checked_at": f"{at:%H:%M:%S}",
        "events": [
            {"code": each.code, "name": words(each.name), "url": reverse("exchange:new", args=[each.code])}
            for each in board.types()
            if by.may("exchange.submit-report") and _asks(each, by)
        ],
    }


def _asks(type_: InformationType, by: Actor) -> bool:
    """Say whether the actor's party reports on this type when something happens, or at all."""
    return by.party in node.current().pack.select(type_.owed_by, on=now().date())


def day_text(at: datetime) -> str:
    """Write the day, in words, UTC."""
    days = (
        gettext("Monday"), gettext("Tuesday"), gettext("Wednesday"), gettext("Thursday"),
        gettext("Friday"), gettext("Saturday"), gettext("Sunday"),
    )  # fmt: skip
    return f"{days[at.weekday()]}, {at:%Y-%m-%d}"


def regulation() -> str:
    """Name the regulation on which the duties rest, with its version."""
    found = node.current().pack.regulation
    return f"{words(found.name)}, {found.version}"


def _row(drawn: board.Board, type_: InformationType) -> dict[str, Any]:
    """Return one line of the board: a type, when it is due, and a cell a party, ready as safe HTML."""
    cells = [drawn.cell(type_, party) for party in drawn.parties]
    if not any(cell.duty for cell in cells):
        return {"cells_html": ""}
    first = next(cell.duty for cell in cells if cell.duty)
    return {
        "code": type_.code,
        "name": words(type_.name),
        "due_text": _due_text(first.slot, type_),
        "url": reverse("exchange:type", args=[type_.code]),
        "cells_html": mark_safe("".join([_cell(cell, drawn.now) for cell in cells])),  # noqa: S308 - escaped piece by piece
    }


def _due_text(slot: rules.Slot, type_: InformationType) -> str:
    if type_.schedule and type_.schedule.period == "day":
        return f"{slot.due_at:%H:%M}"
    return clock(slot.due_at)


def _cell(cell: board.Cell, at: datetime) -> str:
    """Return one cell as HTML; every text that is not ours is escaped."""
    if cell.duty is None:
        title = gettext("{party}: nothing is owed").format(party=words(cell.party.short))
        return f'<td><span class="none" title="{escape(title)}">·</span></td>'
    slot, status = cell.duty
    url = escape(f"/duties/{slot.type}/{slot.party}/{slot.period}/")
    if status is None:
        title = gettext("{party}: not shown to you").format(party=words(cell.party.short))
        return f'<td><span class="cell hidden" title="{escape(title)}">▪</span></td>'
    text, title = cell_text(slot, status, at, party=words(cell.party.short))
    more = '<b class="flag" aria-hidden="true">2×</b>' if cell.double else ""
    if cell.double:
        title = f"{title}; {gettext('two reports for one period')}"
    return (
        f'<td><a class="cell {TONES[status.timeliness]}" href="{url}" title="{escape(title)}">'
        f'{escape(text)}{more}<span class="sr">{escape(title)}</span></a></td>'
    )


def cell_text(slot: rules.Slot, status: rules.Status, at: datetime, *, party: str) -> tuple[str, str]:
    """Return what a cell shows, and the sentence behind it."""
    mark = MARKS[status.timeliness]
    if status.received:
        shown = gettext("nil") if status.content == "nil" else short(status.received_at or at, at)
        extra = " ↺" if status.content == "corrected" else ""
        extra += " ☎" if status.by_telephone else ""
        return f"{mark} {shown}{extra}", _received_title(slot, status, party)
    if status.timeliness == "exempt":
        return f"{mark} {gettext('exempt')}", gettext("{party}: exempt; {ground}").format(
            party=party, ground=status.ground
        )
    title = {
        "due": gettext("{party}: {period} is due at {due}"),
        "in_grace": gettext("{party}: {period} was due at {due}; the grace runs until {missing}"),
        "missing": gettext("{party}: {period} is missing; it was due at {due}"),
    }[status.timeliness].format(
        party=party, period=slot.period, due=clock(slot.due_at), missing=clock(slot.missing_at)
    )
    return f"{mark} {span(status.minutes)}", title


def _received_title(slot: rules.Slot, status: rules.Status, party: str) -> str:
    parts = [
        gettext("{party}: {period} received at {at}").format(
            party=party, period=slot.period, at=clock(status.received_at)
        )
    ]
    if status.timeliness == "late":
        parts.append(gettext("late by {span}").format(span=span(status.minutes)))
    if status.content == "nil":
        parts.append(gettext("nil return"))
    if status.content == "corrected":
        parts.append(gettext("corrected"))
    if status.by_telephone:
        parts.append(gettext("written down by telephone, not yet confirmed"))
    return ", ".join(parts)


def short(then: datetime, at: datetime) -> str:
    """Write a moment for a cell: the time today, else the day."""
    if then.date() == at.date():
        return f"{then:%H:%M}"
    return clock(then).rsplit(" ", 1)[0]


def span(minutes: int) -> str:
    """Write a length of time in one unit."""
    if minutes < 2 * HOUR:
        return ngettext("{n} min", "{n} min", minutes).format(n=minutes)
    if minutes < 2 * DAY:
        hours = minutes // HOUR
        return ngettext("{n} h", "{n} h", hours).format(n=hours)
    days = minutes // DAY
    return ngettext("{n} day", "{n} days", days).format(n=days)


def needs(by: Actor, drawn: board.Board) -> list[Need]:
    """List what needs the reader: what is missing, events not yet seen, doubles, what was told by telephone."""
    found: list[Need] = []
    watches_all = by.party == node.current().pack.center or by.party not in {
        each.code for each in drawn.parties
    }
    own = "" if watches_all else by.party
    for type_ in drawn.types:
        for party in drawn.parties:
            cell = drawn.cell(type_, party)
            if cell.duty and cell.duty.status and (not own or own == party.code):
                found.extend(_of_cell(cell, by, drawn.now))
    found.extend(_of_event(row, by) for row in board.unseen(by) if by.may("exchange.mark-seen"))
    found.sort(key=lambda each: (each.order, each.at))
    return found[:MOST_NEEDS]


def _of_cell(cell: board.Cell, by: Actor, at: datetime) -> list[Need]:
    slot, status = cell.duty or (None, None)
    if slot is None or status is None:
        return []
    url = reverse("exchange:duty", args=[slot.type, slot.party, slot.period])
    names = {"party": words(cell.party.short), "type": words(cell.type.name), "period": slot.period}
    own = by.party == slot.party
    if status.timeliness == "missing" and at - slot.missing_at < timedelta(days=7):
        text = _call(cell) if not own else gettext("It was due at {due}.").format(due=clock(slot.due_at))
        title = gettext("{party}: {type} for {period} is missing").format(**names)
        return [Need(0, slot.missing_at, title, text, url, gettext("Report") if own else gettext("Call"))]
    if own and status.timeliness in {"due", "in_grace"} and slot.due_at - at < SOON:
        title = gettext("{type} for {period} is due at {due}").format(**names, due=clock(slot.due_at))
        return [Need(1, slot.due_at, title, "", url, gettext("Report"))]
    if own and status.by_telephone:
        title = gettext("The Center wrote down your {type} for {period} by telephone").format(**names)
        return [
            Need(
                2, status.received_at or at, title, gettext("Confirm it or replace it."), url, gettext("Open")
            )
        ]
    if cell.double:
        title = gettext("{party}: two reports of {type} for {period}").format(**names)
        return [
            Need(
                3,
                status.received_at or at,
                title,
                gettext("One of them should be withdrawn."),
                url,
                gettext("Open"),
            )
        ]
    return []


def _call(cell: board.Cell) -> str:
    if not cell.party.posts:
        return gettext("No post is known; call the national authority.")
    post = cell.party.posts[0]
    sample = f" ({gettext('SAMPLE')})" if post.sample else ""
    return f"{words(post.name)}: {post.telephone}{sample}"


def _of_event(row: Report, by: Actor) -> Need:
    pack = node.current().pack
    title = gettext("{party}: {type}").format(
        party=words(pack.party(row.party).short), type=words(pack.type(row.type).name)
    )
    text = gettext("Not yet marked as seen by {party}.").format(party=words(pack.party(by.party).short))
    url = reverse("exchange:report", args=[row.key])
    order = 0 if pack.type(row.type).urgent else 2
    return Need(order, moment(row.last_at), title, text, url, gettext("Open"))


def told(row: Report) -> dict[str, Any]:
    """Describe a report for the stream."""
    pack = node.current().pack
    verbs = {"withdrawn": gettext("withdrew"), "nil": gettext("reported nil")}
    verb = verbs.get(row.state) or (gettext("corrected") if row.versions > 1 else gettext("reported"))
    journal = row.journal
    notes = []
    if row.owes != row.party:
        notes.append(gettext("by telephone for {party}").format(party=words(pack.party(row.owes).short)))
    if row.imported:
        notes.append(gettext("imported"))
    return {
        "at": row.last_at,
        "party": pack.party(row.party).iso3 or row.party,
        "verb": verb,
        "what": f"{words(pack.type(row.type).name) if pack.has_type(row.type) else row.type}",
        "period": row.period,
        "url": reverse("exchange:report", args=[row.key]),
        "level": journal.level,
        "note": "; ".join(notes),
        "place": f"{journal.party} {journal.slug}",
        "number": row.place,
    }


def mine(by: Actor) -> dict[str, Any]:
    """Return what “My reports” shows: what is owed next, what was sent, what others released, what was begun."""
    at = now()
    due = [each for each in board.duties(by, party=by.party) if each.status is not None]
    drafts = Draft.objects.filter(account__handle=by.account).order_by("-saved_at")
    return {
        "party_name": words(by.charter_party.name),
        "owed": [_owed(each, by, at) for each in _pressing(due)],
        "sent": [_sent(row) for row in board.stream(by, count=MOST_SENT, by=by.party)],
        "released": [told(row) for row in board.stream(by, count=MOST_SENT, besides=by.party)],
        "drafts": [
            {
                "what": words(node.current().pack.type(draft.type).name),
                "period": draft.period,
                "saved_at": draft.saved_at,
                "url": f"{reverse('exchange:new', args=[draft.type])}?{urlencode({'period': draft.period})}",
            }
            for draft in drafts
            if node.current().pack.has_type(draft.type)
        ],
        "may_submit": by.may("exchange.submit-report"),
    }


def _pressing(due: Sequence[board.Duty]) -> list[board.Duty]:
    """Put what is still owed before what was received."""
    return sorted(due, key=lambda each: (bool(each.status and each.status.received), each.slot.due_at))


def _owed(each: board.Duty, by: Actor, at: datetime) -> dict[str, Any]:
    slot, status = each
    assert status is not None  # noqa: S101 - mine() kept those with a status
    type_ = node.current().pack.type(slot.type)
    text, title = cell_text(slot, status, at, party=words(by.charter_party.short))
    open_ = not status.received and status.timeliness != "exempt"
    query = urlencode({"period": slot.period})
    return {
        "code": slot.type,
        "name": words(type_.name),
        "period": slot.period,
        "due_text": clock(slot.due_at),
        "state": TONES[status.timeliness],
        "text": text,
        "title": title,
        "url": reverse("exchange:duty", args=[slot.type, slot.party, slot.period]),
        "url_new": f"{reverse('exchange:new', args=[slot.type])}?{query}" if open_ else "",
        "nil_allowed": type_.nil and open_ and by.may("exchange.submit-report"),
        "nil_url": reverse("exchange:nil", args=[slot.type]),
    }


def _sent(row: Report) -> dict[str, Any]:
    states = {"value": gettext("stands"), "nil": gettext("nil return"), "withdrawn": gettext("withdrawn")}
    found = told(row)
    return found | {
        "state_text": states.get(row.state, row.state),
        "state": row.state,
        "versions": row.versions,
    }

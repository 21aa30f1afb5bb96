"""What the Watch page and “My reports” show, as plain values for their templates."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, gettext_noop, ngettext

from commonwatch.access import waiting
from commonwatch.access.actor import Actor
from commonwatch.charter.model import InformationType, Party
from commonwatch.desks.exchange import board, nils, rules
from commonwatch.desks.exchange.intake import moment, now
from commonwatch.desks.exchange.models import Draft, Release, Report
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import clock, type_name, words

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
FIRST_SENT = 10
MANY = 3
LONG_AGO = timedelta(days=7)


MOST_SHARED = 100
_shared: "WeakKeyDictionary[node.Node, dict[tuple[str, ...], dict[str, Any]]]" = WeakKeyDictionary()


def shared(name: tuple[str, ...], draw: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Draw what a page shows, or return what was drawn under the same name.

    The name has to say whose page it is and in which state: `board.etag` changes with every entry within reach and with
    every minute. Only pages that ask again use it: who opens a page is shown what there is at that moment.
    """
    held = _shared.setdefault(node.current(), {})
    found = held.get(name)
    if found is None:
        if len(held) >= MOST_SHARED:
            held.clear()
        found = held[name] = draw()
    return found


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
    says = Sentences(at)
    rows = [_row(drawn, type_, says) for type_ in drawn.types]
    wanted = sorted(_once(needs(by, drawn), _of_others(by)), key=lambda each: (each.order, each.at))
    return {
        "day_text": day_text(at),
        "regulation": regulation(),
        "columns": [
            {"code": p.code, "iso3": p.iso3 or p.code, "name": words(p.short)} for p in drawn.parties
        ],
        "rows": [row for row in rows if row["cells_html"]],
        "tally": drawn.tally,
        "needs": wanted[:MOST_NEEDS],
        "needs_left": len(wanted[MOST_NEEDS:]),
        "stream": _latest([told(row) for row in board.stream(by)], board.releases(by), count=board.STREAM),
        "keeps_watch": by.may("shifts.write-log"),
        "etag": tag,
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
    return gettext("{name}, version {version}").format(name=words(found.name), version=found.version)


def _row(drawn: board.Board, type_: InformationType, says: "Sentences") -> dict[str, Any]:
    """Return one line of the board: a type, when it is due, and a cell a party, ready as safe HTML."""
    cells = [drawn.cell(type_, party) for party in drawn.parties]
    if not any(cell.duty for cell in cells):
        return {"cells_html": ""}
    first = next(cell.duty for cell in cells if cell.duty)
    return {
        "code": type_.code,
        "name": words(type_.name),
        "due_text": _due_text(first.slot, type_, says),
        "url": reverse("exchange:type", args=[type_.code]),
        "cells_html": mark_safe("".join([_cell(cell, says) for cell in cells])),  # noqa: S308 - escaped piece by piece
    }


def _due_text(slot: rules.Slot, type_: InformationType, says: "Sentences") -> str:
    if type_.schedule and type_.schedule.period == "day":
        return f"{slot.due_at:%H:%M}"
    return says.clock(slot.due_at)


class Sentences:
    """What the cells of one board say, in the active language.

    A board has hundreds of cells: each sentence is looked up once, each moment and each length of time written once.
    """

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.nil, self.exempt = gettext("nil"), gettext("exempt")
        self.not_owed = gettext("{party}: nothing is owed")
        self.not_shown = gettext("{party}: not shown to you")
        self.double = gettext("two reports for one period")
        self.waived = gettext("{party}: exempt; {ground}")
        self.open = {
            "due": gettext("{party}: {period} is due at {due}"),
            "in_grace": gettext("{party}: {period} was due at {due}; the grace runs until {missing}"),
            "missing": gettext("{party}: {period} is missing; it was due at {due}"),
        }
        self.received = gettext("{party}: {period} received at {at}")
        self.late = gettext("late by {span}")
        self.nil_return = gettext("nil return")
        self.corrected = gettext("corrected")
        self.by_telephone = gettext("written down by telephone, not yet confirmed")
        self._names: dict[str, str] = {}
        self._clocks: dict[datetime, str] = {}
        self._spans: dict[int, str] = {}

    def name(self, party: Party) -> str:
        """Name a party."""
        found = self._names.get(party.code)
        if found is None:
            found = self._names[party.code] = words(party.short)
        return found

    def clock(self, then: datetime) -> str:
        """Write a moment as all pages write it."""
        found = self._clocks.get(then)
        if found is None:
            found = self._clocks[then] = clock(then)
        return found

    def short(self, then: datetime) -> str:
        """Write a moment for a cell: the time today, else the day."""
        said = self.clock(then)
        return said if then.date() == self.at.date() else said.rsplit(" ", 1)[0]

    def span(self, minutes: int) -> str:
        """Write a length of time in one unit."""
        found = self._spans.get(minutes)
        if found is None:
            found = self._spans[minutes] = span(minutes)
        return found


_escaped = lru_cache(maxsize=4096)(escape)
"""What stands in cell after cell: codes, periods, moments; the sentence behind each cell is its own."""


def _cell(cell: board.Cell, says: Sentences) -> str:
    """Return one cell as HTML; every text that is not ours is escaped."""
    party = says.name(cell.party)
    if cell.duty is None:
        return f'<td><span class="none" title="{escape(says.not_owed.format(party=party))}">·</span></td>'
    slot, status = cell.duty
    if status is None:
        title = escape(says.not_shown.format(party=party))
        return f'<td><span class="cell hidden" title="{title}">▪</span></td>'
    text, title = cell_text(slot, status, says, party=party)
    more = ""
    if cell.double:
        more, title = '<b class="flag" aria-hidden="true">2×</b>', f"{title}; {says.double}"
    title = escape(title)
    return (
        f'<td><a class="cell {TONES[status.timeliness]}"'
        f' href="/duties/{_escaped(slot.type)}/{_escaped(slot.party)}/{_escaped(slot.period)}/" title="{title}">'
        f'{_escaped(text)}{more}<span class="sr">{title}</span></a></td>'
    )


def cell_text(slot: rules.Slot, status: rules.Status, says: Sentences, *, party: str) -> tuple[str, str]:
    """Return what a cell shows, and the sentence behind it."""
    mark = MARKS[status.timeliness]
    if status.received:
        shown = says.nil if status.content == "nil" else says.short(status.received_at or says.at)
        extra = " ↺" if status.content == "corrected" else ""
        extra += " ☎" if status.by_telephone else ""
        return f"{mark} {shown}{extra}", _received_title(slot, status, says, party)
    if status.timeliness == "exempt":
        return f"{mark} {says.exempt}", says.waived.format(party=party, ground=status.ground)
    title = says.open[status.timeliness].format(
        party=party, period=slot.period, due=says.clock(slot.due_at), missing=says.clock(slot.missing_at)
    )
    return f"{mark} {says.span(status.minutes)}", title


def _received_title(slot: rules.Slot, status: rules.Status, says: Sentences, party: str) -> str:
    at = says.clock(status.received_at or says.at)
    title = says.received.format(party=party, period=slot.period, at=at)
    if status.timeliness == "late":
        title += f", {says.late.format(span=says.span(status.minutes))}"
    if status.content == "nil":
        title += f", {says.nil_return}"
    if status.content == "corrected":
        title += f", {says.corrected}"
    if status.by_telephone:
        title += f", {says.by_telephone}"
    return title


def span(minutes: int) -> str:
    """Write a length of time in one unit."""
    if minutes < 2 * HOUR:
        return ngettext("{n} min", "{n} min", minutes).format(n=minutes)
    if minutes < 2 * DAY:
        hours = minutes // HOUR
        return ngettext("{n} h", "{n} h", hours).format(n=hours)
    days = minutes // DAY
    return ngettext("{n} day", "{n} days", days).format(n=days)


def _once(own: Sequence[Need], others: Sequence[waiting.Waiting]) -> list[Need]:
    """Leave out what another desk says better: a report to be relayed was not seen, a day's summary is missing."""
    asked, also = [each.url for each in others], {each.also for each in others}

    def said(url: str) -> bool:
        return url in also or any(each.endswith(_tail(url)) for each in asked if each != url)

    return [*map(_need, others), *(each for each in own if not said(each.url))]


def _tail(url: str) -> str:
    """Return what the addresses of one report have in common: its key."""
    return url.removeprefix("/reports") if url.startswith("/reports/report/") else url


def _of_others(by: Actor) -> list[waiting.Waiting]:
    """List what waits for the reader at the other desks."""
    return [each for each in waiting.of(by, but="exchange") if each.needs]


def _need(each: waiting.Waiting) -> Need:
    return Need(each.order, moment(each.due_at), each.title, each.text, each.url, each.action)


def needs(by: Actor, drawn: board.Board) -> list[Need]:
    """List what needs the reader, the urgent first: events not yet seen, what is missing, what was told by telephone.

    What many parties have not sent of one type is one line; its page names the posts to call.
    """
    watches_all = by.party == node.current().pack.center or by.party not in {
        each.code for each in drawn.parties
    }
    own = "" if watches_all else by.party
    found: list[Need] = []
    absent: dict[tuple[str, str], list[board.Cell]] = defaultdict(list)
    for type_ in drawn.types:
        for party in drawn.parties:
            cell = drawn.cell(type_, party)
            if not cell.duty or not cell.duty.status or (own and own != party.code):
                continue
            if _is_missing(cell.duty, drawn.now):
                absent[type_.code, cell.duty.slot.period].append(cell)
            else:
                found.extend(_of_cell(cell, by, drawn.now))
    found.extend(each for cells in absent.values() for each in _of_missing(cells, by))
    found.extend(_of_event(row, by) for row in board.unseen(by) if by.may("exchange.mark-seen"))
    if by.party == node.current().pack.center:
        found.extend(_of_nils(run) for run in nils.unasked(by, nils.running(by)))
    return sorted(found, key=lambda each: (each.order, each.at))


def _of_nils(run: nils.Run) -> Need:
    """Point out, once for the whole run, that a party has had nothing to report for too long."""
    url = reverse("exchange:duty", args=[run.type.code, run.party.code, run.last.period])
    return Need(
        4,
        run.reached_at,
        run_text(run, named=True),
        gettext("Ask whether all is well."),
        url,
        gettext("Open"),
    )


def run_text(run: nils.Run, *, named: bool = False) -> str:
    """Say how long a party has had nothing to report; `named` says of which type."""
    fields = {
        "party": words(run.party.short),
        "type": words(run.type.name),
        "count": run.length,
        "period": run.first.period,
    }
    if named:
        says = gettext("{party}: {type}, nil returns in a row: {count}, since {period}")
    else:
        says = gettext("{party}: nil returns in a row: {count}, since {period}.")
    return says.format(**fields)


def _is_missing(duty: board.Duty, at: datetime) -> bool:
    """Say whether a duty is missing, and not so long ago that only the compliance page still counts it."""
    slot, status = duty
    return status is not None and status.timeliness == "missing" and at - slot.missing_at < LONG_AGO


def _of_missing(cells: Sequence[board.Cell], by: Actor) -> list[Need]:
    """Name what is missing of one type for one period: a line a party, or one line when there are many."""
    if len(cells) < MANY:
        return [_missing(cell, by) for cell in cells]
    first = next(cell.duty.slot for cell in cells if cell.duty)
    title = ngettext(
        "{type} for {period} is missing from {count}: {parties}",
        "{type} for {period} is missing from {count}: {parties}",
        len(cells),
    ).format(
        type=words(cells[0].type.name),
        period=first.period,
        count=len(cells),
        parties=", ".join(words(cell.party.short) for cell in cells),
    )
    url = f"{reverse('exchange:type', args=[first.type])}#missing"
    at = min(cell.duty.slot.missing_at for cell in cells if cell.duty)
    return [Need(1, at, title, gettext("The page names the posts to call."), url, gettext("Call"))]


def _missing(cell: board.Cell, by: Actor) -> Need:
    assert cell.duty is not None  # noqa: S101 - only duties are missing
    slot = cell.duty.slot
    names = {"party": words(cell.party.short), "type": words(cell.type.name), "period": slot.period}
    title = gettext("{party}: {type} for {period} is missing").format(**names)
    url = reverse("exchange:duty", args=[slot.type, slot.party, slot.period])
    if by.party == slot.party:
        text = gettext("It was due at {due}.").format(due=clock(slot.due_at))
        return Need(1, slot.missing_at, title, text, url, gettext("Report"))
    return Need(1, slot.missing_at, title, _call(cell), url, gettext("Call"))


def _of_cell(cell: board.Cell, by: Actor, at: datetime) -> list[Need]:
    slot, status = cell.duty or (None, None)
    if slot is None or status is None:
        return []
    own = by.party == slot.party
    if not (own or cell.double):  # hundreds of cells, of which few need somebody
        return []
    url = reverse("exchange:duty", args=[slot.type, slot.party, slot.period])
    names = {"party": words(cell.party.short), "type": words(cell.type.name), "period": slot.period}
    if own and status.timeliness in {"due", "in_grace"} and slot.due_at - at < SOON:
        title = gettext("{type} for {period} is due at {due}").format(**names, due=clock(slot.due_at))
        return [Need(2, slot.due_at, title, "", url, gettext("Report"))]
    if own and status.by_telephone:
        title = gettext("The Center wrote down your {type} for {period} by telephone").format(**names)
        return [
            Need(
                3, status.received_at or at, title, gettext("Confirm it or replace it."), url, gettext("Open")
            )
        ]
    if cell.double:
        title = gettext("{party}: two reports of {type} for {period}").format(**names)
        return [
            Need(
                4,
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
    order = 0 if pack.type(row.type).urgent else 3
    return Need(order, moment(row.last_at), title, text, url, gettext("Open"))


TOLD = {
    "value": gettext_noop("{party} reported {type}"),
    "corrected": gettext_noop("{party} corrected {type}"),
    "withdrawn": gettext_noop("{party} withdrew {type}"),
    "nil": gettext_noop("{party} reported nil on {type}"),
}


def told(row: Report) -> dict[str, Any]:
    """Describe a report for the stream, in one sentence whose party stands out and whose type is a link."""
    pack = node.current().pack
    corrected = row.versions > 1 and row.state == "value"
    says = gettext(TOLD["corrected" if corrected else row.state] if row.state in TOLD else TOLD["value"])
    journal = row.journal
    party = pack.party(row.party).iso3 or row.party
    what, url = type_name(row.type), reverse("exchange:report", args=[row.key])
    notes = []
    if row.owes != row.party:
        notes.append(gettext("by telephone for {party}").format(party=words(pack.party(row.owes).short)))
    if row.imported:
        notes.append(gettext("imported"))
    return {
        "at": row.last_at,
        "sentence": format_html(
            says, party=format_html("<b>{}</b>", party), type=format_html('<a href="{}">{}</a>', url, what)
        ),
        "what": what,
        "period": row.period,
        "url": url,
        "level": journal.level,
        "note": "; ".join(notes),
        "place": f"{journal.party} {journal.slug}",
        "number": row.place,
    }


def _latest(
    reports: list[dict[str, Any]], releases: Sequence[Release], *, count: int
) -> list[dict[str, Any]]:
    """Put reports and releases into one stream, newest first."""
    found = [*reports, *map(told_release, releases)]
    return sorted(found, key=lambda each: (-each["at"], each["url"]))[:count]


def told_release(row: Release) -> dict[str, Any]:
    """Describe a release for the stream, as a report is described."""
    pack, journal = node.current().pack, row.journal
    says = gettext("{party} released {type}")
    if row.state == "withdrawn":
        says = gettext("{party} withdrew its release of {type}")
    party = pack.party(row.party).iso3 or row.party
    what, url = type_name(row.type), reverse("exchange:release", args=[row.key])
    return {
        "at": row.last_at,
        "sentence": format_html(
            says, party=format_html("<b>{}</b>", party), type=format_html('<a href="{}">{}</a>', url, what)
        ),
        "what": what,
        "period": row.period,
        "url": url,
        "level": journal.level,
        "note": gettext("in part") if row.part else "",
        "place": f"{journal.party} {journal.slug}",
        "number": row.place,
    }


def _draft_url(draft: Draft) -> str:
    query = urlencode({"period": draft.period, "owes": draft.owes})
    return f"{reverse('exchange:new', args=[draft.type])}?{query}"


def mine(by: Actor) -> dict[str, Any]:
    """Return what “My reports” shows: what is owed next, what was sent, what others released, what was begun."""
    says = Sentences(now())
    due = [each for each in board.duties(by, party=by.party) if each.status is not None]
    sent = [_sent(row) for row in board.stream(by, count=MOST_SENT, by=by.party)]
    came = [told(row) for row in board.stream(by, count=MOST_SENT, besides=by.party)]
    released = _latest(came, board.releases(by, count=MOST_SENT, besides=by.party), count=MOST_SENT)
    drafts = Draft.objects.filter(account__handle=by.account).order_by("-saved_at")
    return {
        "party_name": words(by.charter_party.name),
        "owed": [_owed(each, by, says) for each in _pressing(due)],
        "sent": sent[:FIRST_SENT],
        "sent_more": sent[FIRST_SENT:],
        "released": released[:FIRST_SENT],
        "released_more": released[FIRST_SENT:],
        "drafts": [
            {
                "what": words(node.current().pack.type(draft.type).name),
                "period": draft.period,
                "saved_at": draft.saved_at,
                "url": _draft_url(draft),
            }
            for draft in drafts
            if node.current().pack.has_type(draft.type)
        ],
        "may_submit": by.may("exchange.submit-report"),
    }


def _pressing(due: Sequence[board.Duty]) -> list[board.Duty]:
    """Put what is still owed before what was received or needs no report."""
    open_ = {"due", "in_grace", "missing"}
    return sorted(
        due, key=lambda each: (not each.status or each.status.timeliness not in open_, each.slot.due_at)
    )


def _owed(each: board.Duty, by: Actor, says: Sentences) -> dict[str, Any]:
    slot, status = each
    assert status is not None  # noqa: S101 - mine() kept those with a status
    type_ = node.current().pack.type(slot.type)
    text, title = cell_text(slot, status, says, party=says.name(by.charter_party))
    open_ = not status.received and status.timeliness != "exempt"
    query = urlencode({"period": slot.period})
    return {
        "code": slot.type,
        "name": words(type_.name),
        "period": slot.period,
        "due_text": says.clock(slot.due_at),
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

"""What the pages of shifts read: the roster, the log, calls, hand-overs; all through the gate, in few queries."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from commonwatch.access import logs
from commonwatch.access.actor import Actor
from commonwatch.charter.model import Shift
from commonwatch.desks.shifts import rules
from commonwatch.desks.shifts.intake import Card, booked, card_type, cards, micros, moment, now, text, turns
from commonwatch.desks.shifts.models import Handover, Line, Turn, Watch
from commonwatch.desks.shifts.projection import between_line_ends, values_of
from commonwatch.register import history, node
from commonwatch.register.models import Entry

DAYS = 14
LINES = 50
PRINTED = 500
HISTORY = 20


class Cell(NamedTuple):
    """One shift of one day: who is planned; `gap` when nobody is and it is not over, `now` while it runs."""

    stretch: rules.Stretch
    turns: tuple[Turn, ...]
    gap: bool
    now: bool


class Roster(NamedTuple):
    """Days with a cell for each shift of the pack, and what is odd about the turns."""

    since: date
    shifts: tuple[Shift, ...]
    days: list[tuple[date, list[Cell]]]
    odd: rules.Odd
    gaps: int


def roster(by: Actor, *, since: date, days: int = DAYS) -> Roster:
    """Draw the roster of so many days; a day more on either side is looked at for rest and doubles."""
    shifts, at = node.current().pack.duty.shifts, now()
    begins = datetime(since.year, since.month, since.day, tzinfo=at.tzinfo)
    wide = timedelta(days=2)
    rows = turns(by, since=micros(begins - wide), until=micros(begins + timedelta(days=days) + wide))
    held: dict[tuple[str, str], list[Turn]] = {}
    for row in rows:
        held.setdefault((row.date, row.shift), []).append(row)
    drawn = []
    for day in (since + timedelta(days=n) for n in range(days)):
        cells = [_cell(rules.stretch(each, day), held, at=at) for each in shifts]
        drawn.append((day, cells))
    gaps = sum(cell.gap for _day, cells in drawn for cell in cells)
    return Roster(since, shifts, drawn, rules.odd(booked(row) for row in rows), gaps)


def _cell(found: rules.Stretch, held: dict[tuple[str, str], list[Turn]], *, at: datetime) -> Cell:
    planned = tuple(held.get((found.day.isoformat(), found.shift.code), ()))
    return Cell(found, planned, not planned and found.until > at, found.starts <= at < found.until)


def turns_ahead(by: Actor) -> list[Turn]:
    """List the turns that are not over, for the forms that swap them and take them off."""
    at = node.current().clock()
    return turns(by, since=at, until=at + rules.MOST_DAYS * 86_400_000_000)[:200]


def swapped(by: Actor) -> list[Turn]:
    """List what was swapped or taken off the roster lately, the newest first."""
    rows = Turn.objects.visible_to(by).filter(party=by.party).exclude(reason="")
    return list(rows.order_by("-last_at", "key")[:HISTORY])


class Asked(NamedTuple):
    """Which lines of the log are asked for; `shift` is "DATE.CODE", `before` an instant (microseconds UTC)."""

    sort: str = ""
    q: str = ""
    shift: str = ""
    before: int | None = None
    most: int = LINES


class Lines(NamedTuple):
    """Lines of the log, the newest first; `older` is the instant before which the next ones stand, None at the end."""

    rows: list[Line]
    older: int | None


def lines(by: Actor, asked: Asked) -> Lines:
    """Read the log of the actor's party."""
    rows = Line.objects.visible_to(by).filter(party=by.party)
    if asked.sort:
        rows = rows.filter(sort=asked.sort)
    if asked.q:
        rows = rows.filter(Q(text__icontains=asked.q) | Q(cites__contains=asked.q) | Q(called=asked.q))
    if asked.shift:
        runs = stretch_named(asked.shift)
        rows = rows.filter(at__gte=micros(runs.starts), at__lt=micros(runs.until))
    if asked.before is not None:
        rows = rows.filter(at__lt=asked.before)
    found = list(rows.order_by("-at", "-place")[: asked.most + 1])
    shown = found[: asked.most]
    return Lines(shown, shown[-1].at if len(found) > asked.most else None)


def stretch_named(name: str) -> rules.Stretch:
    """Return the shift that a filter names.

    :raises DayUnclear, NoSuchShift: when there is none.
    """
    day, _, code = name.partition(".")
    return rules.stretch(rules.shift_of(node.current().pack.duty.shifts, code), rules.read_day(day))


def latest_shifts(count: int = 8) -> list[rules.Stretch]:
    """List the shifts that began last, the newest first."""
    at, shifts = now(), node.current().pack.duty.shifts
    if not shifts:
        return []
    near = rules.stretches(shifts, since=at.date() - timedelta(days=count), days=count + 1)
    return [each for each in reversed(near) if each.starts <= at][:count]


def line_of(by: Actor, key: str) -> Line | None:
    """Return a line of the log of the actor's party; None for none that it may read."""
    return Line.objects.visible_to(by).filter(party=by.party, key=text(key)).first()


def calls(by: Actor, *, party: str) -> list[Line]:
    """List the calls of the last day to a party's post, the newest first."""
    since = node.current().clock() - 86_400_000_000
    rows = Line.objects.visible_to(by).filter(party=by.party, called=party, at__gte=since, struck_by="")
    return list(rows.order_by("-at", "-place")[:LINES])


def mentions(by: Actor, key: str) -> list[Line]:
    """List the lines of the log that speak of something, the newest first."""
    if not key:
        return []
    rows = Line.objects.visible_to(by).filter(party=by.party, cites__contains=between_line_ends((key,)))
    return list(rows.order_by("-at", "-place")[:HISTORY])


def handovers(by: Actor) -> list[Handover]:
    """List the last hand-overs, the newest first."""
    rows = Handover.objects.visible_to(by).filter(party=by.party)
    return list(rows.order_by("-signed_at", "key")[:HISTORY])


def watches(by: Actor) -> list[Watch]:
    """List who took the watch lately, the newest first."""
    rows = Watch.objects.visible_to(by).filter(party=by.party)
    return list(rows.order_by("-at", "-place")[:HISTORY])


class Held(NamedTuple):
    """A card, and what it says by the codes of its fields."""

    card: Card
    values: dict[str, Any]


def held_cards(by: Actor, *, party: str = "") -> list[Held]:
    """Read the cards of all parties, or of one, with what they say; note first that they are about to be opened."""
    found = [each for each in cards(by) if party in ("", each.party.code)]
    kind = card_type()
    code = kind.code if kind else ""
    things = [logs.thing(each.sent, detail=f"{code} {each.sent.owes}") for each in found if each.sent]
    logs.opened(by=by, things=things, how="page")
    said = _said(by, (each.sent.last_entry for each in found if each.sent))
    return [Held(each, said.get(each.sent.last_entry, {}) if each.sent else {}) for each in found]


def _said(by: Actor, entries: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read what reports say, in one query, by the ids of their entries."""
    wanted = [UUID(each) for each in entries]
    rows = Entry.objects.visible_to(by).select_related("journal").filter(entry_id__in=wanted)
    return {str(row.entry_id): dict(values_of(history.past(row).fact)) for row in rows if row.data}


def look(by: Actor, row: Handover | Line | None, *, detail: str) -> None:
    """Write into the log of reading that a hand-over, or a page of the log, is about to be opened."""
    if row is not None:
        logs.opened(by=by, things=[logs.thing(row, detail=detail)], how="page")


def day_of(at: int) -> date:
    """Return the day of an instant, UTC."""
    return moment(at).date()

"""What the Watch page shows: duties and how they stand, what needs somebody, and the stream; read through the gate.

The number of queries is fixed: it depends neither on the number of types and parties nor on how much lies behind.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from django.db import connections
from django.db.models import Count, QuerySet

from commonwatch.access import logs
from commonwatch.access.actor import Actor
from commonwatch.charter.label import Label, readable
from commonwatch.charter.model import InformationType, Party
from commonwatch.desks.exchange import rules
from commonwatch.desks.exchange.intake import activations, micros, moment, now, waivers
from commonwatch.desks.exchange.models import Release, Report, Seen, Slip
from commonwatch.register import node, wall
from commonwatch.register.audience import first_of, following, turn_of
from commonwatch.register.gate import Reader, Shelf

STREAM = 20
MOST_JOURNALS = 400
AT_ONCE = 32
URGENT = timedelta(hours=48)


class Duty(NamedTuple):
    """One duty and how it stands; `status` None when the reader may not know."""

    slot: rules.Slot
    status: rules.Status | None


class Filed(NamedTuple):
    """A report as the board needs it."""

    key: str
    type: str
    owes: str
    period: str
    party: str
    state: str
    versions: int
    last_at: int


class Cell(NamedTuple):
    """One type and party: the duty (None when nothing is owed), and whether it has two reports of one party."""

    type: InformationType
    party: Party
    duty: Duty | None
    double: bool = False


def types() -> tuple[InformationType, ...]:
    """Return every information type."""
    return node.current().pack.types


def scheduled() -> tuple[InformationType, ...]:
    """Return the types that fall due by the calendar."""
    return tuple(each for each in types() if each.schedule)


def same_duties(type_: InformationType) -> tuple[object, ...]:
    """Name what the duties of a type hang on: under types of one name a party has the same, but for the type."""
    own = type_.code if type_.schedule and type_.schedule.while_active else ""
    return (type_.schedule, type_.line, own)


@dataclass
class Board:
    """The duties of a moment, for one reader. Everything is read once, when it is first needed."""

    reader: Reader
    now: datetime
    parties: tuple[Party, ...] = ()
    types: tuple[InformationType, ...] = ()

    @cached_property
    def active(self) -> list[rules.Activation]:
        """When types owed "while active" were on."""
        return activations(self.reader)

    @cached_property
    def slots(self) -> dict[tuple[str, str], rules.Slot]:
        """The duty that each party has now under each type."""
        pack, today, found = node.current().pack, self.now.date(), {}
        alike: dict[object, dict[str, rules.Slot | None]] = defaultdict(dict)
        for type_ in self.types:
            asked, known = set(pack.select(type_.owed_by, on=today)), alike[same_duties(type_)]
            for party in (each for each in self.parties if each.code in asked):
                if party.code not in known:
                    known[party.code] = rules.board_slot(type_, party, now=self.now, active=self.active)
                slot = known[party.code]
                if slot is not None:
                    found[type_.code, party.code] = rules.Slot(type_.code, *slot[1:])
        return found

    @cached_property
    def statuses(self) -> dict[rules.Slot, rules.Status | None]:
        """How each duty stands."""
        return stand(self.reader, list(self.slots.values()), now=self.now)

    @cached_property
    def doubles(self) -> set[tuple[str, str, str]]:
        """The duties for which the reader sees two reports of one party that stand."""
        return doubles(self.reader, list(self.slots.values()))

    @cached_property
    def cells(self) -> dict[tuple[str, str], Cell]:
        """What stands at each place of the board, by type and party."""
        return {
            (type_.code, party.code): self._cell(type_, party)
            for type_ in self.types
            for party in self.parties
        }

    def cell(self, type_: InformationType, party: Party) -> Cell:
        """Return what stands at one place of the board."""
        return self.cells[type_.code, party.code]

    def _cell(self, type_: InformationType, party: Party) -> Cell:
        slot = self.slots.get((type_.code, party.code))
        if slot is None:
            return Cell(type_, party, None)
        double = (slot.type, slot.party, slot.period) in self.doubles
        return Cell(type_, party, Duty(slot, self.statuses[slot]), double)

    @cached_property
    def tally(self) -> rules.Tally:
        """Count the duties whose standing the reader may know."""
        return rules.tally([status for status in self.statuses.values() if status is not None])


def board(reader: Reader) -> Board:
    """Draw the board of this moment: the scheduled types, and the parties that owe any of them."""
    pack, at = node.current().pack, now()
    owing = {code for each in scheduled() for code in pack.select(each.owed_by, on=at.date())}
    parties = tuple(each for each in pack.parties if each.code in owing)
    return Board(reader=reader, now=at, parties=parties, types=scheduled())


def duties(reader: Reader, *, party: str) -> list[Duty]:
    """List what a party owes now, the most pressing first."""
    pack, at = node.current().pack, now()
    if not pack.has_party(party):
        return []
    drawn = Board(reader=reader, now=at, parties=(pack.party(party),), types=scheduled())
    found = [Duty(slot, status) for slot, status in drawn.statuses.items() if status is not None]
    return sorted(found, key=lambda each: (each.slot.due_at, each.slot.type))


def stand(
    reader: Reader, slots: Sequence[rules.Slot], *, now: datetime
) -> dict[rules.Slot, rules.Status | None]:
    """Say how duties stand, from the slips and waivers that the reader may see; None where it may not know."""
    filings = _filings(reader, slots)
    waived = waivers(reader)
    knows = Knows(reader)
    return {
        slot: rules.status(
            slot, filings.get((slot.type, slot.party, slot.period), ()), waivers=waived, now=now
        )
        if knows(slot)
        else None
        for slot in slots
    }


class Knows:
    """Whether the reader was, when a duty fell due, in the audience that learns how its party stands with it.

    Who joins later was told nothing of what was due before, and must not take that for missing.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.pack = node.current().pack
        self.level = self.pack.labels.internal
        self._said: dict[tuple[str, str, date], bool] = {}
        self._of: dict[tuple[str, tuple[str, ...]], bool] = {}

    def __call__(self, slot: rules.Slot) -> bool:
        """Say whether the reader learns how a duty stands."""
        key = (self.pack.type(slot.type).status, slot.party, slot.due_at.date())
        if key not in self._said:
            audience, party, day = key
            self._said[key] = self._is_of(party, self.pack.readers(audience, originator=party, on=day))
        return self._said[key]

    def _is_of(self, party: str, readers: tuple[str, ...]) -> bool:
        """Say whether the reader is of an audience; it is the same one for many days."""
        if (party, readers) not in self._of:
            label = Label(level=self.level, parties=readers)
            viewer, scheme = self.reader.viewer, self.pack.labels
            self._of[party, readers] = readable(label, originator=party, viewer=viewer, scheme=scheme)
        return self._of[party, readers]


def _filings(reader: Reader, slots: Iterable[rules.Slot]) -> dict[tuple[str, str, str], list[rules.Filing]]:
    """Read what was noted for duties; a slip and those that continue it are one, in which the latest word stands."""
    wanted = {(slot.type, slot.party, slot.period) for slot in slots}
    rows = Slip.objects.visible_to(reader).filter(
        period__in={period for _type, _party, period in wanted}, type__in={type_ for type_, _p, _q in wanted}
    )
    columns = ("type", "owes", "period", "key", "filer", "reports_json", "corrected", "on_behalf", "last_at")
    found: dict[tuple[str, str, str], dict[tuple[str, str], rules.Filing]] = defaultdict(dict)
    for row in sorted(rows.values_list(*columns), key=lambda each: turn_of(each[3])):
        type_, owes, period, key, filer, reports, corrected, on_behalf, last_at = row
        if (type_, owes, period) not in wanted:
            continue
        for number, (state, since) in msgspec.json.decode(reports).items():
            found[type_, owes, period][first_of(key), number] = rules.Filing(
                by=filer,
                number=int(number),
                state=state,
                first_at=moment(since),
                last_at=moment(last_at),
                corrected=corrected,
                on_behalf=on_behalf,
            )
    return {duty: list(noted.values()) for duty, noted in found.items()}


def _reports(reader: Reader, wanted: set[tuple[str, str, str]]) -> QuerySet[Report]:
    """Return the reports that the reader may see of these types, parties and periods; more than those wanted."""
    return Report.objects.visible_to(reader).filter(
        type__in={type_ for type_, _p, _q in wanted},
        owes__in={party for _t, party, _q in wanted},
        period__in={period for _t, _p, period in wanted},
    )


def reports_for(reader: Reader, slots: Iterable[rules.Slot]) -> dict[tuple[str, str, str], list[Filed]]:
    """Read the reports for these duties that the reader may see."""
    wanted = {(slot.type, slot.party, slot.period) for slot in slots}
    found: dict[tuple[str, str, str], list[Filed]] = defaultdict(list)
    for row in _reports(reader, wanted).order_by("written_at", "key").values_list(*Filed._fields):
        each = Filed(*row)
        if (each.type, each.owes, each.period) in wanted:
            found[each.type, each.owes, each.period].append(each)
    return {duty: _going_on(reports) for duty, reports in found.items()}


def doubles(reader: Reader, slots: Sequence[rules.Slot]) -> set[tuple[str, str, str]]:
    """Name the duties for which the reader sees two standing reports of one party, by type, party and period.

    Only of those for which more than one row is there are the rows read.
    """
    wanted = {(slot.type, slot.party, slot.period) for slot in slots}
    rows = _reports(reader, wanted).values("type", "owes", "period").annotate(count=Count("journal"))
    several = rows.filter(count__gt=1).order_by().values_list("type", "owes", "period")
    named = wanted.intersection(several)
    if not named:
        return set()
    found = reports_for(reader, [slot for slot in slots if (slot.type, slot.party, slot.period) in named])
    return {duty for duty, reports in found.items() if _twice(reports)}


def _twice(reports: Sequence[Filed]) -> bool:
    writers = [each.party for each in reports if each.state != "withdrawn"]
    return len(writers) != len(set(writers))


def _going_on(found: Sequence[Filed]) -> list[Filed]:
    """Leave out a report that another of the same duty continues in a later epoch."""
    keys = {each.key for each in found}
    return [each for each in found if following(each.key) not in keys]


def look(by: Actor, *rows: Report | Release, how: str = "page") -> None:
    """Write into the log of reading that `by` is about to be given what these reports or releases say."""
    things = [
        logs.thing(
            row,
            version=row.versions if isinstance(row, Report) else row.version,
            detail=f"{row.type} {row.period or row.event_at}",
        )
        for row in rows
    ]
    logs.opened(by=by, things=things, how=how)


def stream(reader: Reader, *, count: int = STREAM, by: str = "", besides: str = "") -> list[Report]:
    """Return the latest reports that the reader may see, newest first: an index look-up a journal, in one query.

    `by` asks for those of one party alone, `besides` leaves those of one party out.
    """
    keys = _newest("exchange_report", reader, count=count, by=by, besides=besides)
    rows = Report.objects.visible_to(reader).filter(key__in=keys)
    return list(rows.select_related("journal").order_by("-last_at", "key")[:count])


def releases(reader: Reader, *, count: int = STREAM, by: str = "", besides: str = "") -> list[Release]:
    """Return the latest releases that the reader may see, newest first, as `stream` does reports.

    Of a release that goes on in a later epoch which the reader may read, that one alone is returned.
    """
    keys = _newest("exchange_release", reader, count=count, by=by, besides=besides)
    rows = Release.objects.visible_to(reader).latest_to(reader).filter(key__in=keys)
    return list(rows.select_related("journal").order_by("-last_at", "key")[:count])


def _newest(table: str, reader: Reader, *, count: int, by: str, besides: str) -> list[str]:
    """Return the keys of the rows of a table that were written last in the journals within reach.

    Some journals at a time, those written last first: what has been silent for longer than the oldest row found so far
    can add nothing to it.
    """
    shelves = _latest([each for each in reader.shelves if by in ("", each.party) and each.party != besides])
    found: list[tuple[int, str]] = []
    wall.reach(reader.reach)
    for start in range(0, len(shelves), AT_ONCE):
        part = shelves[start : start + AT_ONCE]
        if len(found) == count and -found[-1][0] > part[0].last_at:
            break
        found = sorted([*found, *_newest_of(table, [each.id for each in part], count=count)])[:count]
    return [key for _before, key in found]


def _newest_of(table: str, journals: Sequence[int], *, count: int) -> list[tuple[int, str]]:
    """Return when the latest rows of these journals were written, negated, and their keys."""
    one = (
        f'SELECT * FROM (SELECT "key", "last_at" FROM "{table}"'  # noqa: S608 - a name of ours
        ' WHERE "journal_id" = %s ORDER BY "last_at" DESC, "key" LIMIT %s) t'
    )
    parts = " UNION ALL ".join([one] * len(journals))
    query = f'SELECT -"last_at", "key" FROM ({parts}) u ORDER BY "last_at" DESC, "key" LIMIT %s'  # noqa: S608 - places alone
    with connections[node.current().database].cursor() as cursor:
        cursor.execute(query, [*[value for journal in journals for value in (journal, count)], count])
        return [(before, key) for before, key in cursor.fetchall()]


def _latest(shelves: Sequence[Shelf]) -> list[Shelf]:
    """Return journals, those written last first; beyond the limit only long silent ones are left."""
    ordered = sorted(shelves, key=lambda shelf: -shelf.last_at)
    return ordered[:MOST_JOURNALS]


def unseen(reader: Actor) -> list[Report]:
    """Return reports on events of the last two days that nobody of the reader's party has marked as seen."""
    urgent = [each.code for each in types() if each.schedule is None]
    since = micros(now() - URGENT)
    rows = list(
        Report.objects.visible_to(reader)
        .filter(type__in=urgent, last_at__gte=since)
        .exclude(party=reader.party)
        .exclude(state="withdrawn")
        .order_by("-last_at", "key")[:50]
    )
    seen = set(
        Seen.objects.visible_to(reader)
        .filter(subject__in=[row.key for row in rows], party=reader.party)
        .values_list("subject", "version")
    )
    return [row for row in rows if (row.key, row.versions) not in seen]


def etag(reader: Reader, *, more: tuple[Any, ...] = ()) -> str:
    """Name the state of what the reader may see at this minute: nothing else can change it."""
    minute = int(now().timestamp()) // 60
    state = [(shelf.origin, shelf.size) for shelf in reader.shelves]
    return sha256(repr((state, minute, more)).encode()).hexdigest()[:24]

"""Counting how duties were met, without a look at each: what was filed is read from an index, a row a type and period.

A slip that notes one report says by itself how its duty was met. What is less plain (several slips or reports, one that
was withdrawn, a waiver) is worked out in full, as on the board; the two ways must never differ.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, Case, F, TextField, Value, When
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler

from commonwatch.charter.model import InformationType, Party
from commonwatch.desks.exchange import board, rules
from commonwatch.desks.exchange.intake import activations, micros, now, waivers
from commonwatch.desks.exchange.models import Slip
from commonwatch.register.gate import Reader

Pair = tuple[InformationType, Party]
Noted = int
"""Four times when a slip's one report came, and the place in `SAYS` of what it says; 0 where things are not plain."""

SAYS: tuple[rules.Content, ...] = (None, "value", "nil", "corrected")
PLAIN: tuple[rules.Kind, ...] = (
    *(("on_time", says) for says in SAYS), *(("late", says) for says in SAYS),
)  # fmt: skip
NOTHING: Mapping[str, Noted] = {}


class Count(NamedTuple):
    """The duties of one party and type that fell due in a month ("2026-09"); `unknown` more the reader may not know."""

    party: str
    type: str
    month: str
    tally: rules.Tally
    unknown: int


class _Due(NamedTuple):
    """A duty of types alike: the slot of one of them, and how it stands unfilled."""

    slot: rules.Slot
    unfilled: rules.Kind


class _Month(NamedTuple):
    """The duties that fell due in one month: those that the reader may know of, and how many others there are.

    Of those known also their periods, and from which `Noted` on each was late.
    """

    month: str
    known: tuple[_Due, ...]
    periods: tuple[str, ...]
    late: tuple[Noted, ...]
    unknown: int


class _Joined(Aggregate):
    """The values of a group as one text, commas between: a row for a group costs less than a row for each value."""

    function = "GROUP_CONCAT"
    template = "%(function)s(%(expressions)s, ',')"
    output_field = TextField()

    def as_postgresql(self, compiler: SQLCompiler, database: BaseDatabaseWrapper, **more: Any) -> Any:
        """Write it for PostgreSQL."""
        return self.as_sql(compiler, database, function="STRING_AGG", **more)


def counts(reader: Reader, asked: Sequence[Pair], *, since: datetime, until: datetime) -> list[Count]:
    """Count the duties of these types and parties that fell due in [since, until); a fixed number of queries."""
    at = now()
    plan = _planned(reader, asked, since=since, until=until, at=at)
    noted = _noted(reader, plan)
    waived = {(each.type, each.party) for each in waivers(reader)}
    found: dict[tuple[str, str, str], list[rules.Kind]] = {}
    closer: list[rules.Slot] = []
    for (type_, party), months in plan.items():
        held = noted.get((type_, party), NOTHING)
        for month in months:
            plain, rest = _kinds(month, held, waived=(type_, party) in waived)
            found[type_, party, month.month] = plain
            closer += [each._replace(type=type_) for each in rest]
    for slot, status in board.stand(reader, closer, now=at).items():
        if status is not None:
            found[slot.type, slot.party, _month(slot)].append(rules.kind(status))
    return [
        Count(party, type_, month.month, _tally(tuple(found[type_, party, month.month])), month.unknown)
        for (type_, party), months in plan.items()
        for month in months
    ]


@lru_cache(maxsize=4096)
def _tally(kinds: tuple[rules.Kind, ...]) -> rules.Tally:
    """Count duties; hundreds of parties and types stand alike."""
    return rules.tally_of(Counter(kinds))


def _kinds(
    month: _Month, held: Mapping[str, Noted], *, waived: bool
) -> tuple[list[rules.Kind], list[rules.Slot]]:
    """Say how duties stand, and of which it takes a closer look; `waived` says that a waiver may cover some."""
    plain: list[rules.Kind] = []
    closer: list[rules.Slot] = []
    found = list(map(held.get, month.periods))
    if all(found):
        told = zip(found, month.late, strict=True)
        return [PLAIN[noted % 4 + 4 * (noted >= late)] for noted, late in told if noted], closer
    for due, noted, late in zip(month.known, found, month.late, strict=True):
        if noted:
            plain.append(PLAIN[noted % 4 + 4 * (noted >= late)])
        elif noted is None and not waived:
            plain.append(due.unfilled)
        else:
            closer.append(due.slot)
    return plain, closer


def _noted(
    reader: Reader, plan: Mapping[tuple[str, str], Sequence[_Month]]
) -> dict[tuple[str, str], dict[str, Noted]]:
    """Read what was noted for the duties that are counted, by type and party, then by period; one query."""
    wanted = {period for months in plan.values() for month in months for period in month.periods}
    rows = Slip.objects.visible_to(reader).filter(
        period__in=wanted, type__in={type_ for type_, _party in plan}
    )
    says = [
        When(said=said, then=F("first_at") * Value(len(SAYS)) + Value(place))
        for place, said in enumerate(SAYS)
        if said
    ]
    told = _Joined(Cast(Case(*says, default=Value(0)), TextField()))
    columns = rows.values("type", "period").annotate(parties=_Joined("owes"), told=told).order_by()
    parties = tuple({party for _type, party in plan})
    alike: dict[tuple[str, tuple[str, ...]], dict[str, list[Noted]]] = defaultdict(dict)
    for type_, period, owes, noted in columns.values_list("type", "period", "parties", "told"):
        named, each = _parts(owes), [int(one) for one in noted.split(",")]
        if len(named) == len(each):
            alike[type_, named][period] = each
        else:  # a code with a comma, which only an entry from elsewhere can have: all take a closer look
            alike[type_, parties][period] = [0] * len(parties)
    return _by_party(alike)


@lru_cache(maxsize=4096)
def _parts(joined: str) -> tuple[str, ...]:
    """Take joined codes apart; those of hundreds of types and periods are alike."""
    return tuple(joined.split(","))


def _by_party(
    alike: Mapping[tuple[str, tuple[str, ...]], Mapping[str, Sequence[Noted]]],
) -> dict[tuple[str, str], dict[str, Noted]]:
    """Turn what was noted of a type's parties, period by period, into what was noted of each party.

    `alike` holds the periods of a type of which the same parties stand in the same order. Of a party that is named
    twice nothing is plain.
    """
    found: dict[tuple[str, str], dict[str, Noted]] = defaultdict(dict)
    for (type_, parties), noted in alike.items():
        for party, column in zip(parties, zip(*noted.values(), strict=True), strict=True):
            found[type_, party].update(zip(noted, column, strict=True))
        for party in [each for each, times in Counter(parties).items() if times > 1]:
            found[type_, party].update(dict.fromkeys(noted, 0))
    return found


def _planned(
    reader: Reader, asked: Sequence[Pair], *, since: datetime, until: datetime, at: datetime
) -> dict[tuple[str, str], tuple[_Month, ...]]:
    """Find the duties of each type and party; once for all types that one party owes alike."""
    active, knows = activations(reader), board.Knows(reader)
    named = {type_.code: (*board.same_duties(type_), type_.status) for type_, _party in asked}
    number = {name: place for place, name in enumerate(dict.fromkeys(named.values()))}
    kinds = {code: number[name] for code, name in named.items()}
    alike: dict[tuple[int, str], tuple[_Month, ...]] = {}
    found = {}
    for type_, party in asked:
        key = (kinds[type_.code], party.code)
        if key not in alike:
            slots = rules.slots(type_, party, since=since, until=until, active=active)
            alike[key] = tuple(_by_month(slots, knows, at))
        found[type_.code, party.code] = alike[key]
    return found


def _by_month(slots: Iterable[rules.Slot], knows: board.Knows, at: datetime) -> Iterator[_Month]:
    months: dict[str, list[rules.Slot]] = {}
    for slot in slots:
        months.setdefault(_month(slot), []).append(slot)
    for month, each in months.items():
        known = [slot for slot in each if knows(slot)]
        yield _Month(
            month,
            tuple(_Due(slot, rules.kind(rules.status(slot, (), now=at))) for slot in known),
            tuple(slot.period for slot in known),
            tuple(len(SAYS) * (micros(slot.due_at) + 1) for slot in known),
            len(each) - len(known),
        )


def _month(slot: rules.Slot) -> str:
    return f"{slot.due_at.year}-{slot.due_at.month:02d}"

"""Reports and releases in the order in which they were written, chosen and searched; read through the gate alone.

The list goes back through the runs (`Block`) of the journals within reach, the latest first. A run whose mark says that
nothing wanted is in it is passed over; the rows of the others are looked into, at most `READ` for one answer. When more
may lie further back the answer says from when on, and where to go on. Marks are large: they are read in parts, and no
more of them than it takes to know which run comes next. The number of queries does not grow with what is held.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q
from django.db.models.lookups import GreaterThan
from django.db.models.sql.compiler import SQLCompiler

from commonwatch.access.actor import Actor
from commonwatch.desks.exchange.indexing import CORRECTED
from commonwatch.desks.exchange.models import Block, Listed, Seen
from commonwatch.desks.exchange.rules import words
from commonwatch.register import node
from commonwatch.register.audience import following

PAGE = 50
ROUNDS = (2_000, 6_000, 16_000)
READ = sum(ROUNDS)
MOST_BLOCKS = 2_000
"""How many runs are asked for by name in one query."""
MARKS = (50, 400)
"""Of how many runs the marks are looked at first, and of how many more then; after these, of all."""
MOST_CODES = 6

Groups = list[list[words.Places]]


class Place(NamedTuple):
    """Where the list goes on: after the row of a moment (microseconds UTC) and a key."""

    at: int
    key: str


class Wanted(NamedTuple):
    """What is looked for; empty means all. `since` and `until` are microseconds UTC, half-open.

    `party` wrote, or its duty was filled. `unseen` leaves what the reader's party wrote or has marked as seen.
    """

    text: str = ""
    type: str = ""
    party: str = ""
    period: str = ""
    state: str = ""
    channel: str = ""
    what: str = ""
    urgent: bool = False
    unseen: bool = False
    since: int | None = None
    until: int | None = None
    after: Place | None = None


class Found(NamedTuple):
    """A page of the list; `after` is where it goes on, None at its end.

    `until` says that not all was looked into: only what was written after that moment (microseconds UTC).
    """

    rows: list[Listed]
    after: Place | None
    until: int | None


class _Bit(Func):
    """One bit of a mark: above 0 where it is set. A mark is ASCII: SQLite finds its place faster among bytes."""

    template = "(ASCII(SUBSTR(%(expressions)s, %(character)s, 1)) & %(bit)s)"
    output_field = IntegerField()

    def __init__(self, place: words.Bit) -> None:
        character, bit = place
        super().__init__(F("mark"), character=character + 1, bit=bit)

    def as_sqlite(  # type: ignore[override] # Django names the second otherwise, and gives it by its place
        self, compiler: SQLCompiler, database: BaseDatabaseWrapper, **more: Any
    ) -> Any:
        """Write it for SQLite."""
        among_bytes = "(UNICODE(SUBSTR(CAST(%(expressions)s AS BLOB), %(character)s, 1)) & %(bit)s)"
        return self.as_sql(compiler, database, template=among_bytes, **more)


class _Run(NamedTuple):
    """A run of a journal that may hold something wanted."""

    key: str
    until: int
    held: int


def find(by: Actor, wanted: Wanted) -> Found:
    """Return one page of what `by` may see and wants, the latest first."""
    condition, groups = _condition(by, wanted)
    if named(wanted.text):
        return Found(_rows(by, [wanted.text.strip()]), None, None)
    runs = _Runs(by, wanted, groups)
    keys: list[Place] = []
    horizon = None
    for most in ROUNDS:
        part = runs.take(most)
        keys = sorted([*keys, *_keys(by, part, condition)], key=lambda each: (-each.at, each.key))
        horizon = runs.ahead
        if horizon is None or len([each for each in keys if each.at > horizon]) > PAGE:
            break
    kept = [each for each in keys if horizon is None or each.at > horizon]
    page = kept[:PAGE]
    rows = _rows(by, [each.key for each in page])
    if len(kept) > PAGE:
        return Found(rows, page[-1], None)
    return Found(rows, None if horizon is None else Place(horizon, ""), horizon)


def named(text: str) -> bool:
    """Say whether what is looked for is the name of one report or release."""
    return text.strip().startswith(("report/", "release/")) and "\0" not in text


class _Runs:
    """The runs within reach that may hold what is wanted, those written last first; taken one after the other."""

    def __init__(self, by: Actor, wanted: Wanted, groups: Groups) -> None:
        rows = Block.objects.visible_to(by)
        before = [each for each in (wanted.until, wanted.after and wanted.after.at + 1) if each is not None]
        if before:
            rows = rows.filter(since__lt=min(before))
        if wanted.since is not None:
            rows = rows.filter(until__gte=wanted.since)
        found = sorted(rows.values_list("key", "until", "count"), key=itemgetter(0))
        found.sort(key=itemgetter(1), reverse=True)
        self._rows, self._groups = rows, groups
        self._unread = list(map(_Run._make, found))
        self._steps = iter(MARKS)
        self._known: list[_Run] = []

    @property
    def ahead(self) -> int | None:
        """When the next run was last written in; None when there is none."""
        self._look_ahead()
        return self._known[0].until if self._known else None

    def take(self, most: int) -> list[_Run]:
        """Take the next runs that together have no more than so many rows; one at least."""
        taken: list[_Run] = []
        total = 0
        while len(taken) < MOST_BLOCKS:
            self._look_ahead()
            total += self._known[0].held if self._known else 0
            if not self._known or (taken and total > most):
                break
            taken.append(self._known.pop(0))
        return taken

    def _look_ahead(self) -> None:
        """Read marks until a run is known that may hold what is wanted, or none is left."""
        while self._unread and not self._known:
            step = next(self._steps, None) if self._groups else None
            part, self._unread = self._unread[:step], self._unread[step:] if step else []
            self._known = self._holding(part) if self._groups else part

    def _holding(self, part: Sequence[_Run]) -> list[_Run]:
        """Return those of some runs whose marks do not deny what is wanted.

        The marks of those before them are looked at once more: that costs less than to name hundreds of runs. A run
        that has grown since is among them too.
        """
        rows = self._rows.filter(until__gte=part[-1].until) if self._unread else self._rows
        holding = set(rows.filter(may_hold(self._groups)).values_list("key", flat=True))
        return [each for each in part if each.key in holding]


def may_hold(groups: Groups) -> Q:
    """Return the condition that a run's mark does not deny what is wanted, as `words.may_hold` says it of one mark."""
    condition = Q()
    for group in groups:
        either = Q()
        for bits in group:
            either |= Q(
                *(GreaterThan(_Bit(each), 0) for each in reversed(bits))
            )  # the longest beginning first
        condition &= either
    return condition


def _keys(by: Actor, runs: Sequence[_Run], condition: Q) -> list[Place]:
    """Look into runs, and return where the latest rows stand that are wanted, one more than a page."""
    if not runs:
        return []
    rows = Listed.objects.visible_to(by).filter(condition, block__in=[each.key for each in runs])
    return [Place(*each) for each in rows.order_by("-at", "key").values_list("at", "key")[: PAGE + 1]]


def _rows(by: Actor, keys: Sequence[str]) -> list[Listed]:
    rows = Listed.objects.visible_to(by).filter(key__in=keys).select_related("journal").defer("words")
    return list(rows.order_by("-at", "key"))


def _condition(by: Actor, wanted: Wanted) -> tuple[Q, Groups]:
    """Return what a row must be, and which bits a run must have for such a row to be in it."""
    condition, groups = Q(), list[list[words.Places]]()
    for name in ("type", "period", "channel"):
        if value := getattr(wanted, name):
            condition &= Q(**{name: value})
            groups.append([words.place(f"{name}={value}"), words.place(CORRECTED)])
    if wanted.party:
        condition &= Q(party=wanted.party) | Q(owes=wanted.party)
        owes = words.place(f"owes={wanted.party}")
        groups.append([words.place(f"party={wanted.party}"), owes, words.place(CORRECTED)])
    if wanted.urgent:
        urgent = [each.code for each in node.current().pack.types if each.urgent]
        condition &= Q(type__in=urgent)
        groups.append([words.place(CORRECTED), *(words.place(f"type={each}") for each in urgent)])
    for name in ("state", "what"):
        if value := getattr(wanted, name):
            condition &= Q(**{name: value})
    for term in words.asked(wanted.text):
        holds, group = _term(term)
        condition &= holds
        groups.append(group)
    return condition & _within(by, wanted), [each for each in groups if all(each)]


def _within(by: Actor, wanted: Wanted) -> Q:
    """Return the condition of time, of where a page begins, and of what was not yet seen."""
    condition = Q()
    if wanted.since is not None:
        condition &= Q(at__gte=wanted.since)
    if wanted.until is not None:
        condition &= Q(at__lt=wanted.until)
    if wanted.after is not None:
        at, key = wanted.after
        condition &= Q(at__lt=at) | Q(at=at, key__gt=key)
    if wanted.unseen:
        seen = Seen.objects.visible_to(by).filter(
            subject=OuterRef("key"), party=by.party, version=OuterRef("versions")
        )
        condition &= Q(what="report") & ~Q(party=by.party) & ~Q(state="withdrawn") & Q(~Exists(seen))
    return condition


def _term(term: str) -> tuple[Q, list[words.Places]]:
    """Return how a row has a word: in what it says, or in the name of its type, its party or a code that it gives.

    An empty alternative among the bits says that every run has to be looked into.
    """
    condition = Q(words__contains=f" {term}")
    group = [words.places(term)]
    if term.isdecimal():
        group.append(words.place(CORRECTED))
    pack = node.current().pack
    for each in pack.types:
        if _is_called(term, each.code, *each.name.values()):
            condition |= Q(type=each.code)
            group += [words.place(f"type={each.code}"), words.place(CORRECTED)]
    for party in pack.parties:
        if _is_called(term, party.code, party.iso3, *party.name.values(), *party.short.values()):
            condition |= Q(party=party.code) | Q(owes=party.code)
            group += [words.place(f"{name}={party.code}") for name in ("party", "owes")]
            group.append(words.place(CORRECTED))
    for code in _codes(term):
        held = [f" {each}" for each in words.words_of(code)]
        condition |= Q(*(Q(words__contains=each) for each in held))
        group.append(tuple(bit for each in held for bit in words.places(each.strip())))
    return condition, group


def _codes(term: str) -> list[str]:
    """Return codes of the lists whose names have a word; a few, for each costs a look at every row."""
    lists = node.current().pack.codelists
    found = [item.code for each in lists for item in each.items if _is_called(term, *item.name.values())]
    return list(dict.fromkeys(found))[:MOST_CODES]


def _is_called(term: str, *names: str) -> bool:
    return any(each.startswith(term) for each in words.words_of(*names))


def seen_by_us(by: Actor, rows: Sequence[Listed]) -> set[tuple[str, int]]:
    """Return which of these reports, at which version, the reader's party has marked as seen."""
    seen = Seen.objects.visible_to(by).filter(subject__in=[each.key for each in rows], party=by.party)
    return set(seen.values_list("subject", "version"))


def continued(by: Actor, rows: Sequence[Listed]) -> set[str]:
    """Return the keys of those rows that go on, within reach, in a later epoch."""
    later = {following(each.key): each.key for each in rows}
    there = Listed.objects.visible_to(by).filter(key__in=list(later)).values_list("key", flat=True)
    return {later[key] for key in there}

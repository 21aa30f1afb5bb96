"""Projectors: pure functions from (row, fact, line) to row, and the one `apply` that runs them.

Live, admitted, late and rebuilt entries all pass through `apply`. A projector sees no clock, no network and no other
subject; the register loads and stores its row, so a thousand entries cost a handful of statements.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

import msgspec
from django.apps import apps
from django.db import connections, models

from commonwatch.errors import Broken
from commonwatch.journal.entry import Entry, instant_micros
from commonwatch.register import node, wall
from commonwatch.register.fact import KINDS, Fact, Unknown, owner
from commonwatch.register.models import Projection

Row = dict[str, Any]
F = TypeVar("F", bound=Fact)

LOOK_UP = 400


class Line(NamedTuple):
    """Where and when a fact stands: its place in a journal, its times (microseconds UTC), who wrote it."""

    journal: int
    number: int
    id: str
    subject: str
    at: int
    known_at: int | None
    party: str
    office: str
    account: str
    mode: str
    hash: str

    @property
    def known(self) -> int:
        """When the thing was known: as told by an import, else when it was written."""
        return self.at if self.known_at is None else self.known_at


def line_of(opened: Entry, *, journal: int, number: int, at: int, leaf: bytes) -> Line:
    """Make the line of an entry read back; `at` is its own, in microseconds UTC, `leaf` its hash."""
    return Line(
        journal=journal,
        number=number,
        id=opened.id,
        subject=opened.subject,
        at=at,
        known_at=None if opened.known_at is None else instant_micros(opened.known_at),
        party=opened.party,
        office=opened.by.office,
        account=opened.by.account,
        mode=opened.mode,
        hash=leaf.hex(),
    )


Projector = Callable[[Row | None, Any, Line], Row]


class _Rule(NamedTuple):
    table: type[Projection]
    fold: Projector
    key: Callable[[Any, Line], str | None] | None
    first: bool


_RULES: dict[str, list[_Rule]] = {}


def projects(
    fact: type[F],
    table: type[Projection],
    *,
    key: Callable[[F, Line], str | None] | None = None,
    first: bool = False,
) -> Callable[[Callable[[Row | None, F, Line], Row]], Callable[[Row | None, F, Line], Row]]:
    """Declare the projector of a fact into a table.

    Without `key` the row is that of the subject, and only the subject's owner moves it: what others write is passed
    over. With `key` the row is an addition, keyed by the writer too, in which order does not count; a key of None
    leaves no row. `first` says that the fact opens its subject, so that no earlier row has to be looked for.
    """

    def declare(fold: Callable[[Row | None, F, Line], Row]) -> Callable[[Row | None, F, Line], Row]:
        _RULES.setdefault(fact.kind, []).append(_Rule(table, fold, key, first))
        return fold

    return declare


def read_fact(kind: str, body: bytes) -> Fact:
    """Read an entry's body as its fact; a kind this node does not know is `Unknown`.

    :raises Broken: when the body does not fit its kind.
    """
    cls = KINDS.get(kind)
    if cls is None:
        return Unknown()
    try:
        return msgspec.json.decode(body, type=cls)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise Broken(f"the body of an entry of kind {kind} does not fit: {error}") from error


Place = tuple[type[Projection], str]
"""A row: its table and its key."""


def apply(lines: Iterable[tuple[Fact, Line]], *, only: Collection[Place] | None = None) -> None:
    """Fold facts into their tables, in the order given, with one look-up and one write a table.

    `only` names the rows to be folded; what goes into others is passed over.
    """
    work: dict[type[Projection], _Batch] = {}
    for fact, line in lines:
        for rule, key in _keyed(fact, line):
            if only is not None and (rule.table, key) not in only:
                continue
            batch = work.get(rule.table)
            if batch is None:
                batch = work[rule.table] = _Batch(rule.table)
            batch.add(rule, key, fact, line)
    for batch in work.values():
        batch.store()


def places_of(fact: Fact, line: Line) -> set[Place]:
    """Name the rows into which a fact is folded."""
    return {(rule.table, key) for rule, key in _keyed(fact, line)}


def kinds_into(tables: Collection[type[Projection]]) -> list[str]:
    """Name the kinds that are folded into any of these tables."""
    return sorted(kind for kind, rules in _RULES.items() if any(rule.table in tables for rule in rules))


def _keyed(fact: Fact, line: Line) -> Iterator[tuple[_Rule, str]]:
    """Yield each rule by which a fact is folded, with the key of the row."""
    for rule in _RULES.get(fact.kind, ()):
        if rule.key is not None:
            key = rule.key(fact, line)
            if key is not None:
                yield rule, key
        elif owner(line.subject) == line.party:
            yield rule, line.subject


def tables() -> list[type[Projection]]:
    """List every projection, in order of its table's name."""
    found = [model for model in apps.get_models() if issubclass(model, Projection)]
    return sorted(found, key=lambda model: model._meta.db_table)


@dataclass(eq=False)
class Table:
    """The SQL of one projection."""

    model: type[Projection]

    @cached_property
    def columns(self) -> list[str]:
        """Column names, the key first and the journal second."""
        named = [str(field.column) for field in self.model._meta.concrete_fields]
        rest = [column for column in named if column not in {"key", "journal_id"}]
        return ["key", "journal_id", *rest]

    @cached_property
    def defaults(self) -> Row:
        """What a column holds when the projector does not say."""
        fields = self.model._meta.concrete_fields
        return {
            str(f.column): f.default if f.has_default() else _blank(f) for f in fields if f.column != "key"
        }

    @cached_property
    def upsert(self) -> str:
        """One statement that inserts a row or replaces it."""
        name = self.model._meta.db_table
        columns = ", ".join(f'"{column}"' for column in self.columns)
        places = ", ".join(["%s"] * len(self.columns))
        changes = ", ".join(f'"{column}" = excluded."{column}"' for column in self.columns[1:])
        return (
            f'INSERT INTO "{name}" ({columns}) VALUES ({places}) ON CONFLICT ("key") DO UPDATE SET {changes}'  # noqa: S608
        )

    def look_up(self, keys: Sequence[str]) -> dict[str, Row]:
        """Read the rows of these keys."""
        found: dict[str, Row] = {}
        columns = ", ".join(f'"{column}"' for column in self.columns)
        with connections[node.current().database].cursor() as cursor:
            for start in range(0, len(keys), LOOK_UP):
                part = keys[start : start + LOOK_UP]
                places = ", ".join(["%s"] * len(part))
                name = self.model._meta.db_table
                cursor.execute(f'SELECT {columns} FROM "{name}" WHERE "key" IN ({places})', part)  # noqa: S608
                for row in cursor.fetchall():
                    found[row[0]] = dict(zip(self.columns[1:], row[1:], strict=True))
        return found


_TABLES: dict[type[Projection], Table] = {}


def table_of(model: type[Projection]) -> Table:
    """Return the SQL of a projection, made once."""
    if model not in _TABLES:
        _TABLES[model] = Table(model)
    return _TABLES[model]


def _blank(field: "models.Field[Any, Any]") -> Any:
    if field.null:
        return None
    return "" if isinstance(field, models.CharField | models.TextField) else 0


class _Batch:
    """The facts of one call that fold into one table."""

    def __init__(self, model: type[Projection]) -> None:
        self.table = table_of(model)
        self.work: list[tuple[str, _Rule, Fact, Line]] = []
        self.unknown: set[str] = set()
        self.opened: set[str] = set()

    def add(self, rule: _Rule, key: str, fact: Fact, line: Line) -> None:
        """Take one fact in, noting whether its row has to be looked for."""
        if rule.first:
            self.opened.add(key)
        elif key not in self.opened:
            self.unknown.add(key)
        self.work.append((key, rule, fact, line))

    def store(self) -> None:
        """Look the rows up, fold the facts into them in order, and write what changed, in two statements.

        :raises Broken: when a subject is written in two journals.
        """
        rows: dict[str, Row] = self.table.look_up(sorted(self.unknown)) if self.unknown else {}
        changed: dict[str, Row] = {}
        for key, rule, fact, line in self.work:
            row = rows.get(key)
            if row is not None and row["journal_id"] != line.journal:
                raise Broken(f"{key} is written in two journals: a subject keeps one label for life")
            new = rule.fold(row, fact, line)
            new["journal_id"] = line.journal
            rows[key] = changed[key] = new
        defaults, columns = self.table.defaults, self.table.columns[1:]
        values = [
            (key, *[row[c] if c in row else defaults[c] for c in columns]) for key, row in changed.items()
        ]
        with connections[node.current().database].cursor() as cursor:
            cursor.executemany(self.table.upsert, values)


@wall.open()
def snapshot() -> Mapping[str, str]:
    """Return a SHA-256 (hex) of every projection's rows in key order; equal tables give equal digests."""
    return {model._meta.db_table: _digest(table_of(model)) for model in tables()}


def _digest(table: Table) -> str:
    name = table.model._meta.db_table
    columns = ", ".join(f'"{column}"' for column in table.columns)
    digest = sha256()
    with connections[node.current().database].cursor() as cursor:
        cursor.execute(f'SELECT {columns} FROM "{name}" ORDER BY "key"')  # noqa: S608
        while part := cursor.fetchmany(1000):
            digest.update("".join([repr(row) for row in part]).encode())
    return digest.hexdigest()

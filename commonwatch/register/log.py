"""The door in: `turn`, `append`, `admit`.

An act is a function under `turn`. It takes the node's pen before it reads anything, so desks need no locks. `append`
writes the entry, its row and its projections in the turn's transaction; tiles and checkpoints follow once for all the
turns that share the transaction; the guard follows the commit; then everybody is answered.
"""

import contextvars
import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar

import msgspec
from django.db import connections, transaction

from commonwatch.charter.label import Label, flows
from commonwatch.errors import Broken, Refusal, _
from commonwatch.journal import entry as envelope
from commonwatch.journal import tree
from commonwatch.register import fold, node, seal, wall
from commonwatch.register.fact import Fact, owner
from commonwatch.register.gate import label_of
from commonwatch.register.models import Entry, Journal

P = ParamSpec("P")
T = TypeVar("T")

INSERT = (
    'INSERT INTO "register_entry" ("journal_id", "number", "entry_id", "kind", "subject", "at", "admitted_at", "data")'
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)


_BODY = msgspec.json.Encoder()


class Writer(Protocol):
    """Who writes: a party through an office, on an account, in a mode ("real" or "exercise")."""

    @property
    def party(self) -> str:
        """The party whose journal it is."""

    @property
    def office(self) -> str:
        """The office held."""

    @property
    def account(self) -> str:
        """The handle of the account."""

    @property
    def mode(self) -> str:
        """Real or exercise."""


class Draft(NamedTuple):
    """One fact about to be written.

    `settled` says that the act knows the label to be the subject's own: it minted the subject in this turn, or has
    just read its row.
    """

    fact: Fact
    subject: str
    label: Label
    refs: tuple["Written", ...] = ()
    known_at: int | None = None
    settled: bool = False


class Written(NamedTuple):
    """Where an entry stands: its id, hash (hex), journal and number; `at` in microseconds UTC."""

    id: str
    hash: str
    journal: int
    number: int
    at: int
    label: Label


class NotHere(Refusal):
    """The node does not write for that party."""

    code, status = "register.not-here", 403
    says = _("This node does not write for {party}.")
    hint = _("Send it from the node of that party.")


class OtherLabel(Refusal):
    """A subject keeps one label for life."""

    code, status = "register.other-label", 409
    says = _("{subject} is under {level} for other readers; a subject keeps its label for life.")
    hint = _("Put what is more sensitive in an annex, or release it as a new subject.")


class Unreadable(Refusal):
    """A reference that some reader of the entry may not read."""

    code, status = "register.unreadable-reference", 409
    says = _("Some who may read this may not read what it refers to.")
    hint = _("Narrow the audience, or release what is referred to first.")


class UnknownLabel(Refusal):
    """A label that the pack does not have, or that can hold no content."""

    code, status = "register.unknown-label", 422
    says = _("The label {level} {categories} is not in the organisation's scheme.")
    hint = _("Choose one of: {known}.")


class Unwritable(Refusal):
    """What was to be written cannot stand in an entry."""

    code, status = "register.unwritable", 422
    says = _("This cannot be kept in the register: {reason}.")
    hint = _("Take out what is named and send it again.")


@dataclass(eq=False)
class Open:
    """A journal during a transaction: its row, and the leaf hashes not yet in its tiles."""

    row: Journal
    label: Label
    leaves: list[bytes] = field(default_factory=list)
    last_at: int = 0

    @property
    def next(self) -> int:
        """The number of the next entry."""
        return self.row.size + len(self.leaves)


class Work:
    """One transaction: the turns that run in it, and the journals they touch."""

    def __init__(self) -> None:
        self.node = node.current()
        self.open: dict[tuple[str, str, Label], Open] = {}
        self.notes: list[str] = []
        self.written = 0
        self.held: dict[tuple[str, str, Label], tuple[int, ...]] = {}
        self.composers: dict[tuple[Any, ...], envelope.Composer] = {}

    def run(self, call: Callable[[], Any]) -> Any:
        """Run one turn as a savepoint; when it raises, what it wrote is undone here too."""
        marks = {key: (len(each.leaves), each.last_at) for key, each in self.open.items()}
        token = _work.set(self)
        try:
            with transaction.atomic(using=self.node.database):
                return call()
        except BaseException:
            self._undo(marks)
            raise
        finally:
            _work.reset(token)

    def _undo(self, marks: dict[tuple[str, str, Label], tuple[int, int]]) -> None:
        self.held.clear()
        for key in list(self.open):
            if key in marks:
                count, self.open[key].last_at = marks[key]
                del self.open[key].leaves[count:]
            else:
                del self.open[key]

    def journal(self, *, party: str, mode: str, label: Label) -> Open:
        """Return the journal for this audience, opening it with its first entry when there is none."""
        key = (party, mode, label)
        if key not in self.open:
            held = journals_of(party=party, mode=mode, label=label)
            row = Journal.objects.get(pk=held[-1]) if held else None
            self.open[key] = Open(row, label, last_at=row.last_at) if row else self._first(key)
        return self.open[key]

    def _first(self, key: tuple[str, str, Label]) -> Open:
        party, mode, label = key
        if not self.node.holds(party):
            raise NotHere(party=party)
        row, opened = seal.new_journal(self.node, party=party, mode=mode, label=label)
        fresh = self.open[key] = Open(row, label)
        subject = f"journal/{party}/{row.slug}.{mode}.{row.epoch}"
        by = _Register(party=party, mode=mode)
        _write([Draft(opened, subject, label, settled=True)], by=by, work=self)
        return fresh

    def composer(self, draft: Draft, by: Writer) -> envelope.Composer:
        """Return what writes entries like this one, made once for a transaction."""
        key = (draft.fact.kind, by.party, by.office, by.account, by.mode, draft.label)
        if key not in self.composers:
            label = draft.label
            self.composers[key] = envelope.Composer(
                kind=draft.fact.kind,
                party=by.party,
                by=envelope.By(office=by.office, account=by.account),
                label=envelope.EntryLabel(
                    level=label.level, categories=label.categories, parties=label.parties
                ),
                mode=by.mode,
            )
        return self.composers[key]

    def seal(self) -> None:
        """Grow the tiles and sign the checkpoint of every journal touched."""
        for each in self.open.values():
            if each.leaves:
                self.notes.append(seal.seal(self.node, each.row, each.leaves, last_at=each.last_at))

    def keep(self) -> None:
        """Write the guard; then let the pen's own connection move the database's log into its file."""
        if self.notes:
            seal.guard_of(self.node).write([*self.node.ahead, *self.notes])
            self.node.ahead = []
        seal.checkpoint_database(self.node, written=self.written)


@dataclass(frozen=True)
class _Register:
    party: str
    mode: str
    office: str = "register"
    account: str = "register"


_work: contextvars.ContextVar[Work | None] = contextvars.ContextVar("work", default=None)


@contextmanager
def _session() -> Iterator[Work]:
    at = node.current()
    with transaction.atomic(using=at.database, durable=True), wall.open(until_commit=True):
        seal.wake(at)
        yield Work()


def turn(act: Callable[P, T]) -> Callable[P, T]:
    """Make a function an act: it runs with the pen in hand, and returns once what it wrote is on the disk.

    An act called inside another act shares its turn.
    """

    @functools.wraps(act)
    def taken(*args: P.args, **kwargs: P.kwargs) -> T:
        if _work.get() is not None:
            return act(*args, **kwargs)
        call = functools.partial(act, *args, **kwargs)
        return node.current().pen.run(call, session=_session)

    taken.__turn__ = True  # type: ignore[attr-defined]
    return taken


def journals_of(*, party: str, mode: str, label: Label) -> tuple[int, ...]:
    """Return the journals that a party has kept for an audience, oldest first."""
    work = _work.get()
    key = (party, mode, label)
    if work is not None and key in work.held:
        return work.held[key]
    found = Journal.objects.filter(
        party=party,
        mode=mode,
        level=label.level,
        categories=",".join(label.categories),
        parties=",".join(label.parties),
    )
    numbers = tuple(found.order_by("epoch").values_list("pk", flat=True))
    if work is not None and numbers:
        work.held[key] = numbers
    return numbers


def append(  # noqa: PLR0913 - what a draft holds, by name
    fact: Fact,
    *,
    by: Writer,
    subject: str,
    label: Label,
    refs: Sequence[Written] = (),
    known_at: int | None = None,
    settled: bool = False,
) -> Written:
    """Write one fact as an entry of the writer's journal for that label, and fold it into its tables.

    :raises NotHere, OtherLabel, Unreadable, UnknownLabel, Closed: when it may not be written so.
    :raises Broken: outside a turn.
    """
    return append_many([Draft(fact, subject, label, tuple(refs), known_at, settled)], by=by)[0]


def append_many(drafts: Sequence[Draft], *, by: Writer) -> list[Written]:
    """Write several facts in order, all or none; see `append`."""
    work = _work.get()
    if work is None:
        raise Broken("an entry is written inside a turn only")
    _check(drafts, by=by, work=work)
    return _write(drafts, by=by, work=work)


def _check(drafts: Sequence[Draft], *, by: Writer, work: Work) -> None:
    scheme = work.node.pack.labels
    for label in {draft.label for draft in drafts}:
        _check_label(label, work.node)
    for draft in drafts:
        for ref in draft.refs:
            if not flows(ref.label, draft.label, scheme=scheme):
                raise Unreadable
    held = _labels_of({draft.subject for draft in drafts if not draft.settled})
    for draft in drafts:
        was = held.get(draft.subject, draft.label)
        if was != draft.label:
            raise OtherLabel(subject=draft.subject, level=was.level)
        owner(draft.subject)
    if not work.node.holds(by.party):
        raise NotHere(party=by.party)


def _check_label(label: Label, at: node.Node) -> None:
    scheme = at.pack.labels
    levels = {level.code for level in scheme.levels}
    categories = {category.code for category in scheme.categories}
    parties = {party.code for party in at.pack.parties} | {"*"}
    known = label.level in levels and categories.issuperset(label.categories)
    if not known or not parties.issuperset(label.parties):
        raise UnknownLabel(
            level=label.level, categories=" ".join(label.categories), known=", ".join(sorted(levels))
        )


def _labels_of(subjects: set[str]) -> dict[str, Label]:
    """Find the label under which each subject already stands."""
    found: dict[str, Label] = {}
    names = sorted(subjects)
    columns = ("subject", "journal__level", "journal__categories", "journal__parties")
    for start in range(0, len(names), fold.LOOK_UP):
        part = names[start : start + fold.LOOK_UP]
        rows = Entry.objects.filter(subject__in=part).values_list(*columns).distinct()
        for subject, level, categories, parties in rows:
            found[subject] = label_of(level=level, categories=categories, parties=parties)
    return found


def _write(drafts: Sequence[Draft], *, by: Writer, work: Work) -> list[Written]:
    """Encode, hash, store and fold; the label and the right to write were checked before."""
    now = work.node.clock()
    rows: list[tuple[Any, ...]] = []
    lines: list[tuple[Fact, fold.Line]] = []
    written: list[Written] = []
    for draft in drafts:
        journal = work.journal(party=by.party, mode=by.mode, label=draft.label)
        at = journal.last_at = max(now, journal.last_at)
        data, entry_id = _encode(draft, by=by, at=at, now=now, work=work)
        leaf, number, jid = tree.leaf_hash(data), journal.next, journal.row.pk
        journal.leaves.append(leaf)
        place = Written(entry_id, leaf.hex(), jid, number, at, draft.label)
        work.written += 3 * len(data)
        rows.append((jid, number, entry_id.replace("-", ""), draft.fact.kind, draft.subject, at, now, data))
        lines.append((draft.fact, _line(draft, place, by)))
        written.append(place)
    with connections[work.node.database].cursor() as cursor:
        cursor.executemany(INSERT, rows)
    fold.apply(lines)
    return written


def _encode(draft: Draft, *, by: Writer, at: int, now: int, work: Work) -> tuple[bytes, str]:
    random = work.node.random(26)
    entry_id = envelope.new_id(millis=now // 1000, random=random[16:])
    body = _BODY.encode(draft.fact)
    try:
        fold.read_fact(draft.fact.kind, body)  # what no reader could read back is not written
        data = work.composer(draft, by).write(
            id=entry_id,
            subject=draft.subject,
            at=envelope.instant_text(at),
            known_at=None if draft.known_at is None else envelope.instant_text(draft.known_at),
            refs=tuple(envelope.Ref(id=ref.id, hash=ref.hash) for ref in draft.refs),
            salt=random[:16],
            body=body,
        )
    except Broken as error:
        raise Unwritable(reason=str(error)) from error
    return data, entry_id


def _line(draft: Draft, place: Written, by: Writer) -> fold.Line:
    return fold.Line(
        journal=place.journal,
        number=place.number,
        id=place.id,
        subject=draft.subject,
        at=place.at,
        known_at=draft.known_at,
        party=by.party,
        office=by.office,
        account=by.account,
        mode=by.mode,
        hash=place.hash,
    )

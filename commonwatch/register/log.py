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
from typing import Any, NamedTuple, ParamSpec, TypeVar

import msgspec
from django.db import connections, transaction

from commonwatch.charter.label import Label, flows, spelled_out
from commonwatch.errors import Broken, Refusal, _
from commonwatch.journal import entry as envelope
from commonwatch.journal import tiles, tree
from commonwatch.register import adoption, audience, fold, node, seal, wall
from commonwatch.register.draft import Draft, Writer, Written
from commonwatch.register.fact import Fact, JournalClosed, PackAdopted, owner
from commonwatch.register.gate import Reader, label_of
from commonwatch.register.models import Entry, Journal
from commonwatch.register.pen import Stopped

__all__ = ["Closed", "Draft", "Writer", "Written", "append", "append_many", "close", "journals_of", "turn"]

P = ParamSpec("P")
T = TypeVar("T")

INSERT = (
    'INSERT INTO "register_entry" ("journal_id", "number", "entry_id", "kind", "subject", "at", "admitted_at", "data")'
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)


_BODY = msgspec.json.Encoder()


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


class Closed(Refusal):
    """The journal takes nothing more: its readers have changed."""

    code, status = "register.closed", 409
    says = _("{origin} is closed: those who read it are no longer its audience.")
    hint = _("It goes on in {next}. What stood in it is corrected or continued there.")


class NotAdopted(Refusal):
    """The node was started with an organisation pack that nobody has put in force."""

    code, status = "register.pack-not-adopted", 503
    says = _(
        "This node runs with version {version} ({digest}) of the organisation pack, which is not in force."
    )
    hint = _(
        "Nothing was written. The operator restarts the node, or adopts it with: commonwatch pack adopt FOLDER"
    )


class Outdated(Exception):  # noqa: N818 - never leaves the register: the turn is run again
    """A journal that a turn would write into has other readers than its audience has today."""

    def __init__(self, journal: int) -> None:
        super().__init__(journal)
        self.journal = journal


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

    def mark(self) -> "Mark":
        """Note how far it has come."""
        row = self.row
        return Mark(len(self.leaves), self.last_at, row.closed, row.continued, row.key, row.changes, row.ours)

    def back_to(self, mark: "Mark") -> None:
        """Forget what was written since."""
        del self.leaves[mark.leaves :]
        self.last_at, self.row.closed, self.row.continued = mark.last_at, mark.closed, mark.continued
        self.row.key, self.row.changes, self.row.ours = mark.key, mark.changes, mark.ours

    @property
    def next(self) -> int:
        """The number of the next entry."""
        return self.row.size + len(self.leaves)


class Mark(NamedTuple):
    """How far a journal had come before a turn."""

    leaves: int
    last_at: int
    closed: bool
    continued: str
    key: str
    changes: str
    ours: bool


class Work:
    """One transaction: the turns that run in it, and the journals they touch.

    `open` finds the journal of an audience that takes entries, `touched` all that were written, by their numbers.
    """

    def __init__(self) -> None:
        self.node = node.current()
        self.open: dict[tuple[str, str, Label], Open] = {}
        self.touched: dict[int, Open] = {}
        self.notes: list[str] = []
        self.written = 0
        self.closing = False
        self.emptied = False
        self.stopped: Stopped | None = None
        self.held: dict[tuple[str, str, Label], tuple[int, ...]] = {}
        self.composers: dict[tuple[Any, ...], envelope.Composer] = {}

    def run(self, call: Callable[[], Any]) -> Any:
        """Run one turn as a savepoint; when it raises, what it wrote is undone here too.

        A turn that would write into a journal whose readers have changed is undone, the journal is closed and
        carried over in a savepoint of its own, and the turn is run again.

        :raises Stopped: when the node is behind its guard, and the turn is not one that mends it.
        """
        if self.stopped is not None and not isinstance(call, Mending):
            raise self.stopped
        closed: set[int] = set()
        while True:
            try:
                return self._run(call)
            except Outdated as found:
                if self.stopped is not None:
                    raise self.stopped from found
                if found.journal in closed:
                    raise Broken(f"journal {found.journal} was closed and is still out of date") from found
                closed.add(found.journal)
                self._run(functools.partial(self.close, found.journal))
                _look_again(call)

    def _run(self, call: Callable[[], Any]) -> Any:
        before = dict(self.open)
        marks = {number: each.mark() for number, each in self.touched.items()}
        token = _work.set(self)
        try:
            with transaction.atomic(using=self.node.database):
                return call()
        except BaseException:
            self._undo(before, marks)
            raise
        finally:
            _work.reset(token)

    def _undo(self, before: dict[tuple[str, str, Label], Open], marks: dict[int, "Mark"]) -> None:
        self.held.clear()
        self.open = before
        for number in list(self.touched):
            if number in marks:
                self.touched[number].back_to(marks[number])
            else:
                del self.touched[number]

    def journal(self, *, party: str, mode: str, label: Label) -> Open:
        """Return the journal for this audience, opening it with its first entry when there is none.

        :raises Outdated: when an earlier epoch of it has to be closed first.
        :raises Closed: when it is closed and these are nobody's readers any more.
        """
        key = (party, mode, label)
        found = self.open.get(key)
        if found is None or found.row.closed:
            found = self.open[key] = self._find(key) or self._first(key)
        if not found.row.ours:
            raise NotHere(party=party)
        return found

    def _find(self, key: tuple[str, str, Label]) -> Open | None:
        party, mode, label = key
        rows = audience.family(self.node, party=party, mode=mode, label=label)
        due = [row for row in rows if audience.is_due(self.node, row)]
        if due and not self.closing:
            raise Outdated(due[0].pk)
        same = [row for row in rows if row.parties == ",".join(label.parties) and row not in due]
        if same and not same[-1].closed:
            return self.touch(same[-1])
        if same and audience.outdated(
            self.node, party=party, readers=label.parties, audience=same[-1].audience
        ):
            raise Closed(origin=same[-1].origin, next=same[-1].continued or _("no other journal"))
        return None

    def touch(self, row: Journal) -> Open:
        """Return a journal as it stands in this transaction."""
        if row.pk not in self.touched:
            self.touched[row.pk] = Open(row, audience.label_of_journal(row), last_at=row.last_at)
        return self.touched[row.pk]

    def _first(self, key: tuple[str, str, Label]) -> Open:
        party, mode, label = key
        elsewhere = Journal.objects.filter(party=party, ours=False, closed=False)
        if not self.node.holds(party) or elsewhere.exists():
            raise NotHere(party=party)
        row, opened = seal.new_journal(self.node, party=party, mode=mode, label=label)
        self.held.clear()
        fresh = self.touch(row)
        by = _Register(party=party, mode=mode)
        _write([Draft(opened, _subject(row), label, settled=True)], by=by, work=self, into=fresh)
        return fresh

    def close(self, number: int) -> str:
        """Close a journal whose readers have changed: carry what is open, write its last entry; see `close`."""
        _check_adopted(self.node)
        old = self.touch(Journal.objects.get(pk=number))
        row, by = old.row, _Register(party=old.row.party, mode=old.row.mode)
        target = audience.label_today(self.node, row)
        wider = target is None or not flows(old.label, target, scheme=self.node.pack.labels)
        eyes = audience.eyes(self.node, party=row.party, mode=row.mode)
        move = audience.Move(number, row.party, row.mode, old.label, target, wider, eyes)
        self.closing, row.closed = True, True
        try:
            found = audience.carried(move)
            _write(found.closing, by=by, work=self, into=old)
            if target is not None:
                row.continued = self.journal(party=row.party, mode=row.mode, label=target).row.origin
            _check_carried(found.opening, by=by, work=self)
            _write(found.opening, by=by, work=self)
            last = JournalClosed(next=row.continued, reason="audience-changed")
            _write([Draft(last, _subject(row), old.label)], by=by, work=self, into=old)
        finally:
            self.closing = False
        Journal.objects.filter(pk=number).update(closed=True, continued=row.continued)
        self.held.clear()
        return row.continued

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
        """Grow the tiles and sign the checkpoint of every journal touched.

        :raises Broken: when a turn that mends would sign for a journal that is behind its guard.
        """
        for each in self.touched.values():
            if each.leaves:
                if self.stopped is not None:
                    seal.check_level(self.node, each.row)
                self.notes.append(seal.seal(self.node, each.row, each.leaves, last_at=each.last_at))

    def keep(self) -> None:
        """Write the guard; then let the pen's own connection move the database's log into its file.

        What a full disk keeps from the guard is committed, and told to it with the next notes.
        """
        if self.notes:
            self.node.ahead = [*self.node.ahead, *self.notes]
            seal.guard_of(self.node).write(self.node.ahead)
            self.node.ahead = []
        seal.checkpoint_database(self.node, written=self.written, wholly=self.emptied)


@dataclass(frozen=True)
class _Register:
    party: str
    mode: str
    office: str = "register"
    account: str = "register"


def _subject(row: Journal) -> str:
    """Name the subject of what a journal says about itself."""
    return f"journal/{row.party}/{row.slug}.{row.mode}.{row.epoch}"


def _look_again(call: Callable[[], Any]) -> None:
    """Let the readers that an act was given see what has changed since they first looked."""
    if isinstance(call, functools.partial):
        for given in (*call.args, *call.keywords.values()):
            if isinstance(given, Reader):
                given.again()


_work: contextvars.ContextVar[Work | None] = contextvars.ContextVar("work", default=None)


@contextmanager
def _session() -> Iterator[Work]:
    at = node.current()
    with transaction.atomic(using=at.database, durable=True), wall.open(until_commit=True):
        work = Work()
        try:
            seal.wake(at)
        except Stopped as stopped:
            work.stopped = stopped
        adoption.check(at)
        yield work


class Mending(functools.partial[Any]):
    """A turn that runs although the node is behind its guard: it brings back what was signed."""


def turn(act: Callable[P, T]) -> Callable[P, T]:
    """Make a function an act: it runs with the pen in hand, and returns once what it wrote is on the disk.

    An act called inside another act shares its turn.
    """
    return _taken(act, functools.partial)


def mending(act: Callable[P, T]) -> Callable[P, T]:
    """Make a function an act that runs also while the node is behind its guard and writes nothing else.

    It may sign for journals that are level with the guard, and for no other: `Work.seal` sees to it.
    """
    return _taken(act, Mending)


def _taken(act: Callable[P, T], bind: type[functools.partial[Any]]) -> Callable[P, T]:
    @functools.wraps(act)
    def taken(*args: P.args, **kwargs: P.kwargs) -> T:
        if _work.get() is not None:
            return act(*args, **kwargs)
        call = bind(act, *args, **kwargs)
        return node.current().pen.run(call, session=_session)

    taken.__turn__ = True  # type: ignore[attr-defined]
    return taken


def journals_of(*, party: str, mode: str, label: Label) -> tuple[int, ...]:
    """Return the journals that a party has kept for an audience, all its epochs, oldest first."""
    work = _work.get()
    key = (party, mode, label)
    if work is not None and key in work.held:
        return work.held[key]
    numbers = tuple(row.pk for row in audience.family(node.current(), party=party, mode=mode, label=label))
    if work is not None and numbers:
        work.held[key] = numbers
    return numbers


def close(journal: int) -> str:
    """Close a journal whose readers have changed, and carry what is open in it into the next epoch.

    Returns the origin of the journal in which its audience goes on, empty when there is none.

    :raises Broken: outside a turn.
    """
    work = _work.get()
    if work is None:
        raise Broken("a journal is closed inside a turn only")
    return work.close(journal)


def append_of_journal(fact: Fact, *, by: Writer, journal: int) -> Written:
    """Write what a journal says about itself as an entry of that very journal, whoever reads it by now.

    Into one that is closed goes only what adds nothing to what it says: that bytes are gone, that its key changes.

    :raises Closed: when it takes nothing more.
    :raises NotHere, NotAdopted: as `append` does.
    :raises Broken: outside a turn.
    """
    work = _work.get()
    if work is None:
        raise Broken("an entry is written inside a turn only")
    _check_adopted(work.node)
    into = work.touch(Journal.objects.get(pk=journal))
    if into.row.lost or (into.row.closed and fact.kind not in envelope.AFTER_THE_END):
        raise Closed(origin=into.row.origin, next=into.row.continued or _("no other journal"))
    if not work.node.holds(by.party) or by.party != into.row.party or not into.row.ours:
        raise NotHere(party=into.row.party)
    row = into.row
    writer = _Register(party=row.party, mode=row.mode, office=by.office, account=by.account)
    return _write([Draft(fact, _subject(row), into.label)], by=writer, work=work, into=into)[0]


class Stand(NamedTuple):
    """How a journal stands in the transaction at hand: its row, how many entries it has, and their root."""

    row: Journal
    size: int
    root: bytes


def stand_of(journal: int) -> Stand:
    """Return how a journal stands in the transaction at hand, with what was written in it so far.

    :raises Broken: outside a turn.
    """
    work = _work.get()
    if work is None:
        raise Broken("a journal stands so inside a turn only")
    into = work.touch(Journal.objects.get(pk=journal))
    read = seal.tile_reader(work.node, journal)
    stream = tiles.RootStream.resume(size=into.row.size, read=read)
    stream.extend(into.leaves)
    return Stand(into.row, stream.size, stream.root())


def journal_for(*, party: str, mode: str, label: Label) -> Journal:
    """Return the open journal of an audience, opening its next epoch when there is none.

    :raises Broken: outside a turn.
    """
    work = _work.get()
    if work is None:
        raise Broken("a journal is opened inside a turn only")
    return work.journal(party=party, mode=mode, label=label).row


def let_go(journal: int) -> bool:
    """Forget how a journal stood in this transaction; False when something was already written into it."""
    work = _work.get()
    if work is None or journal not in work.touched:
        return True
    if work.touched[journal].leaves:
        return False
    del work.touched[journal]
    work.open = {key: each for key, each in work.open.items() if each.row.pk != journal}
    return True


def guarded(note: str) -> None:
    """Let the guard be told of a checkpoint that this node signed at some time, with those of this transaction."""
    work = _work.get()
    if work is not None:
        work.notes.append(note)


def emptied() -> None:
    """Tell the transaction at hand that bytes were taken away in it: they should leave the database's log, too."""
    work = _work.get()
    if work is not None:
        work.emptied = True


def stored_beside(*, size: int) -> None:
    """Tell the transaction at hand that so many bytes of entries were stored in it by another way than `append`.

    :raises Broken: outside a turn.
    """
    work = _work.get()
    if work is None:
        raise Broken("entries are stored inside a turn only")
    work.written += 3 * size
    work.held.clear()


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

    :raises NotHere, OtherLabel, Unreadable, UnknownLabel, Closed, NotAdopted: when it may not be written so.
    :raises Broken: outside a turn.
    """
    return append_many([Draft(fact, subject, label, tuple(refs), known_at, settled)], by=by)[0]


def append_many(drafts: Sequence[Draft], *, by: Writer) -> list[Written]:
    """Write several facts in order, all or none; see `append`."""
    work = _work.get()
    if work is None:
        raise Broken("an entry is written inside a turn only")
    if not all(isinstance(draft.fact, PackAdopted) for draft in drafts):
        _check_adopted(work.node)
    _check(drafts, by=by, work=work)
    return _write(drafts, by=by, work=work)


def _check_adopted(at: node.Node) -> None:
    """Refuse to write under a pack that was not put in force."""
    if at.unadopted:
        raise NotAdopted(version=at.pack.version, digest=at.pack.digest[:16])


def _check(drafts: Sequence[Draft], *, by: Writer, work: Work) -> None:
    for label in {draft.label for draft in drafts}:
        _check_label(label, work.node)
    _check_refs(drafts, by=by, work=work)
    stands = _stands({draft.subject for draft in drafts if not draft.settled})
    for draft in drafts:
        owner(draft.subject)
        stand = stands.get(draft.subject)
        if stand is not None:
            _check_stand(stand, by=by, work=work)
            if stand.label != draft.label:
                raise OtherLabel(subject=draft.subject, level=stand.label.level)
    if not work.node.holds(by.party):
        raise NotHere(party=by.party)


def _check_refs(drafts: Sequence[Draft], *, by: Writer, work: Work) -> None:
    """Hold each reference against the entry that makes it, both audiences written out with their originators.

    A party's own and another party's own look alike until it is said whose each is.
    """
    scheme = work.node.pack.labels
    for draft in drafts:
        for ref in draft.refs:
            source = spelled_out(ref.label, originator=ref.party)
            if not flows(source, spelled_out(draft.label, originator=by.party), scheme=scheme):
                raise Unreadable


def _check_carried(drafts: Sequence[Draft], *, by: Writer, work: Work) -> None:
    """Hold what is carried to owners, labels and references as everything else."""
    for draft in drafts:
        owner(draft.subject)
    for label in {draft.label for draft in drafts}:
        _check_label(label, work.node)
    _check_refs(drafts, by=by, work=work)


def _check_stand(stand: "_Stand", *, by: Writer, work: Work) -> None:
    """Refuse to add to a subject whose journal is closed, or has to be closed first."""
    closed = Closed(
        origin=stand.origin,
        next=stand.continued if stand.continued and stand.party == by.party else _("its next epoch"),
    )
    if stand.closed:
        raise closed
    readers = stand.label.parties
    if not audience.outdated(work.node, party=stand.party, readers=readers, audience=stand.audience):
        return
    if work.node.holds(stand.party):
        raise Outdated(stand.journal)
    raise closed


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


class _Stand(NamedTuple):
    """Where a subject stands: the journal in which its owner opened it."""

    label: Label
    journal: int
    origin: str
    party: str
    closed: bool
    continued: str
    audience: str


def _stands(subjects: set[str]) -> dict[str, _Stand]:
    """Find where each subject already stands: with its owner, else with whoever added to it."""
    found: dict[str, _Stand] = {}
    names = sorted(subjects)
    columns = ("subject", "journal__level", "journal__categories", "journal__parties", "journal_id")
    more = ("origin", "party", "closed", "continued", "audience")
    for start in range(0, len(names), fold.LOOK_UP):
        part = names[start : start + fold.LOOK_UP]
        rows = Entry.objects.filter(subject__in=part)
        listed = rows.values_list(*columns, *(f"journal__{name}" for name in more)).distinct()
        for subject, level, categories, parties, *rest in listed:
            stand = _Stand(label_of(level=level, categories=categories, parties=parties), *rest)
            if subject not in found or stand.party == owner(subject):
                found[subject] = stand
    return found


def _write(drafts: Sequence[Draft], *, by: Writer, work: Work, into: Open | None = None) -> list[Written]:
    """Encode, hash, store and fold; the label and the right to write were checked before.

    `into` names the journal where it is not the one that the label has today: one that opens or closes.
    """
    now = work.node.clock()
    rows: list[tuple[Any, ...]] = []
    lines: list[tuple[Fact, fold.Line]] = []
    written: list[Written] = []
    for draft in drafts:
        journal = into or work.journal(party=by.party, mode=by.mode, label=draft.label)
        at = journal.last_at = max(now, journal.last_at)
        data, entry_id = _encode(draft, by=by, at=at, now=now, work=work)
        leaf, number, jid = tree.leaf_hash(data), journal.next, journal.row.pk
        journal.leaves.append(leaf)
        place = Written(entry_id, leaf.hex(), jid, number, at, draft.label, by.party)
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

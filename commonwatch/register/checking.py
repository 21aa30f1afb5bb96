"""The first reading of what another node sent: outside the pen, in bounded memory, and nothing is written.

It proves that the entries are what the journal's key signed and that they may stand where they would stand. What it
learned is a `Checked`, by which `taking` recognises the same bytes when it reads them again.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple, NoReturn, Protocol, runtime_checkable

import msgspec

from commonwatch.errors import Broken, Refusal, _
from commonwatch.journal import checkpoint, keychange, note, tiles, tree
from commonwatch.journal import entry as envelope
from commonwatch.journal.export import Erased
from commonwatch.journal.tree import HASH_BYTES
from commonwatch.register import fold, node, seal
from commonwatch.register.fact import EntryErased, Fact, JournalClosed, JournalOpened, KeyChanged, owner
from commonwatch.register.models import Entry, Journal

CHUNK = 2560
CHUNK_BYTES = 8 * 1024 * 1024
"""How many entries, and how many bytes of them, are in memory at once."""

MAX_SUBJECT = 200

_LATER = _("it is of a later version, which this node does not read")


class NotAdmitted(Refusal):
    """What a peer sent does not hold; nothing of it is kept."""

    code, status = "register.not-admitted", 422
    says = _("{origin}: entry {number} was not admitted: {reason}")
    hint = _("Ask the owner of the journal to send it again; keep what was sent as evidence.")


class SecondKeyUnknown(Refusal):
    """The pack asks for a second signature, and nobody vouched for the key of it."""

    code, status = "register.second-key-unknown", 422
    says = _("{origin}: checkpoints are signed twice here, and no second key of its party is known.")
    hint = _(
        "Exchange cards anew with the node that writes it: commonwatch peer card there, commonwatch peer add here."
    )


class SecondMissing(Refusal):
    """The pack asks for a second signature, and the checkpoint has none by the known key."""

    code, status = "register.second-missing", 422
    says = _("{origin}: the checkpoint lacks the second signature that the pack asks for.")
    hint = _(
        "Ask the node that writes it: it signs twice from its first act under this pack on. If its card was renewed,"
        " take that in."
    )


@runtime_checkable
class Source(Protocol):
    """Where the entries of a delivery are read, twice."""

    def entries(self, start: int) -> Iterator[bytes | Erased]:
        """Yield the entries from number `start` on, in order."""


Entries = Source | Callable[[], Iterable[bytes | Erased]] | Iterable[bytes | Erased]
"""The entries from where this node stands: a source, a function that begins anew, or something like a list."""


class Incoming(NamedTuple):
    """One journal's news: its signed checkpoint, the entries up to it, and the verifier key that signed it.

    The key is one that was agreed with the party, or one to which it leads; which of them signs at what size the
    entries say. `second` is the verifier key of its second signature, empty where none is known. `follows` is a
    checkpoint of the past that was chosen where its key has signed two; with `anew` the entries come from the first on,
    and take the place of a past that was not chosen.
    """

    signed: str
    entries: Entries
    key: str
    second: str = ""
    follows: checkpoint.Checkpoint | None = None
    anew: bool = False


class Opened(NamedTuple):
    """One entry as read from bytes that nobody has vouched for; `at` in microseconds UTC."""

    number: int
    data: bytes
    entry: envelope.Entry
    at: int
    fact: Fact


@dataclass(eq=False)
class Checked:
    """A delivery that holds: from where (`held`, `root`) to which checkpoint.

    `fresh` is the row of a journal that is not here yet, not saved; `chain` are its keys. `digests` holds, for each
    chunk, the hash of its leaves and of which were erased. `ours` says that the journal is one of this node's own.
    `instead` is the row of the past whose place it takes, as it stood.
    """

    incoming: Incoming
    head: checkpoint.Checkpoint
    held: int
    root: str
    fresh: Journal | None
    ours: bool
    chain: keychange.Chain
    digests: list[bytes] = field(default_factory=list)
    instead: Journal | None = None


def check(
    incoming: Incoming, *, ours: bool, guarded: checkpoint.Checkpoint | None = None, earlier: bool = False
) -> Checked:
    """Read a delivery and prove it against its checkpoint and against what is stored.

    `guarded` is what this node has signed for a journal of its own: entries that reach so far must give its root.
    `earlier` says that it did so before the pack asked for a second signature.

    :raises NotAdmitted: naming the first entry that does not hold.
    :raises SecondKeyUnknown, SecondMissing: as `open_head` does.
    """
    head = open_head(incoming, earlier=earlier)
    row = Journal.objects.filter(origin=head.origin).first()
    if row is not None and row.ours is not ours:
        refuse(
            head.origin, "-", _("this node writes that journal itself") if row.ours else _("it is not ours")
        )
    follows = incoming.follows
    if follows is not None and head.size < follows.size:
        refuse(
            head.origin, head.size, _("it ends before the past that was chosen here can be told from others")
        )
    if not incoming.anew or row is None:
        return _Reading(incoming, head, row, ours=ours, guarded=guarded or follows).run()
    if row.ours:
        refuse(head.origin, "-", _("this node writes that journal itself"))
    checked = _Reading(incoming, head, None, ours=ours, guarded=follows).run()
    checked.instead = row
    return checked


def open_head(incoming: Incoming, *, earlier: bool = False) -> checkpoint.Checkpoint:
    """Open the checkpoint of a delivery, by both keys of its journal where the pack asks for two signatures.

    `earlier` says that the second may be lacking all the same.

    :raises NotAdmitted: when a key of its journal has not signed it.
    :raises SecondKeyUnknown, SecondMissing: when the pack asks for a second signature that cannot be checked.
    """
    origin = incoming.signed.split("\n", 1)[0][:300]
    needed = node.current().pack.signs_twice and not earlier
    if needed and not incoming.second:
        raise SecondKeyUnknown(origin=origin)
    try:
        second = note.Verifier.parse(incoming.second) if incoming.second else None
        if second is not None and needed and not checkpoint.has_second(incoming.signed, second):
            raise SecondMissing(origin=origin)
        verifier = note.Verifier.parse(incoming.key)
        return checkpoint.open_checkpoint(incoming.signed, verifier, second=second, both=needed)
    except Broken as error:
        raise NotAdmitted(origin=origin, number="-", reason=str(error)) from error


def second_of(incoming: Incoming) -> str:
    """Return the key of the second signature that a delivery, once opened, bears; empty when it has none."""
    if not incoming.second:
        return ""
    return (
        incoming.second
        if checkpoint.has_second(incoming.signed, note.Verifier.parse(incoming.second))
        else ""
    )


def refuse(origin: str, number: object, reason: str) -> NoReturn:
    """Refuse a delivery for one of its entries."""
    raise NotAdmitted(origin=origin, number=number, reason=reason)


def in_chunks(entries: Entries, *, start: int, origin: str) -> Iterator[list[bytes | Erased]]:
    """Read the entries of a delivery, some at a time.

    :raises NotAdmitted: when its source says that what lies there is damaged.
    :raises Broken: when the entries could not be read a second time.
    """
    rest = _begin(entries, start)
    while True:
        try:
            some = _next(rest)
        except Broken as error:
            raise NotAdmitted(origin=origin, number=start, reason=str(error)) from error
        if not some:
            return
        start += len(some)
        yield some


def _next(rest: Iterator[bytes | Erased]) -> list[bytes | Erased]:
    some: list[bytes | Erased] = []
    size = 0
    for each in rest:
        some.append(each)
        size += len(each) if isinstance(each, bytes) else HASH_BYTES
        if len(some) == CHUNK or size >= CHUNK_BYTES:
            break
    return some


def _begin(entries: Entries, start: int) -> Iterator[bytes | Erased]:
    if isinstance(entries, Source):
        return entries.entries(start)
    if callable(entries):
        return iter(entries())
    again = iter(entries)
    if again is entries:
        raise Broken("entries are read twice: give a list or a function instead of an iterator")
    return again


def leaves_of(some: Iterable[bytes | Erased]) -> list[bytes]:
    """Return the leaf hashes of entries; an erased one brings its own."""
    return [each.leaf if isinstance(each, Erased) else tree.leaf_hash(each) for each in some]


def digest_of(some: Iterable[bytes | Erased], leaves: Iterable[bytes]) -> bytes:
    """Return a hash by which a chunk is recognised when it is read again."""
    kinds = bytes(isinstance(each, Erased) for each in some)
    return sha256(kinds + b"".join(leaves)).digest()


class _Reading:
    """One reading of one delivery."""

    def __init__(
        self,
        incoming: Incoming,
        head: checkpoint.Checkpoint,
        row: Journal | None,
        *,
        ours: bool,
        guarded: checkpoint.Checkpoint | None,
    ) -> None:
        self.head, self.row, self.guarded = head, row, guarded
        self.begin = row.size if row else 0
        self.read = seal.tile_reader(node.current(), row.pk if row else 0)
        self.stream = tiles.RootStream.resume(size=self.begin, read=self.read)
        if row is not None and row.size and self.stream.root().hex() != row.root:
            raise Broken(f"{row.origin}: the tiles do not give the signed root")
        self.last, self.closed = (row.last_at, row.closed) if row else (0, False)
        self.chain = row.chain if row else keychange.Chain(incoming.key)
        self.leaves = bytearray()
        self.erased: dict[int, bytes] = {}
        self.named: dict[int, bytes] = {}
        self.erasing: set[int] = set()
        root = row.root if row else ""
        self.checked = Checked(incoming, head, self.begin, root, fresh=None, ours=ours, chain=self.chain)

    def run(self) -> Checked:
        """Read chunk by chunk; then hold the whole to the checkpoint."""
        if self.head.size < self.begin:
            self._refuse(self.begin, _("the checkpoint speaks of another length"))
        self._meet_guard()
        for some in in_chunks(self.checked.incoming.entries, start=self.begin, origin=self.head.origin):
            if self.stream.size + len(some) > self.head.size:
                self._refuse(self.head.size, _("the checkpoint speaks of another length"))
            self._take(some)
        if self.stream.size != self.head.size:
            self._refuse(self.stream.size, _("the checkpoint speaks of another length"))
        if self.chain.at(self.head.size) != self.checked.incoming.key:
            self._refuse("-", _("another key than that of its checkpoint was agreed for this size"))
        if self.stream.root() != self.head.root:
            self._refuse(self.begin, _("the entries do not give the signed root"))
        self._check_erased()
        self.checked.chain = self.chain
        return self.checked

    def _take(self, some: list[bytes | Erased]) -> None:
        first = self.stream.size
        leaves = leaves_of(some)
        self.leaves += b"".join(leaves)
        self.checked.digests.append(digest_of(some, leaves))
        for number, each in enumerate(some, first):
            if isinstance(each, Erased):
                self._take_erased(number, each)
                continue
            opened = read_entry(self.head.origin, number, each)
            self._check(opened)
            if isinstance(opened.fact, KeyChanged):
                self._extend(leaves[self.stream.size - first : number - first])
                self._follow(number, opened.fact)
        self._extend(leaves[self.stream.size - first :])

    def _extend(self, leaves: list[bytes]) -> None:
        """Let the tree grow; on the way meet the guard."""
        middle = max(self.guarded.size - self.stream.size, 0) if self.guarded else 0
        self.stream.extend(leaves[:middle])
        self._meet_guard()
        self.stream.extend(leaves[middle:])

    def _follow(self, number: int, fact: KeyChanged) -> None:
        """Go on to the key that an entry names."""
        try:
            change = self.chain.follow(fact.statement)
            change.check_place(self.head.origin, number, self.stream.root())
        except Broken as error:
            self._refuse(number, _("the key does not change so: {reason}").format(reason=str(error)))

    def _take_erased(self, number: int, each: Erased) -> None:
        if number == 0 or len(each.leaf) != HASH_BYTES or self.closed:
            self._refuse(number, _("an entry without bytes cannot stand there"))
        self.erased[number] = each.leaf

    def _open(self, first: Opened) -> Journal:
        """Take the first entry of a journal that is not here yet; whoever writes for its party has it already."""
        row = new_row(self.head.origin, first)
        self.chain = keychange.Chain(row.key)
        if node.current().holds(row.party) is not self.checked.ours:
            self._refuse(0, _("its origin and its first entry do not agree"))
        row.ours = self.checked.ours
        self.row = self.checked.fresh = row
        return row

    def _check(self, each: Opened) -> None:
        """Hold an entry against its journal: one writer, one mode, one label, times that never go back, one end."""
        row, label = self.row or self._open(each), each.entry.label
        stands = (each.entry.party, each.entry.mode, label.level, label.categories, label.parties)
        expected = (row.party, row.mode, row.level, _listed(row.categories), _listed(row.parties))
        if stands != expected:
            self._refuse(each.number, _("its writer, mode or label is not that of the journal"))
        if isinstance(each.fact, JournalOpened) is not (each.number == 0):
            self._refuse(each.number, _("a journal is opened by its first entry and by no other"))
        if each.at < self.last:
            self._refuse(each.number, _("its time goes back"))
        if self.closed and each.entry.kind not in envelope.AFTER_THE_END:
            self._refuse(each.number, _("it stands after the entry that closes the journal"))
        if isinstance(each.fact, EntryErased):
            self._check_erasure(each.number, each.fact)
        self.last, self.closed = each.at, self.closed or isinstance(each.fact, JournalClosed)

    def _check_erasure(self, number: int, fact: EntryErased) -> None:
        """See that what an entry erases stands before it, and may be erased."""
        if not 0 < fact.index < number or self._leaf(fact.index).hex() != fact.hash:
            self._refuse(number, _("it erases an entry that does not stand so"))
        if fact.index in self.erasing or self._erases(fact.index):
            self._refuse(number, _("it erases an entry that says what was erased"))
        self.erasing.add(number)
        self.named[fact.index] = bytes.fromhex(fact.hash)

    def _leaf(self, number: int) -> bytes:
        if number >= self.begin:
            start = (number - self.begin) * HASH_BYTES
            return bytes(self.leaves[start : start + HASH_BYTES])
        index, place = divmod(number, tiles.TILE_WIDTH)
        return self.read(0, index)[place * HASH_BYTES : (place + 1) * HASH_BYTES]

    def _erases(self, number: int) -> bool:
        """Say whether an entry that is stored already is itself one that erases."""
        if self.row is None or self.row.pk is None or number >= self.begin:
            return False
        found = Entry.objects.filter(journal=self.row, number=number, kind=envelope.ERASED_KIND)
        return found.exists()

    def _check_erased(self) -> None:
        """See that every entry that came without bytes is named by one that erased it."""
        for number, leaf in self.erased.items():
            if self.named.get(number) != leaf:
                self._refuse(number, _("it is empty, and no entry says that it was erased"))

    def _meet_guard(self) -> None:
        """Hold the tree to what this node has signed, at the size of which it has signed it."""
        if self.guarded and self.stream.size == self.guarded.size and self.stream.root() != self.guarded.root:
            ours = self.checked.ours
            self._refuse(
                self.guarded.size,
                _("it is not what this node has signed")
                if ours
                else _("it is not the past that was chosen here"),
            )

    def _refuse(self, number: object, reason: str) -> NoReturn:
        refuse(self.head.origin, number, reason)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def read_entry(origin: str, number: int, data: bytes) -> Opened:
    """Read an entry that came from elsewhere, strictly.

    :raises NotAdmitted: when it is none, is of a later version, or its body or subject is not of its form.
    """
    try:
        opened = envelope.parse(data)
        fact = fold.read_fact(opened.kind, bytes(opened.body))
        owner(opened.subject)
    except (Broken, Refusal) as error:
        reason = _LATER if _version(data) > envelope.VERSION else str(error)
        raise NotAdmitted(origin=origin, number=number, reason=reason) from error
    if len(opened.subject) > MAX_SUBJECT:
        refuse(origin, number, _("its subject is longer than 200 characters"))
    return Opened(number, data, opened, envelope.instant_micros(opened.at), fact)


class _Version(msgspec.Struct):
    v: int


def _version(data: bytes) -> int:
    """Return the version that an envelope claims, 0 when it claims none."""
    try:
        return msgspec.json.decode(data, type=_Version).v
    except msgspec.DecodeError:
        return 0


def new_row(origin: str, first: Opened) -> Journal:
    """Make the row of a journal from its first entry; it is not saved. Its key is the one that this entry names.

    :raises NotAdmitted: when that entry does not open this journal.
    """
    fact, label = first.fact, first.entry.label
    if not isinstance(fact, JournalOpened) or fact.origin != origin:
        refuse(origin, 0, _("the first entry does not open this journal"))
    named = origin.split("/")
    stands = (node.current().pack.organisation, first.entry.party, first.entry.mode, str(fact.epoch))
    if len(named) != 5 or (*named[:3], named[4]) != stands:
        refuse(origin, 0, _("its origin and its first entry do not agree"))
    return Journal(
        origin=origin,
        party=first.entry.party,
        mode=first.entry.mode,
        level=label.level,
        categories=",".join(label.categories),
        parties=",".join(label.parties),
        slug=named[3],
        epoch=fact.epoch,
        key=fact.key,
        audience=",".join(fact.audience),
    )

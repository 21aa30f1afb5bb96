"""The second reading of what another node sent: with the pen in hand, stored and folded chunk by chunk."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import DataError, IntegrityError, connections

from commonwatch.errors import Broken, Refusal, _
from commonwatch.journal import entry as envelope
from commonwatch.journal import keychange, tiles
from commonwatch.journal.export import Erased
from commonwatch.register import erase, fold, log, node, replacing, seal
from commonwatch.register.checking import (
    Checked,
    NotAdmitted,
    Opened,
    digest_of,
    in_chunks,
    leaves_of,
    refuse,
    second_of,
)
from commonwatch.register.fact import EntryErased, JournalClosed, KeyChanged
from commonwatch.register.models import Journal

UNFIT = (Broken, DataError, IntegrityError, LookupError, TypeError, ValueError)
"""How storing and folding fail over what a peer may have made up; a fault of theirs must not stop our pen."""


class Overtaken(Refusal):
    """The journal has grown here since the delivery was read."""

    code, status = "register.overtaken", 409
    says = _("{origin} has grown here meanwhile, from {began} to {now} entries.")
    hint = _("Fetch what is missing from where it stands now.")


def take(checked: Checked) -> int:
    """Store and fold what was checked, inside a turn; return the number of the journal's row.

    :raises Overtaken: when the journal no longer stands where the check began.
    :raises NotAdmitted: when the bytes are not those that were checked, or cannot be folded here.
    """
    origin = checked.head.origin
    row = Journal.objects.filter(origin=origin).first()
    size, root = (row.size, row.root) if row else (0, "")
    before = checked.instead
    if (size, root) != ((before.size, before.root) if before else (checked.held, checked.root)):
        raise Overtaken(origin=origin, began=before.size if before else checked.held, now=size)
    try:
        if row is None:
            row = _first(checked)
        elif before is not None and checked.fresh is not None:
            replacing.clear(row, checked.fresh)
        _Taking(checked, row).run()
    except UNFIT as error:
        raise NotAdmitted(origin=origin, number="-", reason=str(error)) from error
    return row.pk


def _first(checked: Checked) -> Journal:
    row = checked.fresh
    if row is None:
        refuse(checked.head.origin, 0, _("the first entry does not open this journal"))
    row.save(force_insert=True)
    return row


class _Taking:
    """One delivery on its way into the tables."""

    def __init__(self, checked: Checked, row: Journal) -> None:
        self.checked, self.row = checked, row
        self.at = node.current()
        self.now = self.at.clock()
        self.erased: list[int] = []
        self.full: dict[tuple[int, int], bytes] = {}
        self.stream = tiles.RootStream.resume(
            size=row.size, read=seal.tile_reader(self.at, row.pk), complete=self._keep
        )

    def run(self) -> None:
        """Take chunk after chunk, then let the row stand at the checkpoint."""
        row, head = self.row, self.checked.head
        digests = iter(self.checked.digests)
        for some in in_chunks(self.checked.incoming.entries, start=row.size, origin=row.origin):
            leaves = leaves_of(some)
            if digest_of(some, leaves) != next(digests, b""):
                refuse(row.origin, self.stream.size, _("it is not what was read a moment before"))
            self._store(some, leaves)
            self.stream.extend(leaves)
            self._put_tiles()
        if (self.stream.size, self.stream.root()) != (head.size, head.root):
            refuse(row.origin, self.stream.size, _("it is not what was read a moment before"))
        self.full.update(self.stream.partials())
        self._put_tiles()
        row.size, row.root, row.checkpoint = head.size, head.root.hex(), self.checked.incoming.signed
        row.second = second_of(self.checked.incoming)
        if self.erased:
            erase.drop(row.pk, self.erased)
        columns = (
            "size",
            "root",
            "checkpoint",
            "last_at",
            "closed",
            "continued",
            "second",
            "key",
            "changes",
            "ours",
        )
        row.save(update_fields=columns)

    def _keep(self, level: int, index: int, data: bytes) -> None:
        self.full[level, index] = data

    def _put_tiles(self) -> None:
        seal.put_tiles(self.at, self.row.pk, self.full)
        self.full.clear()

    def _store(self, some: Sequence[bytes | Erased], leaves: Sequence[bytes]) -> None:
        row = self.row
        rows, lines = [], []
        for number, (each, leaf) in enumerate(zip(some, leaves, strict=True), self.stream.size):
            if isinstance(each, Erased):
                rows.append((row.pk, number, erase.erased_id(leaf).hex, "", "", 0, self.now, b""))
                continue
            opened = _reopen(number, each)
            kind, subject, entry_id = opened.entry.kind, opened.entry.subject, opened.entry.id
            admitted = self.admitted(opened)
            rows.append((row.pk, number, entry_id.replace("-", ""), kind, subject, opened.at, admitted, each))
            line = fold.line_of(opened.entry, journal=row.pk, number=number, at=opened.at, leaf=leaf)
            lines.append((opened.fact, line))
            row.last_at = opened.at
            if isinstance(opened.fact, EntryErased):
                self.erased.append(opened.fact.index)
            if isinstance(opened.fact, JournalClosed):
                row.closed, row.continued = True, opened.fact.next
            if isinstance(opened.fact, KeyChanged):
                self._change_key(opened.fact.statement)
        self._refuse_elsewhere(line.subject for _fact, line in lines)
        with connections[self.at.database].cursor() as cursor:
            cursor.executemany(log.INSERT, rows)
        fold.apply(lines)
        log.stored_beside(size=sum(len(values[-1]) for values in rows))

    def _change_key(self, statement: str) -> None:
        """Let another key sign the journal; it is ours where this node has that key."""
        row = self.row
        row.key, row.changes = keychange.read(statement).new, row.changes + statement
        row.ours = self.checked.ours and self.at.can_sign(party=row.party, key=row.key)

    def admitted(self, opened: Opened) -> int:
        """Say when this node got an entry (microseconds UTC): now, or, if it is its own, when it wrote it."""
        return written_at(opened) if self.checked.ours else self.now

    def _refuse_elsewhere(self, subjects: Iterable[str]) -> None:
        """Refuse subjects that their writer already wrote in another journal: a subject keeps one label for life."""
        names = sorted(set(subjects))
        for start in range(0, len(names), fold.LOOK_UP):
            part = names[start : start + fold.LOOK_UP]
            places = ", ".join(["%s"] * len(part))
            with connections[self.at.database].cursor() as cursor:
                cursor.execute(
                    'SELECT e."subject" FROM "register_entry" e'  # noqa: S608 - only places for values
                    ' JOIN "register_journal" j ON j."id" = e."journal_id"'
                    f' WHERE e."subject" IN ({places}) AND j."party" = %s AND j."id" <> %s LIMIT 1',
                    (*part, self.row.party, self.row.pk),
                )
                if cursor.fetchone():
                    reason = _("its subject already stands under another label")
                    refuse(self.row.origin, self.stream.size, reason)


def _reopen(number: int, data: bytes) -> Opened:
    """Read an entry that was read strictly before."""
    opened = envelope.read(data)
    fact = fold.read_fact(opened.kind, bytes(opened.body))
    return Opened(number, data, opened, envelope.instant_micros(opened.at), fact)


def written_at(opened: Opened) -> int:
    """Return by the id of an entry, to the millisecond, when its node wrote it (microseconds UTC)."""
    millis = UUID(opened.entry.id).int >> 80
    return opened.at if opened.at // 1000 == millis else millis * 1000

"""The same door for entries that were written elsewhere: verified first, then stored and folded like our own."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connections

from commonwatch.charter.label import Label
from commonwatch.errors import Broken, Refusal, _
from commonwatch.journal import checkpoint, note, tiles, tree
from commonwatch.journal import entry as envelope
from commonwatch.register import fold, node, seal
from commonwatch.register.fact import Fact, JournalClosed, JournalOpened
from commonwatch.register.log import INSERT, turn
from commonwatch.register.models import Journal


class NotAdmitted(Refusal):
    """What a peer sent does not hold; nothing of it is kept."""

    code, status = "register.not-admitted", 422
    says = _("{origin}: entry {number} was not admitted: {reason}")
    hint = _("Ask the owner of the journal to send it again; keep what was sent as evidence.")


class Admitted(NamedTuple):
    """How far a journal of another party now stands here."""

    origin: str
    size: int
    new: int


class _Incoming(NamedTuple):
    number: int
    data: bytes
    opened: envelope.Entry
    at: int
    fact: Fact


def admit(*, signed: str, entries: Sequence[bytes], key: str) -> Admitted:
    """Take in the entries by which a journal of another party has grown.

    `signed` is its checkpoint, `key` its verifier key as agreed with that party, `entries` the exact bytes from what
    this node holds up to the checkpoint. All or nothing; entries already held are not sent again.

    :raises NotAdmitted: when signature, order, times, labels or the root do not hold.
    """
    try:
        opened = checkpoint.open_checkpoint(signed, note.Verifier.parse(key))
    except (Broken, Refusal) as error:
        raise NotAdmitted(origin=signed.split("\n", 1)[0], number="-", reason=str(error)) from error
    return _admit(opened, signed=signed, entries=entries, key=key)


@turn
def _admit(head: checkpoint.Checkpoint, *, signed: str, entries: Sequence[bytes], key: str) -> Admitted:
    row = Journal.objects.filter(origin=head.origin).first()
    held = row.size if row else 0
    if head.size != held + len(entries):
        raise NotAdmitted(
            origin=head.origin, number=held, reason=_("the checkpoint speaks of another length")
        )
    incoming = [_open(head.origin, held + place, data) for place, data in enumerate(entries)]
    if row is None:
        row = _new_journal(head.origin, incoming, key=key)
    _check(row, incoming)
    _store(row, incoming, signed=signed, root=head.root)
    return Admitted(head.origin, head.size, len(entries))


def _open(origin: str, number: int, data: bytes) -> _Incoming:
    try:
        opened = envelope.parse(data)
        fact = fold.read_fact(opened.kind, bytes(opened.body))
    except (Broken, Refusal) as error:
        raise NotAdmitted(origin=origin, number=number, reason=str(error)) from error
    return _Incoming(number, data, opened, envelope.instant_micros(opened.at), fact)


def _new_journal(origin: str, incoming: Sequence[_Incoming], *, key: str) -> Journal:
    first = incoming[0].opened if incoming else None
    fact = incoming[0].fact if incoming else None
    if first is None or not isinstance(fact, JournalOpened) or (fact.origin, fact.key) != (origin, key):
        raise NotAdmitted(origin=origin, number=0, reason=_("the first entry does not open this journal"))
    organisation, party, mode, slug, epoch = origin.split("/")
    at = node.current()
    if (
        organisation != at.pack.organisation
        or party != first.party
        or at.holds(party)
        or str(fact.epoch) != epoch
    ):
        raise NotAdmitted(origin=origin, number=0, reason=_("its origin and its first entry do not agree"))
    return Journal.objects.create(
        origin=origin,
        party=party,
        mode=mode,
        level=first.label.level,
        categories=",".join(first.label.categories),
        parties=",".join(first.label.parties),
        slug=slug,
        epoch=fact.epoch,
        key=key,
        ours=False,
        audience=",".join(fact.audience),
    )


def _check(row: Journal, incoming: Sequence[_Incoming]) -> None:
    """Hold every entry against its journal: one writer, one mode, one label, times that never go back, one end."""
    last, closed = row.last_at, row.closed
    expected = (row.party, row.mode, row.level, row.categories, row.parties)
    elsewhere = _other_journals(
        row, {each.opened.subject for each in incoming if each.opened.party == row.party}
    )
    for each in incoming:
        opened = each.opened
        label = Label(
            level=opened.label.level, categories=opened.label.categories, parties=opened.label.parties
        )
        stands = (opened.party, opened.mode, label.level, ",".join(label.categories), ",".join(label.parties))
        if stands != expected:
            reason = _("its writer, mode or label is not that of the journal")
        elif each.at < last:
            reason = _("its time goes back")
        elif opened.subject in elsewhere:
            reason = _("its subject already stands under another label")
        elif closed:
            reason = _("it stands after the entry that closes the journal")
        else:
            last, closed = each.at, isinstance(each.fact, JournalClosed)
            continue
        raise NotAdmitted(origin=row.origin, number=each.number, reason=reason)


def _other_journals(row: Journal, subjects: set[str]) -> set[str]:
    """Find the subjects that their owner already wrote in another journal."""
    found: set[str] = set()
    names = sorted(subjects)
    for start in range(0, len(names), fold.LOOK_UP):
        part = names[start : start + fold.LOOK_UP]
        places = ", ".join(["%s"] * len(part))
        with connections[node.current().database].cursor() as cursor:
            cursor.execute(
                'SELECT DISTINCT e."subject" FROM "register_entry" e'  # noqa: S608 - only places for values
                ' JOIN "register_journal" j ON j."id" = e."journal_id"'
                f' WHERE e."subject" IN ({places}) AND j."party" = %s AND j."id" <> %s',
                (*part, row.party, row.pk),
            )
            found.update(name for (name,) in cursor.fetchall())
    return found


def _store(row: Journal, incoming: Sequence[_Incoming], *, signed: str, root: bytes) -> None:
    at = node.current()
    leaves = [tree.leaf_hash(each.data) for each in incoming]
    grown = tiles.grow(size=row.size, read=seal.tile_reader(at, row.pk), leaf_hashes=leaves)
    if grown.root != root:
        raise NotAdmitted(
            origin=row.origin, number=row.size, reason=_("the entries do not give the signed root")
        )
    now = at.clock()
    rows = [
        (row.pk, e.number, e.opened.id.replace("-", ""), e.opened.kind, e.opened.subject, e.at, now, e.data)
        for e in incoming
    ]
    with connections[at.database].cursor() as cursor:
        cursor.executemany(INSERT, rows)
    seal.store_tiles(at, row.pk, grown)
    row.size, row.root, row.checkpoint = grown.size, grown.root.hex(), signed
    row.last_at = incoming[-1].at if incoming else row.last_at
    last = incoming[-1].fact if incoming else None
    if isinstance(last, JournalClosed):
        row.closed, row.continued = True, last.next
    row.save(update_fields=["size", "root", "checkpoint", "last_at", "closed", "continued"])
    fold.apply(
        (
            e.fact,
            fold.line_of(e.opened, journal=row.pk, number=e.number, at=e.at, leaf=leaf),
        )
        for e, leaf in zip(incoming, leaves, strict=True)
    )

"""Reading entries back: the history of a subject, and the receipt of an entry. Everything passes the gate."""

from typing import NamedTuple
from uuid import UUID

from commonwatch.journal import entry as envelope
from commonwatch.journal import receipt, tiles, tree
from commonwatch.register import fold, node, seal, vouching
from commonwatch.register.draft import Written
from commonwatch.register.fact import Fact
from commonwatch.register.gate import Reader, label_of
from commonwatch.register.models import Entry


class Past(NamedTuple):
    """One entry as it stands: where, and what it said. `admitted_at` is in microseconds UTC."""

    line: fold.Line
    fact: Fact
    place: Written
    origin: str
    kind: str
    admitted_at: int
    refs: tuple[envelope.Ref, ...]


def of_subject(subject: str, *, reader: Reader) -> list[Past]:
    """Return what was written on a subject, as far as `reader` may read it, in the order in which it came."""
    rows = Entry.objects.visible_to(reader).filter(subject=subject).select_related("journal").order_by("id")
    return [past(row) for row in rows if row.data]


def entry(entry_id: str, *, reader: Reader) -> Entry | None:
    """Return an entry by its id, or None when there is none that `reader` may read, or its bytes were erased."""
    try:
        wanted = UUID(entry_id)
    except ValueError:
        return None
    found = Entry.objects.visible_to(reader).select_related("journal").filter(entry_id=wanted).first()
    return found if found is not None and found.data else None


def past(row: Entry) -> Past:
    """Open a stored entry."""
    data = bytes(row.data)
    opened = envelope.read(data)
    leaf = tree.leaf_hash(data)
    journal = row.journal
    label = label_of(level=journal.level, categories=journal.categories, parties=journal.parties)
    line = fold.line_of(opened, journal=journal.pk, number=row.number, at=row.at, leaf=leaf)
    return Past(
        line=line,
        fact=fold.read_fact(opened.kind, bytes(opened.body)),
        place=Written(opened.id, leaf.hex(), journal.pk, row.number, row.at, label, journal.party),
        origin=journal.origin,
        kind=opened.kind,
        admitted_at=row.admitted_at,
        refs=opened.refs,
    )


def receipt_of(row: Entry) -> bytes:
    """Make the receipt of an entry against the present checkpoint of its journal; it is verified offline.

    :raises NotYetGuarded: when that checkpoint is not secured yet.
    """
    journal = row.journal
    vouching.check(journal)
    hashes = tiles.TileHashes(seal.tile_reader(node.current(), journal.pk))
    proof = tree.inclusion_proof(row.number, journal.size, hashes)
    return receipt.write(
        entry=bytes(row.data),
        index=row.number,
        proof=proof,
        checkpoint=journal.checkpoint,
        vkey=journal.signed_by,
    )

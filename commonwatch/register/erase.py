"""Erasure: by law the bytes and the salt of an entry go, its hash stays, and an entry says so.

What was folded from it is folded anew from what remains. The same happens wherever the entry that says so is admitted,
and again when it is admitted after an old backup was put back.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connections

from commonwatch.errors import Refusal, _
from commonwatch.journal import entry as envelope
from commonwatch.journal import tree
from commonwatch.register import fold, log, node, rebuild, replacing
from commonwatch.register.draft import Writer, Written
from commonwatch.register.fact import EntryErased
from commonwatch.register.models import Entry, Journal

STANDING = "register."
"""How the kinds begin by which a journal says how it stands: such entries are not erased."""


class NoEntry(Refusal):
    """There is no entry of that id, or its bytes are gone already."""

    code, status = "register.no-entry", 404
    says = _("There is no such entry here.")
    hint = _("Its number may be looked up on the page of its journal.")


class NotErasable(Refusal):
    """The entry says how its journal stands; without it nobody could verify the others."""

    code, status = "register.not-erasable", 409
    says = _("Entry {number} of {origin} says how the journal itself stands; it is not erased.")
    hint = _("It holds nothing that somebody wrote. Erase the entry that does.")


@log.turn
def erase(*, by: Writer, entry: str, ground: str) -> Written:
    """Erase the bytes of an entry that this node wrote; return where it is written that they are gone.

    `entry` is its id, `ground` names the law or judgment. No mandate is asked for here: whoever calls has asked.

    :raises NoEntry, NotErasable: when there is nothing to erase, or it must stay.
    :raises NotHere: when the journal is not that of the writer on this node.
    :raises Closed: when the end of its journal was declared lost.
    """
    row = Entry.objects.select_related("journal").filter(entry_id=_uuid(entry)).first()
    if row is None or not row.data:
        raise NoEntry
    journal = row.journal
    if not journal.ours or by.party != journal.party:
        raise log.NotHere(party=journal.party)
    if row.kind.startswith(STANDING):
        raise NotErasable(number=row.number, origin=journal.origin)
    leaf = tree.leaf_hash(bytes(row.data))
    fact = EntryErased(index=row.number, hash=leaf.hex(), ground=ground)
    place = log.append_of_journal(fact, by=by, journal=journal.pk)
    drop(journal.pk, [row.number])
    return place


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NoEntry from None


def drop(journal: int, numbers: Iterable[int]) -> None:
    """Take away the bytes of these entries, where they are still here, and fold anew what was folded from them."""
    places: set[fold.Place] = set()
    connection = connections[node.current().database]
    gone: dict[int, bytes] = {}
    _overwrite_what_goes()
    for row in Entry.objects.filter(journal=journal, number__in=list(numbers)):
        data = bytes(row.data)
        if not data:
            continue
        opened, leaf = envelope.read(data), tree.leaf_hash(data)
        line = fold.line_of(opened, journal=journal, number=row.number, at=row.at, leaf=leaf)
        gone[row.number] = leaf
        places |= fold.places_of(fold.read_fact(opened.kind, bytes(opened.body)), line)
        with connection.cursor() as cursor:
            cursor.execute(
                'UPDATE "register_entry" SET "data" = %s, "kind" = %s, "subject" = %s, "at" = 0, "entry_id" = %s'
                ' WHERE "id" = %s',
                (b"", "", "", erased_id(leaf).hex, row.pk),
            )
    rebuild.refold(journal, places)
    replacing.erase(Journal.objects.get(pk=journal).origin, gone)
    log.emptied()


def _overwrite_what_goes() -> None:
    """Let SQLite write zeros over what is deleted on this connection, instead of only forgetting where it was."""
    connection = connections[node.current().database]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete=ON")


def erased_id(leaf: bytes) -> UUID:
    """Name an entry whose bytes are gone: by its leaf hash, as a UUID of version 8 (RFC 9562)."""
    number = int.from_bytes(leaf[:16], "big")
    number = number & ~(0xF << 76) | 8 << 76
    return UUID(int=number & ~(3 << 62) | 2 << 62)

"""Which past of a journal is followed here, once its key has signed two: as two persons of this node's party chose.

A choice names a checkpoint of the evidence. It settles every fork that begins before that checkpoint ends; one that
begins after it is another, and asks for another choice.
"""

from collections.abc import Iterable
from typing import NamedTuple

from commonwatch.federation import peers
from commonwatch.federation.models import Evidence, Settled
from commonwatch.journal import fork, note
from commonwatch.journal.checkpoint import Checkpoint
from commonwatch.register import node, seal
from commonwatch.register.models import Journal


class Proved(NamedTuple):
    """A kept proof and the two checkpoints that contradict each other, the shorter first."""

    row: Evidence
    sides: tuple[Checkpoint, Checkpoint]


def choice(origin: str) -> Settled | None:
    """Return the last choice for a journal of which proofs are kept; None when there was none."""
    if not Evidence.objects.filter(origin=origin).exists():
        return None
    rows = Settled.objects.visible_to(peers.own()).filter(origin=origin, party=node.current().party)
    return rows.order_by("-at", "-journal", "-place").first()


def chosen(origin: str) -> Checkpoint | None:
    """Return the checkpoint of the past that is followed; None when nobody has chosen."""
    found = choice(origin)
    return Checkpoint(origin, found.size, bytes.fromhex(found.root)) if found else None


def note_of(head: Checkpoint) -> str:
    """Return the signed note of a checkpoint that a proof shows.

    :raises StopIteration: when none does.
    """
    return next(
        text
        for each in proved(head.origin)
        for text, side in zip(_notes(bytes(each.row.data)), each.sides, strict=True)
        if side == head
    )


def proved(origin: str) -> list[Proved]:
    """List the proofs that are kept of a journal, the oldest first."""
    return proved_of([origin]).get(origin, [])


def proved_of(origins: Iterable[str]) -> dict[str, list[Proved]]:
    """Return by origin the proofs that are kept of these journals, the oldest first."""
    found: dict[str, list[Proved]] = {}
    for row in Evidence.objects.filter(origin__in=list(origins)).order_by("origin", "found_at", "digest"):
        found.setdefault(row.origin, []).append(Proved(row, sides_of(bytes(row.data))))
    return found


def sides_of(data: bytes) -> tuple[Checkpoint, Checkpoint]:
    """Read the two checkpoints of a proof that was verified before, the shorter first."""
    first, second = (Checkpoint.parse(note.note_text(each)) for each in _notes(data))
    return first, second


def _notes(data: bytes) -> tuple[str, str]:
    read = fork.parse(data)
    return read.a, read.b


def unsettled(origin: str) -> list[Proved]:
    """List the proofs of a journal that no choice settles."""
    found = proved(origin)
    head = chosen(origin) if found else None
    return [each for each in found if head is None or each.sides[0].size > head.size]


def elsewhere(row: Journal | None) -> Checkpoint | None:
    """Return the chosen checkpoint where what is held of a journal is proved to be another past; None otherwise."""
    head = chosen(row.origin) if row is not None and row.size else None
    if row is None or head is None:
        return None
    if head.size <= row.size:
        return None if gives(row, head) else head
    against = (each.sides[0] for each in proved(row.origin) if each.sides[1] == head)
    return head if any(gives(row, each) for each in against) else None


def gives(row: Journal, head: Checkpoint) -> bool:
    """Say whether a journal that is held reaches to this checkpoint and had its root there."""
    return head.size <= row.size and seal.root_at(node.current(), row.pk, size=head.size) == head.root

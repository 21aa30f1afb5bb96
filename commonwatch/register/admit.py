"""The same door for entries that were written elsewhere: verified first, then stored and folded like our own.

A delivery is read twice: by `checking` outside the pen, by `taking` inside a turn. So the pen never waits for a peer's
mistakes, and neither reading holds more than a few thousand entries.
"""

from collections.abc import Sequence
from typing import NamedTuple

from commonwatch.errors import Broken
from commonwatch.journal import note
from commonwatch.register import checking, log, replacing, taking, wall
from commonwatch.register.checking import Checked, Entries, Incoming, NotAdmitted, Source
from commonwatch.register.models import Journal
from commonwatch.register.taking import Overtaken

__all__ = ["Admitted", "Incoming", "NotAdmitted", "Overtaken", "Source", "admit", "admit_all", "signed_again"]


class Admitted(NamedTuple):
    """How far a journal of another party now stands here."""

    origin: str
    size: int
    new: int


def admit(*, signed: str, entries: Entries, key: str, second: str = "") -> Admitted:
    """Take in the entries by which a journal of another party has grown.

    `signed` is its checkpoint, `key` its verifier key as agreed with that party and `second` that of its second
    signature, `entries` the exact bytes from what this node holds up to the checkpoint, `Erased` where they are gone.
    They are read twice: give a list, a function that begins anew, or a `Source`. All or nothing; entries already held
    are not sent again.

    :raises NotAdmitted: when signature, order, times, labels or the root do not hold.
    :raises SecondKeyUnknown, SecondMissing: when the pack asks for a second signature that cannot be checked.
    :raises Overtaken: when the journal has grown here meanwhile.
    """
    return admit_all([Incoming(signed, entries, key, second)])[0]


def admit_all(deliveries: Sequence[Incoming]) -> list[Admitted]:
    """Take in the news of several journals in one turn, all of them or none; see `admit`.

    :raises Broken: when two deliveries are of one journal.
    """
    with wall.open():
        checked = [checking.check(each, ours=False) for each in deliveries]
    origins = {each.head.origin for each in checked}
    if len(origins) != len(checked):
        raise Broken("two deliveries of one journal cannot be admitted at once")
    for each in checked:
        if each.instead is not None:
            replacing.set_aside(each.instead)
    return _take_all(checked)


def signed_again(incoming: Incoming) -> bool:
    """Keep the second signature of a checkpoint that is held without one; say whether it was kept.

    Its owner added it when the pack began to ask for it; size and root are those that are held.

    :raises NotAdmitted: when it does not hold.
    """
    with wall.open():
        head = checking.open_head(incoming, earlier=True)
        second = checking.second_of(incoming)
        stands = Journal.objects.filter(
            origin=head.origin, key=incoming.key, size=head.size, root=head.root.hex(), ours=False, second=""
        )
        return bool(second) and stands.exists() and _sign_again(head.origin, incoming.signed, second)


@log.turn
def _sign_again(origin: str, signed: str, second: str) -> bool:
    row = Journal.objects.get(origin=origin)
    if note.note_text(row.checkpoint) != note.note_text(signed):
        return False
    row.checkpoint, row.second = signed, second
    row.save(update_fields=["checkpoint", "second"])
    return True


@log.turn
def _take_all(deliveries: Sequence[Checked]) -> list[Admitted]:
    for each in deliveries:
        taking.take(each)
    return [Admitted(each.head.origin, each.head.size, each.head.size - each.held) for each in deliveries]

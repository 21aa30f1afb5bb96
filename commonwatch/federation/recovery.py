"""Our own past, back from whoever holds it: when a database was put back from a backup, with or without its guard."""

from collections.abc import Callable, Iterable
from functools import partial

from commonwatch.errors import Refusal, _
from commonwatch.federation.heads import Head
from commonwatch.journal.checkpoint import Checkpoint
from commonwatch.register import guard, node, recover, seal
from commonwatch.register.admit import Admitted, Incoming, admit_all


class KeyElsewhere(Refusal):
    """A peer shows more of our own journal than this node has ever signed."""

    code, status = "federation.key-elsewhere", 409
    says = _("{origin} stands at {size} with a peer, by our own key, and this node has signed for {signed}.")
    hint = _("Somebody else signs with the key of this node. Take it off the net, and call every peer.")


Door = Callable[[Incoming], Admitted]


def door(head: Checkpoint, *, vouched: bool = False) -> Door:
    """Return by which door entries up to a checkpoint come in: that of others, or that of our own past.

    Our own come back where the guard knows of them and the database does not, or where no guard remembers the journal.
    `vouched` says that they may be signed by the node that hosted our party.

    :raises KeyElsewhere: when they go beyond all that this node has signed.
    """
    at = node.current()
    if not at.holds(head.origin.split("/")[1]):
        return _of_another
    guarded = seal.guard_of(at).read()
    lags = {each.origin for each in recover.lagging(at)}
    if head.origin in guarded and head.origin not in lags:
        signed = guard.signed(guarded[head.origin]).size
        raise KeyElsewhere(origin=head.origin, size=head.size, signed=signed)
    return partial(_our_own, vouched=vouched)


def _of_another(given: Incoming) -> Admitted:
    return admit_all([given])[0]


def _our_own(given: Incoming, *, vouched: bool) -> Admitted:
    return recover.readmit(
        signed=given.signed, entries=given.entries, key=given.key, second=given.second, vouched=vouched
    )


def own_first(heads: Iterable[Head]) -> list[Head]:
    """Put our own journals before all others: a node that lags takes nothing else in.

    Those whose key changed come first: they tell by which keys the older ones were signed.
    """
    at = node.current()

    def place(head: Head) -> tuple[bool, bool, str]:
        parts = head.origin.split("/")
        return not (len(parts) > 1 and at.holds(parts[1])), not head.changes, head.origin

    return sorted(heads, key=place)

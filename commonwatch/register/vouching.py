"""What may be shown of this node's own journals: no checkpoint that the guard has not seen.

A machine may stop between a commit and the guard, or the disk may be full just then. What was committed is there, and
the guard does not know of it. Were it shown to a peer and then lost with the database, an old backup would seem level
with its guard, and the node would sign another history.
"""

from collections.abc import Set as AbstractSet
from contextlib import suppress

from commonwatch.errors import Refusal, _
from commonwatch.register import guard, log, node, seal, wall
from commonwatch.register.models import Journal


class NotYetGuarded(Refusal):
    """The newest entries of a journal are not secured yet."""

    code, status = "register.not-yet-guarded", 503
    says = _("The newest entries of this journal are not secured yet on this node.")
    hint = _("Ask again in a moment; if it stays so, tell the operator, who runs: commonwatch doctor")


def check(row: Journal) -> None:
    """Refuse to show the checkpoint of a journal that the guard has not seen and cannot be told of.

    :raises NotYetGuarded: then.
    """
    if row.ours and row.origin in withheld():
        raise NotYetGuarded


@wall.open()
def withheld() -> AbstractSet[str]:
    """Tell the guard what it has not seen; return the origins of the journals of which it could not be told."""
    at = node.current()
    if not _ahead(at):
        return frozenset()
    with suppress(Refusal, OSError):
        _tell()
    return _ahead(at).keys()


def _ahead(at: node.Node) -> dict[str, Journal]:
    """Find the journals that have grown beyond what the guard has seen."""
    at.guarded = seal.guard_of(at).read_on(at.guarded)
    known, rows = at.guarded.notes, Journal.objects.filter(ours=True, size__gt=0)
    sizes = {row.origin: guard.signed(known[row.origin]).size for row in rows if row.origin in known}
    return {row.origin: row for row in rows if row.size > sizes.get(row.origin, 0)}


@log.mending
def _tell() -> None:
    """Tell it with the pen in hand, so that nobody is between a commit and the guard."""
    at = node.current()
    for row in _ahead(at).values():
        seal.check_level(at, row)
        log.guarded(row.checkpoint)

"""Which organisation pack is in force: the one that was adopted last, as an entry for all members says."""

from collections import Counter

from commonwatch.register import wall
from commonwatch.register.fact import PackAdopted
from commonwatch.register.fold import Line, Row, projects
from commonwatch.register.models import Adoption
from commonwatch.register.node import Node


@projects(PackAdopted, Adoption, first=True)
def pack_adopted(_row: Row | None, fact: PackAdopted, line: Line) -> Row:
    """Keep which pack was adopted and when."""
    return {
        "party": line.party,
        "version": fact.version,
        "digest": fact.digest,
        "before": fact.before,
        "at": line.at,
        "place": line.number,
    }


@wall.open()
def in_force(at: Node) -> str:
    """Return the digest of the pack that the node's own party adopted last; empty when it never adopted one.

    Each adoption names the one that it follows, so no clock is asked: in force is what was adopted once more often than
    it was followed. Only where an adoption in between is lost does the time of the rest decide.
    """
    rows = list(
        Adoption.objects.filter(party=at.party)
        .order_by("-at", "-journal", "-place")
        .values_list("digest", "before")
    )
    times = Counter(digest for digest, _before in rows)
    times.subtract(before for _digest, before in rows if before)
    last = [digest for digest, _before in rows if times[digest] > 0] or [digest for digest, _before in rows]
    return last[0] if last else ""


def check(at: Node) -> None:
    """Note whether the node runs with the pack in force; asked with every transaction, for it may have changed.

    A node that went on writing under the pack before would open an audience to those whom the new one shut out.
    """
    if at.adopts:
        at.unadopted = in_force(at) != at.pack.digest

"""Getting this machine's node its own past back."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings

from commonwatch.config.commands import adopting, peering
from commonwatch.errors import Broken, Refusal
from commonwatch.federation import card as cards
from commonwatch.federation import losing, pulling
from commonwatch.federation.line import Wire
from commonwatch.register import node, recover, seal


def lagging() -> list[dict[str, Any]]:
    """List the journals of this node that are behind its guard."""
    return [each._asdict() for each in recover.lagging(node.current())]


def recovered(sources: Iterable[str], *, alone: bool) -> dict[str, Any]:
    """Ask the peers, and the nodes at these addresses; return who was asked, what lags still, and whether it writes.

    After a restore every peer that a line reaches must have answered, or it must be said that one goes on alone.
    """
    at = node.current()
    asked = [*peering.pull(), *(_ask(each) for each in sources)]
    behind = lagging()
    heard = bool(asked) and not any(each["failure"] for each in asked)
    if not behind and (heard or alone):
        seal.restored(at).unlink(missing_ok=True)
    return {"asked": asked, "lagging": behind, "writes": not behind and not seal.restored(at).exists()}


def _ask(address: str) -> dict[str, Any]:
    """Ask a node that need not be known as a peer: what comes back is held to our own key."""
    said: dict[str, Any] = {"party": address, "failure": "", "entries": 0}
    try:
        line = Wire(party=address, address=address, ca=settings.PEERS_CA, plain=settings.PEERS_PLAIN)
        party = cards.read(peering.read_card(address)).party
        done = pulling.take_back(party, line)
    except (Refusal, Broken) as refused:
        return said | {"failure": str(refused)}
    return said | {"party": party, "entries": done}


def declare_lost(origin: str, ground: str, persons: Sequence[tuple[str, str]]) -> str:
    """Declare the end of a journal lost by two persons, each given as PARTY/OFFICE=HANDLE with a password.

    :raises NotThatPerson, NotTwo, NotMandated, NotLagging: naming what is wrong.
    """
    if len(persons) != 2:
        raise recover.NotTwo
    first, second = (adopting.person_named(named, password) for named, password in persons)
    return losing.declare_lost(by=(first, second), origin=origin, ground=ground)

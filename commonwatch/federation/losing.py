"""Declaring the end of a journal lost: two persons, each in an office that may, on a stated ground."""

from commonwatch.access.actor import Actor
from commonwatch.federation.acts import both_may
from commonwatch.register import node, recover

LOSE = "federation.declare-lost"


def declare_lost(*, by: tuple[Actor, Actor], origin: str, ground: str) -> str:
    """Say that nobody has the end of a journal; return the origin in which its audience goes on, empty when none does.

    Proposals are no way here: a node that is behind its guard writes nothing else.

    :raises NotMandated, ConfirmItIsYou, PersonsOnly, GroundMissing, NotTwo, NotLagging, OtherFirst: naming what is
        wrong.
    """
    said = both_may(by, LOSE, ground=ground)
    return recover.declare_lost(node.current(), origin=origin, ground=said, by_two=by)

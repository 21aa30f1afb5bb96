"""Opening a node: the pack, the keys, the clock and the database of this installation put together."""

from django.conf import settings

from commonwatch.access import logs
from commonwatch.charter.pack import load
from commonwatch.config import place
from commonwatch.register import node


def open_node() -> node.Node:
    """Make the node that the settings describe and install it for this process.

    It writes for the pack's center and hosts every party that has no node of its own; here, all of them.
    """
    pack = load(settings.PACK)
    made = node.Node(
        party=pack.center,
        pack=pack,
        home=settings.HOME,
        hosted=frozenset(party.code for party in pack.parties) - {pack.center},
        demo=settings.DEMO,
    )
    if place.LOGS in settings.DATABASES:
        logs.keep_aside(made, place.LOGS)
    node.install(made)
    return made

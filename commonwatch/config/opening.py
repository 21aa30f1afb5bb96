"""Opening a node: the pack, the keys, the clock and the database of this installation put together."""

from django.conf import settings

from commonwatch.access import logs
from commonwatch.charter.model import Pack
from commonwatch.charter.pack import load
from commonwatch.config import place
from commonwatch.register import adoption, node


def open_node() -> node.Node:
    """Make the node that the settings describe and install it for this process.

    It writes for the pack's center and hosts every party that has no node of its own; here, all of them. When the
    pack's folder has changed since it was adopted, the node works by the copy of the one in force that its home keeps.
    """
    made = _install(load(settings.PACK))
    digest = adoption.in_force(made)
    kept = place.kept_pack(settings.HOME, digest)
    if digest and digest != made.pack.digest and kept.is_dir():
        made = _install(load(kept))
    return made


def _install(pack: Pack) -> node.Node:
    made = node.Node(
        party=pack.center,
        pack=pack,
        home=settings.HOME,
        hosted=frozenset(party.code for party in pack.parties) - {pack.center},
        demo=settings.DEMO,
        adopts=True,
    )
    if place.LOGS in settings.DATABASES:
        logs.keep_aside(made, place.LOGS)
    node.install(made)
    return made

"""Opening a node: the pack, the keys, the clock and the database of this installation put together."""

import gc

from django.conf import settings

from commonwatch.access import logs
from commonwatch.charter.model import Pack
from commonwatch.charter.pack import load
from commonwatch.config import place
from commonwatch.federation import hosting
from commonwatch.register import adoption, node

OBJECTS = 20_000
"""How many new objects there are before the collector of garbage looks for circles among them; Python's own is 700."""


def settle() -> None:
    """Tell the collector of garbage that what was loaded stays; called once, when a server is ready to answer.

    It would look at all of it again and again, a tenth of a second each time, while somebody waits for a page.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS)


def open_node() -> node.Node:
    """Make the node that the settings describe and install it for this process.

    It is the node of the party that the home remembers, else of the pack's center. The center's hosts every party that
    has no node of its own; a member's hosts nobody. When the pack's folder has changed since it was adopted, the node
    works by the copy of the one in force that its home keeps.
    """
    made = _install(load(settings.PACK))
    digest = adoption.in_force(made)
    kept = place.kept_pack(settings.HOME, digest)
    if digest and digest != made.pack.digest and kept.is_dir():
        made = _install(load(kept))
    if made.hosted:
        made.hosted -= hosting.elsewhere(made.hosted)
    return made


def _install(pack: Pack) -> node.Node:
    party = place.party(settings.HOME) or pack.center
    others = frozenset(each.code for each in pack.parties) - {party}
    made = node.Node(
        party=party,
        pack=pack,
        home=settings.HOME,
        hosted=others if party == pack.center else frozenset(),
        demo=settings.DEMO,
        adopts=True,
    )
    if place.LOGS in settings.DATABASES:
        logs.keep_aside(made, place.LOGS)
    node.install(made)
    return made

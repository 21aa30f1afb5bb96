"""Scenes of the sample: what officers do at the desks beside the exchange, each at its own moment before the start.

A desk's scenes stand in a module of their own; each is played once, when the sample is made, under a clock that stands
at its moment.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from commonwatch.access.actor import Actor, act_for
from commonwatch.charter.model import Pack
from commonwatch.config.sample import on_notices
from commonwatch.config.sample.deeds import Deed
from commonwatch.desks.exchange.intake import micros
from commonwatch.register import node


class Stage(NamedTuple):
    """Where a scene is played: the moment (aware, UTC) at which the node's clock stands."""

    at: datetime

    def sit(self, party: str, office: str, *, mode: str = "real") -> Actor:
        """Sit somebody down in an office, as the account that the sample gives it."""
        return act_for(party=party, office=office, account=f"{party.lower()}-{office}", mode=mode)

    @contextmanager
    def later(self, **delta: float) -> Iterator[None]:
        """Let the clock stand later for a while, by hours or minutes."""
        at = node.current()
        before, stands = at.clock, micros(self.at + timedelta(**delta))
        at.clock = lambda: stands
        try:
            yield
        finally:
            at.clock = before


class Scene(NamedTuple):
    """A scene: its name, how long before the sample's start it is played, and what is done in it."""

    name: str
    before: timedelta
    play: Callable[[Stage], None]


SCENES: tuple[Scene, ...] = (
    Scene("notices: addresses", timedelta(hours=30), on_notices.addresses),
    *(
        Scene(f"notices: told {hours} hours before", timedelta(hours=hours), on_notices.told)
        for hours in (29, 24, 20, 16, 8, 4)
    ),
    Scene("notices: the line breaks", timedelta(hours=12), on_notices.line_breaks),
    Scene("notices: told at last", timedelta(minutes=20), on_notices.told),
)

_NAMED: Mapping[str, Scene] = {each.name: each for each in SCENES}


def deeds(pack: Pack, *, start: datetime) -> list[Deed]:
    """List the scenes as deeds of the sample that begins at `start`; only for the pack for which they are written."""
    if pack.organisation != "csto":
        return []
    return [
        Deed(at=start - each.before, act="scene", by=pack.center, type="", owes="", text=each.name)
        for each in SCENES
    ]


def play(name: str, at: datetime) -> None:
    """Play a scene of that name; the clock stands at `at` (aware, UTC) already."""
    _NAMED[name].play(Stage(at))

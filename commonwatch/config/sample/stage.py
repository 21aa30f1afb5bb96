"""The stage on which scenes of the sample are played, and what a scene is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from commonwatch.access.actor import Actor, act_for
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

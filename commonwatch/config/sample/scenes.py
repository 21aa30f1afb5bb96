"""Scenes of the sample: what officers do at the desks beside the exchange, each at its own moment before the start.

A desk's scenes stand in a module of their own; each is played once, when the sample is made, under a clock that stands
at its moment.
"""

from collections.abc import Mapping
from datetime import datetime

from commonwatch.charter.model import Pack
from commonwatch.config.sample import on_drills, on_notices, on_shifts, on_summaries, on_traffic
from commonwatch.config.sample.deeds import Deed
from commonwatch.config.sample.stage import Scene, Stage

SCENES: tuple[Scene, ...] = (
    *on_traffic.SCENES,
    *on_shifts.SCENES,
    *on_drills.SCENES,
    *on_summaries.SCENES,
    *on_notices.SCENES,
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

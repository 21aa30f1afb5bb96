"""Preparing the sample: the node, its accounts and keys, sixty days of reports, or what was due since the last stop."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from django.conf import settings

from commonwatch.charter.pack import load
from commonwatch.config.commands import adopting, making
from commonwatch.config.opening import open_node
from commonwatch.config.sample import marker, seeding
from commonwatch.config.sample.plan import Plan
from commonwatch.config.sample.posts import KEYS, WRITERS

Show = Callable[[int, int], None]


class Prepared(NamedTuple):
    """What was done: whether the sample was made now, how many deeds, since when, and whether a gap was left."""

    plan: Plan
    fresh: bool
    deeds: int
    since: datetime
    cut: bool


def prepare(home: Path, mark: marker.Marker, *, show: Show) -> Prepared:
    """Make whatever of the sample is not there yet; `show` hears how many deeds of how many are done."""
    making.make(home, moves=not mark.complete)
    if mark.complete:
        adopting.follow(load(settings.PACK), settings.PACK)
    at = open_node()
    plan = Plan(at.pack, seed=mark.seed, start=mark.start, days=mark.days)
    if not mark.complete:
        with seeding.at_the_time(plan.first):
            adopting.first(at.pack, settings.PACK)
        seeding.seat_everybody(plan.first)
    seeding.give_keys(home / KEYS, WRITERS)
    now = mark.start if not mark.complete else datetime.now(UTC)
    todo = seeding.planned(plan, now=now, complete=mark.complete)
    show(0, len(todo.deeds))
    done = seeding.fill(todo.deeds, progress=lambda count: show(count, len(todo.deeds)))
    if not mark.complete:
        marker.write(home, msgspec.structs.replace(mark, complete=True))
    return Prepared(plan, not mark.complete, done, todo.since, todo.cut)

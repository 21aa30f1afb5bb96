"""The disk under the guard, and the moments at which a machine stops.

A fault is planned for one node and strikes at its next chance: in the middle of a turn, between the commit and the
guard, in the middle of a record of the guard, on a full disk, or after the guard and before anybody is answered.
"""

import os
from contextlib import contextmanager
from pathlib import Path

from commonwatch.register import guard
from commonwatch.register import node as nodes

IN_TURN, BEFORE_GUARD, TORN, FULL, AFTER_GUARD = "in-turn", "before-guard", "torn", "full", "after-guard"
FAULTS = (IN_TURN, BEFORE_GUARD, TORN, FULL, AFTER_GUARD)

COMPACT_AT = 12_000


class Crash(BaseException):
    """The machine of a node stops; whoever was at work on it hears nothing more."""

    def __init__(self, place):
        super().__init__(place.name)
        self.place = place


class Disk:
    """The module `os` as the guard sees it, with the faults that are planned for the node at hand."""

    def __init__(self, place_at_hand):
        self._place_at_hand = place_at_hand

    def __getattr__(self, name):
        return getattr(os, name)

    def _strikes(self, *faults):
        """Take the fault that is planned for the node at hand, if it is one of these."""
        place = self._place_at_hand()
        if place is None or place.planned not in faults:
            return None, None
        fault, place.planned = place.planned, None
        return place, fault

    def open(self, path, *given):
        """Stop between the commit and the guard."""
        if Path(path).name == "guard":
            place, fault = self._strikes(BEFORE_GUARD)
            if fault:
                raise Crash(place)
        return os.open(path, *given)

    def write(self, handle, data):
        """Write a part only: the machine stops there, or the disk is full."""
        place, fault = self._strikes(TORN, FULL)
        if fault is None:
            return os.write(handle, data)
        done = os.write(handle, data[: place.dice.randrange(len(data))])
        if fault == TORN:
            raise Crash(place)
        return done

    def fdatasync(self, _handle):
        """Leave what was written with the kernel: power does not fail here, and the order of things is the same."""
        place, fault = self._strikes(AFTER_GUARD)
        if fault:
            raise Crash(place)


@contextmanager
def installed(places):
    """Let the guards of these places lie on such a disk, and be compacted often."""

    def at_hand():
        database = nodes.current().database
        return next((each for each in places() if each.alias == database), None)

    before = guard.os, guard.COMPACT_AT
    guard.os, guard.COMPACT_AT = Disk(at_hand), COMPACT_AT
    try:
        yield
    finally:
        guard.os, guard.COMPACT_AT = before

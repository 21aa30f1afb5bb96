"""Seven nodes, the lines between them, and a scheduler that throws dice: one run of one seed."""

import random
import shutil
from contextlib import contextmanager
from hashlib import sha256

from django.db import connections

from tests.simulate import disk
from tests.simulate.disk import Crash
from tests.simulate.network import Network
from tests.simulate.pack import PARTIES
from tests.simulate.place import Place
from tests.simulate.steps import WEIGHTS, Steps
from tests.simulate.truth import Truth, hold

SECOND = 1_000_000
LIARS = 0.5


class World:
    """What a seed makes of seven nodes. `log` holds what happened, step by step.

    `twin` is a second copy of one node's files that writes something else under the same key; `deceived` are the
    parties whom it answers in place of the true one. `sticks` are on their way, each for a party.
    `proved` counts the journals of which the end found a proof, `erased` the entries of which it found the bytes gone,
    `turned` the journals that go on another one, `brought` the entries that came on sticks, `changed` how often
    a node changed its keys.
    """

    def __init__(self, *, seed, folder, start):
        self.seed, self.folder = seed, folder
        self.dice = random.Random(f"commonwatch {seed}")
        self.step, self.time, self.log = 0, 0, []
        self.network, self.truth = Network(self.dice), Truth()
        self.errands, self.sticks, self.twin, self.deceived = [], [], None, frozenset()
        self.lies = self.dice.random() < LIARS
        self.proved = self.erased = self.turned = self.brought = self.changed = 0
        self.places = {}
        for party in PARTIES:
            shutil.copytree(start / party, folder / party)
            self.places[party] = self._place(party, party)
        self.steps = Steps(self)
        for place in self.places.values():
            place.sizes = {}
            self.look(place)

    def _place(self, name, party):
        return Place(name=name, party=party, folder=self.folder / name, seed=self.seed, now=lambda: self.time)

    def every(self):
        """List all nodes, the twin among them."""
        return [*self.places.values(), *([self.twin] if self.twin else [])]

    def run(self, steps):
        """Take so many steps."""
        weights = {name: weight for name, weight in WEIGHTS.items() if self.lies or name != "lie"}
        for _step in range(steps):
            self.step += 1
            self.time += self.dice.randrange(1, 90) * SECOND
            self.go_on()
            name = self.dice.choices(list(weights), list(weights.values()))[0]
            self.say(self.take(getattr(self.steps, name)))

    def go_on(self):
        """Let every round go on whose answer is due."""
        due = [each for each in self.errands if each.due <= self.step]
        for errand in due:
            if errand in self.errands:
                self.errands.remove(errand)
                self.say(self.take(lambda errand=errand: self.steps.go_on(errand)))

    def take(self, step):
        """Take one step; where a machine stops in it, it is down afterwards."""
        try:
            return step()
        except Crash as crash:
            self.crashed(crash.place)
            self.look(crash.place)
            return f"{crash.place.name} stops in the middle of a turn"

    def say(self, text):
        """Note what happened."""
        self.log.append(f"{self.step:4} {text}")

    def crashed(self, place):
        """Stop a machine: what it was about is forgotten."""
        self.alone(place)
        place.stop()

    def alone(self, place):
        """End every round that a node has under way."""
        for errand in [each for each in self.errands if each.place is place]:
            self.errands.remove(errand)
            errand.kill()

    def look(self, place):
        """Hold a node to the truth."""
        self.truth.look(place)

    def acknowledged(self, place, written):
        """Remember what a writer was told: it must be there for ever."""
        self.look(place)
        for origin, number, leaf in written:
            hold(
                self.truth.leaves[origin][place.name][number].hex() == leaf,
                f"{place.name} acknowledged what does not stand in {origin} at {number}",
            )
            place.acked[origin] = max(place.acked.get(origin, 0), number + 1)

    def answers_for(self, party, *, to):
        """Return the node that answers when somebody asks that of a party."""
        if self.twin and self.twin.party == party and to in self.deceived:
            return self.twin
        return self.places[party]

    def lie(self):
        """Copy a node's files, key and all: from here on its party has two nodes that know nothing of each other."""
        fit = [each for each in self.places.values() if each.up and not each.behind and not each.planned]
        if not fit:
            return "nobody can lie now"
        place = self.dice.choice(fit)
        self.crashed(place)
        place.start()
        shutil.copytree(place.folder, self.folder / f"{place.name}-twin")
        self.twin = self._place(f"{place.name}-twin", place.party)
        self.truth.lie(place, self.twin)
        self.twin.acked, self.twin.sizes = dict(place.acked), dict(place.sizes)
        return f"{self.twin.name} begins to lie"

    def digest(self):
        """Return a hash of all that happened, and of every journal that more than its writer may read."""
        ends = [
            f"{place.name} {row.origin} {row.size} {row.root}"
            for place in self.every()
            for row in place.journals()
            if row.parties != row.party
        ]
        return sha256("\n".join([*self.log, *ends]).encode()).hexdigest()[:16]

    def end(self):
        """Stop everything."""
        for place in self.every():
            self.alone(place)
            place.end()
        connections.close_all()


@contextmanager
def opened(*, seed, folder, start):
    """Open the world of a seed in an empty folder, as a copy of the world at its start."""
    made = []
    with disk.installed(lambda: made[0].every() if made else ()):
        made.append(World(seed=seed, folder=folder, start=start))
        try:
            yield made[0]
        finally:
            made[0].end()

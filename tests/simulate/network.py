"""The lines between the nodes: cut, slow, lossy, and now and then lying.

A slow round of pulling runs in a thread of its own, so that it can wait for an answer while others go on; but only one
thread runs at a time, and the dice say which. So a seed always gives the same run.
"""

import gzip
import threading

from django.db import connections
from django.test import Client

from commonwatch.federation import peers, pulling
from commonwatch.federation.line import Answer, NotReached
from commonwatch.register import node as nodes
from tests.simulate.disk import Crash

LATE = 0.4
LONGEST_DELAY = 3
KEPT = 40


class Weather:
    """How bad the lines are: chances of a round to be slow, of an answer to be lost or altered. All 0 is a fine day."""

    def __init__(self, dice):
        self.slow = dice.choice((0, 0.1, 0.25))
        self.lost = dice.choice((0, 0.02, 0.1))
        self.altered = dice.choice((0, 0.02, 0.1))

    def clear(self):
        """Let it be fine."""
        self.slow = self.lost = self.altered = 0


class Network:
    """Who reaches whom. `cuts` are pairs of names, `groups` the sides of a partition."""

    def __init__(self, dice):
        self.dice, self.weather = dice, Weather(dice)
        self.cuts, self.groups = set(), ()
        self.heard = {}
        self.client = Client()

    def reaches(self, one, other):
        """Say whether a request of one node comes to another."""
        parted = any((one in group) is not (other in group) for group in self.groups)
        return not parted and (one, other) not in self.cuts

    def heal(self):
        """Mend every line."""
        self.cuts.clear()
        self.groups = ()
        self.weather.clear()

    def altered(self, key, answer):
        """Change an answer: a flipped byte, a part only, an older one, one that another node gave."""
        path, _server = key
        way = self.dice.randrange(4)
        if way == 0 and answer.body:
            place = self.dice.randrange(len(answer.body))
            body = bytearray(answer.body)
            body[place] ^= 1 << self.dice.randrange(8)
            return answer._replace(body=bytes(body))
        if way == 1:
            return answer._replace(body=answer.body[: self.dice.randrange(len(answer.body) + 1)])
        if way == 2:
            return self.dice.choice(self.heard.get(key, [answer]))
        others = sorted(each for each in self.heard if each[0] == path)
        return self.dice.choice(self.heard[self.dice.choice(others)]) if others else answer


class Line:
    """The line of one round, from the node that pulls to the one that is asked."""

    def __init__(self, errand):
        self.errand, self.world = errand, errand.world
        self.network, self.dice = errand.world.network, errand.world.dice

    def get(self, path, *, headers, most):
        """Ask, as `commonwatch.federation.line.Line` says."""
        weather, dice = self.network.weather, self.dice
        self._passes()
        if self.errand.slow and dice.random() < LATE:
            self._wait()
        answer = self._asked(path, headers)
        if dice.random() < weather.lost:
            raise self._unreached("the answer was lost")
        if self.errand.slow and dice.random() < LATE:
            self._wait()
        key = (path, self.errand.server().name)
        given = self.network.altered(key, answer) if dice.random() < weather.altered else answer
        self.network.heard.setdefault(key, []).append(answer)
        del self.network.heard[key][:-KEPT]
        if len(given.body) > most:
            raise self._unreached("too long")
        return given

    def _asked(self, path, headers):
        server = self.errand.server()
        try:
            with nodes.use(server.node):
                said = self.network.client.get(path, headers=dict(headers))
        except Crash as crash:
            self.world.crashed(crash.place)
            raise self._unreached("it stopped in the middle") from crash
        names = {name.lower(): value for name, value in said.headers.items()}
        body = gzip.decompress(said.content) if names.get("content-encoding") == "gzip" else said.content
        if path == "/nodes/heads" and said.status_code == 200:
            self.world.truth.told(server, body)
        return Answer(said.status_code, names, body)

    def _wait(self):
        self.errand.wait(self.dice.randint(1, LONGEST_DELAY))
        self._passes()

    def _passes(self):
        server = self.errand.server()
        if not server.up or not self.network.reaches(self.errand.place.party, server.party):
            raise self._unreached("the line is cut")

    def _unreached(self, why):
        return NotReached(party=self.errand.party, reason=why)


class Errand:
    """One round of pulling on lines that are quick: it runs to its end at once. `done` is what it did."""

    slow, over = False, True

    def __init__(self, world, place, party):
        self.world, self.place, self.party = world, place, party
        self.due, self.done = 0, None

    def server(self):
        """The node to which the line leads: that of the party, or a twin that lies in its name."""
        return self.world.answers_for(self.party, to=self.place.party)

    def go_on(self):
        """Make the round."""
        self._pull()

    def _pull(self):
        with nodes.use(self.place.node):
            self.done = pulling.pull(peers.find(self.party), Line(self))


class Slow(Errand):
    """One round of pulling, under way: it runs until it has to wait, and is called again when the answer is due."""

    slow = True

    def __init__(self, world, place, party):
        super().__init__(world, place, party)
        self.over, self.killed, self.error = False, False, None
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def go_on(self):
        """Let it run until it waits or is over; what went wrong in it is raised here."""
        self._go.release()
        self._back.acquire()
        if self.over:
            self._thread.join()
            if self.error is not None:
                raise self.error

    def kill(self):
        """End it: its node stops."""
        self.killed = True
        self._go.release()
        self._back.acquire()
        self._thread.join()

    def wait(self, steps):
        """Wait for so many steps, inside the round."""
        self.due = self.world.step + steps
        connections.close_all()
        self._back.release()
        self._go.acquire()
        if self.killed:
            raise Crash(self.place)

    def _run(self):
        self._go.acquire()
        try:
            if not self.killed:
                self._pull()
        except BaseException as error:  # noqa: BLE001 - told to whoever called it
            self.error = error
        finally:
            connections.close_all()
            self.over = True
            self._back.release()

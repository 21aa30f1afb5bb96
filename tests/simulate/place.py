"""One node of the simulation: its files, its wrong clock, its dice; opened, stopped, copied and put back."""

import random
import shutil
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connections

from commonwatch.config import place as places
from commonwatch.journal import keychange
from commonwatch.register import adoption
from commonwatch.register import node as nodes
from commonwatch.register.guard import Guard, Seen
from tests.simulate.disk import IN_TURN, Crash
from tests.simulate.pack import PACK, PACKS

DAY = 24 * 3600 * 1_000_000
START = int(datetime(2026, 9, 14, 5, 0, tzinfo=UTC).timestamp()) * 1_000_000
BASE = "house.sqlite3"
ASIDE = ("", "-wal")


def forget(alias):
    """Close this thread's connection to a database, if it has one."""
    if hasattr(connections._connections, alias):
        connections[alias].close()
        delattr(connections._connections, alias)


def _quick(path):
    """Describe a database whose writes stay with the kernel: here machines stop, and the power does not fail."""
    said = places.sqlite(path)
    said["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"
    return said


class Row(NamedTuple):
    """A journal as its row says."""

    pk: int
    origin: str
    party: str
    parties: str
    size: int
    root: str
    key: str
    checkpoint: str
    ours: bool
    lost: int
    changes: str

    @property
    def chain(self):
        """The keys that have signed it, in order."""
        return keychange.chain(self.key, keychange.split(self.changes))


class Place:
    """A node, running or stopped.

    `planned` is the fault that strikes next, `acked` says by origin how many entries the writer was told to be there,
    `sizes` how long each journal was when it was last looked at, `behind` that a restored copy lacks what was signed.
    """

    def __init__(self, *, name, party, folder, seed, now):
        self.name, self.party, self.folder = name, party, folder
        self.alias = f"sim-{name.lower()}"
        self.dice, self.chance = random.Random(f"{seed} {name}"), random.Random(f"{seed} {name} bytes")
        self.now = now
        self.offset = self.dice.randrange(-3 * DAY, 3 * DAY + 1)
        self.drift = self.dice.uniform(0.98, 1.02)
        self.planned, self.countdown = None, 0
        self.up, self.behind = True, False
        self.acked, self.sizes, self.copies, self.newest = {}, {}, [], None
        self.node, self._seen = None, Seen()
        connections.settings[self.alias] = connections.configure_settings({"default": _quick(folder / BASE)})[
            "default"
        ]
        self.start()

    def clock(self):
        """Say what time this node takes it to be, in microseconds UTC: wrong by days, and not steadily so."""
        self._moment()
        return START + self.offset + int(self.now() * self.drift)

    def bytes(self, count):
        """Give random bytes of this node's own dice."""
        self._moment()
        return self.chance.randbytes(count)

    def _moment(self):
        """Stop the machine here when that was planned: each look at clock or dice is a moment of a turn."""
        if self.planned == IN_TURN:
            self.countdown -= 1
            if self.countdown <= 0:
                self.planned = None
                raise Crash(self)

    def set_back(self):
        """Put the clock back by up to a day, or on when it is far behind."""
        self.offset = max(self.offset - self.dice.randrange(DAY), -3 * DAY)

    def start(self):
        """Open the node over the files that are there, by the pack that is in force in them."""
        self.node = self._opened(PACK)
        with nodes.use(self.node):
            digest = adoption.in_force(self.node)
        if digest != PACK.digest:
            self.node = self._opened(PACKS[digest])
        self.up = True

    def _opened(self, pack):
        return nodes.Node(
            party=self.party,
            pack=pack,
            home=self.folder,
            database=self.alias,
            clock=self.clock,
            random=self.bytes,
            hosted=frozenset(),
            adopts=True,
        )

    def stop(self):
        """Stop the machine: what was in memory is gone, the files are as they are."""
        self.up, self.planned = False, None
        forget(self.alias)

    def end(self):
        """Take the database out of Django's hands."""
        self.stop()
        del connections.settings[self.alias]

    def copy(self, folder):
        """Copy the database, as a backup does; the guard is left out."""
        forget(self.alias)
        folder.mkdir(parents=True)
        for end in ASIDE:
            if (self.folder / (BASE + end)).exists():
                shutil.copy(self.folder / (BASE + end), folder / (BASE + end))
        return folder

    def put_back(self, folder):
        """Let a copy take the place of the present database, all of it to be looked at anew; the machine is stopped."""
        for each in self.folder.glob(f"{BASE}*"):
            each.unlink()
        for each in folder.iterdir():
            shutil.copy(each, self.folder / each.name)
        self.sizes = {}

    def journals(self):
        """Read the rows of the journals that are held."""
        with connections[self.alias].cursor() as cursor:
            cursor.execute(
                'SELECT "id", "origin", "party", "parties", "size", "root", "key", "checkpoint", "ours", "lost",'
                ' "changes" FROM "register_journal" ORDER BY "origin"'
            )
            return [Row(*each) for each in cursor.fetchall()]

    def lags(self, rows):
        """Say whether the guard knows of more than the database holds."""
        held = {row.origin: max(row.size, row.lost) for row in rows if row.ours}
        return any(size > held.get(origin, 0) for origin, size in self.guarded().items())

    def guarded(self):
        """Read the guard: the size of each origin for which this node has signed last."""
        self._seen = Guard(self.folder / "guard").read_on(self._seen)
        return {origin: int(note.split("\n", 2)[1]) for origin, note in self._seen.notes.items()}

"""What was really written, leaf by leaf, kept beside the nodes; and what must hold after every step.

An origin has one history, that of its owner. A party that lies has two: its own and that of its twin.
"""

from collections import defaultdict

import msgspec
from django.db import connections

from commonwatch.federation.heads import Heads
from commonwatch.federation.models import Evidence
from commonwatch.journal import checkpoint, note, tiles, tree
from commonwatch.register import node as nodes
from commonwatch.register import seal, wall
from tests.simulate.pack import may_read


class Untrue(AssertionError):  # noqa: N818 - it says what is so
    """Something holds no longer that must always hold."""


def hold(condition, text):
    """Fail with a sentence unless a condition holds."""
    if not condition:
        raise Untrue(text)


class Truth:
    """The leaves of every journal as its owner wrote them, by origin and by who wrote: the owner, or its twin."""

    def __init__(self):
        self.leaves = defaultdict(dict)
        self.twins = {}
        self._roots = {}

    def lie(self, place, twin):
        """From here on `twin` writes what looks like the journals of the party of `place`."""
        self.twins[place.party] = twin.name
        for branches in self.leaves.values():
            if place.name in branches and twin.name not in branches:
                branches[twin.name] = list(branches[place.name])

    def cut_back(self, place):
        """Forget what a restored node wrote and its guard never saw: nobody was told, and it may be written anew."""
        guarded, held = place.guarded(), {row.origin: row.size for row in place.journals()}
        for origin, branches in self.leaves.items():
            if place.name in branches:
                size = max(guarded.get(origin, 0), held.get(origin, 0))
                del branches[place.name][size:]
                for key in [
                    each for each in self._roots if each[:2] == (origin, place.name) and each[2] > size
                ]:
                    del self._roots[key]

    def tainted(self, origin):
        """Say whether a twin wrote something else than the owner into a journal."""
        branches = self.leaves[origin]
        twin = branches.get(self.twins.get(origin.split("/")[1]), [])
        own = branches.get(origin.split("/")[1], [])
        return bool(twin) and (len(twin) > len(own) or own[: len(twin)] != twin)

    def branch_of(self, origin, size, root):
        """Return who wrote the history that has this root at this size.

        :raises Untrue: when nobody did.
        """
        for name in sorted(self.leaves[origin]):
            if self.root(origin, name, size) == root:
                return name
        raise Untrue(f"{origin}: nobody wrote what has the root {root[:16]} at size {size}")

    def root(self, origin, name, size):
        """Return the root (hex) of a branch at a size; None when it is not so long."""
        key = (origin, name, size)
        if key not in self._roots:
            leaves = self.leaves[origin].get(name, ())
            if len(leaves) < size:
                return None
            self._roots[key] = tree.root(leaves[:size]).hex()
        return self._roots[key]

    def look(self, place):
        """Hold what a node has now to what was written and to what it had before."""
        rows = place.journals()
        for row in rows:
            before = place.sizes.get(row.origin, 0)
            hold(row.size >= before, f"{place.name}: {row.origin} shrank from {before} to {row.size}")
            hold(
                may_read(place.party, writer=row.party, parties=row.parties),
                f"{place.name} holds {row.origin}, which is not for it",
            )
            if row.size > before:
                self._grown(place, row, before)
            place.sizes[row.origin] = row.size
        self._acknowledged(place, rows)

    def _grown(self, place, row, before):
        writes = row.party == place.party
        if writes:
            self._written(place, row, before)
        head = row.chain.open(row.checkpoint)
        hold(
            (head.size, head.root.hex()) == (row.size, row.root), f"{place.name}: {row.origin} is not signed"
        )
        branch = self.branch_of(row.origin, row.size, row.root)
        held = _leaves(place, row, before)
        hold(
            self.leaves[row.origin][branch][before : row.size] == held,
            f"{place.name}: {row.origin} has other entries after {before} than {branch} wrote",
        )

    def _written(self, place, row, before):
        """Take in what a node wrote itself; where a restored node writes a number anew, that is a fork."""
        known = self.leaves[row.origin].setdefault(place.name, [])
        fresh = _leaves(place, row, before)
        common = known[before : row.size]
        hold(
            fresh[: len(common)] == common,
            f"{place.name} signed two histories of {row.origin} after {before}",
        )
        known.extend(fresh[len(common) :])

    def _acknowledged(self, place, rows):
        """See that what a writer was told to be there is there, or that the node says it is behind."""
        lost = {
            origin: (place.sizes.get(origin, 0), size)
            for origin, size in place.acked.items()
            if place.sizes.get(origin, 0) < size
        }
        place.behind = place.lags(rows)
        hold(not lost or place.behind, f"{place.name} lost what it acknowledged and does not know it: {lost}")

    def told(self, place, body):
        """Hold what a node tells a peer of its journals: true, and of its own nothing that the guard has not seen."""
        heads = msgspec.json.decode(body, type=Heads)
        guarded = place.guarded()
        for each in heads.journals:
            head = checkpoint.Checkpoint.parse(note.note_text(each.checkpoint))
            if each.origin.split("/")[1] != place.party:
                self.branch_of(each.origin, head.size, head.root.hex())
                continue
            held = guarded.get(each.origin, 0)
            hold(
                head.size <= held,
                f"{place.name} shows {each.origin} at {head.size}, and its guard knows {held}",
            )

    def forks(self, places):
        """See that nobody is accused who did not lie."""
        for place in places:
            with nodes.use(place.node):
                accused = set(Evidence.objects.values_list("origin", flat=True))
            wrong = sorted(each for each in accused if not self.tainted(each))
            hold(not wrong, f"{place.name} keeps evidence against {wrong}, which were not forked")


def _leaves(place, row, start):
    """Read the leaf hashes of a journal from a number on: of its entries' bytes, or its tiles where these went."""
    with nodes.use(place.node), wall.open(), connections[place.alias].cursor() as cursor:
        cursor.execute(
            'SELECT "number", "data" FROM "register_entry"'
            ' WHERE "journal_id" = %s AND "number" >= %s ORDER BY "number"',
            (row.pk, start),
        )
        read = seal.tile_reader(place.node, row.pk)
        return [
            tree.leaf_hash(bytes(data)) if data else _in_tile(read, number)
            for number, data in cursor.fetchall()
        ]


def _in_tile(read, number):
    tile, at = divmod(number, tiles.TILE_WIDTH)
    return read(0, tile)[at * tree.HASH_BYTES :][: tree.HASH_BYTES]

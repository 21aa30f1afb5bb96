"""How a run ends: everything is mended, everybody asks everybody, and then all must hold."""

from itertools import permutations

from django.db import connections

from commonwatch.federation.models import Evidence
from commonwatch.register import fold, rebuild, seal, verify, wall
from commonwatch.register import node as nodes
from commonwatch.register.models import Entry, Journal
from tests.simulate.pack import CENTER, MEMBERS, PARTIES, may_read
from tests.simulate.truth import hold

EVERY = tuple(permutations(PARTIES, 2)), 2
"""Everybody asks everybody: what one finds in a round is with all whom it concerns after the next."""

_SOME = (*((CENTER, each) for each in MEMBERS), ("BY", "KZ"), ("KZ", "RU"), ("KZ", "AM"))
SOME = (*_SOME, *((other, one) for one, other in _SOME)), 5
"""Members ask the Center alone, and the group by one of it: what they hold and what they prove goes by other hands."""


def end(world):
    """Mend everything, let everybody write once more and ask everybody, and hold all of it to the truth."""
    _mended(world)
    for place in world.places.values():
        world.say(world.steps.append_at(place))
        world.say(world.steps.turn_over_at(place))
    if world.twin is not None:
        world.say(world.steps.everywhere(world.places[world.twin.party]))
    lines, rounds = world.dice.choice((EVERY, SOME))
    _asked(world, lines, rounds)
    behind = [place for place in world.places.values() if place.behind]
    for place in behind:
        _mended_end(world, place)
    if behind:
        _asked(world, lines, rounds)
    _hold_nodes(world)
    _hold_journals(world)
    _hold_erased(world)
    _hold_projections(world)


def _mended(world):
    world.network.heal()
    world.deceived = frozenset()
    for place in world.every():
        world.alone(place)
        place.planned = None
        if not place.up:
            place.start()
        world.look(place)
    world.say("everything is mended; whoever lied answers with one voice")


def _mended_end(world, place):
    """Give a node that did not get all of its past back from its peers its newest copy, or let it declare the loss."""
    mend = world.dice.choice((world.steps.bring_newest_to, world.steps.declare))
    world.say(mend(place))
    world.say(world.steps.append_at(place))


def _asked(world, lines, rounds):
    """Let everybody ask those to whom a line leads, in so many rounds, each in an order of its own."""
    asked = [(world.places[one], other) for one, other in lines]
    for _round in range(rounds):
        world.dice.shuffle(asked)
        for place, party in asked:
            _ask(world, place, party)


def _ask(world, place, party):
    world.step += 1
    world.time += 1_000_000
    behind = place.behind
    said = world.steps.pull_of(place, party)
    world.say(said)
    if not behind:
        _expected(world, said)


def _expected(world, said):
    """See that on a fine day nothing is refused but what was forked."""
    for fault in said.split("; ")[1:]:
        origin = fault.partition(":")[0]
        hold(
            origin != "-" and ("/" not in origin or world.truth.tainted(origin)),
            f"on a fine day a fault remains: {said}",
        )


def _evidence(world):
    """Return of whose journals each node keeps evidence."""
    found = {}
    for place in world.places.values():
        with nodes.use(place.node):
            found[place.name] = sorted(set(Evidence.objects.values_list("origin", flat=True)))
    return found


def _hold_nodes(world):
    """See that every node verifies: its entries, its guard, its tables."""
    for place in world.places.values():
        with nodes.use(place.node):
            for row in Journal.objects.order_by("origin"):
                verify.verify_stored(row)
            seal.check_guard(place.node)
            differing = rebuild.differing()
        hold(not differing, f"{place.name}: a rebuild would change {differing}")


def _hold_journals(world):
    """See that everybody holds all that it may read, and the evidence of each fork that is seen by two of them."""
    world.truth.forks(world.places.values())
    rows = {place.name: {row.origin: row for row in place.journals()} for place in world.places.values()}
    evidence = _evidence(world)
    for origin in sorted({origin for held in rows.values() for origin in held}):
        row = next(held[origin] for held in rows.values() if origin in held)
        entitled = [each for each in PARTIES if may_read(each, writer=row.party, parties=row.parties)]
        if world.truth.tainted(origin):
            _hold_fork(world, origin, entitled, rows, evidence)
            continue
        own = rows[row.party][origin]
        size = own.size if own.lost else len(world.truth.leaves[origin][row.party])
        for party in entitled:
            held = rows[party][origin].size if origin in rows[party] else 0
            hold(held == size, f"{party} holds {held} of {size} entries of {origin}")


def _hold_erased(world):
    """See that what was erased by its owner is gone everywhere, and nothing else is."""
    gone = {}
    for place in world.places.values():
        with nodes.use(place.node), wall.open():
            for origin, number in Entry.objects.filter(data=b"").values_list("journal__origin", "number"):
                gone.setdefault(origin, {}).setdefault(place.name, set()).add(number)
    for place in world.places.values():
        for row in place.journals():
            if world.truth.tainted(row.origin):
                continue
            here, there = (gone.get(row.origin, {}).get(name, set()) for name in (place.name, row.party))
            hold(here == there, f"{place.name} has erased {here} of {row.origin}, and {row.party} {there}")
            if row.ours:
                world.erased += len(here)
                world.turned += not row.origin.endswith("/1")


def _hold_fork(world, origin, entitled, rows, evidence):
    """See that a fork of which two nodes hold the two sides, or one the proof, is known to everybody concerned."""
    heads = [rows[each][origin] for each in entitled if origin in rows[each]]
    longest = max(heads, key=lambda row: row.size)
    branches = {
        name
        for name, leaves in world.truth.leaves[origin].items()
        if len(leaves) >= longest.size and world.truth.root(origin, name, longest.size) == longest.root
    }
    one = any(all(world.truth.root(origin, name, row.size) == row.root for row in heads) for name in branches)
    knowing = [each for each in entitled if origin in evidence[each]]
    if not one or knowing:
        world.proved += 1
        missing = sorted(set(entitled) - set(knowing))
        hold(not missing, f"{origin} was forked, and {missing} have no evidence of it")


def _hold_projections(world):
    """See that who holds the same journals sees the same rows."""
    seen = {}
    for place in world.places.values():
        for key, rows in _rows(place).items():
            origin, table = key
            if not world.truth.tainted(origin):
                first, before = seen.setdefault(key, (place.name, rows))
                hold(rows == before, f"{place.name} and {first} see other rows of {origin} in {table}")


def _rows(place):
    """Read the rows of every projection by journal and table, without the numbers of journals."""
    found = {}
    with nodes.use(place.node), wall.open(), connections[place.alias].cursor() as cursor:
        origins = dict(Journal.objects.values_list("pk", "origin"))
        for model in fold.tables():
            table = fold.table_of(model)
            columns = ", ".join(f'"{each}"' for each in table.columns)
            name = model._meta.db_table
            cursor.execute(f'SELECT {columns} FROM "{name}" ORDER BY "key"')  # noqa: S608 - names of ours
            for key, number, *rest in cursor.fetchall():
                row = [_unnumbered(each, number) for each in (key, *rest)]
                found.setdefault((origins[number], name), []).append(row)
        for origin in origins.values():
            found.setdefault((origin, ""), [])
    return found


def _unnumbered(value, number):
    """Take the number that a journal has at this node alone out of a value that begins with it."""
    return value.removeprefix(f"{number}|") if isinstance(value, str) else value

"""A database put back from an old backup: the node's own past comes from its peers, or its loss is declared by two."""

import random
import shutil
from contextlib import suppress

import pytest
from django.db import connections

from commonwatch.desks.exchange.facts import ReportCorrected
from commonwatch.errors import Broken
from commonwatch.journal import tree
from commonwatch.journal.export import Erased
from commonwatch.register import erase, fold, log, rebuild, recover, seal, verify
from commonwatch.register.admit import NotAdmitted, admit
from commonwatch.register.fact import TailLost
from commonwatch.register.models import Entry, Journal
from commonwatch.register.pen import Stopped
from tests.register.conftest import CENTER, MEMBERS, write
from tests.register.foreign import Foreign

FIRST = "small/BY/real/h1-members/1"


class Home:
    """The node of a house, its backups, and a peer that holds what was once fetched."""

    def __init__(self, house):
        self.house, self.node = house, house.node
        self.peer = {}

    def database(self):
        """The files of the database; its log is moved into it first."""
        with connections["default"].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connections["default"].close()
        return self.node.home / "house.sqlite3"

    def backup(self):
        return self.database().read_bytes()

    def restore(self, data):
        path = self.database()
        for left in path.parent.glob("house.sqlite3-*"):
            left.unlink()
        path.write_bytes(data)
        self.node.awake = False

    def fetch(self):
        """The peer takes a copy of everything."""
        self.peer.update(copies())

    def give(self, origin=FIRST, size=None):
        """What the peer has of a journal from where this node stands."""
        kept = self.peer[origin][size or max(self.peer[origin])]
        row = Journal.objects.filter(origin=origin).first()
        return {"signed": kept[0], "entries": kept[1][row.size if row else 0 :], "key": kept[2]}

    def all_back(self):
        for lag in recover.lagging(self.node):
            recover.readmit(**self.give(lag.origin))


def copies():
    """Every journal of the node as a peer would hold it now, by origin and size."""
    found = {}
    erased = {}
    for each in Entry.objects.filter(kind="register.entry.erased"):
        fact = fold.read_fact(each.kind, body(each))
        erased[each.journal_id, fact.index] = bytes.fromhex(fact.hash)
    for row in Journal.objects.exclude(size=0):
        entries = [
            bytes(each.data) or Erased(erased[row.pk, each.number])
            for each in Entry.objects.filter(journal=row).order_by("number")
        ]
        found[row.origin] = {row.size: (row.checkpoint, entries, row.key)}
    return found


def body(row):
    from commonwatch.journal import entry as envelope

    return bytes(envelope.read(bytes(row.data)).body)


@pytest.fixture
def home(small):
    return Home(small)


def two(house):
    return house.officer(account="a"), house.officer(account="b")


@log.turn
def correct(by, subject="report/BY/one"):
    log.append(ReportCorrected(values={"events": 2}, reason="x"), by=by, subject=subject, label=MEMBERS)


def test_a_node_gets_its_own_past_back_and_writes_again(small, home):
    by = small.officer(party="BY")
    write(by=by)
    old = home.backup()
    small.clock.tick(hours=1)
    correct(by)
    write(by=by, subject="report/BY/two", label=CENTER)
    home.fetch()
    tables, known = fold.snapshot(), admitted()

    home.restore(old)
    assert recover.lagging(small.node) == [
        (FIRST, 2, 3),
        ("small/BY/real/h2-center/1", 0, 2),
    ]
    with pytest.raises(Stopped):
        write(by=by, subject="report/BY/three")
    assert recover.readmit(**home.give()).new == 1
    with pytest.raises(Stopped):
        write(by=by, subject="report/BY/three")
    recover.readmit(**home.give("small/BY/real/h2-center/1"))

    assert recover.lagging(small.node) == []
    assert fold.snapshot() == tables
    assert admitted() == known
    write(by=by, subject="report/BY/three")
    assert small.node.awake


def admitted():
    return list(Entry.objects.order_by("entry_id").values_list("entry_id", "admitted_at"))


def test_turns_that_wait_beside_one_that_mends_are_refused(small, home):
    """All run in one transaction, as they do when many wait."""
    by = small.officer(party="BY")
    write(by=by)
    old = home.backup()
    correct(by)
    home.fetch()
    home.restore(old)
    with log._session() as work:
        with pytest.raises(Stopped):
            work.run(lambda: write(by=by, subject="report/BY/two"))
        assert work.run(log.Mending(recover.readmit, **home.give())).size == 3
        with pytest.raises(Stopped):
            work.run(lambda: write(by=by, subject="report/BY/two"))
        work.seal()
    work.keep()


def test_part_of_it_is_taken_and_the_guard_keeps_what_was_signed(small, home):
    by = small.officer(party="BY")
    write(by=by)
    old = home.backup()
    correct(by)
    home.fetch()
    home.peer[FIRST] |= copies()[FIRST]
    correct(by)
    home.peer[FIRST] |= copies()[FIRST]
    home.restore(old)

    recover.readmit(**home.give(size=3))
    assert recover.lagging(small.node) == [(FIRST, 3, 4)]
    with pytest.raises(Stopped):
        correct(by)
    recover.readmit(**home.give(size=4))
    correct(by)


def test_what_lies_beyond_a_lost_guard_is_taken_when_our_key_signed_it(small, home):
    by = small.officer(party="BY")
    write(by=by)
    old = home.backup()
    correct(by)
    write(by=small.officer(party="KZ"), subject="report/KZ/one")
    home.fetch()
    home.restore(old)
    (small.node.home / "guard").unlink()

    assert recover.lagging(small.node) == []
    recover.readmit(**home.give())
    recover.readmit(**home.give("small/KZ/real/h1-members/1"))
    guarded = seal.guard_of(small.node).read()
    assert {origin: note.split("\n")[1] for origin, note in guarded.items()} == {
        FIRST: "3",
        "small/KZ/real/h1-members/1": "2",
    }
    correct(by)


def test_a_past_that_peers_alone_remember_comes_back_and_its_end_is_declared_lost(small):
    """No backup and no file is touched here, so that it is the same on every database."""
    past = Foreign(node=small.node).report().report().report()
    small.node.signer(party="BY", origin=past.origin)
    assert recover.readmit(**past.news(size=2)).size == 2
    assert recover.readmit(**past.news(start=2, size=3)).size == 3
    seal.guard_of(small.node).write([past.signed()])
    small.node.awake = False
    assert recover.lagging(small.node) == [(FIRST, 3, 4)]
    with pytest.raises(Stopped):
        write(by=small.officer(party="BY"), subject="report/BY/four")

    said = recover.declare_lost(small.node, origin=FIRST, ground="x", by_two=two(small))

    write(by=small.officer(party="BY"), subject="report/BY/four")
    assert [said, 3] == [Journal.objects.get(epoch=2).origin, Journal.objects.get(epoch=2).size]
    with pytest.raises(NotAdmitted, match="declared lost"):
        recover.readmit(**past.news(start=3))


def test_what_is_not_ours_or_not_what_was_signed_is_not_taken_back(small, home, tmp_path):
    by = small.officer(party="BY")
    write(by=by)
    old = home.backup()
    shutil.copy(small.node.home / "guard", tmp_path / "guard")
    correct(by)
    home.fetch()
    good = home.peer[FIRST]
    home.restore(old)
    shutil.copy(small.node.home / "guard", tmp_path / "good")
    shutil.copy(tmp_path / "guard", small.node.home / "guard")
    small.clock.tick(minutes=1)
    correct(by)  # the guard, too, was put back from a copy: a second history
    home.fetch()
    forked = home.peer[FIRST]
    home.restore(old)
    shutil.copy(tmp_path / "good", small.node.home / "guard")

    home.peer[FIRST] = forked
    with pytest.raises(NotAdmitted, match="not what this node has signed"):
        recover.readmit(**home.give())
    with pytest.raises(NotAdmitted, match="not ours"):
        recover.readmit(**Foreign(party="XX").report().news())
    with pytest.raises(NotAdmitted, match="not the key of this node"):
        recover.readmit(**Foreign(party="AM").report().news())
    with pytest.raises(NotAdmitted, match="not what this node has signed"):
        recover.readmit(**Foreign().report().report().news(start=2))
    with pytest.raises(NotAdmitted, match="writes that journal itself"):
        admit(**home.give())
    home.peer[FIRST] = good
    recover.readmit(**home.give())
    correct(by)


def test_what_was_erased_is_erased_again(small, home):
    by = small.officer(party="BY")
    place = write(by=by)[0]
    old = home.backup()
    erase.erase(by=by, entry=place.id, ground="x")
    home.fetch()
    home.restore(old)
    assert Entry.objects.filter(entry_id=place.id).exists()
    home.all_back()
    assert bytes(Entry.objects.get(number=1).data) == b""
    assert rebuild.differing() == []


def test_what_nobody_has_is_declared_lost_by_two_and_the_next_epoch_says_so(small, home):
    by = small.officer(party="BY")
    write(by=by)
    old = home.backup()
    correct(by)
    home.restore(old)
    with pytest.raises(recover.NotTwo):
        recover.declare_lost(small.node, origin=FIRST, ground="x", by_two=(by, by))
    with pytest.raises(recover.NotLagging):
        recover.declare_lost(small.node, origin=f"{FIRST}0", ground="x", by_two=two(small))

    said = recover.declare_lost(small.node, origin=FIRST, ground="Fire of 14 September", by_two=two(small))

    assert said == "small/BY/real/h1-members/2"
    row = Entry.objects.get(journal__origin=said, number=1)
    assert fold.read_fact(row.kind, body(row)) == TailLost(
        origin=FIRST, held=2, signed=3, ground="Fire of 14 September", second="b"
    )
    assert recover.lagging(small.node) == []
    place = write(by=by, subject="report/BY/two")[0]
    assert Entry.objects.get(entry_id=place.id).journal.origin == said
    with pytest.raises(log.Closed):
        correct(by)
    with pytest.raises(recover.NotLagging):
        recover.declare_lost(small.node, origin=FIRST, ground="x", by_two=two(small))
    small.node.awake = False
    write(by=by, subject="report/BY/three")
    assert seal.guard_of(small.node).read()[FIRST].split("\n")[1] == "3"


def test_the_loss_of_a_journal_that_is_wholly_missing_is_said_in_the_partys_own(small, home):
    by = small.officer(party="BY")
    old = home.backup()
    write(by=by)
    home.restore(old)
    assert recover.lagging(small.node) == [(FIRST, 0, 2)]

    assert recover.declare_lost(small.node, origin=FIRST, ground="x", by_two=two(small)) == ""

    place = write(by=by)[0]
    assert Entry.objects.get(entry_id=place.id).journal.origin == "small/BY/real/h1-members/2"
    assert FIRST not in [shelf.origin for shelf in small.officer(party="BY").shelves]
    own = Entry.objects.select_related("journal").get(kind=TailLost.kind).journal
    assert own.parties == "BY"


def test_no_epoch_is_opened_that_the_guard_knows(small, home):
    """The backup is older than the second epoch: what follows is the third."""
    by = small.officer(party="BY")
    write(by=by)
    old = home.backup()
    correct(by)
    home.restore(old)
    recover.declare_lost(small.node, origin=FIRST, ground="x", by_two=two(small))
    home.restore(old)
    assert recover.lagging(small.node) == [(FIRST, 2, 3), ("small/BY/real/h1-members/2", 0, 2)]

    said = recover.declare_lost(small.node, origin=FIRST, ground="x", by_two=two(small))

    assert said == "small/BY/real/h1-members/3"
    recover.declare_lost(small.node, origin="small/BY/real/h1-members/2", ground="x", by_two=two(small))
    write(by=by, subject="report/BY/two")


@pytest.mark.parametrize(
    "change", [{"lost": 4}, {"lost": 0}, {"closed": False}, {"continued": "small/x"}, {"ours": False}]
)
def test_a_loss_that_no_entry_declares_is_found(small, home, change):
    write(by=small.officer(party="BY"))
    old = home.backup()
    correct(small.officer(party="BY"))
    home.restore(old)
    recover.declare_lost(small.node, origin=FIRST, ground="x", by_two=two(small))
    good = Journal.objects.filter(origin=FIRST).values(*change).get()
    Journal.objects.filter(origin=FIRST).update(**change)
    with pytest.raises((Broken, seal.BehindGuard)):
        prove(small)
    Journal.objects.filter(origin=FIRST).update(**good)


def prove(house):
    for row in Journal.objects.all():
        verify.verify_stored(row)
    seal.check_guard(house.node)


def test_tiles_that_contradict_the_root_are_never_signed_for(small, home):
    from commonwatch.register.models import Tile

    by = small.officer(party="BY")
    write(by=by)
    row = Tile.objects.get(level=0)
    good = bytes(row.data)
    change_tile(row, good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(Broken, match="do not give the signed root"):
        correct(by)
    small.node._pen = None
    change_tile(row, good)
    correct(by)


def change_tile(row, data):
    with connections["default"].cursor() as cursor:
        cursor.execute('UPDATE register_tile SET "data" = %s WHERE id = %s', [data, row.pk])


class Record:
    """Every history that this node has ever signed: the leaves of each journal, which may only grow."""

    def __init__(self):
        self.longest = {}
        self.signed = set()

    def look(self):
        for row in Journal.objects.filter(ours=True).exclude(size=0):
            leaves = self.leaves(row)
            known = self.longest.get(row.origin, [])
            shared = min(len(known), len(leaves))
            assert leaves[:shared] == known[:shared], f"{row.origin} was signed twice"
            assert tree.root(leaves).hex() == row.root
            if len(leaves) > len(known):
                self.longest[row.origin] = leaves
            self.signed.add((row.origin, row.size, row.root))
        sizes = {(origin, size) for origin, size, _root in self.signed}
        assert len(sizes) == len(self.signed), "two roots were signed for one size"

    def leaves(self, row):
        from commonwatch.register.models import Tile

        tiles = Tile.objects.filter(journal=row, level=0).order_by("number")
        data = b"".join(bytes(each.data) for each in tiles)
        return [data[at : at + 32] for at in range(0, len(data), 32)]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_backed_up_put_back_and_written_nothing_is_signed_twice(small, home, seed):
    dice, record = random.Random(seed), Record()
    backups = [home.backup()]
    for step in range(40):
        small.clock.tick(minutes=1)
        with suppress(*REFUSALS):
            act(home, backups, dice, step)
        record.look()
    for lag in recover.lagging(small.node):
        with suppress(*REFUSALS):
            recover.readmit(**home.give(lag.origin))
    while lags := recover.lagging(small.node):
        for lag in reversed(lags):
            with suppress(*REFUSALS):
                recover.declare_lost(small.node, origin=lag.origin, ground="x", by_two=two(small))
    write(by=small.officer(party="BY"), subject="report/BY/last")
    record.look()
    assert small.node.awake


REFUSALS = (
    Stopped, NotAdmitted, recover.NotLagging, recover.OtherFirst, log.Closed, log.OtherLabel, KeyError,
)  # fmt: skip
"""What a step may meet; a peer that holds nothing of a journal, or less than this node, is met, too."""


def act(home, backups, dice, step):
    """Take one step of a random schedule."""
    house, chance = home.house, dice.random()
    party, label = dice.choice([("BY", MEMBERS), ("KZ", MEMBERS), ("BY", CENTER)])
    lags = recover.lagging(house.node)
    if chance < 0.45:
        write(by=house.officer(party=party), subject=f"report/{party}/{step}", label=label)
    elif chance < 0.6:
        backups.append(home.backup())
    elif chance < 0.75:
        home.restore(dice.choice(backups[-3:]))
    elif chance < 0.82:
        home.fetch()
    elif lags and chance < 0.93:
        recover.readmit(**home.give(dice.choice(lags).origin))
    elif lags:
        recover.declare_lost(house.node, origin=dice.choice(lags).origin, ground="x", by_two=two(house))

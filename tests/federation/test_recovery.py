"""A node that was put back from an old copy gets its own past from its peers, by itself, and then goes on."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from django.db import connections

from commonwatch.access.actor import NotMandated
from commonwatch.desks.exchange.models import Report
from commonwatch.federation import acts, losing, peers, pulling
from commonwatch.register import node as nodes
from commonwatch.register import recover, repair, seal
from commonwatch.register.models import Journal
from commonwatch.register.pen import Stopped
from tests.federation.nodes import Within, pull, several
from tests.register.conftest import CENTER, write

WIDE = "small/BY/real/h1-members/1"


@pytest.fixture
def three(tmp_path, empty_database, django_db_blocker):
    """The nodes of the Center, Belarus and Kazakhstan; each knows the others."""
    with (
        django_db_blocker.unblock(),
        several(tmp_path, empty_database, parties=("CRC", "BY", "KZ")) as found,
    ):
        yield found


def at(house):
    return nodes.use(house.node)


def copied(house, path):
    """Copy a node's database as it stands."""
    with (
        closing(sqlite3.connect(house.node.home / "house.sqlite3")) as old,
        closing(sqlite3.connect(path)) as new,
    ):
        old.backup(new)
    return path


def put_back(house, path):
    """Put an old copy in the place of a node's database; its guard stays."""
    connections[house.node.database].close()
    for left in house.node.home.glob("house.sqlite3*"):
        left.unlink()
    shutil.copy(path, house.node.home / "house.sqlite3")
    house.node.awake = False


def test_what_was_acknowledged_since_the_backup_comes_back_from_whoever_holds_it(three, tmp_path):
    belarus = three["BY"]
    with at(belarus):
        write(by=belarus.officer(party="BY"), times=3)
    old = copied(belarus, tmp_path / "old.sqlite3")
    with at(belarus):
        write(by=belarus.officer(party="BY"), subject="report/BY/late", times=300)
        write(by=belarus.officer(party="BY"), subject="report/BY/narrow", label=CENTER)
    pull(three["KZ"], belarus)
    pull(three["CRC"], belarus)
    put_back(belarus, old)
    with at(belarus):
        with pytest.raises(Stopped):
            write(by=belarus.officer(party="BY"), subject="report/BY/new")
        assert {each.origin for each in recover.lagging(belarus.node)} == {WIDE, "small/BY/real/h2-center/1"}
    assert pull(belarus, three["KZ"]).entries == 300
    with at(belarus), pytest.raises(Stopped):
        write(by=belarus.officer(party="BY"), subject="report/BY/new")
    assert pull(belarus, three["CRC"]).entries == 2
    with at(belarus):
        assert recover.lagging(belarus.node) == []
        write(by=belarus.officer(party="BY"), subject="report/BY/new")
        assert Report.objects.visible_to(belarus.officer(party="BY")).count() == 305
    assert pull(three["KZ"], belarus).entries == 1


def test_a_node_whose_guard_burned_too_asks_before_it_writes(three, tmp_path):
    belarus = three["BY"]
    with at(belarus):
        write(by=belarus.officer(party="BY"), times=3)
    old = copied(belarus, tmp_path / "old.sqlite3")
    with at(belarus):
        write(by=belarus.officer(party="BY"), subject="report/BY/late", times=5)
    pull(three["KZ"], belarus)
    put_back(belarus, old)
    (belarus.node.home / "guard").unlink()
    seal.restored(belarus.node).touch()
    with at(belarus):
        with pytest.raises(Stopped):
            write(by=belarus.officer(party="BY"), subject="report/BY/new")
        assert pulling.take_back("KZ", Within(three["KZ"])) == 5
        seal.restored(belarus.node).unlink()
        write(by=belarus.officer(party="BY"), subject="report/BY/new")
        assert Journal.objects.get(origin=WIDE).size == 10
    assert pull(three["KZ"], belarus).entries == 1


def test_more_of_our_own_than_we_have_signed_is_an_alarm_and_not_our_past(three, tmp_path):
    belarus = three["BY"]
    with at(belarus):
        write(by=belarus.officer(party="BY"), times=3)
    old = copied(belarus, tmp_path / "old.sqlite3")
    guard = (belarus.node.home / "guard").read_bytes()
    with at(belarus):
        write(by=belarus.officer(party="BY"), subject="report/BY/stolen")
    pull(three["KZ"], belarus)
    put_back(belarus, old)  # as if somebody else had signed the last one with the key of this node
    (belarus.node.home / "guard").write_bytes(guard)
    done = pull(belarus, three["KZ"])
    assert done.entries == 0
    assert "by our own key" in done.faults[0].says
    (belarus.node.home / "guard").unlink()
    assert pull(belarus, three["KZ"]).entries == 1


def test_what_is_damaged_in_the_record_is_mended_from_a_peer_that_holds_it(three):
    belarus = three["BY"]
    with at(belarus):
        write(by=belarus.officer(party="BY"), times=300)
    pull(three["KZ"], belarus)
    with at(belarus):
        row = Journal.objects.get(origin=WIDE)
        with connections[belarus.node.database].cursor() as cursor:
            cursor.execute(
                "UPDATE register_entry SET data = x'00' WHERE journal_id = %s AND number = 7", (row.pk,)
            )
            cursor.execute(
                "UPDATE register_tile SET data = x'00' WHERE journal_id = %s AND level = 0", (row.pk,)
            )
        assert repair.damaged(row)
        fetch = pulling.fetcher(WIDE, [(peers.find("KZ"), Within(three["KZ"]))])
        assert repair.mend(row, fetch)
        assert repair.damaged(Journal.objects.get(origin=WIDE)) == []


def test_what_nobody_has_is_not_mended_and_nothing_is_changed(three):
    belarus = three["BY"]
    with at(belarus):
        write(by=belarus.officer(party="BY"), times=3)
        row = Journal.objects.get(origin=WIDE)
        with connections[belarus.node.database].cursor() as cursor:
            cursor.execute("SELECT data FROM register_entry WHERE journal_id = %s AND number = 2", (row.pk,))
            kept = bytes(cursor.fetchone()[0])
            cursor.execute(
                "UPDATE register_entry SET data = x'00' WHERE journal_id = %s AND number = 2", (row.pk,)
            )
        fetch = pulling.fetcher(WIDE, [(peers.find("KZ"), Within(three["KZ"]))])
        with pytest.raises(repair.NotMended):
            repair.mend(row, fetch)
        with connections[belarus.node.database].cursor() as cursor:
            cursor.execute(
                "UPDATE register_entry SET data = %s WHERE journal_id = %s AND number = 2", (kept, row.pk)
            )


def test_what_nobody_has_is_declared_lost_by_two_and_the_audience_goes_on(three, tmp_path):
    belarus = three["BY"]
    with at(belarus):
        write(by=belarus.officer(party="BY"), times=3)
    old = copied(belarus, tmp_path / "old.sqlite3")
    with at(belarus):
        write(by=belarus.officer(party="BY"), subject="report/BY/never-seen")
    put_back(belarus, old)
    with at(belarus):
        first = belarus.officer(losing.LOSE, party="BY", account="by-1")
        second = belarus.officer(losing.LOSE, party="BY", account="by-2")
        said = {"origin": WIDE, "ground": "SAMPLE: the disk burned"}
        with pytest.raises(recover.NotTwo):
            losing.declare_lost(by=(first, first), **said)
        with pytest.raises(NotMandated):
            losing.declare_lost(by=(first, belarus.officer(party="BY", account="by-3")), **said)
        with pytest.raises(acts.GroundMissing):
            losing.declare_lost(by=(first, second), origin=WIDE, ground=" ")
        assert losing.declare_lost(by=(first, second), **said) == "small/BY/real/h1-members/2"
        write(by=belarus.officer(party="BY"), subject="report/BY/new")
    assert pull(three["KZ"], belarus).faults == ()

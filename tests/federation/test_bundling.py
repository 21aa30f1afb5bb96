"""Bundles: over an air gap the same journals arrive, whole or not at all, whatever happens to the file."""

import fcntl
import os
import random

import pytest

from commonwatch.desks.exchange.models import Report
from commonwatch.errors import Broken, Refusal
from commonwatch.federation import acts, bundling, peers
from commonwatch.federation.models import Contact, Cosignature, Level
from commonwatch.register import node as nodes
from commonwatch.register.models import Entry, Journal
from tests.federation.nodes import introduce, keeper, pull, several
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


def stick(house, other, path, **given):
    with at(house):
        bundling.make(peers.find(other.node.party), path, **given)
    return path


def take(house, path):
    with at(house):
        return bundling.take_in(path)


def test_what_a_stick_brings_is_what_a_line_brings(three, tmp_path):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"), times=300)
        write(by=three["BY"].officer(party="BY"), subject="report/BY/narrow", label=CENTER)
    path = stick(three["BY"], three["KZ"], tmp_path / "one.cwb")
    with at(three["KZ"]):
        shown = bundling.show(path)
        assert (shown.sender, shown.serial, shown.order, shown.entries) == ("BY", 1, "next", 301)
        assert not Journal.objects.filter(party="BY").exists(), "showing writes nothing"
    assert take(three["KZ"], path).entries == 301
    with at(three["KZ"]):
        assert Journal.objects.filter(party="BY").values_list("origin", "size").get() == (WIDE, 301)
        assert Report.objects.visible_to(three["KZ"].officer(party="KZ")).count() == 300
        assert Cosignature.objects.get(origin=WIDE).party == "KZ"
    assert pull(three["KZ"], three["BY"]).entries == 0


def test_a_bundle_brings_what_the_other_has_not_shown_to_hold(three, tmp_path):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"), times=300)
    take(three["KZ"], stick(three["BY"], three["KZ"], tmp_path / "one.cwb"))
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"), subject="report/BY/late", times=10)
    again = stick(three["BY"], three["KZ"], tmp_path / "two.cwb")
    assert take(three["KZ"], again).entries == 10, "nothing came back yet, so all of it goes again"
    back = stick(three["KZ"], three["BY"], tmp_path / "back.cwb", anyway=True)
    take(three["BY"], back)
    with at(three["BY"]):
        assert Level.objects.get(party="KZ", origin=WIDE).size == 311
        with pytest.raises(bundling.NothingForPeer):
            bundling.make(peers.find("KZ"), tmp_path / "three.cwb")
        write(by=three["BY"].officer(party="BY"), subject="report/BY/latest")
    third = stick(three["BY"], three["KZ"], tmp_path / "three.cwb")
    with at(three["KZ"]):
        shown = bundling.show(third)
        assert [(each.what, each.start, each.size) for each in shown.verdicts] == [("new", 311, 312)]
    assert third.stat().st_size < again.stat().st_size / 4


def test_a_bundle_that_did_not_arrive_shows_as_a_gap_and_a_second_time_as_known(three, tmp_path):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"), times=5)
    first = stick(three["BY"], three["KZ"], tmp_path / "one.cwb")
    with at(three["BY"]):
        Level.objects.create(party="KZ", origin=WIDE, size=6)
        write(by=three["BY"].officer(party="BY"), subject="report/BY/late")
    second = stick(three["BY"], three["KZ"], tmp_path / "two.cwb")
    with pytest.raises(bundling.BundleGap, match="begins at entry 6, and 0 are held"):
        take(three["KZ"], second)
    with at(three["KZ"]):
        assert bundling.show(second).order == "gap"
        assert not Entry.objects.filter(journal__party="BY").exists()
    assert take(three["KZ"], first).entries == 6
    assert take(three["KZ"], second).entries == 1
    repeated = take(three["KZ"], first)
    assert (repeated.order, repeated.entries) == ("known", 0)


def test_only_the_one_for_whom_it_is_sealed_opens_it_and_only_from_a_peer(three, tmp_path):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"))
    path = stick(three["BY"], three["KZ"], tmp_path / "one.cwb")
    with pytest.raises(Refusal):
        take(three["CRC"], path)
    with at(three["KZ"]):
        acts.end_peer(by=keeper(three["KZ"]), party="BY", ground="over")
    with pytest.raises(bundling.NotASender):
        take(three["KZ"], path)
    introduce(three["KZ"], three["BY"])
    assert take(three["KZ"], path).entries == 2


def test_a_file_with_any_byte_changed_brings_nothing(three, tmp_path):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"), times=20)
    path = stick(three["BY"], three["KZ"], tmp_path / "one.cwb")
    good, dice = path.read_bytes(), random.Random(7)
    broken = tmp_path / "broken.cwb"
    for _turn in range(200):
        place = dice.randrange(len(good))
        broken.write_bytes(good[:place] + bytes([good[place] ^ (1 << dice.randrange(8))]) + good[place + 1 :])
        with pytest.raises((Refusal, Broken)):
            take(three["KZ"], broken)
    broken.write_bytes(good[:-1])
    with pytest.raises((Refusal, Broken)):
        take(three["KZ"], broken)
    with at(three["KZ"]):
        assert not Entry.objects.filter(journal__party="BY").exists()
        assert not Contact.objects.filter(party="BY", got_serial__gt=0).exists()
        assert not list((three["KZ"].node.home / "sticks").iterdir()), "nothing plain is left behind"
    assert take(three["KZ"], path).entries == 21


def killed(house):
    """Leave behind what a process leaves that is killed while it reads a bundle; return its folder."""
    left = house.node.home / "sticks" / "left"
    left.mkdir(parents=True)
    (left / "plain").write_text("what was sealed")
    return left


def test_what_a_killed_process_left_in_plain_is_swept_and_what_is_in_use_is_not(three, tmp_path):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"))
    path = stick(three["BY"], three["KZ"], tmp_path / "one.cwb")
    left = killed(three["KZ"])
    handle = os.open(left, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with at(three["KZ"]):
        bundling.show(path)
        assert (left / "plain").exists()
        os.close(handle)
        bundling.show(path)
    assert not list((three["KZ"].node.home / "sticks").iterdir())

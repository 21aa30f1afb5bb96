"""Keys change inside the journals: of a node, of a party that it hosts, of one that moves to a node of its own."""

import shutil
import sqlite3
from contextlib import closing
from typing import NamedTuple

import msgspec
import pytest
from django.db import connections
from msgspec.structs import replace

from commonwatch.access.actor import NotMandated
from commonwatch.charter.label import Label
from commonwatch.desks.exchange.models import Report
from commonwatch.errors import Broken, Refusal
from commonwatch.federation import acts, bundling, card, handing, keyring, own, peers, pulling
from commonwatch.federation.heads import Head, Heads
from commonwatch.federation.peers import KeyLost
from commonwatch.journal import checkpoint, export, keychange, note
from commonwatch.journal.verify import FolderSource, verify_journal
from commonwatch.register import log, recover, rekey, standing
from commonwatch.register import node as nodes
from commonwatch.register.models import Journal
from commonwatch.register.pen import Stopped
from tests.conftest import lived_in
from tests.federation.nodes import Within, introduce, keeper, pull, several
from tests.register.conftest import CENTER, write
from tests.small import PACK

WIDE, NARROW = "small/BY/real/h1-members/1", "small/BY/real/h2-center/1"
ONLY_KZ = Label(level="H1", parties=("BY", "KZ"))


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


def two_of(house, *, party=None):
    """Seat two persons who may change keys."""
    return tuple(
        house.officer(handing.CHANGE, party=party or house.node.party, account=f"{name}")
        for name in ("one", "two")
    )


def change(house, party="BY"):
    with at(house):
        return handing.change_key(by=two_of(house), party=party, ground="SAMPLE: yearly")


def report(house, subject, **given):
    with at(house):
        write(by=house.officer(party="BY"), subject=f"report/BY/{subject}", **given)


def seed_of(house, party="BY"):
    return (house.node.home / "keys" / f"{party}.seed").read_bytes()


def test_a_key_changes_inside_every_journal_and_the_peers_follow(three):
    belarus = three["BY"]
    report(belarus, "a", times=300)
    report(belarus, "b", label=CENTER)
    pull(three["KZ"], belarus)
    before = seed_of(belarus)
    changed = change(belarus)
    assert {each.origin for each in changed} >= {WIDE, NARROW}
    assert seed_of(belarus) != before
    report(belarus, "c", times=5)
    report(belarus, "d", label=ONLY_KZ)

    assert pull(three["KZ"], belarus).entries == 6 + 2, "a journal that the new key opened is believed, too"
    assert pull(three["CRC"], belarus).entries == 307 + 3
    for house in three.values():
        with at(house):
            row = Journal.objects.get(origin=WIDE)
            assert (len(row.chain.keys), row.size) == (2, 307)
            assert row.signed_by == row.key == row.chain.last
    with at(three["KZ"]):
        assert Report.objects.visible_to(three["KZ"].officer(party="KZ")).count() == 306


def test_the_old_key_signs_the_entry_that_names_the_new_one(three):
    belarus = three["BY"]
    report(belarus, "a")
    change(belarus)
    assert pull(three["KZ"], belarus).entries == 3
    with at(three["KZ"]):
        row = Journal.objects.get(origin=WIDE)
        assert row.signed_by != row.key
        assert row.chain.open(row.checkpoint).size == row.size


def test_the_old_key_counts_no_more_after_that(three):
    belarus = three["BY"]
    report(belarus, "a")
    old = seed_of(belarus)
    change(belarus)
    report(belarus, "b")
    forged = checkpoint.sign_checkpoint(
        checkpoint.Checkpoint(origin=WIDE, size=9, root=bytes(32)), note.Signer(name=WIDE, seed=old)
    )
    with at(belarus):
        changes = Journal.objects.get(origin=WIDE).changes
    pull(three["KZ"], belarus)
    for house in (three["KZ"], three["CRC"]):
        with at(house):
            ring = keyring.ring()
            ring.learn(changes)
            with pytest.raises(KeyLost, match="counts up to 3, and 9"):
                ring.open(forged, WIDE)


def test_what_the_old_key_signs_against_what_is_held_is_refused_and_named(three):
    belarus, kazakhstan = three["BY"], three["KZ"]
    report(belarus, "a", times=9)
    old = note.Signer(name=WIDE, seed=seed_of(belarus))
    change(belarus)
    report(belarus, "b")
    pull(kazakhstan, belarus)
    report(belarus, "c")
    line = Within(belarus)
    forged = checkpoint.sign_checkpoint(checkpoint.Checkpoint(origin=WIDE, size=4, root=bytes(32)), old)

    def lying(path, answer):
        if path != "/nodes/heads":
            return answer
        heads = msgspec.json.decode(answer.body, type=Heads)
        shown = [replace(each, checkpoint=forged) if each.origin == WIDE else each for each in heads.journals]
        return answer._replace(body=msgspec.json.encode(replace(heads, journals=tuple(shown))))

    line.change = lying
    done = pull(kazakhstan, belarus, line)
    assert [each.origin for each in done.faults] == [WIDE]
    assert "contradicts what is held" in done.faults[0].says
    with at(kazakhstan):
        assert Journal.objects.get(origin=WIDE).size == 12


def test_more_changes_than_anybody_makes_are_not_looked_at(three):
    belarus, kazakhstan = three["BY"], three["KZ"]
    report(belarus, "a")
    change(belarus)
    with at(belarus):
        changes = Journal.objects.get(origin=WIDE).changes
    with at(kazakhstan):
        ring = keyring.ring()
        ring.learn(changes * keyring.MOST_LEARNED)
        assert len(ring.known("BY")) == 2
        with pytest.raises(keychange.KeyChangeRefused, match="more than 2000"):
            ring.learn(changes)


def test_a_node_with_a_new_key_is_known_before_anybody_has_its_journals(three):
    belarus = three["BY"]
    report(belarus, "a")
    change(belarus)
    assert pull(belarus, three["CRC"]).party == "CRC"
    report(belarus, "b")
    change(belarus)
    assert pull(belarus, three["CRC"]).party == "CRC", "the token shows both changes"


def test_who_gets_to_know_the_new_key_first_believes_what_the_old_one_signed(
    tmp_path, empty_database, django_db_blocker
):
    with (
        django_db_blocker.unblock(),
        several(tmp_path, empty_database, parties=("BY", "KZ"), known=False) as found,
    ):
        belarus, kazakhstan = found["BY"], found["KZ"]
        report(belarus, "a")
        with at(belarus):
            closed = Journal.objects.get(origin=WIDE)
        change(belarus)
        report(belarus, "b")
        introduce(belarus, kazakhstan)
        introduce(kazakhstan, belarus)
        done = pull(kazakhstan, belarus)
        assert (done.entries, done.faults) == (4, ())
        with at(kazakhstan):
            assert Journal.objects.get(origin=WIDE).chain.keys[0] == closed.key


def test_a_journal_that_a_later_key_opened_is_believed_in_the_same_round(three):
    belarus, kazakhstan = three["BY"], three["KZ"]
    report(belarus, "z")
    change(belarus)
    change(belarus)
    report(belarus, "first", label=Label(level="H0", parties=("*",)))
    change(belarus)
    done = pull(kazakhstan, belarus)
    assert done.faults == ()
    with at(kazakhstan):
        origins = {row.origin: len(row.chain.keys) for row in Journal.objects.filter(party="BY")}
        assert origins == {WIDE: 4, "small/BY/real/h0-public/1": 2}


def test_a_stick_carries_a_change(three, tmp_path):
    belarus, kazakhstan = three["BY"], three["KZ"]
    report(belarus, "a")
    pull(kazakhstan, belarus)
    change(belarus)
    report(belarus, "b")
    with at(belarus):
        signed = own.signed_card(belarus.node, address="https://there.example")
        bundling.make(peers.find("KZ"), tmp_path / "stick.cwb")
    with at(kazakhstan):
        with pytest.raises(Broken):
            bundling.take_in(tmp_path / "stick.cwb")
        with pytest.raises(acts.OtherKeys):
            acts.add_peer(by=keeper(kazakhstan), signed=signed, heard=card.read(signed).fingerprint)
    pull(kazakhstan, belarus)
    with at(kazakhstan):
        acts.add_peer(by=keeper(kazakhstan), signed=signed, heard=card.read(signed).fingerprint)
    report(belarus, "c")
    with at(belarus):
        bundling.make(peers.find("KZ"), tmp_path / "next.cwb", anyway=True)
    with at(kazakhstan):
        bundling.take_in(tmp_path / "next.cwb")
        assert Journal.objects.get(origin=WIDE).size == 5


def test_two_persons_change_a_key_and_nobody_else(three):
    belarus = three["BY"]
    with at(belarus):
        one, two = two_of(belarus)
        with pytest.raises(rekey.NotTwoPersons):
            handing.change_key(by=(one, one), party="BY", ground="SAMPLE")
        with pytest.raises(NotMandated):
            handing.change_key(by=(one, belarus.officer(account="three")), party="BY", ground="SAMPLE")
        with pytest.raises(acts.GroundMissing):
            handing.change_key(by=(one, two), party="BY", ground=" ")
        with pytest.raises(rekey.NoJournals):
            handing.change_key(by=(one, two), party="KZ", ground="SAMPLE")
        assert not Journal.objects.exclude(changes="").exists()


def test_a_machine_that_stops_between_the_record_and_the_key_goes_on(three):
    belarus = three["BY"]
    report(belarus, "a")
    with at(belarus):
        node = belarus.node
        one, two = two_of(belarus)
        two_persons = rekey.Two(one, two, "SAMPLE")
        named = lambda origin: node.next_signer(party="BY", origin=origin).vkey  # noqa: E731 - short
        with pytest.raises(ZeroDivisionError):
            cut_short(two_persons, named)
        assert not Journal.objects.exclude(changes="").exists()
        report(belarus, "before")
        rekey._name("BY", two_persons, named, gone=False)
        assert node.has_secret("BY.next.seed")
        node.awake = False
    report(belarus, "b")
    with at(belarus):
        assert not belarus.node.has_secret("BY.next.seed")
        assert belarus.node.has_retired("BY")
    assert pull(three["KZ"], belarus).entries == 5


@log.turn
def cut_short(two, named):
    """Change the key in a turn that is refused in the end."""
    rekey._name("BY", two, named, gone=False)
    return 1 // 0


def test_a_change_comes_back_after_a_restore(three, tmp_path):
    belarus = three["BY"]
    report(belarus, "a")
    old = tmp_path / "old.sqlite3"
    with (
        closing(sqlite3.connect(belarus.node.home / "house.sqlite3")) as now,
        closing(sqlite3.connect(old)) as copy,
    ):
        now.backup(copy)
    change(belarus)
    report(belarus, "b")
    for other in ("KZ", "CRC"):
        pull(three[other], belarus)
    connections[belarus.node.database].close()
    for left in belarus.node.home.glob("house.sqlite3*"):
        left.unlink()
    shutil.copy(old, belarus.node.home / "house.sqlite3")
    belarus.node.awake = False
    with pytest.raises(Stopped):
        report(belarus, "c")
    pull(belarus, three["KZ"])
    with at(belarus):
        left = [each.origin for each in recover.lagging(belarus.node)]
        assert WIDE not in left
        row = Journal.objects.get(origin=WIDE)
        assert (row.ours, row.size) == (True, 4)
    # What only its own node reads nobody else has: it is declared lost before the node goes on.
    with at(belarus):
        people = two_of(belarus)
        for origin in left:
            recover.declare_lost(belarus.node, origin=origin, ground="SAMPLE", by_two=people)
    report(belarus, "c")
    assert pull(three["KZ"], belarus).entries == 1


def test_files_say_how_the_key_changed(three, tmp_path):
    belarus = three["BY"]
    report(belarus, "a", times=300)
    first = Journal.objects.none
    with at(belarus):
        first = Journal.objects.get(origin=WIDE).key
    change(belarus)
    report(belarus, "b")
    with at(belarus):
        row = Journal.objects.get(origin=WIDE)
        standing.write_out(row, tmp_path / "out")
        export.put(tmp_path / "out" / "checkpoint", row.checkpoint.encode())
    source = FolderSource(tmp_path / "out")
    for key in (first, row.key):
        assert verify_journal(source, vkey=key, changes=source.changes()).checkpoint.size == 303


@pytest.fixture
def hosting(tmp_path, empty_database, django_db_blocker):
    """The Center, which hosts Belarus; Kazakhstan, which knows the Center; an empty node of Belarus."""
    with (
        django_db_blocker.unblock(),
        lived_in(path=tmp_path / "crc", pack=PACK, party="CRC", alias="node-crc", empty=empty_database,
                 hosted=("BY",), seed=1) as center,
        lived_in(path=tmp_path / "kz", pack=PACK, party="KZ", alias="node-kz", empty=empty_database,
                 hosted=(), seed=2) as kazakhstan,
        lived_in(path=tmp_path / "by", pack=PACK, party="BY", alias="node-by", empty=empty_database,
                 hosted=(), seed=3) as belarus,
    ):  # fmt: skip
        introduce(kazakhstan, center)
        introduce(center, kazakhstan)
        yield center, kazakhstan, belarus
        for house in (center, kazakhstan, belarus):
            with at(house):
                house.check()


class Handed(NamedTuple):
    card: str
    journals: list


def moved(center, belarus):
    """Let the Center take in the node of Belarus and hand over; return the card by which it was known."""
    introduce(center, belarus)
    return hand_over(center)


def hand_over(center):
    with at(center):
        before = own.signed_card(center.node)
        done = handing.hand_over(by=two_of(center), party="BY", ground="SAMPLE: own node")
    return Handed(before, done)


def take_over(belarus, center, signed):
    with at(belarus):
        heard = card.read(signed).fingerprint
        return handing.take_over(signed=signed, heard=heard, way=handing.by_line(Within(center)))


def test_a_hosted_party_moves_to_a_node_of_its_own_with_all_that_it_wrote(hosting):
    center, kazakhstan, belarus = hosting
    report(center, "a", times=300)
    report(center, "b", label=CENTER)
    pull(kazakhstan, center)
    handed = moved(center, belarus)
    assert {each.origin for each in handed.journals} == {WIDE, NARROW}

    with pytest.raises(log.NotHere):
        report(center, "late")
    assert take_over(belarus, center, handed.card) == 302 + 3
    report(belarus, "c", times=4)
    introduce(belarus, center)
    assert pull(center, belarus).entries == 4
    assert pull(kazakhstan, center).entries == 5, "what the new key signs comes by the old host, too"
    with at(kazakhstan):
        assert Report.objects.visible_to(kazakhstan.officer(party="KZ")).count() == 304
        assert "BY" not in peers.hosted(peers.find("CRC")), "the host reads for it no longer"
    introduce(kazakhstan, belarus)
    introduce(belarus, kazakhstan)
    report(belarus, "d")
    assert pull(kazakhstan, belarus).entries >= 1


def test_no_neighbour_changes_the_key_of_another_party_or_of_the_node(hosting):
    center, _kazakhstan, belarus = hosting
    report(center, "a")
    introduce(center, belarus)
    with at(center):
        write(by=center.officer(party="CRC"), subject="report/CRC/one")
        strangers, own_two = two_of(center, party="AM"), two_of(center, party="BY")
        for two, party in ((strangers, "BY"), (own_two, "CRC"), ((own_two[0], strangers[1]), "BY")):
            with pytest.raises(rekey.NotTwoPersons):
                handing.change_key(by=two, party=party, ground="SAMPLE")
        with pytest.raises(rekey.NotTwoPersons):
            handing.hand_over(by=strangers, party="BY", ground="SAMPLE")
        assert not Journal.objects.exclude(changes="").exists()
        assert handing.change_key(by=own_two, party="BY", ground="SAMPLE")


def test_a_party_moves_on_a_stick_where_no_line_leads(hosting, tmp_path):
    center, kazakhstan, belarus = hosting
    report(center, "a", times=300)
    report(center, "b", label=CENTER)
    introduce(center, belarus)
    with at(center):
        bundling.make(peers.find("BY"), tmp_path / "early.cwb")
    handed = hand_over(center)
    heard = card.read(handed.card).fingerprint
    with at(center):
        bundling.make(peers.find("BY"), tmp_path / "stick.cwb")
        bundling.make(peers.find("KZ"), tmp_path / "other.cwb")
    with at(belarus):
        with pytest.raises(handing.NotHandedOver):
            handing.take_over(signed=handed.card, heard=heard, way=handing.by_stick(tmp_path / "early.cwb"))
        with pytest.raises((Broken, Refusal)):
            handing.take_over(signed=handed.card, heard=heard, way=handing.by_stick(tmp_path / "other.cwb"))
        way = handing.by_stick(tmp_path / "stick.cwb")
        assert handing.take_over(signed=handed.card, heard=heard, way=way) == 302 + 3
        assert handing.take_over(signed=handed.card, heard=heard, way=way) == 0
    report(belarus, "c")
    introduce(belarus, center)
    assert pull(center, belarus).entries == 1
    with at(kazakhstan):
        assert not Journal.objects.filter(party="BY").exists()


def test_a_host_that_has_handed_over_writes_nothing_for_the_party(hosting):
    center, _kazakhstan, belarus = hosting
    report(center, "a")
    moved(center, belarus)
    center.node.hosted |= {"BY"}  # as in a process that was started before
    for label in ({}, {"label": CENTER}, {"label": ONLY_KZ}):
        with pytest.raises(log.NotHere):
            report(center, "late", **label)
    center.node.hosted -= {"BY"}
    with at(center):
        assert not (center.node.home / "keys" / "BY.seed").exists()
        center.node.awake = False
        write(by=center.officer(party="CRC"), subject="report/CRC/one")
    assert take_over(belarus, center, moved_card(center, belarus)) == 3


def moved_card(center, belarus):
    """Write the card that the Center gave out before: the seed that it set aside signs no more."""
    with at(center):
        aside = (center.node.home / "keys" / "BY.handed-over").read_bytes()
        now = own.card_of(center.node)
        signer = note.Signer(name="small/BY", seed=aside)
        before = card.Card(
            organisation="small", party="CRC", address="-", keys={**now.keys, "BY": card.public(signer)},
            witness=now.witness, sealed=now.sealed,
        )  # fmt: skip
        return note.sign(before.text(), [own.signer(center.node)])


def test_a_move_that_was_cut_is_gone_on_with(hosting):
    center, _kazakhstan, belarus = hosting
    report(center, "a", times=300)
    report(center, "b", label=CENTER)
    handed = moved(center, belarus)
    line = Within(center)

    def cut(path, answer):
        if "h2-center" in path:
            raise pulling.NotReached(party="CRC", reason="the line is cut")
        return answer

    line.change = cut
    heard = card.read(handed.card).fingerprint
    with at(belarus), pytest.raises(pulling.NotReached):
        handing.take_over(signed=handed.card, heard=heard, way=handing.by_line(line))
    assert take_over(belarus, center, handed.card) == 3
    report(belarus, "c")
    with at(belarus):
        assert Journal.objects.filter(ours=True).count() == 2


def test_a_move_goes_only_by_the_card_that_was_compared_and_before_anything_is_written(hosting):
    center, kazakhstan, belarus = hosting
    report(center, "a")
    with at(center):
        early = own.signed_card(center.node)
    introduce(center, belarus)
    with pytest.raises(handing.NotHandedOver):
        take_over(belarus, center, early)
    with at(center), pytest.raises(acts.NoSuchPeer):
        handing.hand_over(by=two_of(center), party="KZ", ground="SAMPLE")
    handed = hand_over(center)
    with at(belarus), pytest.raises(acts.FingerprintDiffers):
        handing.take_over(signed=handed.card, heard="0" * 40, way=handing.by_line(Within(center)))
    with at(center):
        late = own.signed_card(center.node)
    with pytest.raises(handing.NotHosted):
        take_over(belarus, center, late)
    with at(kazakhstan):
        stranger = own.signed_card(kazakhstan.node)
    with pytest.raises(handing.NotHosted):
        take_over(belarus, center, stranger)
    report(belarus, "own")
    with pytest.raises(handing.AlreadyWrites, match="has written on this node already"):
        take_over(belarus, center, handed.card)


def test_a_host_put_back_from_before_the_move_does_not_write_for_the_party_again(hosting, tmp_path):
    center, _kazakhstan, belarus = hosting
    report(center, "a")
    introduce(center, belarus)
    old = tmp_path / "old.sqlite3"
    with (
        closing(sqlite3.connect(center.node.home / "house.sqlite3")) as now,
        closing(sqlite3.connect(old)) as copy,
    ):
        now.backup(copy)
    handed = hand_over(center)
    take_over(belarus, center, handed.card)
    introduce(belarus, center)
    connections[center.node.database].close()
    for left in center.node.home.glob("house.sqlite3*"):
        left.unlink()
    shutil.copy(old, center.node.home / "house.sqlite3")
    center.node.awake, center.node.hosted = False, frozenset({"BY"})
    with pytest.raises(Stopped):
        report(center, "again")
    pull(center, belarus)
    with at(center):
        assert recover.lagging(center.node) == []
        assert not Journal.objects.get(origin=WIDE).ours
    with pytest.raises(log.NotHere):
        report(center, "again")
    center.node.hosted = frozenset()


def test_what_is_offered_with_a_false_statement_is_refused(three):
    belarus, kazakhstan = three["BY"], three["KZ"]
    report(belarus, "a")
    with at(belarus):
        row = Journal.objects.get(origin=WIDE)
    thief = note.Signer(name=WIDE, seed=b"t" * 32)
    forged = checkpoint.sign_checkpoint(
        checkpoint.Checkpoint(origin=WIDE, size=row.size, root=bytes.fromhex(row.root)), thief
    )
    with at(kazakhstan):
        ring = keyring.ring()
        with pytest.raises(Broken, match="no known key"):
            ring.open(forged, WIDE)
        with pytest.raises(Broken):
            ring.learn("not a statement")
    assert Head(WIDE, forged).changes == ""

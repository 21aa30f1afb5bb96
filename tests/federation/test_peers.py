"""Taking a node in: only by its card and the digits that were heard, and by nobody who may not."""

import base64

import pytest

from commonwatch.access.actor import NotMandated
from commonwatch.federation import acts, card, keyring, own, peers
from commonwatch.federation.line import BadAddress, NotReached, Wire
from commonwatch.journal import note
from commonwatch.register import node as nodes
from tests.federation.nodes import introduce, keeper, several


@pytest.fixture
def two(tmp_path, empty_database, django_db_blocker):
    """The nodes of the Center and of Belarus, which do not know each other."""
    with (
        django_db_blocker.unblock(),
        several(tmp_path, empty_database, parties=("CRC", "BY"), known=False) as found,
    ):
        yield found["CRC"], found["BY"]


def at(house):
    return nodes.use(house.node)


def signed(house, **changed):
    """The card of a node, or one with something changed and signed by it all the same."""
    with at(house):
        given = own.card_of(house.node, address="https://by.example")
        text = given.text()
        for before, after in changed.values():
            text = text.replace(before, after)
        return note.sign(text, [own.signer(house.node)]), card.spoken(given.fingerprint)


def add(house, text, heard, **more):
    with at(house):
        return acts.add_peer(by=keeper(house), signed=text, heard=heard, **more)


def test_a_node_is_taken_in_by_what_was_heard(two):
    center, belarus = two
    text, heard = signed(belarus)
    assert len(card.heard(heard)) == 40
    add(center, text, heard)
    with at(center):
        found = peers.find("BY")
        assert (found.address, sorted(found.keys), found.how) == ("https://by.example", ["BY"], "spoken")
        ring = keyring.ring()
        assert ring.known("BY") == {found.keys["BY"]} == {ring.current("BY")}
        assert not ring.known("AM")


@pytest.mark.parametrize(
    "heard", ["", "0" * 40, "12345 " * 8, "١" * 40], ids=["nothing", "zeros", "other", "other-script"]
)
def test_other_digits_take_nobody_in(two, heard):
    center, belarus = two
    text, _heard = signed(belarus)
    with pytest.raises(acts.FingerprintDiffers):
        add(center, text, heard)
    with at(center):
        assert peers.standing() == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("commonwatch-card/v1", "commonwatch-card/v2"),
        ("organisation small\n", ""),
        ("address https://by.example", "address https://by.example x"),
        ("key BY ", "key AM "),
        ("sealed age1", "sealed age2"),
        ("witness small/BY/witness+", "witness small/BY/witness-"),
        ("\n", "\n\n"),
    ],
)
def test_a_card_that_is_none_says_what_is_wrong(two, before, after):
    center, belarus = two
    text, heard = signed(belarus, one=(before, after))
    with pytest.raises(card.CardRefused):
        add(center, text, heard)


def test_a_card_that_somebody_else_signed_is_none(two):
    center, belarus = two
    text, heard = signed(belarus)
    with at(center):
        forged = note.sign(note.note_text(text), [note.Signer(name="small/BY", seed=b"x" * 32)])
    with pytest.raises(card.CardRefused):
        add(center, forged, heard)
    for junk in ("", "x", text[:100], "\x00", text * 900):
        with pytest.raises(card.CardRefused):
            add(center, junk, heard)


def test_other_keys_than_before_are_not_taken_for_an_update(two):
    center, belarus = two
    add(center, *signed(belarus))
    (belarus.node.home / "keys" / "BY.witness.seed").write_bytes(b"w" * 32)
    belarus.node._secrets.clear()
    text, heard = signed(belarus)
    with pytest.raises(acts.OtherKeys):
        add(center, text, heard)
    with at(center):
        acts.end_peer(by=keeper(center), party="BY", ground="SAMPLE: new keys")
        assert peers.find("BY") is None
    add(center, text, heard)
    with at(center), pytest.raises(acts.NoSuchPeer):
        acts.end_peer(by=keeper(center), party="KZ", ground="none")


def test_a_node_that_claims_what_is_ours_or_anothers_is_refused(two):
    center, belarus = two
    belarus.node.hosted = frozenset({"CRC"})
    with pytest.raises(acts.ClaimsOurs):
        add(center, *signed(belarus))
    belarus.node.hosted = frozenset()
    add(center, *signed(belarus))
    center.node.hosted = frozenset({"AM"})
    introduce(belarus, center)
    with at(belarus):
        assert sorted(peers.find("CRC").keys) == ["AM", "CRC"]


def test_who_may_not_takes_nobody_in(two):
    center, belarus = two
    text, heard = signed(belarus)
    with at(center):
        with pytest.raises(NotMandated):
            acts.add_peer(by=center.officer(party="CRC"), signed=text, heard=heard)
        stranger = keeper(belarus)
        with pytest.raises(acts.NotOurNode):
            acts.add_peer(by=stranger, signed=text, heard=heard)


def test_a_key_that_was_stolen_counts_up_to_a_size_when_two_persons_say_so(two):
    from commonwatch.access import pairs

    center, belarus = two
    add(center, *signed(belarus))
    origin = "small/BY/real/h1-members/1"
    with at(center):
        key = peers.find("BY").keys["BY"]
        assert len(base64.b64decode(key)) == 32
        first, second = keeper(center), keeper(center)
        second.account = "another"
        said = acts.revocation(party="BY", key=key, sizes={origin: 5}, ground="SAMPLE: stolen")
        with pytest.raises(acts.NotAgreed):
            acts.revoke_key(by=first, party="BY", key=key, sizes={origin: 5}, ground="SAMPLE: stolen")
        proposal = pairs.propose(by=first, act=acts.REVOKE, body=said)
        pairs.second(by=second, proposal=proposal, digest=pairs.digest_of(acts.REVOKE, said))
        ring = keyring.ring()
        assert ring.until(origin, key) == 5
        assert ring.until("small/BY/real/h2-center/1", key) == 0


@pytest.mark.parametrize(
    "address",
    ["", "-", "ftp://x", "http://far.example", "https://", "https://x#sha256:zz", "https://x#md5:00", "//x"],
)
def test_nothing_goes_to_what_is_no_address_of_a_node(address):
    with pytest.raises(BadAddress):
        Wire(party="BY", address=address, plain=frozenset({"127.0.0.1"}))


def test_nobody_at_an_address_is_said_plainly():
    line = Wire(party="BY", address="http://127.0.0.1:9", plain=frozenset({"127.0.0.1"}))
    with pytest.raises(NotReached, match="BY cannot be reached"):
        line.get("/nodes/heads", headers={}, most=10)

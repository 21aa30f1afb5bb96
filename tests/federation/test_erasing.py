"""Erasure by two persons: the bytes go here and with every peer, and the proofs hold."""

import pytest

from commonwatch.access import pairs
from commonwatch.access.actor import NotMandated
from commonwatch.desks.exchange.models import Report
from commonwatch.federation import erasing
from commonwatch.journal.entry import ERASED_KIND
from commonwatch.register import node as nodes
from commonwatch.register.models import Entry, Journal
from tests.exchange.test_acts import file
from tests.federation.nodes import pull, several
from tests.register.conftest import write

WIDE = "small/BY/real/h1-members/1"
GROUND = "SAMPLE: Judgment 12 of 2026"


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


def persons(house, party):
    return [house.officer(erasing.ERASE, party=party, account=f"{party.lower()}-{n}") for n in (1, 2)]


def erased(house, entry):
    """Let two persons of Belarus erase an entry."""
    first, second = persons(house, "BY")
    proposal = erasing.propose_erasure(by=first, entry=entry, ground=GROUND)
    row = pairs.find(proposal, by=second)
    pairs.second(by=second, proposal=proposal, digest=row.digest)


def test_what_two_persons_erase_goes_everywhere_and_proofs_hold(three):
    belarus = three["BY"]
    with at(belarus):
        places = write(by=belarus.officer(party="BY"), times=3)
    pull(three["KZ"], belarus)
    pull(three["CRC"], belarus)
    with at(belarus):
        erased(belarus, places[1].id)
        assert Report.objects.visible_to(belarus.officer(party="BY")).count() == 2
        (order,) = erasing.orders(belarus.officer(party="BY"))
        assert (order.origin, order.number, order.ground) == (WIDE, 2, GROUND)
        assert (order.confirmed, order.awaited) == ((), ("CRC", "KZ"))
    pull(three["KZ"], belarus)
    pull(belarus, three["KZ"])
    with at(three["KZ"]):
        assert Report.objects.visible_to(three["KZ"].officer(party="KZ")).count() == 2
        assert bytes(Entry.objects.get(journal=Journal.objects.get(origin=WIDE), number=2).data) == b""
    with at(belarus):
        (order,) = erasing.orders(belarus.officer(party="BY"))
        assert (order.confirmed, order.awaited) == (("KZ",), ("CRC",))
    pull(three["CRC"], three["KZ"])
    with at(three["CRC"]):
        assert Report.objects.visible_to(three["CRC"].officer(party="CRC")).count() == 2


def test_a_node_that_comes_later_never_gets_the_bytes(three):
    belarus = three["BY"]
    with at(belarus):
        places = write(by=belarus.officer(party="BY"), times=300)
        erased(belarus, places[7].id)
    done = pull(three["KZ"], belarus)
    assert (done.entries, done.faults) == (302, ())
    with at(three["KZ"]):
        assert Report.objects.visible_to(three["KZ"].officer(party="KZ")).count() == 299


def test_one_person_alone_erases_nothing_nor_anybody_what_another_party_wrote(three):
    belarus, kazakhstan = three["BY"], three["KZ"]
    with at(belarus):
        place = write(by=belarus.officer(party="BY"))[0]
        first, _second = persons(belarus, "BY")
        with pytest.raises(erasing.EraseTakesTwo):
            erasing.erase_entry(by=first, entry=place.id, ground=GROUND)
        with pytest.raises(NotMandated):
            erasing.propose_erasure(by=belarus.officer(party="BY"), entry=place.id, ground=GROUND)
    pull(kazakhstan, belarus)
    with at(kazakhstan), pytest.raises(erasing.NoSuchEntry):
        erasing.propose_erasure(by=persons(kazakhstan, "KZ")[0], entry=place.id, ground=GROUND)
    with at(belarus):
        assert not Entry.objects.filter(kind=ERASED_KIND).exists()


def test_the_page_takes_an_order_and_lists_what_was_erased(house):
    key = file(house, "BY")
    client = house.client("BY", "na-officer")
    page = client.get("/erasures/").content.decode()
    assert "Nothing that you may read was erased." in page
    entry = Report.objects.visible_to(house.na("BY")).get(key=key.subject).last_entry
    answer = client.post("/erasures/", {"entry": entry, "ground": GROUND})
    assert answer.status_code == 302
    head = house.client("BY", "na-head")
    proposal = answer["Location"]
    shown = head.get(proposal).content.decode()
    assert GROUND in shown
    digest = shown.split('name="digest" value="')[1].split('"')[0]
    head.post(proposal, {"act": "join", "digest": digest})
    page = client.get("/erasures/").content.decode()
    assert GROUND in page
    assert client.get(f"/reports/{key.subject}/").status_code == 404


def test_a_wrong_number_keeps_what_was_typed(house):
    answer = house.client("BY", "na-officer").post("/erasures/", {"entry": "odd", "ground": GROUND})
    assert answer.status_code == 404
    assert GROUND in answer.content.decode()

"""Two and more nodes: what one may read of another it comes to hold whole and verified."""

import pytest
from django.db import connections

from commonwatch.desks.exchange.models import Report
from commonwatch.federation import board, cosigning
from commonwatch.federation.line import NotReached
from commonwatch.federation.models import Contact, Cosignature
from commonwatch.register import node as nodes
from commonwatch.register.models import Entry, Journal
from commonwatch.register.pen import Stopped
from tests.federation.nodes import Within, introduce, pull, several
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


def test_what_a_peer_may_read_comes_whole_and_nothing_else(three):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"), times=300)
        write(by=three["BY"].officer(party="BY"), subject="report/BY/narrow", label=CENTER)
    done = pull(three["KZ"], three["BY"])
    assert (done.changed, done.journals, done.entries, done.faults) == (True, 1, 301, ())
    with at(three["KZ"]):
        assert Journal.objects.filter(party="BY").values_list("origin", "size").get() == (WIDE, 301)
        assert Report.objects.visible_to(three["KZ"].officer(party="KZ")).count() == 300
    assert pull(three["CRC"], three["BY"]).entries == 303
    with at(three["CRC"]):
        assert Journal.objects.filter(party="BY").count() == 2


def test_a_round_in_which_nothing_is_new_is_one_request(three):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"))
    line = Within(three["BY"])
    pull(three["KZ"], three["BY"], line)
    line.asked.clear()
    done = pull(three["KZ"], three["BY"], line)
    assert (done.changed, done.requests, line.asked) == (False, 1, ["/nodes/heads"])


def test_only_what_is_lacking_is_fetched(three):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"), times=600)
    pull(three["KZ"], three["BY"])
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"), subject="report/BY/late", times=10)
    line = Within(three["BY"])
    assert pull(three["KZ"], three["BY"], line).entries == 10
    assert [path.rpartition("/tile/")[2] for path in line.asked[1:]] == ["entries/002.p/99"]


def test_it_does_not_matter_from_whom_it_comes(three):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"))
    pull(three["CRC"], three["BY"])
    done = pull(three["KZ"], three["CRC"])
    assert (done.entries, done.faults) == (2, ())
    with at(three["KZ"]):
        assert Journal.objects.get(origin=WIDE).ours is False


def test_clocks_that_differ_by_days_are_no_hindrance_and_are_told(three):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"))
    three["BY"].clock.tick(days=3)
    three["KZ"].clock.tick(days=-3)
    line = Within(three["BY"])
    assert pull(three["KZ"], three["BY"], line).entries == 2
    assert line.asked[:2] == ["/nodes/heads", "/nodes/heads"]
    with at(three["KZ"]):
        assert Contact.objects.get(party="BY").skew == 6 * 24 * 3600 * 1_000_000


def test_who_is_no_peer_is_told_nothing(tmp_path, empty_database, django_db_blocker):
    with (
        django_db_blocker.unblock(),
        several(tmp_path, empty_database, parties=("BY", "KZ"), known=False) as found,
    ):
        introduce(found["KZ"], found["BY"])
        with at(found["BY"]):
            write(by=found["BY"].officer(party="BY"))
        with pytest.raises(NotReached, match="401"):
            pull(found["KZ"], found["BY"])
        with at(found["KZ"]):
            assert "401" in Contact.objects.get(party="BY").failure


def test_what_was_verified_is_cosigned_and_everybody_comes_to_know(three):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"))
    pull(three["KZ"], three["BY"])
    pull(three["CRC"], three["BY"])
    for one, other in (("BY", "KZ"), ("BY", "CRC"), ("KZ", "BY"), ("CRC", "BY")):
        pull(three[one], three[other])
    for house in three.values():
        with at(house):
            row = Journal.objects.get(origin=WIDE)
            assert set(Cosignature.objects.filter(origin=WIDE).values_list("party", flat=True)) == {
                "CRC",
                "KZ",
            }
            assert cosigning.counted(
                row, row.parties.split(","), cosigning.lines([WIDE])[WIDE], cosigning.nodes_known()
            ) == (2, 2)


def test_a_fetch_that_was_cut_goes_on_where_it_stopped(three):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"), times=600)
    line = Within(three["BY"])

    def cut(path, answer):
        line.cut = "entries/001" in path
        return answer

    line.change = cut
    with pytest.raises(NotReached):
        pull(three["KZ"], three["BY"], line)
    line.cut, line.change = False, lambda _path, answer: answer
    line.asked.clear()
    assert pull(three["KZ"], three["BY"], line).entries == 601
    assert [path.rpartition("/tile/")[2] for path in line.asked[1:]] == ["entries/002.p/89"]


def test_a_round_that_another_one_overtook_says_so_and_nothing_is_lost(three):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"), times=600)
    line, meanwhile = Within(three["BY"]), []

    def overtaken(path, answer):
        if "entries/001" in path and not meanwhile:
            meanwhile.append(pull(three["KZ"], three["BY"]))
        return answer

    line.change = overtaken
    done = pull(three["KZ"], three["BY"], line)
    assert (done.entries, [each.origin for each in done.faults]) == (0, [WIDE])
    assert meanwhile[0].entries == 601
    assert pull(three["KZ"], three["BY"]).faults == ()


@pytest.mark.parametrize(
    "lie",
    [
        lambda answer: answer._replace(body=answer.body[:-1] + bytes([answer.body[-1] ^ 1])),
        lambda answer: answer._replace(body=answer.body[:-9]),
        lambda answer: answer._replace(body=b""),
        lambda answer: answer._replace(status=404, body=b"not here"),
    ],
)
def test_what_does_not_hold_is_not_taken_in_and_the_truth_is_afterwards(three, lie):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"), times=5)
    line = Within(three["BY"])
    line.change = lambda path, answer: lie(answer) if "/tile/" in path else answer
    done = pull(three["KZ"], three["BY"], line)
    assert done.entries == 0
    assert [each.origin for each in done.faults] == [WIDE]
    with at(three["KZ"]):
        assert not Entry.objects.filter(journal__party="BY").exists()
    assert pull(three["KZ"], three["BY"]).entries == 6


def test_a_list_that_came_damaged_and_can_still_be_read_is_asked_for_again(three):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"))
    pull(three["KZ"], three["BY"])
    line = Within(three["KZ"])
    line.change = lambda _path, answer: answer._replace(
        body=answer.body.replace(b"/KZ/witness", b"/KZ/witnesz")
    )
    assert pull(three["CRC"], three["KZ"], line).cosignatures == 0
    done = pull(three["CRC"], three["KZ"])
    assert (done.changed, done.cosignatures) == (True, 1)


@pytest.mark.parametrize(
    "damage",
    [b"\xd3", b'"', b"\\", b"\x00"],
    ids=["not UTF-8", "a quote", "a backslash", "a control character"],
)
def test_a_list_that_cannot_be_read_is_an_answer_that_cannot_be_used(three, damage):
    with at(three["BY"]):
        write(by=three["BY"].officer(party="BY"))
    line = Within(three["BY"])
    line.change = lambda _path, answer: answer._replace(
        body=answer.body.replace(b"small/", damage + b"mall/")
    )
    with pytest.raises(NotReached, match="its list of journals cannot be read"):
        pull(three["KZ"], three["BY"], line)
    assert pull(three["KZ"], three["BY"]).faults == ()


def database_of(house):
    """The file of a node's database, closed and with its log moved into it."""
    connection = connections[house.node.database]
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return house.node.home / "house.sqlite3"


@pytest.fixture
def restored(three):
    """The node of Belarus, put back to a copy that lacks its last entry, which Kazakhstan holds."""
    house = three["BY"]
    with at(house):
        write(by=house.officer(party="BY"))
        kept = house.node.home / "guard", (house.node.home / "guard").read_bytes()
        copy = database_of(house).read_bytes()
        write(by=house.officer(party="BY"), subject="report/BY/late")
    pull(three["KZ"], house)
    database_of(house).write_bytes(copy)
    house.node.awake = False
    house.guard = kept
    return house


def test_a_node_put_back_to_an_old_copy_gets_its_own_past_from_a_peer(three, restored):
    with at(restored):
        with pytest.raises(Stopped):
            write(by=restored.officer(party="BY"), subject="report/BY/other")
        assert pull(restored, three["KZ"]).entries == 1
        write(by=restored.officer(party="BY"), subject="report/BY/other")
        assert Journal.objects.get(origin=WIDE).size == 4


def test_what_was_signed_with_our_key_and_not_by_us_is_not_taken_back(three, restored):
    path, before = restored.guard
    path.write_bytes(before)
    done = pull(restored, three["KZ"])
    assert (done.entries, [each.origin for each in done.faults]) == (0, [WIDE])


def test_the_page_of_peers_tells_nothing_of_what_its_reader_may_not_read(three):
    belarus = three["BY"]
    with at(belarus):
        low = belarus.officer(party="BY", clearance="H1")
        write(by=belarus.officer(party="BY"))
        before = board.peers_of(low)
        write(by=belarus.officer(party="BY"), subject="report/BY/narrow", label=CENTER)
        origin = "small/BY/real/h2-center/1"
        Contact.objects.create(party="CRC", failure=f"{origin} has two pasts; {WIDE}: odd", came_at=1)
        after = board.peers_of(belarus.officer(party="BY", clearance="H1"))
        assert [(each.journals, each.level, each.waiting) for each in after] == [
            (each.journals, each.level, each.waiting) for each in before
        ]
        seen = next(each for each in after if each.party == "CRC")
        assert (seen.failure, seen.came) == (f"{WIDE}: odd", None)
        assert origin in next(each for each in board.peers_of() if each.party == "CRC").failure

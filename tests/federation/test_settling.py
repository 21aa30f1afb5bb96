"""Two persons choose which past of a forked journal is followed; the other one is kept, and nothing goes on from it."""

import base64

import pytest
from django.test import Client

from commonwatch.access import actor, pairs, rules
from commonwatch.access.actor import operator
from commonwatch.access.acts import open_account
from commonwatch.config.commands import adopting, peering
from commonwatch.desks.exchange.models import Report
from commonwatch.federation import acts, bundling, following, forking, peers, settling
from commonwatch.federation.models import Cosignature, Evidence, Settled
from commonwatch.journal import checkpoint, fork
from commonwatch.journal.verify import FolderSource, verify_journal
from commonwatch.register import erase, replacing
from commonwatch.register.models import Entry, Journal
from tests.conftest import prove
from tests.exchange.test_acts import file
from tests.federation.nodes import Within, keeper, pull
from tests.federation.test_forking import WIDE, at, evidence, four, say
from tests.register.conftest import write

__all__ = ["four"]

GROUND = "SAMPLE: the owner said so by telephone"


@pytest.fixture
def forked(four):
    """Kazakhstan holds the true past and has seen the false one; Armenia the other way round."""
    say(four["BY"], "report/BY/true", times=2)
    say(four["liar"], "report/BY/false", times=3)
    pull(four["KZ"], four["BY"])
    pull(four["KZ"], four["liar"], Within(four["liar"]))
    pull(four["AM"], four["liar"], Within(four["liar"]))
    pull(four["AM"], four["BY"])
    for name in ("KZ", "AM"):
        assert evidence(four[name])
    return four


def persons(house):
    first, second = keeper(house), keeper(house)
    second.account = "colleague"
    return first, second


def row(house):
    with at(house):
        return Journal.objects.get(origin=WIDE)


def name(house):
    """The present checkpoint of a node, as a person names it."""
    found = row(house)
    return f"{found.size}:{found.root}"


def choose(house, checkpoint, ground=GROUND):
    with at(house):
        return settling.follow_as_two(by=persons(house), origin=WIDE, checkpoint=checkpoint, ground=ground)


def subjects(house):
    with at(house):
        rows = Report.objects.visible_to(house.officer(party=house.node.party))
        return sorted(rows.filter(key__startswith="report/BY/").values_list("key", flat=True))


def test_who_holds_the_chosen_past_goes_on_from_it_and_from_no_other(forked):
    kazakhstan, belarus, liar = forked["KZ"], forked["BY"], forked["liar"]
    say(belarus, "report/BY/more", times=4)
    assert pull(kazakhstan, belarus).entries == 0
    choose(kazakhstan, name(kazakhstan))
    assert pull(kazakhstan, belarus).entries == 4
    assert "report/BY/more-3" in subjects(kazakhstan)
    for more in range(3):
        say(liar, f"report/BY/lie-{more}", times=4)
        done = pull(kazakhstan, liar, Within(liar))
        assert [each.says for each in done.faults if each.origin == WIDE] == [
            str(forking.NotFollowed(origin=WIDE))
        ]
    assert len(evidence(kazakhstan)) == 1, "the past that was not chosen goes on, and that is no news"
    say(belarus, "report/BY/last")
    assert pull(kazakhstan, belarus).entries == 1
    with at(kazakhstan):
        assert Cosignature.objects.get(origin=WIDE, party="KZ").size == row(kazakhstan).size
        assert not (kazakhstan.node.home / replacing.FOLDER).exists()


@pytest.mark.parametrize("more", [0, 300])
def test_who_holds_the_other_past_replaces_it_and_keeps_it_as_a_folder(forked, more):
    armenia, belarus, liar = forked["AM"], forked["BY"], forked["liar"]
    before = row(armenia)
    choice = name(belarus)
    if more:
        say(belarus, "report/BY/more", times=more)
    choose(armenia, choice)
    assert any("false" in each for each in subjects(armenia)), (
        "nothing is taken out before the other is there"
    )
    done = pull(armenia, liar, Within(liar))
    assert done.entries == 0
    assert any("not the past that two persons have chosen" in each.says for each in done.faults)
    assert row(armenia).root == before.root
    assert pull(armenia, belarus).entries == 6 + more
    found = row(armenia)
    assert (found.pk, found.size, found.root) == (before.pk, row(belarus).size, row(belarus).root)
    assert not any("false" in each for each in subjects(armenia))
    assert "report/BY/true-1" in subjects(armenia)
    with at(armenia):
        folder = replacing.folder_of(before)
        proved = verify_journal(FolderSource(folder), vkey=before.key)
        assert (proved.checkpoint.size, proved.checkpoint.root.hex()) == (before.size, before.root)
        assert "/witness" in (folder / "checkpoint").read_text(), "our cosignature of it is kept with it"
        assert Evidence.objects.filter(origin=WIDE).exists()
        ours = Cosignature.objects.get(origin=WIDE, party="AM")
        assert ours.root == before.root, "a node that cosigned one past never cosigns the other"
    say(belarus, "report/BY/later")
    assert pull(armenia, belarus).entries == 1


def test_a_choice_takes_two_persons_with_the_mandate_a_ground_and_what_the_evidence_shows(forked):
    kazakhstan = forked["KZ"]
    first, second = persons(kazakhstan)
    given = {"origin": WIDE, "checkpoint": name(kazakhstan), "ground": GROUND}
    none = kazakhstan.officer(party="KZ", account="colleague")
    with at(kazakhstan):
        for wrong, refusal in (
            ({"by": (first, first)}, rules.SamePerson),
            ({"by": (first, none)}, actor.NotMandated),
            ({"by": (first, second), "ground": " "}, acts.GroundMissing),
            ({"by": (first, second), "checkpoint": "6:" + "0" * 64}, settling.NoSuchPast),
            ({"by": (first, second), "origin": "small/AM/real/h1-members/1"}, settling.NoFork),
        ):
            with pytest.raises(refusal):
                settling.follow_as_two(**(given | wrong))
        assert not Settled.objects.visible_to(first).exists()


def test_a_choice_goes_by_the_mechanism_for_two_and_is_bound_to_the_evidence(forked):
    kazakhstan = forked["KZ"]
    first, second = persons(kazakhstan)
    digests = sorted(each.digest for each in evidence_rows(kazakhstan))
    with at(kazakhstan):
        proposal = settling.propose_past(
            by=first, origin=WIDE, checkpoint=row(kazakhstan).root, ground=GROUND
        )
        said = settling.body(by=first, origin=WIDE, checkpoint=name(kazakhstan), ground=GROUND)
        assert said["evidence"] == digests
        with pytest.raises(settling.FollowTakesTwo):
            settling.follow(by=first, said=said, proposal=proposal)
        pairs.second(by=second, proposal=proposal, digest=pairs.digest_of(settling.FOLLOW, said))
        made = following.choice(WIDE)
        assert (made.first, made.second, made.evidence) == ("colleague", "tester", ",".join(digests))
        assert not following.unsettled(WIDE)
        (shown,) = settling.forks(first)
        assert (shown.settled, shown.choice.ground, len(shown.heads)) == (True, GROUND, 2)
        assert sorted(each.held for each in shown.pasts) == [False, True]
        assert settling.forks(kazakhstan.officer(party="KZ"))[0].choice.pk == made.pk


def evidence_rows(house):
    with at(house):
        return list(Evidence.objects.filter(origin=WIDE))


def test_a_fork_that_begins_after_the_chosen_checkpoint_asks_for_another_choice(forked, tmp_path):
    kazakhstan, belarus = forked["KZ"], forked["BY"]
    choose(kazakhstan, name(kazakhstan))
    say(belarus, "report/BY/more", times=2)
    assert pull(kazakhstan, belarus).entries == 2
    with at(kazakhstan):
        head = row(kazakhstan)
        data = later_fork(belarus, head)
        assert list(forking.take([data], came_from="AM")) == []
        assert following.unsettled(WIDE)
    say(belarus, "report/BY/last")
    done = pull(kazakhstan, belarus)
    assert "two pasts" in done.faults[0].says
    choose(kazakhstan, name(kazakhstan))
    assert pull(kazakhstan, belarus).entries == 1


def later_fork(house, head):
    """Evidence that the owner's key signed another root for the size at which the journal stands."""
    with at(house):
        signer = house.node.signer(party="BY", origin=WIDE)
        other = checkpoint.Checkpoint(WIDE, head.size, bytes(32))
        made = fork.make(head.checkpoint, checkpoint.sign_checkpoint(other, signer), head.key, None)
        return base64.b64encode(fork.write(made)).decode()


def test_of_our_own_journal_only_what_the_guard_holds_is_followed(forked):
    belarus, kazakhstan = forked["BY"], forked["KZ"]
    pull(belarus, kazakhstan)
    assert evidence(belarus)
    with at(belarus):
        other = next(each for each in settling.forks(keeper(belarus))[0].named if each != name(belarus))
    with pytest.raises(settling.OwnPast):
        choose(belarus, other)
    choose(belarus, name(belarus))
    say(belarus, "report/BY/on")


def test_a_stick_brings_the_chosen_past_whole(forked, tmp_path):
    armenia, belarus = forked["AM"], forked["BY"]
    choose(armenia, name(belarus))
    path = tmp_path / "one.cwb"
    with at(belarus):
        bundling.make(peers.find("AM"), path, anyway=True)
    with at(armenia):
        assert next(each for each in bundling.show(path).verdicts if each.origin == WIDE).held == 0
        bundling.take_in(path)
    assert row(armenia).root == row(belarus).root
    assert not any("false" in each for each in subjects(armenia))


def test_what_is_erased_by_law_is_erased_in_a_past_that_was_set_aside_too(forked):
    armenia, belarus = forked["AM"], forked["BY"]
    before = row(armenia)
    choose(armenia, name(belarus))
    pull(armenia, belarus)
    with at(belarus):
        entry = Entry.objects.filter(journal__origin=WIDE, number=1).get()
        word = bytes(entry.data)
        erase.erase(by=belarus.officer(party="BY"), entry=str(entry.entry_id), ground="SAMPLE: law")
    with at(armenia):
        folder = replacing.folder_of(before)
        assert any(word in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert pull(armenia, belarus).entries == 1
    assert not any(word in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_evidence_travels_on_a_stick_and_the_rest_of_the_stick_is_taken_in(forked, tmp_path):
    kazakhstan, center = forked["KZ"], forked["CRC"]
    pull(center, forked["BY"])
    with at(kazakhstan):
        write(by=kazakhstan.officer(party="KZ"), subject="report/KZ/one")
        path = tmp_path / "one.cwb"
        bundling.make(peers.find("CRC"), path)
    with at(center):
        shown = bundling.show(path)
        assert (shown.forks, shown.faults) == ((WIDE,), ())
        assert not Evidence.objects.exists(), "showing writes nothing"
        done = bundling.take_in(path)
        assert [each.origin for each in done.faults] == [WIDE]
        assert Journal.objects.get(origin="small/KZ/real/h1-members/1").size == 2
    assert evidence(center) == evidence(kazakhstan)
    assert evidence_rows(center)[0].came_from == "KZ"
    say(forked["BY"], "report/BY/more")
    assert pull(center, forked["BY"]).entries == 0


def test_evidence_on_a_stick_that_proves_nothing_is_named_and_not_kept(forked, tmp_path):
    kazakhstan, center = forked["KZ"], forked["CRC"]
    with at(kazakhstan):
        Evidence.objects.filter(origin=WIDE).update(
            data=evidence(kazakhstan)[0].replace(b"proof ", b"prooF ")
        )
        bundling.make(peers.find("CRC"), tmp_path / "one.cwb", anyway=True)
    with at(center):
        done = bundling.take_in(tmp_path / "one.cwb")
        assert (done.forks, len(done.faults)) == ((), 1)
        assert "proves nothing" in done.faults[0].says
        assert not Evidence.objects.exists()


def own_fork(house):
    """Evidence that the key of a journal kept here signed another root for its present size; its origin."""
    file(house, "BY")
    held = Journal.objects.filter(party="BY", size__gt=0).exclude(parties="BY").latest("size")
    signer = house.node.signer(party="BY", origin=held.origin)
    other = checkpoint.sign_checkpoint(checkpoint.Checkpoint(held.origin, held.size, bytes(32)), signer)
    made = fork.write(fork.make(held.checkpoint, other, held.key, no_hashes))
    assert forking.keep(made, came_from="BY") == []
    return held


def no_hashes(_level, _index):
    raise AssertionError("of equal sizes no hash is asked for")


def colleague(house):
    return open_account(by=operator("CRC"), handle="crc-head-two", office="head", password=PASSWORD)


PASSWORD = "a long enough pass phrase for a test"


def test_the_page_lists_forks_takes_a_choice_and_says_who_made_it(house):
    held = own_fork(house)
    client = house.client("CRC", "head")
    shown = client.get("/nodes/forks/").content.decode()
    assert held.origin in shown
    assert "nothing more is taken in" in shown
    typed = {"origin": held.origin, "checkpoint": f"{held.size}:{'0' * 64}", "ground": GROUND}
    wrong = client.post("/nodes/forks/", typed)
    assert wrong.status_code == 409
    assert GROUND in wrong.content.decode()
    answer = client.post("/nodes/forks/", typed | {"checkpoint": f"{held.size}:{held.root}"})
    assert answer.status_code == 302
    second = Client()
    second.force_login(colleague(house))
    prove(second)
    proposal = answer["Location"]
    body = second.get(proposal).content.decode()
    assert held.root in body
    second.post(proposal, {"act": "join", "digest": body.split('name="digest" value="')[1].split('"')[0]})
    shown = client.get("/nodes/forks/").content.decode()
    assert "crc-head-two and crc-head chose the past" in shown
    assert "crc-head-two and crc-head chose the past" in client.get("/journals/").content.decode()
    other = house.client("KZ", "na-officer").get("/journals/").content.decode()
    assert "chose the past" not in other, "who in the Center chose is the Center's own matter"
    assert "chose the past" not in Client().get("/journals/").content.decode()


def test_the_command_takes_two_persons_with_their_passwords(house):
    held = own_fork(house)
    house.account("CRC", "head", PASSWORD)
    colleague(house)
    named = f"{held.size}:{held.root}"
    both = [("CRC/head=crc-head", PASSWORD), ("CRC/head=crc-head-two", PASSWORD)]
    for wrong, refusal in (
        (both[:1], settling.FollowTakesTwo),
        ([both[0], ("CRC/head=crc-head-two", "another")], adopting.NotThatPerson),
        ([both[0], both[0]], rules.SamePerson),
    ):
        with pytest.raises(refusal):
            peering.follow(held.origin, named, GROUND, wrong)
    assert peering.follow(held.origin, named, GROUND, both)["held"] == "chosen"
    assert not following.unsettled(held.origin)

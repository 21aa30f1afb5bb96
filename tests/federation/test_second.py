"""The second signature: made where the pack asks for one, vouched for by the card, and asked of whatever comes."""

import msgspec
import pytest

from commonwatch.charter.model import Checkpoints
from commonwatch.errors import Broken
from commonwatch.federation import acts, bundling, card, own, peers
from commonwatch.federation.models import Evidence
from commonwatch.journal import checkpoint, export, note
from commonwatch.journal.verify import FolderSource, verify_journal
from commonwatch.register import admit, checking, recover, seal, standing, verify
from commonwatch.register import node as nodes
from commonwatch.register.models import Entry, Journal
from tests.federation.nodes import Within, introduce, pull, several
from tests.federation.test_recovery import copied, put_back
from tests.register.conftest import write
from tests.small import PACK

WIDE = "small/BY/real/h1-members/1"
TWICE = msgspec.structs.replace(PACK, version="2", checkpoints=Checkpoints(second_signature="ml-dsa-44"))


@pytest.fixture
def three(tmp_path, empty_database, django_db_blocker):
    """The nodes of the Center, Belarus and Kazakhstan, which do not know each other and sign once."""
    with (
        django_db_blocker.unblock(),
        several(tmp_path, empty_database, parties=("CRC", "BY", "KZ"), known=False) as found,
    ):
        yield found


def at(house):
    return nodes.use(house.node)


def turn_on(*houses):
    """Start nodes anew under the pack that asks for the second signature."""
    for house in houses:
        house.node.pack, house.node.awake = TWICE, False


def meet(*houses):
    for house in houses:
        for other in houses:
            if other is not house:
                introduce(house, other)


def say(house, subject="report/BY/one", times=1):
    with at(house):
        write(by=house.officer(party=house.node.party), subject=subject, times=times)


def row(house, origin=WIDE):
    with at(house):
        return Journal.objects.get(origin=origin)


def lines(signed):
    return [each.key_id for each in note.split(signed)[1]]


def test_both_signatures_are_made_travel_by_line_and_stick_and_are_verified_everywhere(three, tmp_path):
    center, belarus, kazakhstan = three["CRC"], three["BY"], three["KZ"]
    turn_on(center, belarus, kazakhstan)
    meet(center, belarus, kazakhstan)
    say(belarus, times=3)
    made = row(belarus)
    second = note.Verifier.parse(made.second)
    head = checkpoint.open_checkpoint(made.checkpoint, note.Verifier.parse(made.key), second=second)
    assert head.size == 4
    assert (belarus.node.home / "keys" / "BY.mldsa.seed").stat().st_mode & 0o777 == 0o600
    assert pull(center, belarus).entries == 4
    with at(center):
        path = tmp_path / "one.cwb"
        bundling.make(peers.find("KZ"), path)
    with at(kazakhstan):
        assert bundling.take_in(path).entries > 0
    for house in three.values():
        found = row(house)
        assert (found.second, lines(found.checkpoint)[:2]) == (made.second, lines(made.checkpoint))
        with at(house):
            assert verify.verify_stored(found) == 4
            folder = tmp_path / house.node.party
            standing.write_out(found, folder)
            export.put(folder / "checkpoint", found.checkpoint.encode())
        key = (folder / standing.SECOND).read_text().strip()
        assert verify_journal(FolderSource(folder), vkey=found.key, second=key).checkpoint == head


def test_a_card_without_second_keys_asks_for_a_new_one_and_a_new_one_needs_no_end(three):
    center, belarus = three["CRC"], three["BY"]
    meet(center, belarus)
    say(belarus)
    turn_on(center, belarus)
    say(belarus, "report/BY/two")
    done = pull(center, belarus)
    assert [each.origin for each in done.faults] == [WIDE]
    assert "no second key of its party is known" in done.faults[0].says
    with at(center), pytest.raises(checking.SecondKeyUnknown) as refused:
        admit.admit(signed=row(belarus).checkpoint, entries=[], key=row(belarus).key)
    assert "commonwatch peer card" in str(refused.value.hint)
    before = fingerprint(center, "BY")
    introduce(center, belarus)
    assert fingerprint(center, "BY") != before, "the second keys are heard, too"
    assert pull(center, belarus).entries == 3


def fingerprint(house, party):
    with at(house):
        return peers.find(party).fingerprint


def test_a_card_with_other_second_keys_is_another_card(three):
    center, belarus = three["CRC"], three["BY"]
    turn_on(center, belarus)
    introduce(center, belarus)
    (belarus.node.home / "keys" / "BY.mldsa.seed").write_bytes(b"m" * 32)
    belarus.node._secrets.clear()
    with pytest.raises(acts.OtherKeys):
        introduce(center, belarus)
    with at(belarus):
        given = own.card_of(belarus.node)
        some = msgspec.structs.replace(given, seconds={"KZ": given.seconds["BY"]})
        with pytest.raises(card.CardRefused, match="second keys"):
            card.read(note.sign(some.text(), [own.signer(belarus.node)]))
        assert card.read(own.signed_card(belarus.node)) == given


@pytest.mark.parametrize("how", ["missing", "forged", "of another size"])
def test_a_checkpoint_whose_second_signature_is_missing_or_forged_is_refused(three, tmp_path, how):
    center, belarus = three["CRC"], three["BY"]
    turn_on(center, belarus)
    meet(center, belarus)
    say(belarus, times=2)
    good = row(belarus)
    with at(belarus):
        bad = spoilt(good.checkpoint, how, belarus.node)
        Journal.objects.filter(pk=good.pk).update(checkpoint=bad)
    line = Within(belarus)
    done = pull(center, belarus, line)
    assert [each.origin for each in done.faults] == [WIDE]
    assert "second signature that the pack asks for" in done.faults[0].says
    assert not any("/tile/" in path for path in line.asked), "nothing is fetched for it"
    with at(belarus):
        bundling.make(peers.find("CRC"), tmp_path / "bad.cwb")
        with pytest.raises(Broken):
            verify.verify_stored(Journal.objects.get(pk=good.pk))
    with at(center):
        with pytest.raises(checking.SecondMissing):
            bundling.take_in(tmp_path / "bad.cwb")
        assert not Entry.objects.filter(journal__party="BY").exists()
        assert not Evidence.objects.exists()
    with at(belarus):
        Journal.objects.filter(pk=good.pk).update(checkpoint=good.checkpoint)
    assert pull(center, belarus).entries == 3


def spoilt(signed, how, node):
    """The checkpoint with its second line taken away, or one in its place that does not hold."""
    text, (first, second) = note.split(signed)
    once = f"{text}\n{first.line}"
    if how == "missing":
        return once
    if how == "forged":
        flipped = second.value[:-1] + bytes([second.value[-1] ^ 1])
        return once + note.Signature(name=second.name, key_id=second.key_id, value=flipped).line
    head = checkpoint.Checkpoint.parse(text)
    other = msgspec.structs.replace(head, size=head.size + 1).text()
    return once + node.second_signer(party="BY", origin=head.origin).line(other)


def test_a_journal_signed_before_stays_valid_and_its_owner_signs_it_again(three):
    center, belarus, kazakhstan = three["CRC"], three["BY"], three["KZ"]
    meet(center, belarus, kazakhstan)
    say(belarus, times=3)
    assert pull(center, belarus).entries == 4
    turn_on(center, belarus, kazakhstan)
    for house in (center, belarus):
        with at(house):
            assert verify.verify_stored(row(house)) == 4
    old = row(belarus).checkpoint
    introduce(center, belarus)
    introduce(kazakhstan, belarus)
    introduce(belarus, center)  # any act wakes the node, which signs again what it had signed once
    assert row(belarus).checkpoint.startswith(old)
    assert row(belarus).second
    with at(belarus):
        assert seal.guard_of(belarus.node).read()[WIDE] == row(belarus).checkpoint
    assert pull(kazakhstan, belarus).entries == 4
    assert not row(center).second
    assert pull(center, belarus).entries == 0
    assert row(center).second == row(belarus).second
    with at(center):
        assert verify.verify_stored(row(center)) == 4


def test_our_own_past_comes_back_with_both_signatures_or_not_at_all(three, tmp_path):
    center, belarus = three["CRC"], three["BY"]
    turn_on(center, belarus)
    meet(center, belarus)
    say(belarus)
    old = copied(belarus, tmp_path / "old.sqlite3")
    say(belarus, "report/BY/two")
    assert pull(center, belarus).entries == 3
    put_back(belarus, old)
    good = row(center)
    with at(center):
        some = Entry.objects.filter(journal=good, number__gte=2).order_by("number")
        lost = {"entries": [bytes(each.data) for each in some], "key": good.key}
    with at(belarus):
        once = spoilt(good.checkpoint, "missing", belarus.node)
        with pytest.raises(checking.SecondMissing):
            recover.readmit(signed=once, second=good.second, **lost)
        with pytest.raises(checking.SecondKeyUnknown):
            recover.readmit(signed=once, **lost)
    assert pull(belarus, center).entries == 1
    assert row(belarus).second == good.second
    say(belarus, "report/BY/three")


def test_what_the_guard_saw_signed_once_comes_back_so(three, tmp_path):
    center, belarus = three["CRC"], three["BY"]
    meet(center, belarus)
    say(belarus)
    old = copied(belarus, tmp_path / "old.sqlite3")
    say(belarus, "report/BY/two")
    assert pull(center, belarus).entries == 3
    put_back(belarus, old)
    turn_on(center, belarus)
    assert pull(belarus, center).entries == 1
    say(belarus, "report/BY/three")
    assert row(belarus).second


def test_nothing_is_different_where_the_pack_asks_for_nothing(three):
    belarus = three["BY"]
    say(belarus)
    assert not row(belarus).second
    assert len(lines(row(belarus).checkpoint)) == 1
    with at(belarus):
        assert "second" not in own.signed_card(belarus.node)
        assert not (belarus.node.home / "keys" / "BY.mldsa.seed").exists()

"""A past that was not chosen gives way to the one that was: verified first, kept as a folder, all or nothing."""

import pytest

from commonwatch.desks.exchange.models import Report
from commonwatch.errors import Broken
from commonwatch.journal import checkpoint
from commonwatch.journal.checkpoint import Checkpoint
from commonwatch.journal.verify import FolderSource, verify_journal
from commonwatch.register import admit, replacing
from commonwatch.register import node as nodes
from commonwatch.register.checking import Incoming, NotAdmitted
from commonwatch.register.models import Journal
from tests.conftest import lived_in
from tests.register.foreign import Foreign
from tests.small import PACK


@pytest.fixture
def center(tmp_path, empty_database, django_db_blocker):
    """The node of the Center, which hosts nobody."""
    with (
        django_db_blocker.unblock(),
        lived_in(path=tmp_path / "node", pack=PACK, empty=empty_database, hosted=()) as made,
        nodes.use(made.node),
    ):
        yield made
        made.check()


def pasts():
    """One journal in two pasts: three entries alike, then two and four of their own."""
    left, right = Foreign(), Foreign()
    for each in (left, right):
        each.report().report()
    for _turn in range(2):
        left.report()
    right.count = 100
    for _turn in range(4):
        right.report()
    return left, right


def head(foreign, size=None):
    return Checkpoint.parse(foreign.signed(size).split("\n\n")[0] + "\n")


def instead(foreign, *, follows=None, signed=None, entries=None):
    """The news by which a past takes the place of what is held."""
    return Incoming(
        signed or foreign.signed(),
        foreign.entries if entries is None else entries,
        foreign.key,
        follows=follows or head(foreign),
        anew=True,
    )


def subjects(house):
    rows = Report.objects.visible_to(house.officer(party="CRC"))
    return sorted(rows.values_list("key", flat=True))


def test_the_chosen_past_takes_the_place_of_the_other_which_is_kept(center):
    left, right = pasts()
    admit.admit(**left.news())
    before = Journal.objects.get(origin=left.origin)
    assert "report/BY/4" in subjects(center)
    done = admit.admit_all([instead(right, follows=head(right, 4))])
    assert (done[0].size, done[0].new) == (7, 7)
    after = Journal.objects.get(origin=left.origin)
    assert (after.pk, after.size, after.root) == (before.pk, 7, head(right).root.hex())
    assert "report/BY/4" not in subjects(center)
    assert "report/BY/101" in subjects(center)
    proved = verify_journal(FolderSource(replacing.folder_of(before)), vkey=left.key)
    assert (proved.checkpoint.size, proved.checkpoint.root.hex()) == (before.size, before.root)
    right.report()
    assert admit.admit(**right.news(start=7)).new == 1


def test_what_does_not_hold_leaves_the_other_past_as_it_was(center):
    left, right = pasts()
    admit.admit(**left.news())
    stood = Journal.objects.values().get(origin=left.origin), subjects(center)
    short, other = head(right, 4), Checkpoint(right.origin, 5, bytes(32))
    for wrong, why in (
        (instead(right, entries=[*right.entries[:-1], right.entries[-2]]), "7"),
        (instead(right, entries=right.entries[3:]), "first entry|opened by its first"),
        (instead(right, follows=other), "not the past that was chosen here"),
        (
            instead(right, follows=head(left), signed=right.signed(4), entries=right.entries[:4]),
            "ends before",
        ),
        (instead(left, follows=short), "not the past that was chosen here"),
    ):
        with pytest.raises(NotAdmitted, match=why):
            admit.admit_all([wrong])
        assert (Journal.objects.values().get(origin=left.origin), subjects(center)) == stood
    assert not (center.node.home / replacing.FOLDER).exists()


def test_news_is_held_to_what_was_chosen_where_the_choice_lies_beyond_what_is_held(center):
    left, right = pasts()
    admit.admit(**left.news(size=3))
    news = Incoming(left.signed(), left.entries[3:], left.key, follows=head(right, 4))
    with pytest.raises(NotAdmitted, match="not the past that was chosen here"):
        admit.admit_all([news])
    assert admit.admit_all([Incoming(right.signed(), right.entries[3:], right.key, follows=head(right, 4))])


def test_nothing_is_taken_out_that_was_not_set_aside_and_nothing_of_our_own(center):
    left, right = pasts()
    admit.admit(**left.news())
    row = Journal.objects.get(origin=left.origin)
    with pytest.raises(Broken, match="was not set aside"):
        replacing.clear(row, row)
    replacing.set_aside(row)
    row.ours = True
    with pytest.raises(Broken, match="was not set aside"):
        replacing.clear(row, row)
    assert checkpoint.open_checkpoint(right.signed(), right.signer.verifier)


@pytest.mark.parametrize("slug", ["..", ".", "", "..."])
def test_no_name_leads_out_of_the_folder(center, slug):
    row = Journal(origin=f"small/BY/real/{slug}/1", size=3, root="0" * 64)
    folder = replacing.folder_of(row).relative_to(center.node.home / replacing.FOLDER)
    assert len(folder.parts) == 6
    assert ".." not in folder.parts

"""What the guard has not seen is shown to nobody: it is told first, or the newest entries are held back."""

import pytest

from commonwatch.register import guard, history, vouching
from commonwatch.register.guard import Guard, Seen
from commonwatch.register.models import Entry, Journal
from tests.register.conftest import write
from tests.register.test_guard import notes

ORIGIN = "small/BY/real/h1-members/1"


def full(_handle, _data):
    """A disk that takes nothing more."""
    return 0


@pytest.fixture
def ahead(small):
    """A node whose guard lacks the last commit: the machine stopped before it was written."""
    write(by=small.officer(party="BY"))
    kept = (small.node.home / "guard").read_bytes()
    write(by=small.officer(party="BY"), subject="report/BY/two")
    (small.node.home / "guard").write_bytes(kept)
    return small


def test_the_guard_is_told_before_a_checkpoint_is_shown(ahead):
    assert "\n2\n" in notes(ahead)[ORIGIN]
    vouching.check(Journal.objects.get(origin=ORIGIN))
    assert "\n3\n" in notes(ahead)[ORIGIN]


def test_what_the_guard_cannot_be_told_is_withheld(ahead, monkeypatch):
    monkeypatch.setattr(guard.os, "write", full)
    with pytest.raises(vouching.NotYetGuarded):
        vouching.check(Journal.objects.get(origin=ORIGIN))
    with pytest.raises(vouching.NotYetGuarded):
        history.receipt_of(Entry.objects.get(subject="report/BY/two"))
    monkeypatch.undo()
    assert vouching.withheld() == frozenset()


def test_what_a_full_disk_kept_from_the_guard_is_told_with_the_next_entry(small, monkeypatch):
    write(by=small.officer(party="BY"))
    monkeypatch.setattr(guard.os, "write", full)
    with pytest.raises(OSError, match="of the guard were written"):
        write(by=small.officer(party="BY"), subject="report/BY/two")
    monkeypatch.undo()
    write(by=small.officer(party="KZ"), subject="report/KZ/one")
    assert "\n3\n" in notes(small)[ORIGIN]


def test_a_guard_is_read_on_from_where_it_was_read(small, monkeypatch):
    write(by=small.officer(party="BY"))
    kept = Guard(small.node.home / "guard")
    seen = kept.read_on(Seen())
    assert seen.notes == kept.read()
    assert kept.read_on(seen) is seen
    write(by=small.officer(party="BY"), subject="report/BY/two")
    with kept.path.open("ab") as file:
        file.write(b"200\ntorn")
    seen = kept.read_on(seen)
    assert (seen.notes, seen.end) == (kept.read(), kept.path.stat().st_size - len(b"200\ntorn"))
    kept.mend()
    monkeypatch.setattr(guard, "COMPACT_AT", 1)
    kept.compact()
    assert kept.read_on(seen).notes == kept.read()

"""The guard: torn records, a full disk, and a machine that stopped between commit and guard."""

import os

import pytest

from commonwatch.errors import Broken
from commonwatch.register import guard, seal
from commonwatch.register.guard import Guard
from tests.register.conftest import write


def notes(small):
    return seal.guard_of(small.node).read()


@pytest.mark.parametrize("torn", [b"2", b"200\n", b"300\nsmall/BY/real/h1-members/1\n7\nabc", b"x"])
def test_a_torn_record_is_cut_off_before_anything_stands_behind_it(small, torn):
    write(by=small.officer(party="BY"))
    whole = notes(small)
    with (small.node.home / "guard").open("ab") as file:
        file.write(torn)
    assert notes(small) == whole

    small.node.awake = False
    write(by=small.officer(party="BY"), subject="report/BY/two")

    assert len(notes(small)) == 1
    assert "\n3\n" in notes(small)["small/BY/real/h1-members/1"]


def test_a_commit_that_the_guard_had_not_seen_is_taken_in_on_waking(small):
    write(by=small.officer(party="BY"))
    kept = (small.node.home / "guard").read_bytes()
    write(by=small.officer(party="BY"), subject="report/BY/two")
    (small.node.home / "guard").write_bytes(kept)

    small.node.awake = False
    write(by=small.officer(party="KZ"), subject="report/KZ/one")

    assert "\n3\n" in notes(small)["small/BY/real/h1-members/1"]


def test_a_guard_of_another_history_stops_the_node(small):
    write(by=small.officer(party="BY"))
    note = notes(small)["small/BY/real/h1-members/1"]
    lines = note.split("\n")
    lines[2] = "AAAA" + lines[2][4:]
    forged = "\n".join(lines).encode()
    path = small.node.home / "guard"
    kept = path.read_bytes()
    path.write_bytes(b"%d\n" % len(forged) + forged)
    small.node.awake = False

    with pytest.raises(Broken, match="not a continuation"):
        write(by=small.officer(party="BY"), subject="report/BY/two")

    path.write_bytes(kept)


def test_a_full_disk_leaves_no_half_record(small, monkeypatch):
    """`fsync_fails` and `disk_full`: nobody is answered, and the guard stays readable."""
    write(by=small.officer(party="BY"))
    whole = (small.node.home / "guard").read_bytes()
    real = os.write

    def half(handle, data):
        return real(handle, data[: len(data) // 2])

    monkeypatch.setattr(guard.os, "write", half)
    with pytest.raises(OSError, match="of the guard were written"):
        write(by=small.officer(party="BY"), subject="report/BY/two")
    monkeypatch.undo()
    assert (small.node.home / "guard").read_bytes() == whole
    write(by=small.officer(party="BY"), subject="report/BY/three")


def test_a_grown_guard_is_compacted_to_the_last_note_of_each_journal(small, monkeypatch):
    monkeypatch.setattr(guard, "COMPACT_AT", 1000)
    for index in range(8):
        write(by=small.officer(party="BY"), subject=f"report/BY/{index}")
    kept = Guard(small.node.home / "guard")
    before = kept.read()
    kept.compact()
    assert kept.read() == before
    assert kept.path.stat().st_size < 1000

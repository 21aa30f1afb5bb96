"""A disk that is full while a round fetches or admits: nothing is taken in, it is said, and it goes on later."""

import errno
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import OperationalError, connections

from commonwatch.federation import bundling, peers
from commonwatch.federation.models import Contact
from commonwatch.federation.spool import NoRoom
from commonwatch.register import erase
from commonwatch.register import node as nodes
from commonwatch.register.models import Entry, Journal
from tests.federation.nodes import Within, pull, several
from tests.register.conftest import write

WIDE = "small/BY/real/h1-members/1"
MOST = 30


@pytest.fixture
def two(tmp_path, empty_database, django_db_blocker):
    """Kazakhstan's node, and Belarus' with three bundles of entries, one of them erased; each knows the other."""
    with (
        django_db_blocker.unblock(),
        several(tmp_path, empty_database, parties=("BY", "KZ")) as found,
    ):
        with nodes.use(found["BY"].node):
            by = found["BY"].officer(party="BY")
            place = write(by=by)[0]
            write(by=by, subject="report/BY/more", times=600)
            erase.erase(by=by, entry=place.id, ground="law")
        yield found


@contextmanager
def full(monkeypatch, folder, *, after):
    """Let the disk refuse below a folder after so many operations on it, in the middle of what is written."""
    done = []

    def counted(name):
        whole = getattr(Path, name)

        def refusing(path, *given, **more):
            if folder not in path.parents:
                return whole(path, *given, **more)
            done.append(name)
            if len(done) <= after:
                return whole(path, *given, **more)
            if name == "write_bytes":
                whole(path, given[0][: len(given[0]) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

        return refusing

    with monkeypatch.context() as patch:
        for name in ("mkdir", "write_bytes", "replace"):
            patch.setattr(Path, name, counted(name))
        yield done


def nothing_of(house):
    """See that nothing of Belarus is held, not in part either."""
    with nodes.use(house.node):
        assert not Journal.objects.filter(party="BY").exists()
        assert not Entry.objects.filter(journal__party="BY").exists()


def test_a_disk_that_is_full_at_any_write_of_a_fetch_ends_the_round_and_it_goes_on(two, monkeypatch):
    incoming = two["KZ"].node.home / "incoming"
    for after in range(MOST):
        shutil.rmtree(incoming, ignore_errors=True)
        line = Within(two["BY"])
        with full(monkeypatch, incoming, after=after) as done:
            try:
                pull(two["KZ"], two["BY"], line)
            except NoRoom as refused:
                said = refused
            else:
                break
        assert f"What was fetched of {WIDE} cannot be written to {incoming}: No space left" in str(said)
        assert not list(incoming.rglob("*.new")), "what was written in part is taken away"
        nothing_of(two["KZ"])
        with nodes.use(two["KZ"].node):
            assert Contact.objects.get(party="BY").failure == str(said)
    assert len(done) == after >= 12, "a folder, a draft and its name for three bundles and the hashes of one"
    with nodes.use(two["KZ"].node):
        assert Journal.objects.get(origin=WIDE).size == 603
        assert Contact.objects.get(party="BY").failure == ""


def test_what_was_fetched_before_the_disk_was_full_is_not_fetched_again(two, monkeypatch):
    line, incoming = Within(two["BY"]), two["KZ"].node.home / "incoming"
    with full(monkeypatch, incoming, after=12), pytest.raises(NoRoom):
        pull(two["KZ"], two["BY"], line)
    kept = [str(path).partition("/tile/")[2] for path in incoming.rglob("*") if path.is_file()]
    line.asked.clear()
    assert pull(two["KZ"], two["BY"], line).entries == 603
    asked = [path.rpartition("/tile/")[2] for path in line.asked[1:]]
    assert sorted(kept + asked) == ["0/000", "entries/000", "entries/001", "entries/002.p/91"]
    assert kept
    assert asked


@contextmanager
def no_page_more(house):
    """Let the database of a node grow no further, as on a full disk."""
    with connections[house.node.database].cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages + 4}")
        try:
            yield
        finally:
            cursor.execute("PRAGMA max_page_count = 4294967294")


def test_a_database_that_cannot_grow_admits_nothing_and_what_was_fetched_is_kept(two):
    line = Within(two["BY"])
    with no_page_more(two["KZ"]), pytest.raises(OperationalError, match="full"):
        pull(two["KZ"], two["BY"], line)
    nothing_of(two["KZ"])
    line.asked.clear()
    assert pull(two["KZ"], two["BY"], line).entries == 603
    assert line.asked == ["/nodes/heads"]


def test_a_stick_is_not_taken_in_by_halves_when_the_database_cannot_grow(two, tmp_path):
    path = tmp_path / "one.cwb"
    with nodes.use(two["BY"].node):
        bundling.make(peers.find("KZ"), path)
    with nodes.use(two["KZ"].node):
        with no_page_more(two["KZ"]), pytest.raises(OperationalError, match="full"):
            bundling.take_in(path)
        nothing_of(two["KZ"])
        assert not list((two["KZ"].node.home / "sticks").iterdir())
        assert bundling.take_in(path).entries == 603

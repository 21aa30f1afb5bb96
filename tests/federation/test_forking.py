"""A journal with two pasts: found by whoever sees both, kept, passed on, and not gone past."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from commonwatch.federation import forking
from commonwatch.federation.models import Cosignature, Evidence
from commonwatch.journal import fork
from commonwatch.register import node as nodes
from commonwatch.register.models import Journal
from tests.conftest import lived_in
from tests.federation.nodes import Within, introduce, pull, several
from tests.house.tree import ROOT
from tests.register.conftest import write
from tests.small import PACK

WIDE = "small/BY/real/h1-members/1"


@pytest.fixture
def four(tmp_path, empty_database, django_db_blocker):
    """The nodes of the Center, Armenia and Kazakhstan, Belarus' node, and a second one with its keys."""
    with (
        django_db_blocker.unblock(),
        several(tmp_path, empty_database, parties=("CRC", "AM", "KZ", "BY")) as found,
    ):
        belarus = found["BY"]
        with at(belarus):
            write(by=belarus.officer(party="BY"), times=3)
        twin, copy = tmp_path / "twin", tmp_path / "copy.sqlite3"
        shutil.copytree(belarus.node.home, twin)
        with closing(sqlite3.connect(twin / "house.sqlite3")) as old, closing(sqlite3.connect(copy)) as new:
            old.backup(new)
        with lived_in(path=twin, pack=PACK, party="BY", alias="twin", empty=copy, hosted=(), seed=99) as liar:
            yield found | {"liar": liar}


def at(house):
    return nodes.use(house.node)


def say(house, subject, times=1):
    with at(house):
        write(by=house.officer(party="BY"), subject=subject, times=times)


def evidence(house):
    with at(house):
        return [bytes(each.data) for each in Evidence.objects.filter(origin=WIDE)]


@pytest.mark.parametrize(("true", "false"), [(2, 2), (2, 5), (5, 2), (300, 1), (1, 300)])
def test_two_pasts_are_found_by_whoever_sees_both_and_proved_to_anybody(four, tmp_path, true, false):
    say(four["BY"], "report/BY/true", times=true)
    say(four["liar"], "report/BY/false", times=false)
    pull(four["KZ"], four["BY"])
    done = pull(four["KZ"], four["liar"], Within(four["liar"]))
    assert [each.origin for each in done.faults] == [WIDE]
    assert "two pasts" in done.faults[0].says
    (data,) = evidence(four["KZ"])
    proved = fork.verify(data, vkey=None)
    assert sorted(proved.sizes) == sorted((4 + true, 4 + false))
    path = tmp_path / "fork.txt"
    path.write_bytes(data)
    said = subprocess.run(
        [sys.executable, ROOT / "tools" / "check_fork.py", path], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr


def test_the_evidence_reaches_everybody_who_may_read_and_nothing_more_is_taken_in(four):
    say(four["BY"], "report/BY/true")
    say(four["liar"], "report/BY/false", times=2)
    pull(four["AM"], four["BY"])
    pull(four["KZ"], four["liar"], Within(four["liar"]))
    assert not evidence(four["AM"])
    pull(four["AM"], four["KZ"])  # each now sees the past that the other was shown
    assert evidence(four["AM"])
    pull(four["CRC"], four["AM"])
    assert evidence(four["CRC"]) == evidence(four["AM"])
    say(four["BY"], "report/BY/more")
    done = pull(four["AM"], four["BY"])
    assert (done.entries, [each.origin for each in done.faults]) == (0, [WIDE])
    with at(four["AM"]):
        assert Journal.objects.get(origin=WIDE).size == 5


def test_who_heard_of_a_fork_before_it_held_the_journal_passes_the_proof_on(four):
    say(four["BY"], "report/BY/true")
    say(four["liar"], "report/BY/false", times=2)
    pull(four["AM"], four["BY"])
    pull(four["AM"], four["liar"], Within(four["liar"]))
    pull(four["CRC"], four["AM"])
    pull(four["KZ"], four["CRC"])
    assert evidence(four["KZ"]) == evidence(four["AM"]) != []
    with at(four["CRC"]):
        assert not Cosignature.objects.filter(origin=WIDE, party="CRC").exists(), "neither side is cosigned"
    say(four["BY"], "report/BY/more")
    assert pull(four["KZ"], four["BY"]).entries == 0


def test_wrong_bytes_are_no_fork(four):
    say(four["BY"], "report/BY/true", times=3)
    pull(four["KZ"], four["BY"])
    say(four["BY"], "report/BY/more", times=3)
    line = Within(four["BY"])
    line.change = lambda path, answer: (
        answer._replace(body=answer.body.replace(b"more", b"less")) if "/entries/" in path else answer
    )
    assert pull(four["KZ"], four["BY"], line).faults
    assert not evidence(four["KZ"])
    assert pull(four["KZ"], four["BY"]).entries == 3


def test_what_proves_nothing_is_not_kept(four):
    with at(four["KZ"]):
        assert [each.origin for each in forking.take(["bm90aGluZw==", "%"], came_from="BY")] == ["-", "-"]
        assert not Evidence.objects.exists()
    introduce(four["KZ"], four["BY"])

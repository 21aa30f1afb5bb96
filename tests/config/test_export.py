"""Journals as files: what is written is what the node serves, grows with it, and stays with its readers."""

import fcntl
import json
import re
import shutil
from pathlib import Path

import pytest
from django.db import models

from commonwatch.charter.label import Label
from commonwatch.config.commands import exporting, fronting
from commonwatch.federation import cosigning
from commonwatch.journal import cosign, verify
from commonwatch.register import log, rebuild, standing
from commonwatch.register.admit import admit
from commonwatch.register.erase import erased_id
from commonwatch.register.models import Entry, Journal
from tests.register.conftest import CENTER, small, write
from tests.register.foreign import Foreign

__all__ = ["small"]
PUBLIC = "small/BY/real/h0-public/1"
WIDE = "small/BY/real/h1-members/1"
NARROW = "small/BY/real/h2-center/1"


@pytest.fixture
def told(small):
    """A node with a journal for everybody, one for the members and one for Belarus and the Center."""
    by = small.officer(party="BY")
    everybody = Label(level="H0", parties=("*",))
    write(by=by, subject="report/BY/open", label=everybody, times=300)
    write(by=by, subject="report/BY/wide", times=5)
    write(by=by, subject="report/BY/narrow", label=CENTER)
    small.everybody = everybody
    return small


def files(folder):
    """Every file below a folder, with its age."""
    return {
        str(each.relative_to(folder)): each.stat().st_mtime_ns for each in folder.rglob("*") if each.is_file()
    }


def bytes_gone(journal, number):
    """Take the bytes of an entry away, as its erasure asks, and what was folded from it."""
    columns = {"data": b"", "kind": "", "subject": "", "at": 0, "entry_id": erased_id(journal.leaves[number])}
    rows = models.QuerySet(Entry).filter(journal__origin=journal.origin, number=number)
    assert rows.update(**columns) == 1
    rebuild_tables()


@log.turn
def rebuild_tables():
    rebuild.rebuild()


def place(out, origin):
    return next(out.glob(f"*/journals/{origin}"))


def proved(out, origin):
    """Verify what was written of a journal; return how many entries it has, and which were erased."""
    row = Journal.objects.get(origin=origin)
    done = verify.verify_journal(verify.FolderSource(place(out, origin)), vkey=row.key)
    return done.checkpoint.size, done.erased


def test_what_everybody_may_read_is_written_and_nothing_else(told, tmp_path):
    out = tmp_path / "out"
    done = exporting.export(out)
    assert [each["tree"] for each in done["trees"]] == ["public"]
    assert {each.name for each in out.iterdir()} == {"public", exporting.MARK}
    assert (out / "public/journals/index.txt").read_text() == f"{PUBLIC}\n"
    assert proved(out, PUBLIC) == (301, ())


def test_every_file_is_that_which_the_node_serves(told, tmp_path):
    out = tmp_path / "out"
    exporting.export(out)
    root, client = out / "public", told.client()
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.name != "index.txt":
            served = client.get(f"/{path.relative_to(root)}")
            assert (served.status_code, served.content) == (200, path.read_bytes()), path


def test_each_set_of_readers_has_a_tree_whose_name_tells_nothing(told, tmp_path):
    out = tmp_path / "out"
    done = exporting.export(out, parties=["BY"])
    trees = {each["readers"]: each for each in done["trees"]}
    assert set(trees) == {"everybody", "AM, BY, CRC, KZ", "BY, CRC"}
    assert [each["origin"] for each in trees["BY, CRC"]["journals"]] == [NARROW]
    others = [each["tree"] for each in done["trees"] if each["tree"] != "public"]
    assert all(re.fullmatch("[0-9a-f]{24}", name) for name in others)
    assert all((out / name).stat().st_mode & 0o007 == 0 for name in others)
    theirs = exporting.export(tmp_path / "kz", parties=["KZ"])
    assert {each["readers"] for each in theirs["trees"]} == {"everybody", "AM, BY, CRC, KZ"}


@pytest.mark.parametrize(
    ("asked", "origins"),
    [(["members"], {WIDE}), ([NARROW], {NARROW}), (["public", "center"], {PUBLIC, NARROW})],
)
def test_journals_are_chosen_by_audience_and_by_name(told, asked, origins):
    assert {each.origin for each in exporting.chosen(asked) if each.party == "BY"} == origins


def test_what_is_not_known_is_refused_with_what_there_is(told):
    with pytest.raises(exporting.NothingOfThatName) as refused:
        exporting.chosen(["nobody"])
    assert "members, center, public" in refused.value.fields["known"]
    with pytest.raises(exporting.NoReader):
        exporting.chosen(parties=["ZZ"])


def test_a_second_run_writes_what_has_grown_and_a_third_nothing(told, tmp_path):
    out = tmp_path / "out"
    exporting.export(out)
    before = files(out)
    write(by=told.officer(party="BY"), subject="report/BY/more", label=told.everybody, times=400)
    done = exporting.export(out)
    after = files(out)
    assert done["trees"][0]["journals"] == [{"origin": PUBLIC, "before": 301, "size": 701, "files": 5}]
    changed = {
        name.removeprefix(f"public/journals/{PUBLIC}/") for name in after if before.get(name) != after[name]
    }
    tiles = {"entries/001", "entries/002.p/189", "0/001", "0/002.p/189", "1/000.p/2"}
    assert changed == {"checkpoint", *(f"tile/{each}" for each in tiles)} | changed.intersection(
        {"tile/0/000"}
    )
    assert proved(out, PUBLIC) == (701, ())
    assert exporting.export(out)["files"] == 0
    assert files(out) == after


def test_partial_tiles_whose_full_tile_is_there_are_taken_away_when_asked(told, tmp_path):
    out = tmp_path / "out"
    exporting.export(out)
    write(by=told.officer(party="BY"), subject="report/BY/more", label=told.everybody, times=400)
    (place(out, PUBLIC) / "tile/0/left.new").touch()
    assert exporting.export(out)["pruned"] == 0
    assert proved(out, PUBLIC) == (701, ())
    assert exporting.export(out, prune=True)["pruned"] == 3
    assert not (place(out, PUBLIC) / "tile/0/001.p").exists()
    assert proved(out, PUBLIC) == (701, ())


def test_a_run_that_is_cut_short_leaves_the_earlier_state_whole(told, tmp_path, monkeypatch):
    out = tmp_path / "out"
    exporting.export(out)
    write(by=told.officer(party="BY"), subject="report/BY/more", label=told.everybody, times=400)
    with monkeypatch.context() as patched:
        patched.setattr(exporting.os, "sync", lambda: (_ for _ in ()).throw(OSError("no power")))
        with pytest.raises(OSError, match="no power"):
            exporting.export(out)
    assert proved(out, PUBLIC) == (301, ())
    exporting.export(out)
    assert proved(out, PUBLIC) == (701, ())


def test_what_is_erased_is_gone_from_every_file(small, tmp_path):
    small.node.hosted = frozenset()
    out, journal = tmp_path / "out", Foreign()
    for number in range(300):
        journal.report(subject=f"report/BY/secretly-{number}")
    admit(**journal.news(size=200))
    exporting.export(out, audiences=[WIDE])
    admit(**journal.news(start=200))
    exporting.export(out, audiences=[WIDE])
    assert b'secretly-6"' in (place(out, WIDE) / "tile/entries/000.p/200").read_bytes()
    journal.erase(7)
    admit(**journal.news(start=301))
    bytes_gone(journal, 7)
    done = exporting.export(out, audiences=[WIDE])
    assert done["files"] > 0
    for path in out.rglob("*"):
        assert not path.is_file() or b'secretly-6"' not in path.read_bytes(), path
    assert proved(out, WIDE) == (302, (7,))
    assert exporting.export(out, audiences=[WIDE])["files"] == 0


def test_the_checkpoint_has_the_lines_of_those_who_cosigned_it(told, tmp_path):
    out = tmp_path / "out"
    exporting.export(out)
    row = Journal.objects.get(origin=PUBLIC)
    cosigning.cosign(row)
    assert exporting.export(out)["files"] == 1
    signed = (place(out, PUBLIC) / "checkpoint").read_text()
    assert signed.startswith(row.checkpoint)
    found = cosign.cosigners(signed, [told.node.witness.verifier])
    assert [each.name for each in found] == ["small/CRC/witness"]


def test_a_folder_that_holds_something_else_is_left_alone(told, tmp_path):
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(exporting.NotAnExport):
        exporting.export(tmp_path)
    with pytest.raises(exporting.NotAnExport):
        exporting.export(tmp_path / "photo.jpg")
    out = tmp_path / "out"
    exporting.export(out)
    (out / exporting.MARK).write_text("small/BY\n")
    with pytest.raises(exporting.OtherExport, match="small/BY"):
        exporting.export(out)


def test_two_do_not_write_into_one_folder_at_once(told, tmp_path):
    out = tmp_path / "out"
    exporting.export(out)
    with (out / exporting.MARK).open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(exporting.ExportBusy):
            exporting.export(out)


def test_a_folder_with_another_past_is_kept_and_said(told, tmp_path):
    out = tmp_path / "out"
    exporting.export(out)
    row = Journal.objects.get(origin=PUBLIC)
    path = place(out, PUBLIC) / "checkpoint"
    said = path.read_text()
    path.write_text(said.replace("\n301\n", "\n300\n"))
    with pytest.raises(standing.OtherPast, match="300 entries"):
        exporting.export(out)
    path.write_text(said.replace("\n301\n", "\n302\n"))
    with pytest.raises(standing.OtherPast, match="302 entries"):
        exporting.export(out)
    assert row.size == 301


def test_stored_bytes_that_were_not_signed_are_not_given_a_checkpoint(told, tmp_path):
    row = Journal.objects.get(origin=PUBLIC)
    row.checkpoint = row.checkpoint.replace("\n301\n", "\n300\n")
    row.size = 300
    with pytest.raises(verify.JournalRefused):
        standing.write_out(row, tmp_path / "journal")
    assert not (tmp_path / "journal/checkpoint").exists()


def test_tokens_that_are_there_stay_and_new_trees_get_one(told, tmp_path):
    out, lines = tmp_path / "out", tmp_path / "journals.conf"
    done = exporting.export(out, audiences=["public", "center"])
    paths = fronting.write(lines, out, done["trees"])
    beside = Path(paths[1])
    first = beside.read_text()
    assert beside.stat().st_mode & 0o077 == 0
    assert "# H2: BY, CRC" in first
    narrow = done["trees"][1]["tree"]
    assert re.search(rf'"Bearer [0-9a-f]{{32}}" "{narrow}";', first)
    beside.write_text(first.replace("Bearer ", "Bearer 0"))
    done = exporting.export(out, audiences=["members"])
    fronting.write(lines, out, done["trees"])
    assert set(re.findall('" "(.*)";', beside.read_text())) == {each.name for each in out.iterdir()} - {
        "public",
        exporting.MARK,
    }
    assert beside.read_text().count("Bearer 0") >= 1
    assert lines.read_text().count("location ^~") == 1 + beside.read_text().count('    "Bearer ')
    with pytest.raises(fronting.NotForNginx):
        fronting.write(lines, tmp_path / "a folder", done["trees"])


def test_the_command_says_what_it_wrote(shell, tmp_path):
    shell.well("submit", "--as", "BY/na-officer", "--type", "D1", "--period", "2026-09-14", "--nil")
    out = tmp_path / "out"
    said = shell.well("export", out)
    assert f"0 journals in {out}: 0 files written" in said
    lines = tmp_path / "n.conf"
    done = json.loads(shell.well("export", out, "--for", "BY", "--nginx", lines, "--json"))
    assert done["nginx"] == [str(lines), f"{lines}.tokens"]
    assert {each["origin"] for tree in done["trees"] for each in tree["journals"]} >= {
        "csto/BY/real/h1-members/1"
    }
    shell.well("verify", out)
    shutil.rmtree(out)
    out.mkdir()
    (out / "x").touch()
    assert shell("export", out).returncode == 1

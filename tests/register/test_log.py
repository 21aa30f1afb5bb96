"""The door in: turns, labels, subjects, time, and many who wait for one pen."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from commonwatch.charter.label import Label
from commonwatch.desks.exchange.facts import ReportWithdrawn
from commonwatch.desks.exchange.models import Report
from commonwatch.errors import Broken
from commonwatch.journal import entry as envelope
from commonwatch.journal import receipt
from commonwatch.register import history, log, seal
from commonwatch.register.models import Entry, Journal
from commonwatch.register.pen import Stopped
from tests.house.tree import ROOT
from tests.register.conftest import CENTER, MEMBERS, write


def test_an_entry_stands_in_the_journal_of_its_writer_and_audience(small):
    place = write(by=small.officer(party="BY"))[0]

    row = Entry.objects.select_related("journal").get(entry_id=place.id)
    opened = envelope.parse(bytes(row.data))

    assert row.journal.origin == "small/BY/real/h1-members/1"
    assert row.number == 1
    assert opened.label.parties == MEMBERS.parties
    assert Entry.objects.get(journal=row.journal, number=0).kind == "register.journal.opened"


def test_each_audience_and_mode_has_a_journal_of_its_own(small):
    write(by=small.officer(party="BY"))
    write(by=small.officer(party="BY"), subject="report/BY/two", label=CENTER)
    write(by=small.officer(party="BY", mode="exercise"), subject="report/BY/three")

    assert sorted(Journal.objects.values_list("origin", flat=True)) == [
        "small/BY/exercise/h1-members/1",
        "small/BY/real/h1-members/1",
        "small/BY/real/h2-center/1",
    ]


def test_a_reader_sees_only_the_journals_of_its_audiences(small):
    write(by=small.officer(party="BY"), subject="report/BY/wide")
    write(by=small.officer(party="BY"), subject="report/BY/narrow", label=CENTER)

    def seen(**reader):
        return set(Report.objects.visible_to(small.officer(**reader)).values_list("key", flat=True))

    assert seen(party="CRC") == {"report/BY/wide", "report/BY/narrow"}
    assert seen(party="KZ") == {"report/BY/wide"}
    assert seen(party="CRC", clearance="H1") == {"report/BY/wide"}
    assert seen(party="CRC", clearance="nonsense") == set()
    assert seen(party="CRC", mode="exercise") == set()


def test_an_entry_is_written_inside_a_turn_only(small):
    with pytest.raises(Broken, match="inside a turn"):
        log.append(ReportWithdrawn(reason="x"), by=small.officer(), subject="report/CRC/one", label=MEMBERS)


def test_a_subject_keeps_its_label_for_life(small):
    write(by=small.officer(party="BY"))

    with pytest.raises(log.OtherLabel):
        write(by=small.officer(party="BY"), label=CENTER)

    assert Entry.objects.count() == 2


def test_what_a_neighbour_writes_on_a_subject_does_not_move_it(small):
    @log.turn
    def withdraw(by):
        log.append(ReportWithdrawn(reason="forged"), by=by, subject="report/BY/one", label=MEMBERS)

    write(by=small.officer(party="BY"))
    withdraw(small.officer(party="KZ"))
    assert Report.objects.get().state == "value"

    withdraw(small.officer(party="BY"))
    assert Report.objects.get().state == "withdrawn"


def test_a_reference_that_some_reader_may_not_read_is_refused(small):
    narrow = write(by=small.officer(party="BY"), label=CENTER)[0]

    with pytest.raises(log.Unreadable):
        write(by=small.officer(party="BY"), subject="report/BY/wide", refs=[narrow])

    wide = write(by=small.officer(party="BY"), subject="report/BY/wide")[0]
    cites = write(by=small.officer(party="BY"), subject="report/BY/deep", label=CENTER, refs=[wide])[0]
    kept = envelope.parse(bytes(Entry.objects.get(entry_id=cites.id).data))
    assert kept.refs == (envelope.Ref(id=wide.id, hash=wide.hash),)


def test_what_one_party_keeps_to_itself_is_not_cited_by_another_in_its_own(small):
    own = Label(level="H1")
    kept = write(by=small.officer(party="BY"), label=own)[0]

    with pytest.raises(log.Unreadable):
        write(by=small.officer(party="KZ"), subject="report/KZ/own", label=own, refs=[kept])

    write(by=small.officer(party="BY"), subject="report/BY/own", label=own, refs=[kept])


@pytest.mark.parametrize(
    "label",
    [
        Label(level="H9", parties=("BY",)),
        Label(level="H1", categories=("zz",), parties=("BY",)),
        Label(level="H1", parties=("XX",)),
    ],
)
def test_a_label_outside_the_scheme_is_refused(small, label):
    with pytest.raises(log.UnknownLabel):
        write(by=small.officer(party="BY"), label=label)
    assert not Journal.objects.exists()


def test_a_refused_turn_leaves_nothing_behind(small):
    @log.turn
    def half(by):
        log.append(ReportWithdrawn(reason="x"), by=by, subject="report/BY/one", label=MEMBERS)
        log.append(ReportWithdrawn(reason="x"), by=by, subject="report/BY/one", label=CENTER)

    with pytest.raises(log.OtherLabel):
        half(small.officer(party="BY"))

    assert not Entry.objects.exists()
    write(by=small.officer(party="BY"))


def test_a_journal_opened_by_a_refused_turn_is_not_remembered_by_the_next(small):
    """Both turns run in one transaction, as they do when many wait."""

    @log.turn
    def refused(by):
        log.append(ReportWithdrawn(reason="x"), by=by, subject="report/BY/one", label=MEMBERS)
        log.journals_of(party="BY", mode="real", label=MEMBERS)
        raise log.NotHere(party="BY")

    by = small.officer(party="BY")
    with log._session() as work:
        with pytest.raises(log.NotHere):
            work.run(lambda: refused(by))
        place = work.run(lambda: write(by=by))[0]
        work.seal()
    work.keep()
    assert place.number == 1


def test_time_never_goes_back_in_a_journal(small):
    first = write(by=small.officer(party="BY"))[0]
    small.clock.tick(hours=-3)
    second = write(by=small.officer(party="BY"), subject="report/BY/two")[0]

    assert second.at == first.at
    assert Entry.objects.get(entry_id=second.id).admitted_at == first.at - 3 * 3600 * 1_000_000


def test_an_import_says_when_it_was_known(small):
    known = small.clock() - 86_400_000_000
    place = write(by=small.officer(party="BY"), known_at=known)[0]

    opened = envelope.parse(bytes(Entry.objects.get(entry_id=place.id).data))
    assert envelope.instant_micros(opened.known_at) == known
    assert Report.objects.get().first_at == known


def test_a_receipt_is_verified_without_the_node(small):
    write(by=small.officer(party="BY"), times=300)
    place = write(by=small.officer(party="BY"), subject="report/BY/last")[0]
    row = history.entry(place.id, reader=small.officer(party="KZ"))

    verified = receipt.verify_receipt(history.receipt_of(row), vkey=row.journal.key)

    assert verified.entry == bytes(row.data)
    assert verified.checkpoint.size == 302


def test_many_who_wait_share_one_commit_and_a_refusal_touches_only_its_own(small):
    start = threading.Barrier(32)
    small.node.pen.turns = small.node.pen.commits = 0
    write(by=small.officer(party="BY"), subject="report/BY/first")

    def one(index):
        start.wait()
        try:
            label = CENTER if index % 8 == 0 else MEMBERS
            subject = "report/BY/first" if index % 8 == 0 else f"report/BY/{index}"
            return write(by=small.officer(party="BY"), subject=subject, label=label)[0]
        except log.OtherLabel:
            return None
        finally:
            close()

    from django.db import connections

    def close():
        connections["default"].close()

    with ThreadPoolExecutor(32) as pool:
        places = list(pool.map(one, range(32)))

    assert [place is None for place in places] == [index % 8 == 0 for index in range(32)]
    assert sorted(place.number for place in places if place) == list(range(2, 30))
    assert small.node.pen.turns == 33
    assert small.node.pen.commits * 4 <= 33


def test_a_database_put_back_from_an_old_backup_opens_read_only(small, tmp_path):
    from django.db import connections

    write(by=small.officer(party="BY"))
    connections["default"].close()
    home = small.node.home
    for name in ("house.sqlite3", "house.sqlite3-wal"):
        if (home / name).exists():
            (tmp_path / name).write_bytes((home / name).read_bytes())
    write(by=small.officer(party="BY"), subject="report/BY/two")
    newer = {}
    connections["default"].close()
    for name in ("house.sqlite3", "house.sqlite3-wal"):
        newer[name] = (home / name).read_bytes() if (home / name).exists() else None
        (home / name).unlink(missing_ok=True)
        if (tmp_path / name).exists():
            (home / name).write_bytes((tmp_path / name).read_bytes())
    small.node.awake = False

    with pytest.raises(Stopped) as refused:
        write(by=small.officer(party="BY"), subject="report/BY/three")
    assert "small/" not in str(refused.value), "a journal is named to whoever would write"
    with pytest.raises(seal.BehindGuard, match=r"holds 2 entries.* signed for 3"):
        seal.check_guard(small.node)

    connections["default"].close()
    for name, data in newer.items():
        (home / name).unlink(missing_ok=True)
        if data is not None:
            (home / name).write_bytes(data)
    small.clock.tick(minutes=1)
    write(by=small.officer(party="BY"), subject="report/BY/three")


def test_a_broken_invariant_stops_all_writing_and_raises_the_alarm(small, caplog):
    @log.turn
    def broken(by):
        log.append(ReportWithdrawn(reason="x"), by=by, subject="report/BY/one", label=MEMBERS)
        raise Broken("two truths")

    with pytest.raises(Broken, match="two truths"):
        broken(small.officer(party="BY"))

    assert [(each.levelname, each.getMessage()) for each in caplog.records] == [
        ("CRITICAL", "Writing has stopped on this node: two truths")
    ]
    with pytest.raises(Stopped) as refused:
        write(by=small.officer(party="BY"))
    assert "two truths" not in str(refused.value), "the reason may name what one may not know of"
    assert not Entry.objects.exists()


def test_a_process_that_only_proves_has_every_projector():
    """Nothing of a desk but its projection is loaded when a command folds all tables anew."""
    code = (
        "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'commonwatch.config.settings'; django.setup();"
        "from commonwatch.register import fold; from commonwatch.register.fact import KINDS;"
        "ours = [kind for kind, fact in KINDS.items() if '.desks.' in fact.__module__];"
        "print([kind for kind in ours if not fold._RULES.get(kind)]);"
        "print(len([kind for kind in fold._RULES if not kind.startswith(('register.', 'access.'))]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loose, known = done.stdout.splitlines()
    assert loose == "[]"
    assert int(known) > 40

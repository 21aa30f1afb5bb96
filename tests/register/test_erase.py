"""The bytes go and the hash stays: here, in every table, with every peer, and after everything is folded anew."""

import random

import pytest
from django.db import connections

from commonwatch.desks.exchange.facts import ReportCorrected, ReportSeen, ReportWithdrawn
from commonwatch.desks.exchange.models import Listed, Report
from commonwatch.desks.traffic.facts import QuestionAnswered
from commonwatch.errors import Broken
from commonwatch.journal.export import Erased, write_folder
from commonwatch.journal.verify import FolderSource, verify_journal
from commonwatch.register import erase, fold, history, log, rebuild, verify
from commonwatch.register import node as nodes
from commonwatch.register.admit import admit
from commonwatch.register.models import Entry, Journal
from tests.register.conftest import CENTER, MEMBERS, write
from tests.register.test_admit import two  # noqa: F401 - a fixture of this module

SECRET = "seventeen-and-a-half-thousand"


@log.turn
def add(by, subject, *facts, label=MEMBERS):
    return [log.append(fact, by=by, subject=subject, label=label) for fact in facts]


def fill(house, *, parties=("BY", "KZ")):
    """Reports with corrections, additions of neighbours and withdrawals, and one journal beside."""
    by, *others = (house.officer(party=party) for party in parties)
    corrected = ReportCorrected(values={"events": 2, "text": SECRET}, reason="x")
    for name in ("one", "two", "three"):
        write(by=by, subject=f"report/BY/{name}", values={"events": 1, "text": f"{SECRET} {name}"})
        add(by, f"report/BY/{name}", corrected, ReportSeen(), corrected)
        for other in others:
            add(other, f"report/BY/{name}", ReportSeen(version=2), ReportWithdrawn(reason="not mine"))
    add(by, "report/BY/three", ReportWithdrawn(reason="x"))
    write(by=by, subject="report/BY/narrow", label=CENTER)


def erasable():
    return Entry.objects.exclude(kind__startswith="register.").exclude(data=b"").order_by("pk")


def gone(house, row, ground="Article 17"):
    return erase.erase(by=house.officer(party=row.journal.party), entry=str(row.entry_id), ground=ground)


def test_whatever_is_erased_the_tables_are_those_of_a_rebuild(small):
    fill(small)
    rows = list(erasable().select_related("journal"))
    random.Random(3).shuffle(rows)
    for row in rows:
        gone(small, row)
        before = fold.snapshot()
        rebuild.rebuild()
        assert fold.snapshot() == before, row.kind
    assert not erasable().exists()
    assert not Report.objects.exists()
    assert rebuild.differing() == []


def test_nothing_of_what_was_erased_stays_in_the_database_file(small):
    fill(small)
    kept = small.node.home / "house.sqlite3"
    connections["default"].close()
    for row in erasable().select_related("journal"):
        gone(small, row)
    files = [kept.read_bytes(), kept.with_name("house.sqlite3-wal").read_bytes()]
    assert not any(SECRET.encode() in data for data in files)
    assert not any(b"report/BY/one" in data for data in files)


def test_the_entry_that_says_so_names_hash_and_ground_and_nothing_else(small):
    place = write(by=small.officer(party="BY"), values={"text": SECRET})[0]
    written = erase.erase(by=small.officer(party="BY"), entry=place.id, ground="Judgment 7/2026")

    row = Entry.objects.select_related("journal").get(entry_id=written.id)
    past = history.past(row)
    assert (past.fact.index, past.fact.hash, past.fact.ground) == (1, place.hash, "Judgment 7/2026")
    assert past.line.subject == "journal/BY/h1-members.real.1"
    erased = Entry.objects.get(number=1)
    assert (erased.kind, erased.subject, bytes(erased.data)) == ("", "", b"")
    assert history.entry(place.id, reader=small.officer(party="BY")) is None
    assert history.of_subject("report/BY/one", reader=small.officer(party="BY")) == []
    assert not Listed.objects.exists()


def test_a_journal_with_something_erased_is_verified_offline(small, tmp_path):
    write(by=small.officer(party="BY"), times=300)
    for number in (1, 256, 300):
        gone(small, Entry.objects.select_related("journal").get(number=number))
    row = Journal.objects.get()
    leaves = {each.index: bytes.fromhex(each.hash) for each in erasures()}
    entries = [bytes(each.data) or Erased(leaves[each.number]) for each in Entry.objects.order_by("number")]
    write_folder(tmp_path / "out", checkpoint=row.checkpoint, entries=entries)
    assert verify_journal(FolderSource(tmp_path / "out"), vkey=row.key).erased == (1, 256, 300)
    verify.verify_stored(row)


def erasures():
    rows = Entry.objects.select_related("journal").filter(kind="register.entry.erased")
    return [history.past(row).fact for row in rows]


def test_what_may_not_be_erased_is_refused_and_stays(small):
    place = write(by=small.officer(party="BY"))[0]
    opened = Entry.objects.get(number=0)
    by = small.officer(party="BY")
    with pytest.raises(erase.NotErasable):
        erase.erase(by=by, entry=str(opened.entry_id), ground="x")
    with pytest.raises(log.NotHere):
        erase.erase(by=small.officer(party="KZ"), entry=place.id, ground="x")
    for wrong in ("nonsense", "00000000-0000-7000-8000-000000000000"):
        with pytest.raises(erase.NoEntry):
            erase.erase(by=by, entry=wrong, ground="x")
    said = erase.erase(by=by, entry=place.id, ground="x")
    with pytest.raises(erase.NoEntry):
        erase.erase(by=by, entry=place.id, ground="x")
    with pytest.raises(erase.NotErasable):
        erase.erase(by=by, entry=said.id, ground="x")


def test_bytes_that_came_back_after_they_were_erased_are_found(small):
    place = write(by=small.officer(party="BY"))[0]
    row = Entry.objects.get(entry_id=place.id)
    erase.erase(by=small.officer(party="BY"), entry=place.id, ground="x")
    after = Entry.objects.get(pk=row.pk)
    put(row)
    with pytest.raises(Broken, match="entry 1 was erased and its bytes are still there"):
        verify.verify_stored(Journal.objects.get())
    put(after)


def put(row):
    with connections["default"].cursor() as cursor:
        cursor.execute(
            'UPDATE register_entry SET "data" = %s, "kind" = %s, "subject" = %s, "at" = %s, "entry_id" = %s'
            " WHERE id = %s",
            [bytes(row.data), row.kind, row.subject, row.at, row.entry_id.hex, row.pk],
        )


def news(house, *, party="BY", start=0):
    """What a peer of this house would fetch: erased entries by their hashes."""
    with nodes.use(house.node):
        row = Journal.objects.get(party=party, slug="h1-members")
        leaves = {each.index: bytes.fromhex(each.hash) for each in erasures()}
        entries = [
            bytes(each.data) or Erased(leaves[each.number])
            for each in Entry.objects.filter(journal=row, number__gte=start).order_by("number")
        ]
        return {"signed": row.checkpoint, "entries": entries, "key": row.key}


@pytest.mark.parametrize("held", [True, False])
def test_what_its_owner_erased_goes_here_too(two, held):  # noqa: F811 - the fixture imported above
    belarus, center = two
    with nodes.use(belarus.node):
        fill(belarus, parties=("BY",))
        start = Journal.objects.get(slug="h1-members").size
    if held:
        with nodes.use(center.node):
            admit(**news(belarus))
    with nodes.use(belarus.node):
        rows = [row for row in erasable().select_related("journal") if row.journal.slug == "h1-members"]
        for row in rows[::2]:
            gone(belarus, row)
    with nodes.use(center.node):
        admit(**news(belarus, start=start if held else 0))
        assert rebuild.differing() == []
        assert Entry.objects.filter(data=b"").count() == len(rows[::2])
    assert reports(belarus) == reports(center)


def reports(house):
    with nodes.use(house.node):
        rows = Report.objects.visible_to(house.officer(party="CRC")).exclude(key="report/BY/narrow")
        return [{k: v for k, v in row.items() if k != "journal_id"} for row in rows.order_by("key").values()]


def test_bytes_that_a_peer_still_sends_are_erased_at_once(two):  # noqa: F811 - the fixture imported above
    belarus, center = two
    with nodes.use(belarus.node):
        place = write(by=belarus.officer(party="BY"))[0]
        data = bytes(Entry.objects.get(entry_id=place.id).data)
        erase.erase(by=belarus.officer(party="BY"), entry=place.id, ground="x")
    sent = news(belarus)
    sent["entries"][1] = data
    with nodes.use(center.node):
        admit(**sent)
        assert not Report.objects.exists()
        assert bytes(Entry.objects.get(number=1).data) == b""


def test_an_answer_beside_a_question_is_erased_alone(small):
    by, other = small.officer(party="BY"), small.officer(party="KZ")
    places = add(other, "question/BY/q", *(QuestionAnswered(text=each) for each in ("a", "b")))
    erase.erase(by=other, entry=places[0].id, ground="x")
    assert [row["text"] for row in answers()] == ["b"]
    assert by.party == "BY"


def answers():
    from commonwatch.desks.traffic.models import Answer

    return list(Answer.objects.values("text"))

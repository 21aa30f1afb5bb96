"""Much at once, in little memory; entries without bytes; several journals in one turn; and peers that mean harm."""

import threading
import tracemalloc

import pytest
from django.db import connections

from commonwatch.desks.exchange.models import Report
from commonwatch.errors import Broken
from commonwatch.journal.export import Erased
from commonwatch.register import checking, history, verify
from commonwatch.register.admit import Incoming, NotAdmitted, Overtaken, admit, admit_all
from commonwatch.register.models import Entry, Journal
from tests.register.conftest import write
from tests.register.foreign import LABEL, Foreign


@pytest.fixture
def alone(small):
    """The Center's node, which hosts nobody."""
    small.node.hosted = frozenset()
    return small


def still_writes(house):
    write(by=house.officer(party="CRC"), subject="report/CRC/still-writing")


def holds():
    for row in Journal.objects.all():
        verify.verify_stored(row)


def test_entries_are_read_twice_from_a_function(alone):
    journal = Foreign().report().report()
    begun = []

    def entries():
        begun.append(1)
        yield from journal.entries

    assert admit(signed=journal.signed(), entries=entries, key=journal.key).new == 3
    assert len(begun) == 2
    with pytest.raises(Broken, match="read twice"):
        admit(signed=journal.signed(), entries=iter(journal.entries), key=journal.key)


class Shelf:
    """A source that begins where it is told to."""

    def __init__(self, entries):
        self.all = entries

    def entries(self, start):
        yield from self.all[start:]


def test_a_source_is_told_where_to_begin(alone):
    journal = Foreign().report()
    admit(signed=journal.signed(), entries=Shelf(journal.entries), key=journal.key)
    journal.report().report()
    done = admit(signed=journal.signed(), entries=Shelf(journal.entries), key=journal.key)
    assert (done.size, done.new) == (4, 2)


def test_what_is_read_otherwise_the_second_time_is_refused(alone):
    journal, other = Foreign().report(), Foreign().report(subject="report/BY/other")
    told = iter([journal.entries, other.entries])

    with pytest.raises(NotAdmitted, match="a moment before"):
        admit(signed=journal.signed(), entries=lambda: next(told), key=journal.key)
    assert not Journal.objects.exists()
    still_writes(alone)


def test_bytes_that_turn_up_missing_the_second_time_are_refused(alone):
    """The root is the same, and still nobody has said that the entry was erased."""
    journal = Foreign().report().report()
    whole = list(journal.entries)
    told = iter([whole, [whole[0], Erased(journal.leaves[1]), whole[2]]])

    with pytest.raises(NotAdmitted, match="a moment before"):
        admit(signed=journal.signed(), entries=lambda: next(told), key=journal.key)


def test_an_entry_that_was_erased_before_it_came_is_kept_by_its_hash(alone):
    journal = Foreign().report(subject="report/BY/gone").report().erase(1)

    admit(**journal.news())

    row = Entry.objects.get(number=1)
    assert (bytes(row.data), row.kind, row.subject, row.at) == (b"", "", "", 0)
    assert history.entry(str(row.entry_id), reader=alone.officer(party="CRC")) is None
    assert [each.key for each in Report.objects.all()] == ["report/BY/3"]
    holds()
    journal.report()
    admit(**journal.news(start=4))
    holds()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda j: j.erase(1, hash="0" * 64), "does not stand so"),
        (lambda j: j.erase(1, index=9), "does not stand so"),
        (lambda j: j.erase(0), "cannot stand there"),
        (lambda j: j.erase(0, drop=False), "does not stand so"),
        (lambda j: j.erase(1).erase(3), "says what was erased|no entry says"),
        (lambda j: j.erase(1).erase(3, drop=False), "says what was erased"),
        (lambda j: j.entries.__setitem__(2, Erased(j.leaves[2])), "no entry says that it was erased"),
    ],
)
def test_what_is_empty_must_be_named_and_what_is_named_must_stand_so(alone, make, reason):
    journal = Foreign().report().report()
    make(journal)
    with pytest.raises(NotAdmitted, match=reason):
        admit(**journal.news())
    assert not Journal.objects.exists()


def test_an_erasing_entry_that_is_held_already_cannot_be_erased(alone):
    journal = Foreign().report().report().erase(1)
    admit(**journal.news())
    journal.erase(3, drop=False)
    with pytest.raises(NotAdmitted, match="says what was erased"):
        admit(**journal.news(start=4))
    holds()


@pytest.mark.parametrize("column", ["kind", "subject", "at", "entry_id"])
def test_columns_of_an_erased_entry_say_nothing(alone, column):
    admit(**Foreign().report().erase(1).news())
    row = Entry.objects.get(number=1)
    change(row.pk, column, {"at": 5, "entry_id": "0" * 32}.get(column, "report/BY/x"))
    with pytest.raises(Broken, match="columns of entry 1"):
        holds()
    change(row.pk, column, {"entry_id": row.entry_id.hex}.get(column, getattr(row, column)))
    holds()


def test_bytes_that_are_gone_without_an_entry_that_says_so_are_found(alone):
    admit(**Foreign().report().report().news())
    row = Entry.objects.get(number=1)
    good = {name: getattr(row, name) for name in ("kind", "subject", "at")}
    data, known = bytes(row.data), row.entry_id.hex
    leaf = checking.leaves_of([data])[0]
    for name, value in {"kind": "", "subject": "", "at": 0, "data": b""}.items():
        change(row.pk, name, value)
    change(row.pk, "entry_id", verify.erased_id(leaf).hex)
    with pytest.raises(Broken, match="no entry says that it was erased"):
        holds()
    for name, value in (good | {"data": data, "entry_id": known}).items():
        change(row.pk, name, value)


def change(pk, column, value):
    with connections["default"].cursor() as cursor:
        cursor.execute(f'UPDATE register_entry SET "{column}" = %s WHERE id = %s', [value, pk])  # noqa: S608


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("party", "KZ"), ("mode", "exercise"), ("level", "H0"), ("categories", "med"), ("parties", "*"),
        ("slug", "x"), ("epoch", 7), ("audience", "public"), ("continued", "x"), ("last_at", 7), ("ours", True),
    ],
)  # fmt: skip
def test_a_changed_row_of_a_journal_is_found(alone, column, value):
    admit(**Foreign().report().news())
    row = Journal.objects.get()
    old = getattr(row, column)
    Journal.objects.update(**{column: value})
    with pytest.raises(Broken, match=r"its row does not say|columns of entry 0"):
        holds()
    Journal.objects.update(**{column: old})


def test_several_journals_come_in_together_or_not_at_all(alone):
    good, bad = Foreign().report(), Foreign(party="KZ").report().report()
    bad.entries[1], bad.entries[2] = bad.entries[2], bad.entries[1]
    with pytest.raises(NotAdmitted, match=r"KZ.*time goes back"):
        admit_all([Incoming(**good.news()), Incoming(**bad.news())])
    assert not Journal.objects.exists()

    bad.entries[1], bad.entries[2] = bad.entries[2], bad.entries[1]
    done = admit_all([Incoming(**good.news()), Incoming(**bad.news())])
    assert [(each.origin, each.new) for each in done] == [(good.origin, 2), (bad.origin, 3)]
    with pytest.raises(Broken, match="two deliveries of one journal"):
        admit_all([Incoming(**good.news(start=2)), Incoming(**good.news(start=2))])


def test_one_subject_in_two_journals_of_one_bundle_is_refused(alone):
    one, two = Foreign().report(subject="report/BY/x"), Foreign(epoch=2).report(subject="report/BY/x")
    with pytest.raises(NotAdmitted, match="under another label"):
        admit_all([Incoming(**one.news()), Incoming(**two.news())])
    assert not Journal.objects.exists()


def test_what_another_thread_took_in_meanwhile_is_not_taken_in_twice(alone):
    journal = Foreign().report()
    readings = []

    def entries():
        readings.append(1)
        if len(readings) == 1:
            thread = threading.Thread(target=aside)
            thread.start()
            thread.join()
        return list(journal.entries)

    def aside():
        admit(**journal.news())
        connections["default"].close()

    with pytest.raises(Overtaken, match="from 0 to 2"):
        admit(signed=journal.signed(), entries=entries, key=journal.key)
    assert Entry.objects.count() == 2


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"v": 2}, "of a later version"),
        ({"subject": "no-owner"}, "kind/OWNER/name"),
        ({"subject": f"report/BY/{'x' * 250}"}, "longer than 200"),
        ({"label": LABEL.__class__(level="H0", categories=(), parties=("*",))}, "label"),
        ({"salt": "short"}, "salt"),
        ({"at": "2020-01-01T00:00:00.000000Z"}, "goes back"),
    ],
)
def test_an_entry_that_may_not_stand_is_named_and_the_pen_goes_on(alone, changed, reason):
    journal = Foreign().report(**changed)
    with pytest.raises(NotAdmitted, match=f"entry 1 .*{reason}"):
        admit(**journal.news())
    still_writes(alone)


def test_an_id_that_stands_already_is_refused_and_the_pen_goes_on(alone):
    still_writes(alone)
    taken = str(Entry.objects.get(subject="report/CRC/still-writing").entry_id)
    with pytest.raises(NotAdmitted):
        admit(**Foreign().report(id=taken).news())
    write(by=alone.officer(party="CRC"), subject="report/CRC/two")


def test_an_unknown_kind_is_kept_and_an_unfit_body_of_a_known_one_is_not(alone):
    admit(**Foreign().add("exchange.thing.of-tomorrow", {"x": 1}).news())
    assert Entry.objects.filter(kind="exchange.thing.of-tomorrow").exists()
    with pytest.raises(NotAdmitted, match="does not fit"):
        admit(**Foreign(party="KZ").add("exchange.report.submitted", {"x": 1}).news())


def test_a_journal_of_our_own_is_not_admitted_and_another_key_is_not_believed(alone):
    still_writes(alone)
    own = Journal.objects.get()
    with pytest.raises(NotAdmitted, match="writes that journal itself"):
        admit(signed=own.checkpoint, entries=[], key=own.key)
    with pytest.raises(NotAdmitted, match="do not agree"):
        admit(**Foreign(party="CRC", slug="h1-elsewhere").news())
    admit(**Foreign().report().news())
    stranger = Foreign(seed=b"stranger").report().report()
    with pytest.raises(NotAdmitted, match="another key"):
        admit(**stranger.news(start=2))


def test_a_second_opening_in_the_midst_of_a_journal_is_refused(alone):
    journal = Foreign()
    body = {"origin": journal.origin, "epoch": 1, "key": journal.key, "pack": "0" * 64}
    journal.add("register.journal.opened", body)
    with pytest.raises(NotAdmitted, match="by its first entry"):
        admit(**journal.news())


def test_much_is_taken_in_little_memory(alone):
    journal = Foreign()
    body = {"text": "x" * 600, "more": {"events": 1}}
    for _ in range(9_999):
        journal.add("exchange.thing.of-tomorrow", body)
    signed, whole = journal.signed(), journal.entries
    tracemalloc.start()
    try:
        assert admit(signed=signed, entries=whole, key=journal.key).new == 10_000
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16_000_000
    assert sum(map(len, whole)) > 9_000_000

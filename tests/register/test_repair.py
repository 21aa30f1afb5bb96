"""Everything that is damaged is found, and mended from what lies below it or from what a peer holds."""

import random

import pytest
from django.db import connections

from commonwatch.journal.export import Erased, write_folder
from commonwatch.register import erase, repair, verify
from commonwatch.register.admit import Overtaken
from commonwatch.register.models import Entry, Journal, Tile
from tests.register.conftest import write

COLUMNS = ("number", "entry_id", "kind", "subject", "at", "admitted_at", "data")


@pytest.fixture
def stored(small, tmp_path):
    """A journal of 603 entries, three bundles, of which one was erased; and the peer's copy of it as files."""
    for _ in range(2):
        small.clock.tick(minutes=1)
        write(by=small.officer(party="BY"), subject=f"report/BY/{_}", times=300)
    write(by=small.officer(party="KZ"), subject="report/KZ/one")
    place = Entry.objects.get(journal__party="BY", number=300)
    erase.erase(by=small.officer(party="BY"), entry=str(place.entry_id), ground="x")
    write(by=small.officer(party="BY"), subject="report/BY/last")
    copy(tmp_path / "peer", leaf=verify_leaf(300))
    return small


def verify_leaf(number):
    row = Tile.objects.get(journal__party="BY", level=0, number=number // 256)
    return bytes(row.data)[number % 256 * 32 :][:32]


def journal():
    return Journal.objects.get(party="BY")


def copy(folder, *, leaf):
    entries = [bytes(each.data) or Erased(leaf) for each in stored_entries()]
    write_folder(folder, checkpoint=journal().checkpoint, entries=entries)


def stored_entries():
    return Entry.objects.filter(journal__party="BY").order_by("number")


@pytest.fixture
def fetch(tmp_path):
    asked = []

    def get(path):
        asked.append(path)
        return (tmp_path / "peer" / path).read_bytes()

    get.asked = asked
    return get


def everything():
    entries = list(Entry.objects.order_by("journal", "number").values_list("journal", *COLUMNS))
    tiles = list(Tile.objects.order_by("journal", "level", "number").values_list("level", "number", "data"))
    rows = list(Journal.objects.order_by("pk").values())
    return (
        [(*rest, bytes(data)) for *rest, data in entries],
        [(level, number, bytes(data)) for level, number, data in tiles],
        rows,
    )


def run(statement, *values):
    with connections["default"].cursor() as cursor:
        cursor.execute(statement, values)


def spoil(table, where, *given, column="data", value=None):
    """Change a column of one row; of bytes one bit."""
    with connections["default"].cursor() as cursor:
        if value is None:
            cursor.execute(f"SELECT {column} FROM {table} WHERE {where}", given)  # noqa: S608
            old = bytes(cursor.fetchone()[0])
            value = bytes([old[0] ^ 1]) + old[1:]
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {where}", (value, *given))  # noqa: S608


def entry(number):
    return "register_entry", "journal_id = %s AND number = %s", journal().pk, number


def tile(level, number):
    return "register_tile", "journal_id = %s AND level = %s AND number = %s", journal().pk, level, number


def places(row=None):
    return {each.place for each in repair.damaged(row or journal())}


def test_what_holds_has_no_damage(stored, fetch):
    assert repair.damaged(journal()) == []
    assert repair.mend(journal(), fetch) == []
    assert fetch.asked == []
    assert repair.faults_of_file() == []


def test_all_places_are_found_and_mended(stored, fetch):
    good = everything()
    spoil(*entry(7))
    spoil(*entry(8))
    spoil(*entry(520))
    spoil(*tile(0, 0))
    spoil(*tile(1, 0))
    spoil(*entry(400), column="subject", value="report/BY/other")
    assert places() >= {
        "tile/entries/000", "tile/entries/001", "tile/entries/002.p/91", "tile/0/000", "tile/1/000.p/2",
    }  # fmt: skip

    done = repair.mend(journal(), fetch)

    assert {each.place for each in done} == {
        "tile/entries/000", "tile/entries/001", "tile/entries/002.p/91", "tile/0/000", "tile/1/000.p/2",
    }  # fmt: skip
    assert everything() == good
    assert places() == set()


@pytest.mark.parametrize("place", [(0, 0), (0, 2), (1, 0)])
def test_a_tile_is_made_anew_from_what_lies_below_it(stored, fetch, place):
    good = everything()
    spoil(*tile(*place))
    assert len(places()) == 1
    repair.mend(journal(), fetch)
    assert fetch.asked == []
    assert everything() == good


def test_entries_that_are_gone_or_stand_elsewhere_are_put_back(stored, fetch):
    good = everything()
    run("DELETE FROM register_entry WHERE journal_id = %s AND number = 3", journal().pk)
    spoil(*entry(9), column="number", value=9000)
    run("DELETE FROM register_tile WHERE journal_id = %s AND number = 1", journal().pk)
    assert places() == {"tile/entries/000", "tile/entries", "tile/0/001"}
    repair.mend(journal(), fetch)
    assert everything() == good


@pytest.mark.parametrize(
    ("column", "value"),
    [("level", "H0"), ("parties", "*"), ("size", 5), ("root", "0" * 64), ("checkpoint", "x"), ("last_at", 1)],
)
def test_the_row_of_a_journal_is_mended(stored, fetch, column, value):
    good = everything()
    Journal.objects.filter(party="BY").update(**{column: value})
    assert places() & {"row", "checkpoint"}
    repair.mend(journal(), fetch)
    assert everything() == good


def test_what_was_erased_stays_erased_and_what_is_empty_without_a_word_is_fetched(stored, fetch):
    good = everything()
    spoil(*entry(300), column="subject", value="x")
    for column, value in {"data": b"", "kind": "", "subject": "", "at": 0}.items():
        spoil(*entry(12), column=column, value=value)
    assert places() == {"tile/entries/001", "tile/entries/000"}
    repair.mend(journal(), fetch)
    assert everything() == good


def test_bytes_that_came_back_are_taken_away_again(stored, fetch):
    good = everything()
    row = journal()
    erasing = Entry.objects.get(journal=row, kind="register.entry.erased")
    spoil(*entry(erasing.number), column="data", value=bytes(erasing.data))
    run("UPDATE register_entry SET data = %s WHERE journal_id = %s AND number = 300", b"{}", row.pk)
    assert "tile/entries/001" in places()
    repair.mend(journal(), fetch)
    assert everything() == good


def test_nothing_is_believed_that_does_not_give_the_hash(stored, fetch, tmp_path):
    spoil(*entry(7))
    spoiled = everything()
    path = tmp_path / "peer" / "tile/entries/000"
    data = path.read_bytes()
    path.write_bytes(data.replace(b"report", b"repork"))
    with pytest.raises(repair.NotMended, match="not what was signed"):
        repair.mend(journal(), fetch)
    path.unlink()
    with pytest.raises(repair.NotMended):
        repair.mend(journal(), fetch)
    assert everything() == spoiled
    path.write_bytes(data)
    repair.mend(journal(), fetch)


def test_a_journal_that_has_grown_meanwhile_is_surveyed_again(stored, fetch):
    spoil(*entry(7))

    def slow(path):
        write(by=stored.officer(party="BY"), subject="report/BY/meanwhile")
        return fetch(path)

    with pytest.raises(Overtaken):
        repair.mend(journal(), slow)
    repair.mend(journal(), fetch)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_damaged_at_random_is_mended(stored, fetch, seed):
    good, dice = everything(), random.Random(seed)
    tiles = list(Tile.objects.filter(journal=journal()).values_list("level", "number"))
    numbers = [each for each in range(602) if each != 300]
    for _ in range(dice.randrange(1, 9)):
        if dice.random() < 0.4:
            spoil(*tile(*dice.choice(tiles)))
        elif dice.random() < 0.7:
            spoil(*entry(dice.choice(numbers)))
        else:
            column, value = dice.choice([("kind", "x.y"), ("at", 5), ("admitted_at", 5)])
            spoil(*entry(dice.choice(numbers)), column=column, value=value)
    assert places()
    repair.mend(journal(), fetch)
    assert everything() == good
    verify.verify_stored(journal())

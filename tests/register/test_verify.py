"""Any flipped bit that was stored is found; rebuilt tables are the same to the byte."""

import random

import pytest
from django.db import connection

from commonwatch.errors import Broken
from commonwatch.register import fold, rebuild, verify
from commonwatch.register.models import Entry, Journal, Tile
from tests.register.conftest import CENTER, write


@pytest.fixture
def full(small):
    for party in ("BY", "KZ"):
        write(by=small.officer(party=party), subject=f"report/{party}/r", times=300)
    write(by=small.officer(party="BY"), subject="report/BY/narrow", label=CENTER)
    return small


def verify_all():
    for row in Journal.objects.order_by("pk"):
        verify.verify_stored(row)


def flipped(data, place):
    changed = bytearray(data)
    changed[place // 8] ^= 1 << (place % 8)
    return bytes(changed)


def test_flipped_bits_in_entries_and_tiles_are_found(full):
    verify_all()
    dice = random.Random(7)
    rows = [(Entry, row) for row in Entry.objects.all()] + [(Tile, row) for row in Tile.objects.all()]
    for model, row in dice.sample(rows, 60):
        good = bytes(row.data)
        bad = flipped(good, dice.randrange(len(good) * 8))
        model.objects.filter(pk=row.pk)._update([(model._meta.get_field("data"), None, bad)])
        with pytest.raises(Broken):
            verify_all()
        model.objects.filter(pk=row.pk)._update([(model._meta.get_field("data"), None, good)])
    verify_all()


@pytest.mark.parametrize("column", ["subject", "kind", "at", "number"])
def test_a_changed_column_is_found(full, column):
    value = {"at": 5, "number": 5000}.get(column, "report/BY/other")
    row = Entry.objects.filter(number=7).first()
    old = getattr(row, column)
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE register_entry SET "{column}" = %s WHERE id = %s', [value, row.pk])  # noqa: S608
    with pytest.raises(Broken):
        verify_all()
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE register_entry SET "{column}" = %s WHERE id = %s', [old, row.pk])  # noqa: S608


def test_a_dropped_entry_is_found(full):
    row = Entry.objects.filter(number=9).first()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE register_entry SET number = number + 100000 WHERE id = %s", [row.pk])
    with pytest.raises(Broken, match="entry 9 is not there"):
        verify_all()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE register_entry SET number = number - 100000 WHERE id = %s", [row.pk])


def test_rebuilding_gives_the_same_tables(full):
    before = fold.snapshot()
    assert rebuild.rebuild() == Entry.objects.count()
    assert fold.snapshot() == before


def test_a_row_changed_by_hand_is_named(full):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE exchange_report SET state = 'nil' WHERE \"key\" = 'report/BY/narrow'")
    assert rebuild.differing() == ["exchange_report"]
    rebuild.rebuild()
    assert rebuild.differing() == []

"""One rule of reading, decided four ways: the design's words, the charter, `visible_to`, and the database itself."""

import pytest

from commonwatch.register.models import Journal
from tests.conftest import database
from tests.house import labels


@pytest.fixture(autouse=True)
def unblocked(django_db_blocker):
    with django_db_blocker.unblock():
        yield


def test_the_charter_decides_as_the_design_says():
    compared = labels.by_the_charter()
    assert (compared.cases, compared.differences) == (138_240, [])


def test_visible_to_decides_as_the_design_says(tmp_path):
    assert [(each.cases, each.differences) for each in labels.on_sqlite(tmp_path)] == [(138_240, [])]


@pytest.mark.postgresql
def test_postgresql_decides_as_the_design_says_with_visible_to_and_without(tmp_path, postgres_url):
    compared = labels.on_postgresql(tmp_path, postgres_url)
    assert [(each.cases, each.differences) for each in compared] == [(138_240, [])] * 2


def test_a_difference_is_found_told_and_fails(tmp_path, capsys):
    with database("default", tmp_path / "labels.sqlite3"), labels.at_a_node(tmp_path) as known:
        public = Journal.objects.filter(level="low", categories="", parties="*").first()
        Journal.objects.filter(pk=public.pk).update(parties="KZ")
        compared = labels.by_visible_to(known, on="SQLite")
    assert compared.differences
    assert {originator for _label, originator, _viewer in compared.differences} == {public.party}
    assert labels.tell([compared], without=False) == 1
    assert (
        f"138,240 label cases compared, {len(compared.differences):,} differences" in capsys.readouterr().out
    )


def test_what_is_left_out_is_said_and_fails_where_all_must_be_compared(monkeypatch, capsys):
    monkeypatch.delenv("CI", raising=False)
    assert labels.tell([], without=True) == 0
    monkeypatch.setenv("CI", "true")
    assert labels.tell([], without=True) == 1
    assert "left out: PostgreSQL" in capsys.readouterr().out

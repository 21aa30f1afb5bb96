"""The stream over more journals than are asked at once."""

from itertools import combinations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from commonwatch.charter.label import Label
from commonwatch.desks.exchange import board
from commonwatch.desks.exchange.models import Report
from tests.register.conftest import small, write

__all__ = ["small"]


def spread(house, *, tick):
    """Let three parties write under fifteen labels each that the Center may read."""
    others = [some for count in range(3) for some in combinations(("AM", "BY", "KZ"), count)]
    labels = [Label(level=level, parties=(*some, "CRC")) for level in ("H1", "H2") for some in others]
    for number, label in enumerate([*labels, *labels[:3]]):
        for party in ("AM", "BY", "KZ"):
            house.clock.tick(minutes=tick)
            write(by=house.officer(party=party), subject=f"report/{party}/{number}", label=label)


def brute(reader, count):
    rows = Report.objects.visible_to(reader).order_by("-last_at", "key")[:count]
    return [row.key for row in rows]


def test_the_latest_are_the_latest_of_all_journals(small):
    spread(small, tick=1)
    reader = small.officer(party="CRC")
    assert len(reader.shelves) > board.AT_ONCE
    for count in (1, 5, 20, 200):
        assert [row.key for row in board.stream(reader, count=count)] == brute(reader, count)


def test_rows_of_one_moment_stand_in_the_order_of_their_names(small):
    spread(small, tick=0)
    reader = small.officer(party="CRC")
    assert [row.key for row in board.stream(reader, count=20)] == brute(reader, 20)


def test_journals_silent_for_longer_are_not_asked(small):
    spread(small, tick=1)
    reader = small.officer(party="CRC")
    assert len(reader.shelves) > board.AT_ONCE
    with CaptureQueriesContext(connection) as queries:
        board.stream(reader, count=5)
    assert len(queries) == 2


def test_one_party_may_be_asked_for_or_left_out(small):
    spread(small, tick=1)
    reader = small.officer(party="CRC")
    assert {row.party for row in board.stream(reader, by="KZ")} == {"KZ"}
    assert {row.party for row in board.stream(reader, besides="KZ")} == {"AM", "BY"}

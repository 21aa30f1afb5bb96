"""On SQLite there is no second wall, and none is paid for."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from commonwatch.desks.exchange.models import Report
from commonwatch.register import wall
from tests.register.conftest import write


def test_the_wall_is_nothing_and_asks_nothing(small):
    by = small.officer(party="BY")
    write(by=by)
    by.again()
    assert by.reach
    with CaptureQueriesContext(connection) as queries, wall.open():
        assert len(Report.objects.visible_to(by)) == 1
        wall.shut()
    assert len(queries) == 1
    assert Report.objects.count() == 1
    assert not wall.stands()
    assert wall.build(using="default") == []

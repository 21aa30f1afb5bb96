"""A projection is written by the register and by nobody else."""

import pytest

from commonwatch.desks.exchange.models import Report
from commonwatch.errors import Broken
from tests.register.conftest import write


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: Report.objects.update(state="nil"),
        lambda: Report.objects.all().delete(),
        lambda: Report.objects.create(key="x"),
        lambda: Report.objects.get().save(),
        lambda: Report.objects.get().delete(),
        lambda: Report.objects.bulk_create([]),
    ],
)
def test_writing_a_row_by_hand_is_refused(small, attempt):
    write(by=small.officer(party="BY"))
    with pytest.raises(Broken, match="append a fact"):
        attempt()

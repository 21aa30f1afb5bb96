"""Houses of the small organisation."""

from contextlib import ExitStack

import pytest

from commonwatch.charter.label import Label
from commonwatch.desks.exchange.facts import ReportSubmitted
from commonwatch.register import log
from commonwatch.register import node as nodes
from tests.conftest import lived_in
from tests.small import PACK

MEMBERS = Label(level="H1", parties=("AM", "BY", "CRC", "KZ"))
CENTER = Label(level="H2", parties=("BY", "CRC"))


@pytest.fixture
def small(tmp_path, empty_database, django_db_blocker):
    """The Center's node of the small organisation."""
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        made = stack.enter_context(lived_in(path=tmp_path / "node", pack=PACK, empty=empty_database))
        nodes.install(made.node)
        stack.callback(nodes.install, None)
        yield made
        made.check()


@log.turn
def write(*, by, subject="report/BY/one", label=MEMBERS, values=None, refs=(), known_at=None, times=1):
    """File some report without the desk's rules."""
    fact = ReportSubmitted(type="D1", owes=by.party, period="2026-09-14", values=values or {"events": 1})
    drafts = [
        log.Draft(fact, subject if times == 1 else f"{subject}-{index}", label, tuple(refs), known_at)
        for index in range(times)
    ]
    return log.append_many(drafts, by=by)

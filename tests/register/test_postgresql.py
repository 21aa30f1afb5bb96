"""The register and the exchange on PostgreSQL: the same tests, with the houses on databases of their own."""

from contextlib import ExitStack

import pytest

from commonwatch.register import node as nodes
from tests.conftest import lived_in
from tests.exchange import test_acts
from tests.postgresql import fresh_url, standing_on, template_url  # noqa: F401 - fixtures of this module
from tests.register import test_admit, test_log, test_models, test_verify
from tests.register.test_verify import full  # noqa: F401 - a fixture of this module
from tests.small import PACK

pytestmark = pytest.mark.postgresql

LEFT_OUT = {
    # puts files of SQLite back; what it shows hangs on the guard, not on the database
    "test_a_database_put_back_from_an_old_backup_opens_read_only",
}

globals().update(
    {
        name: test
        for module in (test_log, test_admit, test_models, test_verify, test_acts)
        for name, test in vars(module).items()
        if name.startswith("test_") and name not in LEFT_OUT
    }
)


@pytest.fixture
def living(tmp_path, empty_database, fresh_url, django_db_blocker):  # noqa: F811 - the fixture imported above
    """A function that opens a house on a fresh PostgreSQL database until the test ends."""
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())

        def live(*, folder="node", alias="default", **house):
            made = lived_in(path=tmp_path / folder, alias=alias, empty=empty_database, **house)
            opened = stack.enter_context(made)
            stack.enter_context(standing_on(alias, fresh_url()))
            return opened

        yield live


@pytest.fixture
def small(living):
    """The Center's node of the small organisation."""
    yield from installed(living(pack=PACK))


@pytest.fixture
def house(living, packs):
    """The Center's node, hosting every party."""
    yield from installed(living(pack=packs["csto"]))


@pytest.fixture
def two(living):
    """The node of Belarus and the node of the Center, in one process."""
    belarus = living(folder="by", pack=PACK, party="BY", alias="belarus", hosted=())
    center = living(folder="crc", pack=PACK, alias="center", hosted=(), seed=2)
    yield belarus, center
    for each in (belarus, center):
        with nodes.use(each.node):
            each.check()


def installed(made):
    nodes.install(made.node)
    try:
        yield made
        made.check()
    finally:
        nodes.install(None)

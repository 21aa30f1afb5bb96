"""The second wall: on PostgreSQL the database itself gives out only what is within reach."""

import threading
from contextlib import ExitStack, closing

import psycopg
import pytest
from django.core.signals import request_started
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from commonwatch.charter.label import Label
from commonwatch.desks.exchange.models import Report
from commonwatch.journal import receipt, verify
from commonwatch.register import fold, history, log, seal, wall
from commonwatch.register import node as nodes
from commonwatch.register.models import Entry, Journal
from tests.conftest import lived_in
from tests.exchange.test_acts import file
from tests.federation.test_serving import Served
from tests.postgresql import fresh_url, standing_on, template_url  # noqa: F401 - fixtures of this module
from tests.register.conftest import MEMBERS, write
from tests.small import PACK

OWN = Label(level="H1", parties=("BY",))


@pytest.fixture
def opened(tmp_path, empty_database, fresh_url, django_db_blocker):  # noqa: F811 - the fixture imported above
    """A function that opens a house on PostgreSQL for the length of the test."""
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())

        def begin(pack):
            made = stack.enter_context(lived_in(path=tmp_path / "node", pack=pack, empty=empty_database))
            stack.enter_context(standing_on("default", fresh_url()))
            nodes.install(made.node)
            stack.callback(nodes.install, None)
            stack.callback(made.check)
            return made

        yield begin


@pytest.fixture
def walled(opened):
    """A small house with one report of Belarus for all members, one of its own, and one of Kazakhstan's own."""
    made = opened(PACK)
    write(by=made.officer(party="BY"), subject="report/BY/all", label=MEMBERS)
    write(by=made.officer(party="BY"), subject="report/BY/own", label=OWN)
    write(by=made.officer(party="KZ"), subject="report/KZ/own", label=Label(level="H1", parties=("KZ",)))
    request_started.send(sender=None)
    return made


@pytest.fixture
def big(opened, packs):
    """The Center's house on PostgreSQL."""
    return opened(packs["csto"])


def raw():
    """What a query finds that asks the table and nobody else."""
    with connection.cursor() as cursor:
        cursor.execute('SELECT "key" FROM "exchange_report" ORDER BY "key"')
        return [key for (key,) in cursor.fetchall()]


def holds(setting):
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", (setting,))
        return cursor.fetchone()[0]


pytestmark = pytest.mark.postgresql
ALL = ["report/BY/all", "report/BY/own", "report/KZ/own"]


def test_a_query_that_asks_nobody_finds_nothing_on_a_fresh_connection(walled):
    connection.close()
    assert raw() == []
    assert Entry.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute('SELECT count(*) FROM "register_tile"')
        assert cursor.fetchone() == (0,)


def test_with_the_reach_of_a_reader_it_finds_what_is_that_readers(walled):
    by = walled.officer(party="BY")
    assert Report.objects.visible_to(by).count() == 2
    assert raw() == ["report/BY/all", "report/BY/own"]


def test_a_request_begins_with_nothing_within_reach(walled):
    list(Report.objects.visible_to(walled.officer(party="BY")))
    assert raw() != []
    assert walled.client().get("/sign-in/").status_code == 200
    assert raw() == []


def test_two_requests_of_two_readers_on_one_connection_do_not_meet(walled):
    for party, keys in (("BY", ALL[:2]), ("KZ", ["report/BY/all", "report/KZ/own"]), ("AM", ALL[:1])):
        request_started.send(sender=None)
        list(Report.objects.visible_to(walled.officer(party=party)))
        assert raw() == keys


def test_inside_the_wall_every_row_is_there_and_afterwards_none(walled):
    with wall.open(), wall.open():
        assert raw() == ALL
    assert raw() == []


def test_a_turn_reads_and_writes_and_leaves_the_wall_shut(walled):
    @log.turn
    def look():
        return raw()

    assert look() == ALL
    assert raw() == []
    assert holds(wall.WORK) == ""


def test_a_turn_that_is_undone_leaves_the_wall_shut(walled):
    @log.turn
    def fail():
        write(by=walled.officer(party="BY"), subject="report/BY/lost", label=OWN)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert raw() == []
    with wall.open():
        assert raw() == ALL


def test_a_failed_statement_leaves_the_wall_shut(walled):
    with pytest.raises(DatabaseError), transaction.atomic(), wall.open(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM nowhere")
    assert raw() == []


def test_what_a_rollback_took_out_of_reach_comes_back_with_the_next_query(walled):
    by = walled.officer(party="BY")
    with transaction.atomic():
        assert Report.objects.visible_to(by).count() == 2
        transaction.set_rollback(True)
    assert raw() == []
    assert Report.objects.visible_to(by).count() == 2


def test_a_request_that_was_undone_midway_still_begins_with_nothing(walled):
    with transaction.atomic():
        list(Report.objects.visible_to(walled.officer(party="BY")))
    request_started.send(sender=None)
    assert raw() == []


def test_a_query_sent_long_after_it_was_put_together_finds_its_rows(walled):
    rows = Report.objects.visible_to(walled.officer(party="BY")).order_by("key")
    wall.shut()
    assert [row.key for row in rows] == ALL[:2]
    found = []

    def elsewhere():
        found.extend(rows.all().values_list("key", flat=True))
        connections.close_all()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == ALL[:2]


def test_two_readers_of_one_request_do_not_hide_rows_from_each_other(walled):
    first = Report.objects.visible_to(walled.officer(party="BY"))
    second = Report.objects.visible_to(walled.officer(party="KZ"))
    inner = Report.objects.visible_to(walled.officer(party="KZ")).filter(key__in=first.values("key"))
    assert (first.count(), second.count(), inner.count()) == (2, 2, 1)


def test_a_reader_is_told_to_the_database_once(walled):
    by = walled.officer(party="BY")
    assert by.reach
    with CaptureQueriesContext(connection) as queries:
        for _time in range(3):
            list(Report.objects.visible_to(by))
    assert len(queries) == 4


def test_nothing_can_be_written_from_outside(walled):
    list(Report.objects.visible_to(walled.officer(party="KZ")))
    with connection.cursor() as cursor:
        cursor.execute('DELETE FROM "exchange_report" WHERE "key" = %s', ["report/BY/own"])
        assert cursor.rowcount == 0
        with pytest.raises(DatabaseError, match="row-level security"):
            cursor.execute('UPDATE "exchange_report" SET "journal_id" = 1000')


def test_every_table_that_visible_to_guards_stands_behind_the_wall(walled):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_policies ON tablename = relname"
            " WHERE relrowsecurity AND relforcerowsecurity AND cmd = 'ALL' AND qual LIKE '%commonwatch.reach%'"
        )
        found = {name for (name,) in cursor.fetchall()}
    assert found == {each._meta.db_table for each in fold.tables()} | {"register_entry", "register_tile"}
    assert wall.stands()


def test_a_table_without_it_gets_it_with_the_next_migration(walled):
    assert wall.build(using="default") == []
    with connection.cursor() as cursor:
        cursor.execute(f'DROP POLICY {wall.POLICY} ON "exchange_slip"')
        cursor.execute('ALTER TABLE "exchange_report" NO FORCE ROW LEVEL SECURITY')
    assert not wall.stands()
    assert raw() == ALL
    assert wall.build(using="default") == ["exchange_report", "exchange_slip"]
    assert wall.stands()
    assert raw() == []


def test_a_superuser_walks_through_and_it_is_said(walled, postgres_url):
    name = connection.settings_dict["NAME"]
    through = postgres_url.rpartition("/")[0] + f"/{name}"
    assert not wall.walked_through()
    with standing_on("default", through):
        assert wall.walked_through()
        assert not wall.stands()
        assert raw() == ALL


def test_the_index_of_the_journal_is_still_used_and_the_settings_are_read_once(walled):
    with wall.open(), connection.cursor() as cursor:
        cursor.execute('SELECT * FROM "exchange_report" LIMIT 1')
        columns = [f'"{each.name}"' for each in cursor.description]
        chosen = ", ".join(
            {'"key"': "'x/' || j || '/' || n", '"journal_id"': "1000 + j"}.get(each, each) for each in columns
        )
        cursor.execute(
            f'INSERT INTO "exchange_report" ({", ".join(columns)})'  # noqa: S608 - names of columns
            f' SELECT {chosen} FROM (SELECT * FROM "exchange_report" LIMIT 1) r,'
            " generate_series(1, 100) j, generate_series(1, 100) n"
        )
        cursor.execute("ANALYZE")
    rows = Report.objects.visible_to(walled.officer(party="BY")).order_by("-last_at")
    plan = rows.explain(analyze=True)
    assert "Index Cond" in plan or "Bitmap Index Scan" in plan
    assert "Seq Scan" not in plan
    assert {f"InitPlan {place}" for place in (1, 2)} <= {line.strip() for line in plan.splitlines()}
    with wall.open(), connection.cursor() as cursor:
        cursor.execute('DELETE FROM "exchange_report" WHERE "journal_id" > 1000')


def test_the_register_proves_itself_from_behind_the_wall(walled):
    walled.check()
    seal.check_guard(walled.node)
    assert raw() == []


def test_tiles_and_receipts_are_served_to_those_who_may_read_them(big):
    done = file(big, "BY")
    origin = Journal.objects.exclude(parties="*").filter(party="BY").order_by("-size").first().origin
    client = big.client("BY", "na-officer")
    key = client.get(f"/journals/{origin}/key").content.decode().strip()
    assert verify.verify_journal(Served(client, origin), vkey=key, entries="strict").checkpoint.size > 1
    given = client.get(f"/receipts/{done.entry}/").content
    assert receipt.verify_receipt(given, vkey=None).checkpoint.origin.startswith("csto/BY/")
    by = big.na("KZ")
    assert history.entry(done.entry, reader=by)
    assert client.get("/").status_code == 200


def test_the_bytes_of_the_record_can_still_be_dumped_by_its_operator(walled):
    with closing(psycopg.connect(dump_url(connection.settings_dict))) as dumper:
        assert dumper.execute('SELECT count(*) FROM "exchange_report"').fetchone() == (3,)


def dump_url(said):
    where = f"{said['USER']}:{said['PASSWORD']}@{said['HOST']}:{said['PORT']}/{said['NAME']}"
    return f"postgresql://{where}?options=-c%20commonwatch.work%3Don"

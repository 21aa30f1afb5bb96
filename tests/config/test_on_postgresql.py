"""The commands on a node that keeps its record in PostgreSQL."""

import json
import os
import re
import shlex
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from bench.serving import Client, encode
from tests import postgres
from tests.config.conftest import ROOT, Shell
from tests.config.test_serving import serving
from tests.postgres import create, postgres_url

__all__ = ["postgres_url"]
pytestmark = pytest.mark.postgresql
EACH = 20
D1 = ("submit", "--as", "BY/na-officer", "--type", "D1", "--period", f"{datetime.now(UTC):%Y-%m-%d}", "--nil")


class OnPostgresql(Shell):
    """A shell whose node keeps its record in a PostgreSQL database of its own."""

    def __init__(self, home, url):
        super().__init__(home)
        self.url = url

    def env(self, **more):
        return super().env(DATABASE_URL=self.url, **more)


@pytest.fixture
def shell(tmp_path, postgres_url):
    made = OnPostgresql(tmp_path / "home", create(postgres_url))
    made.well("init")
    return made


def test_a_node_on_postgresql_is_made_written_proved_and_folded_anew(shell):
    assert "made" not in shell.well("init").split()
    shell.well(*D1)
    proved = json.loads(shell.well("verify", "--tables", "--json"))
    entries = sum(each["entries"] for each in proved["journals"])
    assert entries >= 3
    assert json.loads(shell.well("rebuild", "--json"))["entries"] == entries
    assert not list(shell.home.glob("*.sqlite3"))


def test_the_doctor_looks_at_what_keeps_a_commit_safe(shell):
    done = shell("doctor", "--json")
    found = {each["subject"]: each for each in json.loads(done.stdout)["found"]}
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert found[name]["state"] == ("WRONG" if found[name]["says"].startswith("off") else "OK")
    wrong = any(each["state"] == "WRONG" for each in found.values())
    assert done.returncode == (3 if wrong else 0)


def test_a_backup_names_the_line_for_pg_dump_without_the_password(shell, tmp_path):
    shell.well(*D1)
    done = json.loads(shell.well("backup", tmp_path / "safe", "--json"))
    assert done["command"].startswith("pg_dump --format=custom --enable-row-security --file=")
    assert "keys/BY.seed" in done["files"]


def test_what_pg_dump_is_told_to_copy_is_the_whole_record(shell, postgres_url, tmp_path):
    shell.well(*D1)
    line = shlex.split(json.loads(shell.well("backup", tmp_path / "safe", "--json"))["command"])
    programs, fresh = postgres.programs() / "bin", create(postgres_url)
    secret = {**os.environ, "PGPASSWORD": urlsplit(shell.url).password}
    subprocess.run([programs / line[0], *line[1:]], check=True, env=secret)
    file = next(each.removeprefix("--file=") for each in line if each.startswith("--file="))
    subprocess.run([programs / "pg_restore", f"--dbname={fresh}", "--no-owner", file], check=True, env=secret)
    restored = OnPostgresql(shell.home, fresh)
    before, after = (json.loads(each.well("verify", "--tables", "--json")) for each in (shell, restored))
    assert after["journals"] == before["journals"] != []
    assert state(restored, "second wall") == "OK"


def test_the_doctor_and_the_server_say_when_the_role_walks_through_the_second_wall(shell, postgres_url):
    assert state(shell, "second wall") == "OK"
    through = OnPostgresql(shell.home, postgres_url.rpartition("/")[0] + urlsplit(shell.url).path)
    assert state(through, "second wall") == "WARN"
    with serving(through) as (_port, served):
        assert "second wall" in served.stdout.readline()


def state(shell, subject):
    """Say what the doctor finds of one subject."""
    found = json.loads(shell("doctor", "--json").stdout)["found"]
    return next(each["state"] for each in found if each["subject"] == subject)


def test_several_processes_serve_one_postgresql(shell):
    with serving(shell, "--workers", "2") as (port, _served):
        for _time in range(8):
            with urlopen(f"http://127.0.0.1:{port}/") as answer:
                assert answer.status == 200
        shell.well(*D1)
    shell.well("verify")


def test_several_servers_the_worker_and_commands_write_at_once(shell):
    shell.well("user", "add", "by-na-1", "--party", "BY", "--office", "na-officer", "--no-password")
    key = shell.well("token", "add", "by-na-1", "--client", "prog").strip()
    told = []
    with (
        serving(shell, "--workers", "2") as (one, _first),
        serving(shell, "--workers", "2") as (other, _second),
    ):
        worker = beside(shell, "remind", "--every", "1")
        posting = [
            threading.Thread(target=post, args=(port, key, f"p{number}", told))
            for number, port in enumerate((one, other, one, other))
        ]
        for each in posting:
            each.start()
        told.append(json.loads(shell.well(*D1, "--print-json"))["reports"][0])
        for each in posting:
            each.join()
        assert worker.poll() is None, worker.stderr.read()
        worker.terminate()
        worker.communicate(timeout=30)
    numbers = sorted(each["number"] for each in told)
    assert len(numbers) == len(set(numbers)) == 4 * EACH + 1
    proved = json.loads(shell.well("verify", "--tables", "--json"))
    sizes = {each["origin"]: each["entries"] for each in proved["journals"]}
    assert sizes["csto/BY/real/h1-members/1"] > numbers[-1]


def post(port, key, name, told):
    """Post single reports, one after the other, and keep what was acknowledged."""
    client = Client(port, key=key)
    for number in range(EACH):
        day = f"2026-{number % 9 + 1:02d}-{number % 27 + 1:02d}"
        body = {"type": "D1", "period": day, "nil": True, "ref": f"{name}-{number}"}
        status, answer = client.post("/api/reports", encode(body))
        assert status == 201, answer
        told.append(json.loads(answer))
    client.close()


def beside(shell, *words):
    """Start a command that goes on."""
    command = [sys.executable, "-m", "commonwatch", *words]
    return subprocess.Popen(command, cwd=ROOT, env=shell.env(), stderr=subprocess.PIPE, text=True)


def test_the_table_of_entries_may_lie_in_partitions(shell):
    import psycopg

    shell.well(*D1)
    before = json.loads(shell.well("verify", "--json"))["journals"]
    page = (ROOT / "docs/operating/sizing.md").read_text()
    with psycopg.connect(shell.url, autocommit=True) as connection:
        connection.execute(re.search(r"```sql\n(.*?)```", page, re.DOTALL).group(1))
    assert state(shell, "second wall") == "WARN"
    shell.well("init")
    assert state(shell, "second wall") == "OK"
    assert json.loads(shell.well("verify", "--tables", "--json"))["journals"] == before
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    shell.well("submit", "--as", "BY/na-officer", "--type", "D1", "--period", yesterday, "--nil")
    after = json.loads(shell.well("verify", "--tables", "--json"))["journals"]
    assert sum(each["entries"] for each in after) > sum(each["entries"] for each in before)
    with psycopg.connect(shell.url) as connection:
        counted = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'register_entry'::regclass"
        assert connection.execute(counted).fetchone() == (4,)


def test_a_database_that_cannot_be_reached_is_told_in_a_sentence(tmp_path):
    shell = OnPostgresql(tmp_path / "home", "postgresql://nobody@127.0.0.1:1/none")
    done = shell("init")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "database" in done.stderr.lower()

"""The commands on a node that keeps its record in PostgreSQL."""

import json
from datetime import UTC, datetime
from urllib.request import urlopen

import pytest

from tests.config.conftest import Shell
from tests.config.test_serving import serving
from tests.postgres import create, postgres_url

__all__ = ["postgres_url"]
pytestmark = pytest.mark.postgresql
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
    assert "3 entries in 1 journal verified" in shell.well("verify", "--tables")
    assert json.loads(shell.well("rebuild", "--json"))["entries"] == 3
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
    assert done["command"].startswith("pg_dump --format=custom --file=")
    assert "--dbname=" in done["command"]
    assert "keys/BY.seed" in done["files"]


def test_several_processes_serve_one_postgresql(shell):
    with serving(shell, "--workers", "2") as (port, _served):
        for _time in range(8):
            with urlopen(f"http://127.0.0.1:{port}/") as answer:
                assert answer.status == 200
        shell.well(*D1)
    shell.well("verify")


def test_a_database_that_cannot_be_reached_is_told_in_a_sentence(tmp_path):
    shell = OnPostgresql(tmp_path / "home", "postgresql://nobody@127.0.0.1:1/none")
    done = shell("init")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "database" in done.stderr.lower()

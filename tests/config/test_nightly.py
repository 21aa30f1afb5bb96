"""`commonwatch nightly`, and what `verify`, `doctor` and `backup` know of the logs."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

from commonwatch.config.sample import nights

DAY = 86_400_000_000


def lines(home, sql, *values):
    with closing(sqlite3.connect(home / "logs.sqlite3")) as file, file:
        return file.execute(sql, values).fetchall()


def opened(home, *, days_ago, times=1):
    """Put lines into the file as a server of that day would have written them."""
    at = int(datetime.now(UTC).timestamp()) * 1_000_000 - days_ago * DAY
    for each in range(times):
        lines(
            home,
            "INSERT INTO access_opened (at, owner, party, account, office, client, subject, detail, version, how, mode,"
            " journal, salt)"
            " VALUES (?, 'BY', 'AM', 'am-na-1', 'na-officer', '', 'report/BY/1', 'D1', 1, 'page', 'real', 1, ?)",
            at,
            f"{each:032x}",
        )


def test_the_lines_lie_in_a_file_of_their_own(shell):
    assert lines(shell.home, "SELECT count(*) FROM access_opened") == [(0,)]
    tables = {name for (name,) in lines(shell.home, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {each for each in tables if not each.startswith(("django_", "sqlite_"))} == {
        "access_opened", "access_event",
    }  # fmt: skip


def test_the_night_digests_each_finished_day_once(shell):
    opened(shell.home, days_ago=2, times=3)
    first = json.loads(shell.well("nightly", "--json"))
    assert first["digests"] == 4
    assert json.loads(shell.well("nightly", "--json"))["digests"] == 0
    assert "The logs agree with 4 digests." in shell.well("verify")


def test_verify_finds_a_line_that_was_changed_after_its_digest(shell):
    opened(shell.home, days_ago=2, times=3)
    shell.well("nightly")
    lines(shell.home, "UPDATE access_opened SET office = 'na-head' WHERE id = 2")
    done = shell("verify")
    assert done.returncode == 3
    assert "are not those that were digested" in done.stderr


def test_lines_are_let_go_after_the_days_that_the_operator_names(shell):
    opened(shell.home, days_ago=20)
    opened(shell.home, days_ago=2)
    assert json.loads(shell.well("nightly", "--json", COMMONWATCH_LOG_DAYS="10"))["lines"] == 1
    assert lines(shell.home, "SELECT count(*) FROM access_opened") == [(1,)]
    assert "agree with" in shell.well("verify", COMMONWATCH_LOG_DAYS="10")


def test_a_backup_holds_the_lines(shell, tmp_path):
    opened(shell.home, days_ago=2)
    shell.well("backup", tmp_path / "copies")
    (copy,) = (tmp_path / "copies").iterdir()
    assert lines(copy, "SELECT count(*) FROM access_opened") == [(1,)]


def test_the_demos_timer_is_due_ten_minutes_after_midnight():
    evening = datetime(2026, 9, 14, 23, 50, tzinfo=UTC)
    assert nights.due(evening) == datetime(2026, 9, 15, 0, 10, tzinfo=UTC)
    assert nights.due(evening + timedelta(minutes=15)) == datetime(2026, 9, 15, 0, 10, tzinfo=UTC)
    assert nights.due(evening + timedelta(minutes=20)) == datetime(2026, 9, 16, 0, 10, tzinfo=UTC)

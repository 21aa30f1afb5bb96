"""The commands, run as processes: what they do, what they refuse, and the code with which they leave."""

import json
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.contrib.auth.hashers import check_password

from commonwatch.config.cli import COMMANDS, main
from commonwatch.journal import receipt
from commonwatch.journal.export import write_folder
from tests.config.conftest import ROOT, Shell

TODAY = f"{datetime.now(UTC):%Y-%m-%d}"
D1 = ("submit", "--as", "BY/na-officer", "--type", "D1", "--period", TODAY)
AHEAD = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}"
LAST_WEEK = "{0[0]}-W{0[1]:02d}".format((datetime.now(UTC) - timedelta(days=7)).isocalendar())


def asked(home, sql, *values):
    with closing(sqlite3.connect(home / "commonwatch.sqlite3")) as database:
        return database.execute(sql, values).fetchall()


def changed(home, sql, *values):
    with closing(sqlite3.connect(home / "commonwatch.sqlite3")) as database, database:
        assert database.execute(sql, values).rowcount == 1


# Help and codes


def test_the_help_names_every_command_and_every_exit_code():
    said = CliRunner().invoke(main, ["--help"]).output
    for name in COMMANDS:
        assert f"  {name} " in said
    for code in (
        "0  done",
        "1  refused",
        "2  the command line",
        "3  something is wrong",
        "4  a report is missing",
    ):
        assert code in said


LEAVES = [[n] for n in ("init", "serve", "submit", "due", "verify", "rebuild", "export", "backup", "doctor")]
LEAVES += [
    ["user", "add"],
    ["user", "list"],
    ["user", "close"],
    ["user", "invite"],
    ["user", "renew"],
    ["user", "reopen"],
    ["user", "unlock"],
    ["user", "rekey"],
    ["user", "office", "give"],
    ["user", "office", "end"],
    ["token", "add"],
    ["token", "revoke"],
    ["pack", "check"],
    ["peer", "follow"],
]


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_explains_itself_with_its_options_and_codes(words):
    said = CliRunner().invoke(main, [*words, "--help"])
    assert said.exit_code == 0
    assert "Exit codes:" in said.output
    assert "Options:" in said.output


@pytest.mark.parametrize(
    "words", [["--help"], ["verify", "--help"], ["submit", "--help"], ["doctor", "--help"]]
)
def test_help_is_given_without_loading_the_house(words):
    look = (
        "import sys; from click.testing import CliRunner; from commonwatch.config.cli import main;"
        f"CliRunner().invoke(main, {words!r}); sys.exit('django' in sys.modules or 'openpyxl' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", look], cwd=ROOT, check=True)


def test_a_command_that_does_not_exist_is_an_error_of_usage():
    assert CliRunner().invoke(main, ["frobnicate"]).exit_code == 2


# init


def test_a_node_is_made_once_and_a_second_time_does_no_harm(tmp_path):
    shell = Shell(tmp_path / "deep" / "home")
    first = shell.well("init")
    assert "The node of CRC (csto) is ready." in first
    kept = {
        path: path.read_bytes()
        for path in shell.home.rglob("*")
        if path.is_file() and "sqlite" not in path.name
    }

    again = shell.well("init")
    assert "made  " not in again
    assert kept == {path: path.read_bytes() for path in kept}
    assert stat.S_IMODE(shell.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((shell.home / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((shell.home / "keys" / "CRC.seed").stat().st_mode) == 0o600


def test_a_pack_with_faults_makes_nothing(tmp_path):
    shell = Shell(tmp_path / "home")
    (tmp_path / "pack").mkdir()
    done = shell("init", "--pack", tmp_path / "pack")
    assert done.returncode == 1
    assert "organisation.yaml:1" in done.stderr
    assert not shell.home.exists()


def test_a_node_keeps_its_pack_for_life(tmp_path):
    shell = Shell(tmp_path / "home")
    assert json.loads(shell.well("init", "--pack", "ipcr", "--json"))["organisation"] != "csto"
    done = shell("init", "--pack", "csto")
    assert done.returncode == 1
    assert "made with the pack ipcr, not csto" in done.stderr
    assert "ipcr" in shell.well("doctor")


@pytest.mark.parametrize(
    "words",
    [
        ["due", "--as", "BY/na-officer"],
        ["verify"],
        ["doctor"],
        ["rebuild"],
        ["backup", "x"],
        ["serve"],
        ["user", "list"],
    ],
    ids=lambda words: words[0],
)
def test_without_a_node_a_command_says_how_to_make_one(tmp_path, words):
    done = Shell(tmp_path / "nowhere")(*words)
    assert done.returncode == 1
    assert "There is no node in" in done.stderr
    assert "commonwatch init --home" in done.stderr
    assert not (tmp_path / "nowhere").exists()


def test_a_refusal_is_told_in_the_language_of_the_terminal(shell):
    done = shell("token", "add", "nobody", "--client", "prog", LC_ALL="ru_RU.UTF-8")
    assert done.returncode == 1
    assert "Учетной записи «nobody» нет." in done.stderr


LAST = "(SELECT max(name) FROM django_migrations WHERE app = 'exchange')"


def test_a_database_of_another_version_is_not_opened(shell):
    changed(shell.home, f"DELETE FROM django_migrations WHERE app = 'exchange' AND name = {LAST}")  # noqa: S608 - no word of it comes from outside
    done = shell("user", "list")
    assert done.returncode == 1
    assert "lacks 1 changes" in done.stderr


# user, token


def test_an_account_is_made_with_the_password_given(shell):
    shell.well(
        "user",
        "add",
        "by-na-1",
        "--party",
        "BY",
        "--office",
        "na-officer",
        "--password-stdin",
        typed="four unrelated words\n",
    )
    [(party, password)] = asked(shell.home, "SELECT party, password FROM access_account")
    assert asked(shell.home, "SELECT party, office, account FROM access_seat") == [
        ("BY", "na-officer", "by-na-1")
    ]
    assert party == "BY"
    assert check_password("four unrelated words", password)


@pytest.mark.parametrize(
    ("words", "typed", "says"),
    [
        (["x", "--party", "BX", "--office", "na-officer", "--no-password"], "", "no party “BX”"),
        (["x", "--party", "BY", "--office", "duty", "--no-password"], "", "BY has no office “duty”"),
        (["x y", "--party", "BY", "--office", "na-officer", "--no-password"], "", "cannot be used as a name"),
        (
            ["x", "--party", "BY", "--office", "na-officer", "--password-stdin"],
            "short\n",
            "password is not taken",
        ),
    ],
    ids=["party", "office", "handle", "password"],
)
def test_an_account_that_cannot_be_is_refused_in_a_sentence(shell, words, typed, says):
    done = shell("user", "add", *words, typed=typed)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert asked(shell.home, "SELECT count(*) FROM access_account") == [(0,)]


def test_without_a_terminal_no_password_is_asked_for(shell):
    done = shell("user", "add", "x", "--party", "BY", "--office", "na-officer")
    assert done.returncode == 2
    assert "--password-stdin" in done.stderr


def test_a_past_is_followed_by_two_persons_who_give_their_passwords(shell):
    for handle in ("crc-anna", "crc-boris"):
        words = ("user", "add", handle, "--party", "CRC", "--office", "head", "--password-stdin")
        shell.well(*words, typed=f"{PHRASE} {handle}\n")
    persons = [each for handle in ("crc-anna", "crc-boris") for each in ("--person", f"CRC/head={handle}")]
    words = ["peer", "follow", "csto/BY/real/none/1", "--checkpoint", "1:00", "--ground", "SAMPLE", *persons]
    wrong = shell(*words, "--passwords-stdin", typed="a\nb\n")
    assert wrong.returncode == 1
    assert "the password is not right" in wrong.stderr
    done = shell(*words, "--passwords-stdin", typed=f"{PHRASE} crc-anna\n{PHRASE} crc-boris\n")
    assert done.returncode == 1
    assert "No journal csto/BY/real/none/1 is known here to have two pasts." in done.stderr


PHRASE = "a long enough phrase for"


def test_a_handle_is_given_once(shell):
    words = ("user", "add", "x", "--party", "BY", "--office", "na-officer", "--no-password")
    shell.well(*words)
    done = shell(*words)
    assert done.returncode == 1
    assert "already an account “x”" in done.stderr


def test_a_key_is_shown_once_kept_as_a_hash_and_revoked(shell):
    shell.well("user", "add", "x", "--party", "BY", "--office", "na-officer", "--no-password")
    key = shell.well("token", "add", "x", "--client", "prog").strip()
    assert key.startswith("cw_")
    assert key.encode() not in b"".join(path.read_bytes() for path in shell.home.glob("commonwatch*"))
    assert "prog" in shell.well("user", "list")

    shell.well("token", "revoke", "x", "--client", "prog")
    assert asked(shell.home, "SELECT revoked FROM access_token") == [(1,)]
    assert shell("token", "revoke", "x", "--client", "prog").returncode == 1
    assert shell("token", "add", "nobody", "--client", "prog").returncode == 1


def test_a_key_is_limited_and_ends(shell):
    shell.well("user", "add", "x", "--party", "BY", "--office", "na-officer", "--no-password")
    shell.well("token", "add", "x", "--client", "prog", "--scope", "exchange.see-board", "--days", "30")
    [(scope, lasts)] = asked(shell.home, "SELECT scope, expires_at - made_at FROM access_token")
    assert (scope, lasts) == ("exchange.see-board", 30 * 86_400_000_000)
    beyond = shell("token", "add", "x", "--client", "prog", "--scope", "exchange.grant-waiver")
    assert "does not carry: exchange.grant-waiver" in beyond.stderr
    assert "between one day" in shell("token", "add", "x", "--client", "prog", "--days", "9999").stderr
    assert "does not hold" in shell("token", "add", "x", "--client", "prog", "--office", "duty").stderr


def test_somebody_is_invited_by_a_code_and_helped_out_by_another(shell):
    words = ("by-na-2", "--party", "BY", "--office", "na-officer", "--until", "2099-01-01")
    code = shell.well("user", "invite", *words).strip()
    assert len(code.split("-")) == 6
    assert asked(shell.home, "SELECT handle, renews FROM access_invitation") == [("by-na-2", 0)]
    assert code.encode() not in b"".join(path.read_bytes() for path in shell.home.glob("commonwatch*"))
    assert asked(shell.home, "SELECT count(*) FROM access_account") == [(0,)]
    assert "BY has no office" in shell("user", "invite", "x", "--party", "BY", "--office", "duty").stderr
    shell.well("user", "add", "x", "--party", "BY", "--office", "na-officer", "--no-password")
    shell.well("user", "renew", "x")
    assert asked(shell.home, "SELECT handle FROM access_invitation WHERE renews") == [("x",)]
    assert "no account" in shell("user", "renew", "by-na-2").stderr


def test_offices_are_given_for_a_time_and_ended(shell):
    shell.well("user", "add", "x", "--party", "BY", "--office", "na-officer", "--no-password")
    give = ("user", "office", "give", "x", "--office", "analyst", "--manner", "deputy")
    assert "it has no end" in shell(*give).stderr
    shell.well(*give, "--until", "2099-01-01")
    [(manner, until)] = asked(shell.home, "SELECT manner, until FROM access_seat WHERE office = 'analyst'")
    assert (manner, until) == ("deputy", 4_070_908_800_000_000)
    shell.well("user", "office", "end", "x", "--office", "analyst", "--ground", "Back from leave")
    [(ground,)] = asked(shell.home, "SELECT end_ground FROM access_seat WHERE office = 'analyst'")
    assert ground == "Back from leave"
    assert "does not hold" in shell("user", "office", "end", "x", "--office", "analyst").stderr


def test_a_closed_account_is_opened_again(shell):
    shell.well("user", "add", "x", "--party", "BY", "--office", "na-officer", "--no-password")
    assert shell("user", "reopen", "x").returncode == 1
    shell.well("user", "close", "x", "--ground", "Left")
    shell.well("user", "reopen", "x")
    assert asked(shell.home, "SELECT is_active FROM access_account") == [(1,)]
    assert "may try again" in shell.well("user", "unlock", "x")


def test_the_doctor_looks_at_the_key_of_second_factors_and_a_backup_has_it(shell, tmp_path):
    shell.well("user", "rekey")
    key = shell.home / "factors.key"
    key.chmod(0o644)
    assert f"{key} may be read by others" in shell("doctor").stdout
    shell.well("backup", str(tmp_path / "kept"))
    assert [path.read_bytes() for path in (tmp_path / "kept").rglob("factors.key")] == [key.read_bytes()]


def test_the_key_of_second_factors_is_made_anew(shell):
    assert "0 secrets" in shell.well("user", "rekey")
    first = (shell.home / "factors.key").read_bytes()
    shell.well("user", "rekey")
    second = (shell.home / "factors.key").read_bytes()
    assert first != second
    assert len(second.split()) == 1
    assert (shell.home / "factors.key").stat().st_mode & 0o777 == 0o600


def test_a_closed_account_takes_its_keys_along(shell):
    shell.well("user", "add", "x", "--party", "BY", "--office", "na-officer", "--no-password")
    shell.well("token", "add", "x", "--client", "prog")
    shell.well("user", "close", "x")
    assert asked(shell.home, "SELECT is_active FROM access_account") == [(0,)]
    assert asked(shell.home, "SELECT revoked FROM access_token") == [(1,)]


# submit into this machine's node


def test_a_report_is_filed_with_a_receipt_that_holds_anywhere(shell, tmp_path):
    kept = tmp_path / "d1.receipt"
    said = shell.well(
        *D1, "--value", "change=change", "--value", "topics=border", "--ref", "a", "--receipt", kept
    )
    assert said.startswith("report/BY/")

    nowhere = Shell(tmp_path / "nowhere")
    proved = json.loads(nowhere.well("verify", kept, "--json"))
    assert proved["holds"] is True
    assert proved["entry"]["body"]["values"] == {"change": "change", "topics": ["border"]}
    assert nowhere("verify", kept, "--key", receipt.parse(kept.read_bytes()).vkey).returncode == 0


def test_a_receipt_is_verified_without_loading_the_house(shell, tmp_path):
    kept = tmp_path / "d1.receipt"
    shell.well(*D1, "--nil", "--receipt", kept)
    look = (
        "import sys; from click.testing import CliRunner; from commonwatch.config.cli import main;"
        f"done = CliRunner().invoke(main, ['verify', {str(kept)!r}]);"
        "sys.exit(done.exit_code or 'django' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", look], cwd=ROOT, check=True)


def test_a_receipt_in_which_a_byte_was_changed_does_not_hold(shell, tmp_path):
    kept = tmp_path / "d1.receipt"
    shell.well(*D1, "--nil", "--receipt", kept)
    data = bytearray(kept.read_bytes())
    data[len(data) // 2] ^= 1
    kept.write_bytes(data)
    done = shell("verify", kept)
    assert done.returncode == 3
    assert "does not hold" in done.stderr


def test_the_same_reference_is_filed_once(shell):
    first = shell.well(*D1, "--nil", "--ref", "a")
    again = shell.well(*D1, "--nil", "--ref", "a")
    assert again.split()[0] == first.split()[0]
    assert "sent before" in again
    other = shell(*D1, "--value", "change=no_change", "--ref", "a")
    assert other.returncode == 1
    assert "used before for a report with other content" in other.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--value", "change=nope"], "change: “nope” is not on the list"),
        (["--value", "chang=change"], "The codes are: change, topics"),
        (["--value", "change"], "no answer that D1 asks for"),
        (["--value", "change=change", "--value", "events=many"], "events: This must be a whole number"),
        (["--nil", "--period", "2026-W01"], "not a period of D1"),
        (["--nil", "--period", AHEAD], "cannot be reported on yet"),
        (["--nil", "--type", "X9"], "X9"),
        (["--nil", "--as", "BY"], "PARTY/OFFICE"),
        (["--nil", "--as", "BY/permrep"], "may not do this"),
        (["--nil", "--owes", "KZ"], "may not do this"),
    ],
)
def test_a_report_that_cannot_be_taken_is_refused_naming_the_place(shell, words, says):
    done = shell(*D1, *words)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert asked(shell.home, "SELECT count(*) FROM exchange_report") == [(0,)]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--as", "BY/na-officer"],
        ["--as", "BY/na-officer", "--type", "D1"],
        ["--as", "BY/na-officer", "--nil"],
        ["--as", "BY/na-officer", "--type", "D1", "--nil", "--json", "-"],
        ["--as", "BY/na-officer", "--url", "http://localhost:1", "--type", "D1", "--nil"],
        ["--url", "http://localhost:1", "--type", "D1", "--nil"],
        ["--as", "BY/na-officer", "--type", "D1", "--sheet", "README.md", "--import"],
        ["--as", "BY/na-officer", "--type", "D1", "--sheet", "no-such-file.csv"],
        ["--as", "BY/na-officer", "--json", "-", "--receipt", "x"],
    ],
    ids=lambda words: " ".join(words) or "nothing",
)
def test_options_that_do_not_go_together_are_an_error_of_usage(words):
    assert CliRunner().invoke(main, ["submit", *words], env={"COMMONWATCH_URL": ""}).exit_code == 2


def test_reports_are_read_from_standard_input_all_or_none(shell):
    good = {"type": "D1", "period": TODAY, "nil": True}
    bad = {"type": "D1", "period": TODAY, "values": {"chnge": "x"}}
    done = shell("submit", "--as", "BY/na-officer", "--json", "-", typed=json.dumps({"reports": [good, bad]}))
    assert done.returncode == 1
    assert "report 2: chnge" in done.stderr
    assert asked(shell.home, "SELECT count(*) FROM exchange_report") == [(0,)]

    said = shell.well(
        "submit", "--as", "BY/na-officer", "--json", "-", "--print-json", typed=json.dumps(good)
    )
    assert len(json.loads(said)["reports"]) == 1
    assert shell("submit", "--as", "BY/na-officer", "--json", "-", typed="{").returncode == 1


def test_a_sheet_is_filed_row_by_row_or_its_faults_are_named(shell, tmp_path):
    sheet = tmp_path / "s.csv"
    sheet.write_text(
        "Period;Nothing to report;Change;Events recorded\n2026-09-01;yes;;\n02.09.2026;;no_change;0\n"
    )
    said = shell.well(
        "submit", "--as", "BY/na-officer", "--type", "D1", "--sheet", sheet, "--ref", "sheet", "--print-json"
    )
    assert len(json.loads(said)["reports"]) == 2
    again = shell.well(
        "submit", "--as", "BY/na-officer", "--type", "D1", "--sheet", sheet, "--ref", "sheet", "--print-json"
    )
    assert all(each["again"] for each in json.loads(again)["reports"])

    with sheet.open("a") as file:
        file.write("2026-09-03;;maybe;-\n")
    done = shell("submit", "--as", "KZ/na-officer", "--type", "D1", "--sheet", sheet)
    assert done.returncode == 1
    assert "row 4, column C (Change)" in done.stderr


def test_unusual_values_are_filed_once_they_are_confirmed(shell):
    values = ("entered=1", "left=1", "refused=2", "trend=stable")
    words = ["submit", "--as", "BY/na-officer", "--type", "T3", "--period", LAST_WEEK]
    words += [part for value in values for part in ("--value", value)]
    done = shell(*words)
    assert done.returncode == 1
    assert "More were refused than entered" in done.stderr
    assert "--yes" in done.stderr
    assert "More were refused than entered" in shell.well(*words, "--yes", "--print-json")


def test_the_duty_officer_writes_down_what_was_told_by_telephone(shell):
    shell.well("submit", "--as", "CRC/duty", "--type", "D1", "--period", TODAY, "--owes", "KZ", "--nil")
    assert asked(shell.home, "SELECT party, owes, channel FROM exchange_report") == [
        ("CRC", "KZ", "telephone")
    ]


# due


def test_what_is_missing_shows_in_the_exit_code(shell):
    done = shell("due", "--as", "BY/na-officer", "--json")
    rows = json.loads(done.stdout)["due"]
    missing = [row for row in rows if row["timeliness"] == "missing"]
    assert done.returncode == (4 if missing else 0)
    assert missing, "a node that begins today lacks last month's report"
    assert all(row["minutes_left"] < 0 for row in missing)
    due = next(row for row in rows if row["timeliness"] == "due")
    left = datetime.fromisoformat(due["due_at"]) - datetime.now(UTC)
    assert abs(due["minutes_left"] - left.total_seconds() / 60) < 2


def test_a_report_filed_is_no_longer_due(shell):
    shell.well(*D1, "--nil")
    lines = [line.split("\t") for line in shell("due", "--as", "BY/na-officer").stdout.splitlines()]
    d1 = next(line for line in lines if line[0] == "D1" and line[1] == TODAY)
    assert d1[3].startswith("received")
    assert d1[4:] == ["nil", "-"]


def test_an_address_in_the_environment_gives_way_to_an_office_named(shell):
    done = shell("due", "--as", "BY/na-officer", COMMONWATCH_URL="http://127.0.0.1:1", COMMONWATCH_TOKEN="x")
    assert "D1" in done.stdout


# verify, rebuild


def test_a_node_is_verified_whole(shell):
    shell.well(*D1, "--nil")
    said = shell.well("verify", "--tables")
    assert "5 entries in 2 journals verified" in said
    assert "Every table is what its entries say." in said


def test_a_changed_byte_in_the_record_is_found(shell):
    shell.well(*D1, "--nil")
    [(place, data)] = asked(
        shell.home, "SELECT id, data FROM register_entry WHERE kind = 'exchange.report.submitted'"
    )
    changed(
        shell.home,
        "UPDATE register_entry SET data = ? WHERE id = ?",
        data.replace(b'"nil":true', b'"nil":tRue'),
        place,
    )
    done = shell("verify")
    assert done.returncode == 3
    assert "csto/BY/real" in done.stderr
    assert "commonwatch doctor" in done.stderr


def test_a_damaged_database_file_is_told_as_such(shell):
    shell.well(*D1, "--nil")
    path = shell.home / "commonwatch.sqlite3"
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    for aside in shell.home.glob("commonwatch.sqlite3-*"):
        aside.unlink()
    done = shell("verify")
    assert done.returncode == 3
    assert "The database is damaged" in done.stderr
    assert "Traceback" not in done.stderr


def index_spoilt(home):
    """Change a byte in the index by which an entry is found by its subject: no journal knows of it."""
    sql = "SELECT rootpage FROM sqlite_master WHERE type = 'index' AND sql LIKE '%register_entry%(\"subject\")%'"
    path, [(page,)] = home / "commonwatch.sqlite3", asked(home, sql)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    data[data.index(b"report/BY", (page - 1) * 4096)] ^= 1
    path.write_bytes(data)


def test_a_damaged_index_is_found_by_verify_and_doctor_and_mended_by_repair(shell):
    shell.well(*D1, "--nil")
    index_spoilt(shell.home)

    done = shell("verify")
    assert done.returncode == 3
    assert "the database file is damaged: " in done.stderr
    assert "run: commonwatch repair" in done.stderr
    done = shell("doctor")
    assert done.returncode == 3
    assert "WRONG  database file: It is damaged: " in done.stdout
    assert "run: commonwatch repair" in done.stdout
    done = shell("repair")
    assert done.returncode == 3
    assert "the database file: " in done.stdout

    assert "its indexes were made anew, and it holds" in shell.well("repair", "--apply")
    assert "5 entries in 2 journals verified" in shell.well("verify", "--tables")
    assert "OK     database file: every page and every index of it holds" in shell.well("doctor")


def test_a_damaged_page_of_a_table_is_told_with_what_brings_it_back(shell):
    shell.well(*D1, "--nil")
    page = asked(shell.home, "SELECT rootpage FROM sqlite_master WHERE name = 'register_tile'")[0][0]
    path = shell.home / "commonwatch.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(data)

    assert "run: commonwatch repair" in shell("doctor").stdout
    assert shell("verify").returncode == 3
    done = shell("repair", "--apply")
    assert done.returncode == 3
    assert "commonwatch restore" in done.stderr
    assert "commonwatch recover" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_that_cannot_be_used_are_told_in_a_sentence(shell):
    done = shell("user", "list", DATABASE_URL="mysql://x/y")
    assert done.returncode == 1
    assert "DATABASE_URL is written postgresql://" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_changed_table_is_found_and_folded_anew(shell):
    shell.well(*D1, "--nil")
    changed(shell.home, "UPDATE exchange_report SET state = 'value'")
    shell.well("verify")
    done = shell("verify", "--tables")
    assert done.returncode == 3
    assert "exchange_report" in done.stderr or "Report" in done.stderr
    assert asked(shell.home, "SELECT state FROM exchange_report") == [("value",)]

    assert json.loads(shell.well("rebuild", "--json"))["entries"] == 5
    assert asked(shell.home, "SELECT state FROM exchange_report") == [("nil",)]
    shell.well("verify", "--tables")


@pytest.fixture
def stick(shell, tmp_path):
    """The journals of a node, written out as folders."""
    shell.well(*D1, "--nil")
    shell.well("submit", "--as", "KZ/na-officer", "--type", "D1", "--period", TODAY, "--nil")
    for number, checkpoint in asked(shell.home, "SELECT id, checkpoint FROM register_journal"):
        rows = asked(
            shell.home, "SELECT data FROM register_entry WHERE journal_id = ? ORDER BY number", number
        )
        write_folder(
            tmp_path / "stick" / str(number), checkpoint=checkpoint, entries=[data for (data,) in rows]
        )
    return tmp_path / "stick"


def test_journals_on_a_stick_are_verified_without_a_node(stick, shell, tmp_path):
    nowhere = Shell(tmp_path / "nowhere")
    assert "8 entries in 3 journals verified" in nowhere.well("verify", stick)
    keys = dict(asked(shell.home, "SELECT id, key FROM register_journal"))
    _adopted, one, other = sorted(keys)
    nowhere.well("verify", stick / str(one), "--key", keys[one])
    assert nowhere("verify", stick / str(one), "--key", keys[other]).returncode == 3
    assert nowhere("verify", stick, "--key", keys[one]).returncode == 1


def test_a_changed_file_on_a_stick_is_named(stick, shell):
    bundle = next(stick.glob("*/tile/entries/**/*.p/3"))
    data = bytearray(bundle.read_bytes())
    data[-3] ^= 1
    bundle.write_bytes(data)
    done = shell("verify", stick)
    assert done.returncode == 3
    assert "tile/entries" in done.stderr


def test_a_folder_without_a_journal_is_refused(shell, tmp_path):
    (tmp_path / "empty").mkdir()
    done = shell("verify", tmp_path / "empty")
    assert done.returncode == 1
    assert "holds no journal" in done.stderr


# backup, doctor


def test_a_backup_is_a_node_that_can_be_opened(shell, tmp_path):
    shell.well(*D1, "--nil")
    target = json.loads(shell.well("backup", tmp_path / "safe", "--json"))["target"]
    copy = Shell(Path(target))
    assert "5 entries in 2 journals verified" in copy.well("verify", "--tables")
    assert not (copy.home / "guard").exists()
    assert stat.S_IMODE(copy.home.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in copy.home.rglob("*.seed")} == {0o600}
    assert "knows 0 of 2 journals" in copy.well("doctor")


def test_an_old_backup_put_back_is_recognised(shell, tmp_path):
    shell.well(*D1, "--nil")
    old = tmp_path / "old.sqlite3"
    shell.well("backup", old)
    shell.well("submit", "--as", "BY/na-officer", "--type", "D1", "--period", "2026-09-01", "--nil")
    for path in shell.home.glob("commonwatch.sqlite3*"):
        path.unlink()
    old.rename(shell.home / "commonwatch.sqlite3")

    assert shell("verify").returncode == 3
    done = shell("doctor")
    assert done.returncode == 3
    assert "this node has signed for 5" in done.stdout
    filed = shell("submit", "--as", "BY/na-officer", "--type", "D1", "--period", "2026-09-02", "--nil")
    assert filed.returncode == 1
    assert "It opens read-only" in filed.stderr


def test_a_backup_overwrites_nothing(shell, tmp_path):
    (tmp_path / "taken.sqlite3").write_text("mine")
    done = shell("backup", tmp_path / "taken.sqlite3")
    assert done.returncode == 1
    assert (tmp_path / "taken.sqlite3").read_text() == "mine"


def test_a_backup_may_leave_the_keys_out(shell, tmp_path):
    shell.well("backup", tmp_path / "safe", "--without-keys")
    assert not list((tmp_path / "safe").rglob("*.seed"))


def test_the_doctor_finds_nothing_wrong_with_a_fresh_node(shell):
    found = json.loads(shell.well("doctor", "--json"))["found"]
    assert {each["subject"]: each["says"] for each in found}["journal_mode"] == "wal"
    assert {each["subject"]: each["says"] for each in found}["wal_autocheckpoint"] == "0"
    assert "WRONG" not in {each["state"] for each in found}


def test_the_doctor_names_keys_that_others_may_read(shell):
    (shell.home / "keys" / "CRC.seed").chmod(0o644)
    done = shell("doctor")
    assert done.returncode == 3
    assert "CRC.seed may be read by others" in done.stdout
    assert "chmod go-rwx" in done.stdout


def test_the_doctor_names_a_clock_that_went_back(shell):
    shell.well(*D1, "--nil")
    changed(shell.home, "UPDATE register_journal SET last_at = last_at + 7200000000 WHERE party = 'BY'")
    done = shell("doctor")
    assert done.returncode == 3
    assert "before the last entry" in done.stdout


def test_the_doctor_names_changes_not_applied(shell):
    changed(shell.home, f"DELETE FROM django_migrations WHERE app = 'exchange' AND name = {LAST}")  # noqa: S608 - no word of it comes from outside
    done = shell("doctor")
    assert done.returncode == 3
    assert "1 changes of this version are not applied" in done.stdout


def test_the_doctor_says_that_a_node_is_a_demonstration(shell):
    assert "This is a demonstration node." in shell.well("doctor", COMMONWATCH_DEMO="1")


# pack


def test_a_sound_pack_passes_and_a_faulty_one_is_named_by_file_and_line(shell, tmp_path):
    pack = tmp_path / "pack"
    assert "can be used" in shell.well("pack", "check", ROOT / "organisations" / "csto")
    subprocess.run(["cp", "-r", ROOT / "organisations" / "csto", pack], check=True)
    text = (pack / "parties.yaml").read_text()
    line = text[: text.index("kind: state")].count("\n") + 1
    (pack / "parties.yaml").write_text(text.replace("kind: state", "kinf: state", 1))
    done = shell("pack", "check", pack)
    assert done.returncode == 1
    assert (
        f"{pack / 'parties.yaml'}:{line}:" in done.stdout
        or f"{pack / 'parties.yaml'}:{line - 1}:" in done.stdout
    )
    faults = json.loads(shell("pack", "check", pack, "--json").stdout)["faults"]
    assert {"file", "line", "field", "says", "fix"} <= set(faults[0])

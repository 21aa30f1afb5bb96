"""Serving, and speaking to a node over HTTP: reports in, duties out, and what is refused on the way."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import urlopen

import pytest

from commonwatch.config.opening import OBJECTS
from tests.config.conftest import ROOT, Shell

TODAY = f"{datetime.now(UTC):%Y-%m-%d}"
D1 = ("submit", "--type", "D1", "--period", TODAY)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(shell, *words, port=None):
    """Serve the shell's node until the block ends."""
    port = port or free_port()
    command = [sys.executable, "-m", "commonwatch", "serve", "--port", str(port), *words]
    with subprocess.Popen(
        command, cwd=ROOT, env=shell.env(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as served:
        try:
            wait_for(port, served)
            yield port, served
        finally:
            served.terminate()
            served.wait(30)


def wait_for(port, served):
    for _attempt in range(200):
        assert served.poll() is None, served.stdout.read()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nobody answers")


@pytest.fixture(scope="module")
def there(fresh_home, tmp_path_factory):
    """A node that is served, and a shell that has its address and a program's key."""
    shell = Shell(tmp_path_factory.mktemp("there") / "home")
    shutil.copytree(fresh_home, shell.home)
    shell.well("user", "add", "by-na-1", "--party", "BY", "--office", "na-officer", "--no-password")
    key = shell.well("token", "add", "by-na-1", "--client", "prog").strip()
    with serving(shell) as (port, _served):
        given = {"COMMONWATCH_URL": f"http://127.0.0.1:{port}", "COMMONWATCH_TOKEN": key}
        yield lambda *words, **more: shell(*words, **(given | more))


def test_a_served_node_answers_and_stops_when_told(shell):
    with serving(shell) as (port, served):
        with urlopen(f"http://127.0.0.1:{port}/") as answer:
            assert answer.status == 200
        again = shell("serve", "--port", port)
        assert again.returncode == 1
        assert "Nothing can listen on" in again.stderr
        served.send_signal(signal.SIGTERM)
        assert served.wait(20) == 0
        said = served.stdout.read()
    assert said == f"Commonwatch answers at http://127.0.0.1:{port}/ (Ctrl-C stops it)\n"


def test_two_hundred_browsers_that_keep_their_lines_open_shut_nobody_out(shell):
    with serving(shell) as (port, _served):
        lines = [HTTPConnection("127.0.0.1", port, timeout=10) for _number in range(201)]
        for line in lines:
            line.request("GET", "/health")
            answer = line.getresponse()
            assert answer.read()
            assert not answer.will_close
        for line in lines:
            line.close()


def test_a_server_that_is_ready_does_not_look_for_garbage_in_what_was_loaded(shell):
    says = "import gc, commonwatch.config.wsgi; print(gc.get_freeze_count() > 10_000, gc.get_threshold()[0])"
    done = subprocess.run(
        [sys.executable, "-c", says], cwd=ROOT, env=shell.env(), capture_output=True, text=True, check=True
    )
    assert done.stdout == f"True {OBJECTS}\n"


def test_sqlite_is_served_by_one_process(shell):
    done = shell("serve", "--workers", "2")
    assert done.returncode == 1
    assert "SQLite, which is served by one process" in done.stderr


def test_a_program_files_a_report_from_elsewhere_and_keeps_its_receipt(there, tmp_path):
    kept = tmp_path / "d1.receipt"
    words = (*D1, "--value", "change=change", "--value", "topics=border", "--value", "events=3", "--ref", "a")
    done = there(*words, "--receipt", kept)
    assert done.returncode == 0, done.stderr
    proved = json.loads(there("verify", kept, "--json").stdout)
    assert proved["entry"]["body"]["values"] == {"change": "change", "topics": ["border"], "events": 3}
    assert proved["entry"]["body"]["client"] == "prog"

    again = there(*words, "--print-json")
    assert json.loads(again.stdout)["reports"][0]["again"] is True
    rows = json.loads(there("due", "--json").stdout)["due"]
    assert next(row for row in rows if row["type"] == "D1" and row["period"] == TODAY)["content"] == "value"


def test_a_batch_sent_elsewhere_is_taken_whole_or_refused_by_place(there, tmp_path):
    sheet = tmp_path / "s.csv"
    sheet.write_text("Period;Nothing to report;Change\n2026-09-01;yes;\n2026-09-02;;no_change\n")
    done = there("submit", "--type", "D1", "--sheet", sheet, "--print-json")
    assert len(json.loads(done.stdout)["reports"]) == 2

    reports = [
        {"type": "D1", "period": TODAY, "nil": True},
        {"type": "D1", "period": TODAY, "values": {"chnge": "x"}},
    ]
    done = there("submit", "--json", "-", typed=json.dumps({"reports": reports}))
    assert done.returncode == 1
    assert "report 2:" in done.stderr
    assert "chnge" in done.stderr


@pytest.mark.parametrize(
    ("words", "env", "says"),
    [
        ((*D1, "--nil"), {"COMMONWATCH_TOKEN": "cw_wrong"}, "Sign in first"),
        ((*D1, "--nil"), {"COMMONWATCH_URL": "http://127.0.0.1:1"}, "cannot be reached"),
        ((*D1, "--nil"), {"COMMONWATCH_URL": "watch.example.org"}, "is not the address of a node"),
        (("due", "--party", "ZZ"), {}, ""),
        ((*D1, "--value", "change=nope"), {}, "is not on the list"),
        (("submit", "--type", "X9", "--period", TODAY, "--nil"), {}, "X9"),
    ],
    ids=["key", "reach", "address", "party", "value", "type"],
)
def test_what_goes_wrong_elsewhere_is_told_in_a_sentence(there, words, env, says):
    done = there(*words, **env)
    assert done.returncode == (1 if says else 0)
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_does_not_follow_to_another_address(shell):
    asked = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["Authorization"]))
            if self.path.startswith("/api"):
                self.send_response(302)
                self.send_header("Location", "/stolen")
            else:
                self.send_response(200)
            self.end_headers()

        def log_message(self, *_args):
            return

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        done = shell("due", "--url", url, "--token", "cw_secret")
        server.shutdown()
        thread.join()
    assert done.returncode == 1
    assert "sends elsewhere" in done.stderr
    assert asked == [("/api/due", "Bearer cw_secret")]

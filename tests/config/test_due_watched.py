"""`commonwatch due --watch`: it goes on showing what is owed, through silence of the node, until it is ended."""

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from tests.config.conftest import ROOT, Shell
from tests.config.test_serving import D1, TODAY, serving


@pytest.fixture
def home(fresh_home, tmp_path):
    """A shell whose node has a program of Belarus, and the key of that program."""
    shell = Shell(tmp_path / "home")
    shutil.copytree(fresh_home, shell.home)
    shell.well("user", "add", "by-na-1", "--party", "BY", "--office", "na-officer", "--no-password")
    return shell, shell.well("token", "add", "by-na-1", "--client", "prog").strip()


class Watching:
    """A watch that runs: what it writes is read as it comes."""

    def __init__(self, process):
        self.process, self.read = process, {process.stdout: b"", process.stderr: b""}

    def until(self, *, out="", err="", within=30):
        """Wait until it has written these words, and return what it wrote so far."""
        ends = time.monotonic() + within
        while out.encode() not in self.read[self.process.stdout] or err.encode() not in self.said:
            assert time.monotonic() < ends, self.read
            ready, _w, _x = select.select(list(self.read), [], [], 0.2)
            for stream in ready:
                self.read[stream] += os.read(stream.fileno(), 65536)
        return self.read[self.process.stdout].decode()

    @property
    def said(self):
        return self.read[self.process.stderr]

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


@contextmanager
def watching(shell, *words, **env):
    command = [sys.executable, "-W", "error", "-m", "commonwatch", "due", "--watch", "--every", "1", *words]
    with subprocess.Popen(
        command, cwd=ROOT, env=shell.env(**env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    ) as process:
        try:
            yield Watching(process)
        finally:
            process.kill()


def stands(line):
    return {(row["type"], row["period"]): row["content"] for row in json.loads(line)["due"]}["D1", TODAY]


def test_a_watch_of_another_node_writes_a_line_for_each_change_and_survives_its_silence(home):
    shell, key = home
    given = {"COMMONWATCH_TOKEN": key}
    with serving(shell) as (port, served):
        given["COMMONWATCH_URL"] = f"http://127.0.0.1:{port}"
        with watching(shell, "--json", **given) as watch:
            first = watch.until(out="\n").splitlines()
            assert [stands(line) for line in first] == [None]
            time.sleep(2.5)
            assert shell(*D1, "--nil", **given).returncode == 0
            both = watch.until(out='"nil"').splitlines()
            assert [stands(line) for line in both] == [None, "nil"]

            served.terminate()
            served.wait(30)
            watch.until(err="cannot be reached")
            assert b"It is asked again every 1 seconds" in watch.said
            with serving(shell, port=port):
                watch.until(err="The node answers again.")
                assert len(watch.until().splitlines()) == 2, "nothing has changed meanwhile"
                missing = any(row["timeliness"] == "missing" for row in json.loads(both[-1])["due"])
                assert watch.interrupt() == (4 if missing else 0)
    assert b"Traceback" not in watch.said
    assert watch.said.count(b"cannot be reached") == 1


def test_a_watch_ends_when_the_node_refuses_the_key(home):
    shell, key = home
    with serving(shell) as (port, _served):
        url = f"http://127.0.0.1:{port}"
        with watching(shell, COMMONWATCH_URL=url, COMMONWATCH_TOKEN=key) as watch:
            watch.until(out="D1\t")
            shell.well("token", "revoke", "by-na-1", "--client", "prog")
            watch.until(err="Sign in first")
            assert watch.process.wait(20) == 1


def test_a_key_that_was_revoked_while_the_node_was_silent_ends_the_watch(home):
    shell, key = home
    with serving(shell) as (port, served):
        url = f"http://127.0.0.1:{port}"
        with watching(shell, COMMONWATCH_URL=url, COMMONWATCH_TOKEN=key) as watch:
            watch.until(out="D1\t")
            served.terminate()
            served.wait(30)
            watch.until(err="cannot be reached")
            shell.well("token", "revoke", "by-na-1", "--client", "prog")
            with serving(shell, port=port):
                watch.until(err="Sign in first")
                assert watch.process.wait(20) == 1


def test_a_watch_of_nobody_is_refused_at_once(home):
    shell, _key = home
    with watching(shell, "--url", "http://127.0.0.1:1", "--token", "cw_x") as watch:
        watch.until(err="cannot be reached")
        assert watch.process.wait(20) == 1


def test_a_watch_of_this_machines_node_is_written_anew_when_something_was_filed(shell):
    with watching(shell, "--as", "BY/na-officer") as watch:
        watch.until(out="minutes left")
        shell.well("submit", "--as", "BY/na-officer", *D1[1:], "--nil")
        assert watch.until(out="\tnil\t").count("minutes left") == 2
        assert watch.interrupt() in {0, 4}
    assert watch.said == b""


def test_a_terminal_is_drawn_anew_each_time(shell):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "commonwatch", "due", "--as", "BY/na-officer", "--watch", "--every", "1"]
    with subprocess.Popen(
        command, cwd=ROOT, env=shell.env(TERM="xterm"), stdout=theirs, stderr=theirs, stdin=theirs
    ) as process:
        os.close(theirs)
        drawn, ends = b"", time.monotonic() + 30
        try:
            while drawn.count(b"Ctrl-C ends it.") < 3:
                assert time.monotonic() < ends, drawn
                if select.select([ours], [], [], 0.2)[0]:
                    drawn += os.read(ours, 65536)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) in {0, 4}
        finally:
            process.kill()  # else leaving the block would wait for one that does not end
    os.close(ours)
    assert drawn.count(b"\x1b[2J") >= 3
    assert b"Traceback" not in drawn

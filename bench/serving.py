"""A node of its own in a temporary folder, and the real server on it: what the benches and the crash test share."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.measure import ROOT

WAIT = 60.0

_MAKE = """
import json, sys
from pathlib import Path
from commonwatch.config.commands import inside
home, parties = Path(sys.argv[1]), sys.argv[2].split(",")
inside.enter(home, pack="csto")
inside.work("making").make(home)
accounts = inside.work("accounts")
keys = {}
for party in parties:
    handle = f"{party.lower()}-na-1"
    accounts.add(handle, party=party, office="na-officer", password=None)
    keys[party] = accounts.key(handle, client="bench", office="", scope=(), days=30)
print(json.dumps(keys))
"""


def make_node(home: Path, parties: Iterable[str], *, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Make a node in `home` and return a program's key for the national authority of each party."""
    done = subprocess.run(
        [sys.executable, "-c", _MAKE, str(home), ",".join(parties)],
        check=True, cwd=ROOT, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE,
    )  # fmt: skip
    keys: dict[str, str] = json.loads(done.stdout)
    return keys


def free_port() -> int:
    """Return a port of the loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server process with all its children, in a process group of its own."""

    def __init__(self, command: list[str], *, port: int, env: Mapping[str, str], log: Path) -> None:
        self.port = port
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **env}, stdout=out, stderr=out, start_new_session=True
            )

    def await_answer(self, path: str, *, status: int = 200) -> None:
        """Return once the server answers a path with that status.

        :raises RuntimeError: when it ends first, or takes longer than a minute.
        """
        until = time.monotonic() + WAIT
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if Client(self.port).get(path)[0] == status:
                    return
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
        raise RuntimeError(f"the server did not start: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """End the whole group at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ask the server to end, and see that it does."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()


def start(home: Path, *, env: Mapping[str, str] | None = None, words: Iterable[str] = ()) -> Server:
    """Start `commonwatch serve`, with further words of its command line, on a home and return once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "commonwatch", "serve", "--home", str(home)]
    command += ["--port", str(port), *words]
    server = Server(command, port=port, env=env or {}, log=home / "server.log")
    try:
        server.await_answer("/health")
    except BaseException:
        server.stop()
        raise
    return server


@contextmanager
def serving(home: Path, *, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Serve a home for the length of the block."""
    server = start(home, env=env)
    try:
        yield server
    finally:
        server.stop()


class Client:
    """One connection that is kept open."""

    def __init__(self, port: int, *, key: str = "", timeout: float = 60) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Get a path; return status and body."""
        self._connection.request("GET", path, headers={**self.headers, **headers})
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, bytes]:
        """Post a body of JSON; return status and body."""
        sent = {"Content-Type": "application/json", **self.headers, **headers}
        self._connection.request("POST", path, body=body, headers=sent)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def encode(value: Any) -> bytes:
    """Write a value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

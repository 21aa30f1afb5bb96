"""A real nginx on the loopback, with settings of its own in a folder of its own."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

WAIT = 20

FRAME = """\
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {http}
    server {{
        listen 127.0.0.1:{port};
        {server}
    }}
}}
"""


def program():
    """Return the path of nginx, or skip where it is absent and CI does not demand it."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        message = "nginx is not installed"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return found


class Front:
    """A running nginx: its address, and what it was asked."""

    def __init__(self, folder, port):
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"

    def asked(self):
        """Return the requests that it answered, as paths."""
        lines = (self.folder / "access.log").read_text().splitlines()
        return [line.split('"')[1].split()[1] for line in lines]


@contextmanager
def running(folder, *, http="", server=""):
    """Run nginx with these lines until the block ends."""
    found, port = program(), _free_port()
    folder = Path(folder)
    folder.mkdir()
    settings = folder / "nginx.conf"
    settings.write_text(FRAME.format(folder=folder, port=port, http=http, server=server))
    command = [found, "-p", folder, "-e", folder / "error.log", "-c", settings]
    subprocess.run([*command, "-t", "-q"], check=True, timeout=WAIT)
    with subprocess.Popen(command) as served:
        try:
            _await(port, served, folder)
            yield Front(folder, port)
        finally:
            served.terminate()
            served.wait(WAIT)


def _await(port, served, folder):
    until = time.monotonic() + WAIT
    while time.monotonic() < until and served.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nginx did not start: {(folder / 'error.log').read_text()}")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

"""The Go peer, built once for a test run, and a web server of plain files for it to read from."""

import os
import shutil
import subprocess
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "go" / "main.go"
GOPATH = Path("/usr/share/gocode")


def build(folder):
    """Compile the peer, or skip where Go or its packages are absent and CI does not demand them."""
    absent = shutil.which("go") is None or not (GOPATH / "src/golang.org/x/mod/sumdb").is_dir()
    if absent and not os.environ.get("CI"):
        pytest.skip("the Go toolchain and golang-golang-x-mod-dev are not installed")
    program = folder / "peer"
    settings = {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOCACHE": str(folder / "cache"), "GOFLAGS": ""}
    subprocess.run(
        ["go", "build", "-o", program, SOURCE], env={**os.environ, **settings, "CGO_ENABLED": "0"}, check=True
    )
    return program


def ask(program, url, vkey):
    """Let the peer verify the journal under `url`: its last line, or what it said against it."""
    run = subprocess.run([program, url, vkey], capture_output=True, text=True, check=False, timeout=120)
    return run.stdout.strip() if run.returncode == 0 else run.stderr.strip()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *arguments):
        pass


@contextmanager
def served(folder):
    """Serve a folder on the loopback; gives its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""medallion, the TAXII 2.1 server of OASIS, as a peer: installed apart, served by the same web server, in memory."""

import base64
import json
import random
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.measure import ROOT
from bench.reports import WORDS
from bench.serving import Client, Server, free_port

VENV = ROOT / "build" / "bench-venv"
REQUIREMENTS = ROOT / "requirements-bench.txt"
COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
MEDIA = "application/taxii+json;version=2.1"
WHEN = "2026-09-14T05:00:00.000Z"
NAME, WORD = "bench", "bench-on-the-loopback"
POST = f"/bench/collections/{COLLECTION}/objects/"


class NotInstalled(Exception):  # noqa: N818 - told to whoever measures, who goes on without
    """The peer cannot be installed here."""


def _install() -> None:
    stamp = VENV / ".installed"
    if stamp.exists() and stamp.read_text() == REQUIREMENTS.read_text():
        return
    print("  installing medallion into build/bench-venv", flush=True)
    pip = [str(VENV / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True, capture_output=True)
        subprocess.run(
            [*pip, "--require-hashes", "-r", str(REQUIREMENTS)], check=True, capture_output=True, timeout=300
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise NotInstalled(str(error)) from error
    stamp.write_text(REQUIREMENTS.read_text())


@contextmanager
def serving(folder: Path, *, held: int) -> Iterator[Server]:
    """Serve a collection that holds some objects already, from memory.

    :raises NotInstalled: when the package index cannot be reached.
    """
    _install()
    data, config = folder / "medallion-data.json", folder / "medallion.json"
    data.write_text(json.dumps(_collection(held)))
    config.write_text(json.dumps(_config(data)))
    port = free_port()
    command = [str(VENV / "bin/granian"), "--interface", "wsgi", "--port", str(port), "--workers", "1"]
    command += ["--blocking-threads", "1", "--log-level", "error", "medallion_app:application"]
    env = {"MEDALLION_CONFIG": str(config), "PYTHONPATH": str(ROOT / "bench/peer_app")}
    server = Server(command, port=port, env=env, log=folder / "medallion.log")
    try:
        server.await_answer("/taxii2/", status=401)
        yield server
    finally:
        server.stop()


def client(port: int) -> Client:
    """Return a connection that signs in with each request."""
    made = Client(port, timeout=600)
    word = base64.b64encode(f"{NAME}:{WORD}".encode()).decode()
    made.headers = {"Authorization": f"Basic {word}", "Accept": MEDIA}
    return made


def envelopes(count: int, *, size: int) -> Iterator[bytes]:
    """Make envelopes of `size` objects of about 1 KB each, as a TAXII client posts them."""
    dice = random.Random(1)
    for _batch in range(count):
        yield json.dumps({"objects": [_object(dice) for _place in range(size)]}).encode()


def _object(dice: random.Random) -> dict[str, Any]:
    text = " ".join(dice.choices(WORDS, k=130))
    return {
        "type": "note",
        "spec_version": "2.1",
        "id": f"note--{uuid.UUID(int=dice.getrandbits(128), version=4)}",
        "created": WHEN,
        "modified": WHEN,
        "content": text[:740],
        "object_refs": ["identity--f431f809-377b-45e0-aa1c-6a4751cae5ff"],
    }


def _collection(held: int) -> dict[str, Any]:
    dice = random.Random(2)
    objects = [_object(dice) for _place in range(held)]
    media = "application/stix+json;version=2.1"
    manifest = [
        {"id": each["id"], "date_added": WHEN, "version": WHEN, "media_type": media} for each in objects
    ]
    collection = {
        "id": COLLECTION, "title": "Reports", "can_read": True, "can_write": True,
        "media_types": [media], "objects": objects, "manifest": manifest,
    }  # fmt: skip
    about = {"title": "Bench", "versions": [MEDIA], "max_content_length": 2**30}
    return {
        "/discovery": {"title": "Bench", "default": "/bench/", "api_roots": ["/bench/"]},
        "bench": {"information": about, "status": [], "collections": [collection]},
    }


def _config(data: Path) -> dict[str, Any]:
    return {
        "backend": {
            "module": "medallion.backends.memory_backend",
            "module_class": "MemoryBackend",
            "filename": str(data),
        },
        "users": {NAME: WORD},
        "taxii": {"max_page_size": 100},
    }

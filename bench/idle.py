"""How much memory the server of `commonwatch demo` holds when nobody asks anything of it."""

import sys
import tempfile
import time
from pathlib import Path

from bench.measure import Options, below, note, options
from bench.serving import Server, free_port

LIMIT_MB = 150.0
REST = 5.0


def run(asked: Options) -> bool:
    """Start the demonstration, open its first page, let it rest, and add up its processes."""
    with tempfile.TemporaryDirectory(prefix="commonwatch-bench-") as name:
        folder, port = Path(name), free_port()
        command = [
            sys.executable,
            "-m",
            "commonwatch",
            "demo",
            "--port",
            str(port),
            "--data",
            str(folder / "data"),
        ]
        server = Server(command, port=port, env={}, log=folder / "server.log")
        try:
            server.await_answer("/health")
            time.sleep(1.0 if asked.quick else REST)
            found = [_memory(pid) for pid in processes(server.process.pid)]
        finally:
            server.stop()
    resident, own = (sum(each) for each in zip(*found, strict=True))
    note(f"{len(found)} processes: {', '.join(f'{rss:.0f}' for rss, _pss in found)} MB resident")
    holds = below("idle demonstration, pages shared counted once", own, unit="MB", limit=LIMIT_MB)
    return below("the same, each process's resident pages", resident, unit="MB", limit=LIMIT_MB) and holds


def processes(first: int) -> list[int]:
    """List a process and all that it has started."""
    found = [first]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def _memory(pid: int) -> tuple[float, float]:
    """Return the resident and the proportional set size of a process, in megabytes."""
    sizes = {"Rss": 0.0, "Pss": 0.0}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _colon, rest = line.partition(":")
        if name in sizes:
            sizes[name] = int(rest.split()[0]) / 1024
    return sizes["Rss"], sizes["Pss"]


if __name__ == "__main__":
    sys.exit(not run(options()))

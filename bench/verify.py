"""Proving a million entries, from a folder of files and as they lie in the database, beside hashing as many."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from random import Random
from uuid import UUID

import msgspec

from bench import record
from bench.measure import BUILD, ROOT, Options, Watch, below, options, tell, timed
from commonwatch.journal import checkpoint, entry, export, note, tiles, tree, verify

ORIGIN = "bench/BY/real/h1-members/1"
SEED = bytes(range(32))
BYTES = 1024
MEMORY_MB = 200.0


def run(asked: Options) -> bool:
    """Measure both, each in a process of its own, so that its peak of memory is its own."""
    size = 20_000 if asked.quick else 1_000_000
    folder = _folder(size)
    record.prepared(size)
    hashed = _hash_rate(size)
    holds = True
    for what, part in (("a folder", "folder"), ("the database", "database")):
        done = _apart(part, folder if part == "folder" else Path(), size)
        rate, memory, count = (float(each) for each in done.split())
        holds &= tell(
            f"verify {count:,.0f} entries in {what}", rate, unit="/s", beside="hashlib.sha256 of 1 KB, one core",
            theirs=hashed, ratio=rate / hashed, least=0.25,
        )  # fmt: skip
        holds &= below(f"its peak memory ({what})", memory, unit="MB", limit=MEMORY_MB)
    return holds


def _hash_rate(count: int) -> float:
    messages = [Random(number).randbytes(BYTES) for number in range(256)]
    with timed() as watch:
        for _turn in range(count // len(messages)):
            for message in messages:
                sha256(message).digest()
    return count // len(messages) * len(messages) / watch.seconds


def _apart(part: str, folder: Path, size: int) -> str:
    command = [sys.executable, "-m", "bench.verify", "--part", part, str(folder), str(size)]
    done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()[-1]


def _part(name: str, folder: Path, size: int) -> None:
    with timed() as watch:
        count = 0
    if name == "folder":
        vkey = note.Signer(name=ORIGIN, seed=SEED).vkey
        with timed() as watch:
            count = verify.verify_journal(verify.FolderSource(folder), vkey=vkey).checkpoint.size
    else:
        count, watch = _verify_database(size)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(count / watch.seconds, peak, count)


def _verify_database(size: int) -> tuple[int, Watch]:
    record.prepared(size)
    from commonwatch.register.models import Journal
    from commonwatch.register.verify import verify_stored

    with timed() as watch:
        count = sum(verify_stored(row) for row in Journal.objects.order_by("origin"))
    return count, watch


def _folder(size: int) -> Path:
    """Write a journal of entries of 1 KB as a folder, once."""
    folder = BUILD / f"journal-{size}"
    if not (folder / "checkpoint").exists():
        print(f"  preparing a journal of {size:,} entries in {folder.relative_to(ROOT)}", flush=True)
        stream = tiles.RootStream()
        stream.extend(tree.leaf_hash(each) for each in _entries(size))
        head = checkpoint.Checkpoint(origin=ORIGIN, size=size, root=stream.root())
        signed = checkpoint.sign_checkpoint(head, note.Signer(name=ORIGIN, seed=SEED))
        export.write_folder(folder, checkpoint=signed, entries=_entries(size))
    return folder


def _entries(size: int) -> Iterator[bytes]:
    """Make entries of 1 KB, the same at every call."""
    label = entry.EntryLabel(level="H1", categories=(), parties=("BY", "CRC", "KG", "KZ", "RU", "TJ"))
    for number in range(size):
        made = entry.Entry(
            v=1,
            id=str(UUID(int=number << 80 | 7 << 76 | 2 << 62 | number)),
            kind="exchange.report.submitted",
            subject=f"report/BY/{number:036d}",
            at=entry.instant_text(1_790_000_000_000_000 + number),
            known_at=None,
            party="BY",
            by=entry.By(office="na-officer", account="bench"),
            label=label,
            refs=(),
            mode="real",
            salt="AAAAAAAAAAAAAAAAAAAAAA==",
            body=msgspec.Raw(b'{"text":"%0600d"}' % number),
        )
        yield entry.encode(made)


if __name__ == "__main__":
    if "--part" in sys.argv:
        _part(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
        sys.exit(0)
    sys.exit(not run(options()))

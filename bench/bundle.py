"""A bundle of a hundred thousand entries of 1 KB, made and read back, beside `tar` and `cp` of the same bytes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.measure import BUILD, ROOT, Options, below, note, options, tell, timed
from bench.verify import ORIGIN, SEED, _entries
from commonwatch.journal import bundle, checkpoint, manifest, seal, tiles, tree
from commonwatch.journal import note as notes

SIGNER = notes.Signer(name="bench/BY", seed=SEED)
TURNS = 3
MEMORY_MB = 100.0


def run(asked: Options) -> bool:
    """Measure each step on its own, the best of three, and its peer in the same run."""
    count = 2_000 if asked.quick else 100_000
    home = BUILD / "bundle"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    entries = list(_entries(count))
    megabytes = sum(map(len, entries)) / 1e6
    head = _head(entries)
    key = seal.new_identity()
    plain, sealed, opened = home / "plain", home / "sealed", home / "opened"
    ours = {
        "made": _best(lambda: _make(plain, head, entries)),
        "sealed": _best(lambda: seal.seal(plain, sealed, recipients=[seal.recipient_of(key)])),
        "unsealed": _best(lambda: seal.unseal(sealed, opened, identities=[key])),
        "checked and read": _best(lambda: _read(opened, count)),
    }
    folder = _files(home / "files", entries)
    peers = _peers(home, folder, plain)
    note(
        f"{count:,} entries, {megabytes:,.0f} MB; beside it {_tar_version()}, files of {tiles.TILE_WIDTH} entries each"
    )
    holds = True
    for what, beside, least in (
        ("made", "tar c", 0.25),
        ("sealed", "cp and fsync", 0.1),
        ("unsealed", "cp and fsync", 0.05),
        ("checked and read", "tar x", 0.2),
    ):
        mine, theirs = megabytes / ours[what], megabytes / peers[beside]
        holds &= tell(
            f"a bundle {what}",
            mine,
            unit="MB/s",
            beside=beside,
            theirs=theirs,
            ratio=mine / theirs,
            least=least,
        )
    sending, taking = ours["made"] + ours["sealed"], ours["unsealed"] + ours["checked and read"]
    note(
        f"made and sealed {count / sending:,.0f} entries/s; unsealed, checked and read {count / taking:,.0f} entries/s"
    )
    holds &= below(
        "peak memory of unsealing and reading", _memory(sealed, key, count), unit="MB", limit=MEMORY_MB
    )
    shutil.rmtree(home)
    return holds


def _best(call: Callable[[], object]) -> float:
    found = []
    for _turn in range(TURNS):
        with timed() as watch:
            call()
        found.append(watch.seconds)
    return min(found)


def _head(entries: list[bytes]) -> str:
    stream = tiles.RootStream()
    stream.extend(map(tree.leaf_hash, entries))
    head = checkpoint.Checkpoint(origin=ORIGIN, size=len(entries), root=stream.root())
    return checkpoint.sign_checkpoint(head, notes.Signer(name=ORIGIN, seed=SEED))


def _make(path: Path, head: str, entries: list[bytes]) -> None:
    listed = manifest.Manifest(
        organisation="bench", sender="BY", recipient="CRC", serial=1, before=0, made_at="2026-01-01T00:00:00.000000Z",
        journals=(manifest.Line(origin=ORIGIN, start=0, size=len(entries)),),
    )  # fmt: skip
    with path.open("wb") as file:
        bundle.write(file, listed, [bundle.Part(checkpoint=head, entries=entries)], signer=SIGNER)


def _read(path: Path, count: int) -> None:
    with path.open("rb") as file:
        found = bundle.open_bundle(
            file, organisation="bench", recipient="CRC", verifier=lambda _party: SIGNER.verifier
        )
        assert sum(1 for _each in found.parts[0].entries()) == count


def _files(folder: Path, entries: list[bytes]) -> Path:
    """Write the same entry bundles as files of a folder, for `tar`."""
    for index in range(-(-len(entries) // tiles.TILE_WIDTH)):
        path = folder / str(tiles.tile_path(None, index, size=len(entries)))
        path.parent.mkdir(parents=True, exist_ok=True)
        at = index * tiles.TILE_WIDTH
        path.write_bytes(tiles.bundle_encode(entries[at : at + tiles.TILE_WIDTH]))
    return folder


def _peers(home: Path, folder: Path, plain: Path) -> dict[str, float]:
    archive, taken, copy = home / "tar", home / "taken", home / "copy"

    def copied() -> None:
        subprocess.run(["cp", plain, copy], check=True)
        with copy.open("rb") as file:
            os.fsync(file.fileno())

    def extracted() -> None:
        shutil.rmtree(taken, ignore_errors=True)
        taken.mkdir()
        subprocess.run(["tar", "xf", archive, "-C", taken], check=True)

    made = _best(lambda: subprocess.run(["tar", "cf", archive, "-C", folder, "."], check=True))
    return {"tar c": made, "tar x": _best(extracted), "cp and fsync": _best(copied)}


def _tar_version() -> str:
    said = subprocess.run(["tar", "--version"], check=True, stdout=subprocess.PIPE, text=True)
    return said.stdout.splitlines()[0]


def _memory(sealed: Path, key: str, count: int) -> float:
    command = [sys.executable, "-m", "bench.bundle", "--part", str(sealed), key, str(count)]
    done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.splitlines()[-1])


def _part(sealed: Path, key: str, count: int) -> None:
    opened = sealed.with_name("opened")
    seal.unseal(sealed, opened, identities=[key])
    _read(opened, count)
    status = Path(
        "/proc/self/status"
    ).read_text()  # getrusage would tell the peak of the process that forked this one
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


if __name__ == "__main__":
    if "--part" in sys.argv:
        _part(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
        sys.exit(0)
    sys.exit(not run(options()))

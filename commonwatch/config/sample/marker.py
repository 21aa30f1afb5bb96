"""The mark by which a folder is known as a sample: when it was begun, from which seed, and whether it is complete."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from commonwatch.errors import Refusal, _

VERSION = 1
FILE = "sample.json"


class NotASample(Refusal):
    """The folder holds a node that is no sample; invented reports never enter it."""

    code, status = "config.not-a-sample", 409
    says = _("The node in {home} is not a sample, and invented reports never enter it.")
    hint = _("Choose another folder with --data.")


class OtherSample(Refusal):
    """The sample was made by another version."""

    code, status = "config.other-sample", 409
    says = _("The sample in {home} was made by another version.")
    hint = _("Take the folder away, or choose another with --data; the sample is made anew.")


class Marker(msgspec.Struct, frozen=True):
    """`start` is the moment at which the sample was begun, UTC; `days` how far it reaches back."""

    version: int
    seed: int
    days: int
    start: datetime
    complete: bool = False


def read(home: Path) -> Marker | None:
    """Read the mark of a folder; None when the folder holds no node yet.

    :raises NotASample, OtherSample: when it holds something else.
    """
    path = home / FILE
    if not path.is_file():
        if home.is_dir() and any(
            (home / name).exists() for name in ("secret", "commonwatch.sqlite3", "guard")
        ):
            raise NotASample(home=home)
        return None
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Marker)
    except msgspec.DecodeError as error:
        raise OtherSample(home=home) from error
    if found.version != VERSION:
        raise OtherSample(home=home)
    return found


def begin(home: Path, *, seed: int, days: int) -> Marker:
    """Mark a folder as a sample that begins now."""
    made = Marker(version=VERSION, seed=seed, days=days, start=datetime.now(UTC).replace(microsecond=0))
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    write(home, made)
    return made


def write(home: Path, marker: Marker) -> None:
    """Write the mark, whole or not at all."""
    fresh = home / f"{FILE}.new"
    fresh.write_bytes(msgspec.json.encode(marker))
    fresh.replace(home / FILE)

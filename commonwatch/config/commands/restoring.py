"""Putting a backup back into a home. No Django: the database is not opened."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from commonwatch.errors import Refusal, _

DATABASE: Final = "commonwatch.sqlite3"
LINES: Final = "logs.sqlite3"
DUMP: Final = "commonwatch.dump"
MARK: Final = "restored"
NAMES: Final = ("pack", "party", "secret", "factors.key")


class NotABackup(Refusal):
    """The folder was not written by `commonwatch backup`."""

    code, status = "config.not-a-backup", 422
    says = _("{folder} is no backup of a node: it has no {name}.")
    hint = _("Give the folder that commonwatch backup made, named by the moment at which it was made.")


class HomeTaken(Refusal):
    """There is a database in the home."""

    code, status = "config.home-taken", 409
    says = _("There is a database in {home} already.")
    hint = _("Stop the node, and say --replace: the database that is there is kept beside the new one.")


def restore(folder: Path, home: Path, *, replace: bool) -> dict[str, Any]:
    """Put a backup back; return which files, and where the database that was there is kept.

    The guard is never touched: it knows what this node has signed since.

    :raises NotABackup, HomeTaken: when nothing was put back.
    """
    sqlite = (folder / DATABASE).is_file()
    if not (folder / "pack").is_file():
        raise NotABackup(folder=folder, name="pack")
    if not sqlite and os.environ.get("DATABASE_URL", "").startswith("postgres"):
        command = f'pg_restore --clean --if-exists --dbname="$DATABASE_URL" {folder / DUMP}'
    elif not sqlite:
        raise NotABackup(folder=folder, name=DATABASE)
    else:
        command = ""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = _set_aside(home, replace=replace) if sqlite else ""
    (home / MARK).touch(mode=0o600)  # before the record is there: it must not be written to for a moment
    files = [each for each in (DATABASE, LINES, *NAMES) if (folder / each).is_file()]
    for name in files:
        _copy(folder / name, home / name)
    for name in ("keys", "packs"):
        files += _copy_folder(folder / name, home / name)
    return {"home": str(home), "files": files, "aside": aside, "command": command}


def _set_aside(home: Path, *, replace: bool) -> str:
    """Move a database that is there into a folder of its own; return that folder, empty when there was none."""
    there = [path for path in home.glob("*.sqlite3*") if path.is_file()]
    if not there:
        return ""
    if not replace:
        raise HomeTaken(home=home)
    kept = home / f"before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    kept.mkdir(mode=0o700)
    for path in there:
        path.replace(kept / path.name)
    return str(kept)


def _copy_folder(source: Path, target: Path) -> list[str]:
    """Copy what is not there yet: a key that the home has is newer than the one in the backup."""
    if not source.is_dir():
        return []
    copied = []
    for path in sorted(each for each in source.rglob("*") if each.is_file()):
        place = target / path.relative_to(source)
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _copy(path, place)
            copied.append(f"{source.name}/{path.relative_to(source)}")
    return copied


def _copy(source: Path, target: Path) -> None:
    """Copy a file that is there whole or not at all, for this account alone."""
    draft = target.with_name(f"{target.name}.new")
    with (
        source.open("rb") as old,
        os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as new,
    ):
        shutil.copyfileobj(old, new)
        new.flush()
        os.fsync(new.fileno())
    draft.replace(target)

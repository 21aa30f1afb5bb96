"""Copying a node's database and keys so that the copy is whole."""

import os
import shlex
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connections

from commonwatch.config import place
from commonwatch.config.commands import say
from commonwatch.errors import Broken, Refusal, _
from commonwatch.register import wall

DATABASE = "commonwatch.sqlite3"
LINES = "logs.sqlite3"
PAGES = 2048


class TargetTaken(Refusal):
    """A file of that name is there."""

    code, status = "config.target-taken", 409
    says = _("{target} is there already; a backup overwrites nothing.")
    hint = _("Name a folder, or a file that does not exist yet.")


def copy(home: Path, target: Path, *, keys: bool) -> dict[str, Any]:
    """Copy database and keys; return where they are and how large.

    The database comes first and the keys after it, so that every journal in the copy has its key there: a key is on
    the disk before the first entry that it signs. So do the lines of reading and security: those that are digested in
    the copy are in it.

    :raises TargetTaken: when a file is in the way.
    :raises Broken: when the copy does not hold.
    """
    sqlite = connections["default"].vendor == "sqlite"
    if target.suffix == ".sqlite3" and not target.is_dir():
        return _only_database(target, sqlite=sqlite)
    folder = target / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    if folder.exists():
        raise TargetTaken(target=folder)
    folder.mkdir(parents=True, mode=0o700)
    done: dict[str, Any] = {"target": str(folder), "files": {}}
    if sqlite:
        _database(folder / DATABASE)
        _database(folder / LINES, alias=place.LOGS)
    else:
        done["command"] = _pg_dump(folder / "commonwatch.dump")
    for name in ("pack", "party", "secret", "factors.key"):
        _private(home / name, folder / name)
    if (home / "packs").is_dir():
        shutil.copytree(home / "packs", folder / "packs")
    if keys:
        (folder / "keys").mkdir(mode=0o700)
        for secret in sorted((home / "keys").iterdir()):
            _private(secret, folder / "keys" / secret.name)
    done["files"] = {
        str(path.relative_to(folder)): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return done


def _only_database(target: Path, *, sqlite: bool) -> dict[str, Any]:
    if target.exists():
        raise TargetTaken(target=target)
    if not sqlite:
        return {"target": str(target.parent), "files": {}, "command": _pg_dump(target.with_suffix(".dump"))}
    target.parent.mkdir(parents=True, exist_ok=True)
    _database(target)
    return {"target": str(target), "files": {target.name: target.stat().st_size}}


def _database(target: Path, *, alias: str = "default") -> None:
    """Copy the SQLite database as it stands at one moment, into a file that appears whole or not at all.

    The copy is taken in one step of reading: those who write wait for nothing, and what they write is not in it.
    """
    draft = target.with_name(target.name + ".new")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    source = connections[alias].settings_dict["NAME"]
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(draft)) as new,
    ):
        old.execute("BEGIN")
        old.execute(
            "SELECT count(*) FROM sqlite_master"
        ).fetchone()  # the moment is that of the first reading
        with say.progress("Copying", total=None) as step:
            old.backup(new, pages=PAGES, progress=lambda _status, left, total: step(total - left))
        new.execute("PRAGMA journal_mode=DELETE")
        said = new.execute("PRAGMA quick_check").fetchone()[0]
    if said != "ok":
        raise Broken(f"the copy of the database does not hold: {said}")
    _keep(draft, target)


def _private(source: Path, target: Path) -> None:
    if source.is_file():
        draft = target.with_name(target.name + ".new")
        with (
            source.open("rb") as old,
            os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as new,
        ):
            shutil.copyfileobj(old, new)
        _keep(draft, target)


def _keep(draft: Path, target: Path) -> None:
    """See a file and its name on the disk."""
    for path, name in ((draft, None), (draft.parent, target)):
        if name is not None:
            draft.replace(name)
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def _pg_dump(target: Path) -> str:
    """Write the line for pg_dump: it works as the node itself does, or the second wall would leave rows out."""
    said = connections["default"].settings_dict
    options = {
        "--host": said["HOST"],
        "--port": said["PORT"],
        "--username": said["USER"],
        "--dbname": f"dbname='{_quoted(said['NAME'])}' options='-c {wall.WORK}=on'",
    }
    given = [f"{name}={shlex.quote(str(value))}" for name, value in options.items() if value]
    whole = ["pg_dump", "--format=custom", "--enable-row-security", f"--file={shlex.quote(str(target))}"]
    return " ".join([*whole, *given])


def _quoted(name: str) -> str:
    """Write a name as it stands between the quotes of a connection string."""
    return name.replace("\\", "\\\\").replace("'", "\\'")

"""Where a node lives and which database it uses, read from the environment once."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SOURCE = Path(__file__).resolve().parents[2]
LOGS = "logs"


def home() -> Path:
    """Return the node's folder: $COMMONWATCH_HOME, else ./data."""
    return Path(os.environ.get("COMMONWATCH_HOME", "data")).resolve()


def pack_folder() -> Path:
    """Return the organisation pack's folder: $COMMONWATCH_PACK, else what the home remembers, else csto.

    It is named by a path, or by the name of a shipped pack.
    """
    remembered = home() / "pack"
    kept = remembered.read_text().strip() if remembered.is_file() else "csto"
    named = os.environ.get("COMMONWATCH_PACK", kept)
    shipped = SOURCE / "organisations" / named
    return shipped if shipped.is_dir() else Path(named).resolve()


def remember_pack(folder: Path, pack: Path) -> None:
    """Let a home remember its pack: a shipped one by its name, so that the source may move."""
    (folder / "pack").write_text(f"{named_pack(pack)}\n")


def party(folder: Path) -> str:
    """Return the party whose node a home is, as it remembers; empty for the node of the pack's center."""
    path = folder / "party"
    return path.read_text().strip() if path.is_file() else ""


def remember_party(folder: Path, code: str) -> None:
    """Let a home remember whose node it is."""
    (folder / "party").write_text(f"{code}\n")


def named_pack(pack: Path) -> str:
    """Return how a pack is remembered."""
    return pack.name if pack.parent == SOURCE / "organisations" else str(pack)


def kept_pack(folder: Path, digest: str) -> Path:
    """Return where a home keeps the copy of an adopted pack."""
    return folder / "packs" / digest


def secret_key(folder: Path) -> str:
    """Return the key that signs sessions, kept in home/secret; without a home, one for this process alone."""
    path = folder / "secret"
    return path.read_text().strip() if path.exists() else secrets.token_urlsafe(48)


def write_secret(folder: Path) -> None:
    """Make the key that signs sessions, readable by this account alone, unless there is one."""
    path = folder / "secret"
    if path.exists():
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48))


def sqlite(path: Path | str) -> dict[str, Any]:
    """Describe an SQLite database to Django: write-ahead log, full synchronisation, no checkpoint of its own.

    Only the connection that holds the pen moves the log into the file (see commonwatch.register.seal), because before
    SQLite 3.51.3 two connections that did so at once could corrupt it.
    """
    begin = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-16384"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": begin},
        "CONN_MAX_AGE": None,
    }


def postgresql(url: str) -> dict[str, Any]:
    """Describe a PostgreSQL database to Django.

    :raises ImproperlyConfigured: when the address names no database.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL is written postgresql://USER:PASSWORD@HOST:PORT/NAME")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }


def database(folder: Path) -> dict[str, Any]:
    """Describe this node's database: $DATABASE_URL, else SQLite in home/commonwatch.sqlite3."""
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("sqlite:///"):
        return sqlite(url.removeprefix("sqlite:///"))
    return postgresql(url) if url else sqlite(folder / "commonwatch.sqlite3")


def aside(folder: Path, main: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Describe the file in which a node on SQLite keeps its lines of reading and security, beside its record.

    There nobody who opens a page waits for whoever holds the pen. On PostgreSQL nobody waits anyway, and the lines lie
    in the one database.
    """
    if not main["ENGINE"].endswith("sqlite3") or main["NAME"] == ":memory:":
        return {}
    return {LOGS: sqlite(folder / "logs.sqlite3")}


class Lines:
    """Which tables are made in the file of the lines: the two kinds of line, and nothing else."""

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **_hints: object
    ) -> bool | None:
        """Say whether a table belongs there; of other databases nothing is said."""
        if db != LOGS:
            return None
        return app_label == "access" and model_name in {"opened", "event"}

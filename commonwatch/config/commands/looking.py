"""What the doctor looks at. Each check returns what it found; none changes anything."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections

from commonwatch.access import secrets
from commonwatch.charter.model import Pack
from commonwatch.charter.pack import PackRefused, load
from commonwatch.config.commands import adopting, doors, making, reminders
from commonwatch.config.commands.found import Found
from commonwatch.config.opening import open_node
from commonwatch.errors import Broken, Refusal
from commonwatch.register import node, repair, seal, wall
from commonwatch.register.guard import BehindGuard
from commonwatch.register.models import Journal

WAL_MENDED = (3, 51, 3)
LEAST_DISK = 100 * 1024 * 1024
LITTLE_DISK = 2 * 1024 * 1024 * 1024
LONG_WAL = 256 * 1024 * 1024
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


def look() -> list[Found]:
    """Look at everything, in the order in which things stand on each other; a check that fails itself is WRONG."""
    checks: list[Callable[[], Iterator[Found]]] = [_home, _pack, _keys, _disk, _settings]
    checks += [
        _sqlite if connections["default"].vendor == "sqlite" else _postgresql,
        _migrations,
        _clock,
        _guard,
    ]
    checks += [doors.weak_settings, doors.breached_list, doors.second_factors, doors.administered]
    checks += [doors.expiring_keys, doors.old_sessions, doors.missing_digests]
    checks += [reminders.mail_set_up, reminders.worker_ran]
    found: list[Found] = []
    for check in checks:
        try:
            found += list(check())
        except (DatabaseError, OSError, Refusal, Broken) as error:
            name = check.__name__.strip("_").replace("_", " ")
            found.append(
                Found("WRONG", name, " ".join(str(error).split()), "See what is said, mend it, look again.")
            )
    return found


def _home() -> Iterator[Found]:
    yield _mode("folder", settings.HOME, 0o700)
    yield _mode("session key", settings.HOME / "secret", 0o600)
    if (settings.HOME / secrets.NAME).exists():
        yield _mode("key of second factors", settings.HOME / secrets.NAME, 0o600)
    if settings.PROVIDER:
        yield _mode("provider", settings.PROVIDER.secret_file, 0o600)


def _mode(subject: str, path: Path, most: int) -> Found:
    """Check that nobody else on this machine may read a path."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & ~most:
        return Found(
            "WARN", subject, f"{path} may be read by others ({mode:o}).", f"Run: chmod {most:o} {path}"
        )
    return Found("OK", subject, f"{path} ({mode:o})")


def _pack() -> Iterator[Found]:
    try:
        pack = load(settings.PACK)
    except PackRefused as refused:
        do = f"Run: commonwatch pack check {settings.PACK}"
        yield Found("WRONG", "pack", f"{settings.PACK} has {len(refused.faults)} faults.", do)
        return
    yield Found("OK", "pack", f"{pack.organisation} {pack.version}, digest {pack.digest[:16]}")
    if not making.lacking():
        yield _in_force(pack)


def _in_force(pack: Pack) -> Found:
    """Say by which pack the node works: the one that its folder holds, or the one adopted before."""
    do = f"See what it changes and adopt it: commonwatch pack adopt {settings.PACK} --as PARTY/OFFICE"
    at = open_node()
    wrong = adopting.not_in_force()
    if wrong:
        return Found("WRONG", "pack in force", wrong, do)
    if at.pack.digest != pack.digest:
        says = (
            f"The folder was not adopted; the node works by {at.pack.version}, digest {at.pack.digest[:16]}."
        )
        return Found("WARN", "pack in force", says, do)
    return Found("OK", "pack in force", f"the same, adopted by {at.party}")


def _keys() -> Iterator[Found]:
    folder = settings.HOME / "keys"
    seeds = sorted(folder.glob("*.seed"))
    wrong = [path for path in seeds if path.stat().st_size != 32]
    loose = [path for path in (folder, *seeds) if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    for path in wrong:
        yield Found("WRONG", "keys", f"{path} is not a key of 32 bytes.", "Put it back from a backup.")
    for path in loose:
        yield Found("WRONG", "keys", f"{path} may be read by others.", f"Run: chmod go-rwx {path}")
    for path in sorted((*folder.glob("*.retired-*"), *folder.glob(f"*{node.HANDED_OVER}"))):
        says = f"{path} signs nothing any more, and whoever steals it can still forge what came before."
        yield Found("WARN", "keys", says, "Destroy it and its copies once every peer has followed.")
    if not (wrong or loose):
        yield Found("OK", "keys", f"{len(seeds)} in {folder}, readable by this account alone")


def _disk() -> Iterator[Found]:
    free = shutil.disk_usage(settings.HOME).free
    says = f"{free / 1024**3:.1f} GB free at {settings.HOME}"
    if free < LEAST_DISK:
        yield Found("WRONG", "disk", says, "Make room now: nothing is acknowledged that cannot be written.")
    elif free < LITTLE_DISK:
        yield Found("WARN", "disk", says, "Make room soon.")
    else:
        yield Found("OK", "disk", says)


def _settings() -> Iterator[Found]:
    if settings.DEMO:
        yield Found("WARN", "mode", "This is a demonstration node.", "Keep no real report in it.")
    if not settings.SECURE:
        do = "Behind TLS set COMMONWATCH_HTTPS=1; on this machine alone it does not matter."
        yield Found("WARN", "sessions", "They may travel without TLS.", do)
    else:
        yield Found("OK", "sessions", "They travel over TLS only.")


def _sqlite() -> Iterator[Found]:
    version = f"SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < WAL_MENDED:
        says = (
            f"{version} may damage its file when two connections move the write-ahead log at once (mended in 3.51.3);"
            " here only the connection that holds the pen does that, so it cannot happen."
        )
        yield Found("OK", "database", says)
    else:
        yield Found("OK", "database", f"{version}, which has no known fault in its write-ahead log")
    wanted = {
        "journal_mode": (("wal",), "commits could be lost or slow"),
        "synchronous": (("2", "3"), "a commit could be lost when power fails"),
        "wal_autocheckpoint": (("0",), "connections could move the log at once"),
    }
    for name, (right, danger) in wanted.items():
        value = str(_asked(f"PRAGMA {name}")).lower()
        if value in right:
            yield Found("OK", name, value)
        else:
            yield Found(
                "WRONG", name, f"{value}: {danger}.", "Stop the node and report this: it sets this itself."
            )
    yield _log()
    yield _file()


def _file() -> Found:
    """Let SQLite read its whole file: a damaged page is found here before somebody asks for what stands on it."""
    open_node()
    faults = repair.faults_of_file()
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    if faults:
        do = "Stop the node, keep a copy of the whole folder, then run: commonwatch repair"
        return Found("WRONG", "database file", f"It is damaged: {faults[0]}{more}.", do)
    return Found("OK", "database file", "every page and every index of it holds")


def _log() -> Found:
    path = Path(str(connections["default"].settings_dict["NAME"]) + "-wal")
    size = path.stat().st_size if path.exists() else 0
    says = f"{size / 1024**2:.1f} MB wait in it"
    if size > LONG_WAL:
        do = "It shrinks when no long reading stands in its way; otherwise restart the node."
        return Found("WARN", "write-ahead log", says, do)
    return Found("OK", "write-ahead log", says)


def _postgresql() -> Iterator[Found]:
    yield Found("OK", "database", f"PostgreSQL {_asked('SHOW server_version')}")
    danger = {
        "fsync": "the database can be lost when power fails",
        "synchronous_commit": "acknowledged reports can be lost when power fails",
        "full_page_writes": "the database can be damaged when power fails",
    }
    for name, says in danger.items():
        value = str(_asked(f"SHOW {name}"))
        if value == "off" or (name == "synchronous_commit" and value == "local"):
            yield Found("WRONG", name, f"{value}: {says}.", f"Set {name} = on in postgresql.conf and reload.")
        else:
            yield Found("OK", name, value)
    yield _wall()


def _wall() -> Found:
    role = _asked("SELECT current_user")
    lacking = wall.unwalled()
    if wall.walked_through():
        says = f"The role {role} walks through it: a query that forgets who asks would find every row."
        do = "Run the node as a role that owns its tables and is neither superuser nor BYPASSRLS."
        return Found("WARN", "second wall", says, do)
    if lacking:
        says = f"{len(lacking)} tables stand outside it: {', '.join(lacking)}."
        return Found("WARN", "second wall", says, f"Run: commonwatch init --home {settings.HOME}")
    return Found("OK", "second wall", f"it holds the role {role} on {len(wall.tables())} tables")


def _asked(sql: str) -> Any:
    with connections["default"].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def _migrations() -> Iterator[Found]:
    lacking = making.lacking()
    if lacking:
        do = f"Back the node up, then run: commonwatch init --home {settings.HOME}"
        yield Found("WRONG", "tables", f"{lacking} changes of this version are not applied.", do)
    else:
        yield Found("OK", "tables", "those of this version")


def _clock() -> Iterator[Found]:
    now = datetime.now(UTC)
    last = Journal.objects.order_by("-last_at").values_list("last_at", flat=True).first() or 0
    latest = datetime.fromtimestamp(last / 1_000_000, tz=UTC)
    do = "Set the clock and let it be kept by a time service (NTP); new entries keep the later time until then."
    if now < EARLIEST:
        yield Found("WRONG", "clock", f"It shows {now:%Y-%m-%d %H:%M} UTC.", do)
    elif latest > now:
        yield Found(
            "WRONG",
            "clock",
            f"It shows {now:%Y-%m-%d %H:%M} UTC, before the last entry ({latest:%Y-%m-%d %H:%M}).",
            do,
        )
    else:
        yield Found("OK", "clock", f"{now:%Y-%m-%d %H:%M:%S} UTC, not before the last entry")


def _guard() -> Iterator[Found]:
    open_node()
    at = node.current()
    path = at.home / "guard"
    try:
        seal.check_guard(at)
    except BehindGuard as behind:
        do = "Fetch what is missing from the peers: commonwatch recover. Leave the guard where it is."
        yield Found("WRONG", "guard", str(behind), do)
        return
    except Broken as broken:
        do = "Stop the node, keep a copy of the whole folder, and call for help: this must not happen."
        yield Found("WRONG", "guard", str(broken), do)
        return
    journals = Journal.objects.filter(ours=True, size__gt=0).count()
    guarded = len(seal.guard_of(at).read())
    if guarded < journals:
        do = f"Without {path} an old backup put back is not recognised. The next entries write it again."
        yield Found("WARN", "guard", f"It knows {guarded} of {journals} journals.", do)
    elif path.exists() and not os.access(path, os.W_OK):
        yield Found(
            "WRONG", "guard", f"{path} cannot be written.", "Give it to the account that runs the node."
        )
    else:
        yield Found("OK", "guard", f"agrees with {journals} journals")

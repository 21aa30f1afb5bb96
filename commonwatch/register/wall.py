"""The second wall: on PostgreSQL the database itself gives out only rows of journals within reach.

The first wall is `visible_to`. Behind it every table that it guards, and the tiles, carry one row-level policy: a row
is there when its journal is in the session's setting `commonwatch.reach`, or while the node itself is at work
(`commonwatch.work`). A fresh connection reaches nothing and every request begins so; whoever reads through
`visible_to` adds the reader's journals. A query that forgets `visible_to` then finds nothing, or what that reader may
see anyway.

On SQLite all of this is nothing. docs/decisions/0013-the-second-wall.md says what the wall is for and what it is not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from weakref import WeakKeyDictionary

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from commonwatch.register import node

REACH, WORK = "commonwatch.reach", "commonwatch.work"
POLICY = "commonwatch_wall"

# Each setting stands in a query of its own, so that it is read once for a statement and not once for a row.
_HOLDS = (
    f"(SELECT current_setting('{WORK}', true) = 'on')"
    f" OR \"journal_id\" = ANY ((SELECT NULLIF(current_setting('{REACH}', true), '')::bigint[])::bigint[])"
)
_MARK = sha256(_HOLDS.encode()).hexdigest()[:16]


@dataclass(eq=False)
class _Session:
    """What one connection of the database is known to hold.

    `held` is certain. `unsure` was added inside a transaction that may have been undone since.
    """

    raw: Any
    held: frozenset[int] = frozenset()
    unsure: frozenset[int] = frozenset()
    last: tuple[int, ...] | None = None
    open: bool = False


_sessions: "WeakKeyDictionary[BaseDatabaseWrapper, _Session]" = WeakKeyDictionary()


def _session(connection: BaseDatabaseWrapper) -> _Session:
    """Return what is known of a connection; of one that was opened anew, that it holds nothing."""
    found = _sessions.get(connection)
    if found is None or found.raw is None or found.raw is not connection.connection:
        found = _sessions[connection] = _Session(raw=connection.connection)
    return found


def _walled() -> BaseDatabaseWrapper | None:
    """Return the connection of the node at hand when its database can hold the wall."""
    connection = connections[node.current().database]
    return connection if connection.vendor == "postgresql" else None


def _tell(connection: BaseDatabaseWrapper, name: str, value: str, *, local: bool = False) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, %s)", (name, value, local))


def reach(journals: tuple[int, ...]) -> None:
    """Let the connection at hand reach these journals too, until the next request begins.

    `visible_to` calls it; whoever reads by a reader's shelves in another way calls it itself. What was within reach in
    this request stays so, since a query is often sent long after it was put together.
    """
    connection = _walled()
    if connection is None:
        return
    session = _session(connection)
    if session.open or session.last is journals:
        return
    wanted = frozenset(journals)
    if wanted <= session.held:
        session.last = journals
        return
    grown = session.held | session.unsure | wanted
    _tell(connection, REACH, f"{{{','.join(map(str, sorted(grown)))}}}")
    if connection.in_atomic_block:
        session.unsure |= wanted  # to be told again: a rollback takes it back without a word
    else:
        _sessions[connection] = _Session(raw=connection.connection, held=grown, last=journals)


def shut(**_signal: object) -> None:
    """Take everything out of reach on the connections of this thread; every request begins with it."""
    for connection in connections.all(initialized_only=True):
        if connection.vendor != "postgresql":
            continue
        session = _session(connection)
        if session.held or session.unsure or session.open:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config(%s, '', false), set_config(%s, '', false)", (REACH, WORK))
            _sessions[connection] = _Session(raw=connection.connection)


@contextmanager
def open(*, until_commit: bool = False) -> Iterator[None]:  # noqa: A001 - it is read as wall.open()
    """Let the node itself work inside the block: every row is there.

    Inside a transaction the database shuts the wall again with it, however it ends. `until_commit` says that the
    transaction ends with the block, so that nothing need be said twice.
    """
    connection = _walled()
    if connection is None or _session(connection).open:
        yield
        return
    local = connection.in_atomic_block
    _tell(connection, WORK, "on", local=local)
    session = _session(connection)
    session.open = True
    try:
        yield
    finally:
        session.open = False
        if not (until_commit and local) and _answers(connection, session):
            _tell(connection, WORK, "", local=local)


def _answers(connection: BaseDatabaseWrapper, session: _Session) -> bool:
    """Say whether a connection can still be told something: it is the same, and its transaction has not failed.

    A connection that is gone took its settings along; a failed transaction takes back what was set in it.
    """
    raw = connection.connection
    return raw is not None and raw is session.raw and raw.info.transaction_status.name in {"IDLE", "INTRANS"}


def tables() -> list[str]:
    """List the tables that stand behind the wall: those read through `visible_to`, and the tiles."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if hasattr(getattr(model, "objects", None), "visible_to") or model._meta.label == "register.Tile"
    )


def build(*, using: str = "default", **_signal: object) -> list[str]:
    """Put the wall before every table that lacks it, after migrations; return which. Nothing to do on SQLite."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return []
    present = set(connection.introspection.table_names())
    lacking = [name for name in unwalled(using=using) if name in present]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for name in lacking:
            cursor.execute(f'ALTER TABLE "{name}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')
            cursor.execute(f'DROP POLICY IF EXISTS {POLICY} ON "{name}"')
            cursor.execute(f'CREATE POLICY {POLICY} ON "{name}" USING ({_HOLDS})')
            cursor.execute(f"COMMENT ON POLICY {POLICY} ON \"{name}\" IS '{_MARK}'")
    return lacking


def unwalled(*, using: str = "default") -> list[str]:
    """List the tables that should stand behind the wall of this version and do not."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
            " WHERE c.relnamespace = current_schema()::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity"
            " AND p.polname = %s AND obj_description(p.oid, 'pg_policy') = %s",
            (POLICY, _MARK),
        )
        standing = {name for (name,) in cursor.fetchall()}
    return [name for name in tables() if name not in standing]


def walked_through(*, using: str = "default") -> bool:
    """Say whether the present role walks through every wall: a superuser, or one with BYPASSRLS."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        row = cursor.fetchone()
    return bool(row and row[0])


def stands(*, using: str = "default") -> bool:
    """Say whether the present role is held by the wall on every table; never on SQLite, which has none."""
    if connections[using].vendor != "postgresql":
        return False
    return not walked_through(using=using) and not unwalled(using=using)

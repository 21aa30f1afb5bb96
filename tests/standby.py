"""A primary and its standby: everything committed on the first is on the second before anybody hears of it."""

import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from tests import postgres

NAME = "standby"


class Pair:
    """Two servers; the standby has the name under which the primary waits for it."""

    def __init__(self, primary, standby):
        self.primary, self.standby = primary, standby

    def wait_for_standby(self):
        """Let no commit return before the standby has it, from now on."""
        tell(self.primary.url, f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'")
        tell(self.primary.url, "SELECT pg_reload_conf()")
        until = time.monotonic() + postgres.WAIT
        while tell(self.primary.url, "SELECT sync_state FROM pg_stat_replication") != [("sync",)]:
            assert time.monotonic() < until, self.standby.log.read_text()
            time.sleep(0.05)

    def promote(self):
        """Make the standby a primary and return once it takes writes."""
        assert tell(self.standby.url, "SELECT pg_promote(true, 60)") == [(True,)]


@contextmanager
def pair():
    """Run both until the block ends."""
    programs, as_user = postgres.programs(), postgres._as_user()
    folder = Path(tempfile.mkdtemp(prefix="commonwatch-standby-"))
    folder.chmod(0o755)
    first, second = folder / "first", folder / "second"
    first.mkdir()
    second.mkdir()
    primary = postgres.Server(first, as_user=as_user)
    standby = postgres.Server(second, as_user=as_user, password=primary.password)
    try:
        primary.initialise(programs)
        primary.start()
        standby.own(primary.programs)
        where = f"host=127.0.0.1 port={primary.port} user=postgres"
        copy = (
            f"--dbname={where}",
            "-D",
            standby.data,
            "--write-recovery-conf",
            "--checkpoint=fast",
            "--no-sync",
        )
        standby.run("pg_basebackup", *copy, PGPASSWORD=primary.password)
        standby.start(cluster_name=NAME)
        yield Pair(primary, standby)
    finally:
        primary.stop()
        standby.stop()
        shutil.rmtree(folder)


def tell(url, statement):
    """Send one statement; return the rows that it gives."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []

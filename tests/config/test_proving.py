"""Proving a node while it goes on working."""

import threading

from django.db import connections

from commonwatch.config.commands import proving
from commonwatch.register.verify import verify_stored
from tests.register.conftest import small, write

__all__ = ["small"]


def test_what_is_written_meanwhile_does_not_count_against_the_node(small, monkeypatch):
    by = small.officer(party="BY")
    write(by=by)

    def file_one():
        write(by=by, subject="report/BY/meanwhile")
        connections.close_all()

    def verify_slowly(row, **more):
        writing = threading.Thread(target=file_one)
        writing.start()
        writing.join()
        return verify_stored(row, **more)

    monkeypatch.setattr(proving, "verify_stored", verify_slowly)
    done = proving.node_holds(tables=False)
    assert [each["entries"] for each in done["journals"]] == [2]
    assert "The guard agrees with what is stored." in done["also"]

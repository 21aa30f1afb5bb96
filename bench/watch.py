"""The Watch page of 30 types by 30 parties with a million entries behind it: the server's time for a page."""

import sys
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bench import record
from bench.measure import Options, below, median, note, options

LIMIT_MS = 100.0


def run(asked: Options) -> bool:
    """Measure the whole page, its live part, and the answer that nothing has changed."""
    home = record.prepared(20_000 if asked.quick else 1_000_000)
    at = record.install(home)
    today = datetime.now(tz=UTC).replace(hour=9, minute=30)
    at.clock = lambda: int(today.timestamp() * 1_000_000)
    return _measure(at.pack.center, times=5 if asked.quick else 30)


def _measure(center: str, *, times: int) -> bool:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from commonwatch.access.actor import operator
    from commonwatch.access.acts import open_account
    from commonwatch.access.models import Account
    from commonwatch.config.opening import settle
    from commonwatch.register.models import Entry
    from tests.conftest import prove

    handle = "bench-duty"
    account = Account.objects.filter(handle=handle).first() or open_account(
        by=operator(center), handle=handle, office="duty", password=None
    )
    client = Client()
    client.force_login(account)
    prove(client)
    settle()  # as the server does
    page = client.get("/")
    if page.status_code != 200:
        raise RuntimeError(f"the page answers {page.status_code}: {page.content[:500]!r}")
    live: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}
    part = client.get("/", **live)
    unchanged = {**live, "HTTP_IF_NONE_MATCH": page.headers["ETag"]}
    known = client.get("/", **live, HTTP_IF_NONE_MATCH=part.headers["ETag"])
    with CaptureQueriesContext(connection) as queries:
        client.get("/")
    note(
        f"{Entry.objects.count():,} entries behind it; {len(queries)} queries; {len(page.content):,} B whole,"
        f" {len(part.content):,} B live, then {known.status_code}"
    )
    holds = True
    asked = {"whole page": {}, "live part": live, "nothing has changed (304)": unchanged}
    for what, headers in asked.items():
        took = 1000 * median(partial(client.get, "/", **headers), times=times)
        holds &= below(f"Watch, 30 x 30: {what}", took, unit="ms", limit=LIMIT_MS)
    return holds


if __name__ == "__main__":
    sys.exit(not run(options()))

"""The pages that a duty officer opens every hour, with two years of 30 parties and 30 types behind them."""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import Any, NamedTuple

from bench import record
from bench.measure import Options, below, note, options, tell

LIMIT_MS = 100.0
ENTRIES = 2 * 730 * record.COUNT * record.COUNT
AUDIENCES = 3
COMMON = "river"

PAGES = {
    "Watch": "/",
    "reports": "/reports/",
    "reports of one type and party": "/reports/?type=T05&party=P03",
    "reports withdrawn (none is)": "/reports/?state=withdrawn",
    f"search, a common word ({COMMON})": f"/reports/?q={COMMON}",
    f"search, a rare word ({record.RARE})": f"/reports/?q={record.RARE}",
    f"search, an absent word ({record.ABSENT})": f"/reports/?q={record.ABSENT}",
    "search, two words, one of them rare": f"/reports/?q={COMMON}+{record.RARE}",
    "compliance of 30 days": "/compliance/",
}
WHERE_THERE = {"questions": "traffic:questions", "summaries": "summaries:list", "shift log": "shifts:log"}
"""Pages of other desks, measured where the node has them."""


class Times(NamedTuple):
    """How long a page took, in milliseconds; `used` is the processor's time alone, the median too."""

    median: float
    worst: float
    used: float


def run(asked: Options) -> bool:
    """Measure each page as the duty officer of the Center, and a bare ListView over the same table beside the list.

    On a machine that does other things too a page takes longer than it needs: the processor's time is told beside it.
    """
    home = record.prepared(20_000 if asked.quick else ENTRIES, audiences=AUDIENCES, spoken=True)
    at = record.install(home)
    today = datetime.now(tz=UTC).replace(hour=9, minute=31, second=0, microsecond=0)
    at.clock = lambda: int(today.timestamp() * 1_000_000)
    return _measure(at.pack.center, times=3 if asked.quick else 15)


def _measure(center: str, *, times: int) -> bool:
    from commonwatch.config.opening import settle
    from commonwatch.desks.exchange.models import Listed
    from commonwatch.register.models import Entry, Journal

    client = _client(center)
    settle()  # as the server does
    note(
        f"{Listed.objects.count():,} reports, {Entry.objects.count():,} entries, {Journal.objects.count()} journals"
    )
    holds = True
    for what, address in (PAGES | _others()).items():
        took = _timed(partial(_get, client, address), times=times)
        queries, size = _cost(client, address)
        holds &= below(f"{what}: median", took.median, unit="ms", limit=LIMIT_MS)
        note(
            f"worst of {times}: {took.worst:.1f} ms; the processor's time: {took.used:.1f} ms;"
            f" {queries} queries; {size:,} B"
        )
    for what, address, words in (
        ("the list", "/reports/", ""),
        ("an absent word", f"/reports/?q={record.ABSENT}", record.ABSENT),
    ):
        ours = _timed(partial(_get, client, address), times=times)
        theirs = _timed(_bare(words), times=min(times, 3))
        tell(
            f"{what}, beside a bare ListView", ours.median, unit="ms", beside="ListView, same table, no gate",
            theirs=theirs.median, ratio=theirs.median / ours.median,
        )  # fmt: skip
    return holds


def _others() -> dict[str, str]:
    """Find the pages of other desks that this node has."""
    from django.urls import NoReverseMatch, reverse

    found = {}
    for what, name in WHERE_THERE.items():
        try:
            found[what] = reverse(name)
        except NoReverseMatch:
            continue
    return found


def _client(center: str) -> Any:
    """Sign the duty officer in."""
    from django.test import Client

    from commonwatch.access.actor import operator
    from commonwatch.access.acts import open_account
    from commonwatch.access.models import Account
    from tests.conftest import prove

    handle = "bench-duty"
    account = Account.objects.filter(handle=handle).first() or open_account(
        by=operator(center), handle=handle, office="duty", password=None
    )
    client = Client()
    client.force_login(account)
    prove(client)
    return client


def _get(client: Any, address: str) -> Any:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answers {answer.status_code}: {answer.content[:500]!r}")
    return answer


def _cost(client: Any, address: str) -> tuple[int, int]:
    """Return how many queries a page takes, and how large it is."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        answer = _get(client, address)
    return len(queries), len(answer.content)


def _timed(call: Callable[[], object], *, times: int) -> Times:
    call()
    found, used = [], []
    for _turn in range(times):
        started, before = time.perf_counter(), time.process_time()
        call()
        found.append(1000 * (time.perf_counter() - started))
        used.append(1000 * (time.process_time() - before))
    return Times(median(found), max(found), median(used))


def _bare(words: str) -> Callable[[], object]:
    """Return a call of Django's own list over the same table: its pages counted, its words looked for with LIKE."""
    from django.http import HttpRequest, HttpResponse
    from django.template import Context, Template
    from django.test import RequestFactory
    from django.views.generic import ListView

    from commonwatch.desks.exchange.models import Listed

    line = Template(
        "{% for each in page_obj %}<li>{{ each.at }} {{ each.party }} {{ each.type }} {{ each.state }}</li>{% endfor %}"
    )

    class Bare(ListView):  # type: ignore[type-arg]
        paginate_by = 50

        def get_queryset(self) -> Any:
            rows = Listed.objects.order_by("-at", "key")
            return rows.filter(words__contains=f" {words}") if words else rows

        def render_to_response(self, context: dict[str, Any], **_more: Any) -> Any:
            return HttpResponse(line.render(Context(context)))

    request: HttpRequest = RequestFactory().get("/")
    return lambda: Bare.as_view()(request)


if __name__ == "__main__":
    sys.exit(not run(options()))

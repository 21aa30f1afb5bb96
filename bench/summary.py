"""A summary of 200 parts, 130 reports and 70 remarks, as PDF as the node answers it, beside the library alone.

More reports do not go into one entry: it holds 65,535 bytes.
"""

import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import Options, below, note, options, tell

ITEMS = 200
LIMIT_S = 3.0
PARTIES = ("BY", "KG", "KZ", "RU", "TJ")


def run(asked: Options) -> bool:
    """Release a summary of 200 parts, and time its PDF and the library's own part of it."""
    items = 20 if asked.quick else ITEMS
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonwatch.config.settings")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        os.environ["COMMONWATCH_HOME"] = name
        house = _house(stack, Path(name))
        summary = _released(house, items)
        client = house.client("CRC", "duty")
        address = f"/summaries/{summary}/summary.pdf"
        pages, first = _timed(lambda: client.get(address))
        took = [_timed(lambda: client.get(address))[1] for _round in range(1 if asked.quick else 3)]
        size = len(pages.content) / 1024
        note(f"{items} parts, {size:.0f} kB; the first one, with the library's loading, {first:.2f} s")
        holds = below(f"PDF of a summary of {items} parts", median(took), unit="s", limit=LIMIT_S)
        alone = _alone(client.get(f"/summaries/{summary}/").content.decode())
        beside = "WeasyPrint alone on the page of the screen"
        return (
            tell("the same", median(took), unit="s", beside=beside, theirs=alone, ratio=alone / median(took))
            and holds
        )


def _house(stack: ExitStack, folder: Path) -> Any:
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    from commonwatch.charter import pack
    from commonwatch.register import node
    from tests import conftest

    empty = folder / "empty.sqlite3"
    with conftest.database("default", empty):
        call_command("migrate", verbosity=0)
        with connections["default"].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    csto = pack.load(conftest.PACKS / "csto")
    house = stack.enter_context(conftest.lived_in(path=folder / "node", pack=csto, empty=empty))
    node.install(house.node)
    stack.callback(node.install, None)
    return house


def _released(house: Any, items: int) -> str:
    """File the reports of some weeks, choose all of them, add remarks, and release what comes of it."""
    from tests.summaries import desk

    days = [
        f"{house.clock.now - timedelta(days=back):%Y-%m-%d}" for back in range(1, 2 + items // len(PARTIES))
    ]
    reports = 13 * items // 20
    filed = [desk.file(house, party, period=day) for day in days for party in PARTIES][:reports]
    row = desk.choose(house, desk.draft(house), *filed)
    for number in range(items - reports):
        row = desk.write(house, row, f"SAMPLE: remark {number} of the Center.")
    return desk.released(house, row).summary


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    answer = call()
    return answer, time.perf_counter() - began


def _alone(html: str) -> float:
    """Set the summary's own page with the library and nothing else."""
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)  # the stylesheet of the screen is not there
    import weasyprint

    return _timed(lambda: weasyprint.HTML(string=html, url_fetcher=_nothing).write_pdf())[1]


def _nothing(url: str, *_args: object, **_more: object) -> None:
    raise ValueError(url)


if __name__ == "__main__":
    sys.exit(0 if run(options()) else 1)

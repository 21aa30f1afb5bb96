"""Crawl the two worlds for every viewer, then plant every leak and see that it is found.

Ends with 0 when nothing differs and every planted leak is caught, with 1 when not, with 2 when that could not be seen.
"""

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.house.worlds import running

FINE, LEAKS, FAILED = 0, 1, 2


def main():
    """Crawl, print what differs, and say by the exit status whether anything does."""
    args = _arguments()
    running.prepare()
    with tempfile.TemporaryDirectory(prefix="two-worlds-") as folder:
        empty = args.empty or Path(folder) / "empty.sqlite3"
        if not args.empty:
            running.empty_database(empty)
        some = bool(args.viewers or args.routes)
        found = _crawled(args, empty, every=not some)
        return found if some else max(found, _planted(empty))


def _crawled(args, empty, *, every):
    """Crawl the worlds of the viewers asked for; `every` counts the addresses, and the masks that are needed."""
    from tests.house.worlds import compare, covered
    from tests.house.worlds.viewers import VIEWERS

    wanted = frozenset(filter(None, args.routes.split(",")))
    chosen = [VIEWERS[name] for name in args.viewers.split(",")] if args.viewers else list(VIEWERS.values())
    found, seen = [], covered.Seen()
    for viewer in chosen:
        started = time.monotonic()
        done = running.run(viewer, empty=empty, wanted=wanted)
        differing = compare.differences(viewer.name, done.whole, done.plain)
        seen.add(done)
        found += differing
        took = time.monotonic() - started
        print(
            f"{viewer.name}: {len(done.whole)} questions, {len(differing)} differences, {took:.1f} s",
            flush=True,
        )
    for each in found[: args.most]:
        print(each)
    if args.statuses:
        print(seen.statuses())
    wanting = seen.wanting() if every else []
    for each in wanting:
        print(each)
    if every:
        print(seen.says())
    return LEAKS if found or wanting else FINE


def _planted(empty):
    """Plant every leak in turn."""
    from tests.house.worlds import planting

    leaks = planting.leaks()
    missed = 0
    for leak in leaks:
        said = planting.missed(leak, empty=empty)
        missed += bool(said)
        if said:
            print(said, flush=True)
    print(f"planted leaks caught {len(leaks) - missed} of {len(leaks)}")
    return LEAKS if missed else FINE


def _arguments():
    parser = argparse.ArgumentParser(prog="python -m tests.house.worlds", description=__doc__)
    parser.add_argument(
        "--viewers", default="", help="some viewers alone, separated by commas; no leak is planted"
    )
    parser.add_argument(
        "--routes", default="", help="some addresses alone, by their names, separated by commas"
    )
    parser.add_argument(
        "--empty", type=Path, help="a database with every table and no row; made when left out"
    )
    parser.add_argument("--most", type=int, default=20, help="how many differences are printed")
    parser.add_argument("--statuses", action="store_true", help="count the answers of each address")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        status = main()
    except running.CrawlFailed as error:
        print(error, file=sys.stderr)
        status = FAILED
    except Exception:  # noqa: BLE001 - a fault of the test itself must not look like a leak
        traceback.print_exc()
        status = FAILED
    sys.exit(status)

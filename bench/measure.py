"""One line a measure: what was measured, our figure, what stands beside it, the ratio and the promise."""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "bench"


class Options(NamedTuple):
    """How a bench is asked to run: `quick` for a smoke test with small sizes, `profile` to see where the time goes."""

    quick: bool = False
    profile: bool = False


def options() -> Options:
    """Read the options of a bench from the command line."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--quick", action="store_true")
    reader.add_argument("--profile", action="store_true")
    given = reader.parse_args()
    return Options(quick=given.quick, profile=given.profile)


def tell(  # noqa: PLR0913 - the columns of the line
    what: str, ours: float, *, unit: str, beside: str, theirs: float, ratio: float, least: float | None = None
) -> bool:
    """Print one line; `least` is the promised ratio, None when the line is there for information alone.

    Returns whether the promise holds.
    """
    holds = least is None or ratio >= least
    promise = "" if least is None else f"at least {least:.3g}x"
    _line(what, ours, unit, beside, theirs, ratio, promise, holds=holds)
    return holds


def below(what: str, ours: float, *, unit: str, limit: float) -> bool:
    """Print one line for a figure that must stay below a limit; return whether it does."""
    holds = ours < limit
    _line(what, ours, unit, "limit", limit, ours / limit, "below it", holds=holds)
    return holds


def _line(  # noqa: PLR0913, PLR0917 - the columns of the line
    what: str, ours: float, unit: str, beside: str, theirs: float, ratio: float, promise: str, *, holds: bool
) -> None:
    verdict = ("OK" if holds else "BELOW") if promise else ""
    left = f"{what:<46}{_number(ours):>10} {unit:<10}{beside:<42}{_number(theirs):>10}"
    print(f"{left} {ratio:>8.3g}x  {promise:<16}{verdict}".rstrip(), flush=True)


def note(text: str) -> None:
    """Print a remark under the lines."""
    print(f"  {text}", flush=True)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


class Watch:
    """How long a block took, in seconds."""

    seconds = 0.0


@contextmanager
def timed() -> Iterator[Watch]:
    """Time a block."""
    watch = Watch()
    started = time.perf_counter()
    try:
        yield watch
    finally:
        watch.seconds = time.perf_counter() - started


def median(call: Callable[[], object], *, times: int) -> float:
    """Return the median time of a call in seconds."""
    found = []
    for _turn in range(times):
        with timed() as watch:
            call()
        found.append(watch.seconds)
    return sorted(found)[len(found) // 2]

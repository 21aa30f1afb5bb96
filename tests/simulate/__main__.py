"""Live through seeds: `python -m tests.simulate --seeds 30 [--first N] [--steps N] [--verbose]`.

Ends with 0 when everything held for every seed, else with 1; a seed that failed says its last steps and can be run
again alone with --first SEED --seeds 1.
"""

import argparse
import sys
import time
from contextlib import ExitStack

from tests.simulate import running


def main():
    """Run the seeds that are asked for, one after another."""
    reader = argparse.ArgumentParser(prog="python -m tests.simulate")
    reader.add_argument("--seeds", type=int, default=30)
    reader.add_argument("--first", type=int, default=1)
    reader.add_argument("--steps", type=int, default=running.STEPS)
    reader.add_argument("--verbose", action="store_true")
    asked = reader.parse_args()
    running.prepare()
    failed, began = [], time.monotonic()
    with ExitStack() as stack:
        begun = running.begun(stack)
        for seed in range(asked.first, asked.first + asked.seeds):
            lived = running.live(seed, begun=begun, steps=asked.steps)
            if asked.verbose:
                print("\n".join(lived.log))  # noqa: T201 - the words of a command
            print(lived.says(), flush=True)  # noqa: T201 - the words of a command
            failed += [seed] if lived.fault else []
    took = time.monotonic() - began
    failures = ", ".join(map(str, failed)) or "none"
    print(f"{asked.seeds} seeds of {asked.steps} steps in {took:.0f} s; failed: {failures}")  # noqa: T201 - the words of a command
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())

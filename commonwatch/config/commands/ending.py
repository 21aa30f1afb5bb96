"""How commands end: the exit codes that scripts rely on, and the end of each command's help."""

from collections.abc import Sequence
from typing import Final

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
BROKEN: Final = 3
MISSING: Final = 4

MEANINGS: Final = {
    DONE: "done",
    REFUSED: "refused: one sentence says why, another what to do",
    USAGE: "the command line could not be read",
    BROKEN: "something is wrong with the record or the installation",
    MISSING: "a report is missing",
}


def epilog(*examples: str, codes: Sequence[int] = (DONE, REFUSED, USAGE, BROKEN)) -> str:
    """Return the end of a command's help: examples as they are typed, and the exit codes it may leave with."""
    shown = ["Example:" if len(examples) == 1 else "Examples:", *(f"  {each}" for each in examples)]
    ends = ["Exit codes:", *(f"  {code}  {MEANINGS[code]}" for code in codes)]
    # The sign before each part tells click to keep its lines as they are.
    parts = ["\b\n" + "\n".join(part) for part in (shown if examples else [], ends) if part]
    return "\n\n".join(parts)

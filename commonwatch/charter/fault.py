"""One thing wrong in a pack: where it stands, what is wrong, and what would be right."""

from collections.abc import Iterable
from difflib import get_close_matches

from msgspec import Struct

Path = tuple[str | int, ...]


class Fault(Struct, frozen=True, order=True):
    """Where in a pack something is wrong (`line` counts from 1), what it is, and what would be right."""

    file: str
    line: int
    field: str
    says: str
    fix: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" + (f": {self.field}" if self.field else "")
        return f"{where}: {self.says} {self.fix}".rstrip()


def nearest(wrong: object, known: Iterable[str]) -> str:
    """Return a sentence that offers the known word nearest to `wrong`, or lists what is known when few."""
    words = sorted(set(known))
    if not words:
        return "None is defined."
    folded = {word.casefold(): word for word in words}
    close = get_close_matches(str(wrong).casefold(), folded, n=1, cutoff=0.6)
    if close or len(words) == 1:
        return f"Did you mean “{folded[close[0]] if close else words[0]}”?"
    shown = ", ".join(words[:12]) + (" …" if len(words) > 12 else "")
    return f"Known: {shown}."

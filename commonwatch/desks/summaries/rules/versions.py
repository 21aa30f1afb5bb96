"""Two versions side by side: what was added, removed and changed, word by word within a paragraph."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from commonwatch.desks.summaries.facts import Block

WORDS = re.compile(r"\s+|[^\s]+")


class Words(NamedTuple):
    """A run of words: `how` is "same", "added" or "removed"."""

    how: str
    text: str


class Change(NamedTuple):
    """One block of the later version, or one that it no longer has: "same", "added", "removed", "changed".

    `before` is the block as it was, for what was changed.
    """

    how: str
    block: Block
    before: Block | None = None


def compare(before: Sequence[Block], after: Sequence[Block]) -> list[Change]:
    """Lay two versions side by side in the order of the later; what was removed stands where it stood.

    A block that was only moved counts as the same.
    """
    was = {each.id: each for each in before}
    now = {each.id for each in after}
    gone = _gone(before, now)
    found = [Change("removed", each) for each in gone.pop("", [])]
    for each in after:
        old = was.get(each.id)
        how = "added" if old is None else "same" if old == each else "changed"
        found.append(Change(how, each, old if how == "changed" else None))
        found += [Change("removed", lost) for lost in gone.pop(each.id, [])]
    return found


def _gone(before: Sequence[Block], now: set[str]) -> dict[str, list[Block]]:
    """Group what is no longer there under the id of the block after which it stood; "" for the beginning."""
    found: dict[str, list[Block]] = {}
    last = ""
    for each in before:
        if each.id in now:
            last = each.id
        else:
            found.setdefault(last, []).append(each)
    return found


def word_changes(before: str, after: str) -> list[Words]:
    """Compare two texts word by word."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    found: list[Words] = []
    for how, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            found.append(Words("same", "".join(old[first:last])))
            continue
        if last > first:
            found.append(Words("removed", "".join(old[first:last])))
        if end > start:
            found.append(Words("added", "".join(new[start:end])))
    return found

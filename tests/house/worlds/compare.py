"""Two lists of answers held beside one another: the first byte in which they differ, in its context."""

from typing import NamedTuple

from tests.house.worlds.masks import masked

CONTEXT = 60


class Difference(NamedTuple):
    """One answer that tells something of what was not released."""

    viewer: str
    asked: object
    step: str
    what: str

    def __str__(self):
        return f"{self.asked.route}  {self.viewer} by {self.asked.way}  {self.asked}\n    {self.step}: {self.what}"


def differences(viewer, whole, plain):
    """Compare the answers of the world that holds everything with those of the one that holds what was released."""
    found = []
    for one, other in zip(whole, plain, strict=False):
        if one.asked != other.asked:  # what is asked follows from the answers: they have differed before
            break
        if what := _between(masked(one), masked(other)):
            found.append(Difference(viewer, one.asked, one.step, what))
    assert found or len(whole) == len(plain), "the same answers led to different questions"
    return found


def _between(one, other):  # noqa: PLR0911 - one sentence for each thing that may differ
    """Say where two answers part; nothing when they are alike."""
    if (one.status, one.reason) != (other.status, other.reason):
        return f"status {one.status} {one.reason}, and without the hidden {other.status} {other.reason}"
    for (name, value), (other_name, other_value) in zip(one.headers, other.headers, strict=False):
        if (name, value) != (other_name, other_value):
            return f"header {name}: {value!r}, and without the hidden {other_name}: {other_value!r}"
    if len(one.headers) != len(other.headers):
        return f"{len(one.headers)} headers, and without the hidden {len(other.headers)}"
    if one.body != other.body:
        return _bodies(one.body, other.body)
    if one.mail != other.mail:
        return f"mail {one.mail!r}, and without the hidden {other.mail!r}"
    if one.queries != other.queries:
        return f"{one.queries} queries, and without the hidden {other.queries}: the time tells"
    return ""


def _bodies(one, other):
    """Show two bodies around the first byte in which they differ."""
    place = next(
        (index for index, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
        min(len(one), len(other)),
    )
    start = max(0, place - CONTEXT)
    return (
        f"byte {place} of the body\n      with    {one[start : place + CONTEXT]!r}"
        f"\n      without {other[start : place + CONTEXT]!r}"
    )

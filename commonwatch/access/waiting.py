"""What waits for somebody, over all desks: each desk says what waits for an actor, and nobody else asks its tables.

The Watch page lists it beside what is owed; the ladder of reminders climbs it. Both ask as the person who would be
told, so that neither a page nor a message says more than that person may see.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from commonwatch.access.actor import Actor


class Waiting(NamedTuple):
    """One thing that somebody has to see to.

    `key` stays the same for as long as the same thing waits, for everybody who is told of it. `kind` names the ladder
    of the pack that it climbs ("duty", "question", "relay", "confirmation", "card", "handover", "drill"). `due_at` is
    when it should be done and `since` when it began to wait (microseconds UTC). `title`, `text` and `action` are whole
    sentences in the active language, `url` leads there. `order` 0 is the most pressing. `needs` says that it has to be
    seen to now; what is only coming up stands on no page and is reminded of by the ladder alone. `also` is the address
    of what waits at another desk for the same reason and need not be said beside it.
    """

    key: str
    kind: str
    title: str
    text: str
    url: str
    action: str
    due_at: int
    since: int
    order: int = 3
    needs: bool = True
    also: str = ""


Find = Callable[[Actor], Iterable[Waiting]]

_FOUND: dict[str, Find] = {}


def declare(desk: str, find: Find) -> None:
    """Declare how a desk finds what waits for an actor; called once, when the desk is ready."""
    _FOUND[desk] = find


def of(by: Actor, *, but: str = "") -> list[Waiting]:
    """Return what waits for an actor, the most pressing first; `but` leaves the desk out that asks for the others'."""
    found = [each for desk in sorted(_FOUND) if desk != but for each in _FOUND[desk](by)]
    return sorted(found, key=lambda each: (each.order, each.due_at, each.key))


PRESSING = 1


def alarms(by: Actor) -> list[Waiting]:
    """Return what is real, pressing (`order` 0 or 1) and waits now, for somebody who is at work in the exercise.

    It is asked as the same person at work for real; in the real mode nothing is asked, and nothing is returned.
    """
    if by.mode == "real":
        return []
    real = replace(by, mode="real", beside=by)
    return [each for each in of(real) if each.needs and each.order <= PRESSING]

"""One message, and the three ways in which it may not arrive; what is none of them has arrived."""

from collections.abc import Callable
from typing import Final, NamedTuple

MOST: Final = 300


class Message(NamedTuple):
    """What is sent, by whichever way: how many things wait of which kind, and nothing of what they are.

    `name` is the same whenever the same message is tried again. `to` is an address of the way, `secret` what signs
    there. `at` is microseconds UTC.
    """

    name: str
    to: str
    subject: str
    text: str
    language: str
    mode: str
    counts: tuple[tuple[str, int], ...]
    page: str
    at: int
    secret: str = ""


class Outcome(Exception):  # noqa: N818 - what became of a message
    """What became of a message that is not known to have arrived, and why.

    `says` is a marked sentence without its full stop, `said` what the other side answered. `reason` is both as they are
    kept, parted by a bar.
    """

    def __init__(self, says: str, said: str = "") -> None:
        super().__init__(says, said)
        plain = " ".join("".join(each if each.isprintable() else " " for each in said).split())
        self.reason = f"{says}|{plain}"[:MOST]


class NotNow(Outcome):
    """It was not taken, and may be later. `everybody`: the way itself is shut, and not this address alone."""

    def __init__(self, says: str, said: str = "", *, everybody: bool = False) -> None:
        super().__init__(says, said)
        self.everybody = everybody


class Refused(Outcome):
    """It was refused for good: nothing more is sent to that address until somebody has seen to it."""


class Unsure(Outcome):
    """It was handed over, and whether it was taken is not known: it is not sent again by itself."""


Begin = Callable[[], None]
Send = Callable[[Message, Begin], None]

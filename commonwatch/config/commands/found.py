"""What the doctor says of one thing."""

from typing import NamedTuple


class Found(NamedTuple):
    """What was found: "OK", "WARN" or "WRONG", of what, in a sentence, and what to do."""

    state: str
    subject: str
    says: str
    do: str = ""

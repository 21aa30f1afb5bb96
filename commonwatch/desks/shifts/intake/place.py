"""Moments, labels and names: how what the desk writes is kept among a party's own."""

from datetime import UTC, datetime, timedelta

from commonwatch.access.actor import Actor
from commonwatch.access.seats import own_label
from commonwatch.charter.label import Label
from commonwatch.journal.entry import new_id
from commonwatch.register import node

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(at: datetime) -> int:
    """Write a moment as microseconds since 1970, UTC."""
    return (at - EPOCH) // timedelta(microseconds=1)


def moment(at: int) -> datetime:
    """Read microseconds since 1970 as a moment, UTC."""
    return EPOCH + timedelta(microseconds=at)


def now() -> datetime:
    """Return the present moment by the node's clock."""
    return moment(node.current().clock())


def roster_label(party: str) -> Label:
    """Return the label of roster and watch: a party's own, at the lowest level that is not public."""
    return own_label(party)


def log_label(party: str) -> Label:
    """Return the label of log, calls and hand-overs: a party's own, at the highest level that can hold content."""
    levels = [each for each in node.current().pack.labels.levels if not each.stub_only]
    return own_label(party, level=max(levels, key=lambda each: each.rank).code)


def new_subject(kind: str, by: Actor) -> str:
    """Mint the name of a subject that the actor's party will own."""
    at = node.current()
    return f"{kind}/{by.party}/{new_id(millis=at.clock() // 1000, random=at.random(10))}"


def text(refused: str) -> str:
    """Return a name that came from outside without what no database takes into a query."""
    return refused.replace("\0", "")[:240]

"""Contact cards: the newest report of the pack's card type from each party, and how its post could be reached."""

from collections import defaultdict
from typing import NamedTuple

from commonwatch.access.actor import Actor
from commonwatch.charter.model import InformationType, Party
from commonwatch.desks.shifts.models import Line, Sent
from commonwatch.desks.shifts.rules import card_state
from commonwatch.register import node
from commonwatch.register.audience import following

LONG = 400 * 86_400_000_000
"""How far back calls and cards are looked for, in microseconds."""


class Card(NamedTuple):
    """One party's card as the reader knows it. `sent` None when there is none that the reader may see.

    `state` is "fresh", "stale", "flagged" or "absent"; `stale_at` is when it grew or grows stale (microseconds UTC);
    `call` is the last call to the post that was answered or failed.
    """

    party: Party
    sent: Sent | None
    state: str
    stale_at: int
    call: Line | None


def card_type() -> InformationType | None:
    """Return the information type that the pack calls the contact card; None when it names none."""
    pack = node.current().pack
    return pack.type(pack.duty.cards) if pack.has_type(pack.duty.cards) else None


def cards(by: Actor) -> list[Card]:
    """List the cards of all parties that owe one, in the pack's order; three queries at most."""
    at = node.current()
    kind = card_type()
    if kind is None:
        return []
    owing = at.pack.select(kind.owed_by, on=node.today(at))
    newest, calls, present = _newest(by, kind.code), last_calls(by), at.clock()
    days = at.pack.duty.timers.card_stale_days
    found = []
    for code in owing:
        sent, called = newest.get(code), calls.get(code, [])
        said = [(each.at, each.outcome) for each in called]
        state = card_state(sent_at=sent.at if sent else None, calls=said, now=present, stale_days=days)
        stale_at = sent.at + days * 86_400_000_000 if sent else 0
        found.append(Card(at.pack.party(code), sent, state, stale_at, called[0] if called else None))
    return found


def _newest(by: Actor, kind: str) -> dict[str, Sent]:
    """Find the newest card of each party that stands; what goes on in a later epoch counts once."""
    since = node.current().clock() - LONG
    rows = list(Sent.objects.visible_to(by).filter(type=kind, at__gte=since).order_by("at", "key"))
    later = {row.key for row in rows}
    return {row.owes: row for row in rows if not row.withdrawn and following(row.key) not in later}


def last_calls(by: Actor) -> dict[str, list[Line]]:
    """List the calls of the last weeks to each party's post that say whether it answers, the newest first."""
    since = node.current().clock() - LONG // 4
    rows = Line.objects.visible_to(by).filter(party=by.party, at__gte=since, struck_by="").exclude(called="")
    found: dict[str, list[Line]] = defaultdict(list)
    for row in rows.exclude(outcome="other").order_by("-at", "-place")[:500]:
        found[row.called].append(row)
    return found

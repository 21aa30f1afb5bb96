"""From what somebody does to what is written: moments, labels, the watch as it stands, what is cited and gathered."""

from commonwatch.desks.shifts.intake.cards import Card, card_type, cards, last_calls
from commonwatch.desks.shifts.intake.citing import Cited, cite
from commonwatch.desks.shifts.intake.gathering import eyes_of, gather, posts_now, promises, remarked
from commonwatch.desks.shifts.intake.place import (
    log_label,
    micros,
    moment,
    new_subject,
    now,
    roster_label,
    text,
)
from commonwatch.desks.shifts.intake.standing import (
    TAKES,
    booked,
    next_officers,
    officers,
    open_handover,
    shift_to_take,
    turns,
    watch_now,
)

__all__ = [
    "TAKES",
    "Card",
    "Cited",
    "booked",
    "card_type",
    "cards",
    "cite",
    "eyes_of",
    "gather",
    "last_calls",
    "log_label",
    "micros",
    "moment",
    "new_subject",
    "next_officers",
    "now",
    "officers",
    "open_handover",
    "posts_now",
    "promises",
    "remarked",
    "roster_label",
    "shift_to_take",
    "text",
    "turns",
    "watch_now",
]

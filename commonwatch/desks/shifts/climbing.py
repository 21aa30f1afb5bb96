"""What waits of the shifts desk: a watch to be handed over, a card that grew stale or whose post did not answer."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext

from commonwatch.access.actor import Actor
from commonwatch.access.waiting import Waiting
from commonwatch.desks.shifts.intake import Card, cards, open_handover, watch_now
from commonwatch.desks.shifts.models import Handover, Watch
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import clock, words

AHEAD = 60 * 60 * 1_000_000
SOON = 30 * 60 * 1_000_000
"""How long before the end of a shift its hand-over is on the ladder, and on the page; microseconds."""


def find(by: Actor) -> Iterator[Waiting]:
    """Yield what waits for an actor: hand-overs of its own party's watch, and cards.

    A card that was never sent does not wait here: the exchange already says that it is owed and missing.
    """
    if by.may("shifts.take-watch"):
        yield from _handover(by)
    watches = by.party == node.current().pack.center and by.may("shifts.log-call")
    if watches or by.may("exchange.submit-report"):
        for card in cards(by):
            if card.sent and (watches or card.party.code == by.party):
                yield from _card(card, watches=watches)


def _handover(by: Actor) -> Iterator[Waiting]:
    """Yield the hand-over of the watch, from an hour before the shift ends."""
    held, at = watch_now(by), node.current().clock()
    if held is None:
        return
    signed = open_handover(by)
    if signed is not None:
        yield _signed(held, signed, mine=signed.account == by.account, at=at)
    elif at >= held.until - AHEAD:
        yield _unsigned(held, mine=held.account == by.account, at=at)


def _signed(held: Watch, signed: Handover, *, mine: bool, at: int) -> Waiting:
    """Say that a hand-over waits for its second signature."""
    if mine:
        title = gettext("Your hand-over waits for the officer who comes")
    else:
        title = gettext("The hand-over by {account} waits for your signature").format(account=signed.account)
    text = gettext("Signed at {at} UTC; the shift ends at {end} UTC.").format(
        at=clock(signed.signed_at), end=clock(held.until)
    )
    return Waiting(
        key=f"handover/{held.key}",
        kind="handover",
        title=title,
        text=text,
        url=reverse("shifts:note", args=[signed.key]),
        action=gettext("Open"),
        due_at=held.until,
        since=signed.signed_at,
        order=1,
        needs=not mine or at >= held.until,
    )


def _unsigned(held: Watch, *, mine: bool, at: int) -> Waiting:
    """Say that a shift ends, or has ended and nobody has taken over."""
    over = at >= held.until
    if mine:
        title = (
            gettext("Your shift ended: hand it over")
            if over
            else gettext("Your shift ends soon: hand it over")
        )
    elif over:
        title = gettext("The shift of {account} ended; nobody has taken over").format(account=held.account)
    else:
        title = gettext("The shift of {account} ends soon").format(account=held.account)
    return Waiting(
        key=f"handover/{held.key}",
        kind="handover",
        title=title,
        text=gettext("Since {since} UTC; until {end} UTC.").format(
            since=clock(held.at), end=clock(held.until)
        ),
        url=reverse("shifts:handover"),
        action=gettext("Hand over") if mine else gettext("Open"),
        due_at=held.until,
        since=held.until - AHEAD,
        order=1 if over else 2,
        needs=over or (mine and at >= held.until - SOON),
    )


def _card(card: Card, *, watches: bool) -> Iterator[Waiting]:
    """Yield a card that is flagged, for the Center that called, or stale, for its owner too."""
    party = words(card.party.short)
    if watches and card.state == "flagged" and card.call is not None:
        title = gettext("Contact card of {party}: the post did not answer").format(party=party)
        text = gettext("Called at {at} UTC. It stays so until a new card or an answered call.")
        yield _waits(f"card/{card.call.key}", title, text.format(at=clock(card.call.at)), at=card.call.at)
    elif card.sent is not None and (card.state == "stale" or (card.state == "flagged" and not watches)):
        title = gettext("The contact card of {party} is stale").format(party=party)
        text = gettext("Last sent on {day}.").format(day=clock(card.sent.at))
        if node.current().clock() >= card.stale_at:
            yield _waits(f"card/{card.sent.key}", title, text, at=card.stale_at)


def _waits(key: str, title: str, text: str, *, at: int) -> Waiting:
    return Waiting(key, "card", title, text, reverse("shifts:posts"), gettext("Open"), at, at)

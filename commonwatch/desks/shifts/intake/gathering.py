"""What an outgoing officer hands over: gathered with the eyes of the note's own label, so that it can hold no more."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext

from commonwatch.access import waiting
from commonwatch.access.actor import Actor
from commonwatch.charter.label import Viewer
from commonwatch.desks.shifts.facts import Item, PostState
from commonwatch.desks.shifts.intake.cards import cards
from commonwatch.desks.shifts.intake.place import log_label
from commonwatch.desks.shifts.models import Line
from commonwatch.desks.shifts.rules import ANSWERED, duty_of
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import clock, party_name

MOST = 80
LONGEST = 160
PROMISED = 12 * 3_600_000_000
"""How long after its hour a promise is still handed over, in microseconds."""


def eyes_of(by: Actor) -> Actor:
    """Return the actor as a reader of the note's label alone: what asks for a category does not come into it."""
    level = log_label(by.party).level
    return replace(by, viewer=Viewer(party=by.party, clearance=level), beside=by)


def gather(by: Actor) -> tuple[list[Item], int]:
    """List what waits now, the most pressing first, and promises made by telephone; and count what lies beyond."""
    eyes = eyes_of(by)
    waits = [each for each in waiting.of(eyes) if each.kind != "handover"]
    open_keys = {each.key for each in waits}
    pressing = [
        Item(each.key, each.kind, _cut(each.title), _cut(each.text), each.url[:LONGEST], each.due_at)
        for each in waits
        if each.needs
    ]
    found = [*promises(eyes, open_keys=open_keys), *pressing]
    return found[:MOST], max(len(found) - MOST, 0)


def promises(by: Actor, *, open_keys: Iterable[str]) -> list[Item]:
    """List what posts promised by telephone and what has not come, as far as one can know it."""
    at, known = node.current().clock(), set(open_keys)
    rows = Line.objects.visible_to(by).filter(
        party=by.party, outcome="promised", struck_by="", promised_at__gt=at - PROMISED
    )
    found = []
    for row in rows.order_by("promised_at", "key")[:MOST]:
        about = row.about[0] if row.about else ""
        if duty_of(about) and about not in known:
            continue
        title = gettext("{party} promised by {at} UTC").format(
            party=party_name(row.called), at=clock(row.promised_at)
        )
        url = f"{reverse('shifts:log')}?q={row.called}"
        found.append(Item(row.key, "call", _cut(title), _cut(row.text or about), url, row.promised_at or 0))
    return found


def posts_now(by: Actor) -> tuple[PostState, ...]:
    """Say of each post how its card stands and whether it answered when it was last called."""
    found = []
    for each in cards(eyes_of(by)):
        said = "" if each.call is None else "reached" if each.call.outcome in ANSWERED else "not-reached"
        found.append(PostState(each.party.code, each.state, said, each.call.at if each.call else None))
    return tuple(found)


def remarked(items: Iterable[Item], remarks: Mapping[str, str]) -> tuple[Item, ...]:
    """Put the outgoing officer's remarks beside the things that wait."""
    return tuple(
        replace_remark(each, remarks[each.key].strip()) if remarks.get(each.key, "").strip() else each
        for each in items
    )


def replace_remark(item: Item, remark: str) -> Item:
    """Return an item with a remark."""
    return Item(item.key, item.kind, item.title, item.text, item.url, item.due_at, remark[: 2 * LONGEST])


def _cut(said: str) -> str:
    """Shorten a sentence so that a whole hand-over fits into one entry; where it was cut is shown."""
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"

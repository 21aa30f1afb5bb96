"""What the pages of reminders show: what became of each step, by which ways people are told, and the ladders.

A row is shown to those alone who could know, by their own clearance, that the thing waits; none names the thing.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import Final, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext

from commonwatch.access import waiting
from commonwatch.access.actor import Actor
from commonwatch.charter.model import Ladder, LadderStep, Office
from commonwatch.desks.notices import rules
from commonwatch.desks.notices.models import (
    HELD,
    MET,
    OVERTAKEN,
    PLANNED,
    REFUSED,
    SENDING,
    SENT,
    UNSURE,
    Told,
    Way,
    Webhook,
)
from commonwatch.errors import _
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import words

SHOWN: Final = 50
# How each state is said: its tone, its sign, its words.
STATES: Final[Mapping[str, tuple[str, str, str]]] = {
    PLANNED: ("due", "○", _("to be sent")),
    HELD: ("nil", "◔", _("held in quiet hours")),
    SENDING: ("due", "→", _("is being sent")),
    SENT: ("ok", "✓", _("was sent")),
    REFUSED: ("miss", "✕", _("was refused for good")),
    UNSURE: ("late", "?", _("was perhaps sent")),
    OVERTAKEN: ("nil", "·", _("overtaken by a later step")),
    MET: ("nil", "·", _("waited no longer")),
}


class Line(NamedTuple):
    """One step as a page shows it; `waits` is what waits still, for whoever was told of it."""

    row: Told
    step: str
    office: str
    state: tuple[str, str, str]
    reason: str
    waits: waiting.Waiting | None
    again: bool


class Page(NamedTuple):
    """Some lines, the newest first, and the number of the page of older ones (0 when there is none)."""

    lines: list[Line]
    older: int


class Chair(NamedTuple):
    """How one account of a party is told."""

    account: str
    works: bool
    paused: str
    stopped: str


class Rung(NamedTuple):
    """One step of a ladder as a page shows it."""

    step: LadderStep
    when: str
    offices: list[tuple[Office, bool]]


def own(by: Actor, *, number: int) -> Page:
    """Return what an actor was told, with the way to what still waits."""
    waits = {rules.thing_of(each.key): each for each in waiting.of(by)}
    rows = _seen(by).filter(account=by.account)
    return _page(by, rows, number=number, waits=waits)


def of_party(by: Actor, *, number: int) -> Page:
    """Return what the people, and the webhook, of an actor's party were told."""
    return _page(by, _seen(by), number=number, waits={})


def chairs(by: Actor) -> list[Chair]:
    """List the accounts of an actor's party that have given an address, and how each is told."""
    today = node.today(node.current()).isoformat()
    rows = Way.objects.filter(account__party=by.party, account__is_active=True)
    return [
        Chair(
            account=row.account.handle,
            works=row.works,
            paused=row.paused_until if today < row.paused_until else "",
            stopped=reason_of(row.stopped),
        )
        for row in rows.exclude(address="").select_related("account").order_by("account__handle")
    ]


def hook(by: Actor) -> Webhook | None:
    """Return the webhook of an actor's party; None when it has none."""
    return Webhook.objects.filter(account_party=by.party).first()


def reason_of(kept: str) -> str:
    """Say, in the active language, why something did not arrive: as it was kept, a sentence and an answer."""
    says, _bar, said = kept.partition("|")
    words = gettext(says) if says else ""
    return f"{words}: {said}" if said else words


def ladders(by: Actor) -> list[tuple[Ladder, list[Rung]]]:
    """List the ladders of the pack; an office that the actor holds is marked."""
    pack = node.current().pack
    known = {each.code: each for each in pack.offices}
    return [
        (
            each,
            [
                Rung(step, _when(step.after), [(known[code], code == by.office) for code in step.offices])
                for step in sorted(each.steps, key=lambda step: step.after)
            ],
        )
        for each in pack.duty.ladders
    ]


def _seen(by: Actor) -> QuerySet[Told]:
    """Return the rows of an actor's party and mode that it could know of by its clearance."""
    ranks = node.current().pack.labels.ranks
    most = ranks[by.viewer.clearance]
    levels = [code for code, rank in ranks.items() if rank <= most]
    marks = sorted(by.viewer.categories)
    sets = [",".join(each) for size in range(len(marks) + 1) for each in combinations(marks, size)]
    return Told.objects.filter(account_party=by.party, mode=by.mode, level__in=levels, categories__in=sets)


def _page(by: Actor, rows: QuerySet[Told], *, number: int, waits: Mapping[str, waiting.Waiting]) -> Page:
    start = (number - 1) * SHOWN
    found = list(rows.order_by("-step_at", "account", "thing", "step", "way")[start : start + SHOWN + 1])
    lines = [_line(by, row, waits.get(row.thing)) for row in found[:SHOWN]]
    return Page(lines, number + 1 if len(found) > SHOWN else 0)


def _line(by: Actor, row: Told, waits: waiting.Waiting | None) -> Line:
    pack = node.current().pack
    steps = {each.code: each.name for each in pack.duty.ladder(row.kind)}
    offices = {each.code: each.name for each in pack.offices}
    mine = row.account == by.account or (row.account == f"@{by.party}" and by.may("notices.set-webhook"))
    return Line(
        row=row,
        step=_words(steps.get(row.step), row.step),
        office=_words(offices.get(row.office), row.office),
        state=STATES[row.state],
        reason=reason_of(row.reason),
        waits=waits,
        again=mine and row.state in {UNSURE, REFUSED},
    )


def _words(texts: Mapping[str, str] | None, code: str) -> str:
    return words(texts) or code


def _when(after: int) -> str:
    """Say when a step stands, in words."""
    if after == 0:
        return gettext("when it is due")
    span = _span(abs(after))
    said = gettext("{span} before it is due") if after < 0 else gettext("{span} after it was due")
    return said.format(span=span)


def _span(minutes: int) -> str:
    """Say a length of time in whole days, hours or minutes."""
    if minutes % rules.DAY_MINUTES == 0:
        return gettext("{count} d").format(count=minutes // rules.DAY_MINUTES)
    if minutes % 60 == 0:
        return gettext("{count} h").format(count=minutes // 60)
    return gettext("{count} min").format(count=minutes)

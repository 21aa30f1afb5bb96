"""What becomes of the exchange's open subjects when a journal closes, and how a report goes on in the next epoch.

Waivers in force, types that are on, and slips of duties that are still to fall due are carried when the journal closes:
they say how it stands and go to all who follow the duty. Reports and releases stay where they are; a report is
continued when its writer corrects or withdraws it, a release when it is withdrawn (docs/decisions/0012-epochs.md).
"""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple, TypeVar

from django.db.models import Q

from commonwatch.charter.label import Label, flows
from commonwatch.desks.exchange import rules
from commonwatch.desks.exchange.facts import (
    ActivationCarried,
    ActivationClosed,
    ReleaseCarried,
    ReportCarried,
    WaiverCarried,
    WaiverClosed,
)
from commonwatch.desks.exchange.intake import activations, carried_slip, micros, status_label
from commonwatch.desks.exchange.models import Activation, Release, Report, Slip, Waiver
from commonwatch.register import audience, history, node
from commonwatch.register.audience import Carried, Move
from commonwatch.register.draft import Draft, Written
from commonwatch.register.gate import Reader

R = TypeVar("R", Report, Release)

LONGEST = timedelta(days=190)
"""How long before today a period may have begun whose report is still to fall due."""


@audience.carries("exchange")
def carry(move: Move) -> Carried:
    """Close and carry what is open in a journal: waivers, types that are on, slips of duties still to fall due."""
    parts = [_waivers(move), _activations(move), Carried(opening=_slips(move))]
    return Carried(
        tuple(draft for each in parts for draft in each.closing),
        tuple(draft for each in parts for draft in each.opening),
    )


def _waivers(move: Move) -> Carried:
    at, pack = node.current().clock(), node.current().pack
    rows = Waiver.objects.visible_to(move.eyes).filter(journal=move.journal, carried=False)
    held = list(rows.filter(Q(until=None) | Q(until__gt=at)).order_by("key"))
    closing, opening = [], []
    for row in held:
        closing.append(Draft(WaiverClosed(until=at), row.key, move.label))
        if not _is_owed(row.type, row.party):
            continue
        last = last_entry(row.key, eyes=move.eyes)
        label = status_label(pack.type(row.type), owes=row.party, by=move.party)
        fact = WaiverCarried(
            type=row.type, party=row.party, ground=row.ground, since=row.since, until=row.until,
            granted_at=row.granted_at, continues=last.hash,
        )  # fmt: skip
        opening.append(Draft(fact, audience.following(row.key), label, cited(last, label), settled=True))
    return Carried(tuple(closing), tuple(opening))


def _is_owed(type_: str, party: str) -> bool:
    """Say whether a type that the pack still has is asked of a party today."""
    at = node.current()
    pack = at.pack
    return pack.has_type(type_) and party in pack.select(pack.type(type_).owed_by, on=node.today(at))


def _activations(move: Move) -> Carried:
    at, pack = node.current().clock(), node.current().pack
    rows = Activation.objects.visible_to(move.eyes).filter(journal=move.journal, carried=False)
    held = list(rows.filter(Q(until=None) | Q(until__gt=at)).order_by("key"))
    closing, opening = [], []
    for row in held:
        closing.append(Draft(ActivationClosed(until=at), row.key, move.label))
        if not pack.has_type(row.type):
            continue
        last = last_entry(row.key, eyes=move.eyes)
        label = status_label(pack.type(row.type), owes=move.party, by=move.party)
        parties = tuple(row.parties.split(",")) if row.parties else ()
        fact = ActivationCarried(
            type=row.type, ground=row.ground, since=row.since, until=row.until, parties=parties,
            continues=last.hash,
        )  # fmt: skip
        opening.append(Draft(fact, audience.following(row.key), label, cited(last, label), settled=True))
    return Carried(tuple(closing), tuple(opening))


def _slips(move: Move) -> tuple[Draft, ...]:
    """Carry the slips of duties that fall due today or later: nobody's board must call them missing."""
    pack, today = node.current().pack, node.today(node.current())
    midnight = datetime.combine(today, time(), tzinfo=UTC)
    rows = Slip.objects.visible_to(move.eyes).filter(
        journal=move.journal, starts__gte=micros(midnight - LONGEST)
    )
    active = activations(move.eyes)
    found = []
    for row in rows.order_by("key"):
        if not (pack.has_type(row.type) and pack.has_party(row.owes)):
            continue
        type_ = pack.type(row.type)
        slot = rules.slot_of(type_, pack.party(row.owes), row.period, active=active)
        if slot is not None and slot.due_at >= midnight:
            label = status_label(type_, owes=row.owes, by=move.party)
            found.append(slip_draft(row, label, eyes=move.eyes))
    return tuple(found)


def slip_draft(row: Slip, label: Label, *, eyes: Reader) -> Draft:
    """Continue a slip of a closed journal under today's label."""
    last = last_entry(row.key, eyes=eyes)
    fact = carried_slip(row, continues=last.hash)
    return Draft(fact, audience.following(row.key), label, cited(last, label), settled=True)


class Going(NamedTuple):
    """How a report or a release of a closed journal goes on: the new subject, its label, the entry that opens it."""

    subject: str
    label: Label
    opening: Draft


def going_on(row: Report, *, eyes: Reader) -> Going | None:
    """Continue a report of a closed journal for those who are its audience today; None when there is none."""
    at = node.current()
    pack = at.pack
    prefer = (pack.type(row.type).audience, *pack.type(row.type).audiences) if pack.has_type(row.type) else ()
    label = audience.label_today(at, row.journal, prefer=prefer)
    if label is None:
        return None
    last = last_entry(row.key, eyes=eyes)
    fact = ReportCarried(
        type=row.type, owes=row.owes, continues=last.hash, state=row.state, versions=row.versions,
        first_at=row.first_at, period=row.period, number=row.number, channel=row.channel,
        event_at=row.event_at, confirms=row.confirms, imported=row.imported, tlp=row.tlp,
    )  # fmt: skip
    subject = audience.following(row.key)
    return Going(subject, label, Draft(fact, subject, label, cited(last, label), settled=True))


def release_going_on(row: Release, *, eyes: Reader) -> Going | None:
    """Continue a release of a closed journal for those who are its audience today; None when there is none."""
    label = audience.label_today(node.current(), row.journal)
    if label is None:
        return None
    last = last_entry(row.key, eyes=eyes)
    fact = ReleaseCarried(
        type=row.type, owes=row.owes, continues=last.hash, period=row.period, event_at=row.event_at,
        version=row.version,
    )  # fmt: skip
    subject = audience.following(row.key)
    return Going(subject, label, Draft(fact, subject, label, cited(last, label), settled=True))


def newest(row: R, *, reader: Reader) -> R:
    """Return what continues a report or release in the latest epoch that `reader` may read; itself when nothing does.

    A reader who looked before the turn began looks again, so that what was continued meanwhile is found.
    """
    if row.journal.closed:
        reader.again()
    while row.journal.closed:
        named = type(row).objects.visible_to(reader).filter(key=audience.following(row.key))
        later = named.select_related("journal").first()
        if later is None:
            break
        row = later
    return row


def readers_on(row: Report) -> tuple[str, ...]:
    """Return who will read a correction of a report whose journal is closed; nobody when it cannot be corrected."""
    label = audience.label_today(node.current(), row.journal)
    return label.parties if label else ()


def last_entry(subject: str, *, eyes: Reader) -> Written:
    """Return where the last word of a subject's owner stands."""
    past = [each for each in history.of_subject(subject, reader=eyes) if each.line.party == eyes.viewer.party]
    return past[-1].place


def cited(entry: Written, label: Label) -> tuple[Written, ...]:
    """Cite an entry by name where every reader of `label` may read it; else its hash in the body alone says which."""
    return (entry,) if flows(entry.label, label, scheme=node.current().pack.labels) else ()

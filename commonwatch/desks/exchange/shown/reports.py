"""A report with its versions, and the receipt of an entry."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext

from commonwatch.access.actor import Actor
from commonwatch.charter.model import InformationType
from commonwatch.desks.exchange import labels, rules
from commonwatch.desks.exchange.facts import (
    ReportCarried,
    ReportCorrected,
    ReportSubmitted,
    ReportWithdrawn,
    ValuesDrawn,
)
from commonwatch.desks.exchange.models import Drawn, Report, Seen
from commonwatch.desks.exchange.shown.wording import (
    CHANNELS,
    STATES,
    UNREADABLE,
    codes,
    kind_of,
    period_text,
    values,
    writer,
)
from commonwatch.desks.exchange.wording import kept_text, utc, value_text
from commonwatch.register import history, node
from commonwatch.register.audience import first_of, following, preceding
from commonwatch.register.gate import label_of
from commonwatch.register.models import Entry
from commonwatch.ui.templatetags.cw import words


class Changed(NamedTuple):
    """One value that differs between two versions; empty where it was not given."""

    name: str
    was: str
    now: str


class Version(NamedTuple):
    """One version of a report: what it changed, by whom, when and why, and which warnings were confirmed with it."""

    number: int
    at: int
    known_at: int | None
    who: str
    what: str
    how: str
    why: str
    changes: tuple[Changed, ...]
    entry: str
    origin: str
    place: int
    confirmed: tuple[str, ...] = ()


def report(by: Actor, row: Report) -> dict[str, Any]:
    """Show a report: its values, its versions side by side, who may read it, who has seen it, what may be done."""
    type_ = kind_of(row.type)
    journal = row.journal
    label = label_of(level=journal.level, categories=journal.categories, parties=journal.parties)
    level = node.current().pack.level(label.level)
    tone, sign, state = STATES.get(row.state, STATES["value"])
    seen = list(Seen.objects.visible_to(by).filter(subject=row.key).order_by("at", "key"))
    return {
        "row": row,
        "type": type_,
        "period_text": period_text(row.period),
        "event_text": utc(rules.instant(row.event_at)) if row.event_at else "",
        "tone": tone,
        "sign": sign,
        "state": gettext(state),
        "channel": gettext(CHANNELS.get(row.channel, row.channel)),
        "values": values(row.type, row.values, drawn=_drawn(by, row)),
        "versions": versions(row, type_, reader=by),
        "label": label,
        "banner": {"text": f"{words(level.banner)} · {codes(label.parties)}", "tone": level.tone},
        "categories": ", ".join(label.categories),
        "read_by": labels.sign(label, writer=row.party, sent=True),
        "imported": _imported(row),
        "on_behalf": row.owes != row.party,
        "confirmed": Report.objects.visible_to(by).filter(confirms=row.key).first(),
        "doubles": _doubles(by, row),
        "seen": seen,
        "exercise": journal.mode == "exercise",
        "keeps_log": by.may("shifts.write-log"),
        **(epochs := _epochs(by, row)),
        **_may(by, row, seen=seen, continued=bool(epochs["continued"])),
    }


def _drawn(by: Actor, row: Report) -> Mapping[str, tuple[str, str, str]]:
    """Say from where values of the present version were taken; a corrected value is the writer's own again."""
    found = Drawn.objects.visible_to(by).filter(key=row.key).first()
    return found.fields if found is not None and found.version == row.versions else {}


def _epochs(by: Actor, row: Report) -> dict[str, Any]:
    """Say whether the report's journal is closed, and which reports continue it or are continued, within reach."""
    before, after = preceding(row.key), following(row.key) if row.journal.closed else ""
    named = [key for key in (before, after) if key]
    there = Report.objects.visible_to(by).filter(key__in=named) if named else ()
    found = {each.key for each in there}
    return {
        "closed": row.journal.closed,
        "continues": before if before in found else "",
        "continued": after if after in found else "",
    }


def _may(by: Actor, row: Report, *, seen: Sequence[Seen], continued: bool) -> dict[str, bool]:
    """Say which buttons stand on a report's page; the acts judge for themselves."""
    mine, stands = row.party == by.party, row.state != "withdrawn" and not continued
    looked = any(each.party == by.party and each.version == row.versions for each in seen)
    return {
        "may_correct": mine and stands and by.may("exchange.correct-report"),
        "may_withdraw": mine and stands and by.may("exchange.withdraw-report"),
        "may_confirm": stands
        and row.owes == by.party
        and row.party != by.party
        and by.may("exchange.confirm-report"),
        "may_see": not mine and not looked and not row.journal.closed and by.may("exchange.mark-seen"),
    }


def _imported(row: Report) -> str:
    if not row.imported:
        return ""
    says = gettext("Imported: known on {known}, entered on {entered}.")
    return says.format(known=utc(row.first_at), entered=utc(row.written_at))


def _doubles(by: Actor, row: Report) -> list[Report]:
    """Find the other standing reports of the same writer for the same duty, as far as the viewer may see them."""
    if not row.period:
        return []
    same = Report.objects.visible_to(by).filter(
        type=row.type, owes=row.owes, period=row.period, party=row.party
    )
    others = same.latest_to(by).exclude(key=row.key).exclude(state="withdrawn").order_by("written_at", "key")
    return [each for each in others[:20] if first_of(each.key) != first_of(row.key)]


def versions(row: Report, type_: InformationType | None, *, reader: Actor) -> list[Version]:
    """List the versions of a report, newest first, each with what it changed."""
    past = [
        each
        for each in history.of_subject(row.key, reader=reader)
        if each.line.party == row.party and not isinstance(each.fact, ValuesDrawn)
    ]
    found: list[Version] = []
    values: Mapping[str, Any] = {}
    for number, each in enumerate(past, 1):
        said = each.fact.values if isinstance(each.fact, ReportSubmitted | ReportCorrected) else values
        changes = _changes(type_, values, said) if isinstance(each.fact, ReportCorrected) else ()
        found.append(_version(number, each, changes, type_))
        values = said
    return found[::-1]


def _version(
    number: int, each: history.Past, changes: tuple[Changed, ...], type_: InformationType | None
) -> Version:
    fact = each.fact
    what = {
        ReportSubmitted: gettext("filed"),
        ReportCorrected: gettext("corrected"),
        ReportWithdrawn: gettext("withdrawn"),
        ReportCarried: gettext("continued from an earlier epoch"),
    }.get(type(fact), gettext(UNREADABLE))
    if isinstance(fact, ReportSubmitted | ReportCorrected) and fact.nil:
        what = gettext("{what}: nothing to report").format(what=what)
    channel = getattr(fact, "channel", "")
    return Version(
        number=number,
        at=each.line.at,
        known_at=each.line.known_at,
        who=writer(each.line.party, each.line.office),
        what=what,
        how=gettext(CHANNELS[channel]) if channel in CHANNELS else channel,
        why=getattr(fact, "reason", "") or getattr(fact, "note", ""),
        changes=changes,
        entry=each.line.id,
        origin=each.origin,
        place=each.line.number,
        confirmed=tuple(kept_text(type_, kept) for kept in getattr(fact, "warned", ())),
    )


def _changes(
    type_: InformationType | None, was: Mapping[str, Any], said: Mapping[str, Any]
) -> tuple[Changed, ...]:
    if type_ is None:
        return ()
    return tuple(
        Changed(words(each.field.name), value_text(each.field, each.was), value_text(each.field, each.now))
        for each in rules.difference(type_, was, said)
    )


def receipt(past: history.Past, row: Entry) -> dict[str, Any]:
    """Show the receipt of an entry: what it proves, and the file that is verified offline."""
    return {
        "past": past,
        "who": writer(past.line.party, past.line.office),
        "download": reverse("exchange:receipt", args=[past.line.id]),
        "command": f"commonwatch verify {receipt_name(row)}",
    }


def receipt_name(row: Entry) -> str:
    """Name the file of a receipt: its journal's party and the entry's number."""
    return f"receipt-{row.journal.party}-{row.number}.txt"

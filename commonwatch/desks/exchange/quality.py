"""The quality of what was reported over a time, by party and type: facts and no score; what the viewer may read.

Duties are those that fell due in the time, as compliance counts them; reports are those first sent in it.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import groupby
from statistics import median
from typing import Any, NamedTuple

import msgspec

from commonwatch.access import logs
from commonwatch.access.actor import Actor
from commonwatch.charter.model import Field, InformationType, Party
from commonwatch.desks.exchange import board, compliance, nils, rules
from commonwatch.desks.exchange.intake import micros
from commonwatch.desks.exchange.models import Report
from commonwatch.desks.exchange.series import midnight
from commonwatch.register import node
from commonwatch.register.gate import Reader

LEAST_SAME = 7
LEAST_EMPTY = 5
ODD = frozenset({"unusual", "falls"})
MINUTE = 60_000_000


class Filed(NamedTuple):
    """A report as the quality of reporting is judged by it; moments are microseconds UTC."""

    key: str
    type: str
    owes: str
    period: str
    event_at: str
    state: str
    versions: int
    values_json: str
    warned_json: str
    channel: str
    imported: bool
    first_at: int
    last_at: int
    continues: str | None
    journal_id: int

    @property
    def when(self) -> str:
        """The period, or the moment of the event."""
        return self.period or self.event_at

    @property
    def warned(self) -> list[str]:
        """The warnings that were confirmed with the last version, as they are kept."""
        return msgspec.json.decode(self.warned_json, type=list[str])

    @property
    def corrected(self) -> bool:
        """Whether it stands in another version than the first."""
        return self.state != "withdrawn" and self.versions > 1 and self.continues is None

    @property
    def minutes(self) -> int:
        """How many minutes after it was sent it was last changed."""
        return max(0, (self.last_at - self.first_at) // MINUTE)


class Unchanged(NamedTuple):
    """A figure other than nought that was the same in report after report: these reports, oldest first."""

    field: Field
    value: Any
    reports: tuple[Filed, ...]


class Row(NamedTuple):
    """What can be said of one party's reports of one type.

    `unread` duties were met by reports that the viewer may not read: nothing of these is in what reports say. `hidden`
    says that the viewer may know neither the one nor the other. `nil_run` is the longest run of nil returns, `gaps`
    the duties that are missing, `never` the optional fields that were filled in none of at least five reports.
    """

    party: Party
    type: InformationType
    reports: tuple[Filed, ...] = ()
    nil_run: tuple[rules.Slot, ...] = ()
    gaps: tuple[rules.Slot, ...] = ()
    never: tuple[Field, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    unread: int = 0
    hidden: bool = False

    @property
    def corrected(self) -> tuple[Filed, ...]:
        """The reports that stand corrected."""
        return tuple(each for each in self.reports if each.corrected)

    @property
    def after(self) -> int | None:
        """The median of the minutes from when a report was sent to its last correction; imports are left out."""
        found = [each.minutes for each in self.corrected if not each.imported]
        return int(median(found)) if found else None

    @property
    def withdrawn(self) -> tuple[Filed, ...]:
        """The reports that were withdrawn."""
        return tuple(each for each in self.reports if each.state == "withdrawn")

    @property
    def warned(self) -> tuple[Filed, ...]:
        """The reports with which a warning was confirmed."""
        return tuple(each for each in self.reports if each.warned)

    @property
    def odd(self) -> tuple[Filed, ...]:
        """The reports in which a value was unusual, or a total fell."""
        return tuple(
            each for each in self.reports if any(rules.read_kept(said).code in ODD for said in each.warned)
        )

    @property
    def told(self) -> tuple[Filed, ...]:
        """The reports that came by telephone."""
        return tuple(each for each in self.reports if each.channel == "telephone")


def rows(
    by: Actor, over: compliance.Span, *, party: str = "", type_: str = "", how: str = "page"
) -> list[Row]:
    """Say what can be said of each party and type, in the order of the pack; what is read of reports is logged.

    `party` and `type_` ask for one alone. The number of queries does not grow with the time.
    """
    pack = node.current().pack
    asked = {"owes": party, "type": type_}
    reports = _reports(by, over, {name: code for name, code in asked.items() if code})
    _look(by, reports, over, how=how)
    stands: dict[tuple[str, str], list[compliance.Stand]] = {}
    for each in compliance.stands(by, over):
        if party in {"", each.slot.party} and type_ in {"", each.slot.type}:
            stands.setdefault((each.slot.party, each.slot.type), []).append(each)
    read = set(board.reports_for(by, [each.slot for found in stands.values() for each in found]))
    filed: dict[tuple[str, str], list[Filed]] = {}
    for report in reports:
        filed.setdefault((report.owes, report.type), []).append(report)
    found = [
        row(pack.party(owes), pack.type(of), filed.get((owes, of), ()), stands.get((owes, of), ()), read=read)
        for owes, of in {**stands, **filed}
        if pack.has_party(owes) and pack.has_type(of)
    ]
    order = {each.code: place for place, each in enumerate(pack.parties)}
    return sorted(found, key=lambda each: (order[each.party.code], each.type.code))


def row(
    party: Party,
    type_: InformationType,
    reports: Sequence[Filed],
    stands: Sequence[compliance.Stand],
    *,
    read: Container[tuple[str, str, str]],
) -> Row:
    """Judge the reports of one party and type, and the duties that it met; `read` are those that may be read."""
    known = [(slot, status) for slot, status in stands if status is not None]
    met = [(slot.type, slot.party, slot.period) for slot, status in known if status.received]
    said = [each for each in _in_turn(reports) if each.state == "value" and each.values_json != "{}"]
    values = [msgspec.json.decode(each.values_json, type=dict[str, Any]) for each in said]
    return Row(
        party=party,
        type=type_,
        reports=tuple(_in_turn(reports)),
        nil_run=tuple(slot for slot, _status in nils.longest(known)),
        gaps=tuple(slot for slot, status in known if status.timeliness == "missing"),
        never=_never(type_, values),
        unchanged=tuple(_unchanged(type_, said, values)),
        unread=sum(each not in read for each in met),
        hidden=bool(stands) and not known and not reports,
    )


def _in_turn(reports: Iterable[Filed]) -> list[Filed]:
    return sorted(reports, key=lambda each: (each.when, each.first_at, each.key))


def _never(type_: InformationType, values: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """Return the optional fields that no report filled in; too few reports say nothing."""
    if len(values) < LEAST_EMPTY:
        return ()
    filled = {code for each in values for code in each}
    return tuple(each for each in type_.fields if not each.required and each.code not in filled)


def _unchanged(
    type_: InformationType, said: Sequence[Filed], values: Sequence[Mapping[str, Any]]
) -> Iterable[Unchanged]:
    """Yield the figures that were the same in at least seven reports running, the longest run of each."""
    for field in type_.fields:
        if field.kind not in {"integer", "decimal"}:
            continue
        runs = groupby(zip(said, values, strict=True), key=lambda both: both[1].get(field.code))
        best: tuple[Any, list[Filed]] = (None, [])
        for value, run in runs:
            reports = [report for report, _values in run]
            if value not in (None, 0, "0") and len(reports) >= max(LEAST_SAME, len(best[1])):
                best = (value, reports)
        if best[1]:
            yield Unchanged(field, best[0], tuple(best[1]))


def _reports(reader: Reader, over: compliance.Span, asked: Mapping[str, str]) -> list[Filed]:
    """Read the reports first sent in a time, each as it goes on in the latest epoch; one query."""
    since, until = micros(midnight(over.since)), micros(midnight(over.until))
    rows = Report.objects.visible_to(reader).latest_to(reader)
    rows = rows.filter(first_at__gte=since, first_at__lt=until, **asked)
    return [Filed(*each) for each in rows.values_list(*Filed._fields)]


def _look(by: Actor, reports: Sequence[Filed], over: compliance.Span, *, how: str) -> None:
    """Write into the log of reading that what these reports say is used: a line a party and journal."""
    held = sorted({(each.journal_id, each.owes) for each in reports})
    detail = f"{over.since.isoformat()}/{over.until.isoformat()}"
    logs.opened(
        by=by,
        things=[logs.Thing(journal, f"quality/{owes}", detail=detail) for journal, owes in held],
        how=how,
    )

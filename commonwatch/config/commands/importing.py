"""Past series taken in: files with a column for every day become each party's own reports, as they were known then."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fnmatch import fnmatch
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

import msgspec
import yaml

from commonwatch.access.actor import Actor, act_for, require
from commonwatch.charter.model import InformationType
from commonwatch.desks.exchange import acts, rules
from commonwatch.desks.exchange.intake import Sent, activations, micros, party_code, type_of
from commonwatch.errors import Refusal, _
from commonwatch.formats import series
from commonwatch.formats.series import Combined, DaysNotFound, Figure, Wide, WideMapping
from commonwatch.register import log, node

BATCH = 1000
IMPORT = "import"
ALWAYS = datetime(1900, 1, 1, tzinfo=UTC)


class MappingRefused(Refusal):
    """A mapping cannot be read."""

    code, status = "config.mapping-refused", 422
    says = _("The mapping {filename} cannot be used: {reason}.")
    hint = _("docs/using/series.md describes what stands in a mapping; docs/using/jhu.yaml is one.")


class SeriesFaulty(Refusal):
    """A file of the series has faults. Field `faults` has every place by row and column."""

    code, status = "config.series-faulty", 422
    says = _("{filename} has {count} places that cannot be read; nothing was written.")
    hint = _("Compare the file with the mapping, and mend the places named.")


class OnElsewhere(Refusal):
    """The type is on now, from a day after the series begins."""

    code, status = "config.on-elsewhere", 409
    says = _("{type} is switched on at present, but was not on when the series begins ({first}).")
    hint = _("Switch it off, take in the series, and switch it on again.")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    field: str
    date_format: str | list[str]


class _Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    days: int = 1
    time: str = "00:00"


class SeriesMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping as written: which file gives which field, whose row is whose, what is computed, when it was known."""

    type: str
    name: str
    party_column: str
    parties: dict[str, str]
    files: list[_File]
    sum_over: list[str] = []
    daily: dict[str, str] = {}
    known: _Known = _Known()
    source: str = ""


class Fall(NamedTuple):
    """A figure counted since the beginning that went down: an earlier count was corrected."""

    party: str
    day: str
    field: str
    before: Figure
    after: Figure


class Plan(NamedTuple):
    """A series ready to be taken in. `totals` names the fields counted since the beginning, in the mapping's order."""

    type: str
    source: str
    reports: list[tuple[str, Sent]]
    falls: list[Fall]
    totals: tuple[str, ...]
    notes: list[str]


class PartyDone(NamedTuple):
    """What came of a party's series; `new` counts the reports that were not there before."""

    party: str
    reports: int
    new: int
    first: str
    last: str
    totals: dict[str, Figure]
    warnings: int


def read(files: Sequence[Path], *, mapping: Path, type_: str) -> Plan:
    """Read the files of a series and make each party's reports, day by day.

    :raises MappingRefused, SeriesFaulty, SheetRefused: naming the place that is wrong.
    """
    said = _mapping(mapping)
    if said.type != type_:
        raise MappingRefused(filename=mapping.name, reason=f"it is for {said.type}, not for {type_}")
    kind = type_of(type_)
    if kind.schedule is None or kind.schedule.period != "day":
        raise MappingRefused(filename=mapping.name, reason=f"{type_} is not reported for days")
    for code in said.parties.values():
        party_code(code)
    known = {each.code for each in kind.fields}
    for code in (*(each.field for each in said.files), *said.daily, *said.daily.values()):
        if code not in known:
            raise MappingRefused(filename=mapping.name, reason=f"{type_} has no field {code}")
    wides = [_wide(path, said, mapping.name) for path in files]
    _check_whole(wides, said, mapping.name)
    rows = series.combine(wides)
    cumulative = tuple(each.field for each in said.files if _cumulative(kind, each.field))
    falls = _falls(rows, cumulative)
    notes = [f"{path.name}: {note}" for path, wide in zip(files, wides, strict=True) for note in wide.notes]
    return Plan(type_, said.source, _reports(rows, said, falls), falls, cumulative, notes)


def _mapping(path: Path) -> SeriesMapping:
    try:
        said = msgspec.convert(yaml.safe_load(path.read_bytes()), SeriesMapping)
        time.fromisoformat(said.known.time)
    except (yaml.YAMLError, msgspec.ValidationError, ValueError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise MappingRefused(filename=path.name, reason=reason) from None
    return said


def _wide(path: Path, said: SeriesMapping, mapping: str) -> Wide:
    """Read one file by the first of its date forms that finds days in the headings."""
    entry = next((each for each in said.files if fnmatch(path.name.lower(), each.name.lower())), None)
    if entry is None:
        names = ", ".join(each.name for each in said.files)
        raise MappingRefused(
            filename=mapping, reason=f"no entry of it fits the file {path.name}; they are {names}"
        )
    forms = [entry.date_format] if isinstance(entry.date_format, str) else entry.date_format
    data = path.read_bytes()
    for form in forms[:-1]:
        try:
            return _sound(_read(data, path.name, entry.field, said, form), path.name)
        except DaysNotFound:
            continue
    return _sound(_read(data, path.name, entry.field, said, forms[-1]), path.name)


def _read(data: bytes, filename: str, field: str, said: SeriesMapping, form: str) -> Wide:
    wide = WideMapping(
        field=field,
        party_column=said.party_column,
        parties=said.parties,
        date_format=form,
        sum_over=tuple(said.sum_over),
    )
    return series.read_wide(data, mapping=wide, filename=filename)


def _sound(wide: Wide, filename: str) -> Wide:
    if wide.faults:
        count = len(wide.faults) + wide.unlisted
        raise SeriesFaulty(filename=filename, count=count, faults=tuple(wide.faults))
    return wide


def _check_whole(wides: Sequence[Wide], said: SeriesMapping, mapping: str) -> None:
    """Hold the files against each other: each field once, and the same days in each."""
    fields = [wide.field for wide in wides]
    twice = next((field for field in fields if fields.count(field) > 1), "")
    if twice:
        raise MappingRefused(filename=mapping, reason=f"two files give the field {twice}")
    missing = [each.name for each in said.files if each.field not in fields]
    if missing:
        raise MappingRefused(filename=mapping, reason=f"a file is missing: {', '.join(missing)}")


def _cumulative(kind: InformationType, code: str) -> bool:
    return any(each.code == code and each.cumulative for each in kind.fields)


def _falls(rows: Sequence[Combined], cumulative: Sequence[str]) -> list[Fall]:
    """Find where figures counted since the beginning went down."""
    return [
        Fall(after.party, after.day.isoformat(), field, before.values[field], after.values[field])
        for before, after in pairwise(rows)
        if before.party == after.party
        for field in cumulative
        if field in before.values
        and field in after.values
        and Decimal(after.values[field]) < Decimal(before.values[field])
    ]


def _reports(rows: Sequence[Combined], said: SeriesMapping, falls: Sequence[Fall]) -> list[tuple[str, Sent]]:
    """Make one report for each party and day; what is new each day is the difference to the day before."""
    fallen: dict[tuple[str, str], list[Fall]] = {}
    for fall in falls:
        fallen.setdefault((fall.party, fall.day), []).append(fall)
    found = []
    for party, own in groupby(rows, key=lambda row: row.party):
        before: Combined | None = None
        for row in own:
            values = {**row.values, **_daily(row, before, said.daily)}
            found.append((party, _sent(row.day, values, said, fallen.get((party, row.day.isoformat()), ()))))
            before = row
    return found


def _daily(row: Combined, before: Combined | None, daily: Mapping[str, str]) -> dict[str, Figure]:
    """Compute what is new on a day; nothing can be said where the day before is not there."""
    if before is None or before.day != row.day - timedelta(days=1):
        return {}
    pairs = ((new, row.values.get(total), before.values.get(total)) for new, total in daily.items())
    return {new: now - then for new, now, then in pairs if isinstance(now, int) and isinstance(then, int)}


def _sent(day: date, values: dict[str, Figure], said: SeriesMapping, falls: Sequence[Fall]) -> Sent:
    known = datetime.combine(day, time.fromisoformat(said.known.time), tzinfo=UTC) + timedelta(
        days=said.known.days
    )
    corrected = "".join(f" {fall.field}: {fall.before} → {fall.after}." for fall in falls)
    return Sent(
        type=said.type,
        period=day.isoformat(),
        values=values,
        ref=f"{said.name}/{said.type}/{day.isoformat()}",
        note=(said.source + corrected).strip(),
        warned=("falls",) if falls else (),
        known_at=known.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def take(plan: Plan, *, by: Actor, progress: Callable[[int], None] | None = None) -> list[PartyDone]:
    """File a series, a thousand reports at a time, each party's in its own journal.

    What was filed by an earlier run is recognised and not filed twice, so a run that was cut off is simply repeated.
    The type is switched on for the days of the series, with a ground that names the source, where it was not.

    :raises NotMandated: when `by` may not import series, or may not switch the type on where it must be.
    :raises OnElsewhere, BatchRefused: naming what stands in the way.
    """
    require(by, "exchange.import-series")
    _switch_on(plan, by=by)
    done: list[PartyDone] = []
    count = 0
    for party, own in groupby(plan.reports, key=lambda pair: pair[0]):
        reports = [sent for _party, sent in own]
        writer = act_for(party=party, office="na-officer", account=IMPORT, client=IMPORT, mode=by.mode)
        filed: list[acts.Filed] = []
        for start in range(0, len(reports), BATCH):
            filed += acts.submit_reports(by=writer, reports=reports[start : start + BATCH], channel=IMPORT)
            if progress:
                progress(count + len(filed))
        count += len(filed)
        done.append(_done(party, reports, filed, plan))
    return done


def _done(party: str, reports: Sequence[Sent], filed: Sequence[acts.Filed], plan: Plan) -> PartyDone:
    last = reports[-1].values
    return PartyDone(
        party=party,
        reports=len(reports),
        new=sum(not each.again for each in filed),
        first=reports[0].period,
        last=reports[-1].period,
        totals={field: last[field] for field in plan.totals if field in last},
        warnings=sum(fall.party == party for fall in plan.falls) + sum(bool(each.warnings) for each in filed),
    )


def _switch_on(plan: Plan, *, by: Actor) -> None:
    """Switch the type on for the days of the series, if it was not, and off again after them, as one act."""
    kind = type_of(plan.type)
    if kind.schedule is None or not kind.schedule.while_active:
        return
    active = activations(by)
    uncovered = [
        slot
        for party, sent in plan.reports
        if (slot := _slot(kind, party, sent.period)) and not any(each.covers(slot) for each in active)
    ]
    if not uncovered:
        return
    first = min(slot.starts for slot in uncovered)
    if any(each.type == plan.type and each.until is None for each in active):
        raise OnElsewhere(type=plan.type, first=f"{first:%Y-%m-%d}")
    _stretch(plan, since=first, until=max(slot.due_at for slot in uncovered) + timedelta(minutes=1), by=by)


def _slot(kind: InformationType, party: str, period: str) -> rules.Slot | None:
    on = [rules.Activation(type=kind.code, since=ALWAYS)]
    return rules.slot_of(kind, node.current().pack.party(party), period, active=on)


@log.turn
def _stretch(plan: Plan, *, since: datetime, until: datetime, by: Actor) -> None:
    """Write down that a type was on for a time now past."""
    ground = f"Import: {plan.source}"
    acts.activate_type(by=by, type=plan.type, ground=ground, since=micros(since))
    by.again()
    acts.deactivate_type(by=by, type=plan.type, ground=ground, until=micros(until))

"""Reports: filed, corrected, withdrawn, confirmed, seen."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from commonwatch.access.actor import Actor, require
from commonwatch.charter.label import Label, flows
from commonwatch.desks.exchange import rules
from commonwatch.desks.exchange.acts.found import (
    NoSuchReport,
    first_entry,
    label_of,
    new_subject,
    own_report,
    report_of,
)
from commonwatch.desks.exchange.carrying import cited, going_on, newest, slip_draft
from commonwatch.desks.exchange.earlier import last_said
from commonwatch.desks.exchange.facts import (
    DutyNoted,
    ReportCorrected,
    ReportSeen,
    ReportWithdrawn,
    ValuesDrawn,
)
from commonwatch.desks.exchange.intake import (
    BatchRefused,
    Intake,
    OtherContent,
    Prepared,
    Sent,
    check_reference,
    content_label,
    micros,
    references,
    slips,
    status_label,
    type_of,
    usual,
)
from commonwatch.desks.exchange.models import Report
from commonwatch.desks.exchange.projection import content_digest, reference_key, slip_subject
from commonwatch.register import history, log, node


class Filed(NamedTuple):
    """What the sender gets back. `again` says that it had been sent before; then the first answer is given."""

    subject: str
    entry: str
    hash: str
    journal: int
    number: int
    at: int
    again: bool
    warnings: tuple[rules.ValueFault, ...]


@log.turn
def submit_report(*, by: Actor, report: Sent, channel: str, confirmed: bool = True) -> Filed:
    """File one report, and with it the slip that says so to those who follow the duty.

    :raises NotMandated, ContentRefused, ConfirmFirst, NotOwed, PeriodUnknown, LabelNotAllowed, OtherContent: and
        others that name what is wrong.
    """
    require(by, "exchange.submit-report")
    try:
        prepared = Intake(by=by, channel=channel, confirmed=confirmed).prepare([report])
    except BatchRefused as refused:
        raise refused.refusals[0][1] from None
    return _file(prepared, by=by)[0]


@log.turn
def submit_reports(
    *, by: Actor, reports: Sequence[Sent], channel: str, confirmed: bool = True
) -> list[Filed]:
    """File a batch of reports, all or none.

    :raises BatchRefused: naming every report that cannot be taken.
    """
    require(by, "exchange.submit-report")
    prepared = Intake(by=by, channel=channel, confirmed=confirmed).prepare(reports)
    return _file(prepared, by=by)


def _file(prepared: Sequence[Prepared], *, by: Actor) -> list[Filed]:
    """Append the reports and their slips in one write; those sent before are answered from the register."""
    drafts: list[log.Draft] = []
    subjects: list[str] = []
    for each in prepared:  # a report first, then what is added to it
        subjects.append(each.again or new_subject("report", by.party))
        if each.again:
            continue
        refs = _confirmed(each.fact.confirms, label=each.label, by=by)
        drafts.append(log.Draft(each.fact, subjects[-1], each.label, refs, each.known_at, settled=True))
        if each.drawn:
            fact = _drawn(each.drawn, by=by)
            drafts.append(log.Draft(fact, subjects[-1], each.label, (), each.known_at, settled=True))
        if each.slip_label:
            drafts += _slip(each, label=each.slip_label, by=by)
    written: dict[str, log.Written] = {}
    for draft, place in zip(drafts, log.append_many(drafts, by=by), strict=True):
        written.setdefault(draft.subject, place)
    by.again()
    return [_answer(subject, each, written, by=by) for subject, each in zip(subjects, prepared, strict=True)]


def _drawn(drawn: Mapping[str, rules.Source], *, by: Actor) -> ValuesDrawn:
    """Say from where values were taken; the hash alone says from which report, for others may not read that one."""
    fields: dict[str, tuple[str, str, str]] = {}
    for code, source in drawn.items():
        row = history.entry(source.of.entry, reader=by)
        if row is None:
            raise NoSuchReport
        when = source.of.period or source.of.event_at
        fields[code] = (f"{source.of.type}.{source.field}", when, history.past(row).place.hash)
    return ValuesDrawn(fields=fields)


def _slip(each: Prepared, *, label: Label, by: Actor) -> list[log.Draft]:
    """Note the report on its slip; a slip of a closed journal is continued first."""
    fact = each.fact
    noted = DutyNoted(
        type=fact.type,
        owes=fact.owes,
        period=fact.period,
        starts=each.starts,
        number=fact.number,
        act="nil" if fact.nil else "submitted",
        on_behalf=fact.owes != by.party,
    )
    before = [slip_draft(each.continues, label, eyes=by)] if each.continues else []
    return [*before, log.Draft(noted, each.slip, label, (), each.known_at, settled=True)]


def _answer(subject: str, each: Prepared, written: Mapping[str, log.Written], *, by: Actor) -> Filed:
    place = written.get(subject)
    if place is None:
        row = history.entry(each.again_entry, reader=by)
        if row is None:
            raise NoSuchReport
        place = history.past(row).place
    return Filed(
        subject, place.id, place.hash, place.journal, place.number, place.at, bool(each.again), each.warnings
    )


def _confirmed(subject: str, *, label: Label, by: Actor) -> tuple[log.Written, ...]:
    """Find the report by telephone that is confirmed, so that the new one cites it."""
    if not subject:
        return ()
    report = report_of(subject, by=by)
    row = history.entry(report.entry, reader=by)
    if row is None or report.owes != by.party:
        raise NoSuchReport
    place = history.past(row).place
    return cited(place, label) if row.journal.closed else (place,)


@log.turn
def correct_report(  # noqa: PLR0913 - what a correction says
    *,
    by: Actor,
    report: str,
    values: Mapping[str, Any],
    reason: str,
    channel: str,
    nil: bool = False,
    ref: str = "",
    confirmed: bool = True,
) -> Filed:
    """Put a new version of one's own report beside the earlier ones; they stay.

    :raises NoSuchReport, NotYours, WithdrawnAlready, ReasonMissing, NothingChanged, ContentRefused, OtherContent:
        naming what is wrong.
    """
    require(by, "exchange.correct-report")
    check_reference(ref)
    row = own_report(report, by=by)
    fact = ReportCorrected(
        values=values,
        nil=nil,
        reason=reason.strip(),
        channel=channel,
        client=by.client if ref else "",
        ref=ref,
    )
    checked = _checked(row, values, nil=nil, by=by)
    fact = _with(fact, checked)
    again = _sent_before(row, fact, by=by)
    if again:
        return again
    rules.check_correction(state=row.state, reason=reason, old=row.values, new=checked.values, nil=nil)
    if checked.warnings and not confirmed:
        raise rules.ConfirmFirst(warnings=checked.warnings)
    return _change(
        row, fact, act="corrected-to-nil" if nil else "corrected", by=by, warnings=checked.warnings
    )


def _checked(row: Report, values: Mapping[str, Any], *, nil: bool, by: Actor) -> rules.Checked:
    """Look at the values of a correction by the checks of its type, the last report and what is usual."""
    type_ = type_of(row.type)
    last = rules.NOTHING_SAID
    if rules.asks_last(type_.checks) and not nil:
        last = last_said(by, type_, owes=row.owes, period=row.period, besides=row.key)
    checked = rules.check_report(type_, node.current().pack, values, nil=nil, last=last)
    if checked.faults:
        raise rules.ContentRefused(faults=checked.faults)
    found = usual(type_, owes=row.owes, by=by, period=row.period, values=checked.values)
    return checked._replace(warnings=(*checked.warnings, *found))


def _with(fact: ReportCorrected, checked: rules.Checked) -> ReportCorrected:
    return ReportCorrected(
        values=checked.values,
        nil=fact.nil,
        reason=fact.reason,
        channel=fact.channel,
        client=fact.client,
        ref=fact.ref,
        warned=tuple(map(rules.kept, checked.warnings)),
    )


def _sent_before(row: Report, fact: ReportCorrected, *, by: Actor) -> Filed | None:
    """Answer a correction that was sent before under the same reference."""
    if not fact.ref:
        return None
    key = reference_key(journal=row.journal_id, party=by.party, client=fact.client, ref=fact.ref)
    old = references([key], reader=by).get(key)
    if old is None:
        return None
    if old.digest != content_digest(fact) or old.subject != row.key:
        raise OtherContent(ref=fact.ref, report=old.subject)
    entry = history.entry(old.entry, reader=by)
    place = history.past(entry).place if entry else None
    if place is None:
        raise NoSuchReport
    return Filed(row.key, place.id, place.hash, place.journal, place.number, place.at, True, ())


@log.turn
def withdraw_report(*, by: Actor, report: str, reason: str) -> Filed:
    """Take back one's own report: it stays readable to its readers, and its duty is open again.

    :raises NoSuchReport, NotYours, WithdrawnAlready, ReasonMissing: naming what is wrong.
    """
    require(by, "exchange.withdraw-report")
    row = own_report(report, by=by)
    rules.check_withdrawal(state=row.state, reason=reason)
    return _change(row, ReportWithdrawn(reason=reason.strip()), act="withdrawn", by=by, warnings=())


def _change(
    row: Report,
    fact: ReportCorrected | ReportWithdrawn,
    *,
    act: str,
    by: Actor,
    warnings: Sequence[rules.ValueFault],
) -> Filed:
    """Append a change of a report, and its slip; what stands in a closed journal is continued first."""
    type_ = type_of(row.type)
    drafts, changed = _changed(row, fact, by=by)
    if row.period and type_.schedule:
        noted = DutyNoted(
            type=row.type,
            owes=row.owes,
            period=row.period,
            starts=micros(rules.period_bounds(row.period)[0]),
            number=row.number,
            act=act,
            on_behalf=row.owes != row.party,
        )
        drafts += _slip_of(row, noted, status_label(type_, owes=row.owes, by=row.party), by=by)
    place = log.append_many(drafts, by=by)[changed]
    subject = drafts[changed].subject
    by.again()
    return Filed(subject, place.id, place.hash, place.journal, place.number, place.at, False, tuple(warnings))


def _changed(
    row: Report, fact: ReportCorrected | ReportWithdrawn, *, by: Actor
) -> tuple[list[log.Draft], int]:
    """Draft the change of a report; return the drafts and which of them is the change itself."""
    first = first_entry(row, by=by)
    going = going_on(row, eyes=by) if row.journal.closed else None
    if going is None:
        return [log.Draft(fact, row.key, first.place.label, (first.place,))], 0
    return [going.opening, log.Draft(fact, going.subject, going.label, settled=True)], 1


def _slip_of(row: Report, noted: DutyNoted, label: Label, *, by: Actor) -> list[log.Draft]:
    """Note a change on the slip, under the label under which it stands; a slip of a closed journal is continued."""
    key = slip_subject(filer=row.party, type_=row.type, owes=row.owes, period=row.period, mode=by.mode)
    stand = slips([key], reader=by).get(key)
    if stand is None:
        return [log.Draft(noted, key, label)]
    if not stand.closed:
        return [log.Draft(noted, stand.row.key, label_of(stand.row, by=by))]
    before = slip_draft(stand.row, label, eyes=by)
    return [before, log.Draft(noted, before.subject, label, settled=True)]


@log.turn
def confirm_report(*, by: Actor, report: str) -> Filed:
    """Make a report that the center wrote down by telephone one's own, unchanged.

    :raises NoSuchReport: when it is not there, or fills another party's duty.
    """
    require(by, "exchange.confirm-report")
    row = newest(report_of(report, by=by), reader=by)
    if row.owes != by.party or row.party == by.party:
        raise NoSuchReport
    rules.check_withdrawal(state=row.state, reason="-")
    first = first_entry(row, by=by).place.label
    sent = Sent(
        type=row.type,
        period=row.period,
        values=row.values,
        nil=row.state == "nil",
        event_at=row.event_at,
        level=first.level,
        audience=_same_readers(row, first, by=by),
        confirms=row.key,
    )
    return submit_report(by=by, report=sent, channel="form")


def _same_readers(row: Report, label: Label, *, by: Actor) -> str:
    """Name the audience of a report by telephone, so that confirming it widens nothing; the type's own else."""
    type_, scheme = type_of(row.type), node.current().pack.labels
    for audience in (type_.audience, *type_.audiences):
        own = content_label(type_, owes=row.owes, by=by.party, level=label.level, audience=audience)
        if flows(label, own, scheme=scheme):
            return audience
    return type_.audience


@log.turn
def mark_seen(*, by: Actor, report: str) -> None:
    """Say that one has seen the present version of another party's report.

    :raises NoSuchReport: when there is none that one may read.
    """
    require(by, "exchange.mark-seen")
    row = report_of(report, by=by)
    label = label_of(row, by=by)
    log.append(ReportSeen(version=row.versions), by=by, subject=row.key, label=label)

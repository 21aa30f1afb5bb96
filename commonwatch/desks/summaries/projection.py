"""How facts fold into the tables of the summaries desk: its own, and those of the exchange and of traffic."""

from typing import Any

import msgspec

from commonwatch.desks.exchange.facts import (
    DutyCarried,
    DutyNoted,
    ReleaseCarried,
    ReleaseWithdrawn,
    ReportCarried,
    ReportCorrected,
    ReportReleased,
    ReportSubmitted,
    ReportWithdrawn,
    WaiverCarried,
    WaiverClosed,
    WaiverEnded,
    WaiverGranted,
)
from commonwatch.desks.summaries.facts import (
    SummaryAcknowledged,
    SummaryCalled,
    SummaryReleased,
    SummaryRevised,
    SummaryWithdrawn,
)
from commonwatch.desks.summaries.models import Freed, Matter, Met, Rejoinder, Summary, SummaryReceipt
from commonwatch.desks.traffic.facts import (
    NoticeRelayed,
    QuestionAnswered,
    QuestionAsked,
    QuestionClosed,
    QuestionRefused,
    RelayAcknowledged,
    RelayCalled,
)
from commonwatch.register.fold import Line, Row, projects

_ENCODE = msgspec.json.Encoder(order="deterministic").encode


def _opened(what: str, line: Line, **more: Any) -> Row:
    """Begin the row of something that came."""
    return {
        "what": what, "party": line.party, "first_at": line.known, "last_at": line.at, "entry": line.id,
        "hash": line.hash, **more,
    }  # fmt: skip


def _moved(row: Row | None, line: Line, what: str, **more: Any) -> Row:
    """Let a row stand as its owner's latest entry says; begin it when the first entry is not held here."""
    row = row or _opened(what, line, owes=line.party, version=0, journal_id=line.journal)
    return {**row, "last_at": line.at, "entry": line.id, "hash": line.hash, **more}


def _text(values: Any) -> str:
    return _ENCODE(values).decode()


# Reports and releases


@projects(ReportSubmitted, Matter, first=True)
def report_submitted(_row: Row | None, fact: ReportSubmitted, line: Line) -> Row:
    """Open the row of a report."""
    return _opened(
        "report", line, type=fact.type, owes=fact.owes, period=fact.period, event_at=fact.event_at,
        state="nil" if fact.nil else "value", values_json=_text(fact.values),
    )  # fmt: skip


@projects(ReportCarried, Matter, first=True)
def report_carried(_row: Row | None, fact: ReportCarried, line: Line) -> Row:
    """Open the row of a report that goes on from an earlier epoch, without its values."""
    return _opened(
        "report", line, type=fact.type, owes=fact.owes, period=fact.period, event_at=fact.event_at,
        state=fact.state, version=fact.versions,
    )  # fmt: skip


@projects(ReportCorrected, Matter)
def report_corrected(row: Row | None, fact: ReportCorrected, line: Line) -> Row:
    """Put the new version in place of the last."""
    state = "nil" if fact.nil else "value"
    row = _moved(row, line, "report", state=state, values_json=_text(fact.values))
    row["version"] = row.get("version", 1) + 1
    return row


@projects(ReportWithdrawn, Matter)
def report_withdrawn(row: Row | None, _fact: ReportWithdrawn, line: Line) -> Row:
    """Mark the report as withdrawn."""
    row = _moved(row, line, "report", state="withdrawn")
    row["version"] = row.get("version", 1) + 1
    return row


@projects(ReportReleased, Matter, first=True)
def report_released(_row: Row | None, fact: ReportReleased, line: Line) -> Row:
    """Open the row of a release."""
    return _opened(
        "release", line, type=fact.type, owes=fact.owes, period=fact.period, event_at=fact.event_at,
        state="nil" if fact.nil else "value", values_json=_text(fact.values), version=fact.version,
    )  # fmt: skip


@projects(ReleaseCarried, Matter, first=True)
def release_carried(_row: Row | None, fact: ReleaseCarried, line: Line) -> Row:
    """Open the row of a release that goes on from an earlier epoch."""
    return _opened(
        "release", line, type=fact.type, owes=fact.owes, period=fact.period, event_at=fact.event_at,
        version=fact.version,
    )  # fmt: skip


@projects(ReleaseWithdrawn, Matter)
def release_withdrawn(row: Row | None, _fact: ReleaseWithdrawn, line: Line) -> Row:
    """Mark the release as withdrawn."""
    return _moved(row, line, "release", state="withdrawn")


# Questions and relays


@projects(QuestionAsked, Matter, first=True)
def question_asked(_row: Row | None, fact: QuestionAsked, line: Line) -> Row:
    """Open the row of a question."""
    values = {"text": fact.text, "to": fact.to, "urgency": fact.urgency}
    return _opened(
        "question", line, type=fact.type, owes=fact.owes, period=fact.period, state="open", to=fact.to,
        due=fact.due, values_json=_text(values),
    )  # fmt: skip


@projects(QuestionClosed, Matter)
def question_closed(row: Row | None, _fact: QuestionClosed, line: Line) -> Row:
    """Mark the question as closed."""
    return _moved(row, line, "question", state="closed")


@projects(NoticeRelayed, Matter, first=True)
def notice_relayed(_row: Row | None, fact: NoticeRelayed, line: Line) -> Row:
    """Open the row of a relay."""
    values = {"remark": fact.remark} if fact.remark else {}
    return _opened(
        "relay", line, type=fact.type, owes=fact.owes, version=fact.version, to=",".join(fact.recipients),
        due=fact.due, values_json=_text(values),
    )  # fmt: skip


def _reply(how: str, line: Line, *, party: str = "", outcome: str = "", text: str = "") -> Row:
    return {
        "subject": line.subject, "party": party or line.party, "how": how, "outcome": outcome, "text": text,
        "at": line.at,
    }  # fmt: skip


@projects(QuestionAnswered, Rejoinder, key=lambda _fact, line: f"{line.subject}|{line.id}")
def question_answered(_row: Row | None, fact: QuestionAnswered, line: Line) -> Row:
    """Note an answer."""
    return _reply("answered", line, outcome=fact.outcome, text=fact.text)


@projects(QuestionRefused, Rejoinder, key=lambda _fact, line: f"{line.subject}|{line.id}")
def question_refused(_row: Row | None, fact: QuestionRefused, line: Line) -> Row:
    """Note that an answer was refused."""
    return _reply("refused", line, text=fact.reason)


@projects(RelayAcknowledged, Rejoinder, key=lambda _fact, line: f"{line.subject}|{line.id}")
def relay_acknowledged(_row: Row | None, _fact: RelayAcknowledged, line: Line) -> Row:
    """Note that a recipient took note of a relay."""
    return _reply("acknowledged", line)


@projects(RelayCalled, Rejoinder, key=lambda _fact, line: f"{line.subject}|{line.id}")
def relay_called(_row: Row | None, fact: RelayCalled, line: Line) -> Row:
    """Note a call about a relay."""
    return _reply("called", line, party=fact.party, outcome=fact.outcome, text=fact.note)


# Duties


@projects(DutyNoted, Met)
def duty_noted(row: Row | None, fact: DutyNoted, line: Line) -> Row:
    """Note how the writer stands with a duty."""
    reports: dict[str, Any] = msgspec.json.decode(row["reports_json"]) if row else {}
    number = str(fact.number)
    since = reports[number][1] if number in reports else line.known
    reports[number] = ["withdrawn" if fact.act == "withdrawn" else "stands", since]
    return {
        "type": fact.type, "owes": fact.owes, "period": fact.period, "reports_json": _text(reports),
        "corrected": fact.act.startswith("corrected") or bool(row and row["corrected"]),
    }  # fmt: skip


@projects(DutyCarried, Met, first=True)
def duty_carried(_row: Row | None, fact: DutyCarried, _line: Line) -> Row:
    """Open the slip of a duty that was met in an earlier epoch."""
    return {
        "type": fact.type, "owes": fact.owes, "period": fact.period, "reports_json": _text(fact.reports),
        "corrected": fact.corrected,
    }  # fmt: skip


@projects(WaiverGranted, Freed, first=True)
def waiver_granted(_row: Row | None, fact: WaiverGranted, _line: Line) -> Row:
    """Note that a party is free from a duty."""
    return {"type": fact.type, "party": fact.party, "since": fact.since, "until": fact.until}


@projects(WaiverCarried, Freed, first=True)
def waiver_carried(_row: Row | None, fact: WaiverCarried, _line: Line) -> Row:
    """Note that it goes on in a later epoch."""
    return {"type": fact.type, "party": fact.party, "since": fact.since, "until": fact.until}


@projects(WaiverEnded, Freed)
def waiver_ended(row: Row | None, fact: WaiverEnded, _line: Line) -> Row:
    """Note that it ended early."""
    return {**(row or {"type": "", "party": "", "since": fact.until}), "until": fact.until}


@projects(WaiverClosed, Freed)
def waiver_closed(row: Row | None, fact: WaiverClosed, _line: Line) -> Row:
    """Note that its account ends with the epoch."""
    return {**(row or {"type": "", "party": "", "since": fact.until}), "until": fact.until}


# Summaries


@projects(SummaryReleased, Summary, first=True)
def summary_released(_row: Row | None, fact: SummaryReleased, line: Line) -> Row:
    """Open the summary's row; what it says is read from its entries."""
    return {
        "form": fact.form, "day": fact.day, "count": fact.count, "title": fact.title, "party": line.party,
        "since": fact.since, "until": fact.until, "due": fact.due, "next_at": fact.next_at,
        "annex_of": fact.annex_of, "released_at": line.at, "version_at": line.at, "entry": line.id,
        "last_entry": line.id, "hash": line.hash, "last_hash": line.hash,
    }  # fmt: skip


def _unopened(line: Line) -> Row:
    """Stand in for a summary whose first entry this node does not hold."""
    return {
        "form": "day", "day": "", "title": "", "party": line.party, "since": line.at, "until": line.at,
        "due": 0, "released_at": line.at, "version_at": line.at, "entry": line.id, "last_entry": line.id,
        "hash": line.hash, "last_hash": line.hash, "journal_id": line.journal,
    }  # fmt: skip


@projects(SummaryRevised, Summary)
def summary_revised(row: Row | None, fact: SummaryRevised, line: Line) -> Row:
    """Let the new version stand."""
    return {
        **(row or _unopened(line)), "version": fact.version, "title": fact.title, "since": fact.since,
        "until": fact.until, "due": fact.due, "next_at": fact.next_at, "version_at": line.at,
        "last_entry": line.id, "last_hash": line.hash,
    }  # fmt: skip


@projects(SummaryWithdrawn, Summary)
def summary_withdrawn(row: Row | None, fact: SummaryWithdrawn, _line: Line) -> Row:
    """Mark the summary as withdrawn."""
    row = row or _unopened(_line)
    return {**row, "state": "withdrawn", "ground": fact.ground, "instead": fact.instead}


@projects(
    SummaryAcknowledged, SummaryReceipt, key=lambda fact, line: f"{line.subject}|{line.party}|{fact.version}"
)
def summary_acknowledged(row: Row | None, fact: SummaryAcknowledged, line: Line) -> Row:
    """Note that a recipient took note of a version; the earliest stands, whichever comes first here."""
    if row is not None and (row["at"], row["office"]) <= (line.at, line.office):
        return row
    return {
        "subject": line.subject, "party": line.party, "version": fact.version, "how": "acknowledged",
        "office": line.office, "at": line.at,
    }  # fmt: skip


@projects(SummaryCalled, SummaryReceipt, key=lambda _fact, line: f"{line.subject}|{line.id}")
def summary_called(_row: Row | None, fact: SummaryCalled, line: Line) -> Row:
    """Note a call about a version."""
    return {
        "subject": line.subject, "party": fact.party, "version": fact.version, "how": "called",
        "outcome": fact.outcome, "note": fact.note, "office": line.office, "at": line.at,
    }  # fmt: skip

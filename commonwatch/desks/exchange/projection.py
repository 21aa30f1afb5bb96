"""How the exchange's facts fold into its tables. Pure: no clock, no network, no other subject."""

from collections.abc import Mapping
from hashlib import sha256

import msgspec

from commonwatch.desks.exchange.facts import (
    ActivationCarried,
    ActivationClosed,
    DutyCarried,
    DutyNoted,
    ReleaseCarried,
    ReleaseWithdrawn,
    ReportCarried,
    ReportCorrected,
    ReportReleased,
    ReportSeen,
    ReportSubmitted,
    ReportWithdrawn,
    TypeActivated,
    TypeDeactivated,
    ValuesDrawn,
    WaiverCarried,
    WaiverClosed,
    WaiverEnded,
    WaiverGranted,
)
from commonwatch.desks.exchange.models import (
    Activation,
    Asked,
    Drawn,
    Reference,
    Release,
    Reply,
    Report,
    Seen,
    Slip,
    Waiver,
)
from commonwatch.desks.traffic.facts import QuestionAnswered, QuestionAsked, QuestionClosed, QuestionRefused
from commonwatch.register.fold import Line, Row, projects

_ENCODE = msgspec.json.Encoder(order="deterministic").encode


def content_digest(fact: ReportSubmitted | ReportCorrected) -> str:
    """Return the SHA-256 (hex) of what a sender said, so that the same reference with other content is recognised."""
    said: tuple[object, ...] = (fact.values, fact.nil)
    if isinstance(fact, ReportSubmitted):
        said = (*said, fact.type, fact.owes, fact.period, fact.event_at)
    return sha256(_ENCODE(said)).hexdigest()


def reference_key(*, journal: int, party: str, client: str, ref: str) -> str:
    """Name a reference: unique for a party, a program and an audience."""
    return f"{journal}|{party}|{client}|{ref}"


def slip_subject(*, filer: str, type_: str, owes: str, period: str, mode: str) -> str:
    """Name the subject on which a writer notes how it stands with a duty; an exercise's duties are its own."""
    name = f"slip/{filer}/{type_}.{owes}.{period}"
    return name if mode == "real" else f"{name}.{mode}"


def _opened(fact: ReportSubmitted | ReportCarried | ReportReleased | ReleaseCarried, line: Line) -> Row:
    """Begin the row of a report or a release: whose it is, for when, and the entry that opens it."""
    return {
        "type": fact.type,
        "owes": fact.owes,
        "period": fact.period,
        "event_at": fact.event_at,
        "party": line.party,
        "last_at": line.at,
        "entry": line.id,
        "last_entry": line.id,
        "place": line.number,
    }


@projects(ReportSubmitted, Report, first=True)
def report_submitted(_row: Row | None, fact: ReportSubmitted, line: Line) -> Row:
    """Open the report's row."""
    return {
        **_opened(fact, line),
        "number": fact.number,
        "state": "nil" if fact.nil else "value",
        "versions": 1,
        "values_json": _ENCODE(fact.values).decode(),
        "warned_json": _ENCODE(fact.warned).decode(),
        "channel": fact.channel,
        "confirms": fact.confirms,
        "tlp": fact.tlp,
        "imported": line.known_at is not None,
        "first_at": line.known,
        "written_at": line.at,
    }


@projects(ReportCarried, Report, first=True)
def report_carried(_row: Row | None, fact: ReportCarried, line: Line) -> Row:
    """Open the row of a report that goes on from an earlier epoch; its values come with what is written next."""
    return {
        **_opened(fact, line),
        "number": fact.number,
        "state": fact.state,
        "versions": fact.versions,
        "channel": fact.channel,
        "confirms": fact.confirms,
        "tlp": fact.tlp,
        "imported": fact.imported,
        "first_at": fact.first_at,
        "written_at": line.at,
        "continues": fact.continues,
    }


@projects(ReportCorrected, Report)
def report_corrected(row: Row | None, fact: ReportCorrected, line: Line) -> Row:
    """Put the new version in place of the last; the history is in the entries."""
    row = row or _unopened(line)
    row["values_json"], row["warned_json"] = _ENCODE(fact.values).decode(), _ENCODE(fact.warned).decode()
    row["state"] = "nil" if fact.nil else "value"
    row["versions"] += 1
    row["last_at"], row["last_entry"] = line.at, line.id
    return row


@projects(ValuesDrawn, Drawn)
def values_drawn(_row: Row | None, fact: ValuesDrawn, _line: Line) -> Row:
    """Keep from where values were taken; the latest version that took any stands."""
    return {"version": fact.version, "fields_json": _ENCODE(fact.fields).decode()}


@projects(ReportWithdrawn, Report)
def report_withdrawn(row: Row | None, _fact: ReportWithdrawn, line: Line) -> Row:
    """Mark the report as withdrawn; its values stay readable to those who could read them."""
    row = row or _unopened(line)
    row["state"] = "withdrawn"
    row["versions"] += 1
    row["last_at"], row["last_entry"] = line.at, line.id
    return row


def _unopened(line: Line) -> Row:
    """Stand in for a report whose first entry this node does not hold."""
    return {
        "type": "", "owes": line.party, "party": line.party, "versions": 0, "first_at": line.known,
        "written_at": line.at, "entry": line.id, "place": line.number, "journal_id": line.journal,
    }  # fmt: skip


def _reference(fact: ReportSubmitted | ReportCorrected, line: Line) -> str | None:
    """Key a reference; a report without one leaves no row."""
    if not fact.ref:
        return None
    return reference_key(journal=line.journal, party=line.party, client=fact.client, ref=fact.ref)


@projects(ReportSubmitted, Reference, key=_reference)
def reference_submitted(_row: Row | None, fact: ReportSubmitted, line: Line) -> Row:
    """Remember a program's reference."""
    return {"subject": line.subject, "entry": line.id, "digest": content_digest(fact)}


@projects(ReportCorrected, Reference, key=_reference)
def reference_corrected(_row: Row | None, fact: ReportCorrected, line: Line) -> Row:
    """Remember a program's reference."""
    return {"subject": line.subject, "entry": line.id, "digest": content_digest(fact)}


@projects(ReportSeen, Seen, key=lambda fact, line: f"{line.subject}|{line.party}|{fact.version}")
def report_seen(row: Row | None, fact: ReportSeen, line: Line) -> Row:
    """Note who has seen which version; the earliest sight stands, whichever comes first here."""
    if row is not None and (row["at"], row["account"]) <= (line.at, line.account):
        return row
    return {
        "subject": line.subject,
        "party": line.party,
        "office": line.office,
        "account": line.account,
        "version": fact.version,
        "at": line.at,
    }


@projects(ReportReleased, Release, first=True)
def report_released(_row: Row | None, fact: ReportReleased, line: Line) -> Row:
    """Open the release's row."""
    return {
        **_opened(fact, line),
        "state": "nil" if fact.nil else "value",
        "version": fact.version,
        "values_json": _ENCODE(fact.values).decode(),
        "part": fact.part,
        "of": fact.of,
        "ground": fact.ground,
        "offices": ",".join(fact.offices),
        "released_at": line.at,
    }


@projects(ReleaseCarried, Release, first=True)
def release_carried(_row: Row | None, fact: ReleaseCarried, line: Line) -> Row:
    """Open the row of a release that goes on from an earlier epoch, so that it can be withdrawn there."""
    return {
        **_opened(fact, line),
        "version": fact.version,
        "of": "",
        "released_at": line.at,
        "continues": fact.continues,
    }


@projects(ReleaseWithdrawn, Release)
def release_withdrawn(row: Row | None, fact: ReleaseWithdrawn, line: Line) -> Row:
    """Mark the release as withdrawn; what it said stays readable to those who could read it."""
    row = row or {
        "type": "", "owes": line.party, "party": line.party, "of": "", "released_at": line.at, "entry": line.id,
        "place": line.number, "journal_id": line.journal,
    }  # fmt: skip
    row["state"], row["end_ground"] = "withdrawn", fact.ground
    row["last_at"], row["last_entry"] = line.at, line.id
    return row


@projects(DutyNoted, Slip)
def duty_noted(row: Row | None, fact: DutyNoted, line: Line) -> Row:
    """Count the writer's reports for a duty; the first that still stands says when it was met."""
    reports: dict[str, tuple[str, int]] = msgspec.json.decode(row["reports_json"]) if row else {}
    number = str(fact.number)
    since = reports[number][1] if number in reports else line.known
    state = {"submitted": "value", "corrected": "value", "withdrawn": "withdrawn"}.get(fact.act, "nil")
    reports[number] = (state, since)
    standing = [at for its_state, at in reports.values() if its_state != "withdrawn"]
    corrected = fact.act.startswith("corrected") or bool(row and row["corrected"])
    return {
        "type": fact.type,
        "owes": fact.owes,
        "period": fact.period,
        "starts": fact.starts,
        "filer": line.party,
        "reports_json": _ENCODE(reports).decode(),
        "corrected": corrected,
        "on_behalf": fact.on_behalf,
        "said": _said_once(reports, corrected=corrected),
        "first_at": min(standing) if standing else since,
        "last_at": line.known,
    }


@projects(DutyCarried, Slip, first=True)
def duty_carried(_row: Row | None, fact: DutyCarried, line: Line) -> Row:
    """Open the slip of a duty that was met in an earlier epoch."""
    standing = [at for state, at in fact.reports.values() if state != "withdrawn"]
    return {
        "type": fact.type,
        "owes": fact.owes,
        "period": fact.period,
        "starts": fact.starts,
        "filer": line.party,
        "reports_json": _ENCODE(fact.reports).decode(),
        "corrected": fact.corrected,
        "on_behalf": fact.on_behalf,
        "said": _said_once(fact.reports, corrected=fact.corrected),
        "first_at": min(standing or [at for _state, at in fact.reports.values()], default=line.at),
        "last_at": max((at for _state, at in fact.reports.values()), default=line.at),
    }


def _said_once(reports: Mapping[str, tuple[str, int]], *, corrected: bool) -> str:
    """Return the content of a duty (rules.status) whose slip notes one report that stands; else nothing."""
    standing = [state for state, _since in reports.values() if state != "withdrawn"]
    if len(reports) != 1 or not standing:
        return ""
    return "nil" if standing == ["nil"] else "corrected" if corrected else "value"


@projects(WaiverGranted, Waiver, first=True)
def waiver_granted(_row: Row | None, fact: WaiverGranted, line: Line) -> Row:
    """Open the waiver's row."""
    return {
        "type": fact.type,
        "party": fact.party,
        "ground": fact.ground,
        "since": fact.since,
        "until": fact.until,
        "granted_at": line.at,
    }


@projects(WaiverEnded, Waiver)
def waiver_ended(row: Row | None, fact: WaiverEnded, line: Line) -> Row:
    """End it early."""
    row = row or {"type": "", "party": "", "ground": "", "since": fact.until, "granted_at": line.at}
    row["until"], row["end_ground"] = fact.until, fact.ground
    return row


@projects(WaiverClosed, Waiver)
def waiver_closed(row: Row | None, fact: WaiverClosed, line: Line) -> Row:
    """End its account here."""
    row = row or {"type": "", "party": "", "ground": "", "since": fact.until, "granted_at": line.at}
    row["until"], row["carried"] = fact.until, True
    return row


@projects(WaiverCarried, Waiver, first=True)
def waiver_carried(_row: Row | None, fact: WaiverCarried, _line: Line) -> Row:
    """Open the row of a waiver that goes on from an earlier epoch."""
    return {
        "type": fact.type,
        "party": fact.party,
        "ground": fact.ground,
        "since": fact.since,
        "until": fact.until,
        "granted_at": fact.granted_at,
    }


@projects(TypeActivated, Activation, first=True)
def type_activated(_row: Row | None, fact: TypeActivated, _line: Line) -> Row:
    """Open the stretch."""
    return {
        "type": fact.type,
        "parties": ",".join(fact.parties),
        "ground": fact.ground,
        "since": fact.since,
        "until": None,
    }


@projects(TypeDeactivated, Activation)
def type_deactivated(row: Row | None, fact: TypeDeactivated, _line: Line) -> Row:
    """Close the stretch."""
    row = row or {"type": "", "ground": "", "since": fact.until}
    row["until"], row["end_ground"] = fact.until, fact.ground
    return row


@projects(ActivationClosed, Activation)
def activation_closed(row: Row | None, fact: ActivationClosed, _line: Line) -> Row:
    """End its account here."""
    row = row or {"type": "", "ground": "", "since": fact.until}
    row["until"], row["carried"] = fact.until, True
    return row


@projects(ActivationCarried, Activation, first=True)
def activation_carried(_row: Row | None, fact: ActivationCarried, _line: Line) -> Row:
    """Open the stretch that goes on from an earlier epoch."""
    return {
        "type": fact.type,
        "parties": ",".join(fact.parties),
        "ground": fact.ground,
        "since": fact.since,
        "until": fact.until,
    }


@projects(QuestionAsked, Asked, first=True)
def question_asked(_row: Row | None, fact: QuestionAsked, line: Line) -> Row:
    """Note that a party was asked, about which duty, and when the answer is due."""
    return {
        "to": fact.to,
        "by": line.party,
        "type": fact.type,
        "owes": fact.owes,
        "due": fact.due,
        "asked_at": line.at,
    }


@projects(QuestionClosed, Asked)
def question_closed(row: Row | None, fact: QuestionClosed, line: Line) -> Row:
    """Note that who asked needs no further answer."""
    row = row or {"to": "", "by": line.party, "due": line.at, "asked_at": line.at}
    row["closed"] = fact.how
    return row


def _reply(_fact: QuestionAnswered | QuestionRefused, line: Line) -> str:
    return f"{line.subject}|{line.party}"


@projects(QuestionAnswered, Reply, key=_reply)
def question_answered(row: Row | None, _fact: QuestionAnswered, line: Line) -> Row:
    """Note who has answered."""
    return _replied(row, line, refused=False)


@projects(QuestionRefused, Reply, key=_reply)
def question_refused(row: Row | None, _fact: QuestionRefused, line: Line) -> Row:
    """Note who has said why it does not answer."""
    return _replied(row, line, refused=True)


def _replied(row: Row | None, line: Line, *, refused: bool) -> Row:
    """Keep the earliest reply, whichever comes first here."""
    if row is not None and (row["at"], row["refused"]) <= (line.at, refused):
        return row
    return {"subject": line.subject, "party": line.party, "refused": refused, "at": line.at}

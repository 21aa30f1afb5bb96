"""How questions, relays and what is heard of reports fold into tables. Pure: no clock, no network, no other subject."""

from collections.abc import Iterable, Mapping
from typing import Any

from commonwatch.desks.exchange.facts import (
    ReleaseCarried,
    ReleaseWithdrawn,
    ReportCarried,
    ReportCorrected,
    ReportReleased,
    ReportSubmitted,
    ReportWithdrawn,
)
from commonwatch.desks.traffic.facts import (
    NoticeRelayed,
    QuestionAnswered,
    QuestionAsked,
    QuestionClosed,
    QuestionRefused,
    RelayAcknowledged,
    RelayCalled,
)
from commonwatch.desks.traffic.models import Acknowledgement, Answer, Call, Question, Relay, Reported
from commonwatch.register.fact import Fact
from commonwatch.register.fold import Line, Row, projects


def said(facts: Iterable[Fact]) -> Mapping[str, Any]:
    """Return the values that the last version of a report or release gave, from its facts in order."""
    values: Mapping[str, Any] = {}
    for each in facts:
        if isinstance(each, ReportSubmitted | ReportCorrected | ReportReleased):
            values = each.values
    return values


# Questions


@projects(QuestionAsked, Question, first=True)
def question_asked(_row: Row | None, fact: QuestionAsked, line: Line) -> Row:
    """Open the question's row."""
    return {
        "party": line.party,
        "office": line.office,
        "to": fact.to,
        "text": fact.text,
        "due": fact.due,
        "urgency": fact.urgency,
        "wants": fact.wants,
        "report": fact.report,
        "part": fact.part,
        "type": fact.type,
        "owes": fact.owes,
        "period": fact.period,
        "asked_at": line.at,
        "state": "open",
        "entry": line.id,
    }


@projects(QuestionClosed, Question)
def question_closed(row: Row | None, fact: QuestionClosed, line: Line) -> Row:
    """Close it; what came first stands."""
    row = row or {"party": line.party, "office": line.office, "to": "", "text": "", "due": line.at,
                  "asked_at": line.at, "entry": line.id}  # fmt: skip
    row["state"], row["ground"], row["closed_at"] = fact.how, fact.ground, line.at
    return row


def _added(fact: QuestionAnswered | QuestionRefused, line: Line) -> str:  # noqa: ARG001 - as every key is asked for
    return f"{line.subject}|{line.id}"


def _answered(line: Line) -> Row:
    return {
        "question": line.subject,
        "party": line.party,
        "office": line.office,
        "account": line.account,
        "at": line.at,
        "entry": line.id,
    }


@projects(QuestionAnswered, Answer, key=_added)
def question_answered(_row: Row | None, fact: QuestionAnswered, line: Line) -> Row:
    """Keep an answer beside the question."""
    return {
        **_answered(line),
        "text": fact.text,
        "outcome": fact.outcome,
        "report": fact.report,
        "refused": False,
        "supplement": fact.supplement,
    }


@projects(QuestionRefused, Answer, key=_added)
def question_refused(_row: Row | None, fact: QuestionRefused, line: Line) -> Row:
    """Keep a refusal beside the question."""
    return {**_answered(line), "text": fact.reason, "refused": True}


# Relays


@projects(NoticeRelayed, Relay, first=True)
def notice_relayed(_row: Row | None, fact: NoticeRelayed, line: Line) -> Row:
    """Open the relay's row."""
    return {
        "party": line.party,
        "office": line.office,
        "notice": fact.notice,
        "type": fact.type,
        "owes": fact.owes,
        "recipients": ",".join(fact.recipients),
        "due": fact.due,
        "version": fact.version,
        "remark": fact.remark,
        "relayed_at": line.at,
        "entry": line.id,
    }


def _by_recipient(_fact: RelayAcknowledged, line: Line) -> str:
    return f"{line.subject}|{line.party}"


@projects(RelayAcknowledged, Acknowledgement, key=_by_recipient)
def relay_acknowledged(row: Row | None, fact: RelayAcknowledged, line: Line) -> Row:
    """Keep the first acknowledgement of a party, in whichever order two of them come."""
    if row is not None and (row["at"], row["entry"]) <= (line.at, line.id):
        return row
    return {
        "relay": line.subject,
        "party": line.party,
        "office": line.office,
        "account": line.account,
        "version": fact.version,
        "at": line.at,
        "entry": line.id,
    }


def _by_call(_fact: RelayCalled, line: Line) -> str:
    return f"{line.subject}|{line.id}"


@projects(RelayCalled, Call, key=_by_call)
def relay_called(_row: Row | None, fact: RelayCalled, line: Line) -> Row:
    """Keep every call."""
    return {
        "relay": line.subject,
        "writer": line.party,
        "office": line.office,
        "party": fact.party,
        "outcome": fact.outcome,
        "note": fact.note,
        "at": line.at,
        "entry": line.id,
    }


# What is heard of reports


def _heard(fact: ReportSubmitted | ReportCarried | ReportReleased | ReleaseCarried, line: Line) -> Row:
    return {
        "type": fact.type,
        "owes": fact.owes,
        "period": fact.period,
        "event_at": fact.event_at,
        "party": line.party,
        "hashes": line.hash,
        "versions": 1,
        "first_at": line.at,
        "last_at": line.at,
        "last_entry": line.id,
    }


def _happened(values: Mapping[str, Any]) -> str:
    """Return when it happened, as a report says in the field of that name."""
    found = values.get("happened_at", "")
    return found[:40] if isinstance(found, str) else ""


@projects(ReportSubmitted, Reported, first=True)
def report_submitted(_row: Row | None, fact: ReportSubmitted, line: Line) -> Row:
    """Note that a report was filed."""
    return {
        **_heard(fact, line),
        "state": "nil" if fact.nil else "value",
        "happened_at": _happened(fact.values),
        "imported": line.known_at is not None,
        "first_at": line.known,
    }


@projects(ReportCarried, Reported, first=True)
def report_carried(_row: Row | None, fact: ReportCarried, line: Line) -> Row:
    """Note that a report goes on from an earlier epoch."""
    return {
        **_heard(fact, line),
        "state": fact.state,
        "versions": fact.versions,
        "imported": fact.imported,
        "first_at": fact.first_at,
    }


def _moved(row: Row | None, line: Line) -> Row:
    """Note a further entry of a report or release; of one whose beginning is not here, what can be said."""
    row = row or {"type": "", "owes": line.party, "party": line.party, "first_at": line.at, "versions": 0}
    row["hashes"] = ",".join(filter(None, (row.get("hashes", ""), line.hash)))
    row["last_at"], row["last_entry"] = line.at, line.id
    return row


@projects(ReportCorrected, Reported)
def report_corrected(row: Row | None, fact: ReportCorrected, line: Line) -> Row:
    """Note a new version."""
    row = _moved(row, line)
    row["versions"] += 1
    row["state"] = "nil" if fact.nil else "value"
    row["happened_at"] = _happened(fact.values)
    return row


@projects(ReportWithdrawn, Reported)
def report_withdrawn(row: Row | None, _fact: ReportWithdrawn, line: Line) -> Row:
    """Note that it no longer stands."""
    row = _moved(row, line)
    row["state"] = "withdrawn"
    return row


@projects(ReportReleased, Reported, first=True)
def report_released(_row: Row | None, fact: ReportReleased, line: Line) -> Row:
    """Note a release: a thing of its own, which more may read."""
    return {
        **_heard(fact, line),
        "state": "nil" if fact.nil else "value",
        "versions": fact.version,
        "happened_at": _happened(fact.values),
        "release": True,
        "of": fact.of,
    }


@projects(ReleaseCarried, Reported, first=True)
def release_carried(_row: Row | None, fact: ReleaseCarried, line: Line) -> Row:
    """Note that a release goes on from an earlier epoch, in which it is about to be withdrawn."""
    return {**_heard(fact, line), "versions": fact.version, "release": True}


@projects(ReleaseWithdrawn, Reported)
def release_withdrawn(row: Row | None, _fact: ReleaseWithdrawn, line: Line) -> Row:
    """Note that a release no longer stands."""
    row = _moved(row, line)
    row["state"], row["release"] = "withdrawn", True
    return row

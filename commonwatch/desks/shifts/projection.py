"""How the facts of shifts, and those of the exchange about reports, fold into its tables. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from commonwatch.desks.exchange.facts import (
    ReportCarried,
    ReportCorrected,
    ReportSubmitted,
    ReportWithdrawn,
)
from commonwatch.desks.shifts.facts import (
    CallLogged,
    HandoverAccepted,
    HandoverEnded,
    HandoverSigned,
    LineStruck,
    LineWritten,
    TurnCancelled,
    TurnPlanned,
    TurnSwapped,
    WatchTaken,
)
from commonwatch.desks.shifts.models import Handover, Line, Sent, Turn, Watch
from commonwatch.register.fact import Fact
from commonwatch.register.fold import Line as Place
from commonwatch.register.fold import Row, projects

_ENCODE = msgspec.json.Encoder(order="deterministic").encode


def values_of(fact: Fact) -> Mapping[str, Any]:
    """Return what a report's entry says; nothing for one that says nothing."""
    return fact.values if isinstance(fact, ReportSubmitted | ReportCorrected) else {}


@projects(TurnPlanned, Turn, first=True)
def turn_planned(_row: Row | None, fact: TurnPlanned, line: Place) -> Row:
    """Open the turn's row."""
    return {
        "party": line.party,
        "account": fact.account,
        "shift": fact.shift,
        "date": fact.date,
        "starts": fact.starts,
        "until": fact.until,
        "note": fact.note,
        "planned_by": line.account,
        "last_at": line.at,
    }


def _turn(row: Row | None, line: Place) -> Row:
    """Stand in for a turn whose first entry this node does not hold."""
    return row or {
        "party": line.party, "account": "", "shift": "", "date": "", "starts": 0, "until": 0,
        "planned_by": "", "last_at": line.at,
    }  # fmt: skip


@projects(TurnSwapped, Turn)
def turn_swapped(row: Row | None, fact: TurnSwapped, line: Place) -> Row:
    """Give the turn to another officer, and keep who had it."""
    row = _turn(row, line)
    row["before"], row["account"] = row["account"], fact.account
    row["reason"], row["last_at"] = fact.reason, line.at
    return row


@projects(TurnCancelled, Turn)
def turn_cancelled(row: Row | None, fact: TurnCancelled, line: Place) -> Row:
    """Take the turn off the roster."""
    row = _turn(row, line)
    row["cancelled"], row["reason"], row["last_at"] = True, fact.reason, line.at
    return row


@projects(WatchTaken, Watch, first=True)
def watch_taken(_row: Row | None, fact: WatchTaken, line: Place) -> Row:
    """Note who took the watch."""
    return {
        "party": line.party,
        "account": line.account,
        "office": line.office,
        "shift": fact.shift,
        "starts": fact.starts,
        "until": fact.until,
        "how": fact.how,
        "before": fact.before,
        "reason": fact.reason,
        "handover": fact.handover,
        "at": line.at,
        "place": line.number,
    }


def _line(line: Place) -> Row:
    return {
        "party": line.party,
        "account": line.account,
        "office": line.office,
        "at": line.at,
        "place": line.number,
        "entry": line.id,
    }


def between_line_ends(keys: tuple[str, ...]) -> str:
    """Write keys so that each is found whole."""
    return "\n" + "\n".join(keys) + "\n" if keys else ""


@projects(LineWritten, Line, first=True)
def line_written(_row: Row | None, fact: LineWritten, line: Place) -> Row:
    """Open the row of a line."""
    cites = between_line_ends(fact.cites)
    return {
        **_line(line),
        "sort": fact.sort,
        "text": fact.text,
        "cites": cites,
        "strikes": fact.strikes,
    }


@projects(LineStruck, Line)
def line_struck(row: Row | None, fact: LineStruck, line: Place) -> Row:
    """Strike a line; it stays readable."""
    row = row or {**_line(line), "sort": "note"}
    row["struck_by"], row["struck_at"] = fact.by, line.at
    return row


@projects(CallLogged, Line, first=True)
def call_logged(_row: Row | None, fact: CallLogged, line: Place) -> Row:
    """Open the row of a call: a line of the log like the others."""
    return {
        **_line(line),
        "sort": "test" if fact.test else "call",
        "text": fact.note,
        "cites": between_line_ends((fact.about,) if fact.about else ()),
        "called": fact.party,
        "outcome": fact.outcome,
        "promised_at": fact.promised_at,
    }


@projects(HandoverSigned, Handover, first=True)
def handover_signed(_row: Row | None, fact: HandoverSigned, line: Place) -> Row:
    """Open the row of a hand-over."""
    return {
        "party": line.party,
        "watch": fact.watch,
        "account": line.account,
        "office": line.office,
        "shift": fact.shift,
        "due_at": fact.due_at,
        "signed_at": line.at,
        "digest": fact.digest,
        "body_json": _ENCODE(fact).decode(),
        "state": "signed",
        "entry": line.id,
        "last_entry": line.id,
    }


def _handover(row: Row | None, line: Place) -> Row:
    """Stand in for a hand-over whose first entry this node does not hold."""
    return row or {
        "party": line.party, "watch": "", "account": "", "office": "", "shift": "", "due_at": line.at,
        "signed_at": line.at, "digest": "", "body_json": "{}", "entry": line.id,
    }  # fmt: skip


@projects(HandoverAccepted, Handover)
def handover_accepted(row: Row | None, fact: HandoverAccepted, line: Place) -> Row:
    """Note the second signature, and what came before it."""
    row = _handover(row, line)
    row["state"], row["ended_at"], row["last_entry"] = "accepted", line.at, line.id
    row["other_account"], row["other_office"] = line.account, line.office
    row["accepted_digest"], row["since_json"] = fact.digest, _ENCODE(fact.since).decode()
    return row


@projects(HandoverEnded, Handover)
def handover_ended(row: Row | None, fact: HandoverEnded, line: Place) -> Row:
    """Note that it came to nothing, and why."""
    row = _handover(row, line)
    row["state"], row["ended_at"], row["last_entry"] = fact.how, line.at, line.id
    row["other_account"], row["other_office"], row["reason"] = line.account, line.office, fact.reason
    return row


@projects(ReportSubmitted, Sent, first=True)
def report_sent(_row: Row | None, fact: ReportSubmitted, line: Place) -> Row:
    """Note when a report was sent, and where it stands."""
    return {
        "type": fact.type,
        "owes": fact.owes,
        "party": line.party,
        "at": line.known,
        "last_entry": line.id,
    }


@projects(ReportCarried, Sent, first=True)
def report_carried(_row: Row | None, fact: ReportCarried, line: Place) -> Row:
    """Open the row of a report that goes on in the next epoch."""
    withdrawn = fact.state == "withdrawn"
    return {
        "type": fact.type,
        "owes": fact.owes,
        "party": line.party,
        "at": fact.first_at,
        "withdrawn": withdrawn,
        "last_entry": line.id,
    }


@projects(ReportCorrected, Sent)
def report_corrected(row: Row | None, _fact: ReportCorrected, line: Place) -> Row:
    """Note when its new version was sent, and where that stands."""
    row = row or {"type": "", "owes": line.party, "party": line.party}
    row["at"], row["last_entry"] = line.known, line.id
    return row


@projects(ReportWithdrawn, Sent)
def report_withdrawn(row: Row | None, _fact: ReportWithdrawn, line: Place) -> Row:
    """Note that it no longer stands."""
    row = row or {
        "type": "",
        "owes": line.party,
        "party": line.party,
        "at": line.known,
        "last_entry": line.id,
    }
    row["withdrawn"] = True
    return row

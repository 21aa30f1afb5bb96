"""How reports and releases fold into the list in which they are found. Pure, as in `projection`.

A row stands in the run of its journal in which its present content was written; a mark keeps what was there before, and
so never denies what is there.
"""

from collections.abc import Iterable
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
from commonwatch.desks.exchange.models import Block, Listed
from commonwatch.desks.exchange.rules import words
from commonwatch.register.fold import Line, Row, projects

SPAN = 512
"""How many entries of a journal make one run."""

CHOSEN = ("type", "owes", "period", "channel")
CORRECTED = "corrected=yes"

Told = ReportSubmitted | ReportCarried | ReportCorrected | ReportReleased | ReleaseCarried


def block_key(_fact: Any, line: Line) -> str:
    """Name the run of its journal in which an entry stands."""
    return f"{line.journal}|{line.number // SPAN}"


def _said(fact: Told, line: Line) -> tuple[str, ...]:
    """Return the words by which an entry is found: its values, its period or event, its number, a remark."""
    texts = [*words.spoken(getattr(fact, "values", {})), getattr(fact, "period", ""), str(line.number)]
    return words.words_of(*texts, getattr(fact, "event_at", ""), getattr(fact, "note", ""))


def _held(said: Iterable[str]) -> str:
    return f" {' '.join(said)}"


def _opened(fact: ReportSubmitted | ReportCarried | ReportReleased | ReleaseCarried, line: Line) -> Row:
    """Begin the row of a report or a release."""
    return {
        "type": fact.type,
        "owes": fact.owes,
        "period": fact.period,
        "event_at": fact.event_at,
        "party": line.party,
        "office": line.office,
        "number": line.number,
        "versions": 1,
        "at": line.at,
        "block": block_key(fact, line),
        "words": _held(_said(fact, line)),
    }


@projects(ReportSubmitted, Listed, first=True)
def report_listed(_row: Row | None, fact: ReportSubmitted, line: Line) -> Row:
    """List a report."""
    state = "nil" if fact.nil else "value"
    return {**_opened(fact, line), "what": "report", "state": state, "channel": fact.channel}


@projects(ReportCarried, Listed, first=True)
def carried_listed(_row: Row | None, fact: ReportCarried, line: Line) -> Row:
    """List a report that goes on from an earlier epoch; its words come with what is written next."""
    stands = {"state": fact.state, "channel": fact.channel, "versions": fact.versions}
    return {**_opened(fact, line), "what": "report", **stands}


@projects(ReportCorrected, Listed)
def correction_listed(row: Row | None, fact: ReportCorrected, line: Line) -> Row:
    """Let the report be found by what it says now; it stands where that was written."""
    row = row or _unopened("report", line)
    row["state"] = "nil" if fact.nil else "value"
    row["versions"] += 1
    row["at"], row["block"], row["office"] = line.at, block_key(fact, line), line.office
    also = words.words_of(row["period"], row["event_at"], str(row["number"]))
    row["words"] = _held(dict.fromkeys([*_said(fact, line), *also]))
    return row


@projects(ReportWithdrawn, Listed)
def withdrawal_listed(row: Row | None, _fact: ReportWithdrawn, line: Line) -> Row:
    """Say that the report was withdrawn; what it said is still found where it was written."""
    row = row or _unopened("report", line)
    row["state"] = "withdrawn"
    row["versions"] += 1
    return row


@projects(ReportReleased, Listed, first=True)
def release_listed(_row: Row | None, fact: ReportReleased, line: Line) -> Row:
    """List a release."""
    return {**_opened(fact, line), "what": "release", "state": "nil" if fact.nil else "value"}


@projects(ReleaseCarried, Listed, first=True)
def carried_release_listed(_row: Row | None, fact: ReleaseCarried, line: Line) -> Row:
    """List a release that goes on from an earlier epoch."""
    return {**_opened(fact, line), "what": "release"}


@projects(ReleaseWithdrawn, Listed)
def withdrawn_release_listed(row: Row | None, _fact: ReleaseWithdrawn, line: Line) -> Row:
    """Say that the release was withdrawn."""
    row = row or _unopened("release", line)
    row["state"] = "withdrawn"
    return row


def _unopened(what: str, line: Line) -> Row:
    """Stand in for a report or release whose first entry this node does not hold."""
    return {
        "what": what, "type": "", "owes": line.party, "party": line.party, "office": line.office, "period": "",
        "event_at": "", "number": line.number, "versions": 0, "at": line.at, "block": block_key(None, line),
        "words": "", "journal_id": line.journal,
    }  # fmt: skip


def marked(row: Row | None, fact: Told, line: Line) -> Row:
    """Count an entry into its run, and set the bits of its words and of what it is chosen by.

    A correction does not say of which type it is: a run that holds one is looked into whatever is chosen.
    """
    row = row or {"since": line.at, "until": line.at, "count": 0, "mark": words.EMPTY}
    chosen = [f"{name}={value}" for name in CHOSEN if (value := getattr(fact, name, ""))]
    more = [f"party={line.party}", *([CORRECTED] if isinstance(fact, ReportCorrected) else [])]
    return {
        "since": min(row["since"], line.at),
        "until": max(row["until"], line.at),
        "count": row["count"] + 1,
        "mark": words.marked(row["mark"], _said(fact, line), [*chosen, *more]),
        "journal_id": line.journal,
    }


projects(ReportSubmitted, Block, key=block_key)(marked)
projects(ReportCarried, Block, key=block_key)(marked)
projects(ReportCorrected, Block, key=block_key)(marked)
projects(ReportReleased, Block, key=block_key)(marked)
projects(ReleaseCarried, Block, key=block_key)(marked)

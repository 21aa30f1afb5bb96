"""How the porter's facts fold into its tables. Pure: no clock, no network, no other subject."""

import msgspec

from commonwatch.access.facts import (
    DayDigested,
    OfficeEnded,
    OfficeGiven,
    ProposalEnded,
    ProposalMade,
    ProposalSeconded,
)
from commonwatch.access.models import Digest, Proposal, Seat
from commonwatch.register.fold import Line, Row, projects

_ENCODE = msgspec.json.Encoder(order="deterministic").encode


@projects(OfficeGiven, Seat, first=True)
def office_given(_row: Row | None, fact: OfficeGiven, line: Line) -> Row:
    """Open the seat's row."""
    return {
        "account": fact.account,
        "party": line.party,
        "office": fact.office,
        "manner": fact.manner,
        "since": fact.since,
        "until": fact.until,
        "given_at": line.at,
        "given_by": line.account,
    }


@projects(OfficeEnded, Seat)
def office_ended(row: Row | None, fact: OfficeEnded, line: Line) -> Row:
    """End it."""
    row = row or {
        "account": "", "party": line.party, "office": "", "since": fact.until, "given_at": line.at, "given_by": "",
    }  # fmt: skip
    row["until"], row["end_ground"] = fact.until, fact.ground
    return row


@projects(ProposalMade, Proposal, first=True)
def proposal_made(_row: Row | None, fact: ProposalMade, line: Line) -> Row:
    """Open the proposal's row."""
    return {
        "act": fact.act,
        "body_json": _ENCODE(fact.body).decode(),
        "digest": fact.digest,
        "party": line.party,
        "account": line.account,
        "office": line.office,
        "made_at": line.at,
        "until": fact.until,
        "state": "open",
    }


@projects(ProposalSeconded, Proposal)
def proposal_seconded(row: Row | None, _fact: ProposalSeconded, line: Line) -> Row:
    """Note the second person."""
    row = row or _unopened(line)
    row["state"], row["ended_at"] = "seconded", line.at
    row["second_account"], row["second_office"] = line.account, line.office
    return row


@projects(ProposalEnded, Proposal)
def proposal_ended(row: Row | None, fact: ProposalEnded, line: Line) -> Row:
    """Note that nothing will come of it."""
    row = row or _unopened(line)
    row["state"], row["ended_at"], row["ground"] = fact.how, line.at, fact.ground
    if fact.how == "declined":
        row["second_account"], row["second_office"] = line.account, line.office
    return row


def _unopened(line: Line) -> Row:
    """Stand in for a proposal whose first entry this node does not hold."""
    return {
        "act": "", "digest": "", "party": line.party, "account": "", "office": "", "made_at": line.at, "until": line.at,
    }  # fmt: skip


@projects(DayDigested, Digest, first=True)
def day_digested(_row: Row | None, fact: DayDigested, line: Line) -> Row:
    """Keep the day's root."""
    return {"party": line.party, "day": fact.day, "log": fact.log, "count": fact.count, "root": fact.root}

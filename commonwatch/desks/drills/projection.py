"""How the drills' facts, and the reports of the exercise, fold into tables. Pure: no clock, no network."""

import msgspec

from commonwatch.desks.drills.facts import (
    CallAcknowledged,
    CallEnded,
    CallMade,
    DrillCancelled,
    DrillPlanned,
    DrillStarted,
    FaultFound,
    PartGiven,
    ResultDrawn,
    ScoreKept,
)
from commonwatch.desks.drills.models import Answer, Call, Found, Kept, Part, Plan, Played
from commonwatch.desks.exchange.facts import ReportCorrected, ReportSubmitted, ReportWithdrawn
from commonwatch.register.fact import owner
from commonwatch.register.fold import Line, Row, projects

_ENCODE = msgspec.json.Encoder(order="deterministic").encode


@projects(DrillPlanned, Plan, first=True)
def drill_planned(_row: Row | None, fact: DrillPlanned, line: Line) -> Row:
    """Open the plan's row."""
    return {
        "drill": fact.drill,
        "posts": ",".join(fact.posts),
        "starts": fact.starts,
        "faults_json": _ENCODE(fact.faults).decode(),
        "seed": fact.seed,
        "state": "planned",
        "party": line.party,
        "office": line.office,
        "planned_at": line.at,
    }


def _unplanned(line: Line) -> Row:
    """Stand in for a plan whose first entry this node does not hold."""
    return {
        "drill": "", "posts": "", "starts": line.at, "faults_json": "[]", "party": line.party,
        "office": line.office, "planned_at": line.at, "journal_id": line.journal,
    }  # fmt: skip


@projects(DrillCancelled, Plan)
def drill_cancelled(row: Row | None, _fact: DrillCancelled, line: Line) -> Row:
    """Close the plan."""
    row = row or _unplanned(line)
    row["state"] = "cancelled"
    return row


@projects(DrillStarted, Plan)
def drill_started(row: Row | None, fact: DrillStarted, line: Line) -> Row:
    """Name the call that came of the plan."""
    row = row or _unplanned(line)
    row["state"], row["call"] = "started", fact.call
    return row


@projects(ResultDrawn, Plan)
def result_drawn(row: Row | None, _fact: ResultDrawn, line: Line) -> Row:
    """Remember the entry that holds the result."""
    row = row or _unplanned(line)
    row["result"] = line.hash
    return row


@projects(CallMade, Call, first=True)
def call_made(_row: Row | None, fact: CallMade, line: Line) -> Row:
    """Open the call's row; the moment of its entry is the start of the drill."""
    return {
        "drill": fact.drill,
        "posts": ",".join(fact.posts),
        "acknowledge": fact.acknowledge,
        "messages_json": _ENCODE(fact.messages).decode(),
        "party": line.party,
        "started_at": line.at,
        "ended_at": None,
    }


@projects(CallEnded, Call)
def call_ended(row: Row | None, _fact: CallEnded, line: Line) -> Row:
    """End it; the first end stands."""
    row = row or {
        "drill": "", "posts": "", "acknowledge": 0, "party": line.party, "started_at": line.at,
        "journal_id": line.journal,
    }  # fmt: skip
    if row.get("ended_at") is None:
        row["ended_at"] = line.at
    return row


def answer_key(*, call: str, post: str, writer: str) -> str:
    """Name an acknowledgement: one for each call, post, and who wrote it."""
    return f"{call}|{post}|{writer}"


def find_key(*, plan: str, post: str, fault: str) -> str:
    """Name a find: one for each plan, post and fault."""
    return f"{plan}|{post}|{fault}"


def _who(fact: CallAcknowledged, line: Line) -> str:
    """Say whose acknowledgement it is: the Center's word for any post, a post's for itself alone."""
    return fact.post if line.party == owner(line.subject) else line.party


def _answer(fact: CallAcknowledged, line: Line) -> str:
    return answer_key(call=line.subject, post=_who(fact, line), writer=line.party)


@projects(CallAcknowledged, Answer, key=_answer)
def call_acknowledged(row: Row | None, fact: CallAcknowledged, line: Line) -> Row:
    """Note when a post acknowledged; the earliest stands, whichever comes first here."""
    if row is not None and row["at"] <= line.at:
        return row
    return {
        "call": line.subject,
        "post": _who(fact, line),
        "by_telephone": fact.by_telephone and line.party == owner(line.subject),
        "at": line.at,
    }


@projects(PartGiven, Part, first=True)
def part_given(_row: Row | None, fact: PartGiven, _line: Line) -> Row:
    """Note what a post plays."""
    return {"call": fact.call, "post": fact.post, "fault": fact.fault}


def _find(fact: FaultFound, line: Line) -> str | None:
    """Key a find; only the owner of the plan finds."""
    if line.party != owner(line.subject):
        return None
    return find_key(plan=line.subject, post=fact.post, fault=fact.fault)


@projects(FaultFound, Found, key=_find)
def fault_found(row: Row | None, fact: FaultFound, line: Line) -> Row:
    """Note when a fault was found; the earliest stands."""
    if row is not None and row["at"] <= line.at:
        return row
    return {"call": fact.call, "post": fact.post, "fault": fact.fault, "at": line.at}


def _played(_fact: ReportSubmitted | ReportCorrected | ReportWithdrawn, line: Line) -> str | None:
    """Key a report of the exercise by its subject; real reports leave no row here."""
    return line.subject if line.mode == "exercise" and line.party == owner(line.subject) else None


@projects(ReportSubmitted, Played, key=_played)
def report_played(row: Row | None, fact: ReportSubmitted, line: Line) -> Row:
    """Note a report of the exercise: what the Center wrote down for another came by telephone."""
    row = row or {"corrections": 0, "withdrawn": False}
    row["type"], row["owes"], row["at"] = fact.type, fact.owes, line.at
    row["by_telephone"] = fact.channel == "telephone"
    return row


@projects(ReportCorrected, Played, key=_played)
def report_played_again(row: Row | None, _fact: ReportCorrected, _line: Line) -> Row:
    """Count a correction."""
    row = row or {"corrections": 0, "withdrawn": False, "type": "", "owes": "", "at": 0}
    row["corrections"] += 1
    return row


@projects(ReportWithdrawn, Played, key=_played)
def report_taken_back(row: Row | None, _fact: ReportWithdrawn, _line: Line) -> Row:
    """Mark it as withdrawn: it is no test message any more."""
    row = row or {"corrections": 0, "type": "", "owes": "", "at": 0}
    row["withdrawn"] = True
    return row


@projects(ScoreKept, Kept, first=True)
def score_kept(_row: Row | None, fact: ScoreKept, line: Line) -> Row:
    """Keep the score."""
    return {
        "of": fact.of,
        "drill": fact.drill,
        "started_at": fact.started_at,
        "ended_at": fact.ended_at,
        "early": fact.early,
        "posts_json": _ENCODE(fact.posts).decode(),
        "party": line.party,
        "office": line.office,
        "kept_at": line.at,
    }

"""The exchange for programs: the same acts as the pages, as JSON. Errors are problem+json (RFC 9457)."""

from functools import cache
from typing import Any

import msgspec
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Field, NinjaAPI, Schema

from commonwatch import __version__
from commonwatch.access.actor import Actor, SignInFirst, require
from commonwatch.access.asking import actor_for
from commonwatch.access.tokens import by_token
from commonwatch.desks.exchange import acts, board, forms, labels
from commonwatch.desks.exchange.acts import Filed
from commonwatch.desks.exchange.intake import BatchRefused, Sent, moment, type_of
from commonwatch.desks.exchange.models import Lasting, M, Release, Report
from commonwatch.desks.exchange.rules import ConfirmFirst, ContentRefused
from commonwatch.errors import Refusal, _
from commonwatch.formats import strict
from commonwatch.formats.tlp import written
from commonwatch.register import history, node
from commonwatch.register.gate import label_of
from commonwatch.ui.noticing import remember
from commonwatch.ui.refusals import problem, told

MOST = 5000

api = NinjaAPI(
    title="Commonwatch",
    version=__version__,
    description="Reports in, duties and receipts out. Send your key as `Authorization: Bearer KEY`.",
    urls_namespace="api",
    docs_url=None,
)


class TooMany(Refusal):
    """A batch beyond the limit."""

    code, status = "api.too-many", 413
    says = _("A batch holds at most {most} reports; this one has {count}.")
    hint = _("Send it in several batches: each is all or nothing.")


class KeyNeeded(Refusal):
    """Writing by API takes a program's key."""

    code, status = "api.key-needed", 401
    says = _("This needs a program's key.")
    hint = _("Send the header Authorization: Bearer KEY. The operator makes keys with: commonwatch token add")


class Batch(msgspec.Struct, forbid_unknown_fields=True):
    """A batch as sent."""

    reports: list[Sent]


class ReportIn(Schema):
    """One report. Only `type` is needed by every type; the type's form says the rest.

    `tlp` is a marking of TLP 2.0 in place of `level`: the organisation's pack gives it a level, and nobody beyond its
    bound reads. RED needs an audience.
    """

    type: str
    period: str = ""
    values: dict[str, Any] = Field(default_factory=dict)
    nil: bool = False
    owes: str = ""
    event_at: str = ""
    level: str = ""
    audience: str = ""
    tlp: str = ""
    ref: str = ""
    note: str = ""


class CorrectionIn(Schema):
    """A correction: all values of the new version, and why."""

    values: dict[str, Any] = Field(default_factory=dict)
    nil: bool = False
    reason: str
    ref: str = ""


class WithdrawalIn(Schema):
    """Why a report no longer stands."""

    reason: str


class BatchIn(Schema):
    """Up to 5,000 reports."""

    reports: list[ReportIn]


class Correction(msgspec.Struct, forbid_unknown_fields=True):
    """A correction as sent."""

    reason: str
    values: dict[str, Any] = {}
    nil: bool = False
    ref: str = ""


class Withdrawal(msgspec.Struct, forbid_unknown_fields=True):
    """A withdrawal as sent."""

    reason: str


def writer(request: HttpRequest) -> Actor:
    """Return who writes: only a program's key will do, so that no other site can write through a browser."""
    given = request.headers.get("Authorization", "")
    actor = by_token(given.removeprefix("Bearer ").strip()) if given.startswith("Bearer ") else None
    if actor is None:
        raise KeyNeeded
    return actor


def reader(request: HttpRequest) -> Actor:
    """Return who reads: a program's key or a signed-in session."""
    actor = actor_for(request)
    if actor is None:
        raise SignInFirst
    return actor


def answer(body: Any, *, status: int = 200) -> HttpResponse:
    """Answer with JSON."""
    return HttpResponse(msgspec.json.encode(body), status=status, content_type="application/json")


@api.exception_handler(Refusal)
def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Answer a refusal, naming every place that is wrong."""
    remember(request, refusal)
    if isinstance(refusal, ContentRefused):
        return problem(refusal, extra={"errors": faults(refusal.fields["faults"])})
    if isinstance(refusal, ConfirmFirst):
        return problem(refusal, extra={"warnings": faults(refusal.fields["warnings"])})
    if isinstance(refusal, BatchRefused):
        return problem(
            refusal, extra={"errors": [_in_batch(index, each) for index, each in refusal.refusals]}
        )
    return problem(refusal)


def faults(found: Any) -> list[dict[str, str]]:
    """Describe faults of single values: field, code, sentence."""
    return [{"field": each.field, "code": each.code, "says": forms.fault_text(each)} for each in found]


def _in_batch(index: int, refusal: Refusal) -> dict[str, Any]:
    says, hint = told(refusal)
    found: dict[str, Any] = {"index": index, "code": refusal.code, "says": says}
    if hint:
        found["hint"] = hint
    if isinstance(refusal, ContentRefused):
        found["errors"] = faults(refusal.fields["faults"])
    if isinstance(refusal, ConfirmFirst):
        found["warnings"] = faults(refusal.fields["warnings"])
    return found


@cache
def receipts() -> str:
    """Return the address of receipts, with ENTRY in place of the entry's id."""
    return reverse("exchange:receipt", args=["ENTRY"])


def filed(each: Filed) -> dict[str, Any]:
    """Describe what was filed; the receipt is fetched by its address."""
    return {
        "report": each.subject,
        "entry": each.entry,
        "hash": each.hash,
        "number": each.number,
        "at": moment(each.at).isoformat(),
        "again": each.again,
        "receipt": receipts().replace("ENTRY", each.entry),
        "warnings": faults(each.warnings),
    }


def body(schema: type[Schema], **example: Any) -> dict[str, Any]:
    """Describe a request's body for OpenAPI; the bytes themselves are read strictly by the view."""
    content = {"schema": schema.model_json_schema(), "example": example}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


@api.post(
    "/reports",
    summary="File one report",
    openapi_extra=body(
        ReportIn, type="D1", period="2026-09-14", values={"change": "no_change"}, ref="d1-0914"
    ),
)
def submit(request: HttpRequest, *, confirmed: bool = True) -> HttpResponse:
    """File a report. The same `ref` with the same content gives the first answer again (200).

    With `confirmed=false` a report with something unusual in it is not taken, and what is unusual is named; without,
    it is taken and what is unusual is named in `warnings`.
    """
    by = writer(request)
    sent = strict.read(request.body, type=Sent)
    done = acts.submit_report(by=by, report=sent, channel="api", confirmed=confirmed)
    return answer(filed(done), status=200 if done.again else 201)


@api.post(
    "/reports/batch",
    summary="File many reports, all or none",
    openapi_extra=body(BatchIn, reports=[{"type": "D1", "period": "2026-09-14", "nil": True}]),
)
def submit_batch(request: HttpRequest, *, confirmed: bool = True) -> HttpResponse:
    """File a batch: either every report is taken, or none and every fault is named with its index.

    Up to 31 reports are compared with the party's earlier figures, as single ones are.
    """
    by = writer(request)
    batch = strict.read(request.body, type=Batch)
    if len(batch.reports) > MOST:
        raise TooMany(most=MOST, count=len(batch.reports))
    done = acts.submit_reports(by=by, reports=batch.reports, channel="api", confirmed=confirmed)
    return answer({"reports": [filed(each) for each in done]}, status=201)


def _asked(**wanted: str) -> dict[str, str]:
    """Keep what a list is asked for; what is empty asks for nothing."""
    return {name: value for name, value in wanted.items() if value}


def _turned(rows: Lasting[M], *, before: int | None, after: str, limit: int) -> list[M]:
    """Read one page of a list, newest first and those of one moment by name: what comes after the last one sent."""
    if before is not None:
        earlier = Q(last_at__lt=before)
        rows = rows.filter(earlier | Q(last_at=before, key__gt=after) if after else earlier)
    return list(rows.select_related("journal").order_by("-last_at", "key")[: max(1, min(limit, 1000))])


@api.get("/reports", summary="List reports")
def list_reports(  # noqa: PLR0913 - the parameters of the address
    request: HttpRequest,
    *,
    type: str = "",
    owes: str = "",
    period: str = "",
    before: int | None = None,
    after: str = "",
    limit: int = 100,
) -> HttpResponse:
    """List the reports that the caller may read, newest first.

    A page is turned by sending the last report's `page` as `before` and its `report` as `after`: reports of one
    moment are in the order of their names.
    """
    by = reader(request)
    rows = Report.objects.visible_to(by).filter(**_asked(type=type, owes=owes, period=period))
    found = _turned(rows, before=before, after=after, limit=limit)
    board.look(by, *found, how="api")
    return answer({"reports": [report_out(row) for row in found]})


@api.get("/reports/{path:report}/versions", summary="Every version of a report")
def versions(request: HttpRequest, report: str) -> HttpResponse:
    """Give everything written on a report, oldest first, as the exact facts."""
    by = reader(request)
    row = Report.objects.visible_to(by).filter(key=report).first()
    if row is None:
        raise acts.NoSuchReport
    board.look(by, row, how="api")
    past = history.of_subject(report, reader=by)
    return answer({"entries": [entry_out(each) for each in past]})


@api.post(
    "/reports/{path:report}/correct",
    summary="Correct a report",
    openapi_extra=body(CorrectionIn, values={"events": 11}, reason="One event was counted twice"),
)
def correct(request: HttpRequest, report: str) -> HttpResponse:
    """Put a new version beside the earlier ones."""
    by = writer(request)
    sent = strict.read(request.body, type=Correction)
    done = acts.correct_report(
        by=by,
        report=report,
        values=sent.values,
        nil=sent.nil,
        reason=sent.reason,
        ref=sent.ref,
        channel="api",
    )
    return answer(filed(done))


@api.post(
    "/reports/{path:report}/withdraw",
    summary="Withdraw a report",
    openapi_extra=body(WithdrawalIn, reason="Sent for the wrong day"),
)
def withdraw(request: HttpRequest, report: str) -> HttpResponse:
    """Take a report back; its duty is open again."""
    by = writer(request)
    sent = strict.read(request.body, type=Withdrawal)
    return answer(filed(acts.withdraw_report(by=by, report=report, reason=sent.reason)))


@api.get("/reports/{path:report}", summary="One report")
def one(request: HttpRequest, report: str) -> HttpResponse:
    """Give a report as it stands."""
    by = reader(request)
    row = Report.objects.visible_to(by).select_related("journal").filter(key=report).first()
    if row is None:
        raise acts.NoSuchReport
    board.look(by, row, how="api")
    return answer(report_out(row))


@api.get("/releases", summary="List releases")
def list_releases(  # noqa: PLR0913 - the parameters of the address
    request: HttpRequest,
    *,
    type: str = "",
    owes: str = "",
    period: str = "",
    before: int | None = None,
    after: str = "",
    limit: int = 100,
) -> HttpResponse:
    """List what was released to the caller's party or by it, newest first; pages are turned as those of reports.

    A release meets no duty: the duty is met by the report that it is of.
    """
    by = reader(request)
    rows = Release.objects.visible_to(by).latest_to(by).filter(**_asked(type=type, owes=owes, period=period))
    found = _turned(rows, before=before, after=after, limit=limit)
    board.look(by, *found, how="api")
    return answer({"releases": [release_out(row) for row in found]})


@api.get("/releases/{path:release}", summary="One release")
def one_release(request: HttpRequest, release: str) -> HttpResponse:
    """Give a release: what it says, who released it on what ground, and the hash of the entry that it is of."""
    by = reader(request)
    row = Release.objects.visible_to(by).select_related("journal").filter(key=release).first()
    if row is None:
        raise acts.NoSuchRelease
    board.look(by, row, how="api")
    return answer(release_out(row))


@api.get("/due", summary="What a party owes")
def due(request: HttpRequest, party: str = "") -> HttpResponse:
    """List the duties of the caller's party (or, for the board's readers, of another) and how each stands."""
    by = reader(request)
    require(by, "exchange.see-board")
    return answer({"due": [duty_out(each) for each in board.duties(by, party=party or by.party)]})


@api.get("/types", summary="The information types")
def types(request: HttpRequest) -> HttpResponse:
    """List the information types of the regulation."""
    reader(request)
    return answer({"types": [type_out(each.code) for each in board.types()]})


@api.get("/types/{code}", summary="One information type with its form")
def one_type(request: HttpRequest, code: str) -> HttpResponse:
    """Give a type: when it falls due, its fields, codelists and checks."""
    reader(request)
    return answer(type_out(code, full=True))


def type_out(code: str, *, full: bool = False) -> dict[str, Any]:
    """Describe an information type."""
    type_ = type_of(code)
    plain: dict[str, Any] = msgspec.to_builtins(type_)
    if full:
        used = {each.codelist for each in type_.fields if each.codelist}
        lists = [msgspec.to_builtins(each) for each in node.current().pack.codelists if each.code in used]
        return plain | {"codelists": lists}
    return {
        name: plain[name] for name in ("code", "name", "line", "level", "audience", "proposal", "schedule")
    }


def report_out(row: Report) -> dict[str, Any]:
    """Describe a report as it stands."""
    return {
        "report": row.key,
        "type": row.type,
        "owes": row.owes,
        "period": row.period,
        "party": row.party,
        "state": row.state,
        "versions": row.versions,
        "values": row.values,
        "channel": row.channel,
        "first_at": moment(row.first_at).isoformat(),
        "last_at": moment(row.last_at).isoformat(),
        "page": row.last_at,
        "entry": row.last_entry,
        **_label_out(row, tlp=row.tlp),
    }


def _label_out(row: Report | Release, *, tlp: str = "") -> dict[str, Any]:
    """Describe a label, and the TLP marking under which it goes out."""
    journal = row.journal
    label = label_of(level=journal.level, categories=journal.categories, parties=journal.parties)
    plain = labels.plain(label, writer=row.party, tlp=tlp)._asdict()
    return {"tlp": written(plain.pop("tlp")), "label": plain}


def release_out(row: Release) -> dict[str, Any]:
    """Describe a release as it stands. `of` is the hash of the report's entry, empty where it continues another."""
    return {
        "release": row.key,
        "type": row.type,
        "owes": row.owes,
        "period": row.period,
        "event_at": row.event_at,
        "party": row.party,
        "offices": [each for each in row.offices.split(",") if each],
        "state": row.state,
        "values": row.values,
        "part": row.part,
        "version": row.version,
        "of": row.of,
        "continues": row.continues,
        "ground": row.ground,
        "end_ground": row.end_ground,
        "released_at": moment(row.released_at).isoformat(),
        "last_at": moment(row.last_at).isoformat(),
        "page": row.last_at,
        "entry": row.last_entry,
        **_label_out(row),
    }


def entry_out(each: history.Past) -> dict[str, Any]:
    """Describe an entry."""
    return {
        "entry": each.line.id,
        "kind": each.kind,
        "at": moment(each.line.at).isoformat(),
        "known_at": None if each.line.known_at is None else moment(each.line.known_at).isoformat(),
        "party": each.line.party,
        "office": each.line.office,
        "hash": each.line.hash,
        "body": msgspec.to_builtins(each.fact),
    }


def duty_out(each: board.Duty) -> dict[str, Any]:
    """Describe a duty and how it stands."""
    status = each.status
    return {
        "type": each.slot.type,
        "party": each.slot.party,
        "period": each.slot.period,
        "due_at": each.slot.due_at.isoformat(),
        "missing_at": each.slot.missing_at.isoformat(),
        "timeliness": status.timeliness if status else None,
        "content": status.content if status else None,
    }

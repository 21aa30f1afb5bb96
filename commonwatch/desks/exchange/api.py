"""The exchange for programs: the same acts as the pages, as JSON. Errors are problem+json (RFC 9457)."""

from functools import cache
from hashlib import sha256
from typing import Any

import msgspec
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils.translation import gettext
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from commonwatch import __version__
from commonwatch.access.actor import Actor, NotMandated, SignInFirst, require
from commonwatch.access.asking import actor_for
from commonwatch.access.limits import TooManyTries
from commonwatch.access.tokens import by_token
from commonwatch.desks.exchange import acts, board, described, labels, rules
from commonwatch.desks.exchange.acts import Filed
from commonwatch.desks.exchange.described import Batch, Correction, Moment, Text, Withdrawal
from commonwatch.desks.exchange.intake import (
    BadReference,
    BatchRefused,
    OtherContent,
    Sent,
    UnknownParty,
    UnknownType,
    moment,
    type_of,
)
from commonwatch.desks.exchange.models import Lasting, M, Release, Report
from commonwatch.desks.exchange.rules import ConfirmFirst, ContentRefused
from commonwatch.desks.exchange.wording import fault_text
from commonwatch.errors import Refusal, _
from commonwatch.formats import strict
from commonwatch.formats.tlp import written
from commonwatch.journal.entry import TooLarge
from commonwatch.register import guard, history, log, node, pen
from commonwatch.register.gate import label_of
from commonwatch.ui import errors
from commonwatch.ui.noticing import remember
from commonwatch.ui.refusals import problem, told

MOST = 5000


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


class BadParameter(Refusal):
    """Something in the address cannot be read."""

    code, status = "api.bad-parameter", 422
    says = _("Something in the address cannot be read: {names}.")
    hint = _("The document at /api/openapi.json says what each may hold.")


class Programs(NinjaAPI):
    """The interface, whose document is completed by `described`."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name an operation by its view."""
        return operation.view_func.__name__

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the whole document."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        described.complete(document)
        return document


api = Programs(
    title="Commonwatch",
    version=__version__,
    description=(
        "Reports in, duties and receipts out. Send your key as `Authorization: Bearer KEY`; what reads also answers to "
        "a signed-in session. Refusals are problem+json (RFC 9457): go by their `code`. What is absent and what is not "
        "open to you look alike. Errors of value are named field by field."
    ),
    urls_namespace="api",
    docs_url=None,
)

READING = (SignInFirst, BadParameter, TooManyTries)
WRITING = (
    strict.BadJson,
    KeyNeeded,
    NotMandated,
    log.NotHere,
    log.Closed,
    log.OtherLabel,
    log.Unwritable,
    BadParameter,
    TooManyTries,
    log.NotAdopted,
    guard.BehindGuard,
    pen.Stopped,
)
FILING = (
    acts.NoSuchReport,
    OtherContent,
    UnknownType,
    UnknownParty,
    BadReference,
    rules.NotOwed,
    rules.PeriodUnknown,
    rules.PeriodAhead,
    rules.PeriodMissing,
    rules.EventTimeMissing,
    rules.LabelNotAllowed,
    rules.TwoMarkings,
    rules.ChannelNotAllowed,
    ContentRefused,
    ConfirmFirst,
)
CHANGING = (
    *WRITING,
    acts.NoSuchReport,
    acts.NotYours,
    rules.WithdrawnAlready,
    rules.ReasonMissing,
    errors.TooLarge,
)


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


@api.exception_handler(ValidationError)
def unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer for an address of which something cannot be read, naming what."""
    named = sorted({str(each["loc"][-1]) for each in error.errors})
    places = [
        {"field": name, "code": "unreadable", "says": gettext("This cannot be read.")} for name in named
    ]
    refusal = BadParameter(names=named)
    remember(request, refusal)
    return problem(refusal, extra={"errors": places})


def faults(found: Any) -> list[described.Fault]:
    """Describe faults of single values: field, code, sentence."""
    return [described.Fault(each.field, each.code, fault_text(each)) for each in found]


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


def filed(each: Filed) -> described.Taken:
    """Describe what was filed; the receipt is fetched by its address."""
    return described.Taken(
        report=each.subject,
        entry=each.entry,
        hash=each.hash,
        number=each.number,
        at=moment(each.at).isoformat(),
        again=each.again,
        receipt=receipts().replace("ENTRY", each.entry),
        warnings=faults(each.warnings),
    )


@api.post(
    "/reports",
    **described.operation(
        "File one report",
        tag="reports",
        takes=Sent,
        answers={
            201: ("The report was written.", described.Taken),
            200: ("It had been sent before; nothing new was written.", described.Taken),
        },
        refusals=(*WRITING, TooLarge, errors.TooLarge, *FILING),
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
    **described.operation(
        "File many reports, all or none",
        tag="reports",
        takes=Batch,
        answers={201: ("Every report was written, or had been before.", described.TakenBatch)},
        refusals=(*WRITING, TooMany, TooLarge, errors.TooLarge, acts.NoSuchReport, BatchRefused),
    ),
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


@api.get(
    "/reports",
    **described.operation(
        "List reports",
        tag="reports",
        answers={200: ("A page of reports.", described.Reports)},
        refusals=READING,
    ),
)
def list_reports(  # noqa: PLR0913 - the parameters of the address
    request: HttpRequest,
    *,
    type: Text = "",
    owes: Text = "",
    period: Text = "",
    before: Moment | None = None,
    after: Text = "",
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


@api.get(
    "/reports/{path:report}/versions",
    **described.operation(
        "Every version of a report",
        tag="reports",
        answers={200: ("Every entry, oldest first.", described.Versions)},
        refusals=(*READING, acts.NoSuchReport),
    ),
)
def versions(request: HttpRequest, report: Text) -> HttpResponse:
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
    **described.operation(
        "Correct a report",
        tag="reports",
        takes=Correction,
        answers={200: ("The new version, or the one sent before.", described.Taken)},
        refusals=(
            *CHANGING,
            TooLarge,
            rules.NothingChanged,
            OtherContent,
            BadReference,
            ContentRefused,
        ),
    ),
)
def correct(request: HttpRequest, report: Text) -> HttpResponse:
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
    **described.operation(
        "Withdraw a report",
        tag="reports",
        takes=Withdrawal,
        answers={200: ("The entry that withdraws it.", described.Taken)},
        refusals=(*CHANGING, TooLarge),
    ),
)
def withdraw(request: HttpRequest, report: Text) -> HttpResponse:
    """Take a report back; its duty is open again."""
    by = writer(request)
    sent = strict.read(request.body, type=Withdrawal)
    return answer(filed(acts.withdraw_report(by=by, report=report, reason=sent.reason)))


@api.get(
    "/reports/{path:report}",
    **described.operation(
        "One report",
        tag="reports",
        answers={200: ("The report as it stands.", described.ReportShown)},
        refusals=(*READING, acts.NoSuchReport),
    ),
)
def one(request: HttpRequest, report: Text) -> HttpResponse:
    """Give a report as it stands."""
    by = reader(request)
    row = Report.objects.visible_to(by).select_related("journal").filter(key=report).first()
    if row is None:
        raise acts.NoSuchReport
    board.look(by, row, how="api")
    return answer(report_out(row))


@api.get(
    "/releases",
    **described.operation(
        "List releases",
        tag="releases",
        answers={200: ("A page of releases.", described.Releases)},
        refusals=READING,
    ),
)
def list_releases(  # noqa: PLR0913 - the parameters of the address
    request: HttpRequest,
    *,
    type: Text = "",
    owes: Text = "",
    period: Text = "",
    before: Moment | None = None,
    after: Text = "",
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


@api.get(
    "/releases/{path:release}",
    **described.operation(
        "One release",
        tag="releases",
        answers={200: ("The release as it stands.", described.ReleaseShown)},
        refusals=(*READING, acts.NoSuchRelease),
    ),
)
def one_release(request: HttpRequest, release: Text) -> HttpResponse:
    """Give a release: what it says, who released it on what ground, and the hash of the entry that it is of."""
    by = reader(request)
    row = Release.objects.visible_to(by).select_related("journal").filter(key=release).first()
    if row is None:
        raise acts.NoSuchRelease
    board.look(by, row, how="api")
    return answer(release_out(row))


@api.get(
    "/due",
    **described.operation(
        "What a party owes",
        tag="duties",
        answers={200: ("Each duty and how it stands.", described.Duties)},
        refusals=(*READING, NotMandated),
        polled=True,
    ),
)
def due(request: HttpRequest, party: Text = "") -> HttpResponse:
    """List the duties of the caller's party (or, for the board's readers, of another) and how each stands.

    Who asks again and again sends the `ETag` of the last answer as `If-None-Match`, and gets 304 while it still holds.
    """
    by = reader(request)
    require(by, "exchange.see-board")
    given = answer({"due": [duty_out(each) for each in board.duties(by, party=party or by.party)]})
    tag = f'"{sha256(given.content).hexdigest()[:24]}"'
    if request.headers.get("If-None-Match", "").removeprefix("W/") == tag:
        given = HttpResponseNotModified()
    given.headers["ETag"] = tag
    given.headers["Cache-Control"] = "private, no-cache"
    return given


@api.get(
    "/types",
    **described.operation(
        "The information types",
        tag="duties",
        answers={200: ("Every type in short.", described.Types)},
        refusals=READING,
    ),
)
def types(request: HttpRequest) -> HttpResponse:
    """List the information types of the regulation."""
    reader(request)
    return answer({"types": [type_out(each.code) for each in board.types()]})


@api.get(
    "/types/{code}",
    **described.operation(
        "One information type with its form",
        tag="duties",
        answers={200: ("The type with its form.", described.TypeForm)},
        refusals=(*READING, UnknownType),
    ),
)
def one_type(request: HttpRequest, code: Text) -> HttpResponse:
    """Give a type: when it falls due, its fields, codelists and checks."""
    reader(request)
    return answer(form_out(code))


def type_out(code: str) -> described.TypeShown:
    """Describe an information type in short."""
    type_ = type_of(code)
    return described.TypeShown(
        **{name: getattr(type_, name) for name in described.TypeShown.__struct_fields__}
    )


def form_out(code: str) -> described.TypeForm:
    """Describe an information type with its form."""
    type_ = type_of(code)
    used = {each.codelist for each in type_.fields if each.codelist}
    lists = tuple(each for each in node.current().pack.codelists if each.code in used)
    return described.TypeForm(**msgspec.structs.asdict(type_), codelists=lists)


def report_out(row: Report) -> described.ReportShown:
    """Describe a report as it stands."""
    tlp, label = _label_out(row, tlp=row.tlp)
    return described.ReportShown(
        report=row.key,
        type=row.type,
        owes=row.owes,
        period=row.period,
        party=row.party,
        state=row.state,  # type: ignore[arg-type] # one of three, by the projection
        versions=row.versions,
        values=row.values,
        channel=row.channel,
        first_at=moment(row.first_at).isoformat(),
        last_at=moment(row.last_at).isoformat(),
        page=row.last_at,
        entry=row.last_entry,
        tlp=tlp,
        label=label,
    )


def _label_out(row: Report | Release, *, tlp: str = "") -> tuple[Any, described.Label]:
    """Describe the TLP marking under which something goes out, and its label."""
    journal = row.journal
    label = label_of(level=journal.level, categories=journal.categories, parties=journal.parties)
    plain = labels.plain(label, writer=row.party, tlp=tlp)._asdict()
    return written(plain.pop("tlp")), described.Label(**plain)


def release_out(row: Release) -> described.ReleaseShown:
    """Describe a release as it stands. `of` is the hash of the report's entry, empty where it continues another."""
    tlp, label = _label_out(row)
    return described.ReleaseShown(
        release=row.key,
        type=row.type,
        owes=row.owes,
        period=row.period,
        event_at=row.event_at,
        party=row.party,
        offices=[each for each in row.offices.split(",") if each],
        state=row.state,  # type: ignore[arg-type] # one of three, by the projection
        values=row.values,
        part=row.part,
        version=row.version,
        of=row.of,
        continues=row.continues,
        ground=row.ground,
        end_ground=row.end_ground,
        released_at=moment(row.released_at).isoformat(),
        last_at=moment(row.last_at).isoformat(),
        page=row.last_at,
        entry=row.last_entry,
        tlp=tlp,
        label=label,
    )


def entry_out(each: history.Past) -> described.EntryShown:
    """Describe an entry."""
    return described.EntryShown(
        entry=each.line.id,
        kind=each.kind,
        at=moment(each.line.at).isoformat(),
        known_at=None if each.line.known_at is None else moment(each.line.known_at).isoformat(),
        party=each.line.party,
        office=each.line.office,
        hash=each.line.hash,
        body=msgspec.to_builtins(each.fact),
    )


def duty_out(each: board.Duty) -> described.DutyShown:
    """Describe a duty and how it stands."""
    status = each.status
    return described.DutyShown(
        type=each.slot.type,
        party=each.slot.party,
        period=each.slot.period,
        due_at=each.slot.due_at.isoformat(),
        missing_at=each.slot.missing_at.isoformat(),
        timeliness=status.timeliness if status else None,
        content=status.content if status else None,
    )

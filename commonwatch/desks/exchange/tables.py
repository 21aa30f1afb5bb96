"""The pages of sheets, series and compliance: tables in and out. Every read passes the gate; every write is an act."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext, gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from commonwatch.access.actor import Actor, require
from commonwatch.access.models import Account, paper_key
from commonwatch.charter.model import InformationType
from commonwatch.desks.exchange import acts, forms, labels, rules, sheets, shown
from commonwatch.desks.exchange import compliance as counting
from commonwatch.desks.exchange import series as drawing
from commonwatch.desks.exchange.intake import BatchRefused, Intake, Sent, micros, moment, now
from commonwatch.desks.exchange.models import Quarantined, Report
from commonwatch.desks.exchange.shown import counts
from commonwatch.desks.exchange.views import kind, seat
from commonwatch.desks.exchange.wording import fault_text
from commonwatch.errors import Refusal, _
from commonwatch.formats.sheets import Sheet, SheetRefused, read, template_csv, write_table
from commonwatch.formats.sheets import template as workbook
from commonwatch.formats.sheets.writing import Plain, csv_text
from commonwatch.register import node
from commonwatch.ui.page import page
from commonwatch.ui.refusals import told, told_as
from commonwatch.ui.templatetags.cw import party_name, type_name, words

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 5000
MOST_KEPT = 50
MOST_LISTED = 50
HISTORY = 60
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"


class NoFile(Refusal):
    """A sheet was to be sent, and no file came."""

    code, status = "exchange.no-file", 422
    says = _("No file was chosen.")
    hint = _("Choose a filled sheet and send it again.")


class FileTooLarge(Refusal):
    """A file above what is read."""

    code, status = "exchange.file-too-large", 422
    says = _("{filename} is larger than {most} megabytes.")
    hint = _("Divide it into several sheets.")


class Place(NamedTuple):
    """One thing that is wrong, or unusual, in one place of a sheet."""

    row: str
    column: str
    says: str
    found: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, code: str) -> HttpResponse:
    """Give the template of a type's sheet, and take a filled one: all of it or nothing."""
    by = seat(request)
    type_ = kind(code)
    context: dict[str, Any] = {
        "type": type_,
        "on_behalf": by.may("exchange.submit-on-behalf"),
        "sign": labels.of_type(by, type_),
    }
    status = 200
    if request.method == "POST":
        require(by, "exchange.submit-report")
        answer, status = _taken(request, by, type_)
        context |= answer
    return page(request, "exchange/sheet.html", context, part="form", status=status)


def _taken(request: HttpRequest, by: Actor, type_: InformationType) -> tuple[dict[str, Any], int]:
    """Read a file and file its reports; what is wrong comes back by row and column."""
    try:
        came = _file(request)
        language = get_language() or "en"
        columns = sheets.columns(
            type_, node.current().pack, language, with_owes=by.may("exchange.submit-on-behalf")
        )
    except Refusal as refusal:
        return {"refusal": refusal}, refusal.status
    try:
        got = read(came.data, filename=came.name, columns=columns, limit_rows=MOST_ROWS)
        got = sheets.filled(got, type_, filename=came.name)
        reports = sheets.reports(got, type_, filename=came.name)
    except sheets.SheetFaulty as refusal:
        places = [
            Place(str(each.row or ""), each.column or each.title, told_as(each.says, each.fields), each.found)
            for each in refusal.fields["faults"]
        ]
        kept = _keep(by, type_, came, refusal, places)
        unlisted = refusal.fields["count"] - len(places)
        return {"refusal": refusal, "places": places, "unlisted": unlisted, "kept": kept}, refusal.status
    except (SheetRefused, sheets.SheetEmpty, sheets.SheetUnfilled) as refusal:
        return {"refusal": refusal, "kept": _keep(by, type_, came, refusal, ())}, refusal.status
    return _filed(request, by, type_, _Read(came, got, reports))


class _File(NamedTuple):
    name: str
    data: bytes


class _Read(NamedTuple):
    came: _File
    sheet: Sheet
    reports: list[Sent]


def _file(request: HttpRequest) -> _File:
    """Return the name and the bytes of the file that was sent.

    :raises NoFile, FileTooLarge: accordingly.
    """
    given = request.FILES.get("file")
    if given is None:
        raise NoFile
    filename = "".join(each for each in str(given.name) if each.isprintable())[-200:]
    if (given.size or 0) > MOST_BYTES:
        raise FileTooLarge(filename=filename, most=MOST_BYTES // 1024 // 1024)
    return _File(filename, given.read())


def _filed(request: HttpRequest, by: Actor, type_: InformationType, got: _Read) -> tuple[dict[str, Any], int]:
    """File what was read. Each row has a reference of its own, so that the same file sent twice is filed once."""
    digest = sha256(got.came.data).hexdigest()[:32]
    sent = [
        _referred(each, f"sheet-{digest}-{row.number}")
        for each, row in zip(got.reports, got.sheet.rows, strict=True)
    ]
    notes = [told_as(each.says, each.fields) for each in got.sheet.notes]
    confirmed = request.POST.get("confirmed") == "1"
    try:
        Intake(by=by, channel="sheet", confirmed=confirmed).prepare(sent)
        odd = [] if confirmed else _unusual(by, type_, got)
        filed = [] if odd else acts.submit_reports(by=by, reports=sent, channel="sheet", confirmed=confirmed)
    except BatchRefused as refusal:
        return _refused(by, type_, got, refusal) | {"notes": notes}, refusal.status
    except Refusal as refusal:
        return {"refusal": refusal, "notes": notes}, refusal.status
    if odd:
        return {"odd": odd, "notes": notes, "count": len(sent)}, rules.ConfirmFirst.status
    answer = {
        "filed": [_line(each, report, by) for each, report in zip(filed[:MOST_LISTED], sent, strict=False)],
        "count": len(filed),
        "again": sum(each.again for each in filed),
        "notes": notes,
    }
    return answer, 200


def _referred(report: Sent, ref: str) -> Sent:
    return msgspec.structs.replace(report, ref=ref)


def _line(filed: acts.Filed, report: Sent, by: Actor) -> dict[str, Any]:
    return {
        "key": filed.subject,
        "again": filed.again,
        "period": shown.period_text(report.period) or report.event_at,
        "owes": report.owes or by.party,
    }


def _refused(by: Actor, type_: InformationType, got: _Read, refusal: BatchRefused) -> dict[str, Any]:
    """Name every row that cannot be taken; when there is nothing but warnings, ask to look again."""
    places = [
        place
        for index, each in refusal.refusals
        for place in _places(type_, str(got.sheet.rows[index].number), each)
    ]
    if all(isinstance(each, rules.ConfirmFirst) for _index, each in refusal.refusals):
        odd = places + [each for each in _unusual(by, type_, got) if each not in places]
        return {"odd": odd, "count": len(got.reports)}
    kept = _keep(by, type_, got.came, refusal, places)
    return {"refusal": refusal, "places": places, "kept": kept}


def _places(type_: InformationType, row: str, refusal: Refusal) -> list[Place]:
    """Say what is wrong with one row: each value by its column, anything else for the row."""
    found = [*refusal.fields.get("faults", ()), *refusal.fields.get("warnings", ())]
    if not found:
        return [Place(row, "", " ".join(told(refusal)).strip())]
    return _named(type_, row, found)


def _named(type_: InformationType, row: str, found: Iterable[rules.ValueFault]) -> list[Place]:
    names = {each.code: words(each.name) for each in type_.fields}
    return [Place(row, names.get(each.field, each.field), fault_text(each)) for each in found]


def _unusual(by: Actor, type_: InformationType, got: _Read) -> list[Place]:
    """Compare each row with the party's reports before it, and with the rows above it."""
    watched = any(each.watch for each in type_.fields)
    histories: dict[str, list[tuple[str, Mapping[str, Any], Any]]] = {}
    found: list[Place] = []
    rows = zip(got.sheet.rows, got.reports, strict=True) if watched else ()
    for row, report in sorted(rows, key=lambda each: each[1].period):
        owes = report.owes or by.party
        if owes not in histories:
            histories[owes] = _history(by, type_, owes)
        before = [each for each in histories[owes] if not report.period or each[0] < report.period][-HISTORY:]
        odd = rules.unusual_values(type_, history=before, period=report.period, values=report.values)
        found += _named(type_, str(row.number), odd)
        histories[owes].append((report.period, report.values, now()))
    return found


def _history(by: Actor, type_: InformationType, owes: str) -> list[tuple[str, Mapping[str, Any], Any]]:
    rows = Report.objects.visible_to(by).latest_to(by).filter(type=type_.code, owes=owes, state="value")
    last = list(rows.order_by("-period", "-last_at")[: MOST_ROWS // 10])
    return [(row.period, row.values, moment(row.first_at)) for row in reversed(last)]


def _keep(
    by: Actor, type_: InformationType, came: _File, refusal: Refusal, places: Sequence[Place]
) -> str | None:
    """Keep a refused file with the reason, for the account that sent it; the oldest make room."""
    account = Account.objects.filter(handle=by.account).first()
    if account is None:
        return None
    row = Quarantined.objects.create(
        id=paper_key(),
        account=account,
        type=type_.code,
        filename=came.name,
        data=came.data,
        reason=" ".join(told(refusal)).strip(),
        faults=[each._asdict() for each in places],
        at=micros(now()),
    )
    old = Quarantined.objects.filter(account=account).order_by("-at", "-pk").values_list("pk", flat=True)
    Quarantined.objects.filter(account=account, pk__in=list(old[MOST_KEPT:])).delete()
    return row.pk


@require_safe
def template(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Give the sheet of a type, as a workbook or as text: empty but for what was said in other returns."""
    by = seat(request)
    type_ = kind(code)
    language = get_language() or "en"
    columns = sheets.columns(
        type_, node.current().pack, language, with_owes=by.may("exchange.submit-on-behalf")
    )
    rows = _begun(by, type_)
    if form == "xlsx":
        data = workbook(title=words(type_.name), columns=columns, rows=rows, language=language)
    elif form == "csv":
        data = template_csv(columns=columns, rows=rows, language=language)
    else:
        raise Http404
    return _download(data, name=f"{type_.code}.{form}")


def _begun(by: Actor, type_: InformationType) -> list[dict[str, Any]]:
    """Begin a row for each open period with what the party said in another return for that time; none else."""
    if not any(each.sources for each in type_.fields):
        return []
    rows = []
    for period, _due in reversed(forms.open_periods(type_, party=by.party, by=by)):
        found = forms.elsewhere(by, type_, owes=by.party, period=period)
        if found:
            rows.append({sheets.PERIOD: period} | {code: source.value for code, source in found.items()})
    return rows


def _download(data: bytes, *, name: str, kind_of_file: str = "") -> HttpResponse:
    content = kind_of_file or (XLSX if name.endswith(".xlsx") else CSV)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-cache"}
    return HttpResponse(data, content_type=content, headers=headers)


def table(
    *, title: str, name: str, form: str, header: Sequence[str], rows: Iterable[Sequence[Plain]]
) -> HttpResponse:
    """Give a table as a workbook or as text with semicolons."""
    if form == "xlsx":
        return _download(write_table(title=title, header=header, rows=rows), name=f"{name}.xlsx")
    if form != "csv":
        raise Http404
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([csv_text(each) for each in header])
    for row in rows:
        writer.writerow([csv_text(each) if isinstance(each, str) else each for each in row])
    return _download(out.getvalue().encode("utf-8-sig"), name=f"{name}.csv")


@require_safe
def series(request: HttpRequest) -> HttpResponse:
    """Show a figure of a type over time, party by party; or give it as text."""
    by = seat(request)
    known = [each for each in node.current().pack.types if drawing.figures(each)]
    if not known:
        raise Http404
    wanted = request.GET.get("type", "")
    type_ = kind(wanted) if wanted else known[0]
    fields = drawing.figures(type_)
    if not fields:
        raise Http404
    field = next((each for each in fields if each.code == request.GET.get("field")), fields[0])
    asked = {"since": request.GET.get("since", ""), "until": request.GET.get("until", "")}
    context: dict[str, Any] = {"type": type_, "field": field, "asked": asked}
    try:
        days = {name: drawing.day_of(text) for name, text in asked.items()}
    except Refusal as refusal:
        context |= {"refusal": refusal, **_chooser(known, fields, type_.code, field.code)}
        return page(request, "exchange/series.html", context, part="chart", status=refusal.status)
    found = drawing.lines(by, type_, field, since=days["since"], until=days["until"])
    as_text = request.GET.get("as") == "csv"
    drawing.look(by, type_, field, found, how="sheet" if as_text else "page")
    daily = field.cumulative and request.GET.get("rises") == "1"
    if daily:
        found = [drawing.rises(each) for each in found]
    if as_text:
        return _series_csv(type_, field.code, found)
    context |= _chooser(known, fields, type_.code, field.code)
    return page(request, "exchange/series.html", context | _drawn(request, found, rises=daily), part="chart")


def _chooser(
    known: Sequence[InformationType], fields: Sequence[Any], type_: str, field: str
) -> dict[str, Any]:
    return {
        "types": [
            shown.Choice(each.code, f"{each.code} {words(each.name)}", each.code == type_) for each in known
        ],
        "fields": [shown.Choice(each.code, words(each.name), each.code == field) for each in fields],
    }


def _drawn(request: HttpRequest, found: Sequence[drawing.Line], *, rises: bool) -> dict[str, Any]:
    query = request.GET.copy()
    query["as"] = "csv"
    return {
        "drawn": drawing.draw(found),
        "lines": [
            {
                "name": party_name(each.party),
                "party": each.party,
                "colour": index % drawing.COLOURS + 1,
                "last": each.points[-1] if each.points else None,
                "first": each.points[0] if each.points else None,
                "count": len(each.points),
                "cut": each.cut,
            }
            for index, each in enumerate(found)
        ],
        "rises": rises,
        "csv": f"?{query.urlencode()}",
    }


def _series_csv(type_: InformationType, field: str, found: Sequence[drawing.Line]) -> HttpResponse:
    rows = (
        (line.party, each.day.isoformat(), each.period, each.said) for line in found for each in line.points
    )
    header = ("party", "date", "period", field)
    return table(title=type_.code, name=f"{type_.code}-{field}", form="csv", header=header, rows=rows)


@require_safe
def compliance(request: HttpRequest) -> HttpResponse:
    """Show how duties were met over a time: counts by party and type, with what each counts."""
    by = seat(request)
    asked = {"since": request.GET.get("since", ""), "until": request.GET.get("until", "")}
    context: dict[str, Any] = {"months": counting.months(), "asked": asked, "most": counting.MOST_DAYS}
    try:
        over = span_of(request)
    except Refusal as refusal:
        context |= {"refusal": refusal}
        return page(request, "exchange/compliance.html", context, part="table", status=refusal.status)
    found = counting.counted(by, over)
    by_month = request.GET.get("by") == "month"
    query = f"?since={over.since.isoformat()}&until={over.until.isoformat()}"
    context |= {
        "span": over,
        "by_month": by_month,
        "tables": _by_month(found) if by_month else [_by_type(found)],
        "days": query,
        "query": f"{query}&by=month" if by_month else query,
    }
    return page(request, "exchange/compliance.html", context, part="table")


def _by_type(found: counting.Counted) -> dict[str, Any]:
    """Show each party, all types together and then each."""
    return {"name": gettext("Party: all types together, then each"), "groups": counts.by_type(found)}


def _by_month(found: counting.Counted) -> list[dict[str, Any]]:
    """Show each party over all types and each type over all parties, month by month."""
    parties, types = (counting.by_month(found, of=of) for of in ("party", "type"))
    shown = (
        (gettext("Party: all months together, then each"), counts.by_month(parties, party_name)),
        (gettext("Information type: all months together, then each"), counts.by_month(types, type_name)),
    )
    return [{"name": name, "groups": groups} for name, groups in shown if groups]


def span_of(request: HttpRequest) -> counting.Span:
    """Read the days that are asked for; the last thirty where none are.

    :raises DayUnreadable, PeriodBackwards, TooLong: accordingly.
    """
    since = drawing.day_of(request.GET.get("since", ""))
    return counting.span(since, drawing.day_of(request.GET.get("until", "")))


@require_safe
def compliance_sheet(request: HttpRequest, form: str) -> HttpResponse:
    """Give the same counts as a workbook or as text."""
    by = seat(request)
    over = span_of(request)
    found = counting.counted(by, over)
    by_month = request.GET.get("by") == "month"
    header = [
        *(MONTHLY if by_month else (gettext_noop("Party"), gettext_noop("Information type"))),
        gettext_noop("Name"),
        *COUNTS,
    ]
    rows = _months_of(found) if by_month else [_counts(each) for each in counting.rows(found)]
    name = f"compliance-{over.since.isoformat()}-{over.until.isoformat()}{'-months' if by_month else ''}"
    title = gettext("Compliance")
    return table(title=title, name=name, form=form, header=[gettext(each) for each in header], rows=rows)


COUNTS = (
    gettext_noop("Owed"),
    gettext_noop("On time"),
    gettext_noop("Late"),
    gettext_noop("Missing"),
    gettext_noop("Still due"),
    gettext_noop("Exempt"),
    gettext_noop("Corrected"),
    gettext_noop("Nothing to report"),
    gettext_noop("Unanswered"),
)
MONTHLY = (gettext_noop("Counted by"), gettext_noop("Month"), gettext_noop("Code"))


def _counts(row: counting.Row) -> list[Plain]:
    named: list[Plain] = [party_name(row.party.code), row.type.code, type_name(row.type.code)]
    return [*named, *_figures(row)]


def _months_of(found: counting.Counted) -> list[list[Plain]]:
    """List every party month by month, then every type."""
    parties = [
        [gettext("Party"), each.month, group.code, party_name(group.code), *_figures(each)]
        for group in counting.by_month(found, of="party")
        for each in group.rows
    ]
    types = [
        [gettext("Information type"), each.month, group.code, type_name(group.code), *_figures(each)]
        for group in counting.by_month(found, of="type")
        for each in group.rows
    ]
    return [*parties, *types]


def _figures(row: counting.Row | counting.Month) -> list[Plain]:
    """Write the counts of a row; what the viewer may not know stays empty and says so."""
    if row.hidden:
        return [gettext("not shown to you"), *[""] * 7, row.unanswered]
    said = row.tally
    return [
        said.owed, said.on_time, said.late, said.missing, said.due, said.exempt, said.corrected, said.nil,
        row.unanswered,
    ]  # fmt: skip


@require_safe
def quarantine(request: HttpRequest) -> HttpResponse:
    """Show the refused files of one's own account, with the reasons."""
    by = seat(request)
    rows = Quarantined.objects.filter(account__handle=by.account).defer("data").order_by("-at", "-pk")
    return page(request, "exchange/quarantine.html", {"rows": list(rows[:MOST_KEPT])})


@require_safe
def quarantined_file(request: HttpRequest, name: str) -> HttpResponse:
    """Give a refused file back, exactly as it came, to the account that sent it."""
    by = seat(request)
    row = Quarantined.objects.filter(account__handle=by.account, pk=name).first()
    if row is None:
        raise Http404
    safe = "".join(each if each.isalnum() or each in ".-_" else "_" for each in row.filename)
    safe = safe.encode("ascii", "replace").decode().replace("?", "_")
    return _download(bytes(row.data), name=safe, kind_of_file="application/octet-stream")

"""The pages of the quality of reporting: each figure with its definition, and for each line the reports behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from commonwatch.desks.exchange import compliance, nils, quality, rules
from commonwatch.desks.exchange.shown import period_text, utc
from commonwatch.desks.exchange.tables import span_of, table
from commonwatch.desks.exchange.views import kind, seat, state
from commonwatch.desks.exchange.watching import run_text, span
from commonwatch.desks.exchange.wording import kept_text, value_text
from commonwatch.errors import Refusal
from commonwatch.formats.sheets.writing import Plain
from commonwatch.ui.page import page
from commonwatch.ui.templatetags.cw import party_name, type_name, words

COLUMNS = (
    gettext_noop("Reports"),
    gettext_noop("Corrected"),
    gettext_noop("Corrected after"),
    gettext_noop("Withdrawn"),
    gettext_noop("Warnings confirmed"),
    gettext_noop("Unusual"),
    gettext_noop("By telephone"),
    gettext_noop("Nil in a row"),
    gettext_noop("Gaps"),
    gettext_noop("Never filled"),
    gettext_noop("Unchanged"),
    gettext_noop("Not for you to read"),
)
MOST_LISTED = 60


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show what can be said of the reports of each party and type over a time; each line leads to its reports."""
    by = seat(request)
    context: dict[str, Any] = _asked(request)
    try:
        over = span_of(request)
    except Refusal as refusal:
        context |= {"refusal": refusal}
        return page(request, "exchange/quality.html", context, part="table", status=refusal.status)
    found = quality.rows(by, over)
    query = _query(over)
    context |= {
        "span": over,
        "query": query,
        "columns": [gettext(each) for each in COLUMNS],
        "groups": _groups(found, query),
        "runs": [
            {"says": run_text(run, named=True), "url": reverse("exchange:duty", args=[*_names(run.last)])}
            for run in nils.running(by)
        ],
        "limits": {"same": quality.LEAST_SAME, "empty": quality.LEAST_EMPTY},
    }
    return page(request, "exchange/quality.html", context, part="table")


def _asked(request: HttpRequest) -> dict[str, Any]:
    asked = {"since": request.GET.get("since", ""), "until": request.GET.get("until", "")}
    return {"asked": asked, "months": compliance.months(), "most": compliance.MOST_DAYS}


def _query(over: compliance.Span) -> str:
    return f"?since={over.since.isoformat()}&until={over.until.isoformat()}"


def _names(slot: rules.Slot) -> tuple[str, str, str]:
    return slot.type, slot.party, slot.period


def _groups(found: Sequence[quality.Row], query: str) -> list[dict[str, Any]]:
    """Put the rows of each party together."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        url = reverse("exchange:quality-of", args=[row.type.code, row.party.code])
        line = {"name": type_name(row.type.code), "url": f"{url}{query}", "row": row}
        groups.setdefault(row.party.code, []).append(line | {"cells": _cells(row)})
    return [{"name": party_name(code), "rows": lines} for code, lines in groups.items()]


def _cells(row: quality.Row) -> list[str | int]:
    """Write the figures of a row as the page shows them."""
    after = "" if row.after is None else span(row.after)
    return [*_counts(row)[:2], after, *_counts(row)[3:]]


def _counts(row: quality.Row) -> list[Any]:
    """Count what was found, in the order of the columns; the time to the correction in minutes."""
    return [
        len(row.reports), len(row.corrected), row.after, len(row.withdrawn), len(row.warned), len(row.odd),
        len(row.told), len(row.nil_run), len(row.gaps), len(row.never), len(row.unchanged), row.unread,
    ]  # fmt: skip


@require_safe
def sheet(request: HttpRequest, form: str) -> HttpResponse:
    """Give the same figures as a workbook or as text."""
    by = seat(request)
    over = span_of(request)
    header = [
        gettext("Party"),
        gettext("Information type"),
        gettext("Name"),
        *(gettext(each) for each in COLUMNS),
    ]
    header[3 + 2] = gettext("Corrected after, minutes")
    rows = [_line(each) for each in quality.rows(by, over, how="sheet")]
    name = f"quality-{over.since.isoformat()}-{over.until.isoformat()}"
    return table(title=gettext("Quality"), name=name, form=form, header=header, rows=rows)


def _line(row: quality.Row) -> list[Plain]:
    named: list[Plain] = [party_name(row.party.code), row.type.code, type_name(row.type.code)]
    if row.hidden:
        return [*named, gettext("not shown to you"), *[""] * (len(COLUMNS) - 1)]
    return [*named, *("" if each is None else each for each in _counts(row))]


@require_safe
def one(request: HttpRequest, code: str, party: str) -> HttpResponse:
    """Show what stands behind one line: the reports, the days without one, the fields, the figures."""
    by = seat(request)
    type_, owes = kind(code), state(party)
    context = _asked(request) | {"type": type_, "party": owes.code}
    try:
        over = span_of(request)
    except Refusal as refusal:
        context |= {"refusal": refusal}
        return page(request, "exchange/quality_of.html", context, status=refusal.status)
    found = quality.rows(by, over, party=owes.code, type_=type_.code)
    row = found[0] if found else None
    context |= {
        "span": over,
        "back": f"{reverse('exchange:quality')}{_query(over)}",
        "row": row,
        "parts": _parts(row) if row else [],
    }
    return page(request, "exchange/quality_of.html", context)


def _parts(row: quality.Row) -> list[dict[str, Any]]:
    """List the findings, each with what stands behind it."""
    parts = [
        _part(gettext("Corrected"), [_report(each, gettext("after {span}").format(span=span(each.minutes)))
                                     for each in row.corrected]),
        _part(gettext("Withdrawn"), [_report(each) for each in row.withdrawn]),
        _part(gettext("Warnings confirmed"), [_report(each, *_said(row, each)) for each in row.warned]),
        _part(gettext("By telephone"), [_report(each) for each in row.told]),
        _part(gettext("Nil in a row"), [_duty(each) for each in row.nil_run]),
        _part(gettext("Gaps"), [_duty(each) for each in row.gaps]),
        _part(gettext("Never filled"), [{"name": words(each.name), "url": "", "notes": ()} for each in row.never]),
        _part(gettext("Unchanged"), [_same(each) for each in row.unchanged]),
    ]  # fmt: skip
    return [each for each in parts if each["lines"]]


def _part(name: str, lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Cut a long list; what is left out is counted."""
    return {
        "name": name,
        "count": len(lines),
        "lines": lines[-MOST_LISTED:][::-1],
        "left": max(0, len(lines) - MOST_LISTED),
    }


def _report(each: quality.Filed, *notes: str) -> dict[str, Any]:
    when = period_text(each.period) if each.period else utc(each.first_at)
    return {"name": when, "url": reverse("exchange:report", args=[each.key]), "notes": notes}


def _duty(slot: rules.Slot) -> dict[str, Any]:
    url = reverse("exchange:duty", args=[*_names(slot)])
    return {"name": period_text(slot.period), "url": url, "notes": ()}


def _said(row: quality.Row, each: quality.Filed) -> list[str]:
    return [kept_text(row.type, said) for said in each.warned]


def _same(found: quality.Unchanged) -> dict[str, Any]:
    """Say that a figure was the same in report after report; the line leads to the last of them."""
    first, last = found.reports[0], found.reports[-1]
    says = gettext("{name}: the same value, {value}, in {count} reports running, {first} to {last}")
    told = says.format(
        name=words(found.field.name),
        value=value_text(found.field, found.value),
        count=len(found.reports),
        first=first.when,
        last=last.when,
    )
    return {"name": told, "url": reverse("exchange:report", args=[last.key]), "notes": ()}

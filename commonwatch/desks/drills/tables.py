"""The result of a drill as a sheet: a row for each post and thing; the file, its title and every row say EXERCISE."""

import csv
import io
from collections.abc import Iterator, Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from commonwatch.access.actor import Actor
from commonwatch.desks.drills import intake, shown
from commonwatch.desks.drills.facts import Scored
from commonwatch.desks.drills.models import Call
from commonwatch.desks.drills.views import found, seat
from commonwatch.formats.sheets import write_table
from commonwatch.formats.sheets.writing import Plain, csv_text
from commonwatch.ui.templatetags.cw import iso, party_name

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"


@require_safe
def sheet(request: HttpRequest, call: str, form: str) -> HttpResponse:
    """Give the result of a drill as a workbook or as text with semicolons."""
    by = seat(request)
    row = found(by, call)
    if form not in {"xlsx", "csv"}:
        raise Http404
    header = [
        gettext("Mode"), gettext("Drill"), gettext("Called at, UTC"), gettext("Post"), gettext("What"),
        gettext("Limit, minutes"), gettext("After, seconds"), gettext("Standing"), gettext("By telephone"),
        gettext("Corrections"), gettext("Ended early"),
    ]  # fmt: skip
    rows = list(_rows(by, row))
    if form == "xlsx":
        title = gettext("EXERCISE {drill}").format(drill=shown.drill_name(row.drill))
        data = write_table(title=title, header=header, rows=rows)
    else:
        data = _text([header, *rows])
    name = f"EXERCISE-drill-{row.drill}-{intake.moment(row.started_at):%Y-%m-%d-%H%M}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-cache"}
    return HttpResponse(data, content_type=XLSX if form == "xlsx" else CSV, headers=headers)


def _rows(by: Actor, row: Call) -> Iterator[list[Plain]]:
    score = intake.scores(by, [row], at=intake.now())[row.key]
    named: list[Plain] = [gettext("EXERCISE"), shown.drill_name(row.drill), iso(row.started_at)]
    early = gettext("yes") if score.called.early else gettext("no")
    for post in score.posts:
        if by.party in (row.party, post.post):
            for each in post.timed:
                yield [
                    *named, party_name(post.post), shown.what_name(each.what), each.limit, each.seconds,
                    str(shown.STANDINGS[each.standing][2]), gettext("yes") if each.by_telephone else gettext("no"),
                    each.corrections, early,
                ]  # fmt: skip
            if score.over:
                yield from _faults(post, named, early)


def _faults(post: Scored, named: Sequence[Plain], early: str) -> Iterator[list[Plain]]:
    """Give the faults once the drill is over: before, who has to find them would read them here."""
    for each in post.faults:
        says = shown.fault_text(each, over=True)
        fault = str(shown.FAULT_NAMES[each.fault])
        yield [*named, party_name(post.post), fault, None, each.seconds, says, "", None, early]


def _text(rows: Sequence[Sequence[Plain]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in rows:
        writer.writerow([csv_text(each) if isinstance(each, str) else each for each in row])
    return out.getvalue().encode("utf-8-sig")

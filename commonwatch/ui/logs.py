"""The pages of both logs: a party reads what was opened of its own and by its people; each person, what they opened."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from commonwatch.access import logs
from commonwatch.access.actor import Actor, SignInFirst, require
from commonwatch.access.asking import actor_for
from commonwatch.access.models import Event, Opened
from commonwatch.errors import Refusal, _
from commonwatch.formats.sheets.writing import csv_text
from commonwatch.register import node
from commonwatch.ui.page import page
from commonwatch.ui.templatetags.cw import party_name, words

SHOWN = 100
MOST = 20_000
ASKED = 120
HOW = {
    "page": _("on a page"),
    "api": _("by a program"),
    "sheet": _("as a table"),
    "receipt": _("with its receipt"),
    "journal": _("in the journal"),
    "feed": _("in a feed"),
}
# What a security line may say besides, in the order in which it is read.
DETAILS = {
    "handle": _("account"),
    "office": _("office"),
    "manner": _("manner"),
    "client": _("program"),
    "factor": _("factor"),
    "by": _("by"),
    "why": _("because"),
    "code": _("rule"),
    "asked": _("asked for"),
    "at": _("page"),
    "from": _("address"),
    "ground": _("ground"),
}


class NoSuchDay(Refusal):
    """A day that cannot be read."""

    code, status = "ui.no-such-day", 422
    says = _("“{text}” is no day.")
    hint = _("Days are written like 2026-09-14 and are days in UTC.")


@require_safe
def reads(request: HttpRequest) -> HttpResponse:
    """Show who opened what the actor's party wrote; with `side=people`, what its own people opened.

    A line names the thing, so it is shown to those alone who may read the thing.
    """
    by = require(actor_for(request), "access.read-log")
    people = request.GET.get("side") == "people"
    rows = logs.reads(mode=by.mode).filter(journal__in=by.reach)
    rows = rows.filter(party=by.party) if people else rows.filter(owner=by.party)
    return _reads(request, by, rows, side="people" if people else "ours")


@require_safe
def own_reads(request: HttpRequest) -> HttpResponse:
    """Show the actor what they opened themselves, from any of their offices."""
    by = actor_for(request)
    if by is None:
        raise SignInFirst
    rows = logs.reads(mode=by.mode).filter(account=by.account, party=by.party)
    return _reads(request, by, rows, side="own")


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Show what was tried or changed about the ways in of the actor's party."""
    by = require(actor_for(request), "access.read-log")
    asked = _asked(request, "day", "kind", "account")
    context: dict[str, Any] = {"asked": asked, "kinds": _chosen(logs.KINDS, asked["kind"])}
    try:
        rows = _of_day(logs.events(by.party), asked["day"])
    except NoSuchDay as refusal:
        return page(request, "ui/events.html", context | {"refusal": refusal}, status=refusal.status)
    if asked["kind"]:
        rows = rows.filter(kind=asked["kind"])
    if asked["account"]:
        rows = rows.filter(account__icontains=asked["account"])
    if request.GET.get("as") == "csv":
        header = (gettext("Moment, UTC"), gettext("Account"), gettext("What"), gettext("Details"))
        return _csv("events", header, (_event_cells(each) for each in rows[:MOST]))
    shown, older = _paged(request, rows)
    context |= {
        "lines": [_event(each) for each in shown],
        "older": older,
        "csv": _query(request, **{"as": "csv"}),
    }
    return page(request, "ui/events.html", context)


def _reads(request: HttpRequest, by: Actor, rows: QuerySet[Opened], *, side: str) -> HttpResponse:
    asked = _asked(request, "day", "subject", "party")
    parties = {each.code: words(each.short) for each in node.current().pack.parties}
    context: dict[str, Any] = {"asked": asked, "side": side, "parties": _chosen(parties, asked["party"])}
    try:
        rows = _of_day(rows, asked["day"])
    except NoSuchDay as refusal:
        return page(request, "ui/reads.html", context | {"refusal": refusal}, status=refusal.status)
    if asked["party"]:
        rows = rows.filter(party=asked["party"]) if side == "ours" else rows.filter(owner=asked["party"])
    if asked["subject"]:
        rows = rows.filter(subject__contains=asked["subject"]) | rows.filter(
            detail__contains=asked["subject"]
        )
    if request.GET.get("as") == "csv":
        header = (
            gettext("Moment, UTC"), gettext("Written by"), gettext("Opened by"), gettext("Office"),
            gettext("Account"), gettext("What"), gettext("Details"), gettext("Version"), gettext("How"),
        )  # fmt: skip
        return _csv("reads", header, (_read_cells(each, by) for each in rows[:MOST]))
    shown, older = _paged(request, rows)
    lines = [_read(each, by) for each in shown]
    context |= {"lines": lines, "older": older, "csv": _query(request, **{"as": "csv"})}
    return page(request, "ui/reads.html", context)


def _read(line: Opened, by: Actor) -> dict[str, Any]:
    """Say one line. Of other parties the office is named and not the account: who sits there is their own matter."""
    pack = node.current().pack
    known = {each.code: each.name for each in pack.offices}
    return {
        "at": line.at,
        "owner": line.owner,
        "party": line.party,
        "office": words(known.get(line.office)) or line.office,
        "account": line.account if line.party == by.party else "",
        "subject": line.subject,
        "report": line.subject.startswith("report/"),
        "named": line.how != "journal",
        "detail": line.detail or line.subject,
        "version": line.version,
        "how": gettext(HOW.get(line.how, line.how)),
    }


def _read_cells(line: Opened, by: Actor) -> Sequence[str]:
    said = _read(line, by)
    moment = logs.moment_text(line.at)
    who = (party_name(line.owner), party_name(line.party), said["office"], said["account"])
    return (moment, *who, line.subject, line.detail, str(line.version), said["how"])


def _event(line: Event) -> dict[str, Any]:
    kind = logs.KINDS.get(line.kind, line.kind)
    said = logs.detail_of(line)
    detail = [f"{gettext(DETAILS[name])}: {said[name]}" for name in DETAILS if said.get(name, "") != ""]
    detail += [f"{name}: {value}" for name, value in said.items() if name not in DETAILS]
    return {
        "at": line.at,
        "account": line.account,
        "says": gettext(kind),
        "detail": detail,
        "ordinary": line.kind in logs.ORDINARY,
    }


def _event_cells(line: Event) -> Sequence[str]:
    said = _event(line)
    return (logs.moment_text(line.at), line.account, said["says"], "; ".join(said["detail"]))


def _asked(request: HttpRequest, *names: str) -> dict[str, str]:
    return {name: request.GET.get(name, "").strip()[:ASKED] for name in names}


def _chosen(known: Any, code: str) -> list[dict[str, Any]]:
    return [{"code": each, "name": gettext(name), "chosen": each == code} for each, name in known.items()]


def _of_day(rows: Any, text: str) -> Any:
    """Narrow lines to a day of UTC.

    :raises NoSuchDay: when it is none.
    """
    if not text:
        return rows
    try:
        since, until = logs.bounds(date.fromisoformat(text))
    except ValueError as error:
        raise NoSuchDay(text=text[:20]) from error
    return rows.filter(at__gte=since, at__lt=until)


def _paged(request: HttpRequest, rows: Any) -> tuple[list[Any], str]:
    """Return a page of lines, and the query that leads to older ones; empty when there are none."""
    last, passed = _mark(request.GET.get("before", ""))
    if last is not None:
        rows = rows.filter(at__lte=last)
    found = list(rows.order_by("-at", "-id")[passed : passed + SHOWN + 1])
    shown = found[:SHOWN]
    if len(found) <= SHOWN:
        return shown, ""
    at = shown[-1].at
    passed = sum(each.at == at for each in shown) + (passed if at == last else 0)
    return shown, _query(request, before=f"{at}-{passed}")


def _mark(text: str) -> tuple[int | None, int]:
    """Read where the last page ended: its last moment, and how many lines of that moment were shown.

    The number of a row will not do: it counts the lines of all parties, and so tells when others were at work.
    """
    found = re.fullmatch(r"([0-9]{1,18})-([0-9]{1,9})", text, flags=re.ASCII)
    return (int(found[1]), int(found[2])) if found else (None, 0)


def _query(request: HttpRequest, **more: str) -> str:
    query = request.GET.copy()
    for name in ("before", "as"):
        query.pop(name, None)
    for name, value in more.items():
        query[name] = value
    return f"?{query.urlencode()}"


def _csv(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([csv_text(each) for each in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return HttpResponse(
        out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers
    )

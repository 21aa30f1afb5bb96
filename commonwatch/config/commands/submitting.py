"""Filing reports from the command line, into this machine's node or into another over HTTP."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from django.conf import settings

from commonwatch.access.actor import Actor, act_for
from commonwatch.charter import pack as charter_pack
from commonwatch.charter.model import InformationType
from commonwatch.config.commands import remote, say
from commonwatch.desks.exchange import acts, rules, sheets
from commonwatch.desks.exchange.intake import BatchRefused, Sent, moment, party_code, type_of
from commonwatch.errors import Refusal, _
from commonwatch.formats import strict
from commonwatch.formats.sheets import read
from commonwatch.register import history

CONSOLE = "console"


class BadSeat(Refusal):
    """--as is not written as it should be."""

    code, status = "config.bad-seat", 422
    says = _("“{said}” is not written as PARTY/OFFICE.")
    hint = _("Write for instance CRC/duty or BY/na-officer.")


class BadValue(Refusal):
    """--value is not written as it should be, or names a field that the type does not have."""

    code, status = "config.bad-value", 422
    says = _("“{said}” is no answer that {type} asks for.")
    hint = _("Write --value CODE=VALUE. The codes are: {known}.")


class ConfirmBeforeSending(Refusal):
    """Unusual values, and nobody at a terminal to ask."""

    code, status = "config.confirm-before-sending", 409
    says = _("Some values are unusual; nothing was written.")
    hint = _("If they are right, send it again with --yes.")

    def __init__(self, *, named: Sequence[str]) -> None:
        super().__init__()
        self.named = tuple(named)


class _Many(msgspec.Struct, forbid_unknown_fields=True):
    reports: list[Sent]


def actor(seat: str, *, account: str = CONSOLE) -> Actor:
    """Seat whoever has the machine's shell in an office.

    :raises BadSeat, UnknownParty, NoSuchOffice: naming what is wrong.
    """
    party, slash, office = seat.partition("/")
    if not (party and slash and office):
        raise BadSeat(said=seat)
    return act_for(party=party_code(party), office=office, account=account, client=CONSOLE)


def run(given: dict[str, Any]) -> list[dict[str, Any]]:
    """File what the command line gives; return one answer for each report.

    :raises Refusal: the node's own, naming every place that is wrong.
    """
    if given["url"]:
        there = remote.Node(given["url"], given["token"])
        if there.bare:
            say.error("warning: the key and the reports travel in clear to an address without https.")
        return _send(there, given)
    return _write(actor(given["as_"]), given)


def _gather(given: dict[str, Any], type_: Callable[[str], InformationType]) -> list[Sent]:
    """Read the reports out of whatever the command line names."""
    if given["document"] is not None:
        return _document(given["document"])
    kind = type_(given["type_"])
    if given["sheets"]:
        return _sheet(given["sheets"][0], kind, given)
    one = Sent(
        type=kind.code,
        period=given["period"],
        values={} if given["nil"] else _values(kind, given["values"]),
        nil=given["nil"],
        owes=given["owes"],
        event_at=given["event_at"],
        ref=given["ref"],
        note=given["note"],
    )
    return [one]


def _values(type_: InformationType, said: Sequence[str]) -> dict[str, Any]:
    """Read CODE=VALUE; a code given twice has several values."""
    known = [each.code for each in type_.fields]
    plain: dict[str, list[str]] = {}
    for each in said:
        code, equals, text = each.partition("=")
        if not equals or code not in known:
            raise BadValue(said=each, type=type_.code, known=", ".join(known))
        plain.setdefault(code, []).append(text)
    return dict(
        rules.from_form(type_, {code: texts if len(texts) > 1 else texts[0] for code, texts in plain.items()})
    )


def _document(path: Path) -> list[Sent]:
    data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    if b'"reports"' in data[:200]:
        return strict.read(data, type=_Many).reports
    return [strict.read(data, type=Sent)]


def _sheet(path: Path, type_: InformationType, given: dict[str, Any]) -> list[Sent]:
    pack = charter_pack.load(settings.PACK)
    columns = sheets.columns(type_, pack, given["language"], with_owes=True)
    sheet = read(path.read_bytes(), filename=path.name, columns=columns)
    places = {row.number: place for place, row in enumerate(sheet.rows, start=1)}
    sheet = sheets.filled(sheet, type_, filename=path.name)
    for note in sheet.notes:
        say.error(str(note))
    reports = sheets.reports(sheet, type_, filename=path.name)
    if not given["ref"]:
        return reports
    return [
        msgspec.structs.replace(each, ref=f"{given['ref']}/{places[row.number]}")
        for each, row in zip(reports, sheet.rows, strict=True)
    ]


def _write(by: Actor, given: dict[str, Any]) -> list[dict[str, Any]]:
    """File into this machine's node."""
    reports = _gather(given, type_of)
    others = {each.owes for each in reports} - {"", by.party}
    channel = "telephone" if others else "sheet" if given["sheets"] else "api"
    try:
        filed = _file(reports, by=by, channel=channel, confirmed=given["yes"])
    except (BatchRefused, rules.ConfirmFirst) as refused:
        _ask(refused)
        filed = _file(reports, by=by, channel=channel, confirmed=True)
    if given["receipt"]:
        entry = history.entry(filed[0].entry, reader=by)
        if entry is None:
            raise acts.NoSuchReport
        given["receipt"].write_bytes(history.receipt_of(entry))
    return [_answer(each) for each in filed]


def _file(reports: Sequence[Sent], *, by: Actor, channel: str, confirmed: bool) -> list[acts.Filed]:
    if len(reports) == 1:
        return [acts.submit_report(by=by, report=reports[0], channel=channel, confirmed=confirmed)]
    return acts.submit_reports(by=by, reports=reports, channel=channel, confirmed=confirmed)


def _ask(refused: BatchRefused | rules.ConfirmFirst) -> None:
    """Ask whether unusual values are right, when that is all that stands in the way and somebody is there."""
    refusals = [each for _at, each in refused.refusals] if isinstance(refused, BatchRefused) else [refused]
    if any(not isinstance(each, rules.ConfirmFirst) for each in refusals):
        raise refused
    if not sys.stdin.isatty():
        raise ConfirmBeforeSending(named=say.places(refused)) from None
    for place in say.places(refused):
        say.error(place)
    if not click.confirm("Are these values right?", err=True):
        raise ConfirmBeforeSending(named=()) from None


def _answer(each: acts.Filed) -> dict[str, Any]:
    warnings = [
        {"field": fault.field, "code": fault.code, "says": say.filled(fault.says, fault.fields)}
        for fault in each.warnings
    ]
    return {
        "report": each.subject,
        "entry": each.entry,
        "hash": each.hash,
        "number": each.number,
        "at": moment(each.at).isoformat(),
        "again": each.again,
        "warnings": warnings,
    }


def _send(there: remote.Node, given: dict[str, Any]) -> list[dict[str, Any]]:
    """File into another node, over HTTP."""
    reports = _gather(given, lambda code: _fetched(there, code))
    asks = f"confirmed={str(given['yes']).lower()}"
    if len(reports) == 1:
        answers = [there.post(f"/api/reports?{asks}", reports[0])]
    else:
        answers = there.post(f"/api/reports/batch?{asks}", {"reports": reports})["reports"]
    if given["receipt"]:
        given["receipt"].write_bytes(there.fetch(answers[0]["receipt"]))
    return answers


def _fetched(there: remote.Node, code: str) -> InformationType:
    return msgspec.convert(there.get(f"/api/types/{code}"), InformationType, strict=False)

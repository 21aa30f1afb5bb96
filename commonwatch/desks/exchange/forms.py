"""Forms made from an information type: what the page shows, and what was typed read back without losing any of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from commonwatch.access.actor import Actor
from commonwatch.access.models import Account
from commonwatch.charter.model import Field, InformationType, Texts
from commonwatch.desks.exchange import board, rules
from commonwatch.desks.exchange.intake import Sent, activations, micros, now
from commonwatch.desks.exchange.models import Draft, Report
from commonwatch.register import node
from commonwatch.ui.refusals import told_as
from commonwatch.ui.templatetags.cw import words

PERIODS = 8


@dataclass
class Asked:
    """One field as the page shows it."""

    code: str
    kind: str
    name: Texts
    help: Texts
    unit: Texts
    required: bool
    minimum: int | None
    maximum: int | None
    max_length: int
    choices: Sequence[tuple[str, Texts]] = ()
    value: str = ""
    chosen: Sequence[str] = ()
    fault: str = ""
    warning: str = ""
    last_value: str = ""


@dataclass
class Form:
    """A report's form: its fields, its period, and who will read it."""

    type: InformationType
    fields: list[Asked]
    periods: list[tuple[str, str]] = field(default_factory=list)
    period: str = ""
    event_at: str = ""
    note: str = ""
    reason: str = ""
    level: str = ""
    audience: str = ""
    owes: str = ""
    mint: str = ""
    saved_at: int | None = None
    faults: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)


def blank(  # noqa: PLR0913 - what a form starts from, by name
    type_: InformationType,
    *,
    by: Actor,
    owes: str = "",
    typed: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    period: str = "",
) -> Form:
    """Make the form of a type, filled with what was typed before; `before` gives the last report's values beside."""
    typed = typed or {}
    party = owes or by.party
    fields = [_asked(each, typed.get(each.code), (before or {}).get(each.code)) for each in type_.fields]
    periods = open_periods(type_, party=party, by=by)
    known = {key for key, _due in periods}
    if period and period not in known and rules.is_period(period):
        periods.insert(0, (period, ""))
    return Form(
        type=type_,
        fields=fields,
        periods=periods,
        period=period or (periods[0][0] if periods else ""),
        level=str(typed.get("_level", "")) or type_.level,
        audience=str(typed.get("_audience", "")) or type_.audience,
        owes=party,
        mint=str(typed.get("_mint", "")) or mint(type_, by=by),
        note=str(typed.get("_note", "")),
        event_at=str(typed.get("_event_at", "")) or ("" if type_.schedule else f"{now():%Y-%m-%dT%H:%M}"),
        reason=str(typed.get("_reason", "")),
    )


def mint(type_: InformationType, *, by: Actor) -> str:
    """Mint the reference under which a form is sent: pressed twice, or sent again on a bad line, it is one report."""
    said = f"{by.account}|{by.party}|{by.mode}|{type_.code}|{node.current().clock()}"
    return f"form-{sha256(said.encode()).hexdigest()[:24]}"


def _asked(each: Field, value: Any, last: Any) -> Asked:
    choices: list[tuple[str, Texts]] = []
    if each.codelist:
        choices = [(item.code, item.name) for item in node.current().pack.codelist(each.codelist).items]
    many = [str(part) for part in value] if isinstance(value, list | tuple) else []
    return Asked(
        code=each.code,
        kind=each.kind,
        name=each.name,
        help=each.help,
        unit=each.unit,
        required=each.required,
        minimum=each.minimum,
        maximum=each.maximum,
        max_length=each.max_length,
        choices=choices,
        value="" if many else shown(value),
        chosen=many or ([str(value)] if value not in (None, "") else []),
        last_value=shown(last),
    )


def shown(value: Any) -> str:
    """Write a value as its form field holds it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    return str(value)


def open_periods(type_: InformationType, *, party: str, by: Actor) -> list[tuple[str, str]]:
    """List the periods for which a party may report now: the present one and those before it, with their due time."""
    if type_.schedule is None:
        return []
    slots = rules.recent_slots(
        type_, node.current().pack.party(party), now=now(), active=activations(by), count=PERIODS
    )
    return [(slot.period, slot.due_at.isoformat()) for slot in slots]


def typed(data: QueryDict) -> dict[str, Any]:
    """Keep a form as it was typed, for a draft or for showing it again."""
    kept: dict[str, Any] = {}
    for name in data:
        if name in {"csrfmiddlewaretoken", "confirmed", "act"}:
            continue
        values = data.getlist(name)
        key = name if not name.startswith("f-") else name.removeprefix("f-")
        kept[key] = values if len(values) > 1 else values[0]
    return kept


def drafts(by: Actor, code: str, *, owes: str, period: str) -> QuerySet[Draft]:
    """Return the account's own draft for a duty, if there is one."""
    return Draft.objects.filter(account__handle=by.account, type=code, owes=owes, period=period)


def keep_draft(by: Actor, code: str, *, owes: str, period: str, content: dict[str, Any]) -> None:
    """Keep what was typed; one draft for an account, a type, a party and a period."""
    account = Account.objects.get(handle=by.account)
    Draft.objects.update_or_create(
        account=account,
        type=code,
        owes=owes,
        period=period[:20],
        defaults={"content": content, "saved_at": micros(now())},
    )


def sent(type_: InformationType, data: QueryDict, *, owes: str, nil: bool) -> Sent:
    """Read a report from a form.

    :raises ContentRefused: when a figure cannot be read.
    """
    given = {each.code: data.getlist(f"f-{each.code}") for each in type_.fields}
    plain = {
        code: values if len(values) > 1 else (values[0] if values else "") for code, values in given.items()
    }
    values = {} if nil else rules.from_form(type_, plain)
    return Sent(
        type=type_.code,
        period=data.get("_period", ""),
        values=values,
        nil=nil,
        owes=owes,
        event_at=rules.event_text(data.get("_event_at", "")),
        level=data.get("_level", ""),
        audience=data.get("_audience", ""),
        note=data.get("_note", "")[:2000],
        ref=data.get("_mint", ""),
    )


def fault_text(fault: rules.ValueFault) -> str:
    """Say a fault in the active language; a check of the pack has its own texts."""
    texts = fault.fields.get("texts")
    return words(texts) if texts else told_as(fault.says, fault.fields)


def mark(form: Form, found: Sequence[rules.ValueFault], *, warning: bool = False) -> None:
    """Write each fault beside its field and into the summary."""
    by_code = {each.code: each for each in form.fields}
    for fault in found:
        says = fault_text(fault)
        (form.warnings if warning else form.faults).append((fault.field, says))
        asked = by_code.get(fault.field)
        if asked is not None and warning:
            asked.warning = says
        elif asked is not None:
            asked.fault = says


def last_values(type_: InformationType, *, owes: str, by: Actor) -> dict[str, Any]:
    """Return the values of the party's last standing report of a type, to show beside the fields; it is logged."""
    row = (
        Report.objects.visible_to(by)
        .latest_to(by)
        .filter(type=type_.code, owes=owes, state="value")
        .order_by("-period", "-last_at")
        .first()
    )
    if row is None:
        return {}
    board.look(by, row)
    return row.values

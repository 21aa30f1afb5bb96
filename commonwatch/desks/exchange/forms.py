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
from commonwatch.desks.exchange.earlier import said_elsewhere
from commonwatch.desks.exchange.intake import Sent, activations, content_label, micros, now
from commonwatch.desks.exchange.models import Draft, Report
from commonwatch.desks.exchange.wording import fault_text, offer_text
from commonwatch.errors import Refusal
from commonwatch.register import node

PERIODS = 8


@dataclass
class Asked:
    """One field as the page shows it.

    `offer` is what the party said in another return for that time, as a sentence, and `offered` names it for the form;
    `taken` says that it was ticked.
    """

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
    offer: str = ""
    offered: str = ""
    taken: bool = False


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
    offers: bool = True,
) -> Form:
    """Make the form of a type, filled with what was typed before; `before` gives the last report's values beside.

    With `offers` a field that is asked elsewhere too offers what was said there; that is logged as read.
    """
    typed = typed or {}
    party = owes or by.party
    fields = [_asked(each, typed.get(each.code), (before or {}).get(each.code)) for each in type_.fields]
    periods = open_periods(type_, party=party, by=by)
    known = {key for key, _due in periods}
    if period and period not in known and rules.is_period(period):
        periods.insert(0, (period, ""))
    period = period or (periods[0][0] if periods else "")
    if offers:
        _offer(by, type_, fields, typed, owes=party, period=period)
    return Form(
        type=type_,
        fields=fields,
        periods=periods,
        period=period,
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


def _offer(  # noqa: PLR0913 - the form that is made, by its parts
    by: Actor,
    type_: InformationType,
    fields: Sequence[Asked],
    typed: Mapping[str, Any],
    *,
    owes: str,
    period: str,
) -> None:
    """Put beside each field what the party said in another return, with the tick that was set before."""
    event_at = (
        "" if period else rules.event_text(str(typed.get("_event_at", ""))) or f"{now():%Y-%m-%dT%H:%M}"
    )
    level, audience = str(typed.get("_level", "")), str(typed.get("_audience", ""))
    found = elsewhere(by, type_, owes=owes, period=period, event_at=event_at, level=level, audience=audience)
    asked = {each.code: each for each in type_.fields}
    for each in fields:
        source = found.get(each.code)
        if source is not None:
            each.offer = offer_text(asked[each.code], source, own=owes == by.party)
            each.offered = f"{source.of.type}|{source.of.entry}"
            each.taken = typed.get(f"take-{each.code}") == each.offered


def elsewhere(  # noqa: PLR0913 - the report that is begun, by its parts
    by: Actor,
    type_: InformationType,
    *,
    owes: str,
    period: str,
    event_at: str = "",
    level: str = "",
    audience: str = "",
) -> dict[str, rules.Source]:
    """Find what a party said in other returns for the time of one that is begun, and log that it is read."""
    try:
        label = content_label(type_, owes=owes, by=by.party, level=level, audience=audience)
    except Refusal:
        return {}
    found = said_elsewhere(by, type_, owes=owes, period=period, event_at=event_at, label=label)
    if found:
        keys = {source.of.key for source in found.values()}
        board.look(by, *Report.objects.visible_to(by).select_related("journal").filter(key__in=keys))
    return found


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
    values = {} if nil else rules.from_form(type_, plain) | _taken(type_, data, plain)
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


def _taken(type_: InformationType, data: QueryDict, plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that were ticked to be taken from another return; what was typed goes before them."""
    found: dict[str, Any] = {}
    for each in type_.fields:
        of, _bar, entry = data.get(f"take-{each.code}", "").partition("|")
        if of and each.sources and not plain.get(each.code):
            found[each.code] = {"from": of, "entry": entry}
    return found


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

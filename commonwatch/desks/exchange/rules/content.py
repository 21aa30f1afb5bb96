"""What a report may contain: every fault of every value in one pass, and the difference of two versions.

Values are integers, decimal strings, texts, codes, lists of codes, yes/no, ISO days, and RFC 3339 instants in UTC.
"""

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from commonwatch.charter.model import Field, InformationType, Pack
from commonwatch.desks.exchange.rules.across import NOTHING_SAID, Said, across
from commonwatch.desks.exchange.rules.fault import ValueFault
from commonwatch.errors import Refusal, _

DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,12})?", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
SPACES = str.maketrans("", "", "\u0020\u00a0\u2009\u202f")
INT64 = 2**63
MOST_UNKNOWN = 20
# Embeddings and overrides of direction make a text read otherwise than it is written.
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e")


class Checked(NamedTuple):
    """A report's values in the order of its form, what is wrong with them, and what needs confirming."""

    values: dict[str, Any]
    faults: tuple[ValueFault, ...]
    warnings: tuple[ValueFault, ...]


class Change(NamedTuple):
    """One value that differs between two versions; None where it was not given."""

    field: Field
    was: Any
    now: Any


class ContentRefused(Refusal):
    """Something in the report is wrong; `faults` names each value."""

    code, status = "exchange.content-refused", 422
    says = _("The report cannot be taken as it stands: {summary}")
    hint = _("Mend what is named and send it again; nothing of what you typed is lost.")

    def __init__(self, *, faults: Sequence[ValueFault]) -> None:
        named = "; ".join(each.says.format(**each.fields) for each in list(faults)[:3])
        super().__init__(faults=tuple(faults), summary=named)


class ConfirmFirst(Refusal):
    """Something is unusual; the sender is asked to look again."""

    code, status = "exchange.confirm-first", 422
    says = _("Please look again: {summary}")
    hint = _("If it is right, confirm it and send it again.")

    def __init__(self, *, warnings: Sequence[ValueFault]) -> None:
        named = "; ".join(each.says.format(**each.fields) for each in list(warnings)[:3])
        super().__init__(warnings=tuple(warnings), summary=named)


Find = Callable[[Any], ValueFault | None]
BLANK = ValueFault("", "blank", "", {})  # a text of spaces alone counts as left out


def check_report(
    type_: InformationType, pack: Pack, values: Mapping[str, Any], *, nil: bool, last: Said = NOTHING_SAID
) -> Checked:
    """Check the values of a report: every fault in one pass.

    A nil return has no values, and only types that allow one have it. `last` is what the party said in its last report
    of the type, for the rules that look at it.
    """
    if nil:
        return _check_nil(type_, values)
    checker = _checker(type_.code, _Held(type_, pack))
    return checker(values, last)


def _check_nil(type_: InformationType, values: Mapping[str, Any]) -> Checked:
    faults = []
    if not type_.nil:
        says = _("{type} has no nil return: say what there is.")
        faults.append(ValueFault("", "nil-not-allowed", says, {"type": type_.code}))
    if values:
        says = _("A nil return says that there is nothing to report; it has no values.")
        faults.append(ValueFault("", "nil-with-values", says, {}))
    return Checked({}, tuple(faults), ())


class _Held(NamedTuple):
    """A type and its pack, equal only to themselves, so that the checker made for them is kept."""

    type: InformationType
    pack: Pack

    def __hash__(self) -> int:
        return hash((id(self.type), id(self.pack)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.type is self.type and other.pack is self.pack


@lru_cache(maxsize=1024)
def _checker(_code: str, held: _Held) -> Callable[[Mapping[str, Any], Said], Checked]:
    """Make the check of a type once: one closure a field."""
    type_, pack = held
    finders = {each.code: _finder(each, pack) for each in type_.fields}
    says = _("This must be filled in.")
    required = tuple(
        (each.code, ValueFault(each.code, "missing", says, {})) for each in type_.fields if each.required
    )

    def check(values: Mapping[str, Any], last: Said) -> Checked:
        faults: list[ValueFault] = []
        given: dict[str, Any] = {}
        for code, find in finders.items():
            value = values.get(code)
            if not value and _is_blank(value):
                continue
            fault = find(value)
            if fault is None:
                given[code] = value
            elif fault is not BLANK:
                given[code] = value
                faults.append(fault)
        strange: Sequence[str] = ()
        if len(values) != len(given):
            strange = [each for each in values if each not in finders]
            faults.extend(_unknown(each, finders) for each in strange[:MOST_UNKNOWN])
        faults.extend(missing for code, missing in required if code not in given)
        if not given and not strange and finders:
            faults.insert(0, _nothing(type_))
        if faults:
            return Checked(given, tuple(faults), ())
        return _judged(type_, given, last)

    return check


def _is_blank(value: Any) -> bool:
    return value is None or value in ("", [])


def _nothing(type_: InformationType) -> ValueFault:
    """Refuse a report that says nothing: it would count as received and hold no word."""
    if type_.nil:
        says = _("Nothing is filled in. If there is nothing to report, send a nil return.")
    else:
        says = _("Nothing is filled in. Fill in at least one field.")
    return ValueFault("", "nothing-given", says, {})


def _unknown(code: str, known: Mapping[str, Any]) -> ValueFault:
    near = difflib.get_close_matches(code[:60], known, n=1)
    if near:
        says = _("There is no field “{code}”. Did you mean “{near}”?")
        return ValueFault(code, "unknown-field", says, {"code": code[:60], "near": near[0]})
    return ValueFault(code, "unknown-field", _("There is no field “{code}”."), {"code": code[:60]})


def _judged(type_: InformationType, given: dict[str, Any], last: Said) -> Checked:
    """Apply the rules across fields: some stop the report, some ask to look again."""
    found = list(across(type_, given, last=last))
    if not found:
        return Checked(given, (), ())
    faults = tuple(fault for check, fault in found if check.breaks == "refuse")
    return Checked(given, faults, tuple(fault for check, fault in found if check.breaks == "warn"))


def _finder(each: Field, pack: Pack) -> Find:
    """Return the check of one field."""
    makers: dict[str, Callable[[Field, Pack], Find]] = {
        "integer": _integer,
        "decimal": _decimal,
        "text": _text,
        "code": _code,
        "codes": _codes,
        "yes_no": _yes_no,
        "date": _date,
        "instant": _instant,
    }
    return makers[each.kind](each, pack)


def _bounds(each: Field) -> Callable[[Any], ValueFault | None]:
    """Return the check of a figure's lower and upper bound."""
    low, high = each.minimum, each.maximum
    small = ValueFault(each.code, "too-small", _("This must be at least {minimum}."), {"minimum": low})
    large = ValueFault(each.code, "too-large", _("This must be at most {maximum}."), {"maximum": high})

    def within(value: Any) -> ValueFault | None:
        if low is not None and value < low:
            return small
        return large if high is not None and value > high else None

    return within


def _integer(each: Field, _pack: Pack) -> Find:
    says = _("This must be a whole number.")
    not_whole = ValueFault(each.code, "not-whole", says, {})
    within = _bounds(each)
    floor = max(-INT64, each.minimum if each.minimum is not None else -INT64)
    ceiling = min(INT64 - 1, each.maximum if each.maximum is not None else INT64 - 1)

    def find(value: Any) -> ValueFault | None:
        if type(value) is int:
            if floor <= value <= ceiling:
                return None
            if -INT64 <= value < INT64:
                return within(value)
        return not_whole

    return find


def _decimal(each: Field, _pack: Pack) -> Find:
    says = _("This must be a figure such as 12 or 12.5.")
    not_decimal = ValueFault(each.code, "not-decimal", says, {})
    within = _bounds(each)

    def find(value: Any) -> ValueFault | None:
        if type(value) is int and -INT64 <= value < INT64:
            return within(value)
        if type(value) is not str or not DECIMAL.fullmatch(value):
            return not_decimal
        return within(Decimal(value))

    return find


def _text(each: Field, _pack: Pack) -> Find:
    def find(value: Any) -> ValueFault | None:
        if type(value) is not str:
            return ValueFault(each.code, "not-text", _("This must be text."), {})
        if len(value) > each.max_length:
            says = _("This has {length} characters; at most {most} fit.")
            return ValueFault(each.code, "too-long", says, {"length": len(value), "most": each.max_length})
        if value.isprintable():
            return BLANK if value.isspace() else None
        if any(_is_control(character) for character in value):
            says = _("This holds a control character, which cannot be kept.")
            return ValueFault(each.code, "control-character", says, {})
        return BLANK if value.isspace() else None

    return find


def _is_control(character: str) -> bool:
    if character in TURNS:
        return True
    return character not in "\n\r\t" and unicodedata.category(character) in {"Cc", "Cs"}


def _code(each: Field, pack: Pack) -> Find:
    known = {item.code: None for item in pack.codelist(each.codelist).items}

    def find(value: Any) -> ValueFault | None:
        return None if type(value) is str and value in known else _unknown_code(each, value, list(known))

    return find


def _codes(each: Field, pack: Pack) -> Find:
    known = {item.code: None for item in pack.codelist(each.codelist).items}

    def find(value: Any) -> ValueFault | None:
        if type(value) not in (list, tuple):
            return ValueFault(each.code, "not-a-list", _("This must be a list of codes."), {})
        for part in value:
            if type(part) is not str or part not in known:
                return _unknown_code(each, part, list(known))
        if len(set(value)) != len(value):
            return ValueFault(each.code, "twice", _("The same code stands twice."), {})
        return None

    return find


def _unknown_code(each: Field, value: Any, known: list[str]) -> ValueFault:
    near = difflib.get_close_matches(str(value)[:60], known, n=1)
    fields = {"code": str(value)[:60], "known": ", ".join(known[:12])}
    if near:
        says = _("“{code}” is not on the list. Did you mean “{near}”?")
        return ValueFault(each.code, "unknown-code", says, fields | {"near": near[0]})
    return ValueFault(each.code, "unknown-code", _("“{code}” is not on the list: {known}."), fields)


def _yes_no(each: Field, _pack: Pack) -> Find:
    wrong = ValueFault(each.code, "not-yes-no", _("This must be yes or no (true or false in JSON)."), {})
    return lambda value: None if type(value) is bool else wrong


def _date(each: Field, _pack: Pack) -> Find:
    wrong = ValueFault(each.code, "not-a-day", _("This must be a day, written like 2026-09-14."), {})

    def find(value: Any) -> ValueFault | None:
        try:
            good = type(value) is str and DAY.fullmatch(value) and date.fromisoformat(value)
        except ValueError:
            good = False
        return None if good else wrong

    return find


def _instant(each: Field, _pack: Pack) -> Find:
    wrong = ValueFault(
        each.code, "not-an-instant", _("This must be a time in UTC, written like 2026-09-14T05:41Z."), {}
    )

    def find(value: Any) -> ValueFault | None:
        if type(value) is not str or not INSTANT.fullmatch(value):
            return wrong
        try:
            datetime.fromisoformat(value) if value[-1] == "Z" else as_utc(value)
        except ValueError:
            return wrong
        return None

    return find


def from_form(type_: InformationType, typed: Mapping[str, str | Sequence[str]]) -> dict[str, Any]:
    """Read what was typed into a form: decimal commas, spaces between thousands; what is empty is left out.

    What cannot be read stays as it was typed, so that the check names it.
    """
    values: dict[str, Any] = {}
    for each in type_.fields:
        given = typed.get(each.code, "")
        if each.kind == "codes":
            chosen = [given] if isinstance(given, str) else list(given)
            given = [part for part in chosen if part]
        elif not isinstance(given, str):
            given = given[-1] if given else ""
        if given:
            values[each.code] = _read(each, given)
    return {code: value for code, value in values.items() if value != ""}


def _read(each: Field, given: Any) -> Any:
    if each.kind == "codes":
        return given
    text = given.strip() if each.kind != "text" else given.strip().replace("\r\n", "\n")
    if each.kind == "integer":
        plain = text.translate(SPACES).replace("\u2212", "-")
        return int(plain) if re.fullmatch(r"-?[0-9]{1,19}", plain, re.ASCII) else text
    if each.kind == "decimal":
        return text.translate(SPACES).replace("\u2212", "-").replace(",", ".")
    if each.kind == "yes_no":
        return {"yes": True, "no": False}.get(text, text)
    if each.kind == "instant":
        return _utc(text)
    return text


def _utc(text: str) -> str:
    try:
        return as_utc(text).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return text


def as_utc(text: str) -> datetime:
    """Read a time in RFC 3339; one without a zone is UTC.

    :raises ValueError: when it is none, or falls out of the calendar when turned into UTC.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def difference(type_: InformationType, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """List the values that differ between two versions, in the order of the form."""
    return [
        Change(each, old.get(each.code), new.get(each.code))
        for each in type_.fields
        if old.get(each.code) != new.get(each.code)
    ]

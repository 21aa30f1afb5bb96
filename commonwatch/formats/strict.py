"""Strict JSON in: no duplicate keys, no NaN, no figure out of range, no deep nesting; the error names the place."""

import json
from typing import Any, NoReturn, TypeVar

import msgspec

from commonwatch.errors import Refusal, _

T = TypeVar("T")

MAX_DEPTH = 16


class BadJson(Refusal):
    """What came is not the JSON that was asked for."""

    code, status = "formats.bad-json", 400
    says = _("The JSON cannot be read: {reason}.")
    hint = _("Send UTF-8 JSON without duplicate keys; figures as integers or as decimal strings.")


def read(data: bytes, *, type: type[T]) -> T:
    """Read JSON bytes as `type`, refusing whatever is ambiguous.

    :raises BadJson: naming the place.
    """
    try:
        plain = msgspec.json.decode(data)
        same = msgspec.json.encode(plain) == data
    except msgspec.MsgspecError as error:
        raise BadJson(reason=str(error)) from error
    except (RecursionError, ValueError, OverflowError) as error:
        raise BadJson(reason=_("it is nested too deeply or holds a figure out of range")) from error
    if not same:
        _look_closely(data)
    _check_depth(plain)
    try:
        return msgspec.convert(plain, type=type, strict=True)
    except msgspec.ValidationError as error:
        raise BadJson(reason=str(error)) from error


def _look_closely(data: bytes) -> None:
    """Find duplicate keys; compact input that reads back to the same bytes has none and is not looked at."""
    try:
        json.loads(data, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadJson(reason=str(error)) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _value in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key “{twice}” stands twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a figure")


def _check_depth(value: Any) -> None:
    """Refuse nesting beyond what any report has; without recursion, so that it cannot be used against itself."""
    level, depth = [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise BadJson(reason=_("it is nested more than {depth} deep").format(depth=MAX_DEPTH))
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
            if isinstance(child, dict | list)
        ]
        depth += 1

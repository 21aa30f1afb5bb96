"""Hold one file of a pack against its JSON Schema (Draft 2020-12) and tell each fault in words."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from referencing import Registry, Resource

from commonwatch.charter.fault import Fault, Path, nearest
from commonwatch.charter.source import Document

_KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
}


def faults_of_shape(document: Document, *, kind: str) -> Iterator[Fault]:
    """Yield every fault of form of a file of that kind ("parties", "types", …)."""
    for error in _validator(kind).iter_errors(document.value):
        yield from _told(document, error)


@cache
def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of file; "common" holds what all share."""
    text = files("commonwatch.charter").joinpath("schema", f"{kind}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def _validator(kind: str) -> Draft202012Validator:
    common = schema("common")
    registry = Resource.from_contents(common) @ Registry()
    return Draft202012Validator(
        schema(kind), registry=registry, format_checker=FormatChecker(formats=["date"])
    )


def _told(document: Document, error: ValidationError) -> Iterator[Fault]:
    path: Path = tuple(error.absolute_path)
    value: Any = error.instance
    rules = error.schema if isinstance(error.schema, dict) else {}
    if "propertyNames" in error.absolute_schema_path:
        fix = f"Wanted is a word that fits {error.validator_value}."
        yield document.fault((*path, value), f"“{value}” cannot be a key here.", fix)
    elif error.validator == "additionalProperties":
        yield from _unknown_keys(document, path, value, rules.get("properties", {}))
    elif error.validator == "required":
        yield from _missing_keys(document, path, value, rules)
    else:
        says, fix = _value_fault(str(error.validator), value, error.validator_value)
        about = rules.get("description", "")
        yield document.fault(path, says, fix or (f"Wanted is {about}." if about else ""))


def _unknown_keys(document: Document, path: Path, value: Any, known: dict[str, Any]) -> Iterator[Fault]:
    for key in value:
        if key not in known:
            yield document.fault(
                (*path, key), f"“{key}” is not a key that may stand here.", nearest(key, known)
            )


def _missing_keys(document: Document, path: Path, value: Any, rules: dict[str, Any]) -> Iterator[Fault]:
    """Tell all keys that lack. The validator speaks once for each; equal faults fall together later."""
    place = document.field_name(path)
    for key in rules["required"]:
        if key not in value:
            about = rules["properties"][key].get("description", "")
            yield Fault(
                file=document.file,
                line=document.line(path),
                field=f"{place}.{key}" if place else key,
                says=f"“{key}” is missing.",
                fix=f"Add `{key}`: {about}." if about else "Add it.",
            )


def _value_fault(validator: str, value: Any, wanted: Any) -> tuple[str, str]:
    if validator == "type":
        return _type_fault(value, wanted)
    if validator == "enum":
        return f"“{value}” is not one of {', '.join(map(str, wanted))}.", nearest(value, map(str, wanted))
    if validator == "maxLength":
        return f"The text is longer than {wanted} characters.", "Shorten it."
    says = {
        "minItems": "Nothing stands here.",
        "minProperties": "Nothing stands here.",
        "minLength": "Nothing stands here.",
        "minimum": f"{value} is less than {wanted}.",
        "maximum": f"{value} is more than {wanted}.",
        "uniqueItems": "An item stands here twice.",
        "format": f"There is no day {value}.",
    }
    return says.get(validator, f"“{value}” does not fit."), ""


def _type_fault(value: Any, wanted: Any) -> tuple[str, str]:
    names = " or ".join(_KINDS[name] for name in ([wanted] if isinstance(wanted, str) else wanted))
    if value is None:
        return f"Nothing stands here; {names} is wanted.", "Write it, or leave the key out."
    found = {bool: "true or false", int: "a whole number", str: "text", list: "a list", dict: "a mapping"}
    fix = ""
    if wanted == "string" and isinstance(value, (bool, int)):
        fix = f'Write it in quotes: "{str(value).lower()}".'
    elif wanted == "array" and isinstance(value, str):
        fix = f"Write it as a list: [{value}]."
    return f"Here stands {found[type(value)]}; {names} is wanted.", fix

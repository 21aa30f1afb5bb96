"""What is wrong, or unusual, with a value; and how a warning that was confirmed is kept with its report."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class ValueFault(NamedTuple):
    """What is wrong, or unusual, with one value: `says` is a sentence with named `fields`, to be translated.

    `keeps` are the codes and figures of the reason, which stay with the report when its sender confirms it.
    """

    field: str
    code: str
    says: str
    fields: Mapping[str, Any]
    keeps: tuple[tuple[str, Any], ...] = ()


class Kept(NamedTuple):
    """A warning that the sender confirmed, as it is kept: code, field and the figures of its reason.

    What was written before reasons were kept has its code alone.
    """

    code: str
    field: str = ""
    reason: Mapping[str, str] = {}


def kept(fault: ValueFault) -> str:
    """Write a warning as a report keeps it: `code field name=value …`; codes and figures hold no blanks."""
    parts = [
        fault.code,
        fault.field,
        *(f"{name}={'_'.join(str(value).split())}" for name, value in fault.keeps),
    ]
    return " ".join(part for part in parts if part)


def read_kept(text: str) -> Kept:
    """Read a warning as a report keeps it; whatever cannot be read stands as the code."""
    code, *rest = text.split(" ")
    field = rest[0] if rest and "=" not in rest[0] else ""
    reason = dict(part.split("=", 1) for part in rest if "=" in part)
    return Kept(code, field, reason)

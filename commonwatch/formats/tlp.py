"""The Traffic Light Protocol 2.0: markings read in the spellings that are met, written, and recognised in STIX 2.1.

Sources: FIRST, Traffic Light Protocol 2.0 (August 2022); OASIS, TLP 2.0 marking definitions for STIX 2.1. TLP says how
far a recipient may share; it is no classification. What a marking means for an audience of an organisation is said by
`charter.markings`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from commonwatch.errors import Refusal, _

RISING: Final = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")

EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

DEFINITIONS: Final = {
    "CLEAR": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "GREEN": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "AMBER": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "AMBER+STRICT": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "RED": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}

# STIX 2.1 itself still fixes those of TLP 1.0; what it called WHITE is CLEAR now.
_KNOWN: Final = {reference: tlp for tlp, reference in DEFINITIONS.items()} | {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "CLEAR",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "GREEN",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "AMBER",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "RED",
}

_SPELLING: Final = re.compile(
    r"(?:TLP(?:\s*[:_-]\s*|\s+))?(WHITE|CLEAR|GREEN|AMBER|RED)(\s*[+_ -]\s*STRICT)?"
)


class UnknownMarking(Refusal):
    """A marking that is not one of TLP."""

    code, status = "formats.unknown-marking", 422
    says = _("“{given}” is no marking of TLP 2.0.")
    hint = _("Write one of: {known}.")


class MarkingsDisagree(Refusal):
    """A marking definition that says two things."""

    code, status = "formats.markings-disagree", 422
    says = _("The marking definition {id} is that of TLP:{one}, and says TLP:{other}.")
    hint = _("Ask the sender which was meant; refer to the definition that OASIS published.")


def parse(text: str) -> str:
    """Read a marking as one of `RISING`.

    In any case, with or without "TLP:", STRICT joined by a plus, a hyphen, an underscore or a space; the WHITE of
    TLP 1.0 is CLEAR.

    :raises UnknownMarking: for anything else; nothing is guessed.
    """
    found = _SPELLING.fullmatch(text.strip().upper()) if text.isascii() else None
    colour, strict = found.groups() if found else ("", None)
    colour = "CLEAR" if colour == "WHITE" else colour
    if not colour or (strict and colour != "AMBER"):
        raise UnknownMarking(given=text[:60], known=", ".join(map(written, RISING)))
    return f"{colour}+STRICT" if strict else colour


def written(tlp: str) -> str:
    """Write a marking as TLP 2.0 wants it to stand on a page: TLP:AMBER+STRICT."""
    return f"TLP:{tlp}"


def strictest(markings: Iterable[str]) -> str | None:
    """Return the marking that holds where several stand: the most restrictive; None where none stands."""
    return max(markings, key=RISING.index, default=None)


def reference(tlp: str) -> str:
    """Return the id of the marking definition that OASIS published, for `object_marking_refs`.

    :raises KeyError: for what is not one of `RISING`.
    """
    return DEFINITIONS[tlp]


def of_definition(definition: Mapping[str, Any]) -> str | None:
    """Return the marking that a STIX marking definition stands for, None when it is not one of TLP.

    Known by its id, by the extension of TLP 2.0, or by the definition type `tlp` of STIX 2.1 itself.

    :raises UnknownMarking: when it claims to be of TLP and names no marking.
    :raises MarkingsDisagree: when its id and what it says are two.
    """
    by_id = _KNOWN.get(str(definition.get("id")))
    said = _said(definition)
    if by_id and said and by_id != said:
        raise MarkingsDisagree(id=definition["id"], one=by_id, other=said)
    return by_id or said


def _said(definition: Mapping[str, Any]) -> str | None:
    if definition.get("type") != "marking-definition":
        return None
    extensions = definition.get("extensions")
    extension = extensions.get(EXTENSION) if isinstance(extensions, Mapping) else None
    old = definition.get("definition") if definition.get("definition_type") == "tlp" else None
    for holder, name in ((extension, "tlp_2_0"), (old, "tlp")):
        if holder is not None:
            return parse(str(holder.get(name, "")) if isinstance(holder, Mapping) else "")
    return None


def of_references(references: Iterable[str], *, definitions: Iterable[Mapping[str, Any]] = ()) -> str | None:
    """Return the marking that holds for an object by its `object_marking_refs`; None when none is of TLP.

    `definitions` are the marking definitions that came with it. References to other kinds of marking say nothing here.

    :raises UnknownMarking, MarkingsDisagree: as `of_definition` does, for a definition that is referred to.
    """
    wanted = set(references)
    found = {_KNOWN[each] for each in wanted if each in _KNOWN}
    came = [each for each in definitions if each.get("id") in wanted]
    return strictest(found | {tlp for each in came if (tlp := of_definition(each))})

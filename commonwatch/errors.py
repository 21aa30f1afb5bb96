"""The two ways in which anything here fails: a refusal told to a person, and a broken invariant."""

from collections.abc import Mapping
from typing import Any, ClassVar


def _(text: str) -> str:
    """Mark a sentence for translation; `ui` translates it when it is shown."""
    return text


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an accident
    """An expected "no": told to the person who asked, with the rule it rests on and what to do instead.

    A subclass stands beside the rule that raises it and sets `code` (stable, for machines), `status` (HTTP),
    `says` and `hint` (whole sentences with named fields, marked with `_`). Fields are given as keywords.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    says: ClassVar[str] = _("This cannot be done.")
    hint: ClassVar[str] = ""

    def __init__(self, **fields: Any) -> None:
        super().__init__(fields)
        self.fields: Mapping[str, Any] = fields

    def __str__(self) -> str:
        return self.says.format(**self.fields)


class Broken(Exception):  # noqa: N818 - the state of the record, not of the call
    """An invariant of the record fails: writing stops and a person must look. Never caught to carry on."""

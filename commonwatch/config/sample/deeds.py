"""What the sample's officers do: one deed is one act of the exchange at one moment."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

from commonwatch.charter.model import Pack

Act = Literal["submit", "correct", "withdraw", "confirm", "seen", "waive", "activate", "scene"]

DESK: Final[Mapping[str, str]] = {"state": "na-officer", "organ": "organ-officer"}


class Deed(NamedTuple):
    """One act. `by` is the party that acts, `owes` the one whose duty it is; moments are aware, UTC.

    A report is named by its type, `owes`, and its period, or for a report on an event by `event_at`. `writer` is the
    party that wrote the report acted upon. `text` is the reason or ground; `known_at` marks what was sent before the
    sample begins. A scene is named by its `text`.
    """

    at: datetime
    act: Act
    by: str
    type: str
    owes: str
    period: str = ""
    event_at: str = ""
    writer: str = ""
    values: Mapping[str, Any] = {}
    nil: bool = False
    text: str = ""
    channel: str = "api"
    known_at: str = ""
    until: datetime | None = None
    parties: tuple[str, ...] = ()


def office(pack: Pack, deed: Deed) -> str:
    """Name the office that does a deed."""
    if deed.by != pack.center:
        return DESK[pack.party(deed.by).kind]
    return "shift-lead" if deed.act in {"waive", "activate"} else "duty"


def stamp(moment: datetime) -> str:
    """Write a moment as a report keeps it: RFC 3339 in UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

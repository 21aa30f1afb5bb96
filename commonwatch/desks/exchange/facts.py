"""What the exchange writes into the register. Values: integers, decimal strings, texts, codes, yes/no, code lists."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from commonwatch.register.fact import Fact, fact

Figure = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Value = Figure | str | bool | list[str]


@fact("exchange.report.submitted")
class ReportSubmitted(Fact, frozen=True, omit_defaults=True):
    """A report was filed.

    `owes` is the party whose duty it fills (the writer itself, unless the center writes down what it was told);
    `period` is the period's key, empty for a report on an event, which has `event_at` (RFC 3339, UTC) instead.
    `number` counts the writer's reports for one duty. `channel` is how it came ("form", "sheet", "api", "telephone",
    "import"), `tlp` the TLP 2.0 marking under which it came. `client` and `ref` name the program and its own reference.
    `confirms` is the subject of the report by telephone which this one makes the party's own. `warned` lists the
    warnings that the sender confirmed: the check's code, the field and the figures of its reason, parted by blanks; of
    what was written before reasons were kept, the code alone.
    """

    type: str
    owes: str
    period: str = ""
    values: Mapping[str, Value] = {}
    nil: bool = False
    number: int = 1
    channel: str = "form"
    regulation: str = ""
    event_at: str = ""
    client: str = ""
    ref: str = ""
    confirms: str = ""
    warned: tuple[str, ...] = ()
    note: str = ""
    tlp: str = ""


@fact("exchange.report.corrected")
class ReportCorrected(Fact, frozen=True, omit_defaults=True):
    """A new version of a report; the earlier ones stay. `values` are all of them, not only the changed ones."""

    values: Mapping[str, Value] = {}
    nil: bool = False
    reason: str = ""
    channel: str = "form"
    client: str = ""
    ref: str = ""
    warned: tuple[str, ...] = ()


@fact("exchange.values.drawn")
class ValuesDrawn(Fact, frozen=True, omit_defaults=True):
    """From where values of a report were taken: its writer confirmed what it had said in another return.

    `fields` maps the code of each such field to the other type and its field ("D1.events"), the period or moment of the
    report that gave the value, and the hash (hex) of that report's entry. `version` is the version of this report.
    """

    fields: Mapping[str, tuple[str, str, str]]
    version: int = 1


@fact("exchange.report.withdrawn")
class ReportWithdrawn(Fact, frozen=True, omit_defaults=True):
    """A report no longer stands; its duty is open again."""

    reason: str


@fact("exchange.report.carried")
class ReportCarried(Fact, frozen=True, omit_defaults=True):
    """A report of an earlier epoch is continued here, because it is about to be corrected or withdrawn.

    `continues` is the hash (hex) of its last entry there, `versions` how many it had, `first_at` when it counts as sent
    (microseconds UTC). It says how it stood and not what it said: its values stay where they were written.
    """

    type: str
    owes: str
    continues: str
    state: str
    versions: int
    first_at: int
    period: str = ""
    number: int = 1
    channel: str = "form"
    event_at: str = ""
    confirms: str = ""
    imported: bool = False
    tlp: str = ""


@fact("exchange.report.seen")
class ReportSeen(Fact, frozen=True, omit_defaults=True):
    """An officer of another party has seen a report: an addition to that report's subject."""

    version: int = 1


@fact("exchange.report.released")
class ReportReleased(Fact, frozen=True, omit_defaults=True):
    """What a report says, written anew for more readers or at a lower level, by the party that wrote the report.

    `of` is the hash (hex) of the report's last entry, and all that says which report it was: its hash is salted, so
    that nobody who does not hold the entry learns anything from it. `version` is the version that was released, `part`
    says that not all of its fields were, `offices` are those of the persons who released it.
    """

    type: str
    owes: str
    of: str
    ground: str
    period: str = ""
    event_at: str = ""
    values: Mapping[str, Value] = {}
    nil: bool = False
    part: bool = False
    version: int = 1
    offices: tuple[str, ...] = ()


@fact("exchange.release.withdrawn")
class ReleaseWithdrawn(Fact, frozen=True, omit_defaults=True):
    """A release no longer stands; who has read it keeps what was read."""

    ground: str


@fact("exchange.release.carried")
class ReleaseCarried(Fact, frozen=True, omit_defaults=True):
    """A release of an earlier epoch is continued here, because it is about to be withdrawn.

    `continues` is the hash (hex) of its last entry there. It says which release it was and not what that said: values,
    ground and the hash of the report stay where they were written.
    """

    type: str
    owes: str
    continues: str
    period: str = ""
    event_at: str = ""
    version: int = 1


@fact("exchange.duty.noted")
class DutyNoted(Fact, frozen=True, omit_defaults=True):
    """The slip: that a duty was met, corrected or opened again. It has no content and no hash.

    `act` is "submitted", "nil", "corrected", "corrected-to-nil" or "withdrawn"; `starts` the first moment of the
    period in microseconds UTC.
    """

    type: str
    owes: str
    period: str
    starts: int
    number: int
    act: str
    on_behalf: bool = False


@fact("exchange.duty.carried")
class DutyCarried(Fact, frozen=True, omit_defaults=True):
    """A slip of an earlier epoch is continued here: how its writer stood with the duty.

    `reports` maps the number of each report to its state ("value", "nil", "withdrawn") and when it was first so
    (microseconds UTC); `continues` is the hash (hex) of the slip's last entry there.
    """

    type: str
    owes: str
    period: str
    starts: int
    reports: Mapping[str, tuple[str, int]]
    continues: str
    corrected: bool = False
    on_behalf: bool = False


@fact("exchange.waiver.granted")
class WaiverGranted(Fact, frozen=True, omit_defaults=True):
    """A party need not report on a type for a time. `since` and `until` are microseconds UTC, half-open."""

    type: str
    party: str
    ground: str
    since: int
    until: int | None = None


@fact("exchange.waiver.ended")
class WaiverEnded(Fact, frozen=True, omit_defaults=True):
    """A waiver ends before its time."""

    until: int
    ground: str


@fact("exchange.waiver.closed")
class WaiverClosed(Fact, frozen=True, omit_defaults=True):
    """A waiver's account ends here with the epoch, at `until` (microseconds UTC); one that holds on is carried."""

    until: int


@fact("exchange.waiver.carried")
class WaiverCarried(Fact, frozen=True, omit_defaults=True):
    """A waiver in force, carried from an earlier epoch; `continues` is the hash (hex) of its last entry there."""

    type: str
    party: str
    ground: str
    since: int
    granted_at: int
    continues: str
    until: int | None = None


@fact("exchange.type.activated")
class TypeActivated(Fact, frozen=True, omit_defaults=True):
    """A type owed "while active" is switched on, for some parties or (when none is named) for all who take part."""

    type: str
    ground: str
    since: int
    parties: tuple[str, ...] = ()


@fact("exchange.type.deactivated")
class TypeDeactivated(Fact, frozen=True, omit_defaults=True):
    """It is switched off from `until` (microseconds UTC) on."""

    until: int
    ground: str


@fact("exchange.activation.closed")
class ActivationClosed(Fact, frozen=True, omit_defaults=True):
    """The account of a type that is on ends here with the epoch, at `until` (microseconds UTC)."""

    until: int


@fact("exchange.activation.carried")
class ActivationCarried(Fact, frozen=True, omit_defaults=True):
    """A type that is on, carried from an earlier epoch; `continues` is the hash (hex) of its last entry there."""

    type: str
    ground: str
    since: int
    continues: str
    parties: tuple[str, ...] = ()
    until: int | None = None

"""How a duty stands: timeliness × content, from what was noted of it, the waivers and the clock."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from msgspec import Struct

from commonwatch.desks.exchange.rules.duties import Slot

Timeliness = Literal["due", "in_grace", "missing", "on_time", "late", "exempt"]
Content = Literal["value", "nil", "corrected", "withdrawn"] | None
Kind = tuple[Timeliness, Content]
RECEIVED = frozenset({"on_time", "late"})


class Filing(NamedTuple):
    """One report noted for a duty. `by` is its writer: the party, or the center that was told by telephone."""

    by: str
    number: int
    state: Literal["value", "nil", "withdrawn"]
    first_at: datetime
    last_at: datetime
    corrected: bool = False
    on_behalf: bool = False


class Waiver(Struct, frozen=True):
    """A release from a duty for a time, half-open."""

    type: str
    party: str
    since: datetime
    until: datetime | None
    ground: str = ""

    def covers(self, slot: Slot) -> bool:
        """Say whether it covers the moment at which a duty is due."""
        return (
            (self.type, self.party) == (slot.type, slot.party)
            and self.since <= slot.due_at
            and (self.until is None or slot.due_at < self.until)
        )


class Status(NamedTuple):
    """How a duty stands. `minutes` are left until it is due, or gone since; `double`: two of the party's own stand.

    A report that came late is at least one minute late.
    """

    timeliness: Timeliness
    content: Content
    received_at: datetime | None
    minutes: int
    by_telephone: bool = False
    double: bool = False
    ground: str = ""

    @property
    def received(self) -> bool:
        """Whether a report stands."""
        return self.timeliness in RECEIVED


class Tally(NamedTuple):
    """Counts over duties: `owed` leaves out the exempt; `received` is `on_time` and `late` together."""

    owed: int = 0
    received: int = 0
    on_time: int = 0
    late: int = 0
    missing: int = 0
    due: int = 0
    exempt: int = 0
    corrected: int = 0
    nil: int = 0


def status(slot: Slot, filings: Iterable[Filing], *, waivers: Sequence[Waiver] = (), now: datetime) -> Status:
    """Say how a duty stands.

    A withdrawn report opens the duty again. What the center wrote down by telephone fills the duty until the party
    confirms or replaces it: then the party's content counts, and the earlier of the two times. Received exactly
    when it is due is on time. A waiver counts only where nothing was filed.
    """
    known = list(filings)
    standing = [each for each in known if each.state != "withdrawn"]
    if standing:
        return _received(slot, standing)
    withdrawn: Content = "withdrawn" if known else None
    waived = next((each for each in waivers if each.covers(slot)), None)
    if waived:
        return Status("exempt", withdrawn, None, 0, ground=waived.ground)
    if now < slot.due_at:
        return Status("due", withdrawn, None, _minutes(now, slot.due_at))
    gone = _minutes(slot.due_at, now)
    return Status("in_grace" if now < slot.missing_at else "missing", withdrawn, None, gone)


def _received(slot: Slot, standing: Sequence[Filing]) -> Status:
    own = [each for each in standing if not each.on_behalf]
    counted = max(own or standing, key=lambda each: (each.last_at, each.number))
    received_at = min(each.first_at for each in standing)
    content: Content = "nil" if counted.state == "nil" else "corrected" if counted.corrected else "value"
    late = received_at > slot.due_at
    return Status(
        "late" if late else "on_time",
        content,
        received_at,
        max(1, _minutes(slot.due_at, received_at)) if late else _minutes(received_at, slot.due_at),
        by_telephone=not own,
        double=len(own) > 1,
    )


def _minutes(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds() // 60)


def kind(status: Status) -> Kind:
    """Return of a status what is counted."""
    return status.timeliness, status.content


def tally(statuses: Iterable[Status]) -> Tally:
    """Count duties. An exempt duty is not owed; a nil return is received, and counted as nil too."""
    return tally_of(Counter(map(kind, statuses)))


def tally_of(found: Mapping[Kind, int]) -> Tally:
    """Count duties as `tally` does, from how many stand in which way."""
    stand: dict[str, int] = {}
    corrected = nil = 0
    for (timeliness, content), count in found.items():
        stand[timeliness] = stand.get(timeliness, 0) + count
        corrected += count if content == "corrected" else 0
        nil += count if content == "nil" and timeliness in RECEIVED else 0
    on_time, late, exempt = (stand.get(each, 0) for each in ("on_time", "late", "exempt"))
    return Tally(
        owed=sum(stand.values()) - exempt,
        received=on_time + late,
        on_time=on_time,
        late=late,
        missing=stand.get("missing", 0),
        due=stand.get("due", 0) + stand.get("in_grace", 0),
        exempt=exempt,
        corrected=corrected,
        nil=nil,
    )

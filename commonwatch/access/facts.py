"""What the porter writes into the register: who holds which office, and what waits for a second person."""

from collections.abc import Mapping

from commonwatch.register.fact import Fact, fact

Plain = str | int | bool | list[str] | None


@fact("access.office.given")
class OfficeGiven(Fact, frozen=True, omit_defaults=True):
    """An account was given an office of its party for a period (microseconds UTC, half-open).

    `manner` is "holder", "acting" (the chair is vacant) or "deputy" (its holder is away); `account` is a handle that
    names a chair.
    """

    account: str
    office: str
    since: int
    until: int | None = None
    manner: str = "holder"


@fact("access.office.ended")
class OfficeEnded(Fact, frozen=True, omit_defaults=True):
    """An office given ends at `until` (microseconds UTC), before its time or without one."""

    until: int
    ground: str


@fact("access.proposal.made")
class ProposalMade(Fact, frozen=True, omit_defaults=True):
    """One person asks a second to join an act that takes two.

    `act` is the act's mandate, `body` what it would do, word for word, `digest` the SHA-256 (hex) of both: the second
    person names it, so that what is done is what was seen. After `until` (microseconds UTC) it is void.
    """

    act: str
    body: Mapping[str, Plain]
    digest: str
    until: int


@fact("access.proposal.seconded")
class ProposalSeconded(Fact, frozen=True, omit_defaults=True):
    """A second person has joined, and the act was done in the same turn."""

    digest: str


@fact("access.proposal.ended")
class ProposalEnded(Fact, frozen=True, omit_defaults=True):
    """It was taken back by who made it ("withdrawn") or turned down by another ("declined")."""

    how: str
    ground: str


@fact("access.day.digested")
class DayDigested(Fact, frozen=True, omit_defaults=True):
    """What a day's log of reading ("reads") or security ("events") held: how many lines, and their Merkle root (hex).

    `day` is the day in UTC (ISO). The lines themselves stay on the node; whoever holds them can be held to this.
    """

    day: str
    log: str
    count: int
    root: str

"""What a pack says, as frozen values: the vocabulary in which every other room speaks of the organisation.

Names in several languages are mappings of language tag to text (`Texts`). Periods are half-open: the day
`until` is the first day on which a thing no longer holds; `None` means that no end is known. Days are read in
UTC unless a time zone is named.
"""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any, Literal

from msgspec import Struct, field

Texts = Mapping[str, str]

MOST_RESOLVED = 20_000


class Period(Struct, frozen=True):
    """A half-open run of days, with the public source that says so."""

    since: date
    until: date | None = None
    source: str = ""

    def covers(self, day: date) -> bool:
        """Say whether `day` falls inside."""
        return self.since <= day and (self.until is None or day < self.until)


class Participation(Struct, frozen=True):
    """How far a party takes part in a line of work during a period; `line` "*" stands for every line."""

    line: str
    status: Literal["full", "reduced", "absent"]
    since: date
    until: date | None = None
    source: str = ""

    def covers(self, day: date) -> bool:
        """Say whether `day` falls inside."""
        return self.since <= day and (self.until is None or day < self.until)


class Post(Struct, frozen=True):
    """A 24-hour post that can be called. Numbers in a shipped pack are samples and say so."""

    name: Texts
    telephone: str
    sample: bool = False
    source: str = ""


class Party(Struct, frozen=True):
    """A state or organ that writes its own journals."""

    code: str
    kind: str
    name: Texts
    short: Texts
    zone: str = "UTC"
    iso3: str = ""
    capital: Texts = field(default_factory=dict)
    membership: tuple[Period, ...] = ()
    participation: tuple[Participation, ...] = ()
    posts: tuple[Post, ...] = ()
    source: str = ""

    def member_on(self, day: date) -> bool:
        """Say whether the party belongs to the organisation on `day`; one without periods always does."""
        return not self.membership or any(period.covers(day) for period in self.membership)

    def takes_part(self, line: str, day: date) -> bool:
        """Say whether the party takes full part in `line` on `day`.

        The most particular statement wins: one that names the line before one for "*"; without any, a member
        takes part.
        """
        if not self.member_on(day):
            return False
        for wanted in (line, "*"):
            said = [entry for entry in self.participation if entry.line == wanted and entry.covers(day)]
            if said:
                return said[-1].status == "full"
        return True


class Body(Struct, frozen=True):
    """A council, working body or centre of the organisation."""

    code: str
    kind: str
    name: Texts
    parent: str = ""
    aliases: tuple[str, ...] = ()
    decides_by: str = ""
    source: str = ""


class Level(Struct, frozen=True):
    """One step of the label scheme; a higher `rank` is more sensitive."""

    code: str
    rank: int
    name: Texts
    banner: Texts
    tone: Literal["open", "official", "restricted", "secret"]
    stub_only: bool = False
    tlp: str = ""


class Category(Struct, frozen=True):
    """A mark that narrows who may read, beside the level."""

    code: str
    name: Texts


class LabelScheme(Struct, frozen=True, dict=True):
    """Levels in rising order, categories, how TLP 2.0 maps in, and from which level two persons release."""

    levels: tuple[Level, ...]
    categories: tuple[Category, ...] = ()
    tlp: Mapping[str, str] = field(default_factory=dict)
    two_persons_from: str = ""

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """The rank of each level, by its code."""
        return {level.code: level.rank for level in self.levels}

    @cached_property
    def marks(self) -> frozenset[str]:
        """The codes of the categories."""
        return frozenset(category.code for category in self.categories)

    @cached_property
    def lowest(self) -> str:
        """The code of the lowest level, which the public reads."""
        return min(self.levels, key=lambda level: level.rank).code

    @cached_property
    def internal(self) -> str:
        """The code of the lowest level that is not public; in a scheme of one level there is only that one."""
        rising = sorted(self.levels, key=lambda level: level.rank)
        return rising[min(1, len(rising) - 1)].code


class NamedAudience(Struct, frozen=True):
    """A set of readers that people choose by name.

    `parties` holds party codes and the selectors "*" (everybody, the public), "@members" (every member on the
    day), "@line:LINE" (every member that takes full part in that line on the day), "@center" and "@kind:KIND". The
    originator always reads what it wrote; an empty list means the originator alone.
    """

    code: str
    name: Texts
    parties: tuple[str, ...] = ()


class Code(Struct, frozen=True):
    """One value of a codelist."""

    code: str
    name: Texts


class Codelist(Struct, frozen=True):
    """A closed list of values for a field."""

    code: str
    name: Texts
    items: tuple[Code, ...]
    source: str = ""


class Field(Struct, frozen=True):
    """One answer that a report of a type gives.

    Kinds: `integer`; `decimal` (kept as a decimal string); `text`; `code` (one of `codelist`); `codes`
    (several of it); `yes_no`; `date` (ISO day); `instant` (RFC 3339, UTC). `watch` asks for a warning when
    the value is unusual. `same_as` names fields of other types ("D1.events") that ask for the same.
    """

    code: str
    kind: Literal["integer", "decimal", "text", "code", "codes", "yes_no", "date", "instant"]
    name: Texts
    help: Texts = field(default_factory=dict)
    unit: Texts = field(default_factory=dict)
    codelist: str = ""
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    max_length: int = 2000
    cumulative: bool = False
    watch: bool = False
    same_as: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[tuple[str, str], ...]:
        """The fields that ask for the same, as codes of type and field."""
        return tuple((type_, field) for type_, _dot, field in (each.rpartition(".") for each in self.same_as))


class Last(Struct, frozen=True):
    """The value of a field in the party's last report of the same type, for an earlier period."""

    last: str


class When(Struct, frozen=True, rename={"value": "is"}):
    """That another field has a value: this one, one of these, or any where none is named."""

    field: str
    value: str | bool | tuple[str, ...] = ""


class Check(Struct, frozen=True):
    """A rule across fields: `left op right`, or `needs`, a field that must be filled in.

    `left` is a figure or a sum of several; `right` is that, a whole number, or a figure of the last report. With
    `when` it is asked only while another field has a value. A comparison holds when any field of it was left empty.
    `breaks` "refuse" stops the report, "warn" asks to confirm.
    """

    code: str
    says: Texts
    left: str | tuple[str, ...] = ()
    op: Literal["<=", "<", ">=", ">", "==", "!="] = "=="
    right: str | int | tuple[str, ...] | Last = 0
    when: When | None = None
    needs: str = ""
    breaks: Literal["refuse", "warn"] = "refuse"

    @property
    def summed(self) -> tuple[str, ...]:
        """The fields whose sum stands on the left."""
        return (self.left,) if isinstance(self.left, str) else self.left

    @property
    def against(self) -> tuple[str, ...]:
        """The fields whose sum stands on the right, in this report or in the last; none beside a number."""
        if isinstance(self.right, Last):
            return (self.right.last,)
        if isinstance(self.right, str):
            return (self.right,)
        return self.right if isinstance(self.right, tuple) else ()


class Schedule(Struct, frozen=True):
    """When a report of a type falls due.

    `rule` is an RFC 5545 RRULE giving the days; `time` (HH:MM) on those days in `zone` ("UTC", "party" for
    the time of the capital, or an IANA name) is the moment it is due. `grace` (minutes) follows. `period`
    names what is reported on; `covers` "current" is the period that holds the due day, "previous" the one
    before. `while_active` types are owed only while an act has switched them on.
    """

    rule: str
    time: str
    since: date
    period: Literal["day", "week", "month", "quarter"]
    zone: str = "UTC"
    grace: int = 0
    covers: Literal["current", "previous"] = "current"
    while_active: bool = False
    until: date | None = None


class InformationType(Struct, frozen=True):
    """One row of the nomenclature: who owes what, in which form, by when, by which channel, at which label.

    `owed_by` holds party codes and "@members"/"@line:LINE"/"@center"/"@kind:KIND"; `to` says in words or codes who
    receives it. `schedule` None means event-driven; `within` is then the number of minutes allowed once the
    event is known. `audience` and `status` are named audiences: who reads the content, and who learns that
    the duty was met. `lateness` says which clock decides: when it was sent by its owner or when it was
    received here. `proposal` is true where no public source says so and the value is this pack's own
    proposal.
    """

    code: str
    name: Texts
    line: str
    owed_by: tuple[str, ...]
    to: tuple[str, ...]
    level: str
    audience: str
    fields: tuple[Field, ...]
    status: str = ""
    levels: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    schedule: Schedule | None = None
    within: int | None = None
    nil: bool = False
    urgent: bool = False
    stub_only: bool = False
    lateness: Literal["sent", "received"] = "received"
    proposal: bool = True
    source: str = ""
    about: Texts = field(default_factory=dict)


class Office(Struct, frozen=True):
    """A chair in which people sit: what it may do (`mandates`), and how high it may read.

    `of` holds party codes and selectors as in `owed_by`: the parties that have such an office.
    """

    code: str
    name: Texts
    of: tuple[str, ...]
    clearance: str
    mandates: frozenset[str] = frozenset()
    categories: tuple[str, ...] = ()


class Channel(Struct, frozen=True):
    """A way in which information travels."""

    code: str
    name: Texts


class Step(Struct, frozen=True):
    """One state of a procedure, the states that may follow it, and the article that says so."""

    code: str
    name: Texts
    follows: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    article: str = ""


class Procedure(Struct, frozen=True):
    """A named state machine of the organisation, as data."""

    code: str
    name: Texts
    first: str
    steps: tuple[Step, ...]
    source: str = ""


class Regulation(Struct, frozen=True):
    """The instrument on which the information types rest."""

    name: Texts
    version: str
    in_force: date | None = None
    source: str = ""


class Timers(Struct, frozen=True):
    """How long things of the duty desk may take: minutes, and days or counts where the name says so."""

    question_routine: int = 1440
    question_urgent: int = 240
    relay: int = 15
    relay_acknowledged: int = 30
    confirmation: int = 180
    card_stale_days: int = 35
    nil_run: int = 7


class LadderStep(Struct, frozen=True):
    """One step of a ladder: so many minutes `after` the due time (negative before it) these offices are told.

    An `urgent` step is sent in somebody's quiet hours too.
    """

    code: str
    name: Texts
    after: int
    offices: tuple[str, ...]
    urgent: bool = False


class Ladder(Struct, frozen=True):
    """Who is told of one kind of thing that waits, and when."""

    kind: Literal["duty", "question", "relay", "confirmation", "card", "handover", "drill"]
    steps: tuple[LadderStep, ...]


class Shift(Struct, frozen=True):
    """One shift of the duty desk: it `starts` at HH:MM, UTC, and lasts so many minutes."""

    code: str
    name: Texts
    starts: str
    minutes: int


class DrillMessage(Struct, frozen=True):
    """A test message of a drill: the information type that is played, and within how many minutes it is to come."""

    type: str
    within: int


class Drill(Struct, frozen=True):
    """A drill of the posts: within how many minutes a call is to be acknowledged, and which messages are to come."""

    code: str
    name: Texts
    acknowledge: int
    messages: tuple[DrillMessage, ...] = ()


class DutyDesk(Struct, frozen=True):
    """What a pack says of the duty desk; without a file of it, the defaults and no ladder, shift or drill.

    `cards` is the code of the information type that is the contact card of a post; empty where there is none.
    """

    cards: str = ""
    timers: Timers = Timers()
    ladders: tuple[Ladder, ...] = ()
    shifts: tuple[Shift, ...] = ()
    drills: tuple[Drill, ...] = ()

    def ladder(self, kind: str) -> tuple[LadderStep, ...]:
        """Return the steps for a kind of thing that waits, from the earliest; none where the pack has no ladder."""
        found = (step for each in self.ladders if each.kind == kind for step in each.steps)
        return tuple(sorted(found, key=lambda step: step.after))


class Checkpoints(Struct, frozen=True):
    """How journals are signed: `second_signature` names the algorithm of a signature beside the first one."""

    second_signature: Literal["none", "ml-dsa-44"] = "none"


class Pack(Struct, frozen=True, dict=True):
    """A whole organisation, read from its folder and checked.

    `digest` is the SHA-256 (hex) of the pack's files in name order; `center` is the code of the party whose
    duty officers keep the watch.
    """

    organisation: str
    name: Texts
    version: str
    digest: str
    languages: tuple[str, ...]
    center: str
    labels: LabelScheme
    regulation: Regulation
    parties: tuple[Party, ...]
    types: tuple[InformationType, ...]
    offices: tuple[Office, ...]
    audiences: tuple[NamedAudience, ...]
    bodies: tuple[Body, ...] = ()
    codelists: tuple[Codelist, ...] = ()
    channels: tuple[Channel, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    lines: Mapping[str, Texts] = field(default_factory=dict)
    duty: DutyDesk = DutyDesk()
    checkpoints: Checkpoints = Checkpoints()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def signs_twice(self) -> bool:
        """Say whether checkpoints carry a second signature, by ML-DSA-44."""
        return self.checkpoints.second_signature == "ml-dsa-44"

    def party(self, code: str) -> Party:
        """Return the party of that code.

        :raises KeyError: when the pack has none.
        """
        return self._parties[code]

    def type(self, code: str) -> InformationType:
        """Return the information type of that code.

        :raises KeyError: when the pack has none.
        """
        return self._types[code]

    def office(self, code: str) -> Office:
        """Return the office of that code.

        :raises KeyError: when the pack has none.
        """
        return self._offices[code]

    def codelist(self, code: str) -> Codelist:
        """Return the codelist of that code.

        :raises KeyError: when the pack has none.
        """
        return self._codelists[code]

    def level(self, code: str) -> Level:
        """Return the level of that code.

        :raises KeyError: when the pack has none.
        """
        return self._levels[code]

    def has_party(self, code: str) -> bool:
        """Say whether the pack knows a party of that code."""
        return code in self._parties

    def has_type(self, code: str) -> bool:
        """Say whether the pack knows an information type of that code."""
        return code in self._types

    def select(self, selectors: tuple[str, ...], *, on: date) -> tuple[str, ...]:
        """Resolve party codes and selectors ("@members", "@line:LINE", "@center", "@kind:KIND") on a day.

        Codes come in the pack's order. "*" is not a set of parties and is left out: `readers` resolves
        audiences.
        """
        key = (selectors, on)
        if key not in self._selected:
            if len(self._selected) > MOST_RESOLVED:
                self._selected.clear()
            self._selected[key] = tuple(
                party.code for party in self.parties if any(self._is(party, each, on) for each in selectors)
            )
        return self._selected[key]

    def readers(self, audience: str, *, originator: str, on: date) -> tuple[str, ...]:
        """Resolve a named audience to its readers on a day: sorted codes with the originator, or ("*",).

        :raises KeyError: when the pack names no such audience.
        """
        key = (audience, originator, on)
        if key not in self._resolved:
            named = self._audiences[audience]
            chosen = ("*",) if "*" in named.parties else {*self.select(named.parties, on=on), originator}
            if len(self._resolved) > MOST_RESOLVED:
                self._resolved.clear()
            self._resolved[key] = tuple(sorted(chosen))
        return self._resolved[key]

    def named(self, readers: tuple[str, ...], *, writer: str, on: date) -> tuple[str, ...]:
        """Name the audiences that resolve to exactly these readers (sorted codes) for a writer on a day.

        "CODE" is an audience of the writer's own matter. Only where there is none, "CODE:PARTY" is one of that
        party's matter, which the writer writes down and so reads too. In the pack's order; none for readers that
        nobody has named.
        """
        key = (readers, writer, on)
        if key not in self._named:
            own = [each.code for each in self.audiences
                   if self.readers(each.code, originator=writer, on=on) == readers]  # fmt: skip
            if len(self._named) > MOST_RESOLVED:
                self._named.clear()
            self._named[key] = tuple(own or self._named_for_others(readers, writer=writer, on=on))
        return self._named[key]

    def _named_for_others(self, readers: tuple[str, ...], *, writer: str, on: date) -> list[str]:
        return [
            f"{each.code}:{party.code}"
            for each in self.audiences
            for party in self.parties
            if "*" not in each.parties
            and tuple(sorted({*self.readers(each.code, originator=party.code, on=on), writer})) == readers
        ]

    def has_audience(self, code: str) -> bool:
        """Say whether the pack names an audience of that code."""
        return code in self._audiences

    def audience(self, code: str) -> NamedAudience:
        """Return the named audience of that code.

        :raises KeyError: when the pack has none.
        """
        return self._audiences[code]

    def _is(self, party: Party, selector: str, day: date) -> bool:
        if selector == "@members":
            return bool(party.membership) and party.member_on(day)
        if selector == "@center":
            return party.code == self.center
        if selector.startswith("@line:"):
            return bool(party.membership) and party.takes_part(selector.removeprefix("@line:"), day)
        if selector.startswith("@kind:"):
            return party.kind == selector.removeprefix("@kind:")
        return party.code == selector

    @cached_property
    def _selected(self) -> dict[tuple[tuple[str, ...], date], tuple[str, ...]]:
        return {}

    @cached_property
    def _resolved(self) -> dict[tuple[str, str, date], tuple[str, ...]]:
        return {}

    @cached_property
    def _named(self) -> dict[tuple[tuple[str, ...], str, date], tuple[str, ...]]:
        return {}

    @cached_property
    def _parties(self) -> dict[str, Party]:
        return {item.code: item for item in self.parties}

    @cached_property
    def _types(self) -> dict[str, InformationType]:
        return {item.code: item for item in self.types}

    @cached_property
    def _offices(self) -> dict[str, Office]:
        return {item.code: item for item in self.offices}

    @cached_property
    def _codelists(self) -> dict[str, Codelist]:
        return {item.code: item for item in self.codelists}

    @cached_property
    def _levels(self) -> dict[str, Level]:
        return {item.code: item for item in self.labels.levels}

    @cached_property
    def _audiences(self) -> dict[str, NamedAudience]:
        return {item.code: item for item in self.audiences}

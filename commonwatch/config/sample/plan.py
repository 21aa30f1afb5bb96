"""The plan of the sample: what each party does and when, as a pure function of the pack, the seed and the start.

A duty's fate hangs on the seed and the duty alone, so the same plan fills the sixty days, the gap after a night in
which the demo was off, and tells the posts of the living day when to send what.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from random import Random
from typing import Any, Final, NamedTuple

from commonwatch.charter.model import InformationType, Pack, Party
from commonwatch.config.sample import words
from commonwatch.config.sample.deeds import Deed, stamp
from commonwatch.config.sample.figures import FLOOD_DAYS, FLOODED, Figures, corrected
from commonwatch.desks.exchange import rules

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SUMMARY: Final = "D2"
WAIVED: Final = ("T7", "KG")
REACH_BACK: Final = 100 * DAY


class Habit(NamedTuple):
    """How a post works: minutes before the due time at which it mostly sends, and how often it strays."""

    ahead: int
    late: float
    missing: float
    nil: float


HABITS: Final[Mapping[str, Habit]] = {
    "BY": Habit(ahead=24, late=0.03, missing=0.01, nil=0.35),
    "KG": Habit(ahead=12, late=0.14, missing=0.04, nil=0.2),
    "KZ": Habit(ahead=35, late=0.05, missing=0.02, nil=0.1),
    "RU": Habit(ahead=48, late=0.04, missing=0.01, nil=0.05),
    "TJ": Habit(ahead=15, late=0.1, missing=0.05, nil=0.15),
    "CRC": Habit(ahead=14, late=0.03, missing=0.0, nil=0.0),
}
ODDS: Final = (("corrected", 0.05), ("telephone", 0.015), ("withdrawn", 0.006), ("double", 0.004))

# What the board must show whenever the sample is made; the party is a wish.
EXHIBITS: Final = (
    ("missing", "TJ"), ("late", "KG"), ("corrected", "KZ"), ("telephone", "TJ"), ("nil", "BY"), ("double", "RU"),
    ("on_time", "RU"), ("late", "KZ"), ("missing", "KG"),
)  # fmt: skip
# Where nothing to report is an answer that somebody would give while the rest of the sample goes on.
NIL: Final = ("D1", "T4", "T6", "T7")
SHOWN_FIRST: Final = ("D1", "T1", "T8", "T9", "K1", "P1")
Key = tuple[str, str, str]


class Plan:
    """The deeds of a sample that was begun at `start` (aware, UTC) and reaches back `days` before it."""

    def __init__(self, pack: Pack, *, seed: int, start: datetime, days: int) -> None:
        self.pack, self.seed, self.start, self.days = pack, seed, start, days
        self.first = start - days * DAY
        self.figures = Figures(seed=seed, start=start.date())
        self.active = [
            rules.Activation(type="T1", since=self.first + MINUTE),
            rules.Activation(
                type="T8", since=max(self.first + 2 * MINUTE, start - FLOOD_DAYS * DAY), parties=FLOODED
            ),
        ]
        self.waiver = rules.Waiver(
            *WAIVED, since=max(self.first + 3 * MINUTE, start - 20 * DAY), until=start + 40 * DAY
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Let another process make the same plan."""
        return partial(Plan, seed=self.seed, start=self.start, days=self.days), (self.pack,)

    def deeds(self, *, since: datetime, until: datetime) -> list[Deed]:
        """List what is done in (since, until], in order."""
        found = [*self._switches(), *self._before(), *self._shown_events()]
        for slot in self._slots(since - 6 * DAY, until + DAY):
            found.extend(self.of_slot(slot))
        found.extend(self._of_days(since - DAY, until))
        found = [each for each in found if since < each.at <= until and each.at > self.first]
        return sorted(found, key=lambda each: (each.at, each.by, each.type, each.owes, each.period, each.act))

    def fate(self, slot: rules.Slot) -> str:
        """Name what becomes of a duty: "on_time", "nil", "late", "missing", "corrected", "telephone" and others."""
        said = self.special.get((slot.type, slot.party, slot.period))
        if said or self.waiver.covers(slot):
            return said or "exempt"
        rng = self.dice("fate", slot.type, slot.party, slot.period)
        habit = HABITS.get(slot.party, HABITS["CRC"])
        drawn = rng.random()
        for name, odds in (("missing", habit.missing), ("late", habit.late), *ODDS, ("nil", habit.nil)):
            drawn -= odds
            if drawn < 0:
                return self._possible(name, slot)
        return "on_time"

    def _possible(self, name: str, slot: rules.Slot) -> str:
        """Give way where a type cannot have a fate: no nil return, or too secret for its own writer to read again."""
        type_ = self.pack.type(slot.type)
        if (name == "nil" and not (type_.nil and slot.type in NIL)) or (
            type_.stub_only and name not in {"missing", "late"}
        ):
            return "on_time"
        return "on_time" if slot.party == self.pack.center and name == "telephone" else name

    def dice(self, *names: str) -> Random:
        """Return a generator that hangs on the seed and these names alone."""
        return Random("|".join((str(self.seed), *names)))  # noqa: S311 - an invented day, not a key

    # What falls due.

    def _owing(self) -> Iterator[tuple[InformationType, Party]]:
        for type_ in self.pack.types:
            if type_.schedule:
                codes = self.pack.select(type_.owed_by, on=self.start.date())
                yield from ((type_, self.pack.party(code)) for code in codes)

    def _slots(self, since: datetime, until: datetime) -> Iterator[rules.Slot]:
        for type_, party in self._owing():
            yield from rules.slots(type_, party, since=since, until=until, active=self.active)

    @cached_property
    def special(self) -> Mapping[Key, str]:
        """The duties on the board of the start whose fate is fixed, so that the board shows every standing."""
        now, board = self.start, []
        for type_, party in self._owing():
            slot = rules.board_slot(type_, party, now=now, active=self.active)
            if slot and type_.code in SHOWN_FIRST and not self.waiver.covers(slot):
                board.append(slot)
        order = {code: place for place, code in enumerate(SHOWN_FIRST)}
        board.sort(key=lambda slot: (order[slot.type], slot.party))
        fixed: dict[Key, str] = {}
        for name, wish in EXHIBITS:
            free = [each for each in board if each[:3] not in fixed and self._may_show(name, each)]
            chosen = next((each for each in free if each.party == wish), free[0] if free else None)
            if chosen:
                fixed[chosen[:3]] = name
        return fixed | self._left_to_people()

    def _left_to_people(self) -> dict[Key, str]:
        """Leave the summary of the day to whoever sits down at the Center."""
        owing = [each for each in self._owing() if each[0].code == SUMMARY]
        slots = [rules.board_slot(*each, now=self.start, active=self.active) for each in owing]
        return {slot[:3]: "missing" for slot in slots if slot}

    def _may_show(self, name: str, slot: rules.Slot) -> bool:
        gone = slot.due_at <= self.start - 45 * MINUTE
        if name == "missing":
            gone = slot.missing_at <= self.start
        ahead = slot.type == "D1" and name in {"corrected", "nil", "on_time"}
        return (gone or ahead) and self._possible(name, slot) == name

    # From a duty to deeds.

    def slot(self, type_: str, party: str, period: str) -> rules.Slot | None:
        """Return a duty of the plan, or None when it has none."""
        return rules.slot_of(self.pack.type(type_), self.pack.party(party), period, active=self.active)

    def of_slot(self, slot: rules.Slot) -> list[Deed]:
        """List what is done about one duty."""
        shapes: Mapping[str, Callable[[rules.Slot, Random], list[Deed]]] = {
            "on_time": self._on_time,
            "nil": self._nil,
            "late": self._late,
            "corrected": self._corrected,
            "withdrawn": self._withdrawn,
            "double": self._double,
            "telephone": self._telephone,
        }
        fate = self.fate(slot)
        if fate not in shapes or slot.due_at <= self.first:
            return []
        return shapes[fate](slot, self.dice("when", slot.type, slot.party, slot.period))

    def _early(self, slot: rules.Slot, rng: Random) -> datetime:
        """Return when a post sends that is not late; what is shown at the start lies before it."""
        habit = HABITS.get(slot.party, HABITS["CRC"])
        scale = 1 if self._daily(slot) else 6
        ahead = min(rng.lognormvariate(math.log(habit.ahead * scale), 0.5), 600)
        at = slot.due_at - ahead * MINUTE
        if slot[:3] in self.special:
            at = min(at, self.start - rng.uniform(50, 70) * MINUTE)
        # What was sent before the sample begins, or before its type was switched on, is sent as that is so.
        on = [
            each.since + MINUTE
            for each in self.active
            if each.type == slot.type and each.since <= slot.due_at
        ]
        return max(at, self.first + 5 * MINUTE, *on).replace(microsecond=0)

    def _daily(self, slot: rules.Slot) -> bool:
        return (slot.ends - slot.starts) <= DAY

    def _soon(self, slot: rules.Slot, at: datetime, rng: Random, *, hours: float) -> datetime:
        """Return a moment some time after another; what is shown at the start lies before it."""
        gone = rng.uniform(0.3, 1.0) * hours * HOUR
        if slot[:3] in self.special:
            gone = min(gone, 0.7 * (self.start - at))
        return (at + gone).replace(microsecond=0)

    def _filed(self, slot: rules.Slot, at: datetime, *, version: int = 1, nil: bool = False) -> Deed:
        values = {} if nil else self.values(slot, version=version)
        return Deed(at, "submit", slot.party, slot.type, slot.party, slot.period, values=values, nil=nil)

    def _on_time(self, slot: rules.Slot, rng: Random) -> list[Deed]:
        return [self._filed(slot, self._early(slot, rng))]

    def _nil(self, slot: rules.Slot, rng: Random) -> list[Deed]:
        return [self._filed(slot, self._early(slot, rng), nil=True)]

    def _late(self, slot: rules.Slot, rng: Random) -> list[Deed]:
        grace = max(slot.missing_at - slot.due_at, 30 * MINUTE)
        gone = rng.uniform(0.1, 0.9) * grace + (2 * HOUR if rng.random() < 0.12 else timedelta())
        if slot[:3] in self.special:
            gone = min(gone, 0.6 * (self.start - slot.due_at))
        return [self._filed(slot, (slot.due_at + gone).replace(microsecond=0))]

    def _corrected(self, slot: rules.Slot, rng: Random) -> list[Deed]:
        first = self._filed(slot, self._early(slot, rng))
        at = self._soon(slot, first.at, rng, hours=5)
        reason = rng.choice(words.REASONS)
        values = corrected(slot.type, first.values)
        return [first, first._replace(at=at, act="correct", writer=slot.party, values=values, text=reason)]

    def _withdrawn(self, slot: rules.Slot, rng: Random) -> list[Deed]:
        first = self._filed(slot, self._early(slot, rng), version=2)
        taken = self._soon(slot, first.at, rng, hours=0.3)
        again = self._soon(slot, taken, rng, hours=0.2)
        back = first._replace(at=taken, act="withdraw", writer=slot.party, values={}, text=words.TAKEN_BACK)
        return [first, back, self._filed(slot, again)]

    def _double(self, slot: rules.Slot, rng: Random) -> list[Deed]:
        first = self._filed(slot, self._early(slot, rng))
        return [first, self._filed(slot, self._soon(slot, first.at, rng, hours=0.3), version=2)]

    def _telephone(self, slot: rules.Slot, rng: Random) -> list[Deed]:
        """Let the Center write down what the post says; mostly the party confirms it some hours later."""
        at = self._early(slot, rng)
        told = self._filed(slot, at)._replace(by=self.pack.center, channel="telephone")
        if slot[:3] in self.special:
            return [told]
        confirmed = self._soon(slot, at, rng, hours=6)
        return [
            told,
            told._replace(at=confirmed, act="confirm", by=slot.party, writer=self.pack.center, values={}),
        ]

    def values(self, slot: rules.Slot, *, version: int = 1) -> dict[str, Any]:
        """Return the values of the report that fills a duty."""
        if slot.type == SUMMARY:
            return self._summary(slot)
        return self.figures.values(slot.type, slot.party, slot.period, version=version)

    def _summary(self, slot: rules.Slot) -> dict[str, Any]:
        day = slot.starts
        due = [each for each in self._slots(day, day + 8 * HOUR) if each.type in {"D1", "T8"}]
        fates = [self.fate(each) for each in due]
        late, missing = fates.count("late"), fates.count("missing")
        rng = self.dice("summary", slot.period)
        return {
            "summary": rng.choice(words.SUMMARY),
            "obligations_due": len(due),
            "obligations_met": len(due) - missing,
            "late": late,
            "open_requests": rng.randint(0, 3),
            "watch_list": "SAMPLE: Floods in three states.",
            "edition": 1,
        }

    # What is switched on, waived, and was sent before.

    def _switches(self) -> list[Deed]:
        center = self.pack.center
        grounds = {"T1": words.EPIDEMIC, "T8": words.FLOOD}
        found = [
            Deed(
                each.since,
                "activate",
                center,
                each.type,
                center,
                text=grounds[each.type],
                parties=each.parties,
            )
            for each in self.active
        ]
        type_, party = WAIVED
        waived = Deed(
            self.waiver.since, "waive", center, type_, party, text=words.WAIVED, until=self.waiver.until
        )
        return [*found, waived]

    def _before(self) -> Iterator[Deed]:
        """Yield what stood on the board when the sample begins: it counts as sent when it was."""
        for type_, party in self._owing():
            slots = rules.slots(
                type_, party, since=self.first - REACH_BACK, until=self.first, active=self.active
            )
            if not slots or self._daily(slots[-1]) or self.fate(slots[-1]) in {"missing", "exempt"}:
                continue
            slot = slots[-1]
            known = slot.due_at - (-HOUR if self.fate(slot) == "late" else HOUR)
            deed = self._filed(slot, self.first + 4 * MINUTE, nil=self.fate(slot) == "nil")
            yield deed._replace(known_at=stamp(known))

    # What happens.

    def _of_days(self, since: datetime, until: datetime) -> Iterator[Deed]:
        day = since.date()
        while day <= until.date():
            yield self._handover(day)
            for code in self.pack.select(("@members", "@kind:organ"), on=day):
                found = self._of_day(code, day)
                # What follows from something before the sample begins has nothing to follow from.
                yield from found if found and found[0].at > self.first else ()
            day += DAY

    def _handover(self, day: date) -> Deed:
        rng = self.dice("handover", day.isoformat())
        at = self._at(day, 5, rng.randint(2, 9))
        values = {
            "handed_over_at": stamp(at),
            "open_items": rng.choice(words.HANDOVER),
            "alarms": rng.randint(0, 1),
            "comms": "working",
        }
        return Deed(at, "submit", self.pack.center, "D3", self.pack.center, event_at=stamp(at), values=values)

    def _of_day(self, party: str, day: date) -> list[Deed]:
        rng = self.dice("events", party, day.isoformat())
        when = self._at(day, rng.randint(0, 23), rng.randint(0, 59))
        drawn = rng.random()
        if party in HABITS and party != self.pack.center:
            if drawn < 0.006:
                return self._crisis(party, when, rng)
            kind = "T2" if drawn < 0.012 else "C1" if drawn < 0.05 else "R1-R2" if drawn < 0.1 else ""
        else:
            kind = (
                "C2" if party == "CCC" and drawn < 0.06 else "R1-R2" if drawn < 0.03 and party != "AM" else ""
            )
        if kind == "R1-R2":
            return self._question(party, when, rng)
        return self._event(kind, party, when, rng) if kind else []

    def _at(self, day: date, hour: int, minute: int) -> datetime:
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)

    def _event(self, kind: str, party: str, at: datetime, rng: Random, *, seen: float = 0.8) -> list[Deed]:
        """Return a report on an event, and mostly the Center's note that it has seen it."""
        known = stamp(at - rng.randint(5, 50) * MINUTE)
        values = self.figures.values(kind, party, known)
        values |= {"detected_at": known} if kind == "C1" else {}
        told = Deed(at, "submit", party, kind, party, event_at=known, values=values)
        if party == self.pack.center or rng.random() >= seen:
            return [told]
        later = at + rng.randint(3, 40) * MINUTE
        return [told, told._replace(at=later, act="seen", by=self.pack.center, writer=party, values={})]

    def _crisis(self, party: str, at: datetime, rng: Random, *, seen: float = 1.0) -> list[Deed]:
        """Return a sign of crisis, its relay by the Center and its check by the state."""
        found = self._event("U1", party, at, rng, seen=seen)
        center, relayed, checked = self.pack.center, at + 12 * MINUTE, at + 150 * MINUTE
        notice = f"SAMPLE: the notice of {party}, {found[0].event_at}"
        relay = {"notice": notice, "relayed_at": stamp(relayed), "sign": "emergency", "severity": "moderate"}
        check = {"notice": notice, "answer": "confirmed", "checked_at": stamp(checked), "reliability": "A",
                 "credibility": "1", "text": "SAMPLE: The engineers have seen it; there is no danger now."}  # fmt: skip
        return [
            *found,
            Deed(relayed, "submit", center, "U2", center, event_at=found[0].event_at, values=relay),
            Deed(checked, "submit", party, "U3", party, event_at=stamp(checked - 5 * MINUTE), values=check),
        ]

    def _question(self, party: str, at: datetime, rng: Random, *, answered: bool = True) -> list[Deed]:
        """Return a question and mostly its answer."""
        number = rng.randrange(len(words.QUESTIONS))
        others = [each for each in ("BY", "KZ", "RU", "TJ", "KG") if each != party]
        to, later = rng.choice(others), at + rng.randint(40, 600) * MINUTE
        asked = {"act": "question", "addressee": to, "urgency": "routine", "due_at": stamp(at + DAY),
                 "text": words.QUESTIONS[number]}  # fmt: skip
        said = {"act": "answer", "addressee": party, "urgency": "routine", "text": words.ANSWERS[number]}
        question = Deed(at, "submit", party, "R1-R2", party, event_at=stamp(at - MINUTE), values=_told(asked))
        if not answered:
            return [question]
        return [
            question,
            Deed(later, "submit", to, "R1-R2", to, event_at=stamp(later - MINUTE), values=_told(said)),
        ]

    def _shown_events(self) -> list[Deed]:
        """Return the events of the last hours before the start, some of them not seen yet."""
        rng = self.dice("shown")

        def before(hours: float) -> datetime:
            return (self.start - hours * HOUR).replace(second=0, microsecond=0)

        return [
            *self._crisis("KG", before(2.2), rng, seen=0.0)[:2],
            *self._event("T2", "KZ", before(20), rng, seen=1.0),
            *self._event("C1", "BY", before(9), rng, seen=0.0),
            *self._event("T8", "TJ", before(5), rng, seen=0.0),
            *self._question("SEC", before(4), rng, answered=False),
            *self._question("RU", before(26), rng),
        ]


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Mark the addressee, a free text, as a sample."""
    return {**values, "addressee": f"SAMPLE: {values['addressee']}"}

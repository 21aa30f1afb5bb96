"""Invented figures: smooth, with the rhythm of the week, the same for the same seed, type, party and period."""

import math
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any, Final

from commonwatch.config.sample import words
from commonwatch.desks.exchange.rules import period_bounds

# What stands for the size of a state: the invented figures grow with it.
SIZE: Final[Mapping[str, float]] = {"AM": 3, "BY": 9, "KG": 7, "KZ": 20, "RU": 60, "TJ": 10}
WEEK: Final = (1.0, 1.04, 1.02, 1.0, 0.95, 0.72, 0.63)
ORIGIN: Final = date(2024, 1, 1)
AHEAD: Final = 800
SPIKE: Final = 4

# The figure that a correction changes, by type; a type without one has its text changed.
CORRECTS: Final[Mapping[str, str]] = {
    "D1": "events", "D2": "open_requests", "T1": "tests_new", "T3": "entered", "T4": "incidents", "T5": "clashes",
    "T6": "facts", "T7": "campaigns", "T8": "evacuated", "T9": "weapons", "C1": "indicators", "T2": "persons_ill",
}  # fmt: skip

FLOODED: Final = ("KG", "KZ", "TJ")
FLOOD_DAYS: Final = 10

Values = dict[str, Any]


class Figures:
    """The figures of one sample. Two are unusual: new cases in KZ two days, entries into TJ one week before `start`."""

    def __init__(self, *, seed: int, start: date) -> None:
        self.seed, self.start = seed, start
        self._epidemic = cache(self._epidemic_of)
        self._makers: Mapping[str, Callable[[Random, str, date], Values]] = {
            "D1": self._daily,
            "T1": self._epidemic_day,
            "T3": self._migration,
            "T4": self._border,
            "T5": self._digest,
            "T6": self._military,
            "T7": self._information,
            "T8": self._emergency,
            "T9": self._crime,
            "P1": self._readiness,
            "K1": self._card,
            "C1": self._incident,
            "C2": self._advice,
            "U1": self._sign,
            "T2": self._illness,
        }

    def values(self, type_: str, party: str, period: str, *, version: int = 1) -> Values:
        """Return the values of a report; for a report on an event, `period` is any name of it.

        :raises KeyError: for a type that the sample does not report on.
        """
        rng = Random(f"{self.seed}|{type_}|{party}|{period}|values")  # noqa: S311 - invented figures, not keys
        day = _day(period) or self.start
        values = self._makers[type_](rng, party, day)
        for _again in range(1, version):
            values = corrected(type_, values)
        return values

    def _level(  # noqa: PLR0913 - the shape of a curve, by name
        self, party: str, day: date, *, days: int, scale: float, rng: Random, week: bool = True
    ) -> int:
        """Return a figure: the state's size, a slow wave of that many days, the week, and a little chance."""
        wave = 1 + 0.22 * math.sin(2 * math.pi * (day.toordinal() / days + SIZE[party] / 10))
        rhythm = WEEK[day.weekday()] if week else 1.0
        return max(0, round(scale * SIZE[party] * wave * rhythm * rng.uniform(0.94, 1.06)))

    def _daily(self, rng: Random, party: str, day: date) -> Values:
        events = 3 + self._level(party, day, days=30, scale=1.1, rng=rng)
        flooded = self._flooded(party, day)
        drawn = rng.random()
        if drawn < 0.1 and flooded is None:
            return {"change": "no_change", "events": 0}
        if drawn < 0.55:
            topic = "emergencies" if flooded is not None else "other"
            affected = events // 4 if flooded is None else flooded
            return {"change": "change", "topics": [topic], "events": events, "persons_affected": affected}
        topics = sorted(
            rng.sample(["epidemic", "migration", "border", "emergencies", "information", "other"], 2)
        )
        return {
            "change": "change",
            "topics": topics,
            "text": rng.choice(words.CHANGED),
            "events": events + 1,
            "persons_affected": events // 3 if flooded is None else flooded,
            "area": rng.choice(["north", "south", "east", "west", "centre"]),
            "confidence": rng.choice(["high", "high", "moderate"]),
            "outlook": rng.choice(words.OUTLOOK),
        }

    def _flooded(self, party: str, day: date) -> int | None:
        """Return how many the flood of the sample affects on a day; None where there is none."""
        gone = FLOOD_DAYS - (self.start - day).days
        if party not in FLOODED or gone < 0:
            return None
        rng = Random(f"{self.seed}|flood|{party}|{day}")  # noqa: S311 - invented figures
        return round(60 * SIZE[party] * max(0.1, 1 - gone / 14) * rng.uniform(0.95, 1.05))

    def _epidemic_of(self, party: str) -> tuple[list[int], list[int]]:
        """Return new cases and new deaths for every day from ORIGIN on."""
        rng = Random(f"{self.seed}|epidemic|{party}")  # noqa: S311 - invented figures
        spike = self.start - timedelta(days=2)
        cases, deaths = [], []
        for number in range((self.start - ORIGIN).days + AHEAD):
            day = ORIGIN + timedelta(days=number)
            new = self._level(party, day, days=75, scale=11, rng=rng)
            cases.append(new * SPIKE if (party, day) == ("KZ", spike) else new)
            deaths.append(round(new * 0.009 * rng.uniform(0.6, 1.4)))
        return cases, deaths

    def _epidemic_day(self, rng: Random, party: str, day: date) -> Values:
        cases, deaths = self._epidemic(party)
        at = (day - ORIGIN).days
        total, died = 1000 + sum(cases[: at + 1]), 10 + sum(deaths[: at + 1])
        before, now = sum(cases[at - 14 : at - 7]), sum(cases[at - 7 : at])
        trend = "rising" if now > 1.04 * before else "falling" if now < 0.96 * before else "stable"
        return {
            "cases_total": total,
            "cases_new": cases[at],
            "deaths_total": died,
            "deaths_new": deaths[at],
            "recovered_total": total - died - sum(cases[at - 11 : at + 1]),
            "tests_new": cases[at] * rng.randint(14, 18),
            "hospital_beds_used": f"{rng.uniform(28, 34) + 8 * cases[at] / (1 + max(cases[at - 60 : at])):.1f}",
            "trend": trend,
            "border_measures": "screening",
            "measures": rng.choice(words.MEASURES),
        }

    def _migration(self, rng: Random, party: str, day: date) -> Values:
        entered = self._level(party, day, days=120, scale=2400, rng=rng, week=False)
        if party == "TJ" and self.start - timedelta(days=14) < day + timedelta(days=7) <= self.start:
            entered *= 3
        return {
            "entered": entered,
            "left": round(entered * rng.uniform(0.9, 0.98)),
            "refused": round(entered * rng.uniform(0.009, 0.013)),
            "returned": round(entered * rng.uniform(0.003, 0.005)),
            "asylum": rng.randint(0, 4 + int(SIZE[party])),
            "trend": rng.choice(["stable", "stable", "rising", "falling"]),
            "large_movements": rng.choice(words.MOVEMENTS),
            "measures": rng.choice(words.MEASURES),
        }

    def _border(self, rng: Random, party: str, _day: date) -> Values:
        incidents = rng.randint(0, 3)
        return {
            "section": "west" if party in {"BY", "RU"} else "other",
            "incident": rng.choice(["smuggling", "crossing"]) if incidents else "none",
            "incidents": incidents,
            "killed": 0,
            "injured": 0,
            "text": rng.choice(words.BORDER),
            "talks": rng.choice(["none", "local"]),
            "outlook": "stable",
        }

    def _digest(self, rng: Random, _party: str, _day: date) -> Values:
        return {
            "sources": rng.choice(["official", "both"]),
            "event_classes": ["clash", "displacement"],
            "clashes": rng.randint(4, 8),
            "terror_acts": rng.randint(0, 2),
            "near_border": rng.randint(0, 1),
            "trend": rng.choice(["stable", "unclear"]),
            "text": rng.choice(words.DIGEST),
            "confidence": "moderate",
        }

    def _military(self, rng: Random, party: str, _day: date) -> Values:
        return {
            "activity": ["exercise", "flights"],
            "region": "eastern-europe" if party in {"BY", "RU"} else "central-asia",
            "facts": rng.randint(2, 6),
            "sources": "official",
            "text": rng.choice(words.FACTS),
            "trend": "stable",
        }

    def _information(self, rng: Random, _party: str, _day: date) -> Values:
        return {
            "themes": [rng.choice(["panic", "state", "organisation"])],
            "media": ["messenger", "social"],
            "reach": rng.choice(["local", "national"]),
            "campaigns": rng.randint(1, 4),
            "text": rng.choice(words.CLAIMS),
            "measures": rng.choice(words.MEASURES),
        }

    def _emergency(self, rng: Random, party: str, day: date) -> Values:
        gone = 10 - (self.start - day).days
        left = max(0.1, 1 - gone / 14)
        affected = self._flooded(party, day) or round(60 * SIZE[party] * left)
        return {
            "hazard": "flood",
            "course": "beginning" if gone < 2 else "ongoing" if left > 0.2 else "contained",
            "severity": "moderate" if left > 0.4 else "minor",
            "place": "SAMPLE: three districts in the south",
            "area": "south",
            "persons_affected": affected,
            "deaths": 0,
            "evacuated": affected // 5,
            "needs": ["none"] if left < 0.6 else ["shelter"],
            "text": rng.choice(words.EMERGENCY),
        }

    def _crime(self, rng: Random, party: str, _day: date) -> Values:
        return {
            "drugs_kg": f"{SIZE[party] * rng.uniform(38, 46):.1f}",
            "precursors_kg": f"{SIZE[party] * rng.uniform(9, 14):.1f}",
            "weapons": round(SIZE[party] * rng.uniform(3, 4)),
            "ammunition": round(SIZE[party] * rng.uniform(60, 90)),
            "criminal_cases": round(SIZE[party] * rng.uniform(11, 14)),
            "illegal_migration_offences": round(SIZE[party] * rng.uniform(40, 50)),
            "preliminary": rng.random() < 0.3,
            "text": "SAMPLE: Totals of all services.",
        }

    def _readiness(self, rng: Random, party: str, day: date) -> Values:
        return {
            "number": f"SAMPLE-{party}-{rng.randint(100, 999)}",
            "holder": "SAMPLE registry of the ministry",
            "since": (day + timedelta(days=92)).isoformat(),
        }

    def _card(self, _rng: Random, party: str, day: date) -> Values:
        number = sorted(SIZE).index(party) + 1
        return {
            "reason": "monthly",
            "post": "SAMPLE: Duty service of the national authority",
            "telephone": f"SAMPLE +000 00 000 {number:04d}",
            "telephone_reserve": f"SAMPLE +000 00 001 {number:04d}",
            "hours": "SAMPLE: round the clock",
            "comms": "working",
            "key_fingerprint": "SAMPLE",
            "valid_from": day.isoformat(),
        }

    def _incident(self, rng: Random, _party: str, _day: date) -> Values:
        return {
            "class": rng.choice(["phishing", "ddos", "vulnerability"]),
            "affected": rng.choice(["government", "finance", "telecom"]),
            "severity": rng.choice(["minor", "moderate"]),
            "tlp": rng.choice(["GREEN", "AMBER"]),
            "course": rng.choice(["ongoing", "contained"]),
            "indicators": rng.randint(1, 12),
            "help_needed": False,
            "text": rng.choice(words.INCIDENT),
        }

    def _advice(self, rng: Random, _party: str, _day: date) -> Values:
        return {
            "class": rng.choice(["phishing", "vulnerability"]),
            "tlp": "GREEN",
            "indicator_kind": "several",
            "indicators": rng.randint(3, 30),
            "confidence": "high",
            "action": rng.choice(words.ADVICE),
        }

    def _sign(self, rng: Random, _party: str, _day: date) -> Values:
        return {
            "sign": "emergency",
            "what": rng.choice(words.SIGN),
            "place": "SAMPLE: a district in the north",
            "area": "north",
            "severity": rng.choice(["moderate", "severe"]),
            "reliability": "B",
            "credibility": "2",
            "asks": ["relay"],
        }

    def _illness(self, rng: Random, _party: str, _day: date) -> Values:
        return {
            "agent": "virus",
            "extent": "settlement",
            "place": "SAMPLE: a boarding school",
            "persons_ill": rng.randint(6, 30),
            "deaths": 0,
            "reported_to_who": False,
            "measures": words.ILLNESS,
        }


def corrected(type_: str, values: Mapping[str, Any]) -> Values:
    """Return the values of a next version: one figure differs by a little, or one text."""
    name = CORRECTS.get(type_, "")
    if isinstance(values.get(name), int):
        step = max(1, values[name] // 40)
        return {**values, name: values[name] - step if values[name] > step else values[name] + 1}
    text = next(
        key for key in ("hours", "holder", "text", "what", "summary") if isinstance(values.get(key), str)
    )
    return {**values, text: f"{values[text]} Checked again."}


def _day(period: str) -> date | None:
    try:
        return period_bounds(period)[0].date()
    except ValueError:
        return None

"""Reports as a national authority sends them: the daily return, about 1 KB of JSON each, for days gone by."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

PARTIES = ("BY", "KG", "KZ", "RU", "TJ")
SINCE = date(2020, 1, 2)
BYTES = 1024

_TEXT = (
    "river level rose at the bridge crossing closed to heavy vehicles for the night teams of the regional centre "
    "work on site no persons hurt traffic is led round by the northern road supply of water and power is kept up"
)
WORDS = _TEXT.split()


def periods() -> list[str]:
    """List the days that the daily return was owed for and that are over, oldest first."""
    days = (datetime.now(tz=UTC).date() - SINCE).days
    return [(SINCE + timedelta(days=day)).isoformat() for day in range(days)]


def report(number: int, *, dice: random.Random, period: str, ref: str) -> dict[str, Any]:
    """Make one report of about 1 KB."""
    text = " ".join(dice.choices(WORDS, k=110))
    made: dict[str, Any] = {
        "type": "D1",
        "period": period,
        "ref": ref,
        "values": {
            "change": "change",
            "topics": ["border", "emergencies"],
            "text": "",
            "events": number % 40,
            "persons_affected": number % 900,
            "area": "north",
            "confidence": "moderate",
            "outlook": "No further rise is expected; the crossing opens in the morning.",
        },
    }
    made["values"]["text"] = text[: BYTES - 372]
    return made


def batches(
    count: int, *, size: int, seed: int = 1, name: str = "b"
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Make batches, each from one party; days are used up before any is reported on twice by one party."""
    dice, days = random.Random(seed), periods()
    used = dict.fromkeys(PARTIES, 0)
    found = []
    for batch in range(count):
        party = PARTIES[batch % len(PARTIES)]
        some = []
        for place in range(size):
            period = days[used[party] % len(days)]
            used[party] += 1
            some.append(report(place, dice=dice, period=period, ref=f"{name}-{seed}-{batch}-{place}"))
        found.append((party, some))
    return found

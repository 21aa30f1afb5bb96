"""The record behind the benches of page, proof and rebuild: 30 types, 30 parties, a million entries.

Its reports and slips are written through the register's own door, a day at a time, and kept for the next
run. Django is entered with the home of the record, so what needs it is imported where it is used.
"""

import random
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec

from bench.measure import BUILD, ROOT
from bench.reports import WORDS

Say = Callable[[random.Random], str]

COUNT = 30
TEXT = 1050
VOCABULARY = 20_000
SYLLABLES = (
    "на",
    "во",
    "гра",
    "пере",
    "до",
    "сто",
    "ми",
    "лу",
    "kor",
    "ta",
    "ven",
    "shi",
    "os",
    "dar",
    "mi",
    "pol",
)
RARE, ABSENT, RARELY = "landslip", "zyzzyva", 60_000
"""A word that one report in `RARELY` has where many words are spoken, and a word that none has."""


def enter(home: Path) -> None:
    """Load Django with the settings of a home; without a node."""
    from commonwatch.config.commands import inside

    inside.enter(home, pack="csto")


def pack() -> Any:
    """Make the pack of the bench: the shipped one with thirty member states and thirty daily returns."""
    from commonwatch.charter import pack as charter

    shipped = charter.load(ROOT / "organisations" / "csto")
    state, daily = shipped.party("BY"), shipped.type("D1")
    replaced = msgspec.structs.replace
    states = [replaced(state, code=f"P{number:02d}") for number in range(COUNT)]
    organs = [each for each in shipped.parties if each.kind == "organ"]
    types = [replaced(daily, code=f"T{number:02d}") for number in range(COUNT)]
    return replaced(shipped, parties=(*states, *organs), types=tuple(types), digest="0" * 64)


def install(home: Path) -> Any:
    """Open the node of the bench in a home and install it."""
    from commonwatch.register import node

    charter = pack()
    parties = frozenset(each.code for each in charter.parties)
    made = node.Node(party=charter.center, pack=charter, home=home, hosted=parties - {charter.center})
    node.install(made)
    return made


def prepared(entries: int, *, audiences: int = 1, spoken: bool = False) -> Path:
    """Return a home with that many entries, entered; made anew when the code that shapes it changes.

    Each party spreads its entries over so many audiences; the Center is in all of them. With `spoken` the texts are
    drawn from `VOCABULARY` words, some of them often and most of them seldom, as people do.
    """
    name = f"record-{entries}" if audiences == 1 else f"record-{entries}.{audiences}"
    name += "-spoken" if spoken else ""
    home = BUILD / f"{name}-{_version()}"
    if not (home / "ready").exists():
        for old in BUILD.glob(f"{name}-*"):
            shutil.rmtree(old)
        (home / "static").mkdir(parents=True)
        print(f"  preparing {entries:,} entries in {home.relative_to(ROOT)}", flush=True)
        _make(home, entries, audiences, _spoken() if spoken else _few)
    else:
        enter(home)
        install(home)
    return home


def _version() -> str:
    """Name the state of the code that shapes the record."""
    sources = [
        *ROOT.glob("commonwatch/register/migrations/0*.py"),
        *ROOT.glob("commonwatch/desks/*/migrations/0*.py"),
    ]
    sources += [ROOT / "commonwatch/desks/exchange/facts.py", ROOT / "commonwatch/journal/entry.py"]
    folding = ("projection.py", "indexing.py", "rules/words.py")
    sources += [*(ROOT / "commonwatch/desks/exchange" / each for each in folding), Path(__file__)]
    return sha256(b"".join(each.read_bytes() for each in sorted(sources))).hexdigest()[:12]


def _make(home: Path, entries: int, audiences: int, say: Say) -> None:
    from django.core.management import call_command
    from django.db import connection

    enter(home)
    from commonwatch.register import log

    call_command("migrate", verbosity=0)
    at = install(home)
    dice = random.Random(1)
    days = -(-entries // (2 * COUNT * COUNT))
    last = datetime.now(tz=UTC).date()
    states = [each.code for each in at.pack.parties if each.code.startswith("P")]
    labels = {party: _labels(at, party, last, audiences) for party in states}
    write = log.turn(
        lambda when: sum(_write_day(at, party, when, dice, labels[party], say) for party in states)
    )
    written = 0
    for day in range(days):
        written += write(last - timedelta(days=days - 1 - day))
        if day % 100 == 99:
            print(f"    {written:,}", flush=True)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (home / "ready").write_text("1")


def _few(dice: random.Random) -> str:
    """Say something in few different words."""
    return " ".join(dice.choices(WORDS, k=200))


def _spoken() -> Say:
    """Return who says something in many words: the n-th of them once for n times the first."""
    made = random.Random(2)
    words = [*WORDS]
    while len(words) < VOCABULARY:
        words.append("".join(made.choices(SYLLABLES, k=made.randint(1, 5))))
    weights = list(accumulate(1 / (place + 5) for place in range(len(words))))
    count = iter(range(10**9))

    def say(dice: random.Random) -> str:
        rare = RARE if next(count) % RARELY == RARELY // 2 else ""
        return " ".join([rare, *dice.choices(words, cum_weights=weights, k=120)]).strip()

    return say


def _labels(at: Any, party: str, day: date, audiences: int) -> list[Any]:
    """Return the labels under which a party writes: one for all members, the others for some of them."""
    from commonwatch.charter.label import Label

    dice = random.Random(party)
    readers = at.pack.readers("members", originator=party, on=day)
    found = {Label(level="H1", parties=readers): None}
    while len(found) < audiences:
        some = dice.sample(readers, k=dice.randint(2, len(readers) // 2))
        found[Label(level="H1", parties=(*some, party, at.pack.center))] = None
    return list(found)


def _write_day(  # noqa: PLR0913, PLR0917 - what a day is made of
    at: Any, party: str, day: date, dice: random.Random, labels: list[Any], say: Say
) -> int:
    """File one party's reports of a day, each with its slip; the clock stands at that day."""
    from commonwatch.access.actor import act_for
    from commonwatch.desks.exchange import facts, intake
    from commonwatch.desks.exchange.acts import new_subject
    from commonwatch.desks.exchange.projection import slip_subject
    from commonwatch.register import log

    starts = intake.micros(datetime(day.year, day.month, day.day, tzinfo=UTC))
    at.clock = lambda: starts + (5 * 3600 + int(party.removeprefix("P"))) * 1_000_000
    by = act_for(party=party, office="na-officer", account="bench", client="bench")
    period = day.isoformat()
    drafts = []
    for place, type_ in enumerate(at.pack.types):
        label = labels[place % len(labels)]
        text = say(dice)[:TEXT]
        values: dict[str, facts.Value] = {
            "change": "change",
            "text": text,
            "events": dice.randrange(40),
            "area": "north",
        }
        report = facts.ReportSubmitted(
            type=type_.code, owes=party, period=period, values=values, channel="api", client="bench",
            ref=f"{period}-{type_.code}",
        )  # fmt: skip
        slip = facts.DutyNoted(
            type=type_.code, owes=party, period=period, starts=starts, number=1, act="submitted"
        )
        key = slip_subject(filer=party, type_=type_.code, owes=party, period=period, mode="real")
        drafts.append(log.Draft(report, new_subject("report", party), label, settled=True))
        drafts.append(log.Draft(slip, key, label, settled=True))
    log.append_many(drafts, by=by)
    return len(drafts)

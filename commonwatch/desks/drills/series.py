"""A year of drills: what counts, month by month, and the line drawn of it on the server."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from commonwatch.access.actor import Actor
from commonwatch.desks.drills import intake, rules
from commonwatch.desks.drills.facts import Scored
from commonwatch.desks.drills.models import Call, Kept

MONTHS = 12
MOST = 500
"""How many drills of a year are added up: more than one a day; beyond it the page says that older ones are left out."""

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 14, 28
COLOURS = 8


class Held(NamedTuple):
    """One drill that was held: when (microseconds UTC), which, and how its posts did."""

    at: int
    drill: str
    posts: tuple[Scored, ...]


class Month(NamedTuple):
    """One month of one kind of drill: its share within the limits, and how many drills."""

    month: str
    times: int
    share: rules.Share


class Line(NamedTuple):
    """One kind of drill over twelve months, oldest first, and the number of its colour."""

    drill: str
    months: tuple[Month, ...]
    colour: int


class Mark(NamedTuple):
    """A mark on an axis: its place in the drawing and what it says."""

    at: float
    says: str


class Path(NamedTuple):
    """One line as drawn: polylines, broken where a month has no drill; and every month's point."""

    drill: str
    pieces: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    colour: int


class Drawn(NamedTuple):
    """A drawing in units of its viewBox."""

    width: int
    height: int
    paths: tuple[Path, ...]
    months: tuple[Mark, ...]
    shares: tuple[Mark, ...]
    left: int
    right: int
    bottom: int


def held(by: Actor) -> tuple[list[Held], bool]:
    """Return the drills of the last twelve months that are over, and whether older ones were left out.

    In the exercise they are computed from what was written; in the real record there are the kept scores alone.
    """
    at, since = intake.now(), _first(intake.now())
    if by.mode == "real":
        kept = list(
            Kept.objects.visible_to(by)
            .filter(started_at__gte=since)
            .order_by("-started_at", "key")[: MOST + 1]
        )
        return [Held(row.started_at, row.drill, row.posts) for row in kept[:MOST]], len(kept) > MOST
    rows = Call.objects.visible_to(by).filter(started_at__gte=since).order_by("-started_at", "key")
    calls = list(rows[: MOST + 1])
    found = intake.scores(by, calls[:MOST], at=at)
    over = [(call, found[call.key]) for call in calls[:MOST]]
    return (
        [
            Held(call.started_at, call.drill, _own(score.posts, by, call))
            for call, score in over
            if score.over
        ],
        len(calls) > MOST,
    )


def _own(posts: tuple[Scored, ...], by: Actor, call: Call) -> tuple[Scored, ...]:
    """Leave a post its own times; who holds the drill has all of them."""
    return posts if by.party == call.party else tuple(each for each in posts if each.post == by.party)


def _first(at: int) -> int:
    """Return the first moment of the first of the twelve months, the present one included."""
    today = intake.moment(at)
    year, month = divmod(today.year * 12 + today.month - MONTHS, 12)
    return intake.micros(
        today.replace(year=year, month=month + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
    )


def _names(at: int) -> list[str]:
    """Name the twelve months, oldest first."""
    today = intake.moment(at)
    last = today.year * 12 + today.month - 1
    return [f"{month // 12}-{month % 12 + 1:02d}" for month in range(last - MONTHS + 1, last + 1)]


def lines(found: Sequence[Held]) -> list[Line]:
    """Add drills up by kind and month."""
    answer = []
    for index, drill in enumerate(sorted({each.drill for each in found})):
        months = []
        for name in _names(intake.now()):
            those = [
                each for each in found if each.drill == drill and f"{intake.moment(each.at):%Y-%m}" == name
            ]
            share = rules.share_of(post for each in those for post in each.posts)
            months.append(Month(name, len(those), share))
        answer.append(Line(drill, tuple(months), index % COLOURS + 1))
    return answer


def draw(found: Sequence[Line]) -> Drawn | None:
    """Draw the share within the limits, month by month; None when nothing was judged."""
    if not any(month.share.judged for line in found for month in line.months):
        return None
    across = [LEFT + index * (WIDTH - LEFT - RIGHT) / (MONTHS - 1) for index in range(MONTHS)]

    def up(percent: int) -> float:
        return round(HEIGHT - BOTTOM - percent / 100 * (HEIGHT - BOTTOM - TOP), 1)

    paths = []
    for line in found:
        points = [
            None if month.share.percent is None else (round(x, 1), up(month.share.percent))
            for x, month in zip(across, line.months, strict=True)
        ]
        pieces = tuple(" ".join(f"{x},{y}" for x, y in run) for run in _runs(points) if len(run) > 1)
        paths.append(Path(line.drill, pieces, tuple(each for each in points if each), line.colour))
    names = [_short(month.month) for month in found[0].months]
    months = tuple(Mark(round(x, 1), name) for x, name in zip(across, names, strict=True))
    shares = tuple(Mark(up(percent), f"{percent} %") for percent in (0, 25, 50, 75, 100))
    return Drawn(WIDTH, HEIGHT, tuple(paths), months, shares, LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM)


def _runs(points: Iterable[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """Divide a line where a month has nothing."""
    runs: list[list[tuple[float, float]]] = [[]]
    for each in points:
        if each is None:
            runs.append([])
        else:
            runs[-1].append(each)
    return runs


def _short(month: str) -> str:
    """Write a month for the axis: "09.26"."""
    day = date.fromisoformat(f"{month}-01")
    return f"{day:%m.%y}"

"""A figure of an information type over time, party by party: read through the gate, drawn on the server."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from commonwatch.access import logs
from commonwatch.access.actor import Actor
from commonwatch.charter.model import Field, InformationType
from commonwatch.desks.exchange import rules
from commonwatch.desks.exchange.intake import moment
from commonwatch.desks.exchange.models import Report
from commonwatch.register import node
from commonwatch.register.gate import Reader

MOST_POINTS = 5000
COLOURS = 8
WIDTH, HEIGHT = 960, 320
LEFT, RIGHT, TOP, BOTTOM = 72, 40, 12, 28
TICKS = 5


class Point(NamedTuple):
    """One figure: the day for which it holds (UTC), and the value; decimals as floats, for drawing alone."""

    day: date
    period: str
    value: int | float
    said: str


class Line(NamedTuple):
    """The figures of one party, oldest first, and the journals from which they come.

    `cut` says that older ones were left out.
    """

    party: str
    points: tuple[Point, ...]
    cut: bool = False
    journals: tuple[int, ...] = ()


class Mark(NamedTuple):
    """A mark on an axis: its place in the drawing and what it says."""

    at: float
    says: str


class Path(NamedTuple):
    """One party's line and the number of its colour.

    `pieces` are polylines, one for each run of periods without a gap; a figure that stands alone is one of `dots`.
    """

    party: str
    pieces: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    colour: int


class Drawn(NamedTuple):
    """A drawing in units of its viewBox: a path a party, and the marks of both axes."""

    width: int
    height: int
    paths: tuple[Path, ...]
    days: tuple[Mark, ...]
    figures: tuple[Mark, ...]
    left: int
    right: int
    bottom: int


def figures(type_: InformationType) -> tuple[Field, ...]:
    """Return the fields of a type that are figures."""
    return tuple(each for each in type_.fields if each.kind in {"integer", "decimal"})


def lines(
    reader: Reader, type_: InformationType, field: Field, *, since: date | None, until: date | None
) -> list[Line]:
    """Read a figure as reported by each party; one bounded query a party. `until` is the first day left out."""
    found = []
    for party in node.current().pack.parties:
        line = _line(reader, type_, field, party.code)
        points = tuple(
            each
            for each in line.points
            if (since is None or each.day >= since) and (until is None or each.day < until)
        )
        if points:
            found.append(line._replace(points=points))
    return found


def _line(reader: Reader, type_: InformationType, field: Field, party: str) -> Line:
    """Read one party's figures: for each period the report of its own writing, the last of several."""
    rows = (
        Report.objects.visible_to(reader)
        .latest_to(reader)
        .filter(type=type_.code, owes=party, state="value")
        .order_by("-period", "-first_at", "key")[: MOST_POINTS + 1]
    )
    best: dict[str, tuple[tuple[bool, int], Point]] = {}
    journals: set[int] = set()
    count = 0
    for row in rows:
        count += 1
        value = row.values.get(field.code)
        day = _day(row)
        if value is None or isinstance(value, bool | list) or day is None:
            continue
        figure = value if isinstance(value, int) else float(value)
        rank = (row.party == party, row.last_at)
        key = row.period or row.key
        if key not in best or rank > best[key][0]:
            best[key] = (rank, Point(day, row.period or row.event_at, figure, str(value)))
            journals.add(row.journal_id)
    points = sorted((point for _rank, point in best.values()), key=lambda each: (each.day, each.period))
    return Line(
        party, tuple(points[-MOST_POINTS:]), cut=count > MOST_POINTS, journals=tuple(sorted(journals))
    )


def look(by: Actor, type_: InformationType, field: Field, found: Sequence[Line], *, how: str) -> None:
    """Write into the log of reading that `by` is about to be given these figures: a line a party and journal."""
    things = [
        logs.Thing(
            journal,
            f"series/{line.party}/{type_.code}.{field.code}",
            detail=f"{type_.code}.{field.code} {line.points[0].day.isoformat()}/{line.points[-1].day.isoformat()}",
        )
        for line in found
        for journal in line.journals
    ]
    logs.opened(by=by, things=things, how=how)


def _day(row: Report) -> date | None:
    """Return the first day of a report's period, or the day of its event."""
    if row.period:
        return rules.period_bounds(row.period)[0].date() if rules.is_period(row.period) else None
    if not row.event_at:
        return moment(row.first_at).date()
    try:
        return rules.instant(row.event_at).date()
    except rules.EventTimeMissing:
        return None


def rises(line: Line) -> Line:
    """Turn a running total into what it rose by since the report before; the first has nothing before it."""
    pairs = zip(line.points, line.points[1:], strict=False)
    steps = []
    for before, after in pairs:
        rise = after.value - before.value
        steps.append(after._replace(value=rise, said=str(rise) if isinstance(rise, int) else f"{rise:.6g}"))
    return line._replace(points=tuple(steps))


def draw(found: Sequence[Line]) -> Drawn | None:
    """Draw lines into one picture; None when there is no point."""
    points = [point for line in found for point in line.points]
    if not points:
        return None
    first, last = min(each.day for each in points), max(each.day for each in points)
    marks = _ticks(min(0, *(each.value for each in points)), max(0, *(each.value for each in points)))
    low, high = marks[0], marks[-1]
    span = max((last - first).days, 1)

    def across(day: date) -> float:
        return round(LEFT + (day - first).days / span * (WIDTH - LEFT - RIGHT), 1)

    def up(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - BOTTOM - TOP), 1)

    paths, step = [], _step(points)
    for index, line in enumerate(found):
        runs = [[(across(each.day), up(each.value)) for each in run] for run in _runs(line.points, step)]
        pieces = tuple(" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1)
        dots = tuple(run[0] for run in runs if len(run) == 1)
        paths.append(Path(line.party, pieces, dots, index % COLOURS + 1))
    days = tuple(Mark(across(day), day.isoformat()) for day in _days(first, last))
    rows = tuple(Mark(up(value), _said(value)) for value in marks)
    return Drawn(WIDTH, HEIGHT, tuple(paths), days, rows, LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM)


def _step(points: Sequence[Point]) -> int | None:
    """Return how many days lie from one period to the next: the least that occurs; None for reports on events."""
    days = sorted({each.day for each in points if rules.is_period(each.period)})
    return min(((later - day).days for day, later in pairwise(days)), default=None)


def _runs(points: Sequence[Point], step: int | None) -> list[list[Point]]:
    """Divide a line where a period has no figure; months and quarters differ in length by less than half."""
    runs: list[list[Point]] = []
    for each in points:
        before = runs[-1][-1] if runs else None
        gap = before is not None and step is not None and (each.day - before.day).days > 1.5 * step
        if before is None or gap:
            runs.append([])
        runs[-1].append(each)
    return runs


def _said(value: float) -> str:
    return f"{value:,.6f}".rstrip("0").rstrip(".").replace(",", "\u2009")


def _days(first: date, last: date) -> list[date]:
    span = (last - first).days
    steps = min(TICKS, max(span, 1))
    return list(dict.fromkeys(first + timedelta(days=span * step // steps) for step in range(steps + 1)))


def _ticks(low: float, high: float) -> list[float]:
    """Choose round figures from below the least to above the greatest: steps of 1, 2 or 5 times a power of ten."""
    reach = max(high - low, 1)
    power = 10.0 ** (len(f"{int(reach / TICKS)}") - 1)
    step = next(power * each for each in (1, 2, 5, 10, 20) if power * each * TICKS >= reach)
    start = int(low // step)
    found = [start * step]
    while found[-1] < high:
        found.append(found[-1] + step)
    return found if len(found) > 1 else [*found, found[-1] + step]


def day_of(text: str) -> date | None:
    """Read an ISO day; None when left out.

    :raises DayUnreadable: when it is no day.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise rules.DayUnreadable(text=text[:40]) from error


def midnight(day: date) -> datetime:
    """Return the first moment of a day, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)

"""The rules of the drills: pure functions; the present moment is always an argument.

Instants are microseconds since 1970-01-01 UTC, limits minutes after the call.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from statistics import median
from typing import NamedTuple

from commonwatch.charter.model import Drill
from commonwatch.desks.drills.facts import Caught, Scored, Timed
from commonwatch.errors import Refusal, _

MINUTE = 60_000_000
SECOND = 1_000_000
DAY = 1440 * MINUTE
ACKNOWLEDGE = "acknowledge"

SILENT, FORMAT, LINE, HOURS = "silent", "format", "line", "hours"
FAULTS = (SILENT, FORMAT, LINE, HOURS)
OPENLY_PLAYED = frozenset({SILENT, LINE})
"""What every officer of the Center is told, since the post is reached otherwise; the other faults are to be found."""

JUDGED = frozenset({"within", "after", "never"})
LEAST = 5
"""Below so many judged times a share or a median says little, and the page says so."""


class NotInExercise(Refusal):
    """A drill is never part of the real record."""

    code, status = "drills.not-in-exercise", 409
    says = _("Drills are held in the exercise only.")
    hint = _(
        "Nothing was done. Change to the exercise on the page Drills, or in the menu under your office’s name."
    )


class NoSuchDrill(Refusal):
    """The pack has no such drill."""

    code, status = "drills.no-such-drill", 422
    says = _("The organisation has no drill “{drill}”.")
    hint = _("Its drills are: {known}.")


class NoPosts(Refusal):
    """Nobody would be called."""

    code, status = "drills.no-posts", 422
    says = _("No post is chosen.")
    hint = _("Choose all posts, a region, or tick the posts one by one.")


class NotAPost(Refusal):
    """Only posts of members are drilled."""

    code, status = "drills.not-a-post", 422
    says = _("“{post}” has no post that could be drilled.")
    hint = _("The posts are: {known}.")


class NoSuchFault(Refusal):
    """A fault that nobody can play, or that was given to a post that is not drilled."""

    code, status = "drills.no-such-fault", 422
    says = _("The fault “{fault}” cannot be played by {post} in this drill.")
    hint = _("A wrong format needs a test message; a fault is given to a post that is called.")


class StartUnreadable(Refusal):
    """No moment, or one that is over."""

    code, status = "drills.start-unreadable", 422
    says = _("“{text}” is not a moment at which the drill could start.")
    hint = _(
        "Write it in UTC, like 2026-09-14 06:30, not earlier than now. Left empty the drill starts at once."
    )


class StartedAlready(Refusal):
    """The plan is used up."""

    code, status = "drills.started-already", 409
    says = _("This drill was started or cancelled already.")
    hint = _("Its call is on the page Drills.")


class PostBusy(Refusal):
    """One drill at a time for a post."""

    code, status = "drills.post-busy", 409
    says = _("A drill is under way with {posts}.")
    hint = _("Wait until it is over or end it, or leave these posts out.")


class RealOpen(Refusal):
    """Something real waits; a drill beside it is started knowingly or not at all."""

    code, status = "drills.real-open", 409
    says = _("Something real waits now ({count}): {what}.")
    hint = _("See to it first, or confirm below that the drill is held beside it.")


class OverAlready(Refusal):
    """What belongs into the run comes too late."""

    code, status = "drills.over-already", 409
    says = _("This drill is over.")
    hint = _("An acknowledgement may still come, and is shown as come after the end.")


class StillRunning(Refusal):
    """A score is kept when it can change no more."""

    code, status = "drills.still-running", 409
    says = _("This drill is under way until {until} UTC.")
    hint = _("Wait until its limits are over, or end it.")


class KeptAlready(Refusal):
    """A drill has one score."""

    code, status = "drills.kept-already", 409
    says = _("The score of this drill was kept already.")
    hint = _("It stands on the page Drills of the real record.")


def check_mode(mode: str) -> None:
    """Refuse whatever is not done in the exercise.

    :raises NotInExercise: always in the real mode.
    """
    if mode != "exercise":
        raise NotInExercise


def check_posts(posts: Collection[str], *, known: Sequence[str]) -> None:
    """Refuse a drill with nobody, or with somebody who has no post.

    :raises NoPosts, NotAPost: naming the first.
    """
    if not posts:
        raise NoPosts
    for post in posts:
        if post not in known:
            raise NotAPost(post=post, known=", ".join(known))


def check_faults(faults: Mapping[str, str], *, drill: Drill, posts: Collection[str]) -> None:
    """Refuse a fault that cannot be played.

    :raises NoSuchFault: naming it and the post.
    """
    for post, fault in faults.items():
        if post not in posts or fault not in playable(drill):
            raise NoSuchFault(fault=fault, post=post)


def playable(drill: Drill) -> tuple[str, ...]:
    """Return the faults that can be played in a drill: a wrong format needs a message."""
    return tuple(each for each in FAULTS if each != FORMAT or drill.messages)


def draw(posts: Iterable[str], *, drill: Drill, seed: str) -> dict[str, str]:
    """Draw faults from a seed, for about every second post: the same seed gives the same faults again.

    The first eight bytes of SHA-256 over "SEED|POST", modulo twice the number of playable faults, name the fault; what
    lies beyond them is none.
    """
    choices = playable(drill)
    found = {}
    for post in posts:
        number = int.from_bytes(sha256(f"{seed}|{post}".encode()).digest()[:8], "big") % (2 * len(choices))
        if number < len(choices):
            found[post] = choices[number]
    return found


class Called(NamedTuple):
    """A call as it is judged: when it went out, whom it called, what was asked and by when, and when it was ended."""

    started_at: int
    posts: tuple[str, ...]
    limits: tuple[tuple[str, int], ...]
    ended_at: int | None = None

    @property
    def last_limit(self) -> int:
        """When the last limit is over."""
        return self.started_at + max(minutes for _what, minutes in self.limits) * MINUTE

    @property
    def ends_at(self) -> int:
        """When it is over: as ended, or by itself with its last limit."""
        return self.last_limit if self.ended_at is None else min(self.ended_at, self.last_limit)

    @property
    def early(self) -> bool:
        """Say whether it was ended before all limits were over."""
        return self.ended_at is not None and self.ended_at < self.last_limit


class Came(NamedTuple):
    """An acknowledgement or a test message that came from a post."""

    post: str
    what: str
    at: int
    by_telephone: bool = False
    corrections: int = 0


class Find(NamedTuple):
    """A fault that the Center has found at a post."""

    post: str
    fault: str
    at: int


class Share(NamedTuple):
    """How many of the judged times lie within their limits."""

    within: int
    judged: int

    @property
    def few(self) -> bool:
        """Say that it rests on few times."""
        return self.judged < LEAST

    @property
    def percent(self) -> int | None:
        """The share in whole hundredths, a half rounded up; None when nothing was judged."""
        return (200 * self.within + self.judged) // (2 * self.judged) if self.judged else None


class Score(NamedTuple):
    """A drill as it stands: facts and times of each post in the order of the call; no ranking."""

    called: Called
    posts: tuple[Scored, ...]
    over: bool


def score(
    called: Called, *, came: Iterable[Came], parts: Iterable[tuple[str, str]], finds: Iterable[Find], now: int
) -> Score:
    """Judge a drill by what came, which faults were played (post, fault), and what the Center found.

    The first thing that fits counts, from the call on; what came before the call does not. Of a post whose line is
    played as lost only what came by telephone counts. Of one that plays silence nothing is judged.
    """
    first: dict[tuple[str, str, bool], Came] = {}
    for each in came:
        if each.at < called.started_at:
            continue
        key = (each.post, each.what, each.by_telephone)
        if key not in first or each.at < first[key].at:
            first[key] = each
    plays: dict[str, list[str]] = {post: [] for post in called.posts}
    for post, fault in parts:
        plays.setdefault(post, []).append(fault)
    found = sorted(finds, key=lambda each: each.at)
    posts = tuple(
        Scored(
            post,
            tuple(
                _timed(called, limit, _mark(first, post, limit[0], plays[post]), plays[post], now=now)
                for limit in called.limits
            ),
            _caught(called, post, plays[post], found),
        )
        for post in called.posts
    )
    return Score(called, posts, now >= called.ends_at)


def _mark(
    first: Mapping[tuple[str, str, bool], Came], post: str, what: str, plays: Collection[str]
) -> Came | None:
    """Return what came first of a thing; by telephone alone where the line is played as lost, or silence."""
    by_line, by_telephone = first.get((post, what, False)), first.get((post, what, True))
    known = [by_telephone] if OPENLY_PLAYED.intersection(plays) else [by_line, by_telephone]
    return min((each for each in known if each), key=lambda each: each.at, default=None)


def _timed(
    called: Called, limit: tuple[str, int], mark: Came | None, plays: Collection[str], *, now: int
) -> Timed:
    """Judge one thing that a post was to do."""
    what, minutes = limit
    standing = "played" if SILENT in plays else standing_of(called, minutes, mark, now=now)
    if mark is None:
        return Timed(what, minutes, standing)
    seconds = (mark.at - called.started_at) // SECOND
    return Timed(what, minutes, standing, seconds, mark.by_telephone, mark.corrections)


def standing_of(called: Called, minutes: int, mark: Came | None, *, now: int) -> str:
    """Say how a thing stands against its limit, by a code.

    "within" and "after" the limit; "never" when the drill is over; "waiting" before the limit and "overdue" behind it
    while the drill goes on; "not_judged" when the drill was ended before the limit and nothing had come.
    """
    limit = called.started_at + minutes * MINUTE
    if called.ends_at < limit and (mark is None or mark.at > called.ends_at):
        return "not_judged"
    if mark is not None:
        return "within" if mark.at <= limit else "after"
    if now >= called.ends_at and now > limit:
        return "never"
    return "waiting" if now <= limit else "overdue"


def _caught(called: Called, post: str, plays: Collection[str], finds: Sequence[Find]) -> tuple[Caught, ...]:
    """Hold what the Center found against what was injected; the first find of a fault counts."""
    first: dict[str, int] = {}
    for each in finds:
        if each.post == post and called.started_at <= each.at:
            first.setdefault(each.fault, (each.at - called.started_at) // SECOND)
    return tuple(
        Caught(fault, fault in plays, first.get(fault))
        for fault in FAULTS
        if fault in plays or fault in first
    )


def share(timed: Iterable[Timed]) -> Share:
    """Count the judged times and those within their limits."""
    judged = [each for each in timed if each.standing in JUDGED]
    return Share(sum(each.standing == "within" for each in judged), len(judged))


def share_of(posts: Iterable[Scored]) -> Share:
    """Count over several posts."""
    return share(each for post in posts for each in post.timed)


def check_over(found: Score, *, until: str) -> None:
    """Refuse to keep a score that may still change; `until` is when it is over, in words.

    :raises StillRunning: naming when.
    """
    if not found.over:
        raise StillRunning(until=until)


class Trend(NamedTuple):
    """How one post did in one kind of drill: how often, acknowledgement in seconds (median, worst), and the share."""

    post: str
    drill: str
    times: int
    median: int | None
    worst: int | None
    share: Share


def trends(held: Iterable[tuple[str, Sequence[Scored]]]) -> list[Trend]:
    """Add up drills (code, posts): a line for each post and drill, in order of their codes.

    Median and worst are of the acknowledgements that were judged and came; the share is of all that was judged.
    """
    found: dict[tuple[str, str], list[Timed]] = {}
    counts: dict[tuple[str, str], int] = {}
    for drill, posts in held:
        for each in posts:
            found.setdefault((each.post, drill), []).extend(each.timed)
            counts[each.post, drill] = counts.get((each.post, drill), 0) + 1
    answer = []
    for post, drill in sorted(found):
        timed = found[post, drill]
        times = [
            each.seconds
            for each in timed
            if each.what == ACKNOWLEDGE and each.standing in JUDGED and each.seconds is not None
        ]
        middle = round(median(times)) if times else None
        answer.append(Trend(post, drill, counts[post, drill], middle, max(times, default=None), share(timed)))
    return answer

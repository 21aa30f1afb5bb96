"""What a drill writes into the register: its plan, the call, the parts that posts play, answers, finds, the score.

All but the score kept are entries of exercise journals. A post is named by the code of its party. Instants in bodies
are microseconds UTC, limits minutes.
"""

from msgspec import Struct

from commonwatch.register.fact import Fact, fact


class Timed(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that a post was to do: acknowledge ("acknowledge") or send a test message (its type), and how it went.

    `limit` is in minutes and `seconds` after the call, None when nothing came. `standing` is a code of the rules.
    """

    what: str
    limit: int
    standing: str
    seconds: int | None = None
    by_telephone: bool = False
    corrections: int = 0


class Caught(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A fault of a post: whether it was injected, and how many seconds after the call the Center found it, or None."""

    fault: str
    injected: bool
    seconds: int | None = None


class Scored(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One post's times and faults."""

    post: str
    timed: tuple[Timed, ...]
    faults: tuple[Caught, ...] = ()


@fact("drills.drill.planned")
class DrillPlanned(Fact, frozen=True, omit_defaults=True):
    """A drill of the pack is to be held with these posts, at `starts`; `faults` are pairs of post and fault.

    `seed` is what the faults were drawn from, empty when they were chosen or there are none.
    """

    drill: str
    posts: tuple[str, ...]
    starts: int
    faults: tuple[tuple[str, str], ...] = ()
    seed: str = ""


@fact("drills.drill.cancelled")
class DrillCancelled(Fact, frozen=True):
    """A planned drill is not held."""


@fact("drills.drill.started")
class DrillStarted(Fact, frozen=True):
    """A planned drill was started; `call` is the subject of the call that went out."""

    call: str


@fact("drills.call.made")
class CallMade(Fact, frozen=True, omit_defaults=True):
    """The posts are called: to acknowledge within so many minutes, and to send test messages (type, minutes)."""

    drill: str
    posts: tuple[str, ...]
    acknowledge: int
    messages: tuple[tuple[str, int], ...] = ()


@fact("drills.part.given")
class PartGiven(Fact, frozen=True):
    """One post is told which fault it plays in a drill; nobody but it and the Center reads this."""

    call: str
    post: str
    fault: str


@fact("drills.call.acknowledged")
class CallAcknowledged(Fact, frozen=True, omit_defaults=True):
    """A post acknowledges a call: an addition to its subject. By telephone the Center writes it down for the post."""

    post: str
    by_telephone: bool = False


@fact("drills.call.ended")
class CallEnded(Fact, frozen=True):
    """A drill ends before all its limits are over."""


@fact("drills.fault.found")
class FaultFound(Fact, frozen=True):
    """The Center has found a fault at a post, whether or not it was injected; written on the plan."""

    call: str
    post: str
    fault: str


@fact("drills.result.drawn")
class ResultDrawn(Fact, frozen=True):
    """The result of a drill as it stood when its score was kept; written on the plan."""

    call: str
    drill: str
    started_at: int
    ended_at: int
    early: bool
    posts: tuple[Scored, ...]


@fact("drills.score.kept")
class ScoreKept(Fact, frozen=True):
    """The score of a drill, the one thing of it that crosses into the real record.

    `of` is the hash (hex) of the entry of the exercise that holds the result: salted, so that it tells nothing to
    anybody who does not hold that entry. Faults stay in the exercise.
    """

    of: str
    drill: str
    started_at: int
    ended_at: int
    early: bool
    posts: tuple[Scored, ...]

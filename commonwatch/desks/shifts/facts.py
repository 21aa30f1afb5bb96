"""What the shifts desk writes into the register: all of it a party's own. Instants are microseconds UTC."""

from msgspec import Struct

from commonwatch.register.fact import Fact, fact


class Item(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing that waits, as it was said when a hand-over was signed, with the remark of who signed.

    `key` names the thing for as long as it waits, `kind` is its ladder or "call"; `url` leads to it.
    """

    key: str
    kind: str
    title: str
    text: str = ""
    url: str = ""
    due_at: int = 0
    remark: str = ""


class PostState(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a party's post could be reached: `call` is "reached", "not-reached" or "", with when; `card` its card."""

    party: str
    card: str
    call: str = ""
    called_at: int | None = None


@fact("shifts.turn.planned")
class TurnPlanned(Fact, frozen=True, omit_defaults=True):
    """An account is to have a shift of the pattern on a day (ISO, UTC, of its beginning)."""

    account: str
    shift: str
    date: str
    starts: int
    until: int
    note: str = ""


@fact("shifts.turn.swapped")
class TurnSwapped(Fact, frozen=True, omit_defaults=True):
    """Another account takes the turn; `against` is the subject of the turn given in return, if one was."""

    account: str
    reason: str
    against: str = ""


@fact("shifts.turn.cancelled")
class TurnCancelled(Fact, frozen=True, omit_defaults=True):
    """The turn is taken off the roster."""

    reason: str


@fact("shifts.watch.taken")
class WatchTaken(Fact, frozen=True, omit_defaults=True):
    """Who writes this has the watch from here on, for the shift named.

    `how` is "first" (nobody had it), "handover", "stayed" (the same officer for another shift) or "without-handover";
    `before` is the account that had it, `handover` the salted hash (hex) of the entry by which it was handed over.
    """

    shift: str
    starts: int
    until: int
    how: str
    before: str = ""
    reason: str = ""
    handover: str = ""


@fact("shifts.line.written")
class LineWritten(Fact, frozen=True, omit_defaults=True):
    """A line of the shift log. `sort` is "note", "call", "alarm", "decision" or "test".

    `cites` names what it speaks of: subjects, and duties as `duty/TYPE/PARTY/PERIOD`. `strikes` is the subject of the
    earlier line that this one corrects.
    """

    sort: str
    text: str
    cites: tuple[str, ...] = ()
    strikes: str = ""


@fact("shifts.line.struck")
class LineStruck(Fact, frozen=True, omit_defaults=True):
    """A line no longer holds: another, of that subject, says what does. What it said stays readable."""

    by: str


@fact("shifts.call.logged")
class CallLogged(Fact, frozen=True, omit_defaults=True):
    """A party's post was called. `outcome` is "reached", "promised", "no-answer", "wrong-number" or "other".

    `about` names the duty or subject it was about, `promised_at` by when something was promised. `test` marks a test
    call, which is about nothing but whether the post answers.
    """

    party: str
    outcome: str
    about: str = ""
    promised_at: int | None = None
    note: str = ""
    test: bool = False


@fact("shifts.handover.signed")
class HandoverSigned(Fact, frozen=True, omit_defaults=True):
    """The outgoing officer signs what is handed over. `watch` is the subject of the watch that ends, due at `due_at`.

    `left` counts what waits beyond `items`. `next` are the accounts planned for the shift that follows. `digest` is
    the SHA-256 (hex) of all the rest.
    """

    watch: str
    shift: str
    due_at: int
    items: tuple[Item, ...]
    posts: tuple[PostState, ...]
    next: tuple[str, ...]
    remarks: str
    digest: str
    left: int = 0


@fact("shifts.handover.accepted")
class HandoverAccepted(Fact, frozen=True, omit_defaults=True):
    """The incoming officer has seen every item, and those that came since the first signature; the watch passes.

    `digest` is the SHA-256 (hex) of the first signature's digest and the keys of what came since.
    """

    digest: str
    since: tuple[Item, ...] = ()


@fact("shifts.handover.ended")
class HandoverEnded(Fact, frozen=True, omit_defaults=True):
    """A signed hand-over came to nothing: "withdrawn" by who signed, "refused" by a colleague, or "overtaken"."""

    how: str
    reason: str

"""The worker: it climbs the ladders of the pack and tells people that something waits for them, and where to look.

It remembers nothing but the rows of `Told`, each written before anything is sent; so it can be killed and started at
any time. A row is `sending` from right before its message leaves until it is known what became of it: one that is
found so by a later run is `unsure`, and is never sent again by itself. What a receiver may not see, the worker, who
asks as the receiver, does not find.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.db.models import F
from django.utils.translation import override

from commonwatch.access import secrets, waiting
from commonwatch.access.actor import Actor, act_for, actor_of
from commonwatch.access.models import paper_key
from commonwatch.access.seats import offices_of, porter, seats_of
from commonwatch.charter.label import Viewer
from commonwatch.charter.model import LadderStep
from commonwatch.desks.notices import composing, rules
from commonwatch.desks.notices.models import (
    HELD,
    MET,
    OPEN,
    OVERTAKEN,
    PLANNED,
    REFUSED,
    SENDING,
    SENT,
    UNSURE,
    Told,
    Way,
    Webhook,
)
from commonwatch.desks.notices.sending import WAYS, NotNow, Outcome, Refused, Send, Unsure
from commonwatch.errors import Broken, _
from commonwatch.register import node

MODES: Final = ("real", "exercise")
STOPPED: Final = _("The worker was stopped while it was sending")
FAILED: Final = _("The way failed in a way of its own")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

logger = logging.getLogger("commonwatch.notices")


@dataclass(frozen=True)
class Receiver:
    """Somebody whom messages reach: a person by mail, or the system of a party by webhook.

    `name` is the account's handle, or `@PARTY`; `seats` are the offices (with the key of the seat) in which it is asked
    what waits.
    """

    way: str
    name: str
    party: str
    to: str
    language: str
    seats: tuple[tuple[str, str], ...]
    row: Way | Webhook
    quiet: rules.Quiet | None = None
    muted: frozenset[str] = frozenset()
    secret: str = ""

    def sit(self, *, office: str, seat: str, mode: str) -> Actor | None:
        """Return the receiver at work in one of its offices; None when it holds it no more."""
        if isinstance(self.row, Way):
            return actor_of(self.row.account, mode=mode, seat=seat)
        return act_for(party=self.party, office=office, account=self.name, mode=mode)


class Due(NamedTuple):
    """One thing that waits for a receiver, with the steps that have come, each with its time, the latest last."""

    key: str
    thing: str
    kind: str
    office: str
    seat: str
    steps: tuple[tuple[LadderStep, int], ...]


@dataclass
class Round:
    """One round over everybody. `shut` says which ways took nothing from anybody this time, and why."""

    run: str
    now: int
    ways: Mapping[str, Send]
    shut: dict[str, str] = field(default_factory=dict)
    sent: int = 0
    failed: int = 0


def begin() -> str:
    """Begin a run: what an earlier one was sending when it was killed is from now on uncertain. Return its name."""
    found = Told.objects.filter(account__gt="", state=SENDING)
    found.update(state=UNSURE, at=node.current().clock(), reason=f"{STOPPED}|")
    return node.current().random(16).hex()


def climb(run: str, *, ways: Mapping[str, Send] = WAYS) -> Round:
    """Tell everybody once what waits for them now."""
    done = Round(run, node.current().clock(), ways)
    for receiver in receivers(done.now):
        for mode in MODES:
            try:
                _tell(done, receiver, mode)
            except Broken:
                raise
            except Exception:  # one desk, or one receiver, must not keep the others from being told
                logger.exception("Nothing was told to %s", receiver.name)
    return done


def let_go() -> int:
    """Remove the rows that ended longer ago than lines of the logs are kept. Return how many."""
    before = node.current().clock() - settings.LOG_DAYS * 24 * 60 * rules.MINUTE
    return Told.objects.filter(account__gt="", at__lt=before).exclude(state__in=OPEN).delete()[0]


def receivers(now: int) -> Iterator[Receiver]:
    """Yield everybody whom a message reaches now: a way that works, no pause, an office."""
    today = (EPOCH + timedelta(microseconds=now)).date().isoformat()
    rows = Way.objects.filter(account__is_active=True, verified_at__isnull=False, stopped="").exclude(
        address=""
    )
    for row in rows.select_related("account").order_by("account__handle"):
        account = row.account
        seats = tuple((each.office, each.key) for each in seats_of(account, by=porter(account.party)))
        if seats and not (row.paused_until and today < row.paused_until):
            yield Receiver("mail", account.handle, account.party, row.address, row.language, seats, row,
                           quiet=row.quiet, muted=row.muted)  # fmt: skip
    for hook in Webhook.objects.filter(account_party__gt="", stopped="").order_by("account_party"):
        party = hook.account_party
        seats = tuple((each.code, "") for each in offices_of(party))
        secret = secrets.decrypt(hook.secret)
        yield Receiver("webhook", f"@{party}", party, hook.url, "en", seats, hook, secret=secret)


def _tell(done: Round, receiver: Receiver, mode: str) -> None:
    _plan(done, receiver, mode, _due(receiver, mode, done.now))
    _send(done, receiver, mode)


def _due(receiver: Receiver, mode: str, now: int) -> list[Due]:
    """List what waits for a receiver and has come to a step that names one of its offices."""
    ladders = node.current().pack.duty
    found: dict[str, Due] = {}
    for office, seat in receiver.seats:
        if not any(office in step.offices for each in ladders.ladders for step in each.steps):
            continue
        actor = receiver.sit(office=office, seat=seat, mode=mode)
        for each in _waiting(actor, receiver) if actor else ():
            steps = rules.reached(ladders.ladder(each.kind), office=office, due_at=each.due_at, now=now)
            if each.key in found:
                steps = sorted({step.code: (step, at) for step, at in (*found[each.key].steps, *steps)}.values(),
                               key=lambda pair: pair[1])  # fmt: skip
            if steps:
                thing = rules.thing_of(each.key)
                found[each.key] = Due(each.key, thing, each.kind, office, seat, tuple(steps))
    return list(found.values())


def _waiting(actor: Actor, receiver: Receiver) -> Iterator[waiting.Waiting]:
    """Yield what waits for an actor of the kinds that are wanted; in the exercise nothing that the calendar brings."""
    left_out = receiver.muted | (rules.OF_THE_CALENDAR if actor.mode != "real" else frozenset())
    with override(receiver.language):
        yield from (each for each in waiting.of(actor) if each.kind not in left_out)


def _plan(done: Round, receiver: Receiver, mode: str, due: Iterable[Due]) -> None:
    """Write down what is to be told: the latest step of each thing, and that it overtook the steps before it."""
    waits = {each.thing: each for each in due}
    rows = Told.objects.filter(account=receiver.name, way=receiver.way, mode=mode)
    known = {(row.thing, row.step): row for row in rows.filter(thing__in=list(waits))}
    steps = {(each.thing, step.code) for each in waits.values() for step, _when in each.steps}
    for row in rows.filter(state__in=OPEN):
        if (row.thing, row.step) not in steps:
            _change(row, done, state=MET)
    new = {thing for thing, step in steps if (thing, step) not in known}
    least = _least(receiver, mode, [waits[each] for each in sorted(new)])
    for each in waits.values():
        for place, (step, at) in enumerate(each.steps, 1):
            found = known.get((each.thing, step.code))
            state = _wanted(done, receiver, step) if place == len(each.steps) else OVERTAKEN
            if found is None:
                _write(
                    done, receiver, each, mode=mode, step=step, at=at, state=state, least=least[each.thing]
                )
            elif found.state in OPEN or (found.state == MET and state != OVERTAKEN):
                _change(found, done, state=state)


def _wanted(done: Round, receiver: Receiver, step: LadderStep) -> str:
    """Return how the latest step stands: to be sent, or held until the receiver's quiet hours end."""
    return HELD if not step.urgent and rules.is_quiet(receiver.quiet, done.now) else PLANNED


def _write(  # noqa: PLR0913 - the columns of one row
    done: Round,
    receiver: Receiver,
    each: Due,
    *,
    mode: str,
    step: LadderStep,
    at: int,
    state: str,
    least: tuple[str, str],
) -> None:
    level, categories = least
    Told.objects.create(
        id=paper_key(),
        account=receiver.name,
        account_party=receiver.party,
        way=receiver.way,
        office=each.office,
        mode=mode,
        kind=each.kind,
        thing=each.thing,
        step=step.code,
        step_at=at,
        urgent=step.urgent,
        level=level,
        categories=categories,
        state=state,
        at=done.now,
        run=done.run,
    )


def _change(row: Told, done: Round, *, state: str) -> None:
    """Let a row go to another state, unless somebody changed it meanwhile."""
    if row.state != state:
        mine = Told.objects.filter(account=row.account, pk=row.pk, state=row.state)
        mine.update(state=state, at=done.now, run=done.run)


def _least(receiver: Receiver, mode: str, due: Iterable[Due]) -> dict[str, tuple[str, str]]:
    """Find the least clearance, and categories, with which somebody in the same office sees that a thing waits.

    Who administers a party is cleared lower than those who are told: a row stands on their page only when they could
    know that the thing waits. What is found at no less than all that the office has stays at that.
    """
    found: dict[str, tuple[str, str]] = {}
    wanted: dict[tuple[str, str], dict[str, str]] = {}
    for each in due:
        wanted.setdefault((each.office, each.seat), {})[each.key] = each.thing
    for (office, seat), things in wanted.items():
        chair = node.current().pack.office(office)
        full = (chair.clearance, ",".join(sorted(chair.categories)))
        actor = receiver.sit(office=office, seat=seat, mode=mode)
        for level in _levels(chair.clearance) if actor else ():
            left = {key for key, thing in things.items() if thing not in found}
            seen = _seen(actor, receiver, level) if actor and left else set()
            found |= {things[key]: (level, "") for key in left & seen}
        found |= {thing: full for thing in things.values() if thing not in found}
    return found


def _levels(most: str) -> list[str]:
    """List the levels up to one, the lowest first."""
    ranks = node.current().pack.labels.ranks
    return sorted((code for code, rank in ranks.items() if rank <= ranks[most]), key=lambda code: ranks[code])


def _seen(actor: Actor, receiver: Receiver, level: str) -> set[str]:
    """Return the keys of what waits for somebody in an actor's office who is cleared to a level, without categories."""
    viewer = Viewer(party=actor.party, clearance=level)
    eyes = Actor(viewer=viewer, mode=actor.mode, beside=actor, account=actor.account, party=actor.party,
                 office=actor.office, mandates=actor.mandates, seat=actor.seat)  # fmt: skip
    return {each.key for each in _waiting(eyes, receiver)}


def _send(done: Round, receiver: Receiver, mode: str) -> None:
    """Send what is planned as one message, once the time has come for any of it."""
    mine = Told.objects.filter(account=receiver.name, way=receiver.way, mode=mode)
    rows = list(mine.filter(state=PLANNED).order_by("thing", "step"))
    if not any(row.next_at <= done.now for row in rows):
        return
    if receiver.way in done.shut:
        _later(done, rows, done.shut[receiver.way])
        return
    told = [(row.kind, row.thing, row.step) for row in rows]
    message = composing.reminder(
        to=receiver.to,
        reader=receiver.name,
        mode=mode,
        language=receiver.language,
        told=told,
        secret=receiver.secret,
    )
    left = False

    def leaves() -> None:
        nonlocal left
        left = True
        _become(done, rows, state=SENDING, message=message.name)

    try:
        done.ways[receiver.way](message, leaves)
    except Outcome as outcome:
        _failed(done, receiver, rows, outcome)
    except Exception as fault:
        logger.exception("A way failed in a way of its own")
        name = type(fault).__name__
        _failed(done, receiver, rows, Unsure(FAILED, name) if left else NotNow(FAILED, name))
    else:
        done.sent += 1
        _become(done, rows, state=SENT, message=message.name, counted=True)


def _failed(done: Round, receiver: Receiver, rows: list[Told], outcome: Outcome) -> None:
    done.failed += 1
    logger.warning("A message to %s by %s: %s", receiver.name, receiver.way, outcome.reason)
    if isinstance(outcome, NotNow):
        if outcome.everybody:
            done.shut[receiver.way] = outcome.reason
        _later(done, rows, outcome.reason)
    elif isinstance(outcome, Refused):
        _become(done, rows, state=REFUSED, reason=outcome.reason, counted=True)
        _stop(receiver, outcome.reason)
    else:
        _become(done, rows, state=UNSURE, reason=outcome.reason, counted=True)


def _stop(receiver: Receiver, reason: str) -> None:
    """Send nothing more by a way until somebody has seen to it; one that was set anew meanwhile goes on."""
    if isinstance(receiver.row, Way):
        Way.objects.filter(account=receiver.row.account, address=receiver.to).update(stopped=reason)
    else:
        Webhook.objects.filter(account_party=receiver.party, url=receiver.to).update(stopped=reason)


def _later(done: Round, rows: Iterable[Told], reason: str) -> None:
    """Let rows wait for their next try, each for longer than the time before."""
    for row in rows:
        tries = row.tries + 1
        Told.objects.filter(account=row.account, pk=row.pk).update(
            state=PLANNED, reason=reason, tries=tries, next_at=rules.next_try(tries, done.now), at=done.now
        )


def _become(done: Round, rows: list[Told], *, counted: bool = False, **said: str) -> None:
    """Let the rows of one message go to another state together, by one statement; `said` names columns."""
    mine = Told.objects.filter(account=rows[0].account, pk__in=[row.pk for row in rows])
    tries = {"tries": F("tries") + 1} if counted else {}
    mine.update(at=done.now, run=done.run, **({"reason": ""} | said), **tries)

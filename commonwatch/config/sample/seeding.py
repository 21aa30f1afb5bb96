"""Making the sample: accounts for every office, and the plan's deeds as real acts under a clock that we set."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import msgspec
from django.db.models import Max

from commonwatch.access.actor import Actor, act_for, operator
from commonwatch.access.acts import open_accounts
from commonwatch.access.models import Account, Token
from commonwatch.access.seats import offices_of
from commonwatch.access.tokens import new_token
from commonwatch.config.sample import scenes
from commonwatch.config.sample.deeds import Deed, office
from commonwatch.config.sample.plan import Plan
from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.intake import Sent, micros, moment
from commonwatch.desks.exchange.models import Report, Slip
from commonwatch.errors import Broken
from commonwatch.register import log, node, wall
from commonwatch.register.models import Entry

CLIENT = "sample-post"
MOST_GAP = timedelta(days=3)
DAYS_A_TURN = 5


class Todo(NamedTuple):
    """What is to be done: deeds, from when on, and whether older ones were left out."""

    deeds: list[Deed]
    since: datetime
    cut: bool


def seat_everybody(since: datetime) -> None:
    """Make an account for every office of every party, given at that moment; nobody can sign in to it by a password."""
    taken = set(Account.objects.values_list("handle", flat=True))
    with at_the_time(since):
        for party in node.current().pack.parties:
            chairs = [(handle_of(party.code, each.code), each.code) for each in offices_of(party.code)]
            seats = [chair for chair in chairs if chair[0] not in taken]
            if seats:
                open_accounts(by=operator(party.code), seats=seats, since=micros(since))


@contextmanager
def at_the_time(then: datetime) -> Iterator[None]:
    """Let the node's clock stand at a moment: no journal takes an entry older than its last one."""
    at = node.current()
    clock = at.clock
    at.clock = lambda: micros(then)
    try:
        yield
    finally:
        at.clock = clock


def handle_of(party: str, office_code: str) -> str:
    """Name the account of an office."""
    return f"{party.lower()}-{office_code}"


def give_keys(path: Path, handles: Sequence[str]) -> None:
    """Give the posts their keys once, in a file that this account alone can read."""
    if path.exists():
        return
    Token.objects.filter(client=CLIENT).update(revoked=True)
    keys = {each: new_token(Account.objects.get(handle=each), client=CLIENT) for each in handles}
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(keys))


@wall.open()
def last_written() -> datetime | None:
    """Return when the exchange last wrote anything for real, or None; whose office changed meanwhile does not count."""
    written = Entry.objects.filter(kind__startswith="exchange.", journal__mode="real", journal__ours=True)
    found = written.aggregate(Max("at"))["at__max"]
    return moment(found) if found else None


def planned(plan: Plan, *, now: datetime, complete: bool) -> Todo:
    """List what is not done yet.

    While the sample is not complete all of it is made. Later what was due while the demo was off is filled, at most
    the last three days of it, and what somebody has seen to meanwhile is left alone.
    """
    since = last_written() or plan.first
    cut = complete and now - since > MOST_GAP
    if cut:
        since = now - MOST_GAP
    deeds = plan.deeds(since=since, until=now)
    if complete:
        return Todo(_open(deeds), since, cut)
    played = [each for each in scenes.deeds(plan.pack, start=plan.start) if since < each.at <= now]
    return Todo(sorted([*deeds, *played], key=lambda each: each.at), since, cut)


def _open(deeds: Sequence[Deed]) -> list[Deed]:
    """Leave out what fills a duty that is noted already, and what acts on a report that is not sent here."""
    with wall.open():
        slips = Slip.objects.filter(period__in={each.period for each in deeds})
        noted = set(slips.values_list("type", "owes", "period"))
    sent = {
        _names(each)
        for each in deeds
        if each.act == "submit" and (each.type, each.owes, each.period) not in noted
    }
    return [each for each in deeds if _names(each) in sent]


def _names(deed: Deed) -> tuple[str, ...]:
    """Name the report of a deed: a period has one fate, an event one time."""
    return (deed.type, deed.owes, deed.period, "" if deed.period else deed.event_at)


def fill(deeds: Sequence[Deed], *, progress: Callable[[int], None]) -> int:
    """Do the deeds in order, some days in one turn; return how many were done. `progress` hears the count so far."""
    at, count = node.current(), 0
    clock = at.clock
    try:
        for _days, part in groupby(deeds, key=lambda each: each.at.toordinal() // DAYS_A_TURN):
            count = _days_done(list(part), before=count, progress=progress)
    finally:
        at.clock = clock
    return count


@log.turn
def _days_done(deeds: Sequence[Deed], *, before: int, progress: Callable[[int], None]) -> int:
    """Do the deeds of some days: the acts inside share this turn, so that they cost one commit together."""
    count = before
    for _key, batch in groupby(deeds, key=lambda each: (each.at, each.by, each.act, each.channel)):
        group = list(batch)
        _done(group)
        count += len(group)
        progress(count)
    return count


def _done(batch: Sequence[Deed]) -> None:
    """Do what one party does at one moment."""
    first, at = batch[0], node.current()
    stands = micros(first.at)
    at.clock = lambda: stands
    if first.act == "scene":
        for each in batch:
            scenes.play(each.text, each.at)
        return
    by = _actor(first)
    if first.act == "submit":
        acts.submit_reports(by=by, reports=[_sent(each) for each in batch], channel=first.channel)
        return
    for each in batch:
        _act(each, by=by)


def _actor(deed: Deed) -> Actor:
    chair = office(node.current().pack, deed)
    return act_for(party=deed.by, office=chair, account=handle_of(deed.by, chair))


def _sent(deed: Deed) -> Sent:
    return Sent(
        type=deed.type,
        period=deed.period,
        values=deed.values,
        nil=deed.nil,
        owes=deed.owes,
        event_at=deed.event_at,
        known_at=deed.known_at,
    )


def _act(deed: Deed, *, by: Actor) -> None:
    if deed.act == "activate":
        acts.activate_type(
            by=by, type=deed.type, ground=deed.text, since=micros(deed.at), parties=deed.parties
        )
    elif deed.act == "waive":
        until = micros(deed.until) if deed.until else None
        acts.grant_waiver(
            by=by, type=deed.type, party=deed.owes, ground=deed.text, since=micros(deed.at), until=until
        )
    elif deed.act == "correct":
        acts.correct_report(
            by=by, report=_report(deed, by=by), values=deed.values, reason=deed.text, channel=deed.channel
        )
    elif deed.act == "withdraw":
        acts.withdraw_report(by=by, report=_report(deed, by=by), reason=deed.text)
    elif deed.act == "confirm":
        acts.confirm_report(by=by, report=_report(deed, by=by))
    else:
        acts.mark_seen(by=by, report=_report(deed, by=by))


def _report(deed: Deed, *, by: Actor) -> str:
    """Find the report that a deed acts upon: the first one of its writer for that duty or event."""
    rows = Report.objects.visible_to(by).filter(type=deed.type, owes=deed.owes, party=deed.writer)
    rows = rows.filter(period=deed.period, event_at="" if deed.period else deed.event_at)
    key = rows.order_by("number", "key").values_list("key", flat=True).first()
    if key is None:
        raise Broken(f"the sample finds no report for {deed}")
    return key

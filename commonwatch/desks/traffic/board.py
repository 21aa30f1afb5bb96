"""What pages, reminders and programs read of this desk: through the gate, a fixed number of queries a page."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from commonwatch.access import logs
from commonwatch.access.actor import Actor
from commonwatch.desks.traffic import rules
from commonwatch.desks.traffic.intake import now, recipients_of
from commonwatch.desks.traffic.models import Acknowledgement, Answer, Call, Question, Relay, Reported
from commonwatch.register import node
from commonwatch.register.gate import Reader

FIRST = 20
MOST = 400
DAY = 24 * 60 * rules.MINUTE
LATELY = 2 * DAY
"""How long an urgent notice that was not relayed waits for it."""


class Thread(NamedTuple):
    """A question with what the party asked has answered, the first first."""

    row: Question
    answers: tuple[Answer, ...]

    @property
    def answered(self) -> bool:
        """Whether the party asked has said anything."""
        return bool(self.answers)

    @property
    def outcome(self) -> str:
        """What the latest answer says of a notice that was to be confirmed."""
        return next((each.outcome for each in reversed(self.answers) if each.outcome), "")


class Recipient(NamedTuple):
    """How a recipient stands with a relay: its acknowledgement, and the calls made to it, the latest first."""

    party: str
    acknowledged: Acknowledgement | None
    calls: tuple[Call, ...]

    @property
    def told(self) -> bool:
        """Whether it has taken note, by itself or by telephone."""
        return self.acknowledged is not None or any(each.outcome == "acknowledged" for each in self.calls)

    @property
    def told_at(self) -> int | None:
        """When it took note, microseconds UTC."""
        if self.acknowledged is not None:
            return self.acknowledged.at
        return min((each.at for each in self.calls if each.outcome == "acknowledged"), default=None)


class Passed(NamedTuple):
    """A relay and how each of its recipients stands with it."""

    row: Relay
    recipients: tuple[Recipient, ...]

    @property
    def lacking(self) -> list[str]:
        """Who has not taken note."""
        return [each.party for each in self.recipients if not each.told]


def look(by: Actor, *rows: Question | Relay | Reported, how: str = "page") -> None:
    """Write into the log of reading that `by` is about to be given what these say."""
    things = [
        logs.thing(
            row, version=getattr(row, "version", getattr(row, "versions", 1)), detail=f"{row.type} {row.owes}"
        )
        for row in rows
    ]
    logs.opened(by=by, things=things, how=how)


# Questions


def questions(by: Reader) -> "QuerySet[Question]":
    """Return the questions within reach, with their journals."""
    return Question.objects.visible_to(by).select_related("journal")


def threads(rows: Iterable[Question], *, by: Reader) -> list[Thread]:
    """Put the answers beside their questions, in one query."""
    found = list(rows)
    answers: dict[str, list[Answer]] = defaultdict(list)
    told = Answer.objects.visible_to(by).filter(question__in=[each.key for each in found]) if found else ()
    for each in sorted(told, key=lambda each: (each.at, each.entry)):
        answers[each.question].append(each)
    return [Thread(row, tuple(each for each in answers[row.key] if each.party == row.to)) for row in found]


def narrowed(rows: "QuerySet[Question]", *, party: str = "", type: str = "") -> "QuerySet[Question]":
    """Keep those that a party asks or is asked, and those on a type."""
    if party:
        rows = rows.filter(Q(party=party[:40]) | Q(to=party[:40]))
    return rows.filter(type=type[:40]) if type else rows


def open_for(by: Actor) -> "QuerySet[Question]":
    """Return what the actor's party was asked and may still have to answer, what is due first."""
    return questions(by).filter(to=by.party, state="open").order_by("due", "key")


def open_between(by: Actor) -> "QuerySet[Question]":
    """Return what the actor's party was asked or has asked and is not closed, what is due first."""
    mine = Q(party=by.party) | Q(to=by.party)
    return questions(by).filter(mine, state="open").order_by("due", "key")


def open_of(by: Actor) -> "QuerySet[Question]":
    """Return what the actor's party has asked and not closed, what is due first."""
    return questions(by).filter(party=by.party, state="open").order_by("due", "key")


def history(by: Actor) -> "QuerySet[Question]":
    """Return what was closed of what the actor's party asked or was asked, the latest first."""
    mine = Q(party=by.party) | Q(to=by.party)
    return questions(by).filter(mine).exclude(state="open").order_by("-closed_at", "key")


def about(by: Reader, *, report: str) -> "QuerySet[Question]":
    """Return the questions on a report, or on what is released of it, the newest first."""
    return questions(by).filter(report__in=[report, *released(by, report)]).order_by("-asked_at", "key")


def about_duty(by: Reader, *, type: str, owes: str, period: str) -> "QuerySet[Question]":
    """Return the questions on a duty, the newest first."""
    wanted = questions(by).filter(type=type[:40], owes=owes[:40], period=period[:20])
    return wanted.exclude(period="").order_by("-asked_at", "key")


# Notices and relays


def released(by: Reader, report: str) -> list[str]:
    """Name the releases of a report that are within reach, the latest first."""
    row = Reported.objects.visible_to(by).filter(key=report).first()
    if row is None or row.release:
        return []
    rows = Reported.objects.visible_to(by).filter(of__in=row.hashes.split(","), release=True)
    return list(rows.order_by("-first_at", "key").values_list("key", flat=True))


def relays(by: Reader) -> "QuerySet[Relay]":
    """Return the relays within reach, the newest first."""
    return Relay.objects.visible_to(by).select_related("journal").order_by("-relayed_at", "key")


def passed(rows: Iterable[Relay], *, by: Reader) -> list[Passed]:
    """Put beside relays how their recipients stand with them, in two queries."""
    found = list(rows)
    keys = [each.key for each in found]
    known = Acknowledgement.objects.visible_to(by).filter(relay__in=keys) if keys else ()
    taken = {(each.relay, each.party): each for each in known}
    calls: dict[tuple[str, str], list[Call]] = defaultdict(list)
    owners = {each.key: each.party for each in found}
    made = Call.objects.visible_to(by).filter(relay__in=keys) if keys else ()
    for each in sorted(made, key=lambda each: (-each.at, each.entry)):
        if each.writer == owners[each.relay]:
            calls[each.relay, each.party].append(each)
    return [
        Passed(
            row,
            tuple(
                Recipient(party, taken.get((row.key, party)), tuple(calls[row.key, party]))
                for party in row.parties
            ),
        )
        for row in found
    ]


def relays_of(by: Reader, report: str) -> list[Passed]:
    """List the relays of a report, or of what is released of it, the first first."""
    rows = relays(by).filter(notice__in=[report, *released(by, report)])
    return passed(sorted(rows[:MOST], key=lambda each: each.relayed_at), by=by)


class Pending(NamedTuple):
    """An urgent notice that is not relayed yet, or not in its present version.

    `target` is what can be relayed: the notice itself, or its latest release. `anew` says that an earlier version was.
    `possible` lists to whom it can be relayed, `asked` whether its release was asked for. `due` is microseconds UTC.
    """

    notice: Reported
    target: Reported
    anew: bool
    possible: tuple[str, ...]
    asked: bool
    due: int


def latest_relays(by: Reader) -> list[Relay]:
    """Return the relays of the last month, the newest first."""
    return list(relays(by).filter(relayed_at__gte=now() - 30 * DAY)[:MOST])


def asked_to_release(by: Actor) -> set[str]:
    """Name the reports whose release the actor's party has asked for."""
    return set(open_of(by).filter(wants="release").values_list("report", flat=True))


def pending(
    by: Actor, *, relayed: Sequence[Relay] | None = None, asked: Collection[str] | None = None
) -> list[Pending]:
    """List the urgent notices of the last two days that the Center has not relayed as they stand, the oldest first.

    Who has looked already gives what was `relayed` lately, and the reports whose release was `asked` for.
    """
    at = node.current()
    urgent = [each.code for each in at.pack.types if each.urgent]
    rows = list(
        Reported.objects.visible_to(by)
        .select_related("journal")
        .filter(type__in=urgent, last_at__gte=now() - LATELY, imported=False)
        .exclude(state="withdrawn")
        .exclude(owes=at.pack.center)
        .order_by("first_at", "key")[:MOST]
    )
    done = latest_relays(by) if relayed is None else relayed
    wanted = asked_to_release(by) if asked is None else asked
    return _unrelayed(rows, done=[each for each in done if each.party == by.party], asked=wanted)


def _unrelayed(rows: Sequence[Reported], *, done: Iterable[Relay], asked: Collection[str]) -> list[Pending]:
    """Leave out what was relayed as it stands, and what stands behind a release of it."""
    latest = _latest_releases(rows)
    versions: dict[str, int] = {}
    for each in done:
        versions[each.notice] = max(each.version, versions.get(each.notice, 0))
    shown = {each.key for each in latest.values()}
    found = []
    for row in rows:
        if row.key in shown and _original(row, rows) is not None:
            continue
        target = latest.get(row.key, row)
        known = max(versions.get(row.key, 0), versions.get(target.key, 0))
        if known >= target.versions:
            continue
        since = row.first_at if not known else max(row.last_at, target.first_at)
        due = since + node.current().pack.duty.timers.relay * rules.MINUTE
        found.append(Pending(row, target, known > 0, recipients_of(target), row.key in asked, due))
    return found


def _latest_releases(rows: Sequence[Reported]) -> dict[str, Reported]:
    """Map each report to the latest of its releases among these rows."""
    found: dict[str, Reported] = {}
    for row in (each for each in rows if each.release):
        original = _original(row, rows)
        if original is not None:
            found[original.key] = row
    return found


def _original(release: Reported, rows: Sequence[Reported]) -> Reported | None:
    """Find the report that a release is of among these rows."""
    if not release.of:
        return None
    return next((each for each in rows if not each.release and release.of in each.hashes.split(",")), None)


def kept(values: Any, *, most: int) -> tuple[list[Any], int]:
    """Return the first of some rows, and how many more there are."""
    rows = list(values[: MOST + 1])
    return rows[:most], max(0, len(rows) - most)

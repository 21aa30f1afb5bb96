"""Releases: what may go wider is written anew, as a subject of its own that cites the report's salted hash alone."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from commonwatch.access import pairs
from commonwatch.access.actor import Actor, require, require_fresh
from commonwatch.access.models import Proposal
from commonwatch.charter.label import EVERYBODY, Label
from commonwatch.desks.exchange import rules
from commonwatch.desks.exchange.acts.found import label_of, new_subject, own_report
from commonwatch.desks.exchange.carrying import newest, release_going_on
from commonwatch.desks.exchange.facts import ReleaseWithdrawn, ReportReleased
from commonwatch.desks.exchange.intake import type_of
from commonwatch.desks.exchange.models import Release, Report
from commonwatch.errors import Refusal, _
from commonwatch.register import history, log, node

RELEASE = "exchange.release-report"


class NoSuchRelease(Refusal):
    """Absent and forbidden look alike."""

    code, status = "exchange.no-such-release", 404
    says = _("There is no such release.")
    hint = _("It may have been written for other readers.")


class NotYourRelease(Refusal):
    """Only who released withdraws."""

    code, status = "exchange.not-your-release", 403
    says = _("This was released by {party}; only {party} may withdraw it.")
    hint = _("Ask {party} to withdraw it.")


class NobodyToTell(Refusal):
    """A release whose journal is closed and whose audience is nobody's any more."""

    code, status = "exchange.nobody-to-tell", 409
    says = _("This release cannot be withdrawn: nobody is its audience any more.")
    hint = _("Those who could read it keep it as it was.")


class Choice(NamedTuple):
    """What somebody chose to release: empty `level` and None for `categories` and `fields` leave them as they are."""

    report: str
    audience: str
    level: str = ""
    categories: tuple[str, ...] | None = None
    fields: tuple[str, ...] | None = None
    ground: str = ""


class Plan(NamedTuple):
    """What a choice comes to: from which label to which, what would be read, and whether two persons are needed.

    `body` is what two persons put their names to; `of` the hash of the version released. `shown` is the digest of
    everything but the ground, which is written after one has looked.
    """

    row: Report
    source: Label
    target: Label
    values: dict[str, Any]
    of: str
    two: bool
    body: dict[str, Any]
    shown: str


class Released(NamedTuple):
    """What came of it: the subject of the release, or of the proposal that waits for a second person."""

    release: str = ""
    proposal: str = ""


def plan_release(choice: Choice, *, by: Actor) -> Plan:
    """Say what a choice comes to, without writing anything.

    :raises NoSuchReport, NotYours, ToldByTelephone, NotToBeChosen, StubOnly, WithdrawnAlready, LevelAbove,
        PublicAtLowest, NothingWider, NotInReport, NothingChosen, ReleasedAlready: naming what is wrong.
    """
    row = own_report(choice.report, by=by)
    if row.owes != row.party:
        raise rules.ToldByTelephone(owes=row.owes)
    source = label_of(row, by=by)
    target = target_of(choice, source, by=by)
    scheme = node.current().pack.labels
    rules.check_release(source, target, type_=type_of(row.type), state=row.state, scheme=scheme)
    values = rules.chosen_values(row.values, choice.fields, nil=row.state == "nil")
    of = hash_of(row, by=by)
    _check_new(of, target, values, by=by)
    body = {
        "report": row.key,
        "of": of,
        "level": target.level,
        "categories": list(target.categories),
        "audience": choice.audience,
        "parties": list(target.parties),
        "fields": list(values),
        "ground": choice.ground.strip(),
    }
    shown = pairs.digest_of(RELEASE, body | {"ground": ""})
    return Plan(row, source, target, values, of, pairs.needed(source), body, shown)


def _check_new(of: str, target: Label, values: dict[str, Any], *, by: Actor) -> None:
    """Refuse to release the same to the same readers twice, as a button pressed twice would.

    :raises ReleasedAlready: while the first release stands.
    """
    before = Release.objects.visible_to(by).select_related("journal").filter(of=of, party=by.party)
    for each in before.exclude(state="withdrawn"):
        same = label_of(each, by=by) == target and each.values == values
        if same and newest(each, reader=by).state != "withdrawn":
            raise rules.ReleasedAlready


def target_of(choice: Choice, source: Label, *, by: Actor) -> Label:
    """Return the label of the release: a named audience as of today, with the originator.

    :raises NotToBeChosen: when the pack has no such level or audience, or the report no such category.
    """
    at = node.current()
    pack = at.pack
    level = choice.level or source.level
    rules.check_choice(level, known=[each.code for each in pack.labels.levels])
    rules.check_choice(choice.audience, known=[each.code for each in pack.audiences])
    categories = source.categories if choice.categories is None else choice.categories
    for each in categories:
        rules.check_choice(each, known=source.categories)
    readers = pack.readers(choice.audience, originator=by.party, on=node.today(at))
    return Label(level=level, categories=categories, parties=readers)


def hash_of(row: Report, *, by: Actor) -> str:
    """Return the salted hash (hex) of the entry by which a report stands as it does now."""
    found = history.entry(row.last_entry, reader=by)
    if found is None:
        raise rules.ChangedSince
    return history.past(found).place.hash


@log.turn
def release_report(*, by: Actor, choice: Choice, seen: str = "") -> Released:
    """Release one's own report to more readers or at a lower level; where the pack asks for two persons, propose it.

    `seen` names the plan that was looked at (its `shown`); with it, what has changed since is not released unseen.

    :raises NotMandated, ByProgram, ConfirmItIsYou, ReasonMissing, ChangedSince, NoSuchReport, NotYours,
        ToldByTelephone, NotToBeChosen, StubOnly, WithdrawnAlready, LevelAbove, PublicAtLowest, NothingWider,
        NotInReport, NothingChosen, ReleasedAlready, ProposedAlready: naming what is wrong.
    """
    require(by, "exchange.release-report")
    rules.check_releaser(by.client)
    require_fresh(by)
    plan = plan_release(choice, by=by)
    rules.check_withdrawal(state=plan.row.state, reason=choice.ground)
    if seen and seen != plan.shown:
        raise rules.ChangedSince
    if plan.two:
        if any(each.body | {"ground": ""} == plan.body | {"ground": ""} for each in waiting(plan.row, by=by)):
            raise rules.ProposedAlready
        level, marks = plan.source.level, plan.source.categories
        return Released(
            proposal=pairs.propose(by=by, act=RELEASE, body=plan.body, level=level, categories=marks)
        )
    return Released(release=_release(plan, by=by, offices=(by.office,)))


def waiting(row: Report, *, by: Actor) -> list[Proposal]:
    """List the proposals to release a report that wait for a second person."""
    return [each for each in pairs.open_now(by) if each.act == RELEASE and each.body["report"] == row.key]


def carry_out_release(*, by: Actor, body: pairs.Body, proposal: str) -> str:
    """Release what two persons have agreed on, if it still is what both were shown; return the release.

    :raises ChangedSince: when the report was corrected, or its readers have changed.
    :raises NoSuchProposal: when no two persons have agreed on it.
    """
    plan = plan_release(choice_of(body), by=by)
    if plan.body != body:
        raise rules.ChangedSince
    both = pairs.persons(proposal, reader=by)
    if both is None or not pairs.agreed(proposal, act=RELEASE, body=body, reader=by):
        raise pairs.NoSuchProposal
    return _release(plan, by=by, offices=(both.first_office, both.second_office))


def choice_of(body: pairs.Body) -> Choice:
    """Return the choice that a proposal keeps."""
    return Choice(
        report=body["report"],
        audience=body["audience"],
        level=body["level"],
        categories=tuple(body["categories"]),
        fields=tuple(body["fields"]),
        ground=body["ground"],
    )


def _release(plan: Plan, *, by: Actor, offices: Sequence[str]) -> str:
    row = plan.row
    fact = ReportReleased(
        type=row.type,
        owes=row.owes,
        period=row.period,
        event_at=row.event_at,
        values=plan.values,
        nil=row.state == "nil",
        part=len(plan.values) < len(row.values),
        version=row.versions,
        of=plan.of,
        ground=plan.body["ground"],
        offices=tuple(offices),
    )
    subject = new_subject("release", by.party)
    log.append(fact, by=by, subject=subject, label=plan.target, settled=True)
    by.again()
    return subject


@log.turn
def withdraw_release(*, by: Actor, release: str, ground: str) -> str:
    """Take a release back; who has read it keeps what was read. Return the subject that says so.

    A release in a journal that has closed is continued first, for those who are its audience today.

    :raises NoSuchRelease, NotYourRelease, WithdrawnAlready, ReasonMissing, NobodyToTell: naming what is wrong.
    """
    require(by, "exchange.release-report")
    row = release_of(release, by=by)
    if row.party != by.party:
        raise NotYourRelease(party=row.party)
    row = newest(row, reader=by)
    rules.check_withdrawal(state=row.state, reason=ground)
    fact = ReleaseWithdrawn(ground=ground.strip())
    if not row.journal.closed:
        log.append(fact, by=by, subject=row.key, label=label_of(row, by=by))
        return row.key
    going = release_going_on(row, eyes=by)
    if going is None:
        raise NobodyToTell
    log.append_many([going.opening, log.Draft(fact, going.subject, going.label, settled=True)], by=by)
    by.again()
    return going.subject


def release_of(subject: str, *, by: Actor) -> Release:
    """Return a release within reach.

    :raises NoSuchRelease: absent and forbidden alike.
    """
    row = Release.objects.visible_to(by).select_related("journal").filter(key=subject).first()
    if row is None:
        raise NoSuchRelease
    return row


def newcomers(source: Label, target: Label) -> tuple[str, ...]:
    """Return the parties that are named in the target and not in the source; ("*",) when everybody is."""
    if source.parties == EVERYBODY:
        return ()
    if target.parties == EVERYBODY:
        return EVERYBODY
    return tuple(each for each in target.parties if each not in source.parties)

"""The acts of the summaries desk: released, revised, withdrawn, issued anew, acknowledged, called about."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from django.utils.translation import get_language

from commonwatch.access.actor import Actor, require
from commonwatch.charter.label import EVERYBODY, Label
from commonwatch.desks.summaries import intake, rules
from commonwatch.desks.summaries.facts import (
    Block,
    Item,
    SummaryAcknowledged,
    SummaryCalled,
    SummaryReleased,
    SummaryRevised,
    SummaryWithdrawn,
)
from commonwatch.desks.summaries.models import Draft, Summary, SummaryReceipt
from commonwatch.journal.entry import new_id
from commonwatch.register import history, log, node
from commonwatch.register.draft import Written

ACKNOWLEDGE = {"day": 240, "sitrep": 60}
"""Within how many minutes recipients are to acknowledge a summary of each form."""
OUTCOMES = ("acknowledged", "no-answer", "unreachable")
MINUTE = 60_000_000


class Issued(NamedTuple):
    """What came of a release: the subject of the summary and those of its annexes."""

    summary: str
    annexes: tuple[str, ...]


def name_items(content: rules.Content, ids: Iterable[str]) -> str:
    """Put the ids of what was chosen into words as refusals have them: "KZ, D1 2026-09-14"."""
    found = [content.block(each) for each in ids]
    return "; ".join(
        ", ".join(filter(None, (each.owes or each.party, f"{each.type} {each.period}".strip() or each.what)))
        for each in found
        if each is not None
    )


def _ready(draft: str, *, by: Actor, version: int, seen: str) -> tuple[Draft, rules.Content, intake.Plan]:
    """Return a draft that may be released as it was shown.

    :raises ChangedSince, NoSuchDraft: and whatever `check_plan` refuses.
    """
    row = intake.draft_of(draft, by=by)
    content = intake.content_of(row)
    if row.version != version:
        raise rules.ChangedSince
    plan = intake.plan_of(row, content, by=by)
    intake.check_plan(plan, content, name=lambda ids: name_items(content, ids))
    if seen and seen != plan.seen:
        raise rules.ChangedSince
    return row, content, plan


def _cited(plan: intake.Plan, blocks: Sequence[Block]) -> tuple[Written, ...]:
    """Cite the entries of what stands in these blocks, each once."""
    hashes = dict.fromkeys(each.source for each in blocks if isinstance(each, Item))
    return tuple(plan.refs[each] for each in hashes)


@log.turn
def release_summary(*, by: Actor, draft: str, version: int, seen: str = "") -> Issued:
    """Release a draft: the main part under the join of all its labels, and one annex for each narrower label.

    `version` and `seen` name the draft and the readers that were shown; what has changed since is not released unseen.

    :raises NotMandated, NoSuchDraft, ChangedSince, NoSuchMatter, NobodyLeft, Stale, QuoteUnknown, NothingToRelease,
        TooLong, TooLarge, OtherReaders: naming what is wrong.
    """
    require(by, "summaries.release-summary")
    row, content, plan = _ready(draft, by=by, version=version, seen=seen)
    if row.revises:
        raise rules.OtherReaders(items="-")
    done = _release(row, content, plan, by=by)
    intake.drop(row, by=by)
    return done


def _release(row: Draft, content: rules.Content, plan: intake.Plan, *, by: Actor) -> Issued:
    main = _open(row.form, content, plan.label, plan.blocks, _cited(plan, plan.blocks), by=by)
    annexes = [
        _open(row.form, content, each.label, each.blocks, (main[1], *_cited(plan, each.blocks)), by=by, of=main[1])
        for each in plan.asides
    ]  # fmt: skip
    by.again()
    return Issued(main[0], tuple(subject for subject, _place in annexes))


def _open(  # noqa: PLR0913 - what one subject holds, by name
    form: str,
    content: rules.Content,
    label: Label,
    blocks: tuple[Block, ...],
    refs: tuple[Written, ...],
    *,
    by: Actor,
    of: Written | None = None,
) -> tuple[str, Written]:
    """Open one subject: the main part, or an annex to it."""
    day = intake.end_of(content.until)
    journals = log.journals_of(party=by.party, mode=by.mode, label=label)
    before = Summary.objects.visible_to(by).filter(form=form, day=day, journal__in=journals)
    fact = SummaryReleased(
        form=form,
        day=day,
        count=before.count() + 1,
        title=content.title.strip(),
        since=content.since,
        until=content.until,
        blocks=blocks,
        due=intake.now() + ACKNOWLEDGE[form] * MINUTE,
        next_at=content.next_at,
        annex_of=of.hash if of else "",
        language=(get_language() or "en").split("-")[0],
    )
    at = node.current()
    subject = f"summary/{by.party}/{new_id(millis=at.clock() // 1000, random=at.random(10))}"
    return subject, log.append(fact, by=by, subject=subject, label=label, refs=refs, settled=True)


@log.turn
def revise_summary(*, by: Actor, draft: str, version: int, reason: str, seen: str = "") -> Issued:
    """Release a new version of a summary under the label that it has; its annexes are brought up to it.

    :raises NotMandated, NoSuchDraft, ChangedSince, NoSuchSummary, NotYours, WithdrawnAlready, GroundMissing,
        OtherReaders, NumberFixed, NothingChanged, NoSuchMatter, NobodyLeft, Stale, QuoteUnknown, NothingToRelease,
        TooLong, TooLarge: naming what is wrong.
    """
    require(by, "summaries.release-summary")
    row, content, plan = _ready(draft, by=by, version=version, seen=seen)
    summary = _own(row.revises, by=by)
    rules.check_ground(reason)
    if summary.journal.closed:
        raise rules.NumberFixed
    label = intake.label_of(summary, by=by)
    if plan.label != label:
        narrows = [each.id for each in plan.taken if each.narrows]
        raise rules.OtherReaders(items=name_items(content, narrows) or "-")
    first = _place(summary.entry, by=by)
    known = _annexes(summary, by=by)
    changed = _revise(summary, content, plan, plan.blocks, reason, by=by)
    opened = []
    for each in plan.asides:
        there = known.pop(each.label, None)
        if there is not None:
            changed |= _revise(there, content, plan, each.blocks, reason, by=by)
            continue
        refs = (first, *_cited(plan, each.blocks))
        opened.append(_open(row.form, content, each.label, each.blocks, refs, by=by, of=first)[0])
    for gone in known.values():
        _end(gone, reason, by=by)
    if not (changed or opened or known):
        raise rules.NothingChanged
    intake.drop(row, by=by)
    by.again()
    return Issued(summary.key, tuple(opened))


def _annexes(summary: Summary, *, by: Actor) -> dict[Label, Summary]:
    """Find the annexes of a summary that stand, by label."""
    rows = Summary.objects.visible_to(by).select_related("journal")
    mine = rows.filter(annex_of=summary.hash, party=by.party, state="stands", journal__closed=False)
    return {intake.label_of(row, by=by): row for row in mine}


def _place(entry: str, *, by: Actor) -> Written:
    found = history.entry(entry, reader=by)
    if found is None:
        raise intake.NoSuchSummary
    return history.past(found).place


def _revise(  # noqa: PLR0913 - what one version holds, by name
    row: Summary,
    content: rules.Content,
    plan: intake.Plan,
    blocks: tuple[Block, ...],
    reason: str,
    *,
    by: Actor,
) -> bool:
    """Write a new version of one subject, unless it says what the last said; tables are counted anew each time."""
    entry = history.entry(row.last_entry, reader=by)
    said = history.past(entry).fact if entry is not None else None
    now = (content.title.strip(), content.since, content.until, content.next_at, _untimed(blocks))
    if isinstance(said, SummaryReleased | SummaryRevised) and now == (
        said.title, said.since, said.until, said.next_at, _untimed(said.blocks),
    ):  # fmt: skip
        return False
    fact = SummaryRevised(
        version=row.version + 1,
        title=content.title.strip(),
        since=content.since,
        until=content.until,
        blocks=blocks,
        due=intake.now() + ACKNOWLEDGE[row.form] * MINUTE,
        reason=reason.strip(),
        next_at=content.next_at,
    )
    refs = _cited(plan, blocks)
    log.append(fact, by=by, subject=row.key, label=intake.label_of(row, by=by), refs=refs)
    return True


def _untimed(blocks: Sequence[Block]) -> list[dict[str, object]]:
    """Return blocks without the moment at which tables were counted."""
    found: list[dict[str, object]] = msgspec.to_builtins(tuple(blocks))
    return [
        {name: value for name, value in each.items() if (each["block"], name) != ("table", "at")}
        for each in found
    ]


@log.turn
def withdraw_summary(*, by: Actor, summary: str, ground: str) -> Summary:
    """Take a summary back, and its annexes; who has read it keeps what was read.

    :raises NotMandated, NoSuchSummary, NotYours, WithdrawnAlready, GroundMissing, TooLong, NumberFixed: saying why.
    """
    require(by, "summaries.release-summary")
    row = _own(summary, by=by)
    rules.check_ground(ground)
    if row.journal.closed:
        raise rules.NumberFixed
    _end(row, ground, by=by)
    for each in _annexes(row, by=by).values():
        _end(each, ground, by=by)
    by.again()
    return intake.summary_of(summary, by=by)


def _end(row: Summary, ground: str, *, by: Actor, instead: bool = False) -> None:
    fact = SummaryWithdrawn(ground=ground.strip(), instead=instead)
    log.append(fact, by=by, subject=row.key, label=intake.label_of(row, by=by))


@log.turn
def reissue_summary(*, by: Actor, draft: str, version: int, reason: str, seen: str = "") -> Issued:
    """Withdraw a summary and issue its next version anew under another label.

    :raises NotMandated, NoSuchDraft, ChangedSince, NoSuchSummary, NotYours, WithdrawnAlready, GroundMissing,
        NumberFixed, NoSuchMatter, NobodyLeft, Stale, QuoteUnknown, NothingToRelease, TooLong, TooLarge: saying why.
    """
    require(by, "summaries.release-summary")
    row, content, plan = _ready(draft, by=by, version=version, seen=seen)
    before = _own(row.revises, by=by)
    rules.check_ground(reason)
    if before.journal.closed:
        raise rules.NumberFixed
    for each in (before, *_annexes(before, by=by).values()):
        _end(each, reason, by=by, instead=True)
    done = _release(row, content, plan, by=by)
    intake.drop(row, by=by)
    return done


def _own(summary: str, *, by: Actor) -> Summary:
    """Return a summary that one's own party released and that stands.

    :raises NoSuchSummary, NotYours, WithdrawnAlready: saying why.
    """
    row = intake.summary_of(summary, by=by)
    if row.party != by.party:
        raise rules.NotYours(party=row.party)
    if row.state == "withdrawn":
        raise rules.WithdrawnAlready
    return row


@log.turn
def acknowledge_summary(*, by: Actor, summary: str) -> Summary:
    """Say that one's own party has taken note of the present version; a second time it says nothing new.

    :raises NotMandated, NoSuchSummary, WithdrawnAlready, NotARecipient: saying why.
    """
    require(by, "summaries.acknowledge-summary")
    row = intake.summary_of(summary, by=by)
    label = intake.label_of(row, by=by)
    if row.state == "withdrawn":
        raise rules.WithdrawnAlready
    if by.party == row.party or label.parties == EVERYBODY or row.journal.closed:
        raise rules.NotARecipient(party=by.party)
    mine = SummaryReceipt.objects.visible_to(by).filter(subject=row.key, party=by.party, version=row.version)
    if not mine.filter(how="acknowledged").exists():
        log.append(SummaryAcknowledged(version=row.version), by=by, subject=row.key, label=label)
    return row


@log.turn
def note_call(*, by: Actor, summary: str, party: str, outcome: str, note: str = "") -> Summary:
    """Write down that a recipient was telephoned about the present version, and what came of it.

    :raises NotMandated, NoSuchSummary, NotYours, WithdrawnAlready, NotARecipient, OutcomeUnknown, TooLong: saying why.
    """
    require(by, "summaries.compose-summary")
    row = _own(summary, by=by)
    label = intake.label_of(row, by=by)
    if party not in intake.recipients(label, writer=row.party):
        raise rules.NotARecipient(party=party[:40])
    if outcome not in OUTCOMES:
        raise rules.OutcomeUnknown(given=outcome[:40], known=", ".join(OUTCOMES))
    if len(note) > rules.MOST_TEXT:
        raise rules.TooLong(length=len(note), most=rules.MOST_TEXT)
    fact = SummaryCalled(party=party, outcome=outcome, version=row.version, note=note.strip())
    log.append(fact, by=by, subject=row.key, label=label)
    return row

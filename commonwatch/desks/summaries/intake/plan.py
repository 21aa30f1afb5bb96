"""What a draft comes to: its label, whom each thing takes away, what changed since, the blocks as written."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from commonwatch.access.actor import Actor
from commonwatch.charter.label import EVERYBODY, Label
from commonwatch.desks.summaries import rules
from commonwatch.desks.summaries.facts import Block, Heading, Item, Paragraph, Quote, Table
from commonwatch.desks.summaries.intake.counting import rows_of
from commonwatch.desks.summaries.intake.found import CODES, NoSuchMatter, label_of, matters, now
from commonwatch.desks.summaries.models import Draft, Matter
from commonwatch.errors import Refusal, _
from commonwatch.register import node
from commonwatch.register.draft import Written


class NoSuchAudience(Refusal):
    """An audience that the pack does not have."""

    code, status = "summaries.no-such-audience", 422
    says = _("There is no audience “{given}”.")
    hint = _("Choose one of: {known}.")


class Aside(NamedTuple):
    """An annex as it would be written: its label, and what stands in it."""

    label: Label
    blocks: tuple[Block, ...]


class Plan(NamedTuple):
    """What a draft comes to.

    `meant` is the label that was meant, `label` the one that it gets. `taken` says of each thing in the main part
    what it takes away; `stale` maps ids to what became of them ("corrected", "withdrawn", "closed"); `lost` names
    what takes the last readers away; `absent` what is not within reach. `refs` are the entries cited, by hash; `seen`
    is the digest of what was shown.
    """

    meant: Label
    label: Label
    blocks: tuple[Block, ...]
    asides: tuple[Aside, ...]
    taken: tuple[rules.Taken, ...]
    stale: Mapping[str, str]
    lost: tuple[str, ...]
    absent: tuple[str, ...]
    refs: Mapping[str, Written]
    seen: str


def default_audience() -> str:
    """Return the audience of the day's summary in the pack; else the widest that is not the public."""
    pack = node.current().pack
    if pack.has_type(CODES["day"]):
        return pack.type(CODES["day"]).audience
    inner = [each.code for each in pack.audiences if "*" not in each.parties]
    return (inner or [each.code for each in pack.audiences])[-1]


def base_label(audience: str, *, by: Actor) -> Label:
    """Return the label that is meant: a named audience of today, internal; what is public at the lowest level.

    :raises NoSuchAudience: naming those that there are.
    """
    at = node.current()
    if not at.pack.has_audience(audience):
        known = ", ".join(each.code for each in at.pack.audiences)
        raise NoSuchAudience(given=audience[:40], known=known)
    readers = at.pack.readers(audience, originator=by.party, on=node.today(at))
    public = readers == EVERYBODY
    level = at.pack.labels.lowest if public else at.pack.labels.internal
    return Label(level=level, parties=readers if public else (*readers, by.party))


def plan_of(draft: Draft, content: rules.Content, *, by: Actor) -> Plan:
    """Say what a draft comes to, without writing anything.

    :raises NoSuchAudience: when the pack has no such audience.
    """
    scheme = node.current().pack.labels
    items = [each for each in content.blocks if each.sort == "item"]
    rows = matters([each.subject for each in items], by=by)
    labels = {each.id: label_of(rows[each.subject], by=by) for each in items if each.subject in rows}
    aside = {each.id for each in items if each.annex}
    inside = {name: label for name, label in labels.items() if name not in aside}
    meant = base_label(content.audience, by=by)
    label = rules.joined(meant, list(inside.values()), scheme=scheme)
    stale = {each.id: word for each in items if (word := _became(each, rows.get(each.subject)))}
    written = [_kept(each, stale) for each in content.blocks]
    groups = rules.annexes(label, {name: labels[name] for name in labels if name in aside}, scheme=scheme)
    asides = tuple(
        Aside(each.label, tuple(_item(block) for block in written if block.id in each.ids)) for each in groups
    )
    everyone = [each.code for each in node.current().pack.parties]
    return Plan(
        meant=meant,
        label=label,
        blocks=tuple(_blocks(written, content, label, by=by)),
        asides=asides,
        taken=tuple(rules.takes(meant, inside, scheme=scheme, everyone=everyone)),
        stale={name: word for name, word in stale.items() if not _block(written, name).keep},
        lost=_lost(meant, inside, groups, by=by),
        absent=tuple(each.id for each in items if each.subject not in rows),
        refs={each.hash: _written(each, rows[each.subject], labels[each.id]) for each in items if each.id in labels},
        seen=_digest(draft, label, asides),
    )  # fmt: skip


def _block(blocks: Sequence[rules.Chosen], name: str) -> rules.Chosen:
    return next(each for each in blocks if each.id == name)


def _became(item: rules.Chosen, row: Matter | None) -> str:
    """Say what became of something since it was chosen; empty when it stands as it was."""
    if row is None or row.hash == item.hash:
        return ""
    if row.state in {"withdrawn", "closed"}:
        return row.state
    return "corrected"


def _kept(block: rules.Chosen, stale: Mapping[str, str]) -> rules.Chosen:
    """Mark what is kept on purpose though it changed."""
    return replace(block, since=stale[block.id]) if block.keep and block.id in stale else block


def _lost(
    meant: Label, inside: Mapping[str, Label], groups: Sequence[rules.Annexed], *, by: Actor
) -> tuple[str, ...]:
    """Name what takes the last readers away, of main part or annex; nothing where the writer alone was meant."""
    if meant.parties != EVERYBODY and not set(meant.parties) - {by.party}:
        return ()
    left: set[str] | None = None if meant.parties == EVERYBODY else set(meant.parties)
    for name, label in inside.items():
        if label.parties != EVERYBODY:
            left = set(label.parties) if left is None else left & set(label.parties)
        if left is not None and not left - {by.party}:
            return (name,)
    alone = (each for each in groups if each.label.parties != EVERYBODY)
    return next((each.ids for each in alone if not set(each.label.parties) - {by.party}), ())


def _blocks(
    written: Sequence[rules.Chosen], content: rules.Content, label: Label, *, by: Actor
) -> list[Block]:
    """Write the blocks of the main part; quotes resolve to what stands in it, and what says nothing is left out."""
    sources = {each.id: each for each in written if each.sort == "item" and not each.annex}
    found: list[Block] = []
    for each in written:
        if each.sort == "heading":
            found.append(Heading(id=each.id, code=each.code, text=each.text.strip()))
        elif each.sort == "text":
            found.append(Paragraph(id=each.id, text=each.text.strip(), quotes=_quotes(each.text, sources)))
        elif each.sort == "table":
            rows = rows_of(each.code, content.since, content.until, label, by=by)
            found.append(Table(id=each.id, code=each.code, at=now(), rows=rows))
        elif not each.annex:
            found.append(_item(each))
    return rules.filled(found)


def _quotes(text: str, sources: Mapping[str, rules.Chosen]) -> tuple[Quote, ...]:
    """Resolve the tokens of a paragraph; those that resolve to nothing are refused before anything is released."""
    found = []
    for token in rules.tokens(text):
        name, _dot, field = token.partition(".")
        source = sources.get(name)
        if source is None or field not in source.values:
            continue
        found.append(
            Quote(
                token=token, source=source.hash, field=field, value=source.values[field], type=source.type,
                owes=source.owes, period=source.period or source.event_at, version=source.version,
            )
        )  # fmt: skip
    return tuple(found)


def _item(each: rules.Chosen) -> Item:
    return Item(
        id=each.id, source=each.hash, what=each.what, party=each.party, at=each.at, type=each.type,
        owes=each.owes, period=each.period, event_at=each.event_at, version=each.version, state=each.state,
        values=each.values, comment=each.text.strip(), since=each.since,
    )  # fmt: skip


def _written(item: rules.Chosen, row: Matter, label: Label) -> Written:
    """Cite the entry of something as it was chosen."""
    return Written(item.entry, item.hash, row.journal_id, 0, item.at, label, row.party)


def _digest(draft: Draft, label: Label, asides: Sequence[Aside]) -> str:
    """Name who was shown to read it: the readers of the main part and of each annex."""
    said = (draft.id, label, [each.label for each in asides])
    return sha256(repr(said).encode()).hexdigest()


def as_chosen(row: Matter) -> rules.Chosen:
    """Choose something as it stands now. What was withdrawn is told without its values."""
    values: dict[str, Any] = {} if row.state == "withdrawn" else row.values
    return rules.Chosen(
        id="", sort="item", subject=row.key, entry=row.entry, hash=row.hash, what=row.what, party=row.party,
        at=row.last_at, type=row.type, owes=row.owes, period=row.period, event_at=row.event_at,
        version=row.version, state=row.state, values=values,
    )  # fmt: skip


def chosen_block(block: Block, *, entry: str, subject: str) -> rules.Chosen:
    """Read a released block back as a chosen one."""
    if isinstance(block, Item):
        return rules.Chosen(
            id=block.id, sort="item", text=block.comment, subject=subject, entry=entry, hash=block.source,
            what=block.what, party=block.party, at=block.at, type=block.type, owes=block.owes,
            period=block.period, event_at=block.event_at, version=block.version, state=block.state,
            values=dict(block.values), keep=bool(block.since), since=block.since,
        )  # fmt: skip
    if isinstance(block, Table):
        return rules.Chosen(id=block.id, sort="table", code=block.code)
    if isinstance(block, Heading):
        return rules.Chosen(id=block.id, sort="heading", code=block.code, text=block.text)
    return rules.Chosen(id=block.id, sort="text", text=block.text)


def check_plan(plan: Plan, content: rules.Content, *, name: Any) -> None:
    """Refuse what may not be released. `name` puts the ids of what was chosen into words.

    :raises NoSuchMatter, NobodyLeft, Stale, QuoteUnknown, NothingToRelease, TooLong, TooLarge: naming what is wrong.
    """
    if plan.absent:
        raise NoSuchMatter
    if plan.lost:
        raise rules.NobodyLeft(items=name(plan.lost))
    if plan.stale:
        raise rules.Stale(items=name(plan.stale))
    items = {each.id: each.values for each in content.blocks if each.sort == "item" and not each.annex}
    rules.check_quotes([each.text for each in content.blocks if each.sort == "text"], known=items)
    rules.check_lengths(content.title, plan.blocks)
    for blocks in (plan.blocks, *(each.blocks for each in plan.asides)):
        cited = {each.source for each in blocks if isinstance(each, Item)}
        rules.check_size(msgspec.json.encode(blocks), blocks, references=len(cited))

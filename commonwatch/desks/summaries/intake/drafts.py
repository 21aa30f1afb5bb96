"""Drafts: one for all officers of a party; who saves over another's version is refused, and nothing is lost."""

from typing import Any

import msgspec
from django.db.models import QuerySet

from commonwatch.access.actor import Actor, require
from commonwatch.desks.summaries import rules
from commonwatch.desks.summaries.facts import Item, SummaryReleased, SummaryRevised
from commonwatch.desks.summaries.intake.found import FORMS, NoSuchForm, moment, now, summary_of
from commonwatch.desks.summaries.intake.plan import chosen_block, default_audience
from commonwatch.desks.summaries.models import Draft, Summary
from commonwatch.errors import Refusal, _
from commonwatch.register import history, node
from commonwatch.register.models import Entry

DAY = 86_400_000_000


class NoSuchDraft(Refusal):
    """A draft that is not there, or another party's."""

    code, status = "summaries.no-such-draft", 404
    says = _("There is no such draft.")
    hint = _("It may have been released or dropped. Begin a new one.")


def drafts(by: Actor) -> QuerySet[Draft]:
    """Return the drafts of one's own party in this mode."""
    return Draft.objects.filter(account_party=by.party, mode=by.mode).order_by("-saved_at", "id")


def draft_of(name: str, *, by: Actor) -> Draft:
    """Return a draft of one's own party.

    :raises NoSuchDraft: absent and another's alike.
    """
    row = (
        None if "\0" in name else Draft.objects.filter(account_party=by.party, mode=by.mode, id=name).first()
    )
    if row is None:
        raise NoSuchDraft
    return row


def content_of(draft: Draft) -> rules.Content:
    """Read what a draft holds."""
    return msgspec.convert(draft.content, rules.Content)


def begin(form: str, *, by: Actor, title: str) -> Draft:
    """Open the party's draft of a form, beginning it when there is none.

    :raises NoSuchForm: naming the form.
    """
    require(by, "summaries.compose-summary")
    if form not in FORMS:
        raise NoSuchForm(form=form[:40])
    found = drafts(by).filter(form=form, revises="").first()
    if found is not None:
        return found
    content = rules.blank(
        form, title=title, audience=default_audience(), since=since_last(form, by=by), until=now()
    )
    return _new(form, content, by=by)


def since_last(form: str, *, by: Actor) -> int:
    """Return until when the last one of a form told: there the next begins; else a day ago."""
    mine = Summary.objects.visible_to(by).filter(form=form, party=by.party, annex_of="", state="stands")
    last = mine.order_by("-until", "key").values_list("until", flat=True).first()
    return min(last, now()) if last else now() - DAY


def _new(form: str, content: rules.Content, *, by: Actor, revises: str = "") -> Draft:
    draft, _made = Draft.objects.get_or_create(
        account_party=by.party,
        mode=by.mode,
        form=form,
        revises=revises,
        defaults={
            "id": node.current().random(16).hex(),
            "content": msgspec.to_builtins(content),
            "saved_at": now(),
            "saved_by": by.account,
        },
    )
    return draft


def begin_version(summary: str, *, by: Actor) -> Draft:
    """Open the draft of a summary's next version, beginning with what the present one says.

    :raises NoSuchSummary, NotYours, WithdrawnAlready: when there is nothing to revise.
    """
    require(by, "summaries.compose-summary")
    row = summary_of(summary, by=by)
    if row.party != by.party:
        raise rules.NotYours(party=row.party)
    if row.state == "withdrawn":
        raise rules.WithdrawnAlready
    found = drafts(by).filter(revises=row.key).first()
    if found is not None:
        return found
    blocks, asides = _blocks(row, by=by), []
    for annex in Summary.objects.visible_to(by).filter(annex_of=row.hash, party=by.party, state="stands"):
        asides += [msgspec.structs.replace(each, annex=True) for each in _blocks(annex, by=by)]
    content = rules.Content(
        title=row.title, since=row.since, until=row.until, next_at=row.next_at, blocks=tuple(blocks),
        audience=_audience(row, by=by), counter=max((int(each.id[1:]) for each in (*blocks, *asides)), default=0),
    )  # fmt: skip
    content = rules.with_headings(
        content, row.form
    )  # under what was left empty there may be something to say now
    content = msgspec.structs.replace(content, blocks=(*content.blocks, *asides))
    return _new(row.form, content, by=by, revises=row.key)


def _audience(row: Summary, *, by: Actor) -> str:
    """Name the audience that has the summary's readers today; the usual one where nobody has named it."""
    at = node.current()
    parties = tuple(row.journal.parties.split(",")) if row.journal.parties else ()
    named = at.pack.named(parties, writer=by.party, on=node.today(at))
    return named[0].partition(":")[0] if named else default_audience()


def _blocks(row: Summary, *, by: Actor) -> list[rules.Chosen]:
    """Read the blocks of the present version back as chosen ones: what was chosen is found again by its entry."""
    entry = history.entry(row.last_entry, reader=by)
    past = history.past(entry) if entry is not None else None
    if past is None or not isinstance(past.fact, SummaryReleased | SummaryRevised):
        raise rules.NumberFixed
    ids = {ref.hash: ref.id for ref in past.refs}
    rows = Entry.objects.visible_to(by).filter(entry_id__in=list(ids.values()))
    subjects = {str(each): subject for each, subject in rows.values_list("entry_id", "subject")}
    found = []
    for block in past.fact.blocks:
        entry_id = ids.get(block.source, "") if isinstance(block, Item) else ""
        found.append(chosen_block(block, entry=entry_id, subject=subjects.get(entry_id, "")))
    return found


def save(draft: Draft, content: rules.Content, *, by: Actor, version: int) -> Draft:
    """Keep a draft as it was typed, when nobody has saved it since `version`.

    :raises SavedMeanwhile: naming who did and when; nothing is overwritten.
    """
    require(by, "summaries.compose-summary")
    mine = Draft.objects.filter(account_party=by.party, mode=by.mode, id=draft.id, version=version)
    said: dict[str, Any] = msgspec.to_builtins(content)
    if not mine.update(content=said, version=version + 1, saved_at=now(), saved_by=by.account):
        there = draft_of(draft.id, by=by)
        raise rules.SavedMeanwhile(account=there.saved_by, at=f"{moment(there.saved_at):%H:%M}")
    return draft_of(draft.id, by=by)


def drop(draft: Draft, *, by: Actor) -> None:
    """Throw a draft away."""
    require(by, "summaries.compose-summary")
    Draft.objects.filter(account_party=by.party, mode=by.mode, id=draft.id).delete()

"""What the composer shows: the draft, what came, who would read it and whom each thing takes away."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from commonwatch.access.actor import Actor
from commonwatch.charter.label import EVERYBODY
from commonwatch.desks.summaries import board, forms, labels, rules, shown
from commonwatch.desks.summaries.facts import Item, Table
from commonwatch.desks.summaries.intake import Plan, label_of, now, plan_of, summary_of
from commonwatch.desks.summaries.models import Draft, Matter
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import party_name, type_name, words

DAY = 86_400_000_000
SPANS = {"last": 0, "day": DAY, "week": 7 * DAY}
FIRST = 12


class Conflict(NamedTuple):
    """Two texts of one block: what somebody saved meanwhile, and what was typed; `gone` when the block was dropped."""

    theirs: str
    mine: str
    gone: bool = False


def composer(
    by: Actor,
    draft: Draft,
    content: rules.Content,
    *,
    filters: Mapping[str, str],
    conflicts: Mapping[str, Conflict] | None = None,
) -> dict[str, Any]:
    """Show a draft as it is typed, and what it would come to; what is shown of others is in the log of reading."""
    plan = plan_of(draft, content, by=by)
    came = _came(by, content, filters)
    board.look_at(by, [each.subject for each in content.blocks if each.sort == "item"])
    board.look(by, came)
    taken = {each.id: each for each in plan.taken}
    revises = summary_of(draft.revises, by=by) if draft.revises else None
    return {
        "draft": draft,
        "content": content,
        "form_name": gettext(shown.FORMS.get(draft.form, draft.form)),
        "since": forms.written(content.since),
        "until": forms.written(content.until),
        "next_at": forms.written(content.next_at),
        "blocks": _blocks(content, plan, taken, conflicts or {}),
        "orphans": [each for each in (conflicts or {}).values() if each.gone],
        "audiences": _audiences(content, by=by),
        "tables": [(code, gettext(shown.TABLES[code])) for code in forms.TABLES],
        "came_count": len(came),
        "came": [_candidate(each, content) for each in came[:FIRST]],
        "came_more": [_candidate(each, content) for each in came[FIRST:]],
        "filters": _filters(filters),
        "sign": labels.sign(plan.label, writer=by.party),
        "meant": labels.readers(plan.meant.parties, writer=by.party),
        "lost": bool(plan.lost),
        "narrowed": [_narrowed(content, each) for each in plan.taken if each.narrows],
        "asides": [_aside(content, each.label, each.blocks, by=by) for each in plan.asides],
        "seen": plan.seen,
        "stale": len(plan.stale),
        "revises": revises,
        "revises_number": shown.number(revises) if revises else "",
        "other_readers": revises is not None and label_of(revises, by=by) != plan.label,
        "may_release": by.may("summaries.release-summary"),
        "may_compose": by.may("summaries.compose-summary"),
        "banner": labels.banner(plan.label),
    }


def conflicts_of(
    mine: rules.Content, theirs: rules.Content, orphans: Mapping[str, str]
) -> dict[str, Conflict]:
    """Lay what was typed beside what somebody else saved meanwhile, by block; "" stands for the title."""
    found = {
        each.id: Conflict(other.text, each.text)
        for each in mine.blocks
        if (other := theirs.block(each.id)) is not None and other.text != each.text
    }
    if mine.title != theirs.title:
        found[""] = Conflict(theirs.title, mine.title)
    return found | {name: Conflict("", text, gone=True) for name, text in orphans.items()}


# What came


def _came(by: Actor, content: rules.Content, filters: Mapping[str, str]) -> list[Matter]:
    """List what may be chosen: since the last summary (where the draft's period begins), or for longer."""
    span = SPANS.get(filters.get("span", ""), 0)
    since = now() - span if span else min(content.since, now())
    wanted = board.Wanted(*(filters.get(name, "") for name in board.Wanted._fields))
    return board.came(by, since=since, wanted=wanted)


def _candidate(row: Matter, content: rules.Content) -> dict[str, Any]:
    """Describe something that came, in one line and a few words."""
    values = shown.values(row.type if row.what in {"report", "release"} else "", row.values)
    words_ = "; ".join(f"{each.name}: {each.value}" for each in values[:4])
    state = {
        "withdrawn": gettext("withdrawn"),
        "nil": gettext("nothing to report"),
        "closed": gettext("closed"),
    }
    note = state.get(row.state, "")
    if not note and row.what == "report" and row.version > 1:
        note = gettext("corrected, version {version}").format(version=row.version)
    return {
        "key": row.key,
        "at": row.last_at,
        "who": party_name(row.owes or row.party),
        "name": type_name(row.type) if row.what in {"report", "release"} else gettext(shown.WHAT[row.what]),
        "period": row.period,
        "level": row.journal.level,
        "urgent": board.is_urgent(row),
        "note": note,
        "text": words_ if len(words_) <= 160 else f"{words_[:157]}…",
        "chosen": any(each.subject == row.key for each in content.blocks),
    }


def _filters(filters: Mapping[str, str]) -> dict[str, Any]:
    """List what can be asked for, with what is."""
    pack = node.current().pack
    spans = (
        ("last", gettext("since the last summary")),
        ("day", gettext("of the last 24 hours")),
        ("week", gettext("of the last seven days")),
    )
    whats = [(code, gettext(text)) for code, text in shown.WHAT.items()]
    return {
        "party": [(each.code, words(each.short), each.code == filters.get("party")) for each in pack.parties],
        "type": [(each.code, words(each.name), each.code == filters.get("type")) for each in pack.types],
        "what": [(code, text, code == filters.get("what")) for code, text in whats],
        "span": [(code, text, code == filters.get("span")) for code, text in spans],
    }


# The blocks


def _blocks(
    content: rules.Content,
    plan: Plan,
    taken: Mapping[str, rules.Taken],
    conflicts: Mapping[str, Conflict],
) -> list[dict[str, Any]]:
    tables = {each.id: each for each in plan.blocks if isinstance(each, Table)}
    stays = {each.id for each in plan.blocks}
    last = len(content.blocks) - 1
    return [
        {
            "id": each.id,
            "sort": each.sort,
            "text": each.text,
            "first": place == 0,
            "last": place == last,
            "empty": each.sort == "heading" and each.id not in stays,
            "conflict": conflicts.get(each.id),
            **_block(each, plan, taken.get(each.id), tables.get(each.id)),
        }
        for place, each in enumerate(content.blocks)
    ]


def _block(each: rules.Chosen, plan: Plan, taken: rules.Taken | None, table: Table | None) -> dict[str, Any]:
    if each.sort == "heading":
        fixed = gettext(rules.HEADINGS[each.code]) if each.code in rules.HEADINGS else ""
        return {"fixed": fixed, "name": fixed or each.text or gettext("Heading")}
    if each.sort == "text":
        return {"name": gettext("Paragraph")}
    if each.sort == "table":
        return {
            "table": shown.table(table, None) if table else None,
            "name": gettext(shown.TABLES.get(each.code, "")),
        }
    became = plan.stale.get(each.id, "")
    name = _named(each)
    return {
        "name": name,
        "source": shown.source_text(
            each.owes or each.party, each.type, each.period or each.event_at, each.version
        ),
        "values": shown.values(each.type, each.values),
        "withdrawn": each.state == "withdrawn",
        "nil": each.state == "nil",
        "annex": each.annex,
        "keep": each.keep,
        "became": gettext(shown.BECAME[became]) if became else "",
        "absent": each.id in plan.absent,
        "lost": each.id in plan.lost,
        "takes": takes_text(name, taken) if taken is not None and taken.narrows else "",
        "ask": _ask(each) if each.what == "report" else "",
    }


def _named(each: rules.Chosen) -> str:
    who = party_name(each.owes or each.party)
    name = (
        type_name(each.type) if each.what in {"report", "release"} else gettext(shown.WHAT.get(each.what, ""))
    )
    return gettext("{party}: {what}").format(party=who, what=name)


def takes_text(name: str, taken: rules.Taken) -> str:
    """Say whom something takes away, and what it raises: "Kazakhstan: Border takes Armenia and Tajikistan away"."""
    said = []
    if taken.parties:
        says = gettext("“{name}” takes these readers away: {parties}.")
        said.append(says.format(name=name, parties=labels.names(taken.parties)))
    if taken.level:
        said.append(gettext("“{name}” raises the level to {level}.").format(name=name, level=taken.level))
    if taken.categories:
        says = gettext("“{name}” asks for the category {categories}.")
        said.append(says.format(name=name, categories=", ".join(taken.categories)))
    return " ".join(said)


def _ask(each: rules.Chosen) -> str:
    """Lead to where its release is asked for: the desk of questions where there is one, else the report's page."""
    try:
        text = gettext("Please release this report for the summary of the day.")
        query = urlencode({"report": each.subject, "text": text})
        return f"{reverse('traffic:ask')}?{query}"
    except NoReverseMatch:
        return reverse("exchange:report", args=[each.subject])


def _narrowed(content: rules.Content, taken: rules.Taken) -> str:
    block = content.block(taken.id)
    return takes_text(_named(block), taken) if block is not None else ""


def _aside(content: rules.Content, label: Any, blocks: Sequence[Any], *, by: Actor) -> dict[str, Any]:
    """Describe an annex: who would read it, and what stands in it."""
    names = [
        _named(block)
        for each in blocks
        if isinstance(each, Item) and (block := content.block(each.id)) is not None
    ]
    return {"sign": labels.sign(label, writer=by.party), "names": names}


def _audiences(content: rules.Content, *, by: Actor) -> list[dict[str, Any]]:
    """List the named audiences with their readers of today."""
    at = node.current()
    found = []
    for each in at.pack.audiences:
        parties = at.pack.readers(each.code, originator=by.party, on=node.today(at))
        if parties == EVERYBODY or set(parties) - {by.party}:
            found.append(
                {"code": each.code, "name": words(each.name), "chosen": each.code == content.audience}
            )
    return found

"""What the pages on releases show: the choice and what it comes to, the release, and what was released of a report."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext

from commonwatch.access import pairs
from commonwatch.access.actor import Actor
from commonwatch.access.seats import offices_of
from commonwatch.charter.label import EVERYBODY, Label
from commonwatch.charter.model import NamedAudience
from commonwatch.desks.exchange import acts, board, labels, rules, shown
from commonwatch.desks.exchange.carrying import newest
from commonwatch.desks.exchange.facts import (
    ReleaseCarried,
    ReleaseWithdrawn,
    ReportCorrected,
    ReportReleased,
    ReportSubmitted,
)
from commonwatch.desks.exchange.models import Release, Report
from commonwatch.errors import Refusal
from commonwatch.register import audience, history, node
from commonwatch.register.gate import label_of
from commonwatch.ui.templatetags.cw import party_name, type_name, words

MOST = 50


class Card(NamedTuple):
    """An audience to be chosen: its readers in words, who of them is new, and a remark on when it can be chosen."""

    code: str
    name: str
    readers: str
    new: str
    only: str
    chosen: bool


# The dialogue


def choice_of(data: QueryDict, key: str) -> acts.Choice:
    """Read what was chosen; before anything is chosen all fields and categories are."""
    chosen = data.get("chosen") == "1"
    return acts.Choice(
        report=key,
        audience=data.get("audience", ""),
        level=data.get("level", ""),
        categories=tuple(data.getlist("category")) if chosen else None,
        fields=tuple(data.getlist("field")) if chosen else None,
        ground=data.get("ground", ""),
    )


def dialogue(by: Actor, row: Report, choice: acts.Choice) -> dict[str, Any]:
    """Show what may be released of a report and to whom, and what the present choice comes to."""
    source = label_of_row(row)
    return {
        "row": row,
        "what": what(row),
        "before": labels.sign(source, writer=row.party, sent=True),
        "audiences": _cards(by, row, source, choice),
        "levels": _levels(source, choice),
        "marks": _marks_of(source, choice),
        "fields": _fields(row, choice),
        "nil": row.state == "nil",
        "ground": choice.ground,
        "before_names": parties_text(source),
        "banner": _banner(source),
        "fresh": by.fresh,
        **_preview(by, row, choice),
    }


def _preview(by: Actor, row: Report, choice: acts.Choice) -> dict[str, Any]:
    """Say what a choice comes to: what is read, by whom before and after, and whether another person is needed."""
    if not choice.audience:
        return {"plan": None}
    try:
        plan = acts.plan_release(choice, by=by)
    except Refusal as refusal:
        return {"plan": None, "hindrance": refusal}
    return {
        "plan": plan,
        "after": labels.sign(plan.target, writer=row.party),
        "new": newcomers_text(plan.source, plan.target),
        "change": level_text(plan.source, plan.target),
        "values": shown.values(row.type, plan.values),
        "left_out": len(row.values) - len(plan.values),
        "two": plan.two,
        "seconds": seconds(by) if plan.two else "",
    }


def seconds(by: Actor) -> str:
    """Name the offices of one's party of which a second person may come."""
    return "; ".join(words(each.name) for each in offices_of(by.party) if acts.RELEASE in each.mandates)


def _cards(by: Actor, row: Report, source: Label, choice: acts.Choice) -> list[Card]:
    """List the named audiences to which the report can be released and somebody gains by it."""
    found = []
    for each in node.current().pack.audiences:
        at = _possible(by, row, source, each, choice)
        if at and _adds(source, next(iter(at.values()))):
            found.append(_card(each, row, source, choice, at))
    return found


def _adds(source: Label, target: Label) -> bool:
    """Say whether an audience is worth offering: it adds a party, or is that of the report, for a lower level."""
    return bool(acts.newcomers(source, target)) or target.parties == source.parties


def _possible(
    by: Actor, row: Report, source: Label, audience: NamedAudience, choice: acts.Choice
) -> dict[str, Label]:
    """Return the labels under which an audience can be chosen, by level; the lowest is taken without categories."""
    scheme, type_ = node.current().pack.labels, shown.kind_of(row.type)
    kept = tuple(each for each in source.categories if choice.categories is None or each in choice.categories)
    found: dict[str, Label] = {}
    if type_ is None:
        return found
    for level in _below(source):
        marks = () if level.code == scheme.lowest else kept
        wanted = acts.Choice(row.key, audience.code, level=level.code, categories=marks)
        target = acts.target_of(wanted, source, by=by)
        try:
            rules.check_release(source, target, type_=type_, state=row.state, scheme=scheme)
        except Refusal:
            continue
        found[level.code] = target
    return found


def _card(
    audience: NamedAudience, row: Report, source: Label, choice: acts.Choice, at: Mapping[str, Label]
) -> Card:
    target = next(iter(at.values()))
    only = ""
    if source.level not in at:
        names = ", ".join(f"{code} {words(node.current().pack.level(code).name)}" for code in at)
        only = gettext("Only at the level {level}.").format(level=names)
    return Card(
        code=audience.code,
        name=words(audience.name),
        readers=labels.will_read(target.parties, writer=row.party),
        new=newcomers_text(source, target) if acts.newcomers(source, target) else "",
        only=only,
        chosen=audience.code == choice.audience,
    )


def _below(source: Label) -> list[Any]:
    """List the levels at which the report can be released, the present one first."""
    scheme = node.current().pack.labels
    at = [each for each in scheme.levels if each.rank <= scheme.ranks[source.level] and not each.stub_only]
    return sorted(at, key=lambda each: -each.rank)


def _levels(source: Label, choice: acts.Choice) -> list[dict[str, Any]]:
    wanted = choice.level or source.level
    return [
        {
            "code": each.code,
            "name": words(each.name),
            "banner": words(each.banner),
            "tone": each.tone,
            "chosen": each.code == wanted,
            "same": each.code == source.level,
        }
        for each in _below(source)
    ]


def _marks_of(source: Label, choice: acts.Choice) -> list[shown.Choice]:
    names = {each.code: words(each.name) for each in node.current().pack.labels.categories}
    kept = source.categories if choice.categories is None else choice.categories
    return [shown.Choice(code, f"{code} {names.get(code, '')}", code in kept) for code in source.categories]


def _fields(row: Report, choice: acts.Choice) -> list[dict[str, Any]]:
    """List what the report says, each field to be released or left out."""
    chosen = row.values if choice.fields is None else choice.fields
    return [
        {"code": code, "shown": shown.values(row.type, {code: value})[0], "chosen": code in chosen}
        for code, value in row.values.items()
    ]


# A release


def release(by: Actor, row: Release) -> dict[str, Any]:
    """Show a release as a report is shown: what it says, who released it to whom on what ground, and its receipt."""
    board.look(by, row)
    label = label_of_row(row)
    past = [each for each in history.of_subject(row.key, reader=by) if each.line.party == row.party]
    source = source_of(by, row)
    offices = [shown.office_name(each) for each in row.offices.split(",") if each]
    return {
        "row": row,
        "what": what(row),
        "period_text": shown.period_text(row.period),
        "event_text": shown.utc(rules.instant(row.event_at)) if row.event_at else "",
        "values": shown.values(row.type, row.values),
        "sign": labels.sign(label, writer=row.party, sent=True),
        "audience": labels.audience_name(label, writer=row.party),
        "banner": _banner(label),
        "offices": offices,
        "past": [_told(each) for each in past[::-1]],
        "source": source,
        "behind": source is not None and acts.hash_of(source, by=by) != row.of,
        "exercise": row.journal.mode == "exercise",
        **_epochs(by, row, label),
    }


def _told(each: history.Past) -> dict[str, Any]:
    """Say what an entry did to a release."""
    what = {
        ReportReleased: gettext("released"),
        ReleaseWithdrawn: gettext("withdrawn"),
        ReleaseCarried: gettext("continued from an earlier epoch"),
    }
    return {
        "at": each.line.at,
        "who": shown.writer(each.line.party, each.line.office),
        "what": what.get(type(each.fact), gettext(shown.UNREADABLE)),
        "why": each.fact.ground if isinstance(each.fact, ReleaseWithdrawn) else "",
        "entry": each.line.id,
        "place": f"{each.origin} · {each.line.number}",
    }


def _epochs(by: Actor, row: Release, label: Label) -> dict[str, Any]:
    """Say where a release goes on or comes from, within reach, and whether it may be withdrawn and who will read that.

    `nobody` says that it cannot be, because nobody is its audience any more.
    """
    closed = row.journal.closed
    named = [audience.preceding(row.key), audience.following(row.key) if closed else ""]
    there = set(Release.objects.visible_to(by).filter(key__in=named).values_list("key", flat=True))
    continues, continued = (key if key in there else "" for key in named)
    mine = row.party == by.party and by.may(acts.RELEASE) and row.state != "withdrawn" and not continued
    moved = closed or audience.is_due(node.current(), row.journal)
    today = audience.label_today(node.current(), row.journal) if moved else label
    return {
        "closed": closed,
        "continues": continues,
        "continued": continued,
        "may_withdraw": mine and today is not None,
        "nobody": mine and today is None,
        "will_read": labels.will_read(today.parties, writer=row.party) if mine and today else "",
    }


def source_of(by: Actor, row: Release) -> Report | None:
    """Find the report that was released, as it stands now, for those who may read it too: an entry has the hash."""
    if not row.of:
        return None
    same = Report.objects.visible_to(by).select_related("journal")
    same = same.filter(
        type=row.type, owes=row.owes, period=row.period, event_at=row.event_at, party=row.party
    )
    for each in same.order_by("-last_at", "key")[:MOST]:
        if row.of in hashes(by, each):
            return newest(each, reader=by)
    return None


def hashes(by: Actor, row: Report) -> list[str]:
    """Return the hashes of a report's own entries, those of the epochs before included."""
    found, subject = [], row.key
    while subject:
        past = history.of_subject(subject, reader=by)
        found += [each.place.hash for each in past if each.line.party == row.party]
        subject = audience.preceding(subject)
    return found


def of_report(by: Actor, row: Report) -> dict[str, Any]:
    """Say what was released of a report, what waits for a second person, and whether one may release it."""
    rows = list(Release.objects.visible_to(by).select_related("journal").filter(of__in=hashes(by, row)))
    stands = acts.hash_of(newest(row, reader=by), by=by) if rows else ""
    latest = [(newest(each, reader=by), each) for each in rows]
    mine = row.party == by.party and row.owes == row.party and by.may(acts.RELEASE)
    return {
        "releases": [
            _released(last, first=each, behind=each.of != stands)
            for last, each in sorted(latest, key=lambda both: (-both[1].released_at, both[1].key))
        ],
        "proposals": _waiting(by, row) if mine else [],
        "may_release": mine and row.state != "withdrawn" and not _is_stub(row),
    }


def _released(row: Release, *, first: Release, behind: bool) -> dict[str, Any]:
    """Describe a release as it stands, and whom it reached, which `first` says: what was released in its own epoch."""
    label = label_of_row(first)
    return {
        "row": row,
        "released_at": first.released_at,
        "level": label.level,
        "audience": labels.audience_name(label, writer=row.party),
        "readers": labels.may_read(label.parties, writer=row.party),
        "withdrawn": row.state == "withdrawn",
        "behind": behind and row.state != "withdrawn",
    }


def _waiting(by: Actor, row: Report) -> list[dict[str, Any]]:
    """List the proposals to release a report that wait for a second person."""
    found = [
        each for each in pairs.open_now(by) if each.act == acts.RELEASE and each.body["report"] == row.key
    ]
    return [
        {
            "url": reverse("ui:pair", args=[each.key]),
            "until": each.until,
            "own": each.account == by.account,
            "readers": labels.will_read(each.body["parties"], writer=row.party),
        }
        for each in found
    ]


def _is_stub(row: Report) -> bool:
    type_ = shown.kind_of(row.type)
    return type_ is None or type_.stub_only or _level(label_of_row(row)).stub_only


# A proposal


def proposed(by: Actor, body: pairs.Body) -> pairs.Shown:
    """Put a proposed release in words for the second person: what would be read, by whom, on what ground."""
    row = Report.objects.visible_to(by).select_related("journal").filter(key=body["report"]).first()
    if row is None:
        return pairs.Shown(gettext("Release of a report that is not within reach"), ())
    board.look(by, row)
    source = label_of_row(row)
    target = Label(level=body["level"], categories=tuple(body["categories"]), parties=tuple(body["parties"]))
    values = _released_values(row, body["of"], body["fields"], by=by)
    terms = [
        (gettext("What is released"), what(row)),
        (gettext("Read until now"), labels.may_read(source.parties, writer=row.party)),
        (gettext("After the release"), labels.will_read(target.parties, writer=row.party)),
        (gettext("New readers"), newcomers_text(source, target)),
        (gettext("Level"), level_text(source, target)),
        *((each.name, f"{each.value} {each.unit}".strip()) for each in shown.values(row.type, values)),
        (gettext("Ground"), body["ground"]),
    ]
    if acts.hash_of(row, by=by) != body["of"]:
        says = gettext("The report was changed after this was proposed; it cannot be released as proposed.")
        terms.insert(0, (gettext("Changed"), says))
    link = reverse("exchange:report", args=[row.key])
    return pairs.Shown(gettext("Release of: {what}").format(what=what(row)), tuple(terms), link)


def _released_values(row: Report, of: str, fields: Sequence[str], *, by: Actor) -> Mapping[str, Any]:
    """Return the values of the version that is named by its hash, cut down to the fields named."""
    for past in history.of_subject(row.key, reader=by):
        if past.place.hash == of and isinstance(past.fact, ReportSubmitted | ReportCorrected):
            return {code: past.fact.values[code] for code in fields if code in past.fact.values}
    return {}


# In words


def what(row: Report | Release) -> str:
    """Name a report or a release in one line: its type, whose it is, its period."""
    when = shown.period_text(row.period) if row.period else shown.utc(rules.instant(row.event_at))
    return ", ".join((type_name(row.type), party_name(row.owes), when))


def label_of_row(row: Report | Release) -> Label:
    """Return the label of a row that was read with its journal."""
    journal = row.journal
    return label_of(level=journal.level, categories=journal.categories, parties=journal.parties)


def parties_text(label: Label) -> str:
    """Name the readers of a label."""
    if label.parties == EVERYBODY:
        return gettext("everybody, the public included")
    return labels.names(label.parties)


def newcomers_text(source: Label, target: Label) -> str:
    """Name who would read and may not read the report."""
    new = Label(level=target.level, parties=acts.newcomers(source, target))
    return parties_text(new) or gettext("no other party")


def _banner(label: Label) -> dict[str, str]:
    level = _level(label)
    return {"text": f"{words(level.banner)} · {shown.codes(label.parties)}", "tone": level.tone}


def level_text(source: Label, target: Label) -> str:
    """Say from which level to which."""
    if source.level == target.level and source.categories == target.categories:
        return gettext("{level}, unchanged").format(level=_marks(source))
    return gettext("from {before} to {after}").format(before=_marks(source), after=_marks(target))


def _marks(label: Label) -> str:
    return " ".join((label.level, *label.categories))


def _level(label: Label) -> Any:
    return node.current().pack.level(label.level)

"""A summary as pages and paper show it: its blocks with what changed, its versions, who has acknowledged it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_noop

from commonwatch.access.actor import Actor
from commonwatch.charter.model import Field
from commonwatch.desks.summaries import acts, board, labels, rules
from commonwatch.desks.summaries.facts import (
    Block,
    Heading,
    Item,
    Paragraph,
    Quote,
    SummaryReleased,
    SummaryRevised,
    SummaryWithdrawn,
    Table,
)
from commonwatch.desks.summaries.intake import (
    CODES,
    code_of,
    label_of,
    matters,
    moment,
    now,
    outstanding,
    recipients,
)
from commonwatch.desks.summaries.models import Summary, SummaryReceipt
from commonwatch.register import history, node
from commonwatch.register.models import Entry
from commonwatch.ui.templatetags.cw import figure, party_name, type_name, words

FORMS = {"day": gettext_noop("Summary of the day"), "sitrep": gettext_noop("Situation report")}
WHAT = {
    "report": gettext_noop("report"),
    "release": gettext_noop("released report"),
    "question": gettext_noop("question"),
    "relay": gettext_noop("relayed notice"),
}
BECAME = {
    "corrected": gettext_noop("corrected since"),
    "withdrawn": gettext_noop("withdrawn since"),
    "closed": gettext_noop("closed since"),
}
HOW = {
    "added": gettext_noop("added"),
    "removed": gettext_noop("removed"),
    "changed": gettext_noop("changed"),
}
OUTCOMES = {
    "acknowledged": gettext_noop("acknowledged by telephone"),
    "no-answer": gettext_noop("no answer"),
    "unreachable": gettext_noop("cannot be reached"),
}
STANDS = {
    "open": gettext_noop("open"),
    "late": gettext_noop("late"),
    "answered": gettext_noop("answered"),
}
TABLES = {
    "duties": gettext_noop("Duties that fell due"),
    "questions": gettext_noop("Open questions"),
    "relays": gettext_noop("Relays not acknowledged"),
}
COLUMNS = {
    "duties": (
        gettext_noop("Party"),
        gettext_noop("Fell due"),
        gettext_noop("Received"),
        gettext_noop("Late"),
        gettext_noop("Missing"),
        gettext_noop("Corrected"),
    ),
    "questions": (
        gettext_noop("Asked by"),
        gettext_noop("Asked of"),
        gettext_noop("Hours since"),
        gettext_noop("Answer"),
    ),
    "relays": (
        gettext_noop("Notice"),
        gettext_noop("Of"),
        gettext_noop("Relayed at, UTC"),
        gettext_noop("Waits for"),
    ),
}
PLAIN = {
    "text": gettext_noop("Question"),
    "to": gettext_noop("Asked of"),
    "urgency": gettext_noop("Urgency"),
    "remark": gettext_noop("Remark of the Center"),
}


class Value(NamedTuple):
    """One value as a person reads it; `was` is what it was in the version before, None when it did not change."""

    code: str
    name: str
    value: str
    unit: str
    was: str | None = None


class Cell(NamedTuple):
    """A cell of a table; `was` as for values. `figure` says that it is a number."""

    text: str
    was: str | None = None
    figure: bool = False


def stamp(at: int) -> str:
    """Write a moment with its day, so that it reads the same on every day: "2026-09-14 08:00 UTC"."""
    return f"{moment(at):%Y-%m-%d %H:%M} UTC"


def value_text(each: Field | None, value: Any) -> str:
    """Write a value as a person reads it: codes by their names, figures in groups."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if each is not None and each.codelist:
        names = {item.code: words(item.name) for item in node.current().pack.codelist(each.codelist).items}
        given = value if isinstance(value, list | tuple) else [str(value)]
        return ", ".join(names.get(str(one), str(one)) for one in given)
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    if each is not None and each.kind == "instant":
        return str(value).replace("T", " ").replace("Z", " UTC")
    if each is not None and each.kind == "decimal" and (get_language() or "").startswith("ru"):
        return str(value).replace(".", ",")
    return str(figure(value))


def values(type_: str, given: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> list[Value]:
    """List values in the order of the type's form; with `before`, what each was."""
    pack = node.current().pack
    fields = {each.code: each for each in pack.type(type_).fields} if pack.has_type(type_) else {}
    codes = [each for each in fields if each in given] + [each for each in given if each not in fields]
    found = []
    for code in codes:
        each = None if (code in PLAIN and "to" in given) or code == "remark" else fields.get(code)
        name = words(each.name) if each else gettext(PLAIN[code]) if code in PLAIN else code
        text = _plain(code, given[code]) if each is None else value_text(each, given[code])
        was = None
        if before is not None and before.get(code) != given[code]:
            was = value_text(each, before[code]) if code in before else "–"
        found.append(Value(code, name, text, words(each.unit) if each else "", was))
    return found


def _plain(code: str, value: Any) -> str:
    if code == "to":
        return party_name(str(value))
    if code == "urgency":
        return gettext("urgent") if value == "urgent" else gettext("routine")
    return value_text(None, value)


def source_text(owes: str, type_: str, period: str, version: int) -> str:
    """Say where something stands, short: "KZ, D1 2026-09-14, v2"."""
    return ", ".join(filter(None, (owes, f"{type_} {period}".strip(), f"v{version}")))


def quote_text(quote: Quote) -> str:
    """Write a single figure with its source: "12 events (KZ, D1 2026-09-14, v2)"."""
    (shown,) = values(quote.type, {quote.field: quote.value})
    what = f"{shown.value} {shown.unit}".strip()
    return f"{what} ({source_text(quote.owes, quote.type, quote.period, quote.version)})"


def expanded(block: Paragraph) -> str:
    """Write a paragraph with its quotes in full."""
    quotes = {each.token: quote_text(each) for each in block.quotes}
    return "".join(
        quotes.get(text, f"{{{text}}}") if kind == "quote" else text for kind, text in rules.parts(block.text)
    )


class Sources(NamedTuple):
    """Where what is cited is opened: the subject of each entry by hash, and what became of it since."""

    subjects: Mapping[str, str]
    became: Mapping[str, str]

    def url(self, what: str, source: str) -> str:
        """Return the page of a report or release; empty where there is none."""
        subject = self.subjects.get(source, "")
        name = {"report": "exchange:report", "release": "exchange:release"}.get(what)
        return reverse(name, args=[subject]) if subject and name else ""


def sources(past: history.Past, *, by: Actor) -> Sources:
    """Find what a version cites, in two queries."""
    ids = {ref.id: ref.hash for ref in past.refs}
    rows = Entry.objects.visible_to(by).filter(entry_id__in=list(ids)).values_list("entry_id", "subject")
    subjects = {ids[str(each)]: subject for each, subject in rows}
    present = matters(subjects.values(), by=by)
    became = {}
    for source, subject in subjects.items():
        row = present.get(subject)
        if row is not None and row.hash != source:
            became[source] = row.state if row.state in BECAME else "corrected"
    return Sources(subjects, became)


def blocks(changes: Sequence[rules.Change], cited: Sources) -> list[dict[str, Any]]:
    """Show the blocks of a version, each with a word and a bar for what changed."""
    return [
        {
            "how": each.how,
            "how_text": gettext(HOW[each.how]) if each.how in HOW else "",
            **_block(each.block, each.before, cited),
        }
        for each in changes
    ]


def _block(block: Block, before: Block | None, cited: Sources) -> dict[str, Any]:
    if isinstance(block, Heading):
        text = gettext(rules.HEADINGS[block.code]) if block.code in rules.HEADINGS else block.text
        return {"sort": "heading", "text": text}
    if isinstance(block, Paragraph):
        return {"sort": "text", "pieces": _pieces(block, before, cited)}
    if isinstance(block, Table):
        return {"sort": "table", **table(block, before if isinstance(before, Table) else None)}
    was = before if isinstance(before, Item) else None
    comment = [rules.Words("same", block.comment)] if block.comment else []
    if was is not None and was.comment != block.comment:
        comment = rules.word_changes(was.comment, block.comment)
    became = block.since or cited.became.get(block.source, "")
    return {
        "sort": "item",
        **item_words(block),
        "url": cited.url(block.what, block.source),
        "values": values(block.type, block.values, was.values if was else None),
        "comment": comment,
        "nil": block.state == "nil",
        "withdrawn": block.state == "withdrawn",
        "became": gettext(BECAME[became]) if became in BECAME else "",
        "at": stamp(block.at),
        "hash": block.source,
    }


def item_words(block: Item) -> dict[str, str]:
    """Name what was chosen: whose it is, what it is, on which period, in which version."""
    name = type_name(block.type) if block.type else gettext(WHAT[block.what])
    return {
        "who": party_name(block.owes or block.party),
        "name": name,
        "what": gettext(WHAT[block.what]) if block.what in WHAT else block.what,
        "source": source_text(
            block.owes or block.party, block.type, block.period or block.event_at, block.version
        ),
    }


def _pieces(block: Paragraph, before: Block | None, cited: Sources) -> list[dict[str, str]]:
    """Cut a paragraph into words and quotes; of one that changed, into what was there and what is."""
    if isinstance(before, Paragraph):
        changed = rules.word_changes(expanded(before), expanded(block))
        return [{"how": each.how, "text": each.text, "url": ""} for each in changed]
    quotes = {each.token: each for each in block.quotes}
    found = []
    for kind, text in rules.parts(block.text):
        quote = quotes.get(text) if kind == "quote" else None
        shown = quote_text(quote) if quote else text
        found.append(
            {"how": "same", "text": shown, "url": cited.url("report", quote.source) if quote else ""}
        )
    return found


def table(block: Table, before: Table | None) -> dict[str, Any]:
    """Show a table; with the one before, what each cell was."""
    old = {row[0]: row for row in before.rows} if before else {}
    rows = [
        [
            Cell(
                _cell(block.code, place, text),
                _cell(block.code, place, old[row[0]][place])
                if row[0] in old and old[row[0]][place] != text
                else None,
                text.isdecimal() and place > 0,
            )
            for place, text in enumerate(row)
        ]
        for row in block.rows
    ]
    return {
        "name": gettext(TABLES.get(block.code, block.code)),
        "columns": [
            (gettext(each), block.code == "duties" and place > 0)
            for place, each in enumerate(COLUMNS.get(block.code, ()))
        ],
        "rows": rows,
        "at": stamp(block.at),
        "duties": block.code == "duties",
    }


def _cell(code: str, place: int, text: str) -> str:
    if (code, place) in {("duties", 0), ("questions", 0), ("questions", 1), ("relays", 1)}:
        return party_name(text)
    if (code, place) == ("questions", 3):
        return gettext(STANDS[text]) if text in STANDS else text
    if (code, place) == ("relays", 0):
        return type_name(text)
    if (code, place) == ("relays", 3):
        return labels.names(text.split())
    return text


# One summary


class Told(NamedTuple):
    """A version as its entry says it: the fact and where it stands."""

    number: int
    fact: SummaryReleased | SummaryRevised
    past: history.Past


def versions(row: Summary, *, by: Actor) -> list[Told]:
    """Read the versions of a summary, the first first."""
    own = [each for each in history.of_subject(row.key, reader=by) if each.line.party == row.party]
    said = [each for each in own if isinstance(each.fact, SummaryReleased | SummaryRevised)]
    return [
        Told(number, each.fact, each)
        for number, each in enumerate(said, 1)
        if isinstance(each.fact, SummaryReleased | SummaryRevised)
    ]


def number(row: Summary, version: int = 0) -> str:
    """Write a summary's number with a version, the present one when none is named."""
    return rules.number_of(code_of(row.form), row.day, row.count, version or row.version)


def body(row: Summary, *, by: Actor, version: int = 0, against: int | None = None) -> dict[str, Any]:
    """Show what a version says: title, period, blocks; with change bars against another, the one before by default."""
    told = versions(row, by=by)
    chosen = told[min(version, len(told)) - 1] if version else told[-1]
    before = chosen.number - 1 if against is None else against
    other = told[before - 1] if 0 < before < chosen.number else None
    after = chosen.fact.blocks
    changes = (
        rules.compare(other.fact.blocks, after) if other else [rules.Change("same", each) for each in after]
    )
    label = label_of(row, by=by)
    return {
        "row": row,
        "number": number(row, chosen.number),
        "form": gettext(FORMS.get(row.form, row.form)),
        "title": chosen.fact.title,
        "since": stamp(chosen.fact.since),
        "until": stamp(chosen.fact.until),
        "next": stamp(chosen.fact.next_at) if chosen.fact.next_at else "",
        "released_at": stamp(chosen.past.line.at),
        "writer": party_name(row.party),
        "version": chosen.number,
        "against": other.number if other else 0,
        "against_number": number(row, other.number) if other else "",
        "reason": chosen.fact.reason if isinstance(chosen.fact, SummaryRevised) else "",
        "blocks": blocks(changes, sources(chosen.past, by=by)),
        "changed": any(each.how != "same" for each in changes),
        "hash": chosen.past.place.hash,
        "entry": chosen.past.line.id,
        "banner": labels.banner(label),
        "exercise": row.journal.mode == "exercise",
        "withdrawn": row.state == "withdrawn",
        "told": told,
    }


def summary(by: Actor, row: Summary, *, version: int = 0, against: int | None = None) -> dict[str, Any]:
    """Show a summary with its versions, its annexes, who has acknowledged it, and what may be done."""
    context = body(row, by=by, version=version, against=against)
    label = label_of(row, by=by)
    known = board.receipts(by, [row.key]).get(row.key, [])
    annexes = Summary.objects.visible_to(by).filter(annex_of=row.hash).order_by("released_at", "key")
    main = Summary.objects.visible_to(by).filter(hash=row.annex_of).first() if row.annex_of else None
    return context | {
        "sign": labels.sign(label, writer=row.party, sent=True),
        "versions": [_version(row, each) for each in context.pop("told")[::-1]],
        "end": _end(row, by=by),
        "annexes": [{"row": each, "number": number(each), "sign": _sign(each, by)} for each in annexes],
        "main": {"row": main, "number": number(main)} if main else None,
        "receipts": receipts(row, known, by=by),
        "outcomes": [(code, gettext(OUTCOMES[code])) for code in acts.OUTCOMES],
        "due": stamp(row.due),
        "read": board.read_version(known, party=by.party),
        **_may(by, row, known),
    }


def _sign(row: Summary, by: Actor) -> labels.Sign:
    return labels.sign(label_of(row, by=by), writer=row.party, sent=True)


def _version(row: Summary, each: Told) -> dict[str, Any]:
    return {
        "number": number(row, each.number),
        "version": each.number,
        "at": each.past.line.at,
        "reason": each.fact.reason if isinstance(each.fact, SummaryRevised) else "",
        "entry": each.past.line.id,
    }


def _end(row: Summary, *, by: Actor) -> dict[str, Any] | None:
    """Say when and why a summary was withdrawn."""
    if row.state != "withdrawn":
        return None
    past = [
        each for each in history.of_subject(row.key, reader=by) if isinstance(each.fact, SummaryWithdrawn)
    ]
    return {"at": past[-1].line.at if past else None, "ground": row.ground, "instead": row.instead}


def receipts(row: Summary, known: Sequence[SummaryReceipt], *, by: Actor) -> list[dict[str, Any]]:
    """List the recipients of the present version: since when it is there for each, who took note, calls."""
    waits = outstanding(row, known, by=by)
    found = []
    for party in recipients(label_of(row, by=by), writer=row.party):
        own = [each for each in known if each.party == party and each.version == row.version]
        done = next((each for each in own if "acknowledged" in (each.how, each.outcome)), None)
        found.append(
            {
                "party": party,
                "since": row.version_at,
                "done": done,
                "by_telephone": done is not None and done.how == "called",
                "late": party in waits and row.due <= now(),
                "calls": [
                    {
                        "at": each.at,
                        "outcome": gettext(OUTCOMES.get(each.outcome, each.outcome)),
                        "note": each.note,
                    }
                    for each in own
                    if each.how == "called"
                ],
            }
        )
    return found


def _may(by: Actor, row: Summary, known: Sequence[SummaryReceipt]) -> dict[str, Any]:
    """Say which buttons stand on the page; the acts judge for themselves."""
    mine, stands = row.party == by.party, row.state == "stands" and not row.journal.closed
    asked = stands and board.is_recipient(row, by)
    return {
        "mine": mine,
        "may_revise": mine and stands and not row.annex_of and by.may("summaries.compose-summary"),
        "may_withdraw": mine and stands and by.may("summaries.release-summary"),
        "may_call": mine and stands and by.may("summaries.compose-summary"),
        "may_acknowledge": asked
        and by.may("summaries.acknowledge-summary")
        and board.read_version(known, party=by.party) < row.version,
        "waiting": outstanding(row, known, by=by) if stands else (),
        "filing": _filing(by, row) if mine and stands else None,
    }


def _filing(by: Actor, row: Summary) -> dict[str, str] | None:
    """Lead from the day's summary to the form of the report that the regulation asks of the Center for that day."""
    type_ = board.type_of(CODES["day"])
    if row.form != "day" or row.annex_of or type_ is None or not by.may("exchange.submit-report"):
        return None
    return {"url": f"{reverse('exchange:new', args=['D2'])}?period={row.day}", "name": words(type_.name)}


# The list


def listed(by: Actor, rows: Sequence[Summary]) -> list[dict[str, Any]]:
    """Show summaries as a list: number, readers, how one's own party stands, how many have acknowledged."""
    known = board.receipts(by, [row.key for row in rows])
    return [_line(by, row, known.get(row.key, ())) for row in rows]


def _line(by: Actor, row: Summary, known: Sequence[SummaryReceipt]) -> dict[str, Any]:
    read = board.read_version(known, party=by.party)
    asked = recipients(label_of(row, by=by), writer=row.party)
    return {
        "row": row,
        "number": number(row),
        "form": gettext(FORMS.get(row.form, row.form)),
        "sign": _sign(row, by),
        "asked": len(asked),
        "done": len(asked) - len(outstanding(row, known, by=by)),
        "read": read,
        "behind": 0 < read < row.version,
        "waits": by.party in asked and read < row.version and row.state == "stands",
        "withdrawn": row.state == "withdrawn",
    }

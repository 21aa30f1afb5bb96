"""What was typed in the composer, and what its buttons do to a draft. Every button saves first."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from django.http import QueryDict
from msgspec.structs import replace

from commonwatch.access.actor import Actor
from commonwatch.desks.summaries import rules
from commonwatch.desks.summaries.intake import NoSuchMatter, as_chosen, matters, micros, moment
from commonwatch.errors import Refusal, _

TABLES = ("duties", "questions", "relays")


class MomentUnreadable(Refusal):
    """A day and time that cannot be read."""

    code, status = "summaries.moment-unreadable", 422
    says = _("“{text}” is no day and time.")
    hint = _("Write it like 2026-09-14 08:00, in UTC.")


class Backwards(Refusal):
    """A period that ends before it begins."""

    code, status = "summaries.backwards", 422
    says = _("The period ends before it begins.")
    hint = _("Check both moments; they are in UTC.")


class Typed(NamedTuple):
    """What was typed into a draft; `orphans` are texts of blocks that the draft no longer has, by id."""

    content: rules.Content
    orphans: Mapping[str, str]
    version: int


def at(text: str) -> int:
    """Read a day and time in UTC as microseconds; 0 when left out.

    :raises MomentUnreadable: when it is none.
    """
    if not text.strip():
        return 0
    try:
        read = datetime.fromisoformat(text.strip())
        return micros(read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise MomentUnreadable(text=text[:40]) from error


def written(value: int) -> str:
    """Write a moment as a form has it: day and time in UTC; empty for 0."""
    return f"{moment(value):%Y-%m-%dT%H:%M}" if value else ""


def typed(data: QueryDict, content: rules.Content) -> Typed:
    """Lay what was typed over a draft: texts, order, title, audience. Moments are read by `timed`."""
    order = list(dict.fromkeys(data.getlist("order")))
    texts = {
        name: str(data[f"t-{name}"]).replace("\r\n", "\n").replace("\0", "")
        for name in order
        if f"t-{name}" in data
    }
    blocks = tuple(replace(each, text=texts.get(each.id, each.text)) for each in content.blocks)
    known = {each.id for each in blocks}
    laid = replace(
        content,
        title=data.get("title", content.title)[:1000].replace("\0", ""),
        audience=data.get("audience", content.audience),
        blocks=blocks,
    )
    version = data.get("version", "")
    return Typed(
        rules.placed(laid, order),
        {name: text for name, text in texts.items() if name not in known and text.strip()},
        int(version) if version.isdecimal() and len(version) < 10 else 0,
    )


def timed(data: QueryDict, content: rules.Content) -> rules.Content:
    """Lay the moments that were typed over a draft.

    :raises MomentUnreadable, Backwards: saying what is wrong.
    """
    read = {name: at(str(data[name])) for name in ("since", "until", "next_at") if name in data}
    # What a form shows to the minute stays as exact as it was until it is changed.
    kept = {name: value for name, value in read.items() if written(value) != written(getattr(content, name))}
    laid = replace(content, **kept)
    if laid.since >= laid.until:
        raise Backwards
    return laid


def done(content: rules.Content, do: str, *, by: Actor) -> rules.Content:
    """Do what a button says, "verb:name"; one that only saves changes nothing more.

    :raises NoSuchMatter: when what is to be chosen is not within reach.
    """
    verb, _colon, name = do.partition(":")
    simple: Mapping[str, Callable[[], rules.Content]] = {
        "up": lambda: rules.moved(content, name, by=-1),
        "down": lambda: rules.moved(content, name, by=1),
        "drop": lambda: rules.without(content, name),
        "annex": lambda: _set(content, name, annex=True),
        "main": lambda: _set(content, name, annex=False),
        "keep": lambda: _set(content, name, keep=True),
        "renew": lambda: _renewed(content, name, by=by),
        "add": lambda: _added(content, name, by=by),
        "text": lambda: rules.with_block(content, rules.Chosen(id="", sort="text"), after=name),
        "heading": lambda: rules.with_block(content, rules.Chosen(id="", sort="heading"), after=name),
        "table": lambda: _table(content, name),
    }
    return simple[verb]() if verb in simple else content


def _set(content: rules.Content, name: str, **changes: bool) -> rules.Content:
    blocks = tuple(
        replace(each, **changes) if each.id == name and each.sort == "item" else each
        for each in content.blocks
    )
    return replace(content, blocks=blocks)


def _added(content: rules.Content, subject: str, *, by: Actor) -> rules.Content:
    if any(each.subject == subject for each in content.blocks):
        return content
    row = matters([subject], by=by).get(subject)
    if row is None:
        raise NoSuchMatter
    return rules.with_block(content, as_chosen(row), after=_place(content, row.what))


def _place(content: rules.Content, what: str) -> str:
    """Return after which block something new is put: at the end of its own heading, else at the end."""
    code = "requests" if what == "question" else "situation"
    last, inside = "", False
    for each in content.blocks:
        if each.sort == "heading":
            inside = each.code == code
        last = each.id if inside else last
    return last


def _renewed(content: rules.Content, name: str, *, by: Actor) -> rules.Content:
    old = content.block(name)
    row = matters([old.subject], by=by).get(old.subject) if old else None
    if old is None or row is None:
        raise NoSuchMatter
    new = replace(as_chosen(row), id=old.id, text=old.text, annex=old.annex, subject=old.subject)
    return replace(content, blocks=tuple(new if each.id == name else each for each in content.blocks))


def _table(content: rules.Content, code: str) -> rules.Content:
    if code not in TABLES or any(each.sort == "table" and each.code == code for each in content.blocks):
        return content
    return rules.with_block(content, rules.Chosen(id="", sort="table", code=code))

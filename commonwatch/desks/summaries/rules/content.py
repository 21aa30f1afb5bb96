"""What a draft holds: headings, paragraphs, what was chosen, tables; and how they are put in order."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from commonwatch.errors import _

HEADINGS: Mapping[str, str] = {
    "highlights": _("Highlights"),
    "situation": _("Situation"),
    "response": _("Response, by whom"),
    "needs": _("Needs and gaps"),
    "decisions": _("Decisions awaited"),
    "requests": _("Questions and answers"),
    "duties": _("How the exchange stands"),
}
"""Headings that stand in every language, by their codes; those of a situation report after the practice of OCHA."""

BEGINS = {
    "day": ("highlights", "situation", "requests", "duties"),
    "sitrep": ("highlights", "situation", "response", "needs", "decisions"),
}

Sort = Literal["heading", "text", "item", "table"]


class Chosen(Struct, frozen=True, omit_defaults=True):
    """One block of a draft. `id` stays with it over versions; the rest depends on its sort.

    Of what was chosen it keeps how it stood then: `subject`, `entry` and `hash` of the owner's last entry, and values.
    `annex` puts it into an annex for fewer readers; `keep` keeps it as it was chosen, whatever became of it.
    """

    id: str
    sort: Sort
    code: str = ""
    text: str = ""
    subject: str = ""
    entry: str = ""
    hash: str = ""
    what: str = ""
    party: str = ""
    at: int = 0
    type: str = ""
    owes: str = ""
    period: str = ""
    event_at: str = ""
    version: int = 1
    state: str = "value"
    values: dict[str, Any] = {}
    annex: bool = False
    keep: bool = False
    since: str = ""


class Content(Struct, frozen=True, omit_defaults=True):
    """A whole draft. Moments are microseconds UTC; `counter` numbers the blocks, `audience` names who is to read."""

    title: str = ""
    since: int = 0
    until: int = 0
    next_at: int = 0
    audience: str = ""
    counter: int = 0
    blocks: tuple[Chosen, ...] = ()

    def block(self, name: str) -> Chosen | None:
        """Return the block of that id."""
        return next((each for each in self.blocks if each.id == name), None)


def blank(form: str, *, title: str, audience: str, since: int, until: int) -> Content:
    """Begin a draft with the headings of its form; the day's summary has the table of duties under the last."""
    content = Content(title=title, audience=audience, since=since, until=until)
    for code in BEGINS[form]:
        content = with_block(content, Chosen(id="", sort="heading", code=code))
    return with_block(content, Chosen(id="", sort="table", code="duties")) if form == "day" else content


def with_block(content: Content, block: Chosen, *, after: str = "") -> Content:
    """Put a new block, which gets the next id, after another one, or at the end."""
    number = content.counter + 1
    new = replace(block, id=f"a{number}")
    blocks = list(content.blocks)
    place = next((index for index, each in enumerate(blocks) if each.id == after), len(blocks) - 1)
    blocks.insert(place + 1, new)
    return replace(content, counter=number, blocks=tuple(blocks))


def without(content: Content, name: str) -> Content:
    """Drop a block."""
    return replace(content, blocks=tuple(each for each in content.blocks if each.id != name))


def moved(content: Content, name: str, *, by: int) -> Content:
    """Move a block up (-1) or down (1); at the edge it stays."""
    blocks = list(content.blocks)
    place = next((index for index, each in enumerate(blocks) if each.id == name), None)
    if place is None or not 0 <= place + by < len(blocks):
        return content
    blocks[place], blocks[place + by] = blocks[place + by], blocks[place]
    return replace(content, blocks=tuple(blocks))


def placed(content: Content, order: Sequence[str]) -> Content:
    """Put the blocks into an order of their ids; those that it does not name keep behind those before them."""
    rank = {name: place for place, name in enumerate(order)}
    last, ranks = -1, {}
    for each in content.blocks:
        last = rank.get(each.id, last)
        ranks[each.id] = last
    return replace(content, blocks=tuple(sorted(content.blocks, key=lambda each: ranks[each.id])))


def with_headings(content: Content, form: str) -> Content:
    """Put back those headings of a form that are missing, each before the first of those that follow it there."""
    codes = BEGINS[form]
    there = {each.code for each in content.blocks if each.sort == "heading"}
    for place, code in enumerate(codes):
        if code not in there:
            later = codes[place + 1 :]
            before = [each.id for each in content.blocks if each.sort == "heading" and each.code in later][:1]
            content = with_block(content, Chosen(id="", sort="heading", code=code))
            order = [each.id for each in content.blocks]
            if before:
                order.insert(order.index(before[0]), order.pop())
            content = placed(content, order)
    return content


def with_audience(content: Content, audience: str) -> Content:
    """Mean another audience."""
    return replace(content, audience=audience)

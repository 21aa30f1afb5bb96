"""Labels in words: who will read, who reads, and at which level; the same words before sending and after it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.utils.translation import gettext

from commonwatch.charter.label import EVERYBODY, Label
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import party_name, words


class Sign(NamedTuple):
    """A label as pages show it: who reads, in one sentence; the level's code, tone and banner; categories by name."""

    readers: str
    level: str
    tone: str
    banner: str
    categories: str


def names(parties: Iterable[str]) -> str:
    """Name parties in the order of the organisation, as sentences have them."""
    wanted = set(parties)
    order = [each.code for each in node.current().pack.parties if each.code in wanted]
    return ", ".join(party_name(code) for code in [*order, *sorted(wanted.difference(order))])


def will_read(parties: Sequence[str], *, writer: str) -> str:
    """Say who will read what is about to be sent; without readers the writer alone."""
    special = _special(parties, writer)
    return special or gettext("Will be read by: {readers}.").format(readers=names({*parties, writer}))


def may_read(parties: Sequence[str], *, writer: str) -> str:
    """Say who reads what was sent."""
    special = _special(parties, writer)
    return special or gettext("May be read by: {readers}.").format(readers=names({*parties, writer}))


def _special(parties: Sequence[str], writer: str) -> str:
    if tuple(parties) == EVERYBODY:
        return gettext("By everybody: public.")
    if not set(parties) - {writer}:
        return gettext("Only by {party}.").format(party=party_name(writer))
    return ""


def audience_name(label: Label, *, writer: str) -> str:
    """Name the audience that has a label's readers today, as the pack calls it; empty when nobody has named it."""
    at = node.current()
    named = at.pack.named(label.parties, writer=writer, on=node.today(at))
    return next((words(at.pack.audience(code).name) for code in named if ":" not in code), "")


def sign(label: Label, *, writer: str, sent: bool = False) -> Sign:
    """Show a label: of something about to be sent, or of something that was."""
    level = node.current().pack.level(label.level)
    marks = {each.code: words(each.name) for each in node.current().pack.labels.categories}
    return Sign(
        readers=(may_read if sent else will_read)(label.parties, writer=writer),
        level=level.code,
        tone=level.tone,
        banner=words(level.banner),
        categories=", ".join(f"{code} {marks.get(code, '')}".strip() for code in label.categories),
    )

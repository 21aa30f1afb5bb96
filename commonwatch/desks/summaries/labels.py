"""Labels in words on the pages of summaries: who will read, who reads, at which level."""

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
    """Name parties in the order of the organisation."""
    wanted = set(parties)
    order = [each.code for each in node.current().pack.parties if each.code in wanted]
    return ", ".join(party_name(code) for code in [*order, *sorted(wanted.difference(order))])


def readers(parties: Sequence[str], *, writer: str, sent: bool = False) -> str:
    """Say who will read, or who reads what was released."""
    if tuple(parties) == EVERYBODY:
        return gettext("By everybody: public.")
    if not set(parties) - {writer}:
        return gettext("Only by {party}.").format(party=party_name(writer))
    says = gettext("May be read by: {readers}.") if sent else gettext("Will be read by: {readers}.")
    return says.format(readers=names({*parties, writer}))


def sign(label: Label, *, writer: str, sent: bool = False) -> Sign:
    """Show a label: of something about to be released, or of something that was."""
    level = node.current().pack.level(label.level)
    marks = {each.code: words(each.name) for each in node.current().pack.labels.categories}
    return Sign(
        readers=readers(label.parties, writer=writer, sent=sent),
        level=level.code,
        tone=level.tone,
        banner=words(level.banner),
        categories=", ".join(f"{code} {marks.get(code, '')}".strip() for code in label.categories),
    )


def banner(label: Label) -> dict[str, str]:
    """Return the banner of a page that shows one thing: its level, and the codes of those who read."""
    level = node.current().pack.level(label.level)
    parties = gettext("EVERYBODY") if label.parties == EVERYBODY else " ".join(label.parties)
    marks = " ".join(label.categories)
    return {"text": " · ".join(filter(None, (words(level.banner), marks, parties))), "tone": level.tone}

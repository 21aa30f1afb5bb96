"""Who reads what is written at this desk, in the words that stand beside the button that sends."""

from typing import NamedTuple

from django.utils.translation import gettext

from commonwatch.charter.label import Label
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import party_name, words


class Sign(NamedTuple):
    """A label as pages show it: who reads, in one sentence; the level's tone and banner."""

    readers: str
    tone: str
    banner: str


def sign(label: Label, *, writer: str) -> Sign:
    """Show the label of something about to be written: at this desk, the writer's party alone."""
    level = node.current().pack.level(label.level)
    return Sign(gettext("Only by {party}.").format(party=party_name(writer)), level.tone, words(level.banner))

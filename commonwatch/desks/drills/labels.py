"""Who will read what a drill writes, in one sentence, beside the button that sends it."""

from typing import NamedTuple

from django.utils.translation import gettext

from commonwatch.charter.label import Label
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import party_name, words


class Sign(NamedTuple):
    """A label as pages show it: its banner and tone, and who reads, in one sentence."""

    banner: str
    tone: str
    readers: str


def sign(label: Label, *, writer: str) -> Sign:
    """Show the label of something that is about to be written."""
    pack = node.current().pack
    level = pack.level(label.level)
    wanted = {*label.parties, writer}
    names = [party_name(each.code) for each in pack.parties if each.code in wanted]
    alone = wanted == {writer}
    says = (
        gettext("Only {party} will read this.").format(party=party_name(writer))
        if alone
        else gettext("These will read this: {readers}.").format(readers=", ".join(names))
    )
    return Sign(words(level.banner), level.tone, says)

"""Seven parties, for the simulation: the Center and six members, and whom they write to."""

import msgspec

from commonwatch.charter import model
from commonwatch.charter.label import Label
from tests.small import PACK as SMALL
from tests.small import party, words

CENTER = "CRC"
MEMBERS = ("AM", "BY", "KG", "KZ", "RU", "TJ")
PARTIES = (CENTER, *MEMBERS)
GROUP = ("BY", "KZ", "RU")

PACK = msgspec.structs.replace(
    SMALL,
    organisation="seven",
    name=words("Seven"),
    parties=(*(party(code) for code in MEMBERS), party(CENTER, "organ")),
    audiences=(
        model.NamedAudience(code="members", name=words("Members"), parties=("@members", "@center")),
        model.NamedAudience(code="center", name=words("Center"), parties=("@center",)),
        model.NamedAudience(code="group", name=words("Group"), parties=GROUP),
        model.NamedAudience(code="public", name=words("Public"), parties=("*",)),
    ),
)


def labels(writer):
    """List the labels under which a party writes: all, the center, the group, everybody, itself."""
    found = [
        Label(level="H1", parties=PARTIES_SORTED),
        Label(level="H2", parties=tuple(sorted({writer, CENTER}))),
        Label(level="H0", parties=("*",)),
        Label(level="H1", parties=(writer,)),
    ]
    if writer in GROUP:
        found += [Label(level="H1", parties=GROUP), Label(level="H2", categories=("med",), parties=GROUP)]
    return found


PARTIES_SORTED = tuple(sorted(PARTIES))


def may_read(party, *, writer, parties):
    """Say by the plain words of the design whether a party may hold a journal; `parties` as its row has them."""
    return party == writer or parties == "*" or party in parties.split(",")

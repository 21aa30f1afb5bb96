"""Seven parties, for the simulation: the Center and six members, whom they write to, and how that changes.

There are three versions of the pack, each of which may follow another: the first; one by which Armenia reads what the
group writes; and one by which Tajikistan is no member any more.
"""

from datetime import date

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


LEFT = date(2026, 9, 1)
WIDER = msgspec.structs.replace(
    PACK,
    version="2",
    digest="2" * 64,
    audiences=(
        *PACK.audiences[:2],
        msgspec.structs.replace(PACK.audiences[2], parties=("AM", *GROUP)),
        PACK.audiences[3],
    ),
)
FEWER = msgspec.structs.replace(
    PACK,
    version="3",
    digest="3" * 64,
    parties=tuple(
        msgspec.structs.replace(each, membership=(model.Period(since=date(2000, 1, 1), until=LEFT),))
        if each.code == "TJ"
        else each
        for each in PACK.parties
    ),
)
PACKS = {each.digest: each for each in (PACK, WIDER, FEWER)}


def labels(writer, pack):
    """List the labels under which a party writes by a pack: all, the center, everybody, itself, and the group."""
    everybody = pack.readers("members", originator=writer, on=LEFT)
    group = next(each.parties for each in pack.audiences if each.code == "group")
    found = [
        Label(level="H1", parties=tuple(sorted({writer, *everybody}))),
        Label(level="H2", parties=tuple(sorted({writer, CENTER}))),
        Label(level="H0", parties=("*",)),
        Label(level="H1", parties=(writer,)),
    ]
    if writer in group:
        readers = tuple(sorted(group))
        found += [Label(level="H1", parties=readers), Label(level="H2", categories=("med",), parties=readers)]
    return found


def may_read(party, *, writer, parties):
    """Say by the plain words of the design whether a party may hold a journal; `parties` as its row has them."""
    return party == writer or parties == "*" or party in parties.split(",")

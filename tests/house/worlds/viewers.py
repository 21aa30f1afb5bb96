"""Who looks: the public without a session, one office of Kazakhstan for each clearance of the pack, and its node."""

from typing import NamedTuple

PARTY = "KZ"


class Viewer(NamedTuple):
    """Somebody for whom the worlds must look alike.

    `exercises` says that they also look at the exercise; who does not must see nothing of any. `thorough` asks every
    question; the others read everything, and leave out some of the ways of asking for what they may not have. A `node`
    is no person: it shows a token, and is told whatever anybody of its party may read.
    """

    name: str
    office: str = ""
    exercises: bool = False
    thorough: bool = False
    node: bool = False

    @property
    def party(self):
        return PARTY if self.office or self.node else ""

    @property
    def handle(self):
        return f"{PARTY.lower()}-{self.office}" if self.office else ""


PUBLIC = Viewer("public")
ANALYST = Viewer("analyst", "analyst")
ADMINISTRATOR = Viewer("administrator", "administrator")
PERMREP = Viewer("permrep", "permrep")
AUDITOR = Viewer("auditor", "auditor")
OFFICER = Viewer("officer", "na-officer", exercises=True, thorough=True)

NODE = Viewer("node", exercises=True, node=True)

VIEWERS = {each.name: each for each in (PUBLIC, ANALYST, ADMINISTRATOR, PERMREP, AUDITOR, OFFICER, NODE)}


def may_read(viewer, *, pack, party, level, categories, parties, mode):
    """Whether a label lets a viewer read: the rule once more, in other words than the product's."""
    if mode == "exercise" and not viewer.exercises:
        return False
    rank = {each.code: each.rank for each in pack.labels.levels}
    seat = next((each for each in pack.offices if each.code == viewer.office), None)
    if not viewer.node:
        cleared = rank[seat.clearance] if seat else min(rank.values())
        if rank[level] > cleared or set(categories) - set(seat.categories if seat else ()):
            return False
    return "*" in parties or (bool(viewer.party) and viewer.party in {party, *parties})


def known_to(*viewers):
    """The names of those who may know of a deed."""
    return frozenset(each.name for each in viewers)


# By clearance, from the widest to the narrowest. CERT is a category that the auditor and the officer hold.
EVERYBODY = known_to(*VIEWERS.values())
MEMBERS = known_to(ANALYST, ADMINISTRATOR, PERMREP, AUDITOR, OFFICER, NODE)
AT_H2 = known_to(PERMREP, AUDITOR, OFFICER, NODE)
WITH_CERT = known_to(AUDITOR, OFFICER, NODE)
AT_H3 = known_to(OFFICER, NODE)
ITSELF = known_to(OFFICER, NODE)
WITH_LOG = known_to(ADMINISTRATOR, AUDITOR)
WITH_LOG_AT_H2 = known_to(AUDITOR)
NOBODY = known_to()

"""Who looks: the public without a session, and one office of Kazakhstan for each clearance that the pack has."""

from typing import NamedTuple

PARTY = "KZ"


class Viewer(NamedTuple):
    """Somebody for whom the worlds must look alike.

    `exercises` says that they also look at the exercise; who does not must see nothing of any. `thorough` asks every
    question; the others read everything, and leave out some of the ways of asking for what they may not have.
    """

    name: str
    office: str = ""
    exercises: bool = False
    thorough: bool = False

    @property
    def party(self):
        return PARTY if self.office else ""

    @property
    def handle(self):
        return f"{PARTY.lower()}-{self.office}" if self.office else ""


PUBLIC = Viewer("public")
ANALYST = Viewer("analyst", "analyst")
ADMINISTRATOR = Viewer("administrator", "administrator")
PERMREP = Viewer("permrep", "permrep")
AUDITOR = Viewer("auditor", "auditor")
OFFICER = Viewer("officer", "na-officer", exercises=True, thorough=True)

VIEWERS = {each.name: each for each in (PUBLIC, ANALYST, ADMINISTRATOR, PERMREP, AUDITOR, OFFICER)}


def may_read(viewer, *, pack, party, level, categories, parties, mode):
    """Whether a label lets a viewer read: the rule once more, in other words than the product's."""
    if mode == "exercise" and not viewer.exercises:
        return False
    rank = {each.code: each.rank for each in pack.labels.levels}
    seat = next((each for each in pack.offices if each.code == viewer.office), None)
    cleared = rank[seat.clearance] if seat else min(rank.values())
    if rank[level] > cleared or set(categories) - set(seat.categories if seat else ()):
        return False
    return "*" in parties or (bool(seat) and viewer.party in {party, *parties})


def known_to(*viewers):
    """The names of those who may know of a deed."""
    return frozenset(each.name for each in viewers)


# By clearance, from the widest to the narrowest. CERT is a category that the auditor and the officer hold.
EVERYBODY = known_to(*VIEWERS.values())
MEMBERS = known_to(ANALYST, ADMINISTRATOR, PERMREP, AUDITOR, OFFICER)
AT_H2 = known_to(PERMREP, AUDITOR, OFFICER)
WITH_CERT = known_to(AUDITOR, OFFICER)
AT_H3 = known_to(OFFICER)
ITSELF = known_to(OFFICER)
WITH_LOG = known_to(ADMINISTRATOR, AUDITOR)
WITH_LOG_AT_H2 = known_to(AUDITOR)
NOBODY = known_to()

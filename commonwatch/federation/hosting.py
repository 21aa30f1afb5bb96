"""For whom this node writes besides its own party."""

from django.db import DatabaseError

from commonwatch.federation import peers
from commonwatch.register import wall
from commonwatch.register.models import Journal


@wall.open()
def elsewhere(hosted: frozenset[str]) -> frozenset[str]:
    """Return those parties of which a peer says that it writes for them, and that have no open journal here.

    A party that has written here is hosted until its journals were closed and it moved; where the tables are not there
    yet, nobody has.
    """
    try:
        named = {party for each in peers.standing() for party in each.keys}
        here = set(Journal.objects.filter(ours=True, closed=False).values_list("party", flat=True))
    except DatabaseError:
        return frozenset()
    return frozenset(hosted & named - here)

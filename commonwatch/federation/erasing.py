"""Erasure on a stated ground, by two persons; and who has confirmed that with them, too, the bytes are gone.

A node that cosigns a checkpoint beyond the entry that orders an erasure has admitted that entry, and admitting it takes
the bytes away: its cosignature is the receipt.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.utils.translation import gettext

from commonwatch.access.actor import Actor, require, require_fresh
from commonwatch.access.pairs import Body, Shown, agreed, declare, propose
from commonwatch.errors import Refusal, _
from commonwatch.federation import cosigning
from commonwatch.federation.acts import GroundMissing
from commonwatch.federation.models import Cosignature
from commonwatch.journal.entry import ERASED_KIND
from commonwatch.register import erase, history, log
from commonwatch.register.fact import EntryErased
from commonwatch.register.models import Entry, Journal

ERASE = "federation.erase-entry"
MOST = 200
LONGEST = 400


class NoSuchEntry(Refusal):
    """Absent, out of reach and another party's look alike."""

    code, status = "federation.no-such-entry", 404
    says = _("Your party has written no such entry that could be erased.")
    hint = _("Its number stands on the page of the report, and in its receipt.")


class EraseTakesTwo(Refusal):
    """One person alone does not erase."""

    code, status = "federation.erase-takes-two", 409
    says = _("To erase an entry takes two persons.")
    hint = _("Propose it; a colleague whose office has the same mandate joins on the page “Two persons”.")


class Erasure(NamedTuple):
    """One entry that was erased: where it stood, by which entry, on what ground, and who has confirmed it.

    `at` is in microseconds UTC. `confirmed` and `awaited` are the parties of nodes that may read the journal.
    """

    origin: str
    number: int
    entry: str
    party: str
    at: int
    ground: str
    confirmed: tuple[str, ...]
    awaited: tuple[str, ...]


def propose_erasure(*, by: Actor, entry: str, ground: str) -> str:
    """Ask a second person to join in erasing an entry of one's own party; return the proposal's subject.

    :raises NotMandated, ConfirmItIsYou, GroundMissing, NoSuchEntry: naming what is wrong.
    """
    require(by, ERASE)
    row = _own(by, entry)
    if not ground.strip():
        raise GroundMissing
    journal = row.journal
    marks = tuple(filter(None, journal.categories.split(",")))
    said = body(entry=entry, origin=journal.origin, number=row.number, kind=row.kind, ground=ground)
    return propose(by=by, act=ERASE, body=said, level=journal.level, categories=marks)


@log.turn
def erase_entry(*, by: Actor, entry: str, ground: str, proposal: str = "") -> str:
    """Erase an entry of one's own party as two persons have agreed; return the subject of the order.

    :raises NotMandated, ConfirmItIsYou, NoSuchEntry, EraseTakesTwo: naming what is wrong.
    """
    require(by, ERASE)
    require_fresh(by)
    row = _own(by, entry)
    said = body(entry=entry, origin=row.journal.origin, number=row.number, kind=row.kind, ground=ground)
    if not agreed(proposal, act=ERASE, body=said, reader=by):
        raise EraseTakesTwo
    return erase.erase(by=by, entry=entry, ground=ground.strip()).id


def body(*, entry: str, origin: str, number: int, kind: str, ground: str) -> Body:
    """Write an erasure down for two persons; what the entry says is not repeated."""
    return {
        "entry": entry,
        "origin": origin,
        "number": number,
        "kind": kind,
        "ground": ground.strip()[:LONGEST],
    }


def carry_out(*, by: Actor, body: Body, proposal: str) -> str:
    """Erase what two persons have agreed on."""
    return erase_entry(by=by, entry=str(body["entry"]), ground=str(body["ground"]), proposal=proposal)


def show(_by: Actor, body: Body) -> Shown:
    """Put an erasure in words for both persons."""
    return Shown(
        gettext("Erase entry {number} of {origin}").format(number=body["number"], origin=body["origin"]),
        (
            (gettext("Entry"), str(body["entry"])),
            (gettext("Kind"), str(body["kind"])),
            (gettext("Ground"), str(body["ground"])),
        ),
    )


def orders(by: Actor) -> list[Erasure]:
    """List the erasures within reach, the latest first, each with who has confirmed it."""
    rows = list(
        Entry.objects.visible_to(by)
        .filter(kind=ERASED_KIND)
        .select_related("journal")
        .order_by("-at", "-id")[:MOST]
    )
    lines = cosigning.lines({row.journal.origin for row in rows})
    nodes = cosigning.nodes_known()
    return [_order(row, lines.get(row.journal.origin, ()), nodes) for row in rows if row.data]


def _order(row: Entry, lines: Iterable[Cosignature], nodes: set[str]) -> Erasure:
    past = history.past(row)
    fact = past.fact
    if not isinstance(fact, EntryErased):
        raise NoSuchEntry
    journal: Journal = row.journal
    readers = set(journal.parties.split(","))
    entitled = (nodes if "*" in readers else nodes & readers) - {journal.party}
    confirmed = {each.party for each in lines if each.size > row.number and each.party in entitled}
    return Erasure(
        origin=journal.origin,
        number=fact.index,
        entry=past.line.id,
        party=journal.party,
        at=row.at,
        ground=fact.ground,
        confirmed=tuple(sorted(confirmed)),
        awaited=tuple(sorted(entitled - confirmed)),
    )


def _own(by: Actor, entry: str) -> Entry:
    row = history.entry(entry, reader=by)
    if row is None or row.journal.party != by.party or not row.journal.ours:
        raise NoSuchEntry
    return row


declare(ERASE, carry_out=carry_out, show=show)

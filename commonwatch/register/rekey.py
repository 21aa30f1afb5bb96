"""Keys that change: of a party that this node writes for, or of one that goes on with a node of its own.

Every journal of the party takes one more entry, in which the old key names the new one; all of them or none, closed
ones too: the law may still have to erase in them. The old key signs up to that entry, and no clock is asked
(docs/decisions/0029-keys-that-change.md).
"""

from collections.abc import Callable
from typing import NamedTuple

from commonwatch.errors import Refusal, _
from commonwatch.journal import keychange
from commonwatch.register import keys, log, node, seal
from commonwatch.register.draft import Hand, Writer
from commonwatch.register.fact import KeyChanged


class NoJournals(Refusal):
    """The party has no journal that this node signs."""

    code, status = "register.no-journals", 409
    says = _("This node signs no journal of {party}.")
    hint = _("There is nothing to hand on: it has written nothing here, or was handed over before.")


class NotTwoPersons(Refusal):
    """A key is changed by two persons of its party, or of the one whose node it is."""

    code, status = "register.not-two-persons", 403
    says = _("A key is changed by two different persons of its party, or of the party whose node this is.")
    hint = _("Ask somebody else who holds an office here to join in it.")


class Changed(NamedTuple):
    """A journal whose key changed, and the number of the entry that says so."""

    origin: str
    number: int


class Two(NamedTuple):
    """The two persons who change a key, and on what ground."""

    first: Writer
    second: Writer
    ground: str


def change(party: str, two: Two) -> list[Changed]:
    """Let a new seed of this node sign the journals of a party from here on; the old one is set aside.

    :raises NotTwoPersons, NoJournals: when nothing was changed.
    """
    at = node.current()
    _check_two(at, two, party)
    done = _name(party, two, lambda origin: at.next_signer(party=party, origin=origin).vkey, gone=False)
    seal.settle(at)
    return done


def hand_over(party: str, two: Two, *, new: Callable[[str], str]) -> list[Changed]:
    """Let the key of another node sign the journals of a hosted party: this one writes for it no longer.

    `new` gives the verifier key for an origin. The seed that was kept here for the party is set aside.

    :raises NotTwoPersons, NoJournals: when nothing was changed.
    """
    at = node.current()
    _check_two(at, two, party)
    done = _name(party, two, new, gone=True)
    at.hosted -= {party}
    at.set_aside(party)
    return done


def _check_two(at: node.Node, two: Two, party: str) -> None:
    """See that two persons speak, of the party itself or of the one whose node it is: no neighbour changes a key."""
    entitled = {at.party, party} if at.holds(party) else {at.party}
    if two.first.account == two.second.account or not {two.first.party, two.second.party} <= entitled:
        raise NotTwoPersons


@log.turn
def _name(party: str, two: Two, new: Callable[[str], str], *, gone: bool) -> list[Changed]:
    """Write the entry into each journal of the party."""
    rows = keys.signed_here(party)
    if not rows:
        raise NoJournals(party=party)
    return [_change(row.pk, two, new(row.origin), gone=gone) for row in rows]


def _change(journal: int, two: Two, key: str, *, gone: bool) -> Changed:
    at = node.current()
    row, size, root = log.stand_of(journal)
    old = at.signer(party=row.party, origin=row.origin, key=row.key)
    said = keychange.KeyChange(origin=row.origin, size=size, root=root, old=old.vkey, new=key)
    statement = keychange.sign(said, old)
    by = Hand(row.party, row.mode, two.first.office, two.first.account)
    hosted_by = "" if gone or row.party == at.party else at.party
    fact = KeyChanged(statement=statement, ground=two.ground, second=two.second.account, hosted_by=hosted_by)
    done = log.append_of_journal(fact, by=by, journal=journal)
    row.key, row.changes, row.ours = key, row.changes + statement, not gone
    row.save(update_fields=["key", "changes", "ours"])
    return Changed(row.origin, done.number)

"""A node that was restored from an old backup gets its own past back, or says that it is lost.

Until every journal is level with its guard nothing else is written. Never is a checkpoint signed that contradicts one
signed before: what comes back was signed by the journal's own key and leads to what the guard holds, and a journal of
which nobody has the end is never signed again.
"""

from typing import NamedTuple

from commonwatch.charter.label import Label, flows
from commonwatch.errors import Broken, Refusal, _
from commonwatch.journal import cosign, note
from commonwatch.register import audience, checking, guard, log, node, seal, taking, wall
from commonwatch.register.admit import Admitted
from commonwatch.register.checking import Checked, Entries, Incoming, NotAdmitted, refuse
from commonwatch.register.draft import Hand, Writer
from commonwatch.register.fact import TailLost
from commonwatch.register.models import Journal
from commonwatch.register.node import Node


class Lag(NamedTuple):
    """A journal of this node that is behind its guard: how many entries are held, and for how many it has signed."""

    origin: str
    held: int
    signed: int


class NotLagging(Refusal):
    """Nothing of that journal is missing, or its loss was declared before."""

    code, status = "register.not-lagging", 409
    says = _("{origin} is not behind what this node has signed for it.")
    hint = _("Nothing is lost, or its loss was declared already. See which journals lag.")


class NotTwo(Refusal):
    """A loss is declared by two persons of parties that this node writes for."""

    code, status = "register.not-two", 403
    says = _("A loss is declared by two different persons of this node.")
    hint = _("Ask somebody else who holds an office here to join in it.")


class OtherFirst(Refusal):
    """The loss would be written into a journal that lags, too."""

    code, status = "register.other-first", 409
    says = _("The loss of {origin} would be written into {other}, which is behind its guard, too.")
    hint = _("First get {other} back, or declare its end lost.")


def lagging(at: Node) -> list[Lag]:
    """List the journals of a node that are behind its guard, by origin; those declared lost are no longer among them.

    A journal that is wholly missing is held with 0 entries.
    """
    known = seal.guard_of(at).read()
    with node.use(at), wall.open():
        rows = {row.origin: row for row in seal.signed_here(known)}
    found = []
    for origin, signed in sorted(known.items()):
        row, size = rows.get(origin), guard.signed(signed).size
        held = row.size if row else 0
        if held < size and not (row and row.lost == size):
            found.append(Lag(origin, held, size))
    return found


def readmit(*, signed: str, entries: Entries, key: str, second: str = "", vouched: bool = False) -> Admitted:
    """Take entries of this node's own journal back from whoever holds them.

    `vouched` says that `key` need not be this node's: whoever calls knows it for the one by which another node signed
    for the party, and the entries must hand it over. `signed` is a checkpoint by the journal's own key, `entries` what
    stands between what is stored and it; see `admit`.
    It may lie short of what the guard holds, or beyond it when the guard was lost with the disk. Once no journal lags
    the node writes again by itself.

    Where the pack asks for a second signature, by `second`, it must be there, unless the guard shows that so much was
    signed before.

    :raises NotAdmitted: when key, signature, root or the guard do not agree.
    :raises SecondKeyUnknown, SecondMissing: when the pack asks for a second signature that cannot be checked.
    :raises Overtaken: when the journal has grown meanwhile.
    """
    with wall.open():
        at = node.current()
        delivery = Incoming(_own_lines(signed, key, second), entries, key, second)
        head = checking.open_head(delivery, earlier=True)
        held = seal.guard_of(at).read().get(head.origin)
        known = _check_known(at, head.origin)
        guarded = guard.signed(held) if held else None
        earlier = held is not None and head.size <= guard.signed(held).size and not _signed_twice(held)
        checked = checking.check(delivery, ours=True, guarded=guarded, earlier=earlier)
        if not known:
            _check_chain(at, checked, held=held, vouched=vouched)
    return _take_back(checked)


def _signed_twice(signed: str) -> bool:
    """Say whether a note that this node wrote has a second signature beside the first."""
    return len(note.split(signed)[1]) > 1


def _check_known(at: Node, origin: str) -> bool:
    """See that a journal is one of this node's own; say whether its row, and so its key, is here."""
    row = Journal.objects.filter(origin=origin).first()
    party = origin.split("/")[1] if origin.count("/") == 4 else ""
    if not at.holds(party):
        refuse(origin, "-", _("it is not ours"))
    if row is not None and row.lost:
        refuse(origin, row.size, _("its end was declared lost, and it is closed"))
    return row is not None


def _check_chain(at: Node, checked: Checked, *, held: str | None, vouched: bool) -> None:
    """See that the keys are the journal's own: they have signed what the guard holds, or lead to the party's seed."""
    origin, chain = checked.head.origin, checked.chain
    party = origin.split("/")[1]
    if held is not None:
        try:
            chain.open(held)
        except Broken as error:
            refuse(origin, "-", str(error))
        return
    signs, last = (at.can_sign(party=party, key=key) for key in (checked.incoming.key, chain.last))
    if not (signs or (vouched and last)):
        refuse(origin, "-", _("it is not the key of this node"))


def _own_lines(signed: str, key: str, second: str) -> str:
    """Return a note with the signatures of its own log alone: who else has signed it is known elsewhere.

    :raises NotAdmitted: when its journal's key has not signed it.
    """
    try:
        return cosign.only(signed, [note.Verifier.parse(each) for each in (key, second) if each])
    except Broken as error:
        raise NotAdmitted(origin=signed.split("\n", 1)[0][:300], number="-", reason=str(error)) from error


@log.mending
def _take_back(checked: Checked) -> Admitted:
    head = checked.head
    row = Journal.objects.filter(origin=head.origin).first()
    if row is not None and not log.let_go(row.pk):
        raise taking.Overtaken(origin=head.origin, began=checked.held, now=row.size + 1)
    taking.take(checked)
    held = seal.guard_of(node.current()).read().get(head.origin)
    if held is None or guard.signed(held).size < head.size:
        log.guarded(checked.incoming.signed)
    return Admitted(head.origin, head.size, head.size - checked.held)


def declare_lost(at: Node, *, origin: str, ground: str, by_two: tuple[Writer, Writer]) -> str:
    """Say that the end of a journal is lost, since nobody has it; return the origin in which its audience goes on.

    The journal stays closed at what is held and is never signed again. The next epoch for its readers of today opens
    with `register.tail.lost`; where there are no such readers, or some who could not read it, the party's own journal
    says it, and the answer is empty. No mandate is asked for here: whoever calls has asked for both.

    :raises NotLagging: when nothing of it is missing.
    :raises NotTwo: when the two are one person, or are not of this node.
    :raises OtherFirst: when the journal that would say it lags itself.
    """
    first, second = by_two
    if first.account == second.account or not (at.holds(first.party) and at.holds(second.party)):
        raise NotTwo
    with node.use(at):
        return _declare(origin=origin, ground=ground, first=first, second=second)


@log.mending
def _declare(*, origin: str, ground: str, first: Writer, second: Writer) -> str:
    at = node.current()
    lags = {each.origin: each for each in lagging(at)}
    lag = lags.get(origin)
    if lag is None:
        raise NotLagging(origin=origin)
    row = Journal.objects.filter(origin=origin).first() or _absent(origin)
    row.closed, row.lost = True, lag.signed
    row.save()
    label = _goes_on(at, row)
    own = label or _own(at, row.party)
    into = log.journal_for(party=row.party, mode=row.mode, label=own)
    if into.origin in lags:
        raise OtherFirst(origin=origin, other=into.origin)
    fact = TailLost(origin=origin, held=lag.held, signed=lag.signed, ground=ground, second=second.account)
    log.append_of_journal(fact, by=Hand(row.party, row.mode, first.office, first.account), journal=into.pk)
    row.continued = into.origin if label else ""
    row.save(update_fields=["continued"])
    return row.continued


def _absent(origin: str) -> Journal:
    """Make the row of a journal of which nothing is left: its readers are not known, so nobody reads it."""
    _organisation, party, mode, slug, epoch = origin.split("/")
    return Journal(origin=origin, party=party, mode=mode, slug=slug, epoch=int(epoch))


def _goes_on(at: Node, row: Journal) -> Label | None:
    """Return for whom a journal goes on: its readers of today, unless one of them could not read it."""
    if not row.size:
        return None
    label = audience.label_of_journal(row)
    today = audience.label_today(at, row) if row.audience else label
    return today if today is not None and flows(label, today, scheme=at.pack.labels) else None


def _own(at: Node, party: str) -> Label:
    """Return the label of what a party keeps to itself, at the lowest level that is not public."""
    levels = sorted(at.pack.labels.levels, key=lambda each: each.rank)
    return Label(level=levels[min(1, len(levels) - 1)].code, parties=(party,))

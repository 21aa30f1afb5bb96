"""Choosing which past of a journal to follow: two persons of the node's own party, on what the evidence shows."""

import base64
from collections.abc import Iterable
from typing import NamedTuple

from django.utils.translation import gettext

from commonwatch.access import rules
from commonwatch.access.actor import Actor, require, require_fresh
from commonwatch.access.pairs import Body, Shown, agreed, declare, persons, propose
from commonwatch.access.seats import own_label
from commonwatch.charter.label import Label
from commonwatch.errors import Refusal, _
from commonwatch.federation import following
from commonwatch.federation.acts import GroundMissing, NotOurNode
from commonwatch.federation.facts import ForkSettled
from commonwatch.federation.models import Settled
from commonwatch.journal.checkpoint import Checkpoint
from commonwatch.register import log, node
from commonwatch.register.models import Journal

FOLLOW = "federation.follow-past"
LONGEST = 400


class NoFork(Refusal):
    """Out of reach and with one past look alike."""

    code, status = "federation.no-fork", 404
    says = _("No journal {origin} is known here to have two pasts.")
    hint = _("The page “Forks” lists those that are.")


class NoSuchPast(Refusal):
    """The evidence does not show such a checkpoint."""

    code, status = "federation.no-such-past", 422
    says = _("The evidence of {origin} shows no checkpoint {checkpoint}.")
    hint = _("It shows {known}. Name one of them by its size and root.")


class OwnPast(Refusal):
    """Of our own journals we follow what we have signed here."""

    code, status = "federation.own-past", 409
    says = _("This node writes {origin} itself, and that is not the past that its guard holds.")
    hint = _(
        "Nothing is ever signed here against the guard. Choose the other one, and find out who has the key besides this"
        " node."
    )


class FollowTakesTwo(Refusal):
    """One person alone does not choose."""

    code, status = "federation.follow-takes-two", 409
    says = _("To choose between two pasts of a journal takes two persons.")
    hint = _("Propose it; a colleague whose office has the same mandate joins on the page “Two persons”.")


class Past(NamedTuple):
    """One of the pasts between which to choose: its name in the form, its size, its root (hex), whether it is held."""

    name: str
    size: int
    root: str
    held: bool


class Forked(NamedTuple):
    """A journal within reach with two pasts: its proofs, the checkpoints that they show, the choice if there is one."""

    origin: str
    proofs: tuple[following.Proved, ...]
    heads: tuple[Checkpoint, ...]
    settled: bool
    choice: Settled | None
    held: tuple[bool, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The checkpoints as a person names them."""
        return tuple(name_of(each) for each in self.heads)

    @property
    def pasts(self) -> tuple[Past, ...]:
        """The pasts as the form offers them."""
        known = zip(self.heads, self.held, strict=True)
        return tuple(Past(name_of(head), head.size, head.root.hex(), held) for head, held in known)


def name_of(head: Checkpoint) -> str:
    """Name a checkpoint by its size and root (hex)."""
    return f"{head.size}:{head.root.hex()}"


def forks(by: Actor) -> list[Forked]:
    """List the journals within reach that have two pasts, by origin."""
    found = following.proved_of(shelf.origin for shelf in by.shelves)
    choices = last_choices(by)
    rows = {row.origin: row for row in Journal.objects.filter(pk__in=by.reach, origin__in=list(found))}
    return [
        Forked(
            origin,
            tuple(proofs),
            heads=(heads := _heads(proofs)),
            settled=not following.unsettled(origin),
            choice=choices.get(origin),
            held=tuple(following.gives(rows[origin], each) for each in heads),
        )
        for origin, proofs in sorted(found.items())
    ]


def last_choices(by: Actor) -> dict[str, Settled]:
    """Return by origin the last choice that a reader may read."""
    rows = Settled.objects.visible_to(by).order_by("at", "journal", "place")
    return {each.origin: each for each in rows}


def _heads(proofs: Iterable[following.Proved]) -> tuple[Checkpoint, ...]:
    heads = {side for each in proofs for side in each.sides}
    return tuple(sorted(heads, key=lambda each: (each.size, each.root)))


def propose_past(*, by: Actor, origin: str, checkpoint: str, ground: str) -> str:
    """Ask a second person to join in following the past of this checkpoint; return the proposal's subject.

    `checkpoint` is one that the evidence shows: SIZE:ROOT, or its root, in hex or base64.

    :raises NotMandated, ConfirmItIsYou, NotOurNode, GroundMissing, NoFork, NoSuchPast, OwnPast: naming what is wrong.
    """
    _may(by)
    said = body(by=by, origin=origin, checkpoint=checkpoint, ground=ground)
    _check(by, said)
    label = _label(by, _row(by, origin))
    return propose(by=by, act=FOLLOW, body=said, level=label.level, categories=label.categories)


def body(*, by: Actor, origin: str, checkpoint: str, ground: str) -> Body:
    """Write a choice down for two persons, with the digests of all the evidence that they have before them.

    :raises NoFork, NoSuchPast: when the evidence does not show that checkpoint.
    """
    _row(by, origin)
    proofs = tuple(following.proved(origin))
    heads = _heads(proofs)
    found = [each for each in heads if checkpoint.strip() in _names(each)]
    if len(found) != 1:
        known = ", ".join(name_of(each) for each in heads)
        raise NoSuchPast(origin=origin, checkpoint=checkpoint[:100], known=known)
    return {
        "origin": origin,
        "size": found[0].size,
        "root": found[0].root.hex(),
        "evidence": sorted(each.row.digest for each in proofs),
        "ground": ground.strip()[:LONGEST],
    }


def _names(head: Checkpoint) -> set[str]:
    roots = {head.root.hex(), base64.b64encode(head.root).decode()}
    return roots | {f"{head.size}:{root}" for root in roots}


@log.turn
def follow(*, by: Actor, said: Body, proposal: str) -> str:
    """Follow the past that two persons have agreed on; return the subject of the choice.

    :raises NotMandated, ConfirmItIsYou, NotOurNode, FollowTakesTwo, GroundMissing, NoFork, NoSuchPast, OwnPast: naming
        what is wrong.
    """
    _may(by)
    both = persons(proposal, reader=by)
    if both is None or not agreed(proposal, act=FOLLOW, body=said, reader=by):
        raise FollowTakesTwo
    other = both.first_account if both.second_account == by.account else both.second_account
    return _settle(by, said, second=other, proposal=proposal)


@log.turn
def follow_as_two(*, by: tuple[Actor, Actor], origin: str, checkpoint: str, ground: str) -> str:
    """Follow a past as two persons say who are both at this machine; return the subject of the choice.

    :raises NotMandated, ConfirmItIsYou, PersonsOnly, SamePerson, NotOurNode, GroundMissing, NoFork, NoSuchPast,
        OwnPast: naming what is wrong.
    """
    first, second = by
    for each in by:
        _may(each)
        rules.check_person(each.client)
    rules.check_second(account=second.account, proposed_by=first.account)
    said = body(by=first, origin=origin, checkpoint=checkpoint, ground=ground)
    return _settle(first, said, second=second.account, proposal="")


def _settle(by: Actor, said: Body, *, second: str, proposal: str) -> str:
    _check(by, said)
    row, at = _row(by, str(said["origin"])), node.current()
    fact = ForkSettled(
        origin=row.origin,
        size=int(said["size"]),
        root=str(said["root"]),
        evidence=tuple(str(each) for each in said["evidence"]),
        ground=str(said["ground"]),
        second=second,
        proposal=proposal,
    )
    subject = f"choice/{at.party}/{at.random(8).hex()}"
    log.append(fact, by=by, subject=subject, label=_label(by, row), settled=True)
    by.again()
    return subject


def _check(by: Actor, said: Body) -> None:
    """See that a choice has a ground, that the evidence it names is here and shows it, and that we may make it."""
    if not said["ground"]:
        raise GroundMissing
    row = _row(by, str(said["origin"]))
    head = Checkpoint(row.origin, int(said["size"]), bytes.fromhex(str(said["root"])))
    named = {str(each) for each in said["evidence"]}
    proofs = tuple(each for each in following.proved(row.origin) if each.row.digest in named)
    if len(proofs) != len(named) or head not in _heads(proofs):
        known = ", ".join(name_of(each) for each in _heads(proofs)) or "-"
        raise NoSuchPast(origin=row.origin, checkpoint=name_of(head), known=known)
    if row.ours and not following.gives(row, head):
        raise OwnPast(origin=row.origin)


def _row(by: Actor, origin: str) -> Journal:
    """Return a journal within reach of which a fork is known.

    :raises NoFork: when there is none, or it is out of reach.
    """
    shelf = next((each for each in by.shelves if each.origin == origin), None)
    if shelf is None or not following.proved(origin):
        raise NoFork(origin=origin[:300])
    return Journal.objects.get(pk=shelf.id)


def _label(by: Actor, row: Journal) -> Label:
    """Return the label of a choice: the party's own, at the level and with the categories of the journal."""
    lowest = own_label(by.party)
    ranks = node.current().pack.labels.ranks
    level = max(lowest.level, row.level, key=lambda each: ranks[each])
    return Label(level=level, categories=tuple(filter(None, row.categories.split(","))), parties=(by.party,))


def _may(by: Actor) -> None:
    require(by, FOLLOW)
    require_fresh(by)
    at = node.current()
    if by.party != at.party:
        raise NotOurNode(owner=at.party, party=by.party)


def carry_out(*, by: Actor, body: Body, proposal: str) -> str:
    """Follow what two persons have agreed on."""
    return follow(by=by, said=body, proposal=proposal)


def show(_by: Actor, body: Body) -> Shown:
    """Put a choice in words for both persons."""
    return Shown(
        gettext("Follow one of two pasts of {origin}").format(origin=body["origin"]),
        (
            (gettext("Entries"), str(body["size"])),
            (gettext("Root"), str(body["root"])),
            *((gettext("Evidence"), str(each)) for each in body["evidence"]),
            (gettext("Ground"), str(body["ground"])),
        ),
    )


declare(FOLLOW, carry_out=carry_out, show=show)

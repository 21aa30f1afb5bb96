"""Acts that take two persons: one proposes, another joins, and the act is done as it was proposed or not at all.

A desk declares how such an act is carried out and how it is put in words; both read the one body that the proposal
keeps. The second person names the digest of what they were shown.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from django.db.models import QuerySet

from commonwatch.access import rules
from commonwatch.access.actor import Actor, require, require_fresh, require_seated
from commonwatch.access.acts import new_subject
from commonwatch.access.facts import ProposalEnded, ProposalMade, ProposalSeconded
from commonwatch.access.models import Proposal
from commonwatch.access.seats import own_label, still_holds
from commonwatch.charter.label import Label
from commonwatch.errors import Broken, Refusal, _
from commonwatch.register import log, node
from commonwatch.register.gate import Reader

LASTS = timedelta(hours=24)

Body = Mapping[str, Any]
_ENCODE = msgspec.json.Encoder(order="deterministic").encode


class NoSuchProposal(Refusal):
    """Absent and forbidden look alike."""

    code, status = "access.no-such-proposal", 404
    says = _("There is no such proposal.")
    hint = _("It may have been written for other readers.")


class Shown(NamedTuple):
    """What both persons read of an act: a heading, and terms with what they stand at, in the active language."""

    heading: str
    terms: tuple[tuple[str, str], ...]
    link: str = ""


class Pair(NamedTuple):
    """How an act for two is carried out: `carry_out(by=, body=, proposal=)` returns the subject that came of it."""

    act: str
    carry_out: Callable[..., str]
    show: Callable[[Actor, Body], Shown]


_PAIRS: dict[str, Pair] = {}


def declare(act: str, *, carry_out: Callable[..., str], show: Callable[[Actor, Body], Shown]) -> None:
    """Declare an act for two; `act` is its mandate.

    :raises Broken: when two desks claim one act.
    """
    if act in _PAIRS and _PAIRS[act].carry_out.__qualname__ != carry_out.__qualname__:
        raise Broken(f"two acts claim {act}")
    _PAIRS[act] = Pair(act, carry_out, show)


def pair_of(act: str) -> Pair | None:
    """Return how an act for two is carried out; None when this node does not know it."""
    return _PAIRS.get(act)


def needed(label: Label) -> bool:
    """Say whether the pack asks for two persons to release what stands under a label."""
    scheme = node.current().pack.labels
    return (
        bool(scheme.two_persons_from) and scheme.ranks[label.level] >= scheme.ranks[scheme.two_persons_from]
    )


def digest_of(act: str, body: Body) -> str:
    """Return the SHA-256 (hex) of an act and its body: what the second person names."""
    return sha256(_ENCODE([act, dict(body)])).hexdigest()


@log.turn
def propose(*, by: Actor, act: str, body: Body, level: str = "", categories: tuple[str, ...] = ()) -> str:
    """Write down what a second person is asked to join; return the proposal's subject.

    It is kept among the party's own, at the level of what it is about.

    :raises NotMandated, PersonsOnly, ConfirmItIsYou: when one may not do the act oneself.
    """
    require(by, act)
    require_seated(by)
    rules.check_person(by.client)
    require_fresh(by)
    if act not in _PAIRS:
        raise Broken(f"{act} is no act for two persons")
    until = node.current().clock() + LASTS // timedelta(microseconds=1)
    fact = ProposalMade(act=act, body=dict(body), digest=digest_of(act, body), until=until)
    own = own_label(by.party, level=level)
    label = Label(level=own.level, categories=categories, parties=own.parties)
    subject = new_subject("proposal", by.party)
    log.append(fact, by=by, subject=subject, label=label, settled=True)
    by.again()
    return subject


@log.turn
def second(*, by: Actor, proposal: str, digest: str) -> str:
    """Join a proposal, and do in the same turn what it says; return the subject that came of it.

    When the act itself refuses, for instance because something has changed since, nothing is written and the proposal
    stays open.

    :raises NoSuchProposal, NotMandated, PersonsOnly, ConfirmItIsYou, EndedAlready, SamePerson, ProposerGone,
        SeenOtherwise: and what the act itself refuses.
    """
    row = find(proposal, by=by)
    require(by, row.act)
    require_seated(by)
    rules.check_person(by.client)
    rules.check_open(state=row.state, until=row.until, now=node.current().clock())
    rules.check_second(account=by.account, proposed_by=row.account)
    require_fresh(by)
    if not still_holds(party=row.party, account=row.account, office=row.office, mandate=row.act):
        raise rules.ProposerGone
    if digest != row.digest or digest_of(row.act, row.body) != row.digest:
        raise rules.SeenOtherwise
    log.append(ProposalSeconded(digest=digest), by=by, subject=row.key, label=_label(row, by=by))
    done = _PAIRS[row.act].carry_out(by=by, body=row.body, proposal=row.key)
    by.again()
    return done


@log.turn
def end(*, by: Actor, proposal: str, ground: str) -> None:
    """Take one's own proposal back, or turn a colleague's down.

    :raises NoSuchProposal, NotMandated, PersonsOnly, EndedAlready, GroundMissing: naming what is wrong.
    """
    row = find(proposal, by=by)
    require(by, row.act)
    require_seated(by)
    rules.check_person(by.client)
    rules.check_open(state=row.state, until=row.until, now=node.current().clock())
    rules.check_ground(ground)
    how = "withdrawn" if by.account == row.account else "declined"
    log.append(
        ProposalEnded(how=how, ground=ground.strip()), by=by, subject=row.key, label=_label(row, by=by)
    )


def find(proposal: str, *, by: Actor) -> Proposal:
    """Return a proposal of one's own party within reach, of an act that this node knows.

    :raises NoSuchProposal: absent and forbidden alike.
    """
    row = Proposal.objects.visible_to(by).filter(key=proposal, party=by.party).first()
    if row is None or row.act not in _PAIRS:
        raise NoSuchProposal
    return row


def carried(by: Actor) -> tuple[str, ...]:
    """Name the acts for two persons that one's office carries and this node knows."""
    return tuple(sorted(by.mandates.intersection(_PAIRS)))


def within_reach(by: Actor) -> QuerySet[Proposal]:
    """Return the proposals of one's own party within reach whose act one's office carries, the newest first."""
    rows = Proposal.objects.visible_to(by).filter(party=by.party, act__in=carried(by))
    return rows.order_by("-made_at", "key")


def open_now(by: Actor) -> QuerySet[Proposal]:
    """Return those of them that wait for a second person at this moment, whoever proposed them."""
    return within_reach(by).filter(state="open", until__gt=node.current().clock())


def waiting(by: Actor) -> int:
    """Count what waits for this very person to join; nothing ever waits for a program."""
    if not carried(by) or by.client:
        return 0
    return open_now(by).exclude(account=by.account).count()


class Persons(NamedTuple):
    """The two who did an act: the office in which each acted, and the handle of the account."""

    first_office: str
    first_account: str
    second_office: str
    second_account: str


def persons(proposal: str, *, reader: Reader) -> Persons | None:
    """Return the two persons of an act that was done; None when it was not, or is not within reach.

    An act asks it when it is carried out, to write both offices into its own fact for those who may not read the
    proposal; a page asks it for the history of what came of it.
    """
    row = Proposal.objects.visible_to(reader).filter(key=proposal, state="seconded").first()
    if row is None:
        return None
    return Persons(row.office, row.account, row.second_office, row.second_account)


def agreed(proposal: str, *, act: str, body: Body, reader: Reader) -> bool:
    """Say whether two persons have joined in doing exactly this: the act asks, and takes nobody's word for it."""
    row = Proposal.objects.visible_to(reader).filter(key=proposal, act=act, state="seconded").first()
    return row is not None and row.digest == digest_of(act, body)


def _label(row: Proposal, *, by: Actor) -> Label:
    return next(shelf.label for shelf in by.shelves if shelf.id == row.journal_id)

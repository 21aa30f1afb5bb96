"""Putting a version of the organisation pack in force in this machine's node."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings

from commonwatch.access import adopting, pairs
from commonwatch.access.actor import Actor, actor_of, operator
from commonwatch.access.models import Account
from commonwatch.access.seats import porter, seats_of
from commonwatch.charter import compare, pack
from commonwatch.charter.model import Pack
from commonwatch.config import place
from commonwatch.config.commands.submitting import actor
from commonwatch.config.opening import open_node
from commonwatch.errors import Refusal, _
from commonwatch.register import adoption, epoch, node
from commonwatch.register.models import Journal


class OtherOrganisation(Refusal):
    """The folder describes another organisation."""

    code, status = "config.other-organisation", 409
    says = _("The node in {home} is of {old}, and the pack of {new}.")
    hint = _("Choose another folder: a node belongs to one organisation for life.")


class NameThePerson(Refusal):
    """An adoption by two persons is proposed by one of them, and not by a program."""

    code, status = "config.name-the-person", 409
    says = _("Membership changes. That takes two persons: {changes}.")
    hint = _("Say who proposes it with --account HANDLE. A colleague then joins on the page “Two persons”.")


class NotThatPerson(Refusal):
    """The handle, the password or the office is not right; which of them is not said."""

    code, status = "config.not-that-person", 403
    says = _("“{handle}” does not hold {seat}, or the password is not right.")
    hint = _("Nothing was done. commonwatch user list shows who holds which office.")


class PartyTakenOut(Refusal):
    """A party that has written cannot be taken out of the pack."""

    code, status = "config.party-taken-out", 422
    says = _("{parties} has journals here and is not in the new pack.")
    hint = _("Keep it in parties.yaml and end its membership with `until`.")


class Comparison(msgspec.Struct, frozen=True):
    """What adopting a folder would change: in codes, and which journals close at the next start."""

    folder: Path
    version: str
    digest: str
    before: str
    changes: tuple[compare.Change, ...]
    closing: tuple[epoch.Due, ...]

    @property
    def codes(self) -> list[str]:
        """The changes as the record keeps them."""
        return [each.code for each in self.changes]


def first(found: Pack, folder: Path) -> bool:
    """Adopt the pack with which a node is made, unless it has adopted one; say whether it did."""
    at = node.current()
    if adoption.in_force(at):
        return False
    keep(folder, found)
    adopting.adopt(by=operator(at.party), digest=found.digest, version=found.version)
    return True


def follow(found: Pack, folder: Path) -> None:
    """Adopt whatever pack a demonstration is started with: there is nobody to ask."""
    at = node.current()
    before = adoption.in_force(at)
    if before != found.digest:
        keep(folder, found)
        adopting.adopt(by=operator(at.party), digest=found.digest, version=found.version, before=before)


def keep(folder: Path, found: Pack) -> None:
    """Keep a copy of a pack by its digest: what is in force is read from there when its folder has changed."""
    target = place.kept_pack(settings.HOME, found.digest)
    if target.exists():
        return
    fresh = target.with_name(f"{found.digest}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pack.copy(folder, fresh)
    fresh.rename(target)


def examine(folder: Path) -> Comparison:
    """Compare the pack in a folder with the one in force.

    :raises PackRefused, OtherOrganisation, PartyTakenOut: when it cannot be adopted at all.
    """
    new, old = pack.load(folder), open_node().pack
    at = node.current()
    if new.organisation != old.organisation:
        raise OtherOrganisation(home=settings.HOME, old=old.organisation, new=new.organisation)
    written = set(Journal.objects.filter(ours=True).values_list("party", flat=True))
    gone = sorted(code for code in written if not new.has_party(code))
    if gone:
        raise PartyTakenOut(parties=", ".join(gone))
    before = adoption.in_force(at)
    changes = compare.compare(old, new, on=node.today(at))
    closing = tuple(epoch.due(replace(at, pack=new)))
    return Comparison(folder, new.version, new.digest, before, changes, closing)


def person(seat: str, handle: str, password: str) -> Actor:
    """Return the actor that somebody is who gives handle and password and holds the office of a seat.

    :raises NotThatPerson: when something of it is not right.
    """
    account = Account.objects.filter(handle=handle, is_active=True).first()
    if account is None or not account.check_password(password):
        raise NotThatPerson(handle=handle, seat=seat)
    held = seats_of(account, by=porter(account.party))
    chosen = next((each.key for each in held if seat == f"{account.party}/{each.office}"), None)
    by = actor_of(account, seat=chosen) if chosen else None
    if by is None:
        raise NotThatPerson(handle=handle, seat=seat)
    return by


def person_named(named: str, password: str) -> Actor:
    """Return the actor who is given as PARTY/OFFICE=HANDLE, with a password.

    :raises NotThatPerson: when something of it is not right.
    """
    seat, _equals, handle = named.partition("=")
    return person(seat, handle, password)


def adopt(seat: str, found: Comparison, *, by: Actor | None = None) -> dict[str, Any]:
    """Adopt what was examined, or propose it where it takes two persons; return what was done.

    `by` is the person who proposes.

    :raises NotMandated, NotTheCenters, BadSeat, NameThePerson: naming what is wrong.
    """
    keep(found.folder, pack.load(found.folder))
    if found.before == found.digest:
        place.remember_pack(settings.HOME, found.folder)
        return {"adopted": found.digest, "proposal": ""}
    said: dict[str, Any] = {"digest": found.digest, "version": found.version, "before": found.before}
    said["summary"] = found.codes
    if compare.takes_two(found.codes):
        if by is None:
            raise NameThePerson(changes=", ".join(each for each in found.codes if compare.takes_two([each])))
        proposal = pairs.propose(by=by, act=adopting.ADOPT, body=adopting.body(**said))
        return {"adopted": "", "proposal": proposal}
    adopting.adopt(by=actor(seat), **said)
    place.remember_pack(settings.HOME, found.folder)
    return {"adopted": found.digest, "proposal": ""}


def says(change: compare.Change) -> tuple[str, dict[str, str]]:
    """Return a change as its sentence and what fills it."""
    return change.says, change._asdict()


def not_in_force() -> str:
    """Say what is wrong when the node at hand runs with a pack that is not in force; nothing when all is well."""
    at = node.current()
    if not at.adopts or adoption.in_force(at) == at.pack.digest:
        return ""
    return f"version {at.pack.version} ({at.pack.digest[:16]}) is not in force; nothing is written"

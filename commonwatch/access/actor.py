"""The actor: an account at work in its office. Views read as an actor, acts are done by one."""

from dataclasses import dataclass, field

from commonwatch.access.models import Account, Seat
from commonwatch.access.seats import offices_of, porter, seats_of
from commonwatch.charter.label import Viewer
from commonwatch.charter.mandates import MANDATES, READING
from commonwatch.charter.model import Office, Party
from commonwatch.errors import Refusal, _
from commonwatch.register import node
from commonwatch.register.gate import Reader

OPERATOR = "operator"


class NotMandated(Refusal):
    """The office may not do that."""

    code, status = "access.not-mandated", 403
    says = _("The office “{office}” may not do this.")
    hint = _("It needs the mandate {mandate}. Ask a colleague whose office has it.")


class SignInFirst(Refusal):
    """Nobody has signed in."""

    code, status = "access.sign-in-first", 401
    says = _("Sign in first.")
    hint = _("Nothing was done. Sign in, and do it again.")


class ConfirmItIsYou(Refusal):
    """The act asks for a password or second factor given within the last minutes."""

    code, status = "access.confirm-it-is-you", 403
    says = _("Confirm first that it is you.")
    hint = _("Nothing was done. Give your password or second factor once more, then do it again.")


class NoSuchOffice(Refusal):
    """The pack gives that party no such office."""

    code, status = "access.no-such-office", 422
    says = _("{party} has no office “{office}”.")
    hint = _("Its offices are: {known}.")


@dataclass(eq=False)
class Actor(Reader):
    """Somebody in an office, for one request or one command. `client` names the program that speaks for them.

    `seat` is the key of the office held, `manner` how it is held. `fresh` says that they proved who they are within the
    last minutes.
    """

    account: str = ""
    party: str = ""
    office: str = ""
    client: str = ""
    mandates: frozenset[str] = field(default_factory=frozenset)
    seat: str = ""
    manner: str = "holder"
    fresh: bool = True

    @property
    def charter_office(self) -> Office:
        """The office as the pack describes it."""
        return node.current().pack.office(self.office)

    @property
    def charter_party(self) -> Party:
        """The party as the pack describes it."""
        return node.current().pack.party(self.party)

    @property
    def writes(self) -> bool:
        """Say whether the office may do more than read and prepare."""
        return bool(self.mandates - READING)

    def may(self, mandate: str) -> bool:
        """Say whether the office carries a mandate; for showing a button, never for guarding an act."""
        return mandate in self.mandates


def require(actor: Actor | None, mandate: str) -> Actor:
    """Refuse unless the actor's office carries the mandate; return the actor.

    :raises SignInFirst: when there is nobody.
    :raises NotMandated: naming the mandate.
    """
    if actor is None:
        raise SignInFirst
    if mandate not in actor.mandates:
        raise NotMandated(office=actor.office, mandate=mandate)
    return actor


def require_seated(actor: Actor) -> None:
    """Refuse when the seat in which somebody acts was ended since they were found, as they waited for the pen.

    For acts by which others come to act, or the last hand is laid to what two do: there a moment counts.

    :raises NotMandated: as if they had never held it.
    """
    if not actor.seat:
        return
    now = node.current().clock()
    held = Seat.objects.visible_to(porter(actor.party)).filter(key=actor.seat).first()
    if held is None or not held.in_force(now):
        raise NotMandated(office=actor.office, mandate="-")


def require_fresh(actor: Actor) -> None:
    """Refuse unless the actor proved within the last minutes who they are: for releases, erasure, keys and the like.

    :raises ConfirmItIsYou: leading to the page that asks.
    """
    if not actor.fresh:
        raise ConfirmItIsYou


def act_for(*, party: str, office: str, account: str, mode: str = "real", client: str = "") -> Actor:
    """Return an actor sitting in an office of a party.

    :raises NoSuchOffice: when the pack gives the party no such office.
    """
    known = offices_of(party)
    if office not in {each.code for each in known}:
        raise NoSuchOffice(party=party, office=office, known=", ".join(each.code for each in known) or "-")
    chair = node.current().pack.office(office)
    return Actor(
        viewer=Viewer(party=party, clearance=chair.clearance, categories=frozenset(chair.categories)),
        mode=mode,
        account=account,
        party=party,
        office=office,
        client=client,
        mandates=chair.mandates,
    )


def actor_of(account: Account, *, mode: str = "real", client: str = "", seat: str = "") -> Actor | None:
    """Return the actor that an account is now, in the seat asked for or its first; None when it holds no office.

    A closed account, an office that was ended, one whose period is over or has not begun, and one that the pack gives
    the party no more are all the same: nobody.
    """
    if not account.is_active:
        return None
    eyes = porter(account.party)
    held = seats_of(account, by=eyes)
    chosen = next((each for each in held if each.key == seat), held[0] if held else None)
    if chosen is None:
        return None
    actor = act_for(
        party=account.party, office=chosen.office, account=account.handle, mode=mode, client=client
    )
    actor.beside, actor.seat, actor.manner = eyes, chosen.key, chosen.manner
    return actor


def operator(party: str) -> Actor:
    """Return who has the shell of the node's machine, at work for a party that is kept here: for its first accounts."""
    mandates = frozenset(each for each in MANDATES if each.startswith("access."))
    eyes = porter(party)
    return Actor(
        viewer=eyes.viewer, account=OPERATOR, party=party, office=OPERATOR, mandates=mandates, beside=eyes
    )


def anybody() -> Actor:
    """Return the public: no office, no mandate, and the lowest level of the scheme."""
    levels = node.current().pack.labels.levels
    return Actor(viewer=Viewer(party="", clearance=levels[0].code))

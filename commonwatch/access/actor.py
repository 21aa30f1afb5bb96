"""The actor: an account at work in its office. Views read as an actor, acts are done by one."""

from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe

from commonwatch.access.models import Account, Token
from commonwatch.charter.label import Viewer
from commonwatch.charter.model import Office, Party
from commonwatch.errors import Refusal, _
from commonwatch.register import node
from commonwatch.register.gate import Reader


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


class NoSuchOffice(Refusal):
    """The pack gives that party no such office."""

    code, status = "access.no-such-office", 422
    says = _("{party} has no office “{office}”.")
    hint = _("Its offices are: {known}.")


@dataclass(eq=False)
class Actor(Reader):
    """Somebody in an office, for one request or one command. `client` names the program that speaks for them."""

    account: str = ""
    party: str = ""
    office: str = ""
    client: str = ""
    mandates: frozenset[str] = field(default_factory=frozenset)

    @property
    def charter_office(self) -> Office:
        """The office as the pack describes it."""
        return node.current().pack.office(self.office)

    @property
    def charter_party(self) -> Party:
        """The party as the pack describes it."""
        return node.current().pack.party(self.party)

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


def act_for(*, party: str, office: str, account: str, mode: str = "real", client: str = "") -> Actor:
    """Return an actor sitting in an office of a party.

    :raises NoSuchOffice: when the pack gives the party no such office.
    """
    at = node.current()
    known = offices_of(party)
    if office not in {each.code for each in known}:
        raise NoSuchOffice(party=party, office=office, known=", ".join(each.code for each in known) or "-")
    chair = at.pack.office(office)
    return Actor(
        viewer=Viewer(party=party, clearance=chair.clearance, categories=frozenset(chair.categories)),
        mode=mode,
        account=account,
        party=party,
        office=office,
        client=client,
        mandates=chair.mandates,
    )


def offices_of(party: str) -> tuple[Office, ...]:
    """List the offices that the pack gives a party today."""
    at = node.current()
    today = node.today(at)
    return tuple(each for each in at.pack.offices if party in at.pack.select(each.of, on=today))


def actor_of(account: Account, *, mode: str = "real", client: str = "") -> Actor | None:
    """Return the actor that an account is, or None when it is closed or its office is no more."""
    if not account.is_active:
        return None
    try:
        return act_for(
            party=account.party, office=account.office, account=account.handle, mode=mode, client=client
        )
    except NoSuchOffice:
        return None


def anybody() -> Actor:
    """Return the public: no office, no mandate, and the lowest level of the scheme."""
    levels = node.current().pack.labels.levels
    return Actor(viewer=Viewer(party="", clearance=levels[0].code))


def new_token(account: Account, *, client: str) -> str:
    """Make a key for a program and return it; it is shown this once and only its hash is kept."""
    secret = "cw_" + token_urlsafe(32)
    Token.objects.create(
        account=account, client=client, digest=_digest(secret), made_at=node.current().clock()
    )
    return secret


def by_token(secret: str) -> Actor | None:
    """Return the actor for whom a key speaks, or None."""
    found = Token.objects.select_related("account").filter(digest=_digest(secret), revoked=False).first()
    return actor_of(found.account, client=found.client) if found else None


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()

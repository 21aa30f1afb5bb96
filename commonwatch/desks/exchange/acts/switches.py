"""What changes who owes what: waivers, and types that are owed while they are switched on."""

from collections.abc import Sequence

from commonwatch.access.actor import Actor, require
from commonwatch.desks.exchange import rules
from commonwatch.desks.exchange.acts.found import label_of, new_subject
from commonwatch.desks.exchange.facts import TypeActivated, TypeDeactivated, WaiverEnded, WaiverGranted
from commonwatch.desks.exchange.intake import micros, now, party_code, status_label, type_of
from commonwatch.desks.exchange.models import Activation, Waiver
from commonwatch.errors import Refusal, _
from commonwatch.register import audience, log, node


class NoSuchWaiver(Refusal):
    """Absent and forbidden look alike."""

    code, status = "exchange.no-such-waiver", 404
    says = _("There is no such waiver.")


class NotSwitched(Refusal):
    """The type is not one that is switched on and off, or already stands so."""

    code, status = "exchange.not-switched", 409
    says = _("“{type}” cannot be switched {to}: it {because}.")
    hint = _("See the page Types while active.")


@log.turn
def grant_waiver(  # noqa: PLR0913 - what a waiver says, by name
    *, by: Actor, type: str, party: str, ground: str, since: int, until: int | None
) -> str:
    """Release a party from a type's duty for a time (microseconds UTC, half-open); return the waiver's subject.

    :raises ReasonMissing: without a ground.
    :raises PeriodBackwards: when it ends before it begins.
    """
    require(by, "exchange.grant-waiver")
    kind = type_of(type)
    rules.check_waiver(ground=ground, since=since, until=until)
    subject = new_subject("waiver", by.party)
    fact = WaiverGranted(type=type, party=party_code(party), ground=ground.strip(), since=since, until=until)
    log.append(fact, by=by, subject=subject, label=status_label(kind, owes=party, by=by.party), settled=True)
    return subject


@log.turn
def end_waiver(*, by: Actor, waiver: str, ground: str) -> None:
    """End a waiver now.

    :raises NoSuchWaiver, ReasonMissing: naming what is wrong.
    """
    require(by, "exchange.end-waiver")
    row = Waiver.objects.visible_to(by).filter(key=waiver).first()
    while row is not None and row.carried:
        row = Waiver.objects.visible_to(by).filter(key=audience.following(row.key)).first()
    if row is None:
        raise NoSuchWaiver
    at = node.current().clock()
    rules.check_waiver(ground=ground, since=0, until=at)
    log.append(
        WaiverEnded(until=at, ground=ground.strip()), by=by, subject=row.key, label=label_of(row, by=by)
    )


@log.turn
def activate_type(
    *,
    by: Actor,
    type: str,
    ground: str,
    since: int | None = None,
    parties: Sequence[str] = (),
) -> str:
    """Switch on a type that is owed while active, from `since` (microseconds UTC; now when left out).

    :raises NotSwitched: when the type is not of that kind or is on already.
    """
    require(by, "exchange.activate-type")
    kind = type_of(type)
    if kind.schedule is None or not kind.schedule.while_active:
        raise NotSwitched(type=type, to=_("on"), because=_("is not owed while active"))
    if Activation.objects.visible_to(by).filter(type=type, until=None).exists():
        raise NotSwitched(type=type, to=_("on"), because=_("is on already"))
    rules.check_waiver(ground=ground, since=0, until=None)
    subject = new_subject("activation", by.party)
    at = micros(now()) if since is None else since
    fact = TypeActivated(type=type, ground=ground.strip(), since=at, parties=tuple(map(party_code, parties)))
    log.append(
        fact, by=by, subject=subject, label=status_label(kind, owes=by.party, by=by.party), settled=True
    )
    return subject


@log.turn
def deactivate_type(*, by: Actor, type: str, ground: str, until: int | None = None) -> None:
    """Switch a type off again, from `until` (microseconds UTC; now when left out).

    :raises NotSwitched: when it is not on.
    """
    require(by, "exchange.deactivate-type")
    type_of(type)
    row = Activation.objects.visible_to(by).filter(type=type, until=None, journal__party=by.party).first()
    if row is None:
        raise NotSwitched(type=type, to=_("off"), because=_("is not on"))
    rules.check_waiver(ground=ground, since=0, until=None)
    at = micros(now()) if until is None else until
    fact = TypeDeactivated(until=at, ground=ground.strip())
    log.append(fact, by=by, subject=row.key, label=label_of(row, by=by))

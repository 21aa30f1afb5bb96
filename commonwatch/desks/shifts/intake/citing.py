"""What a line speaks of: found in the register for who writes it, or refused as if it were not there."""

from collections.abc import Sequence
from typing import NamedTuple

from commonwatch.access.actor import Actor
from commonwatch.charter.label import Label, flows, spelled_out
from commonwatch.desks.shifts.rules import NothingThere, duty_of
from commonwatch.register import history, node
from commonwatch.register.draft import Written
from commonwatch.register.models import Entry


class Cited(NamedTuple):
    """What is cited: the keys, and the entries that every reader of the line may read."""

    keys: tuple[str, ...]
    refs: tuple[Written, ...]


def cite(keys: Sequence[str], *, by: Actor, label: Label) -> Cited:
    """Find what is to be cited.

    :raises NothingThere: for what is not there, or not for the actor.
    """
    refs = []
    for key in keys:
        if duty_of(key):
            _check_duty(key)
            continue
        rows = Entry.objects.visible_to(by).select_related("journal").filter(subject=key)
        row = rows.order_by("-id").first()
        if row is None or not row.data:
            raise NothingThere(key=key)
        place = history.past(row).place
        if _readable(place, label, by=by):
            refs.append(place)
    return Cited(tuple(keys), tuple(refs))


def _check_duty(key: str) -> None:
    """Refuse a duty that the pack does not have."""
    pack, duty = node.current().pack, duty_of(key)
    if duty is None or not (pack.has_type(duty.type) and pack.has_party(duty.party)):
        raise NothingThere(key=key)


def _readable(place: Written, label: Label, *, by: Actor) -> bool:
    """Say whether every reader of the line may read the entry; another is named by its key alone."""
    source = spelled_out(place.label, originator=place.party)
    return flows(source, spelled_out(label, originator=by.party), scheme=node.current().pack.labels)

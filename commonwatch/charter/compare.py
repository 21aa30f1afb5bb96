"""What one version of an organisation pack changes against another, in codes for the record and in words for people."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final, NamedTuple

from commonwatch.charter.model import Pack, Party
from commonwatch.errors import _

MEMBERSHIP: Final = frozenset({"party-added", "party-removed", "membership"})
"""Changes by which somebody is admitted or leaves: they take two persons."""

SAYS: Final = {
    "center": _("The center was {was} and is {now}."),
    "labels": _("The label scheme is changed."),
    "second-signature": _("The second signature under checkpoints was “{was}” and is “{now}”."),
    "regulation": _("The regulation was {was} and is {now}."),
    "party-added": _("{subject} is a new party, member {now}."),
    "party-removed": _("{subject} is no party any more."),
    "membership": _("{subject} was a member {was} and is one {now}."),
    "participation": _("{subject} takes part otherwise: {was} before, {now} from now on."),
    "audience-added": _("The audience “{subject}” is new: {now}."),
    "audience-removed": _("The audience “{subject}” is gone; it was {was}."),
    "audience-readers": _("The audience “{subject}” was {was} and is {now}."),
    "type-added": _("The information type {subject} is new."),
    "type-removed": _("The information type {subject} is gone."),
    "type-changed": _("The information type {subject} is changed: {now}."),
    "office-added": _("The office “{subject}” is new, with {now}."),
    "office-removed": _("The office “{subject}” is gone; it had {was}."),
    "office-changed": _("The office “{subject}” had {was} and has {now}."),
}


class Change(NamedTuple):
    """One thing that differs: its kind, what it concerns, what it was and what it is now, in codes."""

    kind: str
    subject: str = ""
    was: str = ""
    now: str = ""

    @property
    def code(self) -> str:
        """The change in one line, for the record."""
        return " ".join(filter(None, (self.kind, self.subject, self.now or self.was)))

    @property
    def says(self) -> str:
        """The sentence, marked for translation, that the other fields fill."""
        return SAYS[self.kind]


def compare(old: Pack, new: Pack, *, on: date) -> tuple[Change, ...]:
    """List what `new` changes against `old`; audiences are compared as they resolve on the day."""
    return (
        *_plain(old, new),
        *_parties(old, new),
        *_audiences(old, new, on=on),
        *_types(old, new),
        *_offices(old, new),
    )


def takes_two(changes: Iterable[str]) -> bool:
    """Say whether codes of changes admit or dismiss a member."""
    return any(code.split(" ", 1)[0] in MEMBERSHIP for code in changes)


def _plain(old: Pack, new: Pack) -> Iterator[Change]:
    if old.center != new.center:
        yield Change("center", "", old.center, new.center)
    if old.labels != new.labels:
        yield Change("labels")
    was, now = (each.checkpoints.second_signature for each in (old, new))
    if was != now:
        yield Change("second-signature", "", was, now)
    if old.regulation.version != new.regulation.version:
        yield Change("regulation", "", old.regulation.version, new.regulation.version)


def _parties(old: Pack, new: Pack) -> Iterator[Change]:
    before, after = ({each.code: each for each in pack.parties} for pack in (old, new))
    yield from (Change("party-added", code, "", _member(after[code])) for code in after if code not in before)
    yield from (Change("party-removed", code) for code in before if code not in after)
    for code in (code for code in after if code in before):
        was, now = _member(before[code]), _member(after[code])
        if was != now:
            yield Change("membership", code, was, now)
        was, now = _part(before[code]), _part(after[code])
        if was != now:
            yield Change("participation", code, was, now)


def _member(party: Party) -> str:
    return ",".join(_days(each.since, each.until) for each in party.membership) or "always"


def _part(party: Party) -> str:
    said = [f"{each.line}:{each.status}:{_days(each.since, each.until)}" for each in party.participation]
    return ",".join(said) or "full"


def _days(since: date, until: date | None) -> str:
    """Write a half-open run of days."""
    return f"{since}/{until or '..'}"


def _audiences(old: Pack, new: Pack, *, on: date) -> Iterator[Change]:
    before, after = (_readers(pack, on=on) for pack in (old, new))
    for code in dict.fromkeys((*before, *after)):
        was, now = before.get(code), after.get(code)
        if was is None:
            yield Change("audience-added", code, "", now or "")
        elif now is None:
            yield Change("audience-removed", code, was)
        elif was != now:
            yield Change("audience-readers", code, was, now)


def _readers(pack: Pack, *, on: date) -> dict[str, str]:
    return {
        each.code: ",".join(("*",) if "*" in each.parties else pack.select(each.parties, on=on)) or "-"
        for each in pack.audiences
    }


def _types(old: Pack, new: Pack) -> Iterator[Change]:
    before, after = ({each.code: each for each in pack.types} for pack in (old, new))
    yield from (Change("type-added", code) for code in after if code not in before)
    yield from (Change("type-removed", code) for code in before if code not in after)
    for code in (code for code in after if code in before and before[code] != after[code]):
        yield Change("type-changed", code, "", ",".join(_differing(before[code], after[code])))


def _differing(one: Any, other: Any) -> list[str]:
    """Name the fields in which two structs of one kind differ."""
    return [name for name in one.__struct_fields__ if getattr(one, name) != getattr(other, name)]


def _offices(old: Pack, new: Pack) -> Iterator[Change]:
    before, after = ({each.code: _powers(each) for each in pack.offices} for pack in (old, new))
    yield from (Change("office-added", code, "", after[code]) for code in after if code not in before)
    yield from (Change("office-removed", code, before[code]) for code in before if code not in after)
    for code in (code for code in after if code in before and before[code] != after[code]):
        yield Change("office-changed", code, before[code], after[code])


def _powers(office: Any) -> str:
    """Write what an office may do and read, and who has it."""
    return ",".join((*office.of, office.clearance, *office.categories, *sorted(office.mandates)))

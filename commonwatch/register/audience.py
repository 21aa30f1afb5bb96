"""Audiences over time: which journals belong to one audience, whose readers have changed, and what is carried then.

A journal knows by which names of the pack its readers were called when it was opened. When one of these names resolves
to other readers, the journal is out of date: it takes nothing more, and its audience goes on in a next epoch
(docs/decisions/0012-epochs.md).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from commonwatch.charter.label import EVERYBODY, Label, Viewer
from commonwatch.register.draft import Draft
from commonwatch.register.gate import Reader, label_of
from commonwatch.register.models import Journal
from commonwatch.register.node import Node, today

C = TypeVar("C", bound="Carrier")


class Move(NamedTuple):
    """A journal that is being closed: its readers until now (`label`) and from now on (`target`; None for nobody).

    `widened` says that somebody reads from now on who could not before: then carrying is releasing, and only what says
    how it stands with something is carried, never what was reported.
    """

    journal: int
    party: str
    mode: str
    label: Label
    target: Label | None
    widened: bool
    eyes: Reader


class Carried(NamedTuple):
    """What a desk does about its open subjects in a journal that is being closed.

    `closing` ends them in the old journal, `opening` opens their continuations, each as a new subject whose name is
    `following` the old one.
    """

    closing: tuple[Draft, ...] = ()
    opening: tuple[Draft, ...] = ()


Carrier = Callable[[Move], Carried]

_CARRIERS: dict[str, Carrier] = {}


def carries(desk: str) -> Callable[[C], C]:
    """Declare how a desk carries its open subjects into the next epoch."""

    def declare(carry: C) -> C:
        _CARRIERS[desk] = carry
        return carry

    return declare


def carried(move: Move) -> Carried:
    """Ask every desk, in order of their names, what becomes of its open subjects."""
    found = [_CARRIERS[desk](move) for desk in sorted(_CARRIERS)]
    return Carried(
        tuple(draft for each in found for draft in each.closing),
        tuple(draft for each in found for draft in each.opening),
    )


def following(subject: str) -> str:
    """Name what continues a subject in the next epoch: `report/BY/x`, `report/BY/x~2`, `report/BY/x~3`."""
    first, turn = _turned(subject)
    return f"{first}~{turn + 1}"


def preceding(subject: str) -> str:
    """Name what a subject continues; empty for the first of its name."""
    first, turn = _turned(subject)
    return "" if turn == 1 else first if turn == 2 else f"{first}~{turn - 1}"


def first_of(subject: str) -> str:
    """Return the name that a subject had in its first epoch."""
    return _turned(subject)[0]


def turn_of(subject: str) -> int:
    """Count in which epoch of its own a subject stands: 1 for the first."""
    return _turned(subject)[1]


def _turned(subject: str) -> tuple[str, int]:
    first, mark, turn = subject.rpartition("~")
    return (first, int(turn)) if mark and turn.isdigit() else (subject, 1)


def names(at: Node, *, party: str, readers: Sequence[str]) -> tuple[str, ...]:
    """Name the audiences that have these readers today; none when the writer alone or everybody reads."""
    given = tuple(readers)
    if given in ((), (party,), EVERYBODY):
        return ()
    return at.pack.named(given, writer=party, on=today(at))


def outdated(at: Node, *, party: str, readers: Sequence[str], audience: str) -> bool:
    """Say whether a journal's readers are no longer those of an audience by whose name it was opened.

    `audience` is the journal's column. What only its writer or everybody reads is never out of date.
    """
    known = set(filter(None, audience.split(",")))
    return not known.issubset(names(at, party=party, readers=readers)) if known else False


def is_due(at: Node, row: Journal) -> bool:
    """Say whether an open journal has to be closed."""
    if row.closed:
        return False
    readers = readers_of(row)
    return outdated(at, party=row.party, readers=readers, audience=row.audience)


def readers_of(row: Journal) -> tuple[str, ...]:
    """Return who reads a journal."""
    return tuple(row.parties.split(",")) if row.parties else ()


def label_of_journal(row: Journal) -> Label:
    """Return the label of a journal."""
    return label_of(level=row.level, categories=row.categories, parties=row.parties)


def family(at: Node, *, party: str, mode: str, label: Label) -> list[Journal]:
    """List the journals that a party has kept for an audience, all its epochs, oldest first.

    They have the label's readers, or were opened under a name that the label's readers have today.
    """
    rows = Journal.objects.filter(
        party=party, mode=mode, level=label.level, categories=",".join(label.categories)
    ).order_by("pk")
    called, readers = set(names(at, party=party, readers=label.parties)), ",".join(label.parties)
    return [row for row in rows if row.parties == readers or called.intersection(row.audience.split(","))]


def label_today(at: Node, row: Journal, *, prefer: Iterable[str] = ()) -> Label | None:
    """Return the label under which a journal's audience is addressed today; None when the pack has no such audience.

    Of several names by which it was opened, one of `prefer` counts before the others.
    """
    wanted = set(prefer)
    known = [each for each in row.audience.split(",") if each]
    for name in sorted(known, key=lambda each: each.partition(":")[0] not in wanted):
        found = _label_named(at, row, name)
        if found is not None:
            return found
    return None


def _label_named(at: Node, row: Journal, name: str) -> Label | None:
    code, _, originator = name.partition(":")
    pack = at.pack
    if not pack.has_audience(code):
        return None
    readers = pack.readers(code, originator=originator or row.party, on=today(at))
    parties = readers if readers == EVERYBODY else (*readers, row.party)
    if not all(each == "*" or pack.has_party(each) for each in parties):
        return None
    label = label_of_journal(row)
    return Label(level=label.level, categories=label.categories, parties=parties)


def eyes(at: Node, *, party: str, mode: str) -> Reader:
    """Return the register's own sight of a party's journals: every level and category."""
    scheme = at.pack.labels
    highest = max(scheme.levels, key=lambda level: level.rank).code
    categories = frozenset(category.code for category in scheme.categories)
    return Reader(Viewer(party=party, clearance=highest, categories=categories), mode=mode)

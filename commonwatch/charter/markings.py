"""Between labels of the house and markings of others: TLP 2.0, and what a confidentiality label says.

`formats.tlp` and `formats.stanag4774` read and write the markings as plain values; here they become labels of an
organisation, and labels become them. A marking is never taken for wider than it says.

TLP bounds how far a recipient may share (FIRST, TLP 2.0): RED goes to those who are named and no further, AMBER+STRICT
stays within the originator's own organisation, AMBER reaches those it serves too, GREEN the community, CLEAR anybody.
Here the originator's organisation is its party and the community is every party that belongs on the day.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from commonwatch.charter.label import EVERYBODY, Label, spelled_out
from commonwatch.charter.model import LabelScheme, Pack
from commonwatch.errors import Refusal, _

RISING: Final = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")


class NoLevel(Refusal):
    """The organisation has no level for a marking."""

    code, status = "charter.no-level", 422
    says = _("This organisation's scheme has no level for TLP:{marking}.")
    hint = _("Choose a level and an audience yourself, or have the marking added to the pack.")


class NobodyNamed(Refusal):
    """Named recipients only, and none is named."""

    code, status = "charter.nobody-named", 422
    says = _("TLP:{marking} is for named recipients only, and none is named.")
    hint = _("Name the parties that may read it; it goes to nobody else.")


class TooWide(Refusal):
    """More readers than a marking lets have it."""

    code, status = "charter.too-wide", 422
    says = _("TLP:{marking} does not reach {beyond}.")
    hint = _("Choose a narrower audience, or ask the originator for a wider marking.")


class NoReaders(Refusal):
    """A confidentiality label that sets no limit to who may read, above the public level."""

    code, status = "charter.no-readers", 422
    says = _("The label {level} names nobody who may read it, and that level is not public.")
    hint = _("Ask the sender to name the parties that may read it.")


def label_for(  # noqa: PLR0913 - what a label hangs on, by name
    marking: str,
    *,
    pack: Pack,
    originator: str,
    on: date,
    chosen: Sequence[str] | None = None,
    served: Sequence[str] = (),
    categories: Sequence[str] = (),
) -> Label:
    """Return the label under which something marked by TLP is kept: the pack's level, an audience within the bound.

    `chosen` are the parties that the sender names, None for as many as the marking lets have it; `served` those whom
    the originator's organisation serves.

    :raises NoLevel: when the pack maps the marking to no level.
    :raises NobodyNamed: when named recipients alone may have it and none is named.
    :raises TooWide: naming the parties beyond the bound.
    """
    if marking not in pack.labels.tlp:
        raise NoLevel(marking=marking)
    level, widest = pack.labels.tlp[marking], _widest(marking, pack, originator, on, served)
    if widest is None and not chosen:
        raise NobodyNamed(marking=marking)
    parties = set(chosen if chosen is not None else widest or ())
    bound = parties - set(EVERYBODY) if widest is None else parties if widest == EVERYBODY else set(widest)
    if beyond := parties - bound - {originator}:
        raise TooWide(marking=marking, beyond=", ".join(sorted(beyond)))
    label = Label(level=level, categories=tuple(categories), parties=tuple(parties))
    return spelled_out(label, originator=originator)


def tlp_of(label: Label, *, pack: Pack, originator: str, on: date, served: Sequence[str] = ()) -> str:
    """Return the marking for something under a label: the most restrictive of what its audience and its level say.

    An audience that is none of those for which TLP has a word is one of named recipients: RED.

    :raises KeyError: when the pack does not have the level.
    """
    parties = set(spelled_out(label, originator=originator).parties)
    bounds = {marking: set(_widest(marking, pack, originator, on, served) or ()) for marking in RISING[1:-1]}
    words = {marking for marking, bound in bounds.items() if bound | {originator} == parties}
    if parties == set(EVERYBODY):
        words = {"CLEAR"}
    by_audience = max(words, key=RISING.index, default="RED")
    return max(by_audience, pack.level(label.level).tlp or "CLEAR", key=RISING.index)


def _widest(
    marking: str, pack: Pack, originator: str, on: date, served: Sequence[str]
) -> tuple[str, ...] | None:
    """Return the widest audience that a marking allows; None where only those who are named may have it."""
    community = tuple(party.code for party in pack.parties if party.member_on(on))
    return {
        "CLEAR": EVERYBODY,
        "GREEN": community,
        "AMBER": (originator, *served),
        "AMBER+STRICT": (originator,),
    }.get(marking)


class Outside(NamedTuple):
    """A label as a confidentiality label says it: `releasable_to` None sets no limit to who may read."""

    classification: str
    marks: tuple[str, ...]
    releasable_to: tuple[str, ...] | None


def outside(label: Label, *, originator: str) -> Outside:
    """Say a label for the world outside: with its audience in full, so that an empty one is not read as everybody."""
    whole = spelled_out(label, originator=originator)
    everybody = whole.parties == EVERYBODY
    return Outside(whole.level, whole.categories, None if everybody else whole.parties)


def inside(said: Outside, *, scheme: LabelScheme) -> Label:
    """Return the label that a confidentiality label of this organisation stands for.

    :raises NoReaders: when it limits nobody and its level is not the public one.
    """
    if said.releasable_to is None and said.classification != scheme.lowest:
        raise NoReaders(level=said.classification)
    parties = EVERYBODY if said.releasable_to is None else said.releasable_to
    return Label(level=said.classification, categories=said.marks, parties=parties)

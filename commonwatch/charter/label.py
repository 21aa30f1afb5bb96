"""Labels: level × categories × audience, their order, and the one question "may this viewer read it".

A label is never part of a viewer's request: it is fixed before an entry exists and never changes afterwards.
Anything unknown (a level or category that the scheme does not have) is unreadable. An empty audience is the
originator alone.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import force_setattr

from commonwatch.charter.model import LabelScheme

EVERYBODY = ("*",)


class Label(Struct, frozen=True, order=True):
    """What an entry carries for life.

    `categories` and `parties` are put in order without doubles, so that labels of one meaning are equal;
    `parties` ("*",) is the public, and whoever else is named beside it adds nothing.
    """

    level: str
    categories: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("categories", "parties"):
            given: tuple[str, ...] = getattr(self, name)
            ordered = tuple(sorted(set(given)))
            if given != ordered:
                force_setattr(self, name, ordered)
        if "*" in self.parties:
            force_setattr(self, "parties", EVERYBODY)


class Viewer(Struct, frozen=True):
    """Who looks: the party for which they look, how high they may read, and which categories they hold."""

    party: str
    clearance: str
    categories: frozenset[str] = frozenset()


def spelled_out(label: Label, *, originator: str) -> Label:
    """Return the label with its audience in full: the originator stands in it, unless it is everybody's."""
    if label.parties == EVERYBODY or originator in label.parties:
        return label
    return Label(level=label.level, categories=label.categories, parties=(*label.parties, originator))


def readable(label: Label, *, originator: str, viewer: Viewer, scheme: LabelScheme) -> bool:
    """Say whether `viewer` may read what `originator` wrote under `label`.

    The viewer's clearance reaches the level, the viewer holds every category, and the audience names the
    viewer's party, or everybody, or the viewer's party is the originator.
    """
    level, clearance = scheme.ranks.get(label.level), scheme.ranks.get(viewer.clearance)
    if level is None or clearance is None or level > clearance:
        return False
    needed = label.categories
    if needed and not (scheme.marks.issuperset(needed) and viewer.categories.issuperset(needed)):
        return False
    return viewer.party == originator or label.parties == EVERYBODY or viewer.party in label.parties


def flows(source: Label, target: Label, *, scheme: LabelScheme) -> bool:
    """Say whether what is under `source` may be put under `target`: nobody reads it who could not before.

    True when the level does not sink, no category is lost and no reader is added. What is unknown never flows.
    Both labels are taken as of one originator; for two, ask of each one `spelled_out`.
    """
    low, high = scheme.ranks.get(source.level), scheme.ranks.get(target.level)
    if low is None or high is None or low > high:
        return False
    if not (
        scheme.marks.issuperset(target.categories) and set(target.categories).issuperset(source.categories)
    ):
        return False
    if source.parties == EVERYBODY:
        return True
    return target.parties != EVERYBODY and set(source.parties).issuperset(target.parties)


def join(first: Label, second: Label, *, scheme: LabelScheme) -> Label:
    """Return the least label to which both flow: highest level, all categories, common readers.

    :raises KeyError: when a level or category is unknown.
    """
    return join_all((first, second), scheme=scheme)


def join_all(labels: Iterable[Label], *, scheme: LabelScheme) -> Label:
    """Return the least label to which all of these flow: that of what is derived from them.

    :raises KeyError: when a level or category is unknown.
    :raises ValueError: when there is no label: then nothing says who may read.
    """
    given = list(labels)
    level = max((each.level for each in given), key=scheme.ranks.__getitem__)
    categories = {mark for each in given for mark in each.categories}
    if unknown := categories - scheme.marks:
        raise KeyError(min(unknown))
    named = [set(each.parties) for each in given if each.parties != EVERYBODY]
    parties = tuple(set.intersection(*named)) if named else EVERYBODY
    return Label(level=level, categories=tuple(categories), parties=parties)

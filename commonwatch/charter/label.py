"""Labels: level × categories × audience, their order, and the one question "may this viewer read it".

A label is never part of a viewer's request: it is fixed before an entry exists and never changes afterwards.
Anything unknown (a level or category that the scheme does not have) is unreadable. An empty audience is the
originator alone.
"""

from msgspec import Struct
from msgspec.structs import force_setattr

from commonwatch.charter.model import LabelScheme

EVERYBODY = ("*",)


class Label(Struct, frozen=True, order=True):
    """What an entry carries for life.

    `categories` and `parties` are put in order without doubles, so that labels of one meaning are equal;
    `parties` ("*",) is the public.
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


class Viewer(Struct, frozen=True):
    """Who looks: the party for which they look, how high they may read, and which categories they hold."""

    party: str
    clearance: str
    categories: frozenset[str] = frozenset()


def readable(label: Label, *, originator: str, viewer: Viewer, scheme: LabelScheme) -> bool:
    """Say whether `viewer` may read what `originator` wrote under `label`.

    The viewer's clearance reaches the level, the viewer holds every category, and the audience names the
    viewer's party, or everybody, or the viewer's party is the originator.
    """
    ranks = {level.code: level.rank for level in scheme.levels}
    known = {category.code for category in scheme.categories}
    if label.level not in ranks or viewer.clearance not in ranks or not known.issuperset(label.categories):
        return False
    if ranks[label.level] > ranks[viewer.clearance] or not viewer.categories.issuperset(label.categories):
        return False
    return label.parties == EVERYBODY or viewer.party == originator or viewer.party in label.parties


def flows(source: Label, target: Label, *, scheme: LabelScheme) -> bool:
    """Say whether what is under `source` may be put under `target`: nobody reads it who could not before.

    True when the level does not sink, no category is lost and no reader is added. Unknown levels never flow.
    """
    ranks = {level.code: level.rank for level in scheme.levels}
    if source.level not in ranks or target.level not in ranks:
        return False
    narrower = source.parties == EVERYBODY or (
        target.parties != EVERYBODY and set(target.parties) <= set(source.parties)
    )
    return (
        ranks[source.level] <= ranks[target.level]
        and set(source.categories) <= set(target.categories)
        and narrower
    )


def join(first: Label, second: Label, *, scheme: LabelScheme) -> Label:
    """Return the least label to which both flow: highest level, all categories, common readers.

    :raises KeyError: when a level is unknown.
    """
    ranks = {level.code: level.rank for level in scheme.levels}
    level = max(first.level, second.level, key=ranks.__getitem__)
    categories = (*first.categories, *second.categories)
    if first.parties == EVERYBODY:
        parties = second.parties
    elif second.parties == EVERYBODY:
        parties = first.parties
    else:
        parties = tuple(set(first.parties) & set(second.parties))
    return Label(level=level, categories=categories, parties=parties)

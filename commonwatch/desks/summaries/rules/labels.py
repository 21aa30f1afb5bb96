"""The label of what is put together: the join of all of it; and what each thing takes away from the readers."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from commonwatch.charter.label import EVERYBODY, Label, join_all
from commonwatch.charter.model import LabelScheme


class Taken(NamedTuple):
    """What one thing does to the label that was meant: whom it takes away, which level and categories it asks."""

    id: str
    parties: tuple[str, ...]
    level: str
    categories: tuple[str, ...]

    @property
    def narrows(self) -> bool:
        """Whether it changes anything."""
        return bool(self.parties or self.level or self.categories)


class Annexed(NamedTuple):
    """An annex: its label and the ids of what stands in it."""

    label: Label
    ids: tuple[str, ...]


def joined(base: Label, labels: Sequence[Label], *, scheme: LabelScheme) -> Label:
    """Return the least label to which what was meant and all that was chosen flow.

    All labels are written out with their originators.
    """
    return join_all((base, *labels), scheme=scheme)


def takes(
    base: Label, labels: Mapping[str, Label], *, scheme: LabelScheme, everyone: Sequence[str]
) -> list[Taken]:
    """Say of each thing, by its id, what it takes from the label that was meant; `everyone` are all parties."""
    meant = set(everyone if base.parties == EVERYBODY else base.parties)
    found = []
    for name, label in labels.items():
        may = meant if label.parties == EVERYBODY else set(label.parties)
        higher = scheme.ranks[label.level] > scheme.ranks[base.level]
        found.append(
            Taken(
                name,
                tuple(each for each in everyone if each in meant - may),
                label.level if higher else "",
                tuple(each for each in label.categories if each not in base.categories),
            )
        )
    return found


def annexes(main: Label, labels: Mapping[str, Label], *, scheme: LabelScheme) -> list[Annexed]:
    """Group what is put aside by label, each joined with that of the main part: one annex for each distinct label."""
    found: dict[Label, list[str]] = {}
    for name, label in labels.items():
        found.setdefault(join_all((main, label), scheme=scheme), []).append(name)
    return [Annexed(label, tuple(ids)) for label, ids in sorted(found.items())]

"""The one gate for reading: which journals a viewer may read, and so which rows exist for that viewer."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.apps import apps

from commonwatch.charter.label import Label, Viewer, readable
from commonwatch.register import node


class Shelf(NamedTuple):
    """What is known of one journal without opening it. `last_at` is in microseconds UTC."""

    id: int
    origin: str
    party: str
    mode: str
    label: Label
    size: int
    last_at: int


def label_of(*, level: str, categories: str, parties: str) -> Label:
    """Make a label from the columns of a journal."""
    return Label(
        level=level,
        categories=tuple(categories.split(",")) if categories else (),
        parties=tuple(parties.split(",")) if parties else (),
    )


def shelves(viewer: Viewer, *, mode: str | None = None) -> tuple[Shelf, ...]:
    """List the journals that `viewer` may read, in order of their origins; one query."""
    scheme = node.current().pack.labels
    columns = ("id", "origin", "party", "mode", "level", "categories", "parties", "size", "last_at")
    journals = apps.get_model("register", "Journal").objects.order_by("origin").values_list(*columns)
    found = []
    for number, origin, party, its_mode, level, categories, parties, size, last_at in journals:
        label = label_of(level=level, categories=categories, parties=parties)
        if mode in (None, its_mode) and readable(label, originator=party, viewer=viewer, scheme=scheme):
            found.append(Shelf(number, origin, party, its_mode, label, size, last_at))
    return tuple(found)


@dataclass(eq=False)
class Reader:
    """Somebody who reads for the length of one request: a viewer and, read once, what is within reach.

    `mode` is "real" or "exercise": the two are never seen on one page.
    """

    viewer: Viewer
    mode: str = "real"

    @cached_property
    def shelves(self) -> tuple[Shelf, ...]:
        """The journals within reach."""
        return shelves(self.viewer, mode=self.mode)

    @cached_property
    def reach(self) -> tuple[int, ...]:
        """The numbers of the journals within reach, for `visible_to`."""
        return tuple(shelf.id for shelf in self.shelves)

    def again(self) -> None:
        """Forget what was read, so that a journal opened in the meantime comes within reach."""
        self.__dict__.pop("shelves", None)
        self.__dict__.pop("reach", None)

"""The one gate for reading: which journals a viewer may read, and so which rows exist for that viewer."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from django.db import connections

from commonwatch.charter.label import Label, Viewer, readable
from commonwatch.register import node


class Shelf(NamedTuple):
    """What is known of one journal without opening it. `last_at` is in microseconds UTC.

    `closed` says that nothing is written in it any more, `continued` where its audience goes on; `audience` holds the
    names (comma-separated) by which the pack called its readers when it was opened.
    """

    id: int
    origin: str
    party: str
    mode: str
    label: Label
    size: int
    last_at: int
    closed: bool = False
    continued: str = ""
    audience: str = ""


@lru_cache(maxsize=10_000)
def label_of(*, level: str, categories: str, parties: str) -> Label:
    """Make a label from the columns of a journal; those met before are not made again."""
    return Label(
        level=level,
        categories=tuple(categories.split(",")) if categories else (),
        parties=tuple(parties.split(",")) if parties else (),
    )


_READ = (
    'SELECT "id", "origin", "party", "mode", "level", "categories", "parties", "size", "last_at", "closed",'
    ' "continued", "audience" FROM "register_journal" ORDER BY "origin"'
)


def journals() -> tuple[Shelf, ...]:
    """List every journal of the node, in order of their origins; one query. Readers choose from it.

    Every request asks: so the statement is written here, and not put together anew each time.
    """
    with connections[node.current().database].cursor() as cursor:
        cursor.execute(_READ)
        return tuple([_shelf(row) for row in cursor.fetchall()])


def _shelf(row: tuple[Any, ...]) -> Shelf:
    number, origin, party, mode, level, categories, parties, size, last_at, closed, continued, audience = row
    label = label_of(level=level, categories=categories, parties=parties)
    return Shelf(number, origin, party, mode, label, size, last_at, bool(closed), continued, audience)


@dataclass(eq=False)
class Reader:
    """Somebody who reads for the length of one request: a viewer and, read once, what is within reach.

    `mode` is "real" or "exercise": the two are never seen on one page. `beside` is another reader of the same request,
    whose one look at the list of journals serves both.
    """

    viewer: Viewer
    mode: str = "real"
    beside: "Reader | None" = None

    @cached_property
    def journals(self) -> tuple[Shelf, ...]:
        """Every journal of the node; what is within reach is chosen from it."""
        return self.beside.journals if self.beside else journals()

    @cached_property
    def shelves(self) -> tuple[Shelf, ...]:
        """The journals within reach."""
        scheme = node.current().pack.labels
        return tuple(
            shelf
            for shelf in self.journals
            if shelf.mode == self.mode
            and readable(shelf.label, originator=shelf.party, viewer=self.viewer, scheme=scheme)
        )

    @cached_property
    def reach(self) -> tuple[int, ...]:
        """The numbers of the journals within reach, for `visible_to`."""
        return tuple(shelf.id for shelf in self.shelves)

    def again(self) -> None:
        """Forget what was read, so that a journal opened in the meantime comes within reach."""
        self.beside = None
        for name in ("journals", "shelves", "reach"):
            self.__dict__.pop(name, None)

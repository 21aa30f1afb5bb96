"""Tables: the journals and their bytes; and the two kinds of table that desks may have, projections and papers."""

from functools import lru_cache
from typing import Any, Self, TypeVar

from django.db import models

from commonwatch.errors import Broken
from commonwatch.journal import keychange
from commonwatch.register import wall
from commonwatch.register.gate import Reader

M = TypeVar("M", bound=models.Model)


@lru_cache(maxsize=1000)
def _within(reach: tuple[int, ...]) -> models.Func:
    """Write the condition that a row's journal is one of these, once: numbers of ours, hundreds where many share."""
    numbers = ", ".join(str(int(number)) for number in reach)
    return models.Func(
        models.F("journal_id"), template=f"%(expressions)s IN ({numbers})", output_field=models.BooleanField()
    )


class Guarded(models.QuerySet[M]):
    """Rows that are read through the gate only and written by the register only."""

    _hints: dict[str, Any]  # Django hands them on from query to query

    def visible_to(self, reader: Reader) -> Self:
        """Return the rows whose journal `reader` may read; the only way from a page, export or mail to a row."""
        wall.reach(reader.reach)
        found = self.filter(_within(reader.reach)) if reader.reach else self.none()
        found._hints = {**found._hints, "reach": reader.reach}  # noqa: SLF001 - told again when the query is sent
        return found

    @property
    def db(self) -> str:
        """The database to ask; just before, its second wall is told whose rows are asked for."""
        wall.reach(self._hints.get("reach", ()))
        return super().db

    def _refuse(self, *_args: object, **_kwargs: object) -> Any:
        raise Broken(f"{self.model.__name__} is folded from entries: append a fact instead of writing a row")

    create = update = delete = bulk_create = bulk_update = get_or_create = update_or_create = _refuse


class Journal(models.Model):
    """One append-only journal: one writer, one mode, one audience, one epoch.

    `categories` and `parties` are comma-separated sorted codes; `last_at` is in microseconds UTC; `checkpoint` is the
    signed note of the present size and root; `ours` says that this node holds the pen and the key. `audience` lists,
    comma-separated, the names that its readers had in the pack when it was opened. `closed` says that its last entry
    is written; `continued` is then the origin of the next epoch, empty when there is none. `lost` is 0, or the size up
    to which this node has signed a journal whose end it has declared lost: that one is closed without a last entry.
    `key` is the verifier key that signs the next checkpoint, `changes` the statements by which it came to be that one.
    `second` is the verifier key of the second signature under `checkpoint`, empty where it has none.
    """

    origin = models.CharField(max_length=300, unique=True)
    party = models.CharField(max_length=40)
    mode = models.CharField(max_length=10)
    level = models.CharField(max_length=40)
    categories = models.CharField(max_length=500, default="", blank=True)
    parties = models.CharField(max_length=2000, default="", blank=True)
    slug = models.CharField(max_length=120)
    epoch = models.IntegerField()
    key = models.CharField(max_length=500)
    size = models.BigIntegerField(default=0)
    root = models.CharField(max_length=64, default="", blank=True)
    checkpoint = models.TextField(default="", blank=True)
    last_at = models.BigIntegerField(default=0)
    ours = models.BooleanField(default=True)
    audience = models.TextField(default="", blank=True)
    closed = models.BooleanField(default=False)
    continued = models.CharField(max_length=300, default="", blank=True)
    lost = models.BigIntegerField(default=0)
    changes = models.TextField(default="", blank=True)
    second = models.TextField(default="", blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("party", "mode", "slug", "epoch"), name="one_epoch"),)

    def __str__(self) -> str:
        return self.origin

    @property
    def chain(self) -> keychange.Chain:
        """The keys that have signed it, in order."""
        return keychange.chain(self.key, keychange.split(self.changes))

    @property
    def signed_by(self) -> str:
        """The verifier key that signed its present checkpoint."""
        return self.chain.at(self.size) if self.changes else self.key


class Entry(models.Model):
    """One entry as the exact bytes written, with the columns by which it is found.

    `number` counts from 0 within its journal. `at` and `admitted_at` are microseconds UTC; `admitted_at` is when this
    node got it, and stands in no projection. `data` is empty once the entry was erased.
    """

    journal = models.ForeignKey(
        Journal, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    number = models.BigIntegerField()
    entry_id = models.UUIDField(unique=True)
    kind = models.CharField(max_length=100)
    subject = models.CharField(max_length=200, db_index=True)
    at = models.BigIntegerField()
    admitted_at = models.BigIntegerField()
    data = models.BinaryField()

    objects = Guarded.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("journal", "number"), name="one_place"),)

    def __str__(self) -> str:
        return f"{self.journal_id}:{self.number}"


class Tile(models.Model):
    """One hash tile of a journal: up to 256 hashes of 32 bytes, grown in place until it is full."""

    journal = models.ForeignKey(
        Journal, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    level = models.IntegerField()
    number = models.BigIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("journal", "level", "number"), name="one_tile"),)

    def __str__(self) -> str:
        return f"{self.journal_id}:{self.level}/{self.number}"


class Projection(models.Model):
    """A table folded from entries: it can be dropped and rebuilt, and carries the journal of its subject.

    `key` is the subject, or the subject and the adding party for additions. Columns are text, integers and booleans;
    instants are microseconds UTC.
    """

    key = models.CharField(max_length=240, primary_key=True)
    journal = models.ForeignKey(  # asked for by name nowhere: two desks may call a table alike
        Journal, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    objects = Guarded.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.key

    def save(self, *_args: object, **_kwargs: object) -> None:
        """Refuse: only the register writes projections."""
        raise Broken(f"{type(self).__name__} is folded from entries: append a fact instead of saving a row")

    def delete(self, *_args: object, **_kwargs: object) -> tuple[int, dict[str, int]]:
        """Refuse: only the register writes projections."""
        raise Broken(f"{type(self).__name__} is folded from entries: append a fact instead of deleting a row")


class Adoption(Projection):
    """An organisation pack that was put in force after the one of the digest `before`; `at` is in microseconds UTC."""

    party = models.CharField(max_length=40)
    version = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    before = models.CharField(max_length=64, default="", blank=True)
    at = models.BigIntegerField()
    place = models.BigIntegerField()

    class Meta(Projection.Meta):
        abstract = False


class Paper(models.Model):
    """A table of this node alone (drafts, preferences, quarantine): never federated, never rebuilt."""

    class Meta:
        abstract = True

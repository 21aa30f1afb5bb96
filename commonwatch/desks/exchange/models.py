"""What the exchange reads from: projections of its facts; and its papers (drafts, quarantine)."""

from typing import Any, ClassVar, Self, TypeVar

import msgspec
from django.db import models

from commonwatch.access.models import Account
from commonwatch.register.audience import preceding
from commonwatch.register.gate import Reader
from commonwatch.register.models import Guarded, Paper, Projection

M = TypeVar("M", "Report", "Release")


class Lasting(Guarded[M]):
    """Reports or releases, which may go on in a later epoch under another name."""

    def latest_to(self, reader: Reader) -> Self:
        """Leave out what another of these continues, where `reader` may read that other one."""
        later = self.model.objects.visible_to(reader).filter(continues__isnull=False)
        earlier = [preceding(key) for key in later.values_list("key", flat=True)]
        return self.exclude(key__in=earlier) if earlier else self


class Report(Projection):
    """One report as it stands now. Instants are microseconds UTC; `values_json` is the last version's values.

    `first_at` is when it counts as sent (what an import says was known then), `written_at` when the entry was written,
    `last_at` the entry of the last version. `continues` is the hash of the entry of an earlier epoch that it continues.
    `warned_json` lists the warnings that were confirmed with the last version, as its fact has them.
    """

    type = models.CharField(max_length=40)
    owes = models.CharField(max_length=40)
    period = models.CharField(max_length=20, default="", blank=True)
    party = models.CharField(max_length=40)
    number = models.IntegerField(default=1)
    state = models.CharField(max_length=12, default="value")
    versions = models.IntegerField(default=1)
    values_json = models.TextField(default="{}", blank=True)
    warned_json = models.TextField(default="[]", blank=True)
    channel = models.CharField(max_length=12, default="form")
    confirms = models.CharField(max_length=200, default="", blank=True)
    event_at = models.CharField(max_length=40, default="", blank=True)
    tlp = models.CharField(max_length=20, default="", blank=True)
    imported = models.BooleanField(default=False)
    first_at = models.BigIntegerField()
    written_at = models.BigIntegerField()
    last_at = models.BigIntegerField()
    entry = models.CharField(max_length=36)
    last_entry = models.CharField(max_length=36)
    place = models.BigIntegerField()
    continues = models.CharField(max_length=64, null=True)

    objects: ClassVar[Lasting["Report"]] = Lasting.as_manager()  # type: ignore[assignment] # managers answer as rows do

    class Meta(Projection.Meta):
        abstract = False
        indexes = (
            models.Index(
                fields=("continues",), condition=models.Q(continues__isnull=False), name="report_continues"
            ),
            models.Index(fields=("journal", "last_at"), name="report_stream"),
            models.Index(fields=("type", "owes", "period"), name="report_duty"),
        )

    @property
    def values(self) -> dict[str, Any]:
        """The values of the last version."""
        return msgspec.json.decode(self.values_json, type=dict[str, Any])

    @property
    def warned(self) -> list[str]:
        """The warnings that were confirmed with the last version, as they are kept."""
        return msgspec.json.decode(self.warned_json, type=list[str])


class Drawn(Projection):
    """From where values of a report were taken; its key is the report's.

    `fields_json` maps a field to the other type and field, the period or moment there, and the entry's hash (hex);
    `version` is the version of the report that took them.
    """

    version = models.IntegerField(default=1)
    fields_json = models.TextField(default="{}")

    class Meta(Projection.Meta):
        abstract = False

    @property
    def fields(self) -> dict[str, tuple[str, str, str]]:
        """Where each value was taken from, by the fields of the report."""
        return msgspec.json.decode(self.fields_json, type=dict[str, tuple[str, str, str]])


class Release(Projection):
    """What was released of one report, as it stands now. Instants are microseconds UTC.

    `of` is the hash (hex) of the entry that was released, `offices` comma-separated. `state` is "value", "nil" or
    "withdrawn", `end_ground` why it was withdrawn. One that continues another has the hash of that one's last entry in
    `continues`, and neither values nor ground nor `of`; its `released_at` is when it was continued.
    """

    type = models.CharField(max_length=40)
    owes = models.CharField(max_length=40)
    period = models.CharField(max_length=20, default="", blank=True)
    event_at = models.CharField(max_length=40, default="", blank=True)
    party = models.CharField(max_length=40)
    state = models.CharField(max_length=12, default="value")
    version = models.IntegerField(default=1)
    values_json = models.TextField(default="{}", blank=True)
    part = models.BooleanField(default=False)
    of = models.CharField(max_length=64, db_index=True)
    ground = models.TextField(default="", blank=True)
    end_ground = models.TextField(default="", blank=True)
    offices = models.CharField(max_length=200, default="", blank=True)
    released_at = models.BigIntegerField()
    last_at = models.BigIntegerField()
    entry = models.CharField(max_length=36)
    last_entry = models.CharField(max_length=36)
    place = models.BigIntegerField()
    continues = models.CharField(max_length=64, null=True)

    objects: ClassVar[Lasting["Release"]] = Lasting.as_manager()  # type: ignore[assignment] # managers answer as rows do

    class Meta(Projection.Meta):
        abstract = False
        indexes = (
            models.Index(
                fields=("continues",), condition=models.Q(continues__isnull=False), name="release_continues"
            ),
            models.Index(fields=("journal", "last_at"), name="release_stream"),
        )

    @property
    def values(self) -> dict[str, Any]:
        """The values that were released."""
        return msgspec.json.decode(self.values_json, type=dict[str, Any])


class Slip(Projection):
    """How one writer stands with one duty.

    `reports_json` maps the number of each report to its state ("value", "nil", "withdrawn") and when it was first so.
    `said` is "value", "nil" or "corrected" where one report was noted and stands: the duty was then met at `first_at`.
    Empty, the slip has to be looked into. The index holds all that is needed to count without opening a row.
    """

    type = models.CharField(max_length=40)
    owes = models.CharField(max_length=40)
    period = models.CharField(max_length=20)
    starts = models.BigIntegerField()
    filer = models.CharField(max_length=40)
    reports_json = models.TextField(default="{}")
    corrected = models.BooleanField(default=False)
    on_behalf = models.BooleanField(default=False)
    said = models.CharField(max_length=12, default="", blank=True)
    first_at = models.BigIntegerField()
    last_at = models.BigIntegerField()

    class Meta(Projection.Meta):
        abstract = False
        indexes = (
            models.Index(
                fields=("period", "type", "owes", "journal", "said", "first_at"), name="slip_counted"
            ),
        )


class Reference(Projection):
    """A program's own reference, so that sending the same again gives the first answer. `digest` is of the content."""

    subject = models.CharField(max_length=200)
    entry = models.CharField(max_length=36)
    digest = models.CharField(max_length=64)

    class Meta(Projection.Meta):
        abstract = False


class Seen(Projection):
    """Who has seen a report, and at which version."""

    subject = models.CharField(max_length=200, db_index=True)
    party = models.CharField(max_length=40)
    office = models.CharField(max_length=60)
    account = models.CharField(max_length=60)
    version = models.IntegerField(default=1)
    at = models.BigIntegerField()

    class Meta(Projection.Meta):
        abstract = False


class Waiver(Projection):
    """A waiver: half-open, microseconds UTC. `carried`: its account ended here with the epoch, and not the waiver."""

    type = models.CharField(max_length=40)
    party = models.CharField(max_length=40)
    ground = models.TextField()
    since = models.BigIntegerField()
    until = models.BigIntegerField(null=True)
    end_ground = models.TextField(default="", blank=True)
    granted_at = models.BigIntegerField()
    carried = models.BooleanField(default=False)

    class Meta(Projection.Meta):
        abstract = False


class Activation(Projection):
    """A stretch of time during which a type is owed; `parties` comma-separated, empty for all.

    `carried`: its account ended here with the epoch, and not the stretch.
    """

    type = models.CharField(max_length=40)
    parties = models.CharField(max_length=2000, default="", blank=True)
    ground = models.TextField()
    since = models.BigIntegerField()
    until = models.BigIntegerField(null=True)
    end_ground = models.TextField(default="", blank=True)
    carried = models.BooleanField(default=False)

    class Meta(Projection.Meta):
        abstract = False


class Asked(Projection):
    """A question that was asked of a party about a duty, as the traffic desk has it; its key is the question's.

    `due` and `asked_at` are microseconds UTC; `closed` is "satisfied" or "withdrawn" when who asked has closed it.
    """

    to = models.CharField(max_length=40)
    by = models.CharField(max_length=40)
    type = models.CharField(max_length=40, default="", blank=True)
    owes = models.CharField(max_length=40, default="", blank=True)
    due = models.BigIntegerField()
    asked_at = models.BigIntegerField()
    closed = models.CharField(max_length=20, default="", blank=True)

    class Meta(Projection.Meta):
        abstract = False
        indexes = (models.Index(fields=("due",), name="asked_due"),)


class Reply(Projection):
    """That a party has answered a question, or refused to; the earliest stands."""

    subject = models.CharField(max_length=200, db_index=True)
    party = models.CharField(max_length=40)
    refused = models.BooleanField(default=False)
    at = models.BigIntegerField()

    class Meta(Projection.Meta):
        abstract = False


class Listed(Projection):
    """One report or release as the list of reports has it: what it is chosen by, and the words by which it is found.

    `what` is "report" or "release". `at` is when its present content was written (microseconds UTC), `block` the run of
    its journal in which that stands. `words` are those of its values, each once, a space before each.
    """

    what = models.CharField(max_length=8)
    type = models.CharField(max_length=40)
    owes = models.CharField(max_length=40)
    period = models.CharField(max_length=20, default="", blank=True)
    event_at = models.CharField(max_length=40, default="", blank=True)
    party = models.CharField(max_length=40)
    office = models.CharField(max_length=60, default="", blank=True)
    number = models.BigIntegerField()
    state = models.CharField(max_length=12, default="value")
    versions = models.IntegerField(default=1)
    channel = models.CharField(max_length=12, default="", blank=True)
    at = models.BigIntegerField()
    block = models.CharField(max_length=40)
    words = models.TextField(default="", blank=True)

    class Meta(Projection.Meta):
        abstract = False
        # rows are large: which of a run come first, and which were withdrawn, is read from the index alone
        indexes = (models.Index(fields=("block", "at", "key", "journal", "state"), name="listed_run"),)


class Block(Projection):
    """A run of a journal: between which moments (microseconds UTC) its reports were written, how many, which words.

    `mark` says which words cannot be in it (rules.words). It is of one journal, and tells its readers alone.
    """

    since = models.BigIntegerField()
    until = models.BigIntegerField()
    count = models.IntegerField()
    mark = models.TextField()

    class Meta(Projection.Meta):
        abstract = False
        # marks are large: which runs there are is read from the index alone
        indexes = (models.Index(fields=("journal", "until", "since", "count", "key"), name="block_known"),)


class Draft(Paper):
    """A report begun and not yet sent; it outlives the session. `content` is the form as typed.

    `owes` is the party whose duty it would fill: the center begins reports for several.
    """

    account = models.ForeignKey(Account, models.CASCADE)
    type = models.CharField(max_length=40)
    owes = models.CharField(max_length=40, default="", blank=True)
    period = models.CharField(max_length=20, default="", blank=True)
    content = models.JSONField(default=dict)
    saved_at = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("account", "type", "owes", "period"), name="one_draft"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.period}"


class Quarantined(Paper):
    """A file that was refused, kept with the reason. `faults` is a list of what was wrong, by row and column.

    Its name stands in addresses: a number would count the files of other accounts.
    """

    id = models.CharField(primary_key=True, max_length=32)
    account = models.ForeignKey(Account, models.CASCADE)
    type = models.CharField(max_length=40)
    filename = models.CharField(max_length=200)
    data = models.BinaryField()
    reason = models.TextField()
    faults = models.JSONField(default=list)
    at = models.BigIntegerField()

    def __str__(self) -> str:
        return self.filename

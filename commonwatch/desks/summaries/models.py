"""What the summaries desk reads from: what came (of the exchange and of traffic), what was released, and its drafts."""

from typing import Any

import msgspec
from django.db import models

from commonwatch.register.models import Paper, Projection


class Matter(Projection):
    """One thing that may stand in a summary, as it stands now. Instants are microseconds UTC.

    `what` is "report", "release", "question" or "relay". `hash` (hex) and `entry` are those of its owner's last entry.
    `state` is "value", "nil" or "withdrawn", for questions "open" or "closed". `to` names who was asked or who is to
    acknowledge (comma-separated), `due` until when.
    """

    what = models.CharField(max_length=12)
    type = models.CharField(max_length=40, default="", blank=True)
    owes = models.CharField(max_length=40, default="", blank=True)
    period = models.CharField(max_length=20, default="", blank=True)
    event_at = models.CharField(max_length=40, default="", blank=True)
    party = models.CharField(max_length=40)
    version = models.IntegerField(default=1)
    state = models.CharField(max_length=12, default="value")
    values_json = models.TextField(default="{}", blank=True)
    to = models.CharField(max_length=2000, default="", blank=True)
    due = models.BigIntegerField(default=0)
    first_at = models.BigIntegerField()
    last_at = models.BigIntegerField()
    entry = models.CharField(max_length=36)
    hash = models.CharField(max_length=64)

    class Meta(Projection.Meta):
        abstract = False
        indexes = (models.Index(fields=("journal", "last_at"), name="matter_stream"),)

    @property
    def values(self) -> dict[str, Any]:
        """What it says: the values of the last version, or the words of a question or relay."""
        return msgspec.json.decode(self.values_json, type=dict[str, Any])


class Rejoinder(Projection):
    """What another party, or who asked, added to a question or relay: an answer, a refusal, an acknowledgement, a call.

    `how` is "answered", "refused", "acknowledged" or "called"; `outcome` and `text` as they were given.
    """

    subject = models.CharField(max_length=200, db_index=True)
    party = models.CharField(max_length=40)
    how = models.CharField(max_length=12)
    outcome = models.CharField(max_length=20, default="", blank=True)
    text = models.TextField(default="", blank=True)
    at = models.BigIntegerField()

    class Meta(Projection.Meta):
        abstract = False


class Met(Projection):
    """How one writer stands with one duty: `reports_json` maps its reports' numbers to state and since when."""

    type = models.CharField(max_length=40)
    owes = models.CharField(max_length=40)
    period = models.CharField(max_length=20, db_index=True)
    reports_json = models.TextField()
    corrected = models.BooleanField(default=False)

    class Meta(Projection.Meta):
        abstract = False


class Freed(Projection):
    """A party free from a duty: half-open, microseconds UTC."""

    type = models.CharField(max_length=40)
    party = models.CharField(max_length=40)
    since = models.BigIntegerField()
    until = models.BigIntegerField(null=True)

    class Meta(Projection.Meta):
        abstract = False


class Summary(Projection):
    """One summary as it stands now. Instants are microseconds UTC; `state` is "stands" or "withdrawn".

    `hash` (hex) is that of its first entry, by which annexes cite it; `last_hash` that of the last version.
    `version_at` is when the last version was released.
    """

    form = models.CharField(max_length=12)
    day = models.CharField(max_length=10)
    count = models.IntegerField(default=1)
    title = models.CharField(max_length=200)
    party = models.CharField(max_length=40)
    state = models.CharField(max_length=12, default="stands")
    version = models.IntegerField(default=1)
    since = models.BigIntegerField()
    until = models.BigIntegerField()
    due = models.BigIntegerField()
    next_at = models.BigIntegerField(default=0)
    annex_of = models.CharField(max_length=64, default="", blank=True)
    ground = models.TextField(default="", blank=True)
    instead = models.BooleanField(default=False)
    released_at = models.BigIntegerField()
    version_at = models.BigIntegerField()
    entry = models.CharField(max_length=36)
    last_entry = models.CharField(max_length=36)
    hash = models.CharField(max_length=64)
    last_hash = models.CharField(max_length=64)

    class Meta(Projection.Meta):
        abstract = False
        indexes = (models.Index(fields=("journal", "version_at"), name="summary_stream"),)


class SummaryReceipt(Projection):
    """That a recipient took note of a version, itself or told by telephone, or that it was called about it."""

    subject = models.CharField(max_length=200, db_index=True)
    party = models.CharField(max_length=40)
    version = models.IntegerField(default=1)
    how = models.CharField(max_length=12)
    outcome = models.CharField(max_length=20, default="", blank=True)
    note = models.TextField(default="", blank=True)
    office = models.CharField(max_length=60)
    at = models.BigIntegerField()

    class Meta(Projection.Meta):
        abstract = False


class Draft(Paper):
    """A summary that a party is working on: one for all its officers. `content` is what was chosen and written.

    `revises` is the subject of the summary of which it is to be the next version. `version` counts how often it was
    saved: who saves over another's version is refused. `account_party` is whose it is; `saved_by` an account.
    """

    id = models.CharField(primary_key=True, max_length=32)
    account_party = models.CharField(max_length=40)
    mode = models.CharField(max_length=10, default="real")
    form = models.CharField(max_length=12)
    revises = models.CharField(max_length=200, default="", blank=True)
    content = models.JSONField(default=dict)
    version = models.IntegerField(default=1)
    saved_at = models.BigIntegerField()
    saved_by = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("account_party", "mode", "form", "revises"), name="one_draft_a_party"
            ),
        )

    def __str__(self) -> str:
        return f"{self.form} {self.revises}"

"""What the traffic desk reads from: questions, answers, relays, and what it has heard of reports."""

from django.db import models

from commonwatch.register.models import Projection


class Question(Projection):
    """A question as it stands. Instants are microseconds UTC.

    `party` asks and `to` is asked; `wants` is "answer", "confirmation" or "release". `state` is "open", "satisfied",
    "withdrawn" or "readers-changed"; `ground` says why it was withdrawn.
    """

    party = models.CharField(max_length=40, db_index=True)
    office = models.CharField(max_length=60)
    to = models.CharField(max_length=40, db_index=True)
    text = models.TextField()
    due = models.BigIntegerField()
    urgency = models.CharField(max_length=10, default="routine")
    wants = models.CharField(max_length=20, default="answer")
    report = models.CharField(max_length=200, default="", blank=True, db_index=True)
    part = models.CharField(max_length=60, default="", blank=True)
    type = models.CharField(max_length=40, default="", blank=True)
    owes = models.CharField(max_length=40, default="", blank=True)
    period = models.CharField(max_length=20, default="", blank=True)
    asked_at = models.BigIntegerField()
    state = models.CharField(max_length=20, default="open")
    ground = models.TextField(default="", blank=True)
    closed_at = models.BigIntegerField(null=True)
    entry = models.CharField(max_length=36)

    class Meta(Projection.Meta):
        abstract = False
        indexes = (
            models.Index(fields=("type", "owes", "period"), name="question_duty"),
            models.Index(fields=("state", "due"), name="question_open"),
        )


class Answer(Projection):
    """One answer or refusal of the party asked; several where it supplements. `at` is microseconds UTC.

    `refused` says that `text` is the reason for not answering.
    """

    question = models.CharField(max_length=200, db_index=True)
    party = models.CharField(max_length=40)
    office = models.CharField(max_length=60)
    account = models.CharField(max_length=60)
    text = models.TextField()
    outcome = models.CharField(max_length=20, default="", blank=True)
    report = models.CharField(max_length=200, default="", blank=True)
    refused = models.BooleanField(default=False)
    supplement = models.BooleanField(default=False)
    at = models.BigIntegerField()
    entry = models.CharField(max_length=36)

    class Meta(Projection.Meta):
        abstract = False


class Relay(Projection):
    """A relay of an urgent notice. Instants are microseconds UTC; `recipients` comma-separated."""

    party = models.CharField(max_length=40)
    office = models.CharField(max_length=60)
    notice = models.CharField(max_length=200, db_index=True)
    type = models.CharField(max_length=40)
    owes = models.CharField(max_length=40)
    recipients = models.CharField(max_length=2000)
    due = models.BigIntegerField()
    version = models.IntegerField(default=1)
    remark = models.TextField(default="", blank=True)
    relayed_at = models.BigIntegerField(db_index=True)
    entry = models.CharField(max_length=36)

    class Meta(Projection.Meta):
        abstract = False

    @property
    def parties(self) -> list[str]:
        """The recipients."""
        return self.recipients.split(",") if self.recipients else []


class Acknowledgement(Projection):
    """That a recipient has taken note of a relay: the first time it said so. `at` is microseconds UTC."""

    relay = models.CharField(max_length=200, db_index=True)
    party = models.CharField(max_length=40)
    office = models.CharField(max_length=60)
    account = models.CharField(max_length=60)
    version = models.IntegerField(default=1)
    at = models.BigIntegerField()
    entry = models.CharField(max_length=36)

    class Meta(Projection.Meta):
        abstract = False


class Call(Projection):
    """A telephone call to a recipient that had not acknowledged. `at` is microseconds UTC."""

    relay = models.CharField(max_length=200, db_index=True)
    writer = models.CharField(max_length=40)
    office = models.CharField(max_length=60)
    party = models.CharField(max_length=40)
    outcome = models.CharField(max_length=20)
    note = models.TextField(default="", blank=True)
    at = models.BigIntegerField()
    entry = models.CharField(max_length=36)

    class Meta(Projection.Meta):
        abstract = False


class Reported(Projection):
    """What this desk has heard of a report or a release: how it stands and when, and nothing of what it says.

    `state` is "value", "nil" or "withdrawn". `event_at` and `happened_at` are RFC 3339; the other instants are
    microseconds UTC. `hashes` holds those of its entries, comma-separated, and `of` the one that a release is of.
    """

    type = models.CharField(max_length=40)
    owes = models.CharField(max_length=40)
    period = models.CharField(max_length=20, default="", blank=True)
    event_at = models.CharField(max_length=40, default="", blank=True)
    happened_at = models.CharField(max_length=40, default="", blank=True)
    party = models.CharField(max_length=40)
    state = models.CharField(max_length=12, default="value")
    versions = models.IntegerField(default=1)
    imported = models.BooleanField(default=False)
    release = models.BooleanField(default=False)
    of = models.CharField(max_length=64, default="", blank=True, db_index=True)
    hashes = models.TextField(default="", blank=True)
    first_at = models.BigIntegerField()
    last_at = models.BigIntegerField()
    last_entry = models.CharField(max_length=36)

    class Meta(Projection.Meta):
        abstract = False
        indexes = (models.Index(fields=("type", "last_at"), name="reported_type"),)

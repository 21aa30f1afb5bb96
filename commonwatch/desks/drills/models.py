"""What the drills read from: projections of their facts, and of the reports that are sent in the exercise."""

import msgspec
from django.db import models

from commonwatch.desks.drills.facts import Scored
from commonwatch.register.models import Projection


class Plan(Projection):
    """A drill as it was planned, the Center's own. `posts` comma-separated, `faults_json` pairs of post and fault.

    `state` is "planned", "started" or "cancelled"; `call` is then the subject of its call. `result` is the hash of the
    entry that holds the result, once the score was kept. Instants are microseconds UTC.
    """

    drill = models.CharField(max_length=40)
    posts = models.CharField(max_length=2000)
    starts = models.BigIntegerField()
    faults_json = models.TextField(default="[]")
    seed = models.CharField(max_length=64, default="", blank=True)
    state = models.CharField(max_length=12, default="planned")
    call = models.CharField(max_length=200, default="", blank=True, db_index=True)
    party = models.CharField(max_length=40)
    office = models.CharField(max_length=60)
    planned_at = models.BigIntegerField()
    result = models.CharField(max_length=64, default="", blank=True)

    class Meta(Projection.Meta):
        abstract = False

    @property
    def faults(self) -> dict[str, str]:
        """The fault that each post plays."""
        return dict(msgspec.json.decode(self.faults_json, type=list[tuple[str, str]]))


class Call(Projection):
    """A call of the posts. `messages_json` holds pairs of type and minutes; instants are microseconds UTC."""

    drill = models.CharField(max_length=40)
    posts = models.CharField(max_length=2000)
    acknowledge = models.IntegerField()
    messages_json = models.TextField(default="[]")
    party = models.CharField(max_length=40)
    started_at = models.BigIntegerField()
    ended_at = models.BigIntegerField(null=True)

    class Meta(Projection.Meta):
        abstract = False
        indexes = (models.Index(fields=("journal", "started_at"), name="drill_calls"),)

    @property
    def codes(self) -> tuple[str, ...]:
        """The posts that are called."""
        return tuple(self.posts.split(",")) if self.posts else ()

    @property
    def messages(self) -> list[tuple[str, int]]:
        """The test messages: type and minutes."""
        return msgspec.json.decode(self.messages_json, type=list[tuple[str, int]])


class Answer(Projection):
    """A post's acknowledgement of a call, by itself or written down by the Center; the first of each stands."""

    call = models.CharField(max_length=200, db_index=True)
    post = models.CharField(max_length=40)
    by_telephone = models.BooleanField(default=False)
    at = models.BigIntegerField()

    class Meta(Projection.Meta):
        abstract = False


class Part(Projection):
    """The fault that a post plays in a drill; the row is in reach of that post and of the Center."""

    call = models.CharField(max_length=200, db_index=True)
    post = models.CharField(max_length=40)
    fault = models.CharField(max_length=20)

    class Meta(Projection.Meta):
        abstract = False


class Found(Projection):
    """A fault that the Center has found; the first find stands."""

    call = models.CharField(max_length=200, db_index=True)
    post = models.CharField(max_length=40)
    fault = models.CharField(max_length=20)
    at = models.BigIntegerField()

    class Meta(Projection.Meta):
        abstract = False


class Played(Projection):
    """A report sent in the exercise: whose duty, which type, when it came, how often it was corrected."""

    type = models.CharField(max_length=40, default="", blank=True)
    owes = models.CharField(max_length=40, default="", blank=True)
    at = models.BigIntegerField(default=0)
    by_telephone = models.BooleanField(default=False)
    corrections = models.IntegerField(default=0)
    withdrawn = models.BooleanField(default=False)

    class Meta(Projection.Meta):
        abstract = False
        indexes = (models.Index(fields=("owes", "at"), name="drill_played"),)


class Kept(Projection):
    """The score of a drill in the real record. `of` is the hash (hex) of the exercise's entry with the result."""

    of = models.CharField(max_length=64)
    drill = models.CharField(max_length=40)
    started_at = models.BigIntegerField()
    ended_at = models.BigIntegerField()
    early = models.BooleanField(default=False)
    posts_json = models.TextField(default="[]")
    party = models.CharField(max_length=40)
    office = models.CharField(max_length=60)
    kept_at = models.BigIntegerField()

    class Meta(Projection.Meta):
        abstract = False

    @property
    def posts(self) -> tuple[Scored, ...]:
        """The posts with their times."""
        return msgspec.json.decode(self.posts_json, type=tuple[Scored, ...])

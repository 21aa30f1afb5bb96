"""What the shifts desk reads from: projections of its facts, and when each report of the exchange was last sent."""

import msgspec
from django.db import models

from commonwatch.desks.shifts.facts import HandoverSigned, Item
from commonwatch.register.models import Projection


class Turn(Projection):
    """A shift of one officer on the roster. Instants are microseconds UTC; `before` is who had it before a swap."""

    party = models.CharField(max_length=40)
    account = models.CharField(max_length=60)
    shift = models.CharField(max_length=40)
    date = models.CharField(max_length=10)
    starts = models.BigIntegerField()
    until = models.BigIntegerField()
    note = models.TextField(default="", blank=True)
    before = models.CharField(max_length=60, default="", blank=True)
    reason = models.TextField(default="", blank=True)
    cancelled = models.BooleanField(default=False)
    planned_by = models.CharField(max_length=60)
    last_at = models.BigIntegerField()

    class Meta(Projection.Meta):
        abstract = False
        indexes = (models.Index(fields=("party", "until"), name="turn_until"),)


class Watch(Projection):
    """That somebody took the watch, at `at`. Who took it last has it. Instants are microseconds UTC."""

    party = models.CharField(max_length=40)
    account = models.CharField(max_length=60)
    office = models.CharField(max_length=60)
    shift = models.CharField(max_length=40)
    starts = models.BigIntegerField()
    until = models.BigIntegerField()
    how = models.CharField(max_length=20)
    before = models.CharField(max_length=60, default="", blank=True)
    reason = models.TextField(default="", blank=True)
    handover = models.CharField(max_length=64, default="", blank=True)
    at = models.BigIntegerField()
    place = models.BigIntegerField()

    class Meta(Projection.Meta):
        abstract = False
        indexes = (models.Index(fields=("party", "at"), name="watch_at"),)


class Line(Projection):
    """One line of the shift log: written, or a call to a post. `cites` holds what it speaks of, between line ends.

    Of a call `called` is the party, `outcome` what came of it, `promised_at` by when something was promised
    (microseconds UTC). `struck_by` is the line that strikes it.
    """

    party = models.CharField(max_length=40)
    account = models.CharField(max_length=60)
    office = models.CharField(max_length=60)
    sort = models.CharField(max_length=12)
    text = models.TextField(default="", blank=True)
    cites = models.TextField(default="", blank=True)
    called = models.CharField(max_length=40, default="", blank=True)
    outcome = models.CharField(max_length=20, default="", blank=True)
    promised_at = models.BigIntegerField(null=True)
    strikes = models.CharField(max_length=240, default="", blank=True)
    struck_by = models.CharField(max_length=240, default="", blank=True)
    struck_at = models.BigIntegerField(null=True)
    at = models.BigIntegerField()
    place = models.BigIntegerField()
    entry = models.CharField(max_length=36)

    class Meta(Projection.Meta):
        abstract = False
        indexes = (
            models.Index(fields=("party", "at"), name="line_at"),
            models.Index(fields=("called", "at"), condition=~models.Q(called=""), name="line_called"),
        )

    @property
    def about(self) -> list[str]:
        """The keys of what it speaks of."""
        return self.cites.split()


class Handover(Projection):
    """A hand-over: "signed" by the outgoing officer, then "accepted", "refused", "withdrawn" or "overtaken".

    `body_json` is what was signed, `since_json` what came between the signatures. Instants are microseconds UTC.
    """

    party = models.CharField(max_length=40)
    watch = models.CharField(max_length=240)
    account = models.CharField(max_length=60)
    office = models.CharField(max_length=60)
    shift = models.CharField(max_length=40)
    due_at = models.BigIntegerField()
    signed_at = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    body_json = models.TextField()
    state = models.CharField(max_length=12, default="signed")
    other_account = models.CharField(max_length=60, default="", blank=True)
    other_office = models.CharField(max_length=60, default="", blank=True)
    accepted_digest = models.CharField(max_length=64, default="", blank=True)
    since_json = models.TextField(default="[]")
    ended_at = models.BigIntegerField(null=True)
    reason = models.TextField(default="", blank=True)
    entry = models.CharField(max_length=36)
    last_entry = models.CharField(max_length=36)

    class Meta(Projection.Meta):
        abstract = False
        indexes = (models.Index(fields=("party", "signed_at"), name="handover_at"),)

    @property
    def body(self) -> HandoverSigned:
        """What was signed."""
        return msgspec.json.decode(self.body_json, type=HandoverSigned)

    @property
    def since(self) -> tuple[Item, ...]:
        """What came between the two signatures."""
        return msgspec.json.decode(self.since_json, type=tuple[Item, ...])


class Sent(Projection):
    """When a report of the exchange was last sent, and the entry that holds it: the pack says which type is a card.

    What it says stays in that entry; only a card's is ever opened. `at` is in microseconds UTC.
    """

    type = models.CharField(max_length=40)
    owes = models.CharField(max_length=40)
    party = models.CharField(max_length=40)
    withdrawn = models.BooleanField(default=False)
    at = models.BigIntegerField()
    last_entry = models.CharField(max_length=36)

    class Meta(Projection.Meta):
        abstract = False
        indexes = (models.Index(fields=("type", "owes", "at"), name="sent_type"),)

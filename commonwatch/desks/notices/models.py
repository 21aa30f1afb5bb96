"""Papers of the notices desk: by which ways people are told, and what became of every step. None is ever federated."""

from typing import Final

from django.db import models

from commonwatch.access.models import Account
from commonwatch.desks.notices.rules import Quiet
from commonwatch.register.models import Paper

PLANNED: Final = "planned"
HELD: Final = "held"
SENDING: Final = "sending"
SENT: Final = "sent"
REFUSED: Final = "refused"
UNSURE: Final = "unsure"
OVERTAKEN: Final = "overtaken"
MET: Final = "met"
OPEN: Final = (PLANNED, HELD)


class Way(Paper):
    """How one account is told by mail. A message goes to `address` once it was verified.

    `wanted` is an address whose code (`code`, its SHA-256, until `code_until`) was not given yet. `stopped` is why
    the mail server took nothing for the address: nothing is sent until it is verified anew. Quiet hours are minutes of
    the local day in `zone`, `quiet_days` the days on which they begin ("0123456", Monday 0). `unwanted` lists kinds
    (comma-separated); until the day `paused_until` (ISO) nothing is sent. Microseconds UTC.
    """

    account = models.OneToOneField(Account, models.CASCADE, primary_key=True)
    address = models.CharField(max_length=254, default="", blank=True)
    verified_at = models.BigIntegerField(null=True)
    wanted = models.CharField(max_length=254, default="", blank=True)
    code = models.CharField(max_length=64, default="", blank=True)
    code_until = models.BigIntegerField(default=0)
    language = models.CharField(max_length=10, default="en")
    quiet_since = models.IntegerField(null=True)
    quiet_until = models.IntegerField(null=True)
    zone = models.CharField(max_length=60, default="UTC")
    quiet_days = models.CharField(max_length=7, default="", blank=True)
    unwanted = models.CharField(max_length=200, default="", blank=True)
    paused_until = models.CharField(max_length=10, default="", blank=True)
    stopped = models.CharField(max_length=300, default="", blank=True)

    def __str__(self) -> str:
        return f"mail/{self.account_id}"

    @property
    def quiet(self) -> Quiet | None:
        """The quiet hours; None when there are none."""
        if self.quiet_since is None or self.quiet_until is None:
            return None
        days = frozenset(int(each) for each in self.quiet_days)
        return Quiet(self.quiet_since, self.quiet_until, self.zone, days)

    @property
    def muted(self) -> frozenset[str]:
        """The kinds of which nothing is sent."""
        return frozenset(filter(None, self.unwanted.split(",")))

    @property
    def works(self) -> bool:
        """Say whether messages go this way, but for a pause."""
        return bool(self.address) and self.verified_at is not None and not self.stopped


class Webhook(Paper):
    """Where a party's own system is told: an address, and the secret that signs (encrypted). One for a party.

    `account` is who set it last. `stopped` is why nothing more is sent until it was tried with success again.
    """

    account_party = models.CharField(max_length=40, primary_key=True)
    account = models.ForeignKey(Account, models.CASCADE)
    url = models.CharField(max_length=500)
    secret = models.TextField()
    set_at = models.BigIntegerField()
    tried_at = models.BigIntegerField(null=True)
    stopped = models.CharField(max_length=300, default="", blank=True)

    def __str__(self) -> str:
        return f"webhook/{self.account_party}"


class Told(Paper):
    """What became of one step of the ladder for one receiver and one thing; written before anything is sent.

    `account` is a handle, or `@PARTY` for its webhook. `thing` is a hash of what waits: neither its name nor its
    address stands here. `level` and `categories` say who of the party may know of the row: the least clearance with
    which the thing is seen to wait. `step_at` is when the step came; `message` names the message that carried it;
    `run` is the worker's run that sent it. Microseconds UTC.
    """

    id = models.CharField(primary_key=True, max_length=32, editable=False)
    way = models.CharField(max_length=10)
    account = models.CharField(max_length=60)
    account_party = models.CharField(max_length=40)
    office = models.CharField(max_length=60)
    mode = models.CharField(max_length=10)
    kind = models.CharField(max_length=20)
    thing = models.CharField(max_length=64)
    step = models.CharField(max_length=60)
    step_at = models.BigIntegerField()
    urgent = models.BooleanField(default=False)
    level = models.CharField(max_length=40)
    categories = models.CharField(max_length=500, default="", blank=True)
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=300, default="", blank=True)
    tries = models.IntegerField(default=0)
    next_at = models.BigIntegerField(default=0)
    at = models.BigIntegerField()
    message = models.CharField(max_length=40, default="", blank=True)
    run = models.CharField(max_length=32, default="", blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("way", "account", "mode", "thing", "step"), name="told_once"),
        )
        indexes = (
            models.Index(fields=("account_party", "mode", "at"), name="told_in_party"),
            models.Index(fields=("account", "state"), name="told_open"),
        )

    def __str__(self) -> str:
        return f"{self.way}/{self.account}/{self.kind}/{self.step}"

"""Accounts and what opens them (papers of this node); offices held and proposals for two persons (from entries)."""

from typing import Any, ClassVar

import msgspec
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from commonwatch.access.passwords import one_form
from commonwatch.register import node
from commonwatch.register.models import Paper, Projection


def paper_key() -> str:
    """Return a name for a paper that is shown in an address: it can be neither guessed nor counted."""
    return node.current().random(16).hex()


def shown_name(kind: str, of: str) -> str:
    """Return what stands in an address in place of a number that a library counts over all accounts.

    `of` is something of the row's own that no other row of the account has.
    """
    return salted_hmac(f"commonwatch.{kind}", of, algorithm="sha256").hexdigest()[:32]


class AccountManager(BaseUserManager["Account"]):
    """How accounts are made and found."""

    def create_account(self, *, handle: str, party: str, password: str | None) -> "Account":
        """Make an account; without a password nobody can sign in to it by one."""
        account = self.model(handle=handle, party=party)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser, Paper):
    """Somebody's way in. The handle names a chair (`by-na-1`), never a private person.

    An account belongs to one party for good; what it may do there are the offices that it holds at the time. `language`
    is the one that somebody chose for their pages, empty while nobody did.
    """

    handle = models.CharField(max_length=60, unique=True)
    party = models.CharField(max_length=40)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, default="", blank=True)

    objects = AccountManager()

    USERNAME_FIELD = "handle"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["party"]

    def __str__(self) -> str:
        return self.handle

    def set_password(self, raw_password: str | None) -> None:
        """Set the password in the one form in which passwords are hashed."""
        super().set_password(None if raw_password is None else one_form(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Say whether it is the password, whichever form the keyboard gave it."""
        return super().check_password(None if raw_password is None else one_form(raw_password))


class Invitation(Paper):
    """A code, shown once, by which somebody opens an account or sets a lost password and second factor anew.

    Only the SHA-256 of the code is kept. `renews` says that the account is there already. Microseconds UTC.
    """

    id = models.CharField(primary_key=True, max_length=32)
    handle = models.CharField(max_length=60)
    party = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, unique=True)
    renews = models.BooleanField(default=False)
    made_by = models.CharField(max_length=60)
    made_at = models.BigIntegerField()
    expires_at = models.BigIntegerField()
    used_at = models.BigIntegerField(null=True)
    revoked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.handle


class Token(Paper):
    """A key for programs: only its SHA-256 is kept. `client` names the program in the entries that it writes.

    It speaks for one office held (`seat`), with the mandates named in `scope` (comma-separated) and no others, until it
    expires (microseconds UTC) or the office ends. `last_used_at` is exact to the minute.
    """

    id = models.CharField(primary_key=True, max_length=32)
    account = models.ForeignKey(Account, models.CASCADE)
    client = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    seat = models.CharField(max_length=240)
    scope = models.TextField()
    made_at = models.BigIntegerField()
    expires_at = models.BigIntegerField()
    last_used_at = models.BigIntegerField(null=True)
    revoked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.account_id}:{self.client}"

    @property
    def mandates(self) -> frozenset[str]:
        """The mandates to which it is limited."""
        return frozenset(filter(None, self.scope.split(",")))


class Opened(Paper):
    """One line of the log of reading: who opened what, when, in which office. Kept for what is not public.

    `owner` is the party whose entry it is, `journal` the number of its journal here: a line is shown to those alone who
    may read that. `party` is the reader's. `subject` is what was opened, `detail` what a person
    knows it by ("D1 2026-09-14") or which part it was. `how` is one of `logs.HOW`. `salt` (hex) keeps a line's hash
    from being guessed. Microseconds UTC.
    """

    at = models.BigIntegerField()
    owner = models.CharField(max_length=40)
    party = models.CharField(max_length=40)
    account = models.CharField(max_length=60)
    office = models.CharField(max_length=60)
    client = models.CharField(max_length=60, default="", blank=True)
    subject = models.CharField(max_length=300)
    detail = models.CharField(max_length=120, default="", blank=True)
    version = models.IntegerField(default=1)
    how = models.CharField(max_length=12)
    mode = models.CharField(max_length=10)
    journal = models.BigIntegerField()
    salt = models.CharField(max_length=32)

    class Meta:
        indexes = (
            models.Index(fields=("owner", "at"), name="opened_of"),
            models.Index(fields=("account", "at"), name="opened_by"),
            models.Index(fields=("party", "at"), name="opened_from"),
        )

    def __str__(self) -> str:
        return f"{self.account} {self.subject}"


class Event(Paper):
    """One line of the security log: what was tried or changed about ways in, and by whom.

    `party` is the party whose matter it is, empty for what belongs to nobody (an unknown handle); `detail` holds codes.
    """

    at = models.BigIntegerField()
    party = models.CharField(max_length=40, default="", blank=True)
    account = models.CharField(max_length=60, default="", blank=True)
    kind = models.CharField(max_length=60)
    detail = models.TextField(default="{}")
    salt = models.CharField(max_length=32)

    class Meta:
        indexes = (models.Index(fields=("party", "at"), name="event_of"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.account}"


class Tally(Paper):
    """How often something was tried since its count began. `key` is a hash; `resets_at` in microseconds UTC."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.IntegerField()
    resets_at = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return self.key


class Remembered(Paper):
    """The memory that processes share, of codes already used: the table of Django's database cache."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "access_remembered"

    def __str__(self) -> str:
        return self.cache_key


class Seat(Projection):
    """An office held by an account for a period (microseconds UTC, half-open). `key` is `seat/PARTY/id`."""

    account = models.CharField(max_length=60, db_index=True)
    party = models.CharField(max_length=40)
    office = models.CharField(max_length=60)
    manner = models.CharField(max_length=10, default="holder")
    since = models.BigIntegerField()
    until = models.BigIntegerField(null=True)
    given_at = models.BigIntegerField()
    given_by = models.CharField(max_length=60)
    end_ground = models.TextField(default="", blank=True)

    class Meta(Projection.Meta):
        abstract = False

    def in_force(self, now: int) -> bool:
        """Say whether it is held at `now` (microseconds UTC)."""
        return self.since <= now and (self.until is None or now < self.until)


class Proposal(Projection):
    """An act that waits for a second person, or did. `state` is "open", "seconded", "withdrawn" or "declined"."""

    act = models.CharField(max_length=80)
    body_json = models.TextField(default="{}")
    digest = models.CharField(max_length=64)
    party = models.CharField(max_length=40)
    account = models.CharField(max_length=60)
    office = models.CharField(max_length=60)
    made_at = models.BigIntegerField()
    until = models.BigIntegerField()
    state = models.CharField(max_length=12, default="open")
    second_account = models.CharField(max_length=60, default="", blank=True)
    second_office = models.CharField(max_length=60, default="", blank=True)
    ended_at = models.BigIntegerField(null=True)
    ground = models.TextField(default="", blank=True)

    class Meta(Projection.Meta):
        abstract = False

    @property
    def body(self) -> dict[str, Any]:
        """What the act would do."""
        return msgspec.json.decode(self.body_json, type=dict[str, Any])


class Digest(Projection):
    """The root of a day's log, as it was written into the party's journal."""

    party = models.CharField(max_length=40)
    day = models.CharField(max_length=10)
    log = models.CharField(max_length=10)
    count = models.IntegerField()
    root = models.CharField(max_length=64)

    class Meta(Projection.Meta):
        abstract = False

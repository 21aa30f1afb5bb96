"""Accounts: a handle, a password, and the one office and party for which it acts."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from commonwatch.register.models import Paper


class AccountManager(BaseUserManager["Account"]):
    """How accounts are made and found."""

    def create_account(self, *, handle: str, party: str, office: str, password: str | None) -> "Account":
        """Make an account; without a password nobody can sign in to it by one."""
        account = self.model(handle=handle, party=party, office=office)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser, Paper):
    """Somebody's way in. The handle names an office's chair (`by-na-1`), never a private person."""

    handle = models.CharField(max_length=60, unique=True)
    party = models.CharField(max_length=40)
    office = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)

    objects = AccountManager()

    USERNAME_FIELD = "handle"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["party", "office"]

    def __str__(self) -> str:
        return self.handle


class Token(Paper):
    """A key for programs: only its SHA-256 is kept. `client` names the program in the entries that it writes."""

    account = models.ForeignKey(Account, models.CASCADE)
    client = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.BigIntegerField()
    revoked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.account_id}:{self.client}"

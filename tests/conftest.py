"""The house in which tests live: a node on a database of its own, with a clock and a generator turned by hand."""

import random
import shutil
import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client

from commonwatch.access.actor import Actor, act_for, operator
from commonwatch.access.acts import open_account
from commonwatch.access.models import Account
from commonwatch.charter import pack as charter_pack
from commonwatch.charter.label import Viewer
from commonwatch.config import place
from commonwatch.register import node as nodes
from commonwatch.register import rebuild, seal, verify
from commonwatch.register.models import Journal

hypothesis.settings.register_profile("house", deadline=None)  # speed is measured, never tested by the clock
hypothesis.settings.load_profile("house")

START = datetime(2026, 9, 14, 5, 0, tzinfo=UTC)
PACKS = Path(__file__).resolve().parents[1] / "organisations"


class Clock:
    """A clock that stands until it is moved. Instants are aware datetimes outside, microseconds inside."""

    def __init__(self, now=START):
        self.now = now

    def __call__(self):
        return int((self.now - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))

    def set(self, now):
        self.now = now

    def tick(self, **delta):
        self.now += timedelta(**delta)


class House:
    """One node, and the people in it."""

    def __init__(self, node, clock):
        self.node, self.clock = node, clock

    def officer(self, *mandates, party=None, clearance="H2", office="tester", account="tester", mode="real"):
        """Seat somebody with exactly these mandates."""
        party = party or self.node.party
        return Actor(
            viewer=Viewer(party=party, clearance=clearance),
            mode=mode,
            account=account,
            party=party,
            office=office,
            mandates=frozenset(mandates),
        )

    def sit(self, party, office, mode="real"):
        """Seat somebody in an office of the pack."""
        return act_for(party=party, office=office, account=f"{party.lower()}-{office}", mode=mode)

    def duty(self):
        return self.sit(self.node.pack.center, "duty")

    def lead(self):
        return self.sit(self.node.pack.center, "shift-lead")

    def na(self, party):
        return self.sit(party, "na-officer")

    def account(self, party, office, password=None):
        """Make an account for an office, or return it."""
        handle = f"{party.lower()}-{office}"
        found = Account.objects.filter(handle=handle).first()
        return found or open_account(by=operator(party), handle=handle, office=office, password=password)

    def client(self, party=None, office=None, **extra):
        """Return a browser without script, signed in when an office is named."""
        client = Client(**extra)
        if office:
            client.force_login(self.account(party, office))
            prove(client)
        return client

    def check(self):
        """Hold every journal and every table to what the entries say."""
        for row in Journal.objects.all():
            verify.verify_stored(row)
        seal.check_guard(self.node)
        assert rebuild.differing() == []


def prove(client):
    """Let a session have given its password and second factor just now."""
    session = client.session
    given = [{"method": "password", "at": time.time()}, {"method": "mfa", "type": "totp", "at": time.time()}]
    session["account_authentication_methods"] = given
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()


@pytest.fixture
def quick_hasher(settings):
    """For tests that sign in often: how slowly passwords are hashed is examined in tests/access/test_passwords.py."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def packs():
    """The shipped packs, read once."""
    return {
        name: charter_pack.load(PACKS / name)
        for name in ("csto", "ipcr")
        if (PACKS / name / "organisation.yaml").exists()
    }


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory, django_db_blocker):
    """An SQLite file with every table and no row."""
    path = tmp_path_factory.mktemp("empty") / "empty.sqlite3"
    with django_db_blocker.unblock(), database("default", path):
        call_command("migrate", verbosity=0)
        with connections["default"].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@contextmanager
def database(alias, path):
    """Let an alias stand for an SQLite file."""
    before = connections.settings.get(alias)
    connections.settings[alias] = connections.configure_settings({"default": place.sqlite(path)})["default"]
    connections.close_all()
    if hasattr(connections._connections, alias):
        delattr(connections._connections, alias)
    try:
        yield
    finally:
        connections[alias].close()
        delattr(connections._connections, alias)
        if before is None:
            del connections.settings[alias]
        else:
            connections.settings[alias] = before


@contextmanager
def lived_in(*, path, pack, party=None, alias="default", empty, hosted=None, seed=1):
    """Open a house on a copy of the empty database."""
    path.mkdir(parents=True, exist_ok=True)
    shutil.copy(empty, path / "house.sqlite3")
    clock, dice, mutex = Clock(), random.Random(seed), threading.Lock()

    def chance(count):
        with mutex:
            return dice.randbytes(count)

    parties = frozenset(each.code for each in pack.parties)
    party = party or pack.center
    node = nodes.Node(
        party=party,
        pack=pack,
        home=path,
        database=alias,
        clock=clock,
        random=chance,
        hosted=parties - {party} if hosted is None else frozenset(hosted),
    )
    with database(alias, path / "house.sqlite3"):
        yield House(node, clock)


@pytest.fixture
def house(tmp_path, packs, empty_database, django_db_blocker):
    """The Center's node, hosting every party. Leaving it rebuilds every table and verifies every journal."""
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        made = stack.enter_context(lived_in(path=tmp_path / "node", pack=packs["csto"], empty=empty_database))
        nodes.install(made.node)
        stack.callback(nodes.install, None)
        yield made
        with nodes.use(made.node):
            made.check()


@pytest.fixture
def shared():
    """The folder of real data beside the checkout."""
    return data_folder()


def data_folder():
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        message = "the folder of real data is not beside the checkout"
        if settings.IN_CI:
            pytest.fail(message)
        pytest.skip(message)
    return folder

"""One world: a node whose clock stands at the deed in hand and whose dice depend on that deed alone.

So identifiers, salts, roots and times of what a viewer may see do not shift because something hidden happened before.
A world is the only one of its process: what a process keeps in memory is kept for one world.
"""

import hmac
import shutil
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import NamedTuple

from django.core.cache import caches
from django.db import connections
from django.test import Client

from commonwatch.access.actor import operator
from commonwatch.access.acts import open_account
from commonwatch.access.models import Account
from commonwatch.access.tokens import new_token
from commonwatch.desks.exchange.intake import micros
from commonwatch.desks.exchange.models import Report
from commonwatch.register import node as nodes
from commonwatch.register.models import Journal
from tests.house.worlds.viewers import PARTY, VIEWERS, may_read

SEED = b"two worlds"
MONTH = "2026-09-"
ELSEWHERE = "192.0.2.7"


class Audience(NamedTuple):
    """The label of a journal, as it is stored."""

    party: str
    mode: str
    level: str
    categories: str
    parties: str
    slug: str

    def readable(self, viewer, pack):
        return may_read(
            viewer,
            pack=pack,
            party=self.party,
            level=self.level,
            categories=tuple(filter(None, self.categories.split(","))),
            parties=tuple(filter(None, self.parties.split(","))),
            mode=self.mode,
        )


class Dice:
    """Bytes that depend on the name of what is being done and on how many were asked for in it, on nothing else."""

    def __init__(self):
        self.name, self.count = "", 0

    def hold(self, name):
        self.name, self.count = name, 0

    def __call__(self, size):
        found = b""
        while len(found) < size:
            found += hmac.digest(SEED, f"{self.name}|{self.count}".encode(), "sha256")
            self.count += 1
        return found[:size]


class World:
    """A node, the people in it, and what their deeds have left (`made`, by the deed's name)."""

    def __init__(self, *, folder, pack, empty):
        folder.mkdir(parents=True)
        shutil.copy(empty, folder / "world.sqlite3")
        connections.databases["default"]["NAME"] = str(folder / "world.sqlite3")
        for cache in caches.all():
            cache.clear()
        self.now, self.dice = self.moment("2026-09-12 00:00"), Dice()
        self.made, self.written, self.browsers = {}, {}, {}
        center = pack.center
        self.node = nodes.Node(
            party=center,
            pack=pack,
            home=folder,
            clock=lambda: micros(self.now),
            random=self.dice,
            hosted=frozenset(each.code for each in pack.parties) - {center},
        )
        nodes.install(self.node)
        for party in pack.parties:
            with self.during(f"key of {party.code}", self.now):
                self.node.signer(party=party.code, origin="none")

    @staticmethod
    def moment(text):
        """Read a moment, UTC."""
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    @contextmanager
    def during(self, name, now):
        """Let the clock stand and the dice depend on one thing that is done."""
        self.now = now
        self.dice.hold(name)
        yield

    def do(self, deed, act):
        """Do a deed at its own moment, and keep what it left."""
        before = self._sizes()
        with self.during(deed.name, self.moment(MONTH + deed.at)):
            left = act(self)
        if isinstance(left, SimpleNamespace):
            self.made[deed.name] = left
        self.written[deed.name] = [each for each, size in self._sizes().items() if before.get(each) != size]

    @staticmethod
    def _sizes():
        """How long each journal is, by its label."""
        rows = Journal.objects.values_list("party", "mode", "level", "categories", "parties", "slug", "size")
        return {Audience(*row[:6]): row[6] for row in rows}

    def misjudged(self, viewer, deeds):
        """Deeds whose list of those who know is not what the labels of their entries say."""
        for deed in deeds:
            read = {each: each.readable(viewer, self.node.pack) for each in self.written[deed.name]}
            knows = viewer.name in deed.known
            if any(read.values()) and not knows:
                yield f"{deed.name}: {viewer.name} may read {[each for each in read if read[each]]}"
            if read and knows and not deed.foundation and not any(read.values()):
                yield f"{deed.name}: {viewer.name} may read nothing of {list(read)}"

    def row(self, key):
        """A report as it stands, whoever may read it."""
        return Report._base_manager.get(pk=key)

    def filled(self, text):
        """Put the names of things into an address."""
        return text.format_map(self.made) if "{" in text else text

    def account(self, party, office):
        """The account of an office, made when it is first needed; its key depends on its name alone."""
        handle = f"{party.lower()}-{office}"
        found = Account.objects.filter(handle=handle).first()
        return found or open_account(by=operator(party), handle=handle, office=office, password=None)

    def browser(self, party, office):
        """The browser of somebody else, signed in."""
        if (party, office) not in self.browsers:
            client = Client(REMOTE_ADDR=ELSEWHERE)
            self.sign_in(client, self.account(party, office))
            self.browsers[party, office] = client
        return self.browsers[party, office]

    @staticmethod
    def sign_in(client, account):
        """Let a browser have signed in with both factors, just now."""
        client.force_login(account)
        session = client.session
        given = [
            {"method": "password", "at": time.time()},
            {"method": "mfa", "type": "totp", "at": time.time()},
        ]
        session["account_authentication_methods"] = given
        session.save()

    def stranger(self):
        """A browser that nobody has signed in with."""
        return Client(REMOTE_ADDR=ELSEWHERE)

    def seat_viewers(self):
        """Give every viewer an account, before anything happens: so these are alike in both worlds."""
        for each in VIEWERS.values():
            if each.office:
                with self.during(f"account of {each.name}", self.now):
                    self.account(PARTY, each.office)

    def entrance(self, viewer):
        """The ways in which a viewer asks: without a session, by session, and by a program's key."""
        if not viewer.office:
            return {"public": Client(raise_request_exception=False)}
        account = self.account(PARTY, viewer.office)
        browser = Client(raise_request_exception=False)
        self.sign_in(browser, account)
        secret = new_token(account, client="post")
        program = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})
        return {"session": browser, "key": program}

"""One world: a node whose clock stands at the deed in hand and whose dice depend on that deed alone.

So identifiers, salts, roots and times of what a viewer may see do not shift because something hidden happened before.
A world is the only one of its process: what a process keeps in memory is kept for one world.
"""

import hmac
import os
import random
import shutil
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import NamedTuple

import jwt
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.db import connections
from django.test import Client

from commonwatch.access.actor import operator
from commonwatch.access.acts import open_account
from commonwatch.access.models import Account, Seat
from commonwatch.access.sessions import name_of
from commonwatch.access.tokens import new_token
from commonwatch.desks.exchange.intake import micros
from commonwatch.desks.exchange.models import Report
from commonwatch.desks.notices.models import Way
from commonwatch.federation import card, own
from commonwatch.journal import note, seal
from commonwatch.register import node as nodes
from commonwatch.register.models import Journal
from tests.house.worlds.viewers import PARTY, VIEWERS, may_read

SEED = b"two worlds"
MONTH = "2026-09-"
ELSEWHERE = "192.0.2.7"
SEALED = "AGE-SECRET-KEY-1YUH8L340HGV7LGCRHJ20CR0EYYVTW6MSMLG65TPFHQEA6ACYFTYSNQUCH4"
LONG = 30 * 24 * 3600


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
    """Bytes that depend on the name of what is being done and on how many were asked for in it, on nothing else.

    Thrown wherever chance is asked for: by the node, and by Python itself for sessions, tokens and codes.
    """

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


class Asking(Client):
    """The node of the viewers' party: each question bears a token of the moment at which it is put."""

    def __init__(self, world):
        super().__init__(raise_request_exception=False)
        self.world = world

    def request(self, **request):
        shown = Peer.token(self.world)
        return super().request(**request, HTTP_AUTHORIZATION=f"Node {shown}")


class Peer:
    """What the node of the viewers' party shows of itself; its keys are the same in every world."""

    @staticmethod
    def signer(pack, *, of=PARTY):
        return note.Signer(name=f"{pack.organisation}/{of}", seed=b"a node of the viewers' party ...")

    @staticmethod
    def token(world):
        """A token as that node makes it, for the moment at which the world stands."""
        at, now = world.node, int(world.now.timestamp())
        said = {"iss": PARTY, "aud": at.party, "iat": now, "exp": now + own.LASTS}
        return jwt.encode(said, Peer.signer(at.pack).private, algorithm=own.ALGORITHM)

    @staticmethod
    def card(pack):
        """Its card, and the fingerprint that is heard."""
        signer = Peer.signer(pack)
        witness = note.Signer(name=f"{signer.name}/witness", seed=bytes(32), algorithm=note.COSIGNATURE)
        given = card.Card(
            organisation=pack.organisation,
            party=PARTY,
            address="-",
            keys={PARTY: card.public(signer)},
            witness=witness.vkey,
            sealed=seal.recipient_of(SEALED),
        )
        return note.sign(given.text(), [signer]), given.fingerprint


class World:
    """A node, the people in it, and what their deeds have left (`made`, by the deed's name)."""

    def __init__(self, *, folder, pack, empty):
        folder.mkdir(parents=True)
        shutil.copy(empty, folder / "world.sqlite3")
        place = connections.databases["default"]
        place["NAME"] = str(folder / "world.sqlite3")
        place["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"  # nothing of it outlives the test
        self.now, self.dice = self.moment("2026-09-12 00:00"), Dice()
        os.urandom = random._urandom = self.dice
        time.time = self._time
        self.made, self.written, self.browsers = {}, {}, {}
        center = pack.center
        # A key of this kind is made by a library with dice of its own, so both worlds are given one and the same.
        (folder / "keys").mkdir(parents=True, exist_ok=True)
        (folder / "keys" / f"{center}.age").write_text(SEALED)
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
        with self.during("key of the witness", self.now):
            self.node.secret(f"{center}.witness.seed")

    @staticmethod
    def moment(text):
        """Read a moment, UTC."""
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    def _time(self):
        return self.now.timestamp()

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

    def sign_in(self, client, account):
        """Let a browser have signed in with both factors; when, is told by this world's clock."""
        client.force_login(account)
        session = client.session
        at = time.time() + LONG
        given = [{"method": "password", "at": at}, {"method": "mfa", "type": "totp", "at": at}]
        session["account_authentication_methods"] = given
        session["account_authentication_methods_user"] = str(account.pk)
        session.save()
        Account.objects.filter(pk=account.pk).update(last_login=self.now)
        seen = {
            "user": account,
            "ip": ELSEWHERE,
            "user_agent": "a browser",
            "session_key": session.session_key,
        }
        begun = UserSession.objects.create(**seen)
        UserSession.objects.filter(pk=begun.pk).update(created_at=self.now, last_seen_at=self.now)

    def stranger(self):
        """A browser that nobody has signed in with."""
        return Client(REMOTE_ADDR=ELSEWHERE)

    def seat_viewers(self, at):
        """Give every viewer an account, and a second factor; some of what is hidden has happened by then."""
        self.now = self.moment(at)
        for each in VIEWERS.values():
            if each.office:
                with self.during(f"account of {each.name}", self.now):
                    account = self.account(PARTY, each.office)
                    TOTP.activate(account, "JBSWY3DPEHPK3PXP")
                    told = {"address": f"{account.handle}@example.org", "verified_at": micros(self.now)}
                    Way.objects.create(account=account, **told)
                    Authenticator.objects.update(created_at=self.now)

    def entrance(self, viewer):
        """The ways in which a viewer asks: without a session, by session, and by a program's key."""
        self.made["own-session"] = self.made["own-seat"] = SimpleNamespace(key="none")
        if viewer.node:
            return {"node": Asking(self)}
        if not viewer.office:
            return {"public": Client(raise_request_exception=False)}
        account = self.account(PARTY, viewer.office)
        other, browser = Client(), Client(raise_request_exception=False)
        self.sign_in(other, account)  # so that there is another session to be listed and ended
        first = UserSession.objects.filter(user=account).order_by("pk").first()
        self.made["own-session"] = SimpleNamespace(key=name_of(first))
        self.made["own-seat"] = SimpleNamespace(key=Seat.objects.get(account=account.handle).key)
        self.sign_in(browser, account)
        secret = new_token(account, client="post")
        program = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})
        return {"session": browser, "key": program}

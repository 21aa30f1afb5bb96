"""A mail server and a receiver of webhooks, both real and on loopback; and people who have given an address."""

import asyncio
import email
import email.policy
import http.server
import random
import socket
import threading
from collections import Counter

import pytest
from aiosmtpd.controller import Controller

from commonwatch.desks.notices.models import Told, Way


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Post:
    """A mail server that can be stopped, refuse, put off, drop the line after the message, or take its time."""

    def __init__(self):
        self.port, self.does, self.slow = free_port(), "takes", 0.0
        self.arrived, self.envelopes = [], []
        self.controller, self.steps = None, 0

    def start(self):
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=20)
        self.controller.start()

    def stop(self):
        if self.controller:
            self.controller.stop(no_assert=True)
        self.controller = None

    async def handle_MAIL(self, _server, _session, envelope, address, _options):  # noqa: N802
        envelope.mail_from = address
        await self._pause()
        return "550 5.7.1 sender not known" if self.does == "refuses the sender" else "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        await self._pause()
        if self.does == "refuses":
            return "550 5.1.1 no such box"
        if self.does == "later":
            return "450 4.2.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802
        await self._pause()
        self.envelopes.append((envelope.mail_from, tuple(envelope.rcpt_tos)))
        self.arrived.append(bytes(envelope.content))
        await self._pause()
        if self.does == "drops":
            server.transport.abort()
        return "250 taken"

    async def _pause(self):
        self.steps += 1
        if self.slow:
            await asyncio.sleep(random.uniform(0, self.slow))

    def letters(self):
        return [email.message_from_bytes(each, policy=email.policy.default) for each in self.arrived]

    def names(self):
        return Counter(each["Message-ID"] for each in self.letters())


@pytest.fixture
def post(settings):
    """A mail server that takes everything, and settings that name it."""
    made = Post()
    made.start()
    settings.MAIL = f"smtp://127.0.0.1:{made.port}"
    settings.MAIL_FROM = "watch@example.org"
    settings.PUBLIC_URL = "https://watch.example.org"
    yield made
    made.stop()


class Hook:
    """A receiver of webhooks: it keeps what came and answers `code`."""

    def __init__(self):
        self.came, self.code, self.headers, self.body = [], 204, {}, b""
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.came.append(
                    (self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                )
                if hook.code is None:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(hook.code)
                for name, value in hook.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(hook.body)))
                self.end_headers()
                self.wfile.write(hook.body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook?of=by"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hook(settings):
    """A receiver of webhooks on loopback, to which the operator lets the node go."""
    settings.WEBHOOKS_ALLOW = ["http://127.0.0.1"]
    made = Hook()
    yield made
    made.close()


def tell(house, party, office, **choices):
    """Let the account of an office have a verified address; return its handle."""
    account = house.account(party, office)
    values = {"address": f"{account.handle}@example.org", "verified_at": house.clock()} | choices
    Way.objects.update_or_create(account=account, defaults=values)
    return account.handle


def states(account, **wanted):
    """What became of the steps for an account: step → state."""
    rows = Told.objects.filter(account=account, **wanted).order_by("step_at")
    return {row.step: row.state for row in rows}


def text_of(letter):
    """What stands in a letter, with plain ends of lines."""
    return letter.get_content().replace("\r\n", "\n")

"""Webhooks: signed after Standard Webhooks, and only to where the operator lets the node go.

The name is looked up once, every address that it has is examined, and the line is opened to one that was examined, so
that a name that changes in between leads nowhere else. Nobody is followed elsewhere.
"""

import base64
import hmac
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from commonwatch.desks.notices.rules import BadHook, check_hook, plain_hosts, secret_bytes
from commonwatch.desks.notices.sending.outcome import Begin, Message, NotNow, Refused, Unsure
from commonwatch.errors import _

WAIT: Final = 10
LONGEST: Final = 20
MOST_SAID: Final = 200
TRANSLATED: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
TRY_LATER: Final = frozenset({408, 409, 425, 429})
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def send(message: Message, begin: Begin) -> None:
    """Send a message to a webhook, signed.

    :raises NotNow: when it was not taken and may be later.
    :raises Refused: when the address answers that it will not take it, or is one to which nothing goes.
    :raises Unsure: when no answer came.
    """
    try:
        parts = urlsplit(check_hook(message.to, plain=plain_hosts(settings.WEBHOOKS_ALLOW)))
    except BadHook as refusal:
        raise Refused(_("Nothing goes to an address like this"), str(refusal)) from None
    body = written(message)
    headers = signed(message.name, body, secret=message.secret, at=message.at // 1_000_000)
    headers |= {"Content-Type": "application/json", "User-Agent": "Commonwatch", "Connection": "close"}
    with _line(parts) as line:
        begin()
        try:
            line.request("POST", _path(parts), body=body, headers=headers)
            with line.getresponse() as answer:
                code, said = answer.status, answer.read(MOST_SAID)
        except (OSError, http.client.HTTPException) as fault:
            raise Unsure(_("No answer came"), _said(fault)) from None
    _judge(code, said)


def written(message: Message) -> bytes:
    """Write what is sent: when, and how many things wait of which kind."""
    data = {
        "mode": message.mode,
        "waiting": [{"kind": kind, "count": count} for kind, count in message.counts],
        "page": message.page,
    }
    at = EPOCH + timedelta(microseconds=message.at)
    said = {"type": "notices.waiting", "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "data": data}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()


def signed(name: str, body: bytes, *, secret: str, at: int) -> dict[str, str]:
    """Return the three headers of Standard Webhooks; `at` in seconds since 1970."""
    told = f"{name}.{at}.".encode() + body
    mark = base64.b64encode(hmac.digest(secret_bytes(secret), told, "sha256")).decode()
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": f"v1,{mark}"}


def allowed() -> frozenset[str]:
    """Return the hosts that the operator lets webhooks go to although they are of a network of one's own."""
    return frozenset(each.removeprefix("http://").lower() for each in settings.WEBHOOKS_ALLOW)


def resolved(host: str, port: int) -> str:
    """Return an address of a host, once every address that it has was examined.

    :raises NotNow: when the name is not known at this moment.
    :raises Refused: when one of them lies in a network of one's own and the operator does not allow the host.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise NotNow(_("The host is not known"), _said(fault)) from None
    known = list(dict.fromkeys(str(each[4][0]) for each in found))
    if host.lower() not in allowed() and not all(
        _public(ip_address(each.partition("%")[0])) for each in known
    ):
        raise Refused(_("The address lies in a network of one’s own"))
    return known[0]


def _public(address: IPv4Address | IPv6Address) -> bool:
    """Say whether an address, or one that is written inside it, is of the whole network."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


@contextmanager
def _line(parts: SplitResult) -> Iterator[http.client.HTTPConnection]:
    """Open a line to an address that was examined; it is cut when it lasts too long, however slowly it is answered."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    line = http.client.HTTPConnection(host, port, timeout=WAIT)
    try:
        bare = socket.create_connection((resolved(host, port), port), timeout=WAIT)
        line.sock = bare
        if parts.scheme == "https":
            line.sock = ssl.create_default_context().wrap_socket(bare, server_hostname=host)
            line.default_port = 443
    except OSError as fault:
        line.close()
        raise NotNow(_("The address cannot be reached"), _said(fault)) from None
    sock = line.sock
    end = threading.Timer(LONGEST, _cut, [sock])
    end.daemon = True
    end.start()
    try:
        yield line
    finally:
        end.cancel()
        line.close()
        sock.close()


def _cut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        sock.close()


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _judge(code: int, said: bytes) -> None:
    """Take 2xx for taken; 5xx and a few others for later; whatever else, a redirection too, for refused."""
    if 200 <= code < 300:
        return
    text = f"{code} {said.decode('utf-8', errors='replace')}"
    if code >= 500 or code in TRY_LATER:
        raise NotNow(_("It takes nothing at present"), text)
    raise Refused(_("It refuses the message"), text)


def _said(fault: Exception) -> str:
    return str(getattr(fault, "strerror", "") or fault or type(fault).__name__)

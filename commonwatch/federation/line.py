"""A line to another node: one request at a time, bounded in bytes and seconds, followed nowhere else.

Whatever a peer does (answers without end, one byte a minute, a megabyte that unpacks to a gigabyte) costs no more than
was set aside for the answer.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlsplit

import urllib3

from commonwatch.errors import Refusal, _

CONNECT: Final = 10.0
SILENT: Final = 30.0
WHOLE: Final = 120.0
CHUNK: Final = 64 * 1024
PIN: Final = "sha256:"


class NotReached(Refusal):
    """Nobody answers there, or not in a way that can be used."""

    code, status = "federation.not-reached", 503
    says = _("{party} cannot be reached: {reason}.")
    hint = _("What was fetched is kept; the next round goes on from there.")


class AnswersOtherwise(NotReached):
    """It answers, and not with what was asked for."""

    code, status = "federation.answers-otherwise", 502
    says = _("{party} answers with status {answer}.")
    hint = _("It may not have this node as a peer, or no longer hold what it offered.")


class BadAddress(Refusal):
    """An address to which nothing is sent."""

    code, status = "federation.bad-address", 422
    says = _("“{address}” is no address of a node.")
    hint = _(
        "Write it as https://watch.example.org, with #sha256:DIGEST of its certificate where that is pinned."
    )


class Answer(NamedTuple):
    """What came back: the status, the headers (names in lower case), the bytes unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line(Protocol):
    """A way to one node."""

    def get(self, path: str, *, headers: Mapping[str, str], most: int) -> Answer:
        """Ask for a path; the answer has at most so many bytes.

        :raises NotReached: when there is no answer, or a longer one.
        """


class Wire:
    """A line by HTTP. `ca` is a file of certificates (PEM) to believe; `plain` names hosts that need no TLS."""

    def __init__(
        self, *, party: str, address: str, ca: str = "", plain: frozenset[str] = frozenset()
    ) -> None:
        self.party = party
        parts = urlsplit(address)
        secure = parts.scheme == "https"
        if not parts.hostname or not (secure or (parts.scheme == "http" and parts.hostname in plain)):
            raise BadAddress(address=address[:200])
        self._base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._pool = urllib3.PoolManager(
            num_pools=1,
            headers=None,
            maxsize=2,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT, read=SILENT),
            **(_trust(parts.fragment, ca, address=address) if secure else {}),
        )

    def get(self, path: str, *, headers: Mapping[str, str], most: int) -> Answer:
        """Ask for a path, as `Line.get` says."""
        asked = {"Accept-Encoding": "gzip", "User-Agent": "Commonwatch", **headers}
        try:
            answer = self._pool.request(
                "GET", f"{self._base}{path}", headers=asked, redirect=False, preload_content=False
            )
            body = self._read(answer, most)
        except (urllib3.exceptions.HTTPError, OSError) as fault:
            raise NotReached(party=self.party, reason=_plainly(fault)) from fault
        return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, body)

    def _read(self, answer: urllib3.BaseHTTPResponse, most: int) -> bytes:
        try:
            return b"".join(self._parts(answer, most))
        except BaseException:
            answer.close()
            raise
        finally:
            answer.release_conn()

    def _parts(self, answer: urllib3.BaseHTTPResponse, most: int) -> Iterator[bytes]:
        """Yield what comes, unpacked, while it is neither too much nor too slow."""
        end, size = time.monotonic() + WHOLE, 0
        while part := answer.read(CHUNK, decode_content=True):
            size += len(part)
            if size > most:
                raise NotReached(party=self.party, reason=_("its answer is longer than any that is right"))
            if time.monotonic() > end:
                raise NotReached(party=self.party, reason=_("it answers too slowly"))
            yield part


def _trust(pin: str, ca: str, *, address: str) -> dict[str, Any]:
    """Say whose certificate is believed: the one that is pinned, those of a file, or those of the system."""
    if pin:
        digest = pin.removeprefix(PIN)
        if not pin.startswith(PIN) or len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise BadAddress(address=address[:200])
        return {"cert_reqs": "CERT_NONE", "assert_fingerprint": digest, "assert_hostname": False}
    return {"cert_reqs": "CERT_REQUIRED", **({"ca_certs": ca} if ca else {})}


def _plainly(fault: BaseException) -> str:
    """Say in a few words what went wrong on the way."""
    reason = getattr(fault, "reason", None) or fault
    return " ".join(str(reason).split())[:200] or type(reason).__name__

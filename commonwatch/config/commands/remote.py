"""Speaking to a node over HTTP, with Python's own library: no redirects, a key in the header, answers as JSON."""

import urllib.error
import urllib.request
from email.message import Message
from http.client import HTTPException
from typing import IO, Any, Literal, overload
from urllib.parse import urlsplit

import msgspec

from commonwatch.errors import Refusal, _

TIMEOUT = 60
MOST = 64 * 1024 * 1024


class NotReached(Refusal):
    """Nobody answers there."""

    code, status = "config.not-reached", 503
    says = _("{url} cannot be reached: {reason}.")
    hint = _("Nothing is known to have been sent. With the same --ref it is safe to send it again.")


class BadAddress(Refusal):
    """The address is not one of a node."""

    code, status = "config.bad-address", 422
    says = _("“{url}” is not the address of a node.")
    hint = _("Write it as https://watch.example.org, without a path of the API.")


class Answered(Refusal):
    """The node refused; its own words are kept. `places` lists what it named."""

    code, status = "config.answered", 400
    says = _("{says}")
    hint = _("{advice}")

    def __init__(self, *, status: int, problem: dict[str, Any]) -> None:
        said = str(problem.get("title") or f"The node answers with status {status}.")
        failed = "Nothing was said about why: look into its log, or try again later." if status >= 500 else ""
        super().__init__(says=said, advice=str(problem.get("hint", failed)))
        self.http = status
        errors = problem.get("errors") or problem.get("warnings") or ()
        self.named = tuple(_named(each) for each in errors if isinstance(each, dict))


def _named(each: dict[str, Any]) -> str:
    where = f"report {each['index'] + 1}: " if isinstance(each.get("index"), int) else ""
    field = f"{each['field']}: " if each.get("field") else ""
    inner = "; ".join(_named(inner) for inner in each.get("errors", ()) if isinstance(inner, dict))
    return f"{where}{field}{each.get('says', '')}" + (f" ({inner})" if inner else "")


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follow nobody elsewhere: the key would go along."""

    def redirect_request(  # noqa: PLR0913, PLR0917 - the library's signature
        self,
        req: urllib.request.Request,  # noqa: ARG002
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: Message,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> None:
        """Return nothing: the answer itself is then the error."""
        return


class Node:
    """A node at an address, for the program that has this key."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise BadAddress(url=url)
        self.url, self._key = url.rstrip("/"), key
        self.bare = parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}
        self._open = urllib.request.build_opener(_Stay).open
        self._marks: dict[str, str] = {}

    def get(self, path: str) -> Any:
        """Fetch JSON.

        :raises NotReached, Answered: when there is no good answer.
        """
        return self._json(path, self.fetch(path))

    def renewed(self, path: str) -> Any | None:
        """Fetch JSON when it is another than this object fetched there last; None while that still holds.

        :raises NotReached, Answered: when there is no good answer.
        """
        data = self.fetch(path, marked=True)
        return None if data is None else self._json(path, data)

    def post(self, path: str, body: Any) -> Any:
        """Send JSON and return what comes back.

        :raises NotReached, Answered: when there is no good answer.
        """
        return self._json(path, self.fetch(path, body=msgspec.json.encode(body)))

    def _json(self, path: str, data: bytes) -> Any:
        try:
            return msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise NotReached(url=self.url + path, reason="what answers there is not a node") from None

    @overload
    def fetch(self, path: str, *, body: bytes | None = None) -> bytes: ...

    @overload
    def fetch(self, path: str, *, marked: Literal[True]) -> bytes | None: ...

    def fetch(self, path: str, *, body: bytes | None = None, marked: bool = False) -> bytes | None:
        """Fetch bytes, having sent `body` when there is one; with `marked` None while those fetched last still hold.

        :raises NotReached, Answered: when there is no good answer.
        """
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if marked and path in self._marks:
            headers["If-None-Match"] = self._marks[path]
        request = urllib.request.Request(self.url + path, data=body, headers=headers)  # noqa: S310 - scheme was checked
        try:
            with self._open(request, timeout=TIMEOUT) as answer:
                data = bytes(answer.read(MOST))
                if marked:
                    self._marks[path] = answer.headers.get("ETag", "")
                return data
        except urllib.error.HTTPError as error:
            if error.code == 304 and "If-None-Match" in headers:
                error.close()
                return None
            raise self._answered(error) from None
        except urllib.error.URLError as error:
            raise NotReached(
                url=self.url, reason=getattr(error.reason, "strerror", None) or error.reason
            ) from None
        except (TimeoutError, ConnectionError) as error:
            raise NotReached(url=self.url, reason=error.strerror or "it took too long") from None
        except HTTPException:
            raise NotReached(url=self.url, reason="the answer broke off") from None

    def _answered(self, error: urllib.error.HTTPError) -> Refusal:
        with error:
            data = error.read(MOST)
        try:
            problem = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            problem = {}
        if 300 <= error.code < 400:
            problem = {
                "title": f"{self.url} sends elsewhere.",
                "hint": f"Use the address {error.headers['Location']}",
            }
        return Answered(status=error.code, problem=problem if isinstance(problem, dict) else {})

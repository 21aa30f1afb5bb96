"""Stylesheet and scripts are sent compressed: a phone on a bad line waits for a third of the bytes.

Pages are not: one that shows what its sender typed beside what only its reader may know tells by its compressed length
more than it says (BREACH). Files are the same for everybody.
"""

import gzip
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

KINDS: Final = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")


class CompactMiddleware:
    """Compress files of the interface for browsers that take it; each is compressed once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.made: dict[tuple[str, str], bytes] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        answer = self.get_response(request)
        if not self._fits(request, answer):
            return answer
        patch_vary_headers(answer, ("Accept-Encoding",))
        if request.method != "GET" or "gzip" not in request.headers.get("Accept-Encoding", ""):
            return answer
        return self._compressed(request, answer)

    def _fits(self, request: HttpRequest, answer: HttpResponseBase) -> bool:
        """Say whether an answer is a whole file of the interface, as it lies on the disk."""
        kind = answer.headers.get("Content-Type", "").split(";")[0]
        whole = answer.status_code == 200 and "Content-Encoding" not in answer.headers
        return whole and kind in KINDS and request.path_info.startswith(settings.STATIC_URL)

    def _compressed(self, request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
        key = (request.path_info, answer.headers.get("Last-Modified", ""))
        if key not in self.made:
            body = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
            self.made[key] = gzip.compress(body, 9, mtime=0)
        answer.close()
        made = HttpResponse(self.made[key], headers=dict(answer.headers.items()))
        made.headers["Content-Encoding"] = "gzip"
        made.headers["Content-Length"] = str(len(self.made[key]))
        return made

"""A session that nobody uses ends. A page of the watch that asks by itself is in use: somebody keeps it open."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from commonwatch.access.sessions import SEEN

MARKED = 300
"""Seconds between two marks: a session is written anew this often, not with every request."""


class IdleMiddleware:
    """End a session in which nothing was asked for `IDLE_SECONDS`; 0 lets it stand until its twelve hours are over."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        seen = request.session.get(SEEN) if settings.IDLE_SECONDS else None
        if seen is not None:
            quiet = time.time() - seen
            if quiet > settings.IDLE_SECONDS:
                logout(request)
            elif quiet > MARKED:
                request.session[SEEN] = int(time.time())
        return self.get_response(request)

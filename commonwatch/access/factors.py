"""What a session has proved: which factors were given, and how long ago. allauth writes it down at every sign-in."""

import time

from django.http import HttpRequest

METHODS = "account_authentication_methods"
LATELY = 300


def second_factor_given(request: HttpRequest) -> bool:
    """Say whether a second factor was given in this session."""
    return any(each.get("method") == "mfa" for each in request.session.get(METHODS, []))


def proved_lately(request: HttpRequest) -> bool:
    """Say whether a factor was given within the last five minutes, by the machine's clock."""
    given = [each.get("at", 0) for each in request.session.get(METHODS, [])]
    return bool(given) and time.time() - max(given) < LATELY

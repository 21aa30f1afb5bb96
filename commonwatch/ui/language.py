"""The language of somebody's pages: the one that they chose goes with them from machine to machine."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation

from commonwatch.access.asking import account_of


class LanguageMiddleware:
    """Speak to who has signed in as they chose; to everybody else as the cookie or the browser asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        account = account_of(request)
        if account is not None and account.language in dict(settings.LANGUAGES):
            translation.activate(account.language)
            request.LANGUAGE_CODE = account.language
        return self.get_response(request)

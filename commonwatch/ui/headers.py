"""What every answer says to the browser besides its content; and bodies that are too large, before they are read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from commonwatch.ui.errors import too_large
from commonwatch.ui.noticing import notice

# What a page of ours never asks the browser for; security keys are asked for by our own pages alone.
NEVER = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
    "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock", "usb",
    "xr-spatial-tracking",
)  # fmt: skip
OWN = ("publickey-credentials-create", "publickey-credentials-get")
PERMISSIONS = ", ".join([*(f"{each}=()" for each in NEVER), *(f"{each}=(self)" for each in OWN)])


class HeadersMiddleware:
    """Put the headers on every answer; refuse what is larger than anything here is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        if _length(request) > _most(request):
            answer: HttpResponseBase = too_large(request)
            notice(request, answer)
        else:
            answer = self.get_response(request)
        answer.headers.setdefault("Permissions-Policy", PERMISSIONS)
        answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not answer.has_header("Cache-Control"):
            # What is not said to be otherwise is for the one who asked, this once.
            answer.headers["Cache-Control"] = "no-store"
        return answer


def _length(request: HttpRequest) -> int:
    said = request.META.get("CONTENT_LENGTH") or "0"
    return int(said) if said.isdecimal() and len(said) < 19 else 0


def _most(request: HttpRequest) -> int:
    """Return how many bytes a body may have: a form with files, more than anything else."""
    files = request.META.get("CONTENT_TYPE", "").startswith("multipart/form-data")
    return settings.UPLOAD_MOST if files else settings.DATA_UPLOAD_MAX_MEMORY_SIZE

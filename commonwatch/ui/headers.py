"""What every answer says to the browser besides its content; and bodies that are too large, before they are read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from commonwatch.errors import Refusal, _
from commonwatch.ui.errors import too_large
from commonwatch.ui.noticing import notice
from commonwatch.ui.refusals import problem

# What a page of ours never asks the browser for; security keys are asked for by our own pages alone.
NEVER = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
    "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock", "usb",
    "xr-spatial-tracking",
)  # fmt: skip
OWN = ("publickey-credentials-create", "publickey-credentials-get")
PERMISSIONS = ", ".join([*(f"{each}=()" for each in NEVER), *(f"{each}=(self)" for each in OWN)])


class HttpsNeeded(Refusal):
    """A program came without TLS, and its key with it."""

    code, status = "api.https-needed", 403
    says = _("This is answered over https alone.")
    hint = _(
        "The key has travelled in clear: revoke it, make another, and write https in the program's address."
    )


class HeadersMiddleware:
    """Put the headers on every answer; refuse what is larger than anything here is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        answer: HttpResponseBase
        if _in_the_open(request):
            answer = problem(HttpsNeeded())
        elif _length(request) > _most(request):
            answer = too_large(request)
            notice(request, answer)
        else:
            answer = self.get_response(request)
        answer.headers.setdefault("Permissions-Policy", PERMISSIONS)
        answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not answer.has_header("Cache-Control"):
            # What is not said to be otherwise is for the one who asked, this once.
            answer.headers["Cache-Control"] = "no-store"
        return answer


def _in_the_open(request: HttpRequest) -> bool:
    """Say whether a program sent its key without TLS: it is told so, and not led on as if nothing had happened."""
    led = settings.SECURE_SSL_REDIRECT and request.path.startswith("/api/")
    return led and not request.is_secure()


def _length(request: HttpRequest) -> int:
    said = request.META.get("CONTENT_LENGTH") or "0"
    return int(said) if said.isdecimal() and len(said) < 19 else 0


def _most(request: HttpRequest) -> int:
    """Return how many bytes a body may have: a form with files, more than anything else."""
    files = request.META.get("CONTENT_TYPE", "").startswith("multipart/form-data")
    return settings.UPLOAD_MOST if files else settings.DATA_UPLOAD_MAX_MEMORY_SIZE

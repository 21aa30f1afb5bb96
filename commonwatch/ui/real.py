"""The strip on every page of the exercise that says what real things wait meanwhile; it renews itself."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from commonwatch.access import waiting
from commonwatch.access.actor import SignInFirst
from commonwatch.access.asking import actor_for


@never_cache
@require_safe
def strip(request: HttpRequest) -> HttpResponse:
    """Give the strip alone; somebody at work for real has none.

    :raises SignInFirst: when nobody has signed in.
    """
    by = actor_for(request)
    if by is None:
        raise SignInFirst
    if by.mode == "real":
        return HttpResponse(status=204)
    return render(request, "ui/_real.html", {"real": len(waiting.alarms(by))})

"""Every address of the house."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.http import require_safe

from commonwatch.desks.exchange.api import api
from commonwatch.register.models import Journal
from commonwatch.register.node import current


@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """Answer 200 once the node stands: its database answers and its pack is read."""
    Journal.objects.exists()
    return HttpResponse(f"ok {current().pack.organisation}\n", content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("health", health, name="health"),
    path("api/", api.urls),
    path("", include("commonwatch.ui.urls")),
    path("", include("commonwatch.federation.urls")),
    path("", include("commonwatch.desks.exchange.urls")),
]

"""Every address of the house."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.http import require_safe

from commonwatch.config.commands.adopting import not_in_force
from commonwatch.config.programs import api
from commonwatch.register.models import Journal
from commonwatch.register.node import current


@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """Answer 200 once the node stands: its database answers and its pack is read; say when it does not write."""
    Journal.objects.exists()
    stopped = "its pack is not in force: nothing is written\n" if not_in_force() else ""
    says = f"ok {current().pack.organisation}\n{stopped}"
    return HttpResponse(says, content_type="text/plain; charset=utf-8")


handler400 = "commonwatch.ui.errors.unreadable"
handler403 = "commonwatch.ui.errors.not_open"
handler404 = "commonwatch.ui.errors.not_there"
handler500 = "commonwatch.ui.errors.failed"

urlpatterns = [
    path("health", health, name="health"),
    path("api/", api.urls),
    path("", include("commonwatch.ui.urls")),
    path("", include("commonwatch.ui.steps")),
    path("", include("commonwatch.federation.urls")),
    path("", include("commonwatch.desks.exchange.urls")),
    path("", include("commonwatch.desks.traffic.urls")),
    path("", include("commonwatch.desks.summaries.urls")),
    path("", include("commonwatch.desks.shifts.urls")),
    path("", include("commonwatch.desks.drills.urls")),
    path("", include("commonwatch.desks.notices.urls")),
]

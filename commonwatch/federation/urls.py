"""Addresses of the post room."""

from django.urls import path, register_converter

from commonwatch.federation import views


class Origin:
    """An origin ORG/PARTY/MODE/AUDIENCE/EPOCH as five parts of a path."""

    regex = r"[^/]+/[^/]+/[^/]+/[^/]+/[0-9]+"

    def to_python(self, value: str) -> str:
        """Take it as it stands."""
        return value

    def to_url(self, value: str) -> str:
        """Give it as it stands."""
        return value


register_converter(Origin, "origin")

app_name = "federation"
urlpatterns = [
    path("nodes/", views.peers_page, name="peers"),
    path("erasures/", views.erasures, name="erasures"),
    path("nodes/forks/", views.forks, name="forks"),
    path("nodes/card", views.card, name="card"),
    path("nodes/heads", views.heads_for_peer, name="heads"),
    path("journals/", views.journals, name="journals"),
    path("journals/<origin:origin>/checkpoint", views.checkpoint, name="checkpoint"),
    path("journals/<origin:origin>/forks/<str:digest>", views.fork, name="fork"),
    path("journals/<origin:origin>/key", views.key, name="key"),
    path("journals/<origin:origin>/key-changes", views.key_changes, name="key-changes"),
    path("journals/<origin:origin>/tile/<path:path>", views.tile, name="tile"),
]

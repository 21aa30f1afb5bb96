"""The post room as a Django application."""

from django.apps import AppConfig


class FederationConfig(AppConfig):
    """Peers, what they were last seen to hold, cosignatures and the evidence of forks."""

    name = "commonwatch.federation"
    label = "federation"
    default_auto_field = "django.db.models.BigAutoField"

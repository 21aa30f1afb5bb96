"""The traffic desk as a Django application."""

from django.apps import AppConfig


class TrafficConfig(AppConfig):
    """Questions and answers, relays and their acknowledgements."""

    name = "commonwatch.desks.traffic"
    label = "traffic"
    default_auto_field = "django.db.models.BigAutoField"

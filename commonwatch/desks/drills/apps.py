"""The drills desk as a Django application."""

from django.apps import AppConfig


class DrillsConfig(AppConfig):
    """Drills of the duty posts, with scored times."""

    name = "commonwatch.desks.drills"
    label = "drills"
    default_auto_field = "django.db.models.BigAutoField"

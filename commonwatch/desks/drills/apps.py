"""The drills desk as a Django application."""

from django.apps import AppConfig


class DrillsConfig(AppConfig):
    """Drills of the duty posts, with scored times."""

    name = "commonwatch.desks.drills"
    label = "drills"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare what of a drill waits for somebody in the exercise."""
        from commonwatch.access import waiting  # noqa: PLC0415 - models must be loaded first
        from commonwatch.desks.drills import carrying, climbing  # noqa: F401, PLC0415 - it declares itself

        waiting.declare("drills", climbing.find)

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
        from commonwatch.desks.drills import climbing  # noqa: PLC0415 - as above

        waiting.declare("drills", climbing.find)

"""The traffic desk as a Django application."""

from django.apps import AppConfig


class TrafficConfig(AppConfig):
    """Questions and answers, relays and their acknowledgements."""

    name = "commonwatch.desks.traffic"
    label = "traffic"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare what of this desk waits for somebody."""
        from commonwatch.access import waiting  # noqa: PLC0415 - models must be loaded first
        from commonwatch.desks.traffic import climbing  # noqa: PLC0415 - as above

        waiting.declare("traffic", climbing.find)

"""The summaries desk as a Django application."""

from django.apps import AppConfig


class SummariesConfig(AppConfig):
    """The day's summary and situation reports."""

    name = "commonwatch.desks.summaries"
    label = "summaries"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare what of this desk waits for somebody; with it its projection and what it carries are loaded."""
        from commonwatch.access import waiting  # noqa: PLC0415 - models must be loaded first
        from commonwatch.desks.summaries import carrying, climbing, projection  # noqa: F401, PLC0415 - as above

        waiting.declare("summaries", climbing.find)

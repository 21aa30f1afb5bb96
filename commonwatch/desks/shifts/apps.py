"""The shifts desk as a Django application."""

from django.apps import AppConfig


class ShiftsConfig(AppConfig):
    """Shifts: roster, log, hand-over, contact cards and calls."""

    name = "commonwatch.desks.shifts"
    label = "shifts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare what of this desk waits for somebody."""
        from commonwatch.access import waiting  # noqa: PLC0415 - models must be loaded first
        from commonwatch.desks.shifts import climbing  # noqa: PLC0415 - as above

        waiting.declare("shifts", climbing.find)

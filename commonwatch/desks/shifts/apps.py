"""The shifts desk as a Django application."""

from django.apps import AppConfig


class ShiftsConfig(AppConfig):
    """Shifts: roster, log, hand-over, contact cards and calls."""

    name = "commonwatch.desks.shifts"
    label = "shifts"
    default_auto_field = "django.db.models.BigAutoField"

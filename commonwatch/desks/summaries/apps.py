"""The summaries desk as a Django application."""

from django.apps import AppConfig


class SummariesConfig(AppConfig):
    """The day's summary and situation reports."""

    name = "commonwatch.desks.summaries"
    label = "summaries"
    default_auto_field = "django.db.models.BigAutoField"

"""The notices desk as a Django application."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """The ladder of reminders: who is told of what waits, by which way, and when."""

    name = "commonwatch.desks.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"

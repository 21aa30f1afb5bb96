"""Access as a Django application."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Accounts and mandates."""

    name = "commonwatch.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

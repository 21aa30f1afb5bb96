"""The register as a Django application."""

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    """Journals, entries, tiles, and the base of every projection and paper."""

    name = "commonwatch.register"
    label = "register"
    default_auto_field = "django.db.models.BigAutoField"

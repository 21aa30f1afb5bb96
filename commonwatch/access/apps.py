"""Access as a Django application."""

from importlib import import_module

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Accounts, offices held, mandates."""

    name = "commonwatch.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the register know how the porter's facts fold, and note every sign-in."""
        import_module("commonwatch.access.projection")
        import_module("commonwatch.access.adopting")
        import_module("commonwatch.access.sessions").connect()

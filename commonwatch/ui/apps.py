"""The hall as a Django application."""

from importlib import import_module

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Base page, components, stylesheet, entrance."""

    name = "commonwatch.ui"
    label = "ui"

    def ready(self) -> None:
        """Listen to what belongs onto the security log."""
        import_module("commonwatch.ui.noticing").connect()

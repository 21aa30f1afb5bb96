"""The hall as a Django application."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Base page, components, stylesheet, entrance."""

    name = "commonwatch.ui"
    label = "ui"

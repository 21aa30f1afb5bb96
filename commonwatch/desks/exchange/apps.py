"""The exchange desk as a Django application."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Reports, duties, waivers."""

    name = "commonwatch.desks.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

"""The street door as a Django application: puts the node on the table when the process starts."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Commands, addresses, the node."""

    name = "commonwatch.config"
    label = "config"

    def ready(self) -> None:
        """Load every room's facts and projectors."""
        import commonwatch.desks.exchange.projection  # noqa: F401, PLC0415 - models must be loaded first

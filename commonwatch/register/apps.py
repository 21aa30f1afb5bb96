"""The register as a Django application."""

from django.apps import AppConfig
from django.core.signals import request_started
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class RegisterConfig(AppConfig):
    """Journals, entries, tiles, and the base of every projection and paper."""

    name = "commonwatch.register"
    label = "register"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Build the second wall after migrations, and shut it when a request begins; load every room's projectors.

        A process without them would take the tables of a desk for something that its entries do not say.
        """
        from commonwatch.register import wall  # noqa: PLC0415 - models must be loaded first

        post_migrate.connect(wall.build, sender=self, dispatch_uid="register.wall.build")
        request_started.connect(wall.shut, dispatch_uid="register.wall.shut")
        autodiscover_modules("projection", "carrying")

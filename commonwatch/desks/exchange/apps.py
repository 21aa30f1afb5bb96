"""The exchange desk as a Django application."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Reports, duties, waivers, releases."""

    name = "commonwatch.desks.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the act of this desk that takes two persons, and what of it the ladder of reminders climbs."""
        from commonwatch.access import pairs, waiting  # noqa: PLC0415 - models must be loaded first
        from commonwatch.desks.exchange import acts, climbing, indexing, releasing  # noqa: F401, PLC0415 - as above; the index folds

        waiting.declare("exchange", climbing.find)
        pairs.declare(acts.RELEASE, carry_out=acts.carry_out_release, show=releasing.proposed)

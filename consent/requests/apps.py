"""Django's entry for `consent.requests`."""

from django.apps import AppConfig
from django.core.checks import register


class RequestsConfig(AppConfig):
    """What data subjects ask for, and what becomes of it."""

    name = "consent.requests"
    label = "consent_requests"
    verbose_name = "Data subject requests"

    def ready(self) -> None:
        """Have Django look at our wording, too, before it starts."""
        from consent.requests.wording import checking  # noqa: PLC0415 - models are ready only now

        register(checking.check_wording)
        register(checking.check_ways_out, deploy=True)

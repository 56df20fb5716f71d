"""Django's entry for `consent.portal`."""

from django.apps import AppConfig
from django.core.checks import register


class PortalConfig(AppConfig):
    """What data subjects see."""

    name = "consent.portal"
    label = "consent_portal"
    verbose_name = "Portal of data subjects"

    def ready(self) -> None:
        """Have Django look at an installation's own wording of the pages before it starts."""
        from consent.portal.wording import check_wording  # noqa: PLC0415 - as the registry is ready

        register(check_wording)
